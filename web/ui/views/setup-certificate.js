/**
 * The box's own certificate authority, so that browsers stop to warn: file, QR and fingerprint to compare.
 * @module
 */
import { readSystem } from '../lib/api.js';
import { el } from '../lib/html.js';
import { t } from '../lib/i18n.js';
import { button, linkButton } from '../components/button.js';
import { copyButton } from '../components/copy-box.js';
import { message } from '../components/panel.js';
import { qr } from '../components/qr.js';
import { loading } from '../components/states.js';

const SYSTEMS = ['iphone', 'android', 'windows', 'mac', 'firefox'];

export async function enter(page) {
  try {
    page.state.certificate = (await readSystem(page.left)).certificate;
  } catch {
    page.state.certificate = undefined; /* the file is there all the same */
  }
  page.state.certificateAsked = true;
  page.draw();
}

/** In groups, to compare with what the console shows. @param {string} hex */
const fingerprint = (hex) => hex.replace(/[^0-9a-f]/gi, '').toUpperCase().replace(/(..)(?=.)/g, '$1:');

function trust({ ca_sha256: hash }) {
  const href = `${location.origin}/ca.crt`;
  return [
    el('div', { class: 'row' }, linkButton({ href: '/ca.crt', label: t('setup.certificateFile'), icon: 'download', kind: 'primary', download: 'gavel-ca.crt' })),
    qr(href, t('setup.certificateQr'), { caption: href }),
    hash ? el('div', { class: 'stack' }, el('h3', {}, t('setup.fingerprint')), el('code', { id: 'fingerprint' }, fingerprint(hash).split(/(?<=:)/).map((pair) => [pair, el('wbr')])),
      el('p', { class: 'soft small' }, t('setup.fingerprintText')), el('div', { class: 'row' }, copyButton(fingerprint(hash)))) : null,
    el('div', {}, SYSTEMS.map((system) =>
      el('details', { 'data-key': system }, el('summary', {}, t(`setup.trust.${system}`)), el('p', { class: 'soft' }, t(`setup.trustHow.${system}`))))),
  ];
}

export function body(page, go, back) {
  const { certificate, certificateAsked } = page.state;
  const parts = !certificateAsked ? loading(1)
    : certificate === null ? message('info', t('setup.noTls'), t('setup.noTlsText')) : trust(certificate ?? {});
  return [parts, el('div', { class: 'row' }, button({ label: t('setup.next'), kind: 'primary', onclick: go.next }), back)];
}
