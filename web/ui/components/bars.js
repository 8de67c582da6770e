/**
 * Bars over time: a picture of a few numbers, with those that are not zero as a table below it for whoever does not see
 * it or wants them exact. Words: area "stats".
 */
import { el, svg } from '../lib/html.js';
import { t } from '../lib/i18n.js';
import { table } from './table.js';

const WIDTH = 640;
const HEIGHT = 180;
const GAP = 0.25;

/**
 * @param {Object} it
 * @param {string} it.id
 * @param {string} it.label what is shown, in words
 * @param {{key: string|number, name: string, value: number, text: string}[]} it.rows in order; text: the value as it is read
 * @param {string} it.nameLabel heading of the names in the table
 * @param {string} it.valueLabel
 */
export function bars({ id, label, rows, nameLabel, valueLabel }) {
  const most = Math.max(1, ...rows.map(({ value }) => value));
  const step = WIDTH / Math.max(rows.length, 6);
  const picture = svg('svg', { class: 'bars', viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: 'none', role: 'img', 'aria-label': label },
    ...rows.map(({ name, value, text }, i) => {
      const height = value === 0 ? 0 : Math.max(2, (value / most) * (HEIGHT - 2));
      const bar = svg('rect', { x: (i + GAP / 2) * step, y: HEIGHT - height, width: step * (1 - GAP), height });
      bar.append(svg('title', {}, `${name}: ${text}`));
      return bar;
    }));
  return el('figure', { class: 'chart', id },
    el('div', { class: 'bars-most soft small' }, rows.find(({ value }) => value === most)?.text ?? ''),
    picture,
    el('div', { class: 'bars-ends soft small' }, el('span', {}, rows[0]?.name ?? ''), rows.length > 1 ? el('span', {}, rows.at(-1).name) : null),
    el('details', { id: `${id}-table` }, el('summary', {}, t('stats.asTable')), table({
      caption: label, rows: rows.filter(({ value }) => value > 0), key: (row) => row.key, cards: false,
      columns: [{ id: 'name', label: nameLabel, head: true, cell: (row) => row.name }, { id: 'value', label: valueLabel, amount: true, cell: (row) => row.text }],
    })));
}
