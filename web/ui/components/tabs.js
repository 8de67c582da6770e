/**
 * Tabs by the pattern of the ARIA practices: arrows move, one stop for Tab. The view keeps which one is chosen.
 */
import { el } from '../lib/html.js';

/**
 * @param {{id: string, label: string, tabs: {id: string, label: string, panel: () => any}[], chosen: string, onchoose: (id: string) => void}} it
 *   `label` names the list; `onchoose` must lead to a draw
 */
export function tabs({ id, label, tabs: all, chosen, onchoose }) {
  const at = Math.max(0, all.findIndex((tab) => tab.id === chosen));
  const choose = (index) => {
    const tab = all[(index + all.length) % all.length];
    onchoose(tab.id);
    document.getElementById(`${id}-${tab.id}`)?.focus();
  };
  const onkeydown = (event) => {
    const move = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: all.length - 1 }[event.key];
    if (move === undefined) return;
    event.preventDefault();
    choose(move);
  };
  return el('div', { id },
    el('div', { class: 'tabs', role: 'tablist', 'aria-label': label, onkeydown }, all.map((tab, i) =>
      el('button', {
        type: 'button', role: 'tab', id: `${id}-${tab.id}`, 'aria-selected': String(i === at), 'aria-controls': `${id}-panel`,
        tabindex: i === at ? 0 : -1, onclick: () => choose(i),
      }, tab.label))),
    el('div', { role: 'tabpanel', id: `${id}-panel`, 'aria-labelledby': `${id}-${all[at].id}`, tabindex: 0, class: 'stack' }, all[at].panel()));
}
