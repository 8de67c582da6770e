/**
 * Every page of the shell. The server has a row for each path as well (web/api/routes.c, "pages").
 *
 * needs: 'user' for anybody signed in, else a scope; the box checks again. Words and styles of a page load with it, and
 * of the pages that are opened first `modules` names every module that is not in index.html: one round of requests.
 */

/** Words that are always there. */
export const AREAS_ALWAYS = ['shell'];

const ADMIN = '/styles/admin.css';

const MARKET = 'views/market lib/api-market lib/lots lib/price-hint lib/api-oracle components/listing-card ' +
  'components/ladder-chart components/lot components/badge components/price-hint components/table ' +
  'views/market-filters';
const LOT = 'views/lot lib/api-market lib/lots lib/price-hint lib/api-oracle lib/psbt components/copy-box ' +
  'components/ladder-chart components/listing-card components/lot components/badge components/price-hint ' +
  'components/qr-parts lib/bbqr components/qr lib/qr lib/reed-solomon views/lot-facts components/table ' +
  'views/lot-purchase lib/draft components/stepper components/wallet-table';
const DASHBOARD = 'views/dashboard lib/api-oracle components/alerts components/badge components/progress components/stat ' +
  'components/table';

export const routes = [
  { path: '/', view: () => import('./views/market.js'), modules: MARKET, strings: ['market', 'hint'], styles: ['/styles/market.css'] },
  { path: '/lots/{id}', view: () => import('./views/lot.js'), modules: LOT, strings: ['market', 'hint'], styles: ['/styles/market.css'] },
  { path: '/sell', view: () => import('./views/sell.js'), strings: ['sell', 'market', 'hint'], styles: ['/styles/market.css'] },
  { path: '/dashboard', view: () => import('./views/dashboard.js'), modules: DASHBOARD, strings: ['dashboard'], needs: 'user' },
  { path: '/login', view: () => import('./views/login.js'), strings: ['account'] },
  { path: '/account', view: () => import('./views/account.js'), strings: ['account'], needs: 'user' },
  { path: '/admin', view: () => import('./views/admin.js'), strings: ['admin'], styles: [ADMIN], needs: 'operate' },
  { path: '/admin/users', view: () => import('./views/admin-users.js'), strings: ['admin'], styles: [ADMIN], needs: 'admin' },
  { path: '/admin/keys', view: () => import('./views/admin-keys.js'), strings: ['admin'], styles: [ADMIN], needs: 'admin' },
  { path: '/admin/sessions', view: () => import('./views/admin-sessions.js'), strings: ['admin', 'account'], styles: [ADMIN], needs: 'admin' },
  { path: '/admin/settings', view: () => import('./views/admin-settings.js'), strings: ['admin', 'admin-settings'], styles: [ADMIN], needs: 'admin' },
  { path: '/admin/system', view: () => import('./views/admin-system.js'), strings: ['admin', 'dashboard'], styles: [ADMIN], needs: 'operate' },
  { path: '/admin/logs', view: () => import('./views/admin-logs.js'), strings: ['admin'], styles: [ADMIN], needs: 'operate' },
  { path: '/admin/audit', view: () => import('./views/admin-audit.js'), strings: ['admin'], styles: [ADMIN], needs: 'operate' },
  { path: '/admin/tls', view: () => import('./views/admin-tls.js'), strings: ['admin', 'dashboard', 'setup'], styles: [ADMIN], needs: 'operate' },
  { path: '/admin/webhooks', view: () => import('./views/admin-webhooks.js'), strings: ['admin'], styles: [ADMIN], needs: 'admin' },
  { path: '/admin/listings', view: () => import('./views/admin-listings.js'), strings: ['admin', 'market'], styles: [ADMIN], needs: 'operate' },
  { path: '/stats', view: () => import('./views/stats.js'), strings: ['stats', 'market'], styles: ['/styles/stats.css'] },
  { path: '/orders', view: () => import('./views/orders.js'), strings: ['orders'], styles: ['/styles/orders.css'] },
  { path: '/admin/backups', view: () => import('./views/admin-backups.js'), strings: ['admin'], styles: [ADMIN], needs: 'admin' },
  { path: '/setup', view: () => import('./views/setup.js'), strings: ['setup'], styles: ['/styles/setup.css'] },
];

/** What the header leads to; `needs` as above, `module` as in lib/modules.js. The price page is a document of its own. */
export const navigation = [
  { href: '/', text: 'nav.market' },
  { href: '/sell', text: 'nav.sell' },
  { href: '/oracle', text: 'nav.price' },
  { href: '/orders', text: 'nav.orders', module: 'orders' },
  { href: '/stats', text: 'nav.stats' },
  { href: '/dashboard', text: 'nav.dashboard', needs: 'user' },
  { href: '/admin', text: 'nav.admin', needs: 'operate' },
];
