/**
 * A table behind a fold, for whoever does not see the chart. It stands still while it is read: it is made when the fold
 * opens and when it is asked for again.
 */
import { boxNow, timeAt } from '../lib/format.js';
import { el } from '../lib/html.js';
import { t } from '../lib/i18n.js';
import { table } from './table.js';

/** Columns that show a field each; the first names the row. @param {Object<string, string>} names field to heading */
export const columnsOf = (names) =>
  Object.entries(names).map(([id, label], i) => ({ id, label, head: i === 0, amount: i > 0, cell: (row) => row[id] }));

/**
 * @param {HTMLDetailsElement} fold with a div
 * @param {() => {caption: string, columns: Object<string, string>, rows: Object<string, string>[]}} read
 */
export function foldedTable(fold, read) {
  const place = fold.querySelector('div');
  const fill = () => {
    const { caption, columns, rows } = read();
    place.replaceChildren(
      el('button', { type: 'button', onclick: fill }, t('oracle.table.again')),
      table({
        caption: t('oracle.table.asOf', { caption, time: timeAt(boxNow() / 1000, 'second') }),
        showCaption: true,
        columns: columnsOf(columns),
        rows,
        key: (row) => Object.values(row)[0],
        cards: false,
      }));
  };
  fold.addEventListener('toggle', () => (fold.open ? fill() : place.replaceChildren()));
}
