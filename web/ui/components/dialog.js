/**
 * Dialogs: the browser's own <dialog>, which keeps the focus inside and gives it back.
 */
import { el, freshId } from '../lib/html.js';
import { t } from '../lib/i18n.js';
import { button } from './button.js';

/**
 * @param {{title: string, body: any, footer?: (close: (result?: any) => void) => Node[]}} it
 *   `body` may be a function of close, for a form inside
 * @returns {Promise<any>} what close was called with; undefined when it was dismissed
 */
export function openDialog({ title, body, footer }) {
  return new Promise((resolve) => {
    const id = freshId('dialog');
    let result;
    const close = (value) => {
      result = value;
      box.close();
    };
    const box = el('dialog', {
      'aria-labelledby': id,
      onclose: () => {
        box.remove();
        resolve(result);
      },
    },
    el('header', {}, el('h2', { id }, title), button({ label: t('dialog.close'), icon: 'close', kind: 'quiet', bare: true, onclick: () => close() })),
    typeof body === 'function' ? body(close) : body,
    footer ? el('footer', {}, footer(close)) : null);
    document.body.append(box);
    box.showModal();
  });
}

/**
 * Ask before something that cannot be undone.
 * @param {{title: string, text: string, yes: string, danger?: boolean}} it
 * @returns {Promise<boolean>}
 */
export const confirm = async ({ title, text, yes, danger = true }) =>
  (await openDialog({
    title,
    body: el('p', {}, text),
    footer: (close) => [
      button({ label: t('dialog.cancel'), onclick: () => close(false) }),
      button({ label: yes, kind: danger ? 'danger' : 'primary', onclick: () => close(true) }),
    ],
  })) === true;
