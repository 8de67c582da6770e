/**
 * The end of the chained log: this browser computes the hashes of what it shows, the box those of the whole.
 */
import { verifyOrdersLog } from '../lib/api-orders.js';
import { integer, shorten, timeAt } from '../lib/format.js';
import { clean, el } from '../lib/html.js';
import { t } from '../lib/i18n.js';
import { may } from '../lib/session.js';
import { badge } from '../components/badge.js';
import { button } from '../components/button.js';
import { message, panel } from '../components/panel.js';
import { table } from '../components/table.js';

async function verify(page) {
  page.state.verified = await verifyOrdersLog();
  page.draw();
}

/** What the box found in the whole log. */
const verdict = ({ good, entries, last_hash: hash, problem }) => (good
  ? message('good', t('orders.verified', { n: entries }), el('p', {}, el('code', {}, hash)))
  : message('bad', t('orders.broken'), problem));

/** What this browser found in the entries it shows. */
function mark({ entries, good }) {
  const [first, last] = [entries[0].seq, entries.at(-1).seq];
  if (good === null) return badge(t('orders.unchecked'));
  return good ? badge(t('orders.checked', { first, last }), 'good') : badge(t('orders.wrong', { first, last }), 'bad');
}

export function chainLog(page) {
  const { log, status } = page.data;
  const rows = [...log.entries].reverse();
  return panel({
    id: 'log', title: t('orders.log'), intro: t('orders.logText', { n: integer(status.newest_event) }),
    actions: may('operate') ? [button({ label: t('orders.verify'), icon: 'shield', onclick: () => verify(page) })] : [],
  }, rows.length ? el('div', { class: 'stack' }, page.state.verified ? verdict(page.state.verified) : null, el('p', { id: 'log-mark' }, mark(log)), table({
    caption: t('orders.log'), rows, key: ({ seq }) => seq,
    columns: [
      { id: 'seq', label: t('orders.entry'), head: true, cell: ({ seq }) => integer(seq) },
      { id: 'at', label: t('orders.at'), cell: ({ at_s: at }) => timeAt(at + status.utc_ahead_s, 'second') },
      { id: 'what', label: t('orders.event'), cell: ({ json }) => el('code', { class: 'event' }, clean(json)) },
      { id: 'hash', label: t('orders.hash'), cell: ({ hash }) => el('code', { title: hash }, shorten(hash)) },
    ],
  })) : null);
}
