/**
 * A tile with one number that matters, and a small line of how it went.
 */
import { el, svg } from '../lib/html.js';

/**
 * @param {{label: string, value: any, unit?: string, note?: any, badge?: Node|null, href?: string, more?: Node|null, id?: string}} it
 */
export const stat = ({ label, value, unit, note, badge, href, more, id }) =>
  el(href ? 'a' : 'div', { class: 'stat', href, id },
    el('span', { class: 'label' }, label, badge),
    el('span', { class: 'value' }, value, unit ? el('small', {}, ` ${unit}`) : null),
    note ? el('span', { class: 'note' }, note) : null,
    more);

const WIDTH = 240;
const HEIGHT = 40;

/**
 * @param {number[]} values oldest first
 * @param {string} label what it shows, in words: the picture has no other text
 * @returns {SVGElement|null} null when there is nothing to draw
 */
export function sparkline(values, label) {
  if (values.length < 2) return null;
  const low = Math.min(...values);
  const span = Math.max(...values) - low || 1;
  const at = values.map((v, i) =>
    `${((i / (values.length - 1)) * WIDTH).toFixed(1)} ${(HEIGHT - 3 - ((v - low) / span) * (HEIGHT - 6)).toFixed(1)}`);
  const line = `M${at.join('L')}`;
  return svg('svg', { class: 'spark', viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: 'none', role: 'img', 'aria-label': label },
    svg('path', { class: 'area', d: `${line}V${HEIGHT}H0Z` }), svg('path', { d: line }));
}
