/**
 * The certificate that browsers see, and the box's own authority behind it.
 */
import { readSystem } from '../lib/api.js';
import { installCertificate, removeCertificate } from '../lib/api-admin.js';
import { moment } from '../lib/format.js';
import { el } from '../lib/html.js';
import { t } from '../lib/i18n.js';
import { may } from '../lib/session.js';
import { adminPage } from '../components/admin-frame.js';
import { badge, status } from '../components/badge.js';
import { button, linkButton } from '../components/button.js';
import { fingerprint, trustAuthority } from '../components/certificate.js';
import { field, form } from '../components/form.js';
import { facts, message, panel } from '../components/panel.js';
import { empty } from '../components/states.js';

const SOON_DAYS = 7;

export const title = () => t('admin.page.tls');
export const load = async (page) => (await readSystem(page.left)).certificate;
export const open = (page) => page.every(60000, page.refresh);

const rowsOf = ({ names, sha256 }, id) => [
  [t('tls.names'), el('span', { class: 'badges' }, names.map((name) => badge(name)))],
  [t('tls.print'), fingerprint(sha256, id)],
];

const leaf = (certificate) => {
  const { not_after: end, renew_at: renew, days_left: days } = certificate;
  return panel({ id: 'leaf', title: t('tls.leaf'), intro: t('tls.leafIntro') }, facts([
    [t('tls.ends'), el('span', {}, status(days < SOON_DAYS ? 'bad' : 'good', moment(end)))],
    [t('tls.left'), t('dashboard.daysLeft', { n: days })],
    [t('tls.renews'), moment(renew)],
    ...rowsOf(certificate, 'leaf-fingerprint'),
  ]));
};

const TAKEN_UP_MS = 2000;

async function changed(page, task) {
  await task;
  setTimeout(page.refresh, TAKEN_UP_MS);
}

async function install(page, [...files]) {
  const texts = await Promise.all(files.map((file) => file.text()));
  await changed(page, installCertificate(texts.join('\n')));
}

const own = (page, certificate) => panel({ id: 'own', title: t('tls.own'), intro: t('tls.ownIntro'), class: 'stack' },
  certificate?.why ? message('bad', t('alert.ownCertificate'), certificate.why) : null,
  certificate ? facts([[t('tls.ends'), moment(certificate.not_after)], ...rowsOf(certificate, 'own-fingerprint')]) : null,
  may('admin') ? form({
    id: `own-form-${certificate?.sha256 ?? ''}`,
    submit: t('tls.ownTake'),
    kind: '',
    more: certificate ? [button({ label: t('tls.ownRemove'), kind: 'quiet', onclick: () => changed(page, removeCertificate()) })] : [],
    onsubmit: (_values, node) => install(page, node.querySelector('input').files),
    fields: [field({ name: 'pem', label: t('tls.ownFiles'), hint: t('tls.ownHint'), control: el('input', { type: 'file', multiple: true, required: true, accept: '.pem,.crt,.key' }) })],
  }) : null);

export function render(page) {
  const certificate = page.data;
  if (!certificate) {
    return adminPage(page, { id: 'tls', intro: t('tls.intro') },
      empty({ title: t('setup.noTls'), text: t('setup.noTlsText'), sign: 'lock', actions: [linkButton({ href: '/admin/settings', label: t('admin.page.settings') })] }));
  }
  return adminPage(page, { id: 'tls', intro: t('tls.intro') },
    leaf(certificate),
    panel({ id: 'authority', title: t('tls.authority'), intro: t('tls.authorityIntro'), class: 'stack' }, trustAuthority(certificate)),
    own(page, certificate.own));
}
