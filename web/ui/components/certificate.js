/**
 * The box's own certificate authority: its file, a QR that leads there, its fingerprint to compare, and how each system
 * is told to trust it. Words: area "setup".
 */
import { el } from '../lib/html.js';
import { t } from '../lib/i18n.js';
import { linkButton } from './button.js';
import { copyButton } from './copy-box.js';
import { qr } from './qr.js';

const SYSTEMS = ['iphone', 'android', 'windows', 'mac', 'firefox'];

/** In pairs, to compare with what the console shows. @param {string} hex */
const pairs = (hex) => hex.replace(/[^0-9a-f]/gi, '').toUpperCase().replace(/(..)(?=.)/g, '$1:');

/** Breaks between pairs only. @param {string} hex @param {string} id */
export const fingerprint = (hex, id) => el('code', { id }, pairs(hex).split(/(?<=:)/).map((pair) => [pair, el('wbr')]));

/** @param {{ca_sha256?: string}} certificate */
export function trustAuthority({ ca_sha256: hash }) {
  const href = `${location.origin}/ca.crt`;
  return [
    el('div', { class: 'row' }, linkButton({ href: '/ca.crt', label: t('setup.certificateFile'), icon: 'download', kind: 'primary', download: 'gavel-ca.crt' }),
      linkButton({ href: '/ca.mobileconfig', label: t('setup.certificateProfile'), icon: 'download' })),
    qr(href, t('setup.certificateQr'), { caption: href }),
    hash ? el('div', { class: 'stack' }, el('h3', {}, t('setup.fingerprint')), fingerprint(hash, 'fingerprint'),
      el('p', { class: 'soft small' }, t('setup.fingerprintText')), el('div', { class: 'row' }, copyButton(pairs(hash)))) : null,
    el('div', {}, SYSTEMS.map((system) =>
      el('details', { 'data-key': system }, el('summary', {}, t(`setup.trust.${system}`)), el('p', { class: 'soft' }, t(`setup.trustHow.${system}`))))),
  ];
}
