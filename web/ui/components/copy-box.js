/**
 * Text to take along: copied by the clipboard where the browser allows it (https), by hand elsewhere, or as a file.
 */
import { el } from '../lib/html.js';
import { t } from '../lib/i18n.js';
import { button } from './button.js';
import { toast } from './toast.js';

/** @param {string} text */
async function copyText(text) {
  if (navigator.clipboard) {
    await navigator.clipboard.writeText(text);
    return;
  }
  const box = el('textarea', {}, text); /* plain http: no clipboard, but this old way */
  (document.querySelector('dialog[open]') ?? document.body).append(box);
  box.select();
  document.execCommand('copy');
  box.remove();
}

/** @param {string} text @param {string} [label] */
export const copyButton = (text, label = t('copy.copy')) =>
  button({ label, icon: 'copy', onclick: async () => { await copyText(text); toast(t('copy.copied')); } });

/**
 * @param {string|Uint8Array} content @param {string} name of the file
 * @param {{label?: string, type?: string}} [how]
 */
export function downloadButton(content, name, { label = t('copy.download'), type = 'application/octet-stream' } = {}) {
  const onclick = () => {
    const href = URL.createObjectURL(new Blob([content], { type }));
    el('a', { href, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(href), 10000);
  };
  return button({ label, icon: 'download', onclick });
}

/**
 * @param {{label: string, text: string, file?: string, rows?: number, actions?: Node[]}} it
 *   `rows` makes it a box that scrolls, for long text
 */
export const copyBox = ({ label, text, file, rows, actions = [] }) =>
  el('div', { class: 'copy-box' },
    rows ? el('textarea', { readonly: true, rows, spellcheck: 'false', 'aria-label': label }, text)
      : el('pre', { tabindex: 0, role: 'region', 'aria-label': label }, text),
    el('div', { class: 'row' }, copyButton(text), file ? downloadButton(text, file) : null, actions));
