/**
 * Order auctions: what is bid for just now, who is committed until when, what came of it, and the log that proves it.
 */
import { listBids, listOrders, listSolvers, readOrdersLog, readOrdersStatus } from '../lib/api-orders.js';
import { link, overhear } from '../lib/box.js';
import { integer } from '../lib/format.js';
import { el } from '../lib/html.js';
import { answering } from '../lib/http.js';
import { t } from '../lib/i18n.js';
import { checkChain, forgetClock, hearClock, noteBid, noteEnds, takeNews } from '../lib/orders.js';
import { may } from '../lib/session.js';
import { badge } from '../components/badge.js';
import { button, linkButton } from '../components/button.js';
import { message, pageHead } from '../components/panel.js';
import { stat } from '../components/stat.js';
import { empty, stale } from '../components/states.js';
import { addDialog } from './orders-add.js';
import { chainLog } from './orders-log.js';
import { batch, bidsArriving, commitments, fills } from './orders-open.js';
import { league } from './orders-solvers.js';

const LOG_SHOWN = 12;
/* An address may ask 120 times a minute: the stream tells the rest. */
const ORDERS_MS = 3000;
const ALL_MS = 10000;
const OPEN = ['in_auction', 'committed'];

export const title = () => t('orders.title');

async function readLog(status, until) {
  const { items } = await readOrdersLog(Math.max(1, status.newest_event - LOG_SHOWN + 1), until);
  return { entries: items, good: items.length ? await checkChain(items) : null };
}

async function readOrders(page, known) {
  const { items, now_s: now } = await listOrders(page.left);
  hearClock(now);
  known.orders = new Map(items.map((order) => [order.id, order]));
  for (const id of known.bids.keys()) {
    if (!OPEN.includes(known.orders.get(id)?.state)) known.bids.delete(id);
  }
  noteEnds(known);
}

async function refresh(page, known) {
  [known.status] = await Promise.all([readOrdersStatus(page.left), readOrders(page, known)]);
  known.heardAt = new Date().toISOString();
}

/** Bids that came while this page did not listen. */
const readBids = (page, known) =>
  Promise.all([...known.orders.values()].filter(({ state }) => OPEN.includes(state)).map(async ({ id }) => {
    for (const bid of (await listBids(id, page.left)).items.reverse()) noteBid(known, id, bid);
  }));

export async function load(page) {
  const status = await readOrdersStatus(page.left);
  if (!status.on) return { status };
  const known = { bids: new Map(), ends: new Map(), ...page.data, status, heardAt: new Date().toISOString() };
  const [solvers, log] = await Promise.all([listSolvers(page.left), readLog(status, page.left), readOrders(page, known)]);
  return Object.assign(known, { solvers: solvers.items, log });
}

/** Does work soon, and not more often than every so many ms. */
function atMost(page, ms, work) {
  let due = 0;
  let last = 0;
  return () => {
    due ||= setTimeout(() => {
      due = 0;
      last = Date.now();
      if (!page.left.aborted) work().then(page.draw).catch(() => undefined); /* the shell says that the box does not answer */
    }, Math.max(100, last + ms - Date.now()));
  };
}

export function open(page) {
  link.listen(page.draw, page.left);
  answering.listen(page.draw, page.left);
  if (!page.data.status.on) return;
  const ordersSoon = atMost(page, ORDERS_MS, () => refresh(page, page.data));
  const bidsSoon = atMost(page, ALL_MS, () => readBids(page, page.data));
  const allSoon = atMost(page, ALL_MS, page.reload);
  page.state.changed = page.reload;
  overhear('orders', (data) => {
    page.data.heardAt = new Date().toISOString();
    if (data.kind) takeNews(page.data, data);
    else { /* how things stand: much has changed, or the box is back */
      forgetClock();
      hearClock(data.now_s);
      bidsSoon();
    }
    if (data.kind !== 'bid') ordersSoon();
    allSoon();
    page.draw();
  }, page.left);
  page.every(1000, page.draw); /* deadlines come nearer */
}

const off = () => empty({
  title: t('orders.off'), sign: 'gauge', text: t(may('admin') ? 'orders.offAdmin' : 'orders.offText'),
  actions: may('admin') ? [linkButton({ href: '/admin/settings#group-orders', label: t('orders.toSettings'), icon: 'settings' })] : [],
});

function tiles({ status }) {
  const { since_start: since, rules } = status;
  return el('div', { class: 'grid tiles' },
    stat({ id: 'tile-pending', label: t('orders.state.pending'), value: integer(status.pending), note: t('orders.batchOf', { n: rules.batch }) }),
    stat({ id: 'tile-auction', label: t('orders.state.in_auction'), value: integer(status.in_auction), note: t('orders.bidsOpen', { n: status.bids_open }) }),
    stat({ id: 'tile-committed', label: t('orders.state.committed'), value: integer(status.committed), note: t('orders.reassignedN', { n: since.reassigned }) }),
    stat({ id: 'tile-fulfilled', label: t('orders.state.fulfilled'), value: integer(since.fulfilled), note: t('orders.failedN', { failed: since.failed, expired: since.expired }) }));
}

const mode = ({ unsafe, authenticated }) => (unsafe
  ? message('bad', [badge(t('orders.unsafeMark'), 'bad'), ' ', t('orders.unsafe')], t('orders.unsafeText'))
  : el('p', { class: 'row' }, badge(t('orders.proofMark'), 'good'), el('span', { class: 'soft' }, t(authenticated ? 'orders.proofKnown' : 'orders.proofText'))));

export function render(page) {
  const { data } = page;
  const { status } = data;
  if (!status.on) return [pageHead(t('orders.title'), { intro: t('orders.intro') }), off()];
  const add = may('auctions:write') ? [button({ label: t('orders.add'), icon: 'plus', kind: 'primary', onclick: () => addDialog(page) })] : [];
  const lost = link.get() === 'offline' || !answering.get();
  return [
    pageHead(t('orders.title'), { intro: t('orders.intro'), actions: add }),
    el('div', { class: 'stack' },
      lost ? stale(data.heardAt) : null,
      mode(status),
      tiles(data),
      data.orders.size ? [
        batch(data),
        commitments(page),
        el('div', { class: 'grid wide' }, bidsArriving(data), fills(data)),
      ] : empty({ title: t('orders.none'), text: t('orders.noneText') }),
      league(page),
      chainLog(page)),
  ];
}
