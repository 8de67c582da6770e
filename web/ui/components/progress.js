/**
 * How far, and how full.
 */
import { el, freshId } from '../lib/html.js';

/**
 * @param {{label: string, value: number|null, max?: number, text?: string, level?: 'good'|'wait'|'bad'|'', id?: string}} it
 *   value null: nobody knows how far
 */
export function gauge({ label, value, max = 1, text, level = '', id = freshId('gauge') }) {
  return el('div', { class: 'gauge' },
    el('span', { class: 'label' }, el('span', { id: `${id}-label` }, label), text ? el('span', { class: 'number' }, text) : null),
    el('progress', { id, class: level, max, value, 'aria-labelledby': `${id}-label` }));
}
