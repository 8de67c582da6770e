/**
 * What is around every page: navigation, the node's state, the menu of the person, the offline notice.
 */
import { navigation } from '../routes.js';
import { link, node } from '../lib/box.js';
import { el } from '../lib/html.js';
import { answering } from '../lib/http.js';
import { chooseLanguage, currentLanguage, LANGUAGES, t } from '../lib/i18n.js';
import { isOn, orders } from '../lib/modules.js';
import { navigate } from '../lib/router.js';
import { may, session, signOut } from '../lib/session.js';
import { chooseTheme, theme, THEMES } from '../lib/theme.js';
import { moment } from '../lib/format.js';
import { selectField } from './form.js';
import { icon } from './icon.js';
import { menu } from './menu.js';
import { nodeState } from './node-state.js';
import { toastProblem } from './toast.js';

const pages = document.getElementById('pages');
const toggle = document.getElementById('menu-toggle');
let path = '/';
let offlineSince = null;

/** The longest address of the navigation that leads here: "/admin" for "/admin/keys". */
function drawPages() {
  const shown = path === '/setup' ? [] : navigation.filter(({ needs, module }) => may(needs) && isOn(module));
  const under = (href) => path === href || (href !== '/' && path.startsWith(`${href}/`));
  const current = shown.filter(({ href }) => under(href)).sort((a, b) => b.href.length - a.href.length)[0];
  pages.replaceChildren(...shown.map((page) =>
    el('a', { href: page.href, 'aria-current': page === current ? 'page' : null }, t(page.text))));
  toggle.hidden = shown.length === 0;
}

function openPages(open) {
  pages.classList.toggle('open', open);
  toggle.setAttribute('aria-expanded', String(open));
}

/** @param {string} at path of the page that opens */
export function setCurrentPage(at) {
  path = at;
  openPages(false);
  drawPages();
}

function menuItems() {
  const now = session.get();
  return [
    now ? el('p', { class: 'who' }, el('strong', {}, now.user.name), el('span', { class: 'soft' }, ` · ${t(`role.${now.user.role}`)}`)) : null,
    now ? el('a', { href: '/account' }, icon('user'), t('menu.account')) : el('a', { href: '/login' }, icon('key'), t('menu.signIn')),
    el('hr'),
    selectField({
      name: 'theme', label: t('menu.theme'), chosen: theme(), options: THEMES.map((name) => [name, t(`theme.${name}`)]),
      onchange: ({ target }) => chooseTheme(target.value),
    }),
    selectField({
      name: 'language', label: t('menu.language'), chosen: currentLanguage(), options: Object.entries(LANGUAGES),
      onchange: ({ target }) => chooseLanguage(target.value).catch(toastProblem),
    }),
    now ? el('hr') : null,
    now ? el('button', { type: 'button', onclick: () => signOut().catch(toastProblem).then(() => navigate('/')) }, icon('signout'), t('menu.signOut')) : null,
  ].filter(Boolean);
}

function drawNode() {
  document.getElementById('node').replaceChildren(...(node.get() || link.get() !== 'live' ? nodeState(node.get(), link.get()) : []));
}

function drawNotice() {
  const lost = !answering.get() || link.get() === 'offline';
  offlineSince = lost ? offlineSince ?? new Date().toISOString() : null;
  const notice = document.getElementById('notice');
  notice.hidden = !lost;
  notice.replaceChildren(...(lost ? [icon('offline'), el('span', {}, t('shell.offline', { since: moment(offlineSince) }))] : []));
}

/** In the language and for the person of now. */
export function drawShell() {
  document.querySelector('.skip').textContent = t('shell.skip');
  document.getElementById('foot').replaceChildren(
    el('span', {}, t('shell.foot')),
    el('span', { class: 'row' }, el('a', { href: '/ca.crt' }, t('shell.certificate')), el('a', { href: '/api/v1/openapi.json' }, t('shell.api'))));
  pages.setAttribute('aria-label', t('shell.pages'));
  toggle.setAttribute('aria-label', t('shell.menu'));
  toggle.replaceChildren(icon('menu'));
  document.getElementById('person').replaceChildren(menu({ id: 'person-menu', label: t('menu.label'), icon: 'user', children: menuItems }));
  drawPages();
  drawNode();
  drawNotice();
}

/** Once. */
export function startShell() {
  toggle.addEventListener('click', () => openPages(!pages.classList.contains('open')));
  orders.listen(drawPages);
  node.listen(drawNode);
  link.listen(() => { drawNode(); drawNotice(); });
  answering.listen(drawNotice);
}
