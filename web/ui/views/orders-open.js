/**
 * The orders of just now: the batch, its bids, who is committed, and what became of others.
 */
import { duration, integer, timeAt } from '../lib/format.js';
import { clean, el } from '../lib/html.js';
import { t } from '../lib/i18n.js';
import { bookNow } from '../lib/orders.js';
import { may } from '../lib/session.js';
import { badge } from '../components/badge.js';
import { button } from '../components/button.js';
import { panel } from '../components/panel.js';
import { gauge } from '../components/progress.js';
import { table } from '../components/table.js';
import { depositDialog } from './orders-add.js';

const BIDS_SHOWN = 8;
const ENDS_SHOWN = 8;
/** Seconds of the end in which it is shown to be near. */
const NEAR_S = 3;
const LEVELS = { fulfilled: 'good', failed: 'bad', reassigned: 'wait', expired: '' };

const inState = ({ orders }, state) => [...orders.values()].filter((order) => order.state === state).sort((a, b) => a.id - b.id);
const name = ({ id, description }) => el('span', {}, `#${id} `, el('span', { class: 'soft' }, clean(description)));
const promise = (input, output) => `${integer(input)} → ≥ ${integer(output)}`;
const nothing = (text) => el('p', { class: 'soft' }, text);
/** Wall time of a time of the book. */
const clock = (status, s) => timeAt(s + status.utc_ahead_s, 'second');

/** How long until then, by the box's clock. */
function countdown(id, { status }, until, whole) {
  const left = Math.max(0, Math.min(whole, until - bookNow()));
  return gauge({ id, label: t('orders.until', { time: clock(status, until) }), value: left, max: whole, level: left < NEAR_S ? 'wait' : '', text: left > 0 ? duration(Math.ceil(left)) : t('orders.over') });
}

function bidsOf({ bids }, id) {
  const all = [...(bids.get(id)?.values() ?? [])];
  return { n: all.length, best: all.reduce((best, bid) => (best && best.min_output >= bid.min_output ? best : bid), null) };
}

const bestBid = ({ best }) => (best ? el('span', {}, `${integer(best.min_output)} `, el('span', { class: 'soft' }, clean(best.solver_id))) : '—');

export function batch(data) {
  const { collect_s: collect } = data.status.rules;
  const rows = inState(data, 'in_auction');
  return panel({ id: 'batch', title: t('orders.batch'), intro: t('orders.batchText', { time: duration(collect) }) }, rows.length ? table({
    caption: t('orders.batch'), rows, key: ({ id }) => id,
    columns: [
      { id: 'order', label: t('orders.order'), head: true, cell: name },
      { id: 'bids', label: t('orders.bids'), amount: true, cell: ({ id }) => integer(bidsOf(data, id).n) },
      { id: 'best', label: t('orders.best'), amount: true, cell: ({ id }) => bestBid(bidsOf(data, id)) },
      { id: 'left', label: t('orders.left'), cell: ({ id, created_s: at }) => countdown(`left-${id}`, data, at + collect, collect) },
    ],
  }) : nothing(t('orders.noBatch')));
}

const solverOf = ({ solver_id: solver, round }) =>
  el('span', {}, clean(solver), ' ', round > 1 ? badge(t('orders.round', { n: round }), 'wait') : null);

export function commitments(page) {
  const { data } = page;
  const { commit_s: commit } = data.status.rules;
  const rows = inState(data, 'committed').filter(({ commitment }) => commitment);
  const deposits = !data.status.unsafe && may('admin');
  return panel({ id: 'commitments', title: t('orders.commitments'), intro: t('orders.commitmentsText') }, rows.length ? table({
    caption: t('orders.commitments'), rows, key: ({ id }) => id,
    columns: [
      { id: 'order', label: t('orders.order'), head: true, cell: name },
      { id: 'solver', label: t('orders.solver'), cell: ({ commitment }) => solverOf(commitment) },
      { id: 'amount', label: t('orders.promise'), amount: true, cell: ({ commitment: { input, min_output: output } }) => promise(input, output) },
      { id: 'left', label: t('orders.left'), cell: ({ id, commitment: { deadline_s: until, claimed } }) => (claimed
        ? badge(t('orders.claimed'), 'good') : countdown(`due-${id}`, data, until, commit)) },
      ...(deposits ? [{ id: 'deposit', label: t('orders.deposit'), actions: true, cell: ({ id, commitment }) => (commitment.claimed ? null : button({
        label: t('orders.deposit'), onclick: () => depositDialog(page, String(id), t('orders.depositFor', { name: `#${id}` }), commitment.min_output),
      })) }] : []),
    ],
  }) : nothing(t('orders.noCommitments')));
}

export function bidsArriving({ status, bids }) {
  const rows = [...bids].flatMap(([id, all]) => [...all].map(([key, bid]) => ({ key: `${id} ${key}`, id, ...bid })))
    .sort((a, b) => b.at_s - a.at_s).slice(0, BIDS_SHOWN);
  return panel({ id: 'bids', title: t('orders.arriving') }, rows.length ? table({
    caption: t('orders.arriving'), rows, cards: false, key: ({ key }) => key,
    columns: [
      { id: 'order', label: t('orders.order'), head: true, cell: ({ id }) => `#${id}` },
      { id: 'solver', label: t('orders.solver'), cell: ({ solver_id: solver }) => clean(solver) },
      { id: 'amount', label: t('orders.promise'), amount: true, cell: ({ max_input: input, min_output: output }) => promise(input, output) },
      { id: 'at', label: t('orders.at'), amount: true, cell: ({ at_s: at }) => clock(status, at) },
    ],
  }) : nothing(t('orders.noBids')));
}

export function fills({ status, ends }) {
  const rows = [...ends.values()].sort((a, b) => b.at_s - a.at_s || b.order_id - a.order_id).slice(0, ENDS_SHOWN);
  return panel({ id: 'fills', title: t('orders.fills') }, rows.length ? table({
    caption: t('orders.fills'), rows, cards: false, key: ({ key }) => key,
    columns: [
      { id: 'order', label: t('orders.order'), head: true, cell: ({ order_id: id }) => `#${id}` },
      { id: 'what', label: t('orders.outcome'), cell: ({ kind }) => badge(t(`orders.end.${kind}`), LEVELS[kind]) },
      { id: 'solver', label: t('orders.solver'), cell: ({ solver_id: solver }) => (solver ? clean(solver) : '—') },
      { id: 'at', label: t('orders.at'), amount: true, cell: ({ at_s: at }) => clock(status, at) },
    ],
  }) : nothing(t('orders.noFills')));
}
