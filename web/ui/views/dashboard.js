/**
 * The dashboard: at a glance, is all well? Then node, price, auctions and the box itself. Each part is read by itself, so
 * one that fails does not hide the others.
 */
import { readCounts, readSystem } from '../lib/api.js';
import { readHistory, readOracle } from '../lib/api-oracle.js';
import { askNode, follow, link, node as nodeSignal, overhear } from '../lib/box.js';
import { boxNow, ago, bytes, duration, integer, percent, usd } from '../lib/format.js';
import { el } from '../lib/html.js';
import { answering } from '../lib/http.js';
import { hasText, t } from '../lib/i18n.js';
import { may, session } from '../lib/session.js';
import { alertsOf, alertWords } from '../components/alerts.js';
import { badge, status } from '../components/badge.js';
import { facts, message, pageHead, panel } from '../components/panel.js';
import { gauge } from '../components/progress.js';
import { sparkline, stat } from '../components/stat.js';
import { empty } from '../components/states.js';
import { table } from '../components/table.js';

const STATES = ['upcoming', 'active', 'finished', 'sold', 'closed', 'expired'];
const PRICE_MS = 30000;
const LINE_S = 6 * 3600;
const COUNT_MS = 500;

export const title = () => t('dashboard.title');

/** A part that failed keeps what it was before, and says why. */
async function part(data, name, read) {
  try {
    data[name] = await read();
    delete data.failed[name];
  } catch (problem) {
    if (problem.name === 'AbortError') return; /* the page was left */
    if (problem.text === undefined) throw problem;
    data.failed[name] = problem;
  }
}

const readPrice = async (until) => {
  const from = Math.floor(Date.now() / 1000) - LINE_S;
  const [oracle, { samples }] = await Promise.all([readOracle(until), readHistory(from, 60, until)]);
  return { ...oracle, line: samples.map(([, price]) => price) };
};

const readLots = async (until) => (await readCounts(until)).by_status;

export async function load(page) {
  const data = page.data ?? { failed: {}, system: null, node: null, price: null, lots: null };
  await Promise.all([
    part(data, 'node', () => askNode(page.left)),
    part(data, 'price', () => readPrice(page.left)),
    part(data, 'lots', () => readLots(page.left)),
    may('operate') ? part(data, 'system', () => readSystem(page.left)) : null,
  ]);
  if (data.failed.node?.code === 'offline' && !data.node) throw data.failed.node;
  return data;
}

export function open(page) {
  const again = (name, read) => part(page.data, name, read).then(page.draw);
  /* A block changes many listings at once: count them once. */
  let counting = 0;
  const countSoon = () => {
    counting ||= setTimeout(() => {
      counting = 0;
      if (!page.left.aborted) again('lots', () => readLots(page.left));
    }, COUNT_MS);
  };
  follow({
    frame: ({ type }) => { if (type === 'listing') countSoon(); },
    reload: page.refresh,
  }, page);
  link.listen(page.draw, page.left);
  answering.listen(page.draw, page.left);
  nodeSignal.listen((now) => { page.data.node = now; page.draw(); }, page.left);
  if (may('operate')) overhear('box', (system) => part(page.data, 'system', () => system).then(page.draw), page.left);
  page.every(PRICE_MS, () => again('price', () => readPrice(page.left)));
}

/* ---- Alerts ---- */

function alerts(all) {
  if (all.length === 0) return message('good', t('dashboard.well'), t('dashboard.wellText'));
  return el('section', { class: 'stack', 'aria-label': t('dashboard.alerts') }, all.map((alert) => {
    const { title: what, text } = alertWords(alert);
    const key = `${alert.id}-${alert.params?.name ?? ''}`;
    const box = message(alert.level, what, text, alert.href ? el('p', {}, el('a', { href: alert.href }, t('dashboard.see'))) : null);
    box.dataset.key = key;
    return box;
  }));
}

/* ---- Tiles ---- */

function priceTile(price, problem) {
  if (!price) {
    const off = problem?.status === 404 || problem?.status === 503;
    return stat({ id: 'tile-price', label: t('dashboard.price'), value: '—', note: off ? t('dashboard.priceOff') : problem?.text, href: '/oracle' });
  }
  const value = price.spot ?? price.price;
  const state = price.state === 'filling' && price.filled >= 1 ? 'few' : price.state;
  const note = hasText(`dashboard.priceState.${state}`) ? t(`dashboard.priceState.${state}`, { share: percent(price.filled) }) : state;
  const low = Math.min(...price.line);
  const high = Math.max(...price.line);
  return stat({
    id: 'tile-price', label: t('dashboard.price'), href: '/oracle', note,
    value: value === null ? t('dashboard.priceNone') : usd(value),
    more: price.line.length > 1 ? sparkline(price.line, t('dashboard.priceLine', { low: usd(low), high: usd(high) })) : null,
  });
}

function tiles({ node, price, lots, failed }) {
  const onSale = lots ? lots.active + lots.finished : null;
  return el('div', { class: 'grid tiles' },
    stat({ id: 'tile-height', label: t('dashboard.height'), value: node ? integer(node.height) : '—', note: node ? t('dashboard.tipAge', { age: ago(node.tip_time) }) : failed.node?.text }),
    priceTile(price, failed.price),
    stat({ id: 'tile-mempool', label: t('dashboard.mempool'), value: node?.mempool_txs != null ? integer(node.mempool_txs) : '—', unit: node?.mempool_txs != null ? t('dashboard.transactions', { n: node.mempool_txs }) : '' }),
    stat({ id: 'tile-sale', label: t('dashboard.onSale'), href: '/', value: lots ? integer(onSale) : '—', unit: lots ? t('dashboard.lots', { n: onSale }) : '', note: lots ? t('dashboard.upcomingToo', { n: lots.upcoming }) : failed.lots?.text }));
}

/* ---- Panels ---- */

const unread = (problem) => (problem ? message('wait', t('dashboard.part', { why: problem.text })) : null);

function feedOf({ enabled, alive, messages, gaps }) {
  const word = !enabled ? status('wait', t('dashboard.zmqOff')) : alive ? status('good', t('dashboard.zmqAlive')) : status('bad', t('dashboard.zmqSilent'));
  return el('span', {}, word, enabled ? el('span', { class: 'soft small' }, t('dashboard.zmqCounts', { n: messages, gaps })) : null);
}

function indexerOf({ reachable, ready, height }) {
  if (!reachable) return status('bad', t('dashboard.indexerAway'));
  return ready ? status('good', t('dashboard.indexerReady', { height })) : status('wait', t('dashboard.indexerWaits', { height }));
}

function nodePanel({ node, failed }) {
  return panel({ id: 'node-panel', title: t('dashboard.node'), class: 'stack' },
    unread(failed.node),
    node ? [
      gauge({ id: 'sync', label: t('dashboard.sync'), value: node.verification_progress, text: percent(node.verification_progress, 2), level: node.live ? 'good' : 'wait' }),
      facts([
        [t('dashboard.network'), node.network],
        [t('dashboard.blocks'), t('dashboard.blocksOf', { height: node.height, headers: node.headers })],
        [t('dashboard.pruned'), node.pruned ? t('dashboard.prunedFrom', { height: node.prune_height }) : t('dashboard.no')],
        [t('dashboard.zmq'), feedOf(node.feed)],
        [t('dashboard.indexer'), indexerOf(node.indexer)],
        [t('dashboard.reorgs'), integer(node.reorgs)],
        [t('dashboard.checked'), ago(node.checked_at)],
      ]),
    ] : null);
}

function auctionsPanel({ lots, failed }) {
  const rows = STATES.map((state) => ({ state, n: lots?.[state] ?? 0 })).filter(({ n }) => n > 0);
  return panel({ id: 'auctions', title: t('dashboard.auctions') },
    unread(failed.lots),
    rows.length ? table({
      caption: t('dashboard.auctions'), rows, key: ({ state }) => state, cards: false,
      columns: [
        { id: 'state', label: t('dashboard.stateColumn'), head: true, cell: ({ state }) => t(`dashboard.state.${state}`) },
        { id: 'n', label: t('dashboard.count'), amount: true, cell: ({ n }) => integer(n) },
      ],
    }) : lots && empty({ title: t('dashboard.noAuctions'), text: t('dashboard.noAuctionsText'), sign: 'ladder' }));
}

function boxPanel({ system, failed }) {
  if (!system) return failed.system ? panel({ id: 'box', title: t('dashboard.box') }, unread(failed.system)) : null;
  const { memory, disk, certificate, backup } = system;
  const used = disk.total_bytes - disk.free_bytes;
  const written = disk.written.reduce((sum, each) => sum + each.day_bytes, 0);
  return panel({ id: 'box', title: t('dashboard.box'), class: 'stack' },
    unread(failed.system),
    gauge({ id: 'memory', label: t('dashboard.memory'), value: memory.resident_bytes, max: memory.budget_bytes, text: t('dashboard.of', { used: bytes(memory.resident_bytes), all: bytes(memory.budget_bytes) }), level: memory.resident_bytes > 0.9 * memory.budget_bytes ? 'wait' : 'good' }),
    gauge({ id: 'disk', label: t('dashboard.disk'), value: used, max: disk.total_bytes, text: t('dashboard.diskFree', { free: bytes(disk.free_bytes), all: bytes(disk.total_bytes) }), level: disk.free_bytes < 0.1 * disk.total_bytes ? 'bad' : 'good' }),
    facts([
      [t('dashboard.written'), bytes(written)],
      [t('dashboard.database'), bytes(disk.database_bytes + disk.wal_bytes)],
      [t('dashboard.certificate'), certificate ? t('dashboard.daysLeft', { n: certificate.days_left }) : null],
      [t('dashboard.backup'), backup.last_success_at ? ago(backup.last_success_at) : t('dashboard.backupNever')],
      [t('dashboard.clock'), system.clock_set ? t('dashboard.clockSet') : t('dashboard.clockUnset')],
      [t('dashboard.uptime'), duration(system.uptime_s)],
      [t('dashboard.version'), `${system.version} · ${system.board}`],
    ]));
}

function poolsPanel({ system }) {
  if (!system) return null;
  /* Some are taken whole at start and stay so: they tell nothing. */
  const fullest = system.pools.filter(({ in_use: used, size, refused }) => used < size || refused > 0)
    .sort((a, b) => b.in_use / b.size - a.in_use / a.size);
  const row = (pool) => gauge({
    id: `pool-${pool.name}`, label: pool.name, value: pool.in_use, max: pool.size, level: pool.refused > 0 ? 'bad' : '',
    text: t('dashboard.of', { used: integer(pool.in_use), all: integer(pool.size) }),
  });
  return panel({ id: 'pools', title: t('dashboard.pools'), intro: t('dashboard.poolsIntro'), class: 'stack' },
    fullest.slice(0, 5).map(row),
    el('details', { id: 'pools-all' }, el('summary', {}, t('dashboard.poolsAll')), table({
      caption: t('dashboard.pools'), rows: system.pools, key: ({ name }) => name, cards: false,
      columns: [
        { id: 'name', label: t('dashboard.pool'), head: true, cell: ({ name }) => name },
        { id: 'use', label: t('dashboard.inUse'), amount: true, cell: (pool) => t('dashboard.of', { used: integer(pool.in_use), all: integer(pool.size) }) },
        { id: 'low', label: t('dashboard.lowWater'), amount: true, cell: (pool) => integer(pool.low_water) },
        { id: 'refused', label: t('dashboard.refused'), amount: true, cell: (pool) => integer(pool.refused) },
      ],
    })));
}

/** The page in three words. */
function verdict(all) {
  if (!answering.get() || link.get() === 'offline') return badge(t('state.offline'), 'bad');
  const urgent = all.filter(({ level }) => level !== 'info').length;
  return urgent ? badge(t('dashboard.needs', { n: urgent }), 'wait') : badge(t('dashboard.well'), 'good');
}

export function render(page) {
  const { data } = page;
  const all = alertsOf({ node: data.node, system: data.system, session: session.get(), nowMs: boxNow() });
  return [
    pageHead(t('dashboard.title'), { actions: [verdict(all)] }),
    el('div', { class: 'stack' },
      alerts(all),
      tiles(data),
      el('div', { class: 'grid wide' },
        el('div', { class: 'stack' }, nodePanel(data), auctionsPanel(data)),
        el('div', { class: 'stack' }, boxPanel(data), poolsPanel(data)))),
  ];
}
