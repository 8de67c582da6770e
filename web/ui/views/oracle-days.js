/**
 * The prices of days, newest first: two weeks of them in sight, the rest behind a fold.
 */
import { columnsOf } from '../components/folded-table.js';
import { table } from '../components/table.js';
import { cents, integer, percent, signedPercent } from '../lib/format.js';
import { el } from '../lib/html.js';
import { t } from '../lib/i18n.js';

const DAYS_SHOWN = 14;
const DAY_MS = 86400000;

/** Against the day before; across a hole there is no such thing. */
function change(day, before) {
  if (!before || Date.parse(day.date) - Date.parse(before.date) !== DAY_MS) return '–';
  return signedPercent(day.price / before.price - 1);
}

let shown;

/** @param {Day[]|null} days ascending; null: not read yet */
export function renderDays(days) {
  if (days === null || days === shown) return;
  shown = days;
  const rows = [...days].reverse().map((day, i, all) => ({
    date: day.date,
    price: cents(day.price),
    change: change(day, all[i + 1]),
    confidence: percent(day.confidence),
    blocks: day.complete ? integer(day.blocks) : t('oracle.soFar', { n: day.blocks }),
  }));
  const columns = columnsOf({
    date: t('oracle.column.day'),
    price: 'USD',
    change: t('oracle.column.change'),
    confidence: t('oracle.column.confidence'),
    blocks: t('oracle.column.blocks'),
  });
  const list = (caption, part) => table({ caption, columns, rows: part, key: ({ date }) => date, cards: false });
  const place = document.getElementById('days');
  if (rows.length === 0) {
    place.replaceChildren(el('p', { class: 'soft' }, t('oracle.daysNone')));
    return;
  }
  const wasOpen = place.querySelector('details[open]') !== null;
  const older = rows.slice(DAYS_SHOWN);
  place.replaceChildren(list(t('oracle.daysNewest'), rows.slice(0, DAYS_SHOWN)));
  if (older.length > 0) {
    place.append(el('details', { class: 'numbers', open: wasOpen },
      el('summary', {}, t('oracle.older', { n: older.length })), list(t('oracle.daysOlder'), older)));
  }
}
