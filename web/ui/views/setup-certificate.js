/**
 * The box's own certificate authority, so that browsers stop to warn: file, QR and fingerprint to compare.
 */
import { readSystem } from '../lib/api.js';
import { el } from '../lib/html.js';
import { t } from '../lib/i18n.js';
import { button } from '../components/button.js';
import { trustAuthority } from '../components/certificate.js';
import { message } from '../components/panel.js';
import { loading } from '../components/states.js';

export async function enter(page) {
  try {
    page.state.certificate = (await readSystem(page.left)).certificate;
  } catch {
    page.state.certificate = undefined; /* the file is there all the same */
  }
  page.state.certificateAsked = true;
  page.draw();
}

export function body(page, go, back) {
  const { certificate, certificateAsked } = page.state;
  const parts = !certificateAsked ? loading(1)
    : certificate === null ? message('info', t('setup.noTls'), t('setup.noTlsText')) : trustAuthority(certificate ?? {});
  return [parts, el('div', { class: 'row' }, button({ label: t('setup.next'), kind: 'primary', onclick: go.next }), back)];
}
