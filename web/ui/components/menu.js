/**
 * A button that opens a small panel below it: the user menu. Escape, a click elsewhere and a followed link close it.
 */
import { el } from '../lib/html.js';
import { button } from './button.js';

/**
 * @param {{id: string, label: string, icon: string, bare?: boolean, children: () => any[]}} it
 * @returns {HTMLElement}
 */
export function menu({ id, label, icon, bare = true, children }) {
  const panelId = `${id}-panel`;
  const toggle = button({ id, label, icon, bare, kind: 'quiet', attributes: { 'aria-expanded': 'false', 'aria-controls': panelId }, onclick: () => open(panel.hidden) });
  const panel = el('div', { class: 'menu-panel', id: panelId, hidden: true, onclick: ({ target }) => { if (target.closest('a, button')) open(false); } });
  const outside = (event) => { if (!root.contains(event.target)) open(false); };
  const escape = (event) => {
    if (event.key !== 'Escape') return;
    open(false);
    toggle.focus();
  };
  function open(yes) {
    panel.hidden = !yes;
    toggle.setAttribute('aria-expanded', String(yes));
    if (yes) panel.replaceChildren(...children());
    const change = yes ? 'addEventListener' : 'removeEventListener';
    document[change]('pointerdown', outside);
    document[change]('focusin', outside);
    document[change]('keydown', escape);
  }
  const root = el('div', { class: 'menu', 'data-island': true }, toggle, panel);
  return root;
}
