/**
 * A table that becomes a list of cards on a phone.
 */
import { el } from '../lib/html.js';
import { icon } from './icon.js';
import { t } from '../lib/i18n.js';

/**
 * @template Row
 * @param {Object} it
 * @param {string} it.caption what it lists; shown to screen readers unless `showCaption`
 * @param {boolean} [it.showCaption]
 * @param {{id: string, label: string, cell: (row: Row) => any, amount?: boolean, head?: boolean, actions?: boolean, sort?: boolean}[]} it.columns
 * @param {Row[]} it.rows
 * @param {(row: Row) => string|number} it.key
 * @param {{id: string, down: boolean}} [it.sorted]
 * @param {(id: string) => void} [it.onsort] for columns with `sort`
 * @param {boolean} [it.cards] false: it stays a table and scrolls
 */
export function table({ caption, showCaption = false, columns, rows, key, sorted, onsort, cards = true }) {
  const head = columns.map((column) => {
    const on = sorted?.id === column.id;
    const label = column.actions ? el('span', { class: 'hidden-text' }, column.label) : column.label;
    return el('th', { scope: 'col', class: column.amount ? 'amount' : '', 'aria-sort': on ? (sorted.down ? 'descending' : 'ascending') : null },
      column.sort ? el('button', { type: 'button', onclick: () => onsort(column.id) }, label, on ? icon(sorted.down ? 'down' : 'up') : null) : label);
  });
  const line = (row) => el('tr', { 'data-key': key(row) }, columns.map((column) =>
    el(column.head ? 'th' : 'td', {
      scope: column.head ? 'row' : null,
      class: column.actions ? 'actions' : column.amount ? 'amount' : '',
      'data-label': column.label,
    }, column.cell(row))));
  return el('div', { class: `table${cards ? ' cards' : ''}`, role: 'region', 'aria-label': caption, tabindex: 0 },
    el('table', {},
      el('caption', { class: showCaption ? '' : 'hidden-text' }, caption),
      el('thead', {}, el('tr', {}, head)),
      el('tbody', {}, rows.map(line))));
}

/** @param {() => Promise<any>} more loads the next page; null: there is none */
export const moreButton = (more) =>
  more ? el('div', { class: 'row' }, el('button', { type: 'button', class: 'button', onclick: more }, t('table.more'))) : null;
