/**
 * Buttons, and links that look like one.
 */
import { el } from '../lib/html.js';
import { icon } from './icon.js';
import { toastProblem } from './toast.js';

/** Runs what takes a while: the button shows it, and takes no second press until it is over. */
async function whileBusy(button, work) {
  if (button.getAttribute('aria-busy') === 'true') return;
  button.setAttribute('aria-busy', 'true');
  try {
    await work();
  } catch (problem) {
    toastProblem(problem);
  } finally {
    button.removeAttribute('aria-busy');
  }
}

/**
 * @param {Object} it
 * @param {string} it.label what it says; with `bare` what it is called
 * @param {string} [it.icon]
 * @param {'primary'|'danger'|'quiet'|''} [it.kind]
 * @param {boolean} [it.bare] the icon alone
 * @param {(event: Event) => any} [it.onclick] may be async; a Problem becomes a toast
 * @param {'button'|'submit'} [it.type]
 * @param {boolean} [it.disabled]
 * @param {string} [it.id]
 * @param {Object<string, any>} [it.attributes]
 * @returns {HTMLElement}
 */
export function button({ label, icon: sign, kind = '', bare = false, onclick, type = 'button', disabled, id, attributes }) {
  return el('button', {
    type,
    id,
    disabled,
    class: `button ${kind}${bare ? ' icon-only' : ''}`,
    'aria-label': bare ? label : null,
    title: bare ? label : null,
    onclick: onclick && ((event) => {
      const result = onclick(event);
      if (result instanceof Promise) whileBusy(event.currentTarget, () => result);
    }),
    ...attributes,
  }, sign ? icon(sign) : null, bare ? null : label);
}

/**
 * @param {{href: string, label: string, icon?: string, kind?: string, download?: string|boolean, id?: string}} it
 * @returns {HTMLElement}
 */
export const linkButton = ({ href, label, icon: sign, kind = '', download, id }) =>
  el('a', { href, id, class: `button ${kind}`, download }, sign ? icon(sign) : null, label);
