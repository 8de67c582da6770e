/**
 * The certificate that browsers see, and the box's own authority behind it.
 * @module
 */
import { readSystem } from '../lib/api.js';
import { moment } from '../lib/format.js';
import { el } from '../lib/html.js';
import { t } from '../lib/i18n.js';
import { adminPage } from '../components/admin-frame.js';
import { badge, status } from '../components/badge.js';
import { linkButton } from '../components/button.js';
import { fingerprint, trustAuthority } from '../components/certificate.js';
import { facts, panel } from '../components/panel.js';
import { empty } from '../components/states.js';

const SOON_DAYS = 7;

export const title = () => t('admin.page.tls');
export const load = async (page) => (await readSystem(page.left)).certificate;
export const open = (page) => page.every(60000, () => page.reload().catch(() => undefined)); /* the shell says that the box does not answer */

const leaf = ({ names, not_after: end, renew_at: renew, days_left: days, sha256 }) =>
  panel({ id: 'leaf', title: t('tls.leaf'), intro: t('tls.leafIntro') }, facts([
    [t('tls.ends'), el('span', {}, status(days < SOON_DAYS ? 'bad' : 'good', moment(end)))],
    [t('tls.left'), t('dashboard.daysLeft', { n: days })],
    [t('tls.renews'), moment(renew)],
    [t('tls.names'), el('span', { class: 'badges' }, names.map((name) => badge(name)))],
    [t('tls.print'), fingerprint(sha256, 'leaf-fingerprint')],
  ]));

export function render(page) {
  const certificate = page.data;
  if (!certificate) {
    return adminPage(page, { id: 'tls', intro: t('tls.intro') },
      empty({ title: t('setup.noTls'), text: t('setup.noTlsText'), sign: 'lock', actions: [linkButton({ href: '/admin/settings', label: t('admin.page.settings') })] }));
  }
  return adminPage(page, { id: 'tls', intro: t('tls.intro') },
    leaf(certificate),
    panel({ id: 'authority', title: t('tls.authority'), intro: t('tls.authorityIntro'), class: 'stack' }, trustAuthority(certificate)));
}
