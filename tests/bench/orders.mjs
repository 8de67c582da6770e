/**
 * Order auctions under load: 10,000 open orders, 100 solvers connected, bids over a connection each, 16 at a
 * time. How many a second are accepted and durable, and how long a tick takes meanwhile; beside it the same
 * on a disk that forgets (no time for syncs), what a sync alone takes, and the sequencer alone before an engine that
 * stores nothing.
 */
import { spawn, execFile } from 'node:child_process';
import { closeSync, fdatasyncSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Gaveld } from '../support/gaveld.mjs';
import { Listener, orderMetrics, QUICK } from '../support/orders.mjs';
import { BUILD_DIR, makeTempDir, removeTempDir } from '../support/process.mjs';
import { until } from '../support/wait.mjs';

const run = promisify(execFile);

const ORDERS = 10000;
const SOLVERS = 100;
const BIDS = 14000; /* the book of a PC holds 15,000 */
/** Announced before the bids begin: none has more than 1,024 bids, none of a solver's more than 32. */
const IN_AUCTION = 250;
/** Some 16 ticks each, so that the p99 is nearly the worst. */
const ROUNDS = 5;
const SYNCS = 50;
const MEGABYTE = 1e6;

/** @param {number} port @param {number} orders @returns {Promise<{bids: number, seconds: number}>} */
async function bid(port, orders) {
  const { stdout } = await run(join(BUILD_DIR, 'bench_orders'), ['bid', `${port}`, `${BIDS}`, `${orders}`]);
  return JSON.parse(stdout);
}

/** Upper bounds in the metric (gv_sequencer_bucket_ms), in seconds. */
const BOUNDS = [1, 2, 4, 6, 8, 10, 12, 14, 16, 20, 25, 35, 50, 100, 250, 1000].map((ms) => ms / 1000);

/** Ticks below each bound, and all of them. @param {(name: string) => number} before @param {(name: string) => number} after */
const countTicks = (before, after) =>
  [...BOUNDS.map((le) => `tick_seconds_bucket{le="${le}"}`), 'tick_seconds_count'].map((name) => after(name) - before(name));

/** The bound below which 99 of 100 ticks lie, in ms. @param {{ticks: number[]}[]} runs */
function tickMs(runs) {
  const sums = runs[0].ticks.map((_, i) => runs.reduce((sum, { ticks }) => sum + ticks[i], 0));
  const all = sums.pop() ?? 0;
  return 1000 * (BOUNDS[sums.findIndex((below) => below >= 0.99 * all)] ?? Infinity);
}

/** Times in ms of making 64 KiB durable, about what a commit of bids writes. @param {string} dir @returns {number[]} */
function syncMs(dir) {
  const file = openSync(join(dir, 'sync'), 'w');
  const piece = Buffer.alloc(65536, 1);
  const times = Array.from({ length: SYNCS }, () => {
    writeSync(file, piece);
    const begun = performance.now();
    fdatasyncSync(file);
    return performance.now() - begun;
  });
  closeSync(file);
  return times;
}

/** Microseconds of processor time that a thread has used. @param {number} pid @param {string} name */
function threadUs(pid, name) {
  for (const task of readdirSync(`/proc/${pid}/task`)) {
    const stat = readFileSync(`/proc/${pid}/task/${task}/stat`, 'utf8');
    if (!stat.includes(`(${name})`)) continue;
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) * 10000; // user and system, in hundredths of a second
  }
  throw new Error(`no thread is called ${name}`);
}

/** The daemon with its data at a place. @param {string} dir */
async function measure(dir) {
  const box = await Gaveld.start({
    program: join(BUILD_DIR, 'gaveld_bench'),
    dir,
    settings: {
      ...QUICK,
      'orders.tick_ms': '50',
      'orders.collect_seconds': '3600',
    },
  });
  try {
    const solvers = await Promise.all(Array.from({ length: SOLVERS }, () => Listener.open(box.ports.orders)));
    const idle = box.residentBytes();
    await box.api.get(`/bench/orders?count=${IN_AUCTION}`);
    await until('orders in auction', () => solvers.every((solver) => solver.orders.length >= IN_AUCTION));
    // The others wait behind an hour of bids, so that 10,000 are open all the time.
    const { text } = await box.api.get(`/bench/orders?count=${ORDERS - IN_AUCTION}`);
    if (text !== 'true') throw new Error('the orders were not taken');
    const before = await orderMetrics(box);
    const used = (/** @type {string} */ name) => threadUs(box.child.pid, name);
    const [engineUs, ordersUs] = [used('engine'), used('orders')];
    const begun = performance.now();
    const sent = await bid(box.ports.bids, IN_AUCTION);
    await until(
      'all bids to be durable',
      async () => (await orderMetrics(box))('bids_total') >= sent.bids,
      { everyMs: 2, timeoutMs: 60000 },
    );
    const seconds = (performance.now() - begun) / 1000;
    const after = await orderMetrics(box);
    const batches = after('batches_total') - before('batches_total');
    const resident = box.residentBytes();
    for (const solver of solvers) solver.close();
    return {
      rate: sent.bids / seconds,
      batch: sent.bids / batches,
      engineUs: (used('engine') - engineUs) / sent.bids,
      ordersUs: (used('orders') - ordersUs) / sent.bids,
      ticks: countTicks(before, after),
      resident,
      grown: resident - idle,
    };
  } finally {
    await box.close();
  }
}

/** The sequencer alone. @returns {Promise<number>} lines a second */
async function measureAlone() {
  const server = spawn(join(BUILD_DIR, 'bench_orders'), ['null'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ports = await new Promise((resolve) => server.stdout.once('data', (chunk) => resolve(JSON.parse(chunk))));
  const sent = await bid(ports.bids, IN_AUCTION);
  const ended = new Promise((resolve) => server.once('close', resolve));
  server.stdin.end();
  await ended;
  return sent.bids / sent.seconds;
}

/** @param {number[]} values @param {number} q 0 to 1 */
const quantile = (values, q) => values.toSorted((a, b) => a - b)[Math.floor(values.length * q)];
/** @param {number[]} values */
const median = (values) => quantile(values, 0.5);

/** @returns {Promise<import('./report.mjs').Row[]>} */
export async function benchOrders() {
  const runs = [];
  const inMemory = [];
  const alone = [];
  const syncs = [];
  for (let i = 0; i < ROUNDS; i++) {
    alone.push(await measureAlone());
    const dir = makeTempDir('bench-orders');
    syncs.push(...syncMs(dir));
    runs.push(await measure(dir));
    removeTempDir(dir);
    const forgetful = mkdtempSync('/dev/shm/gavel-bench-');
    inMemory.push(await measure(forgetful));
    rmSync(forgetful, { recursive: true, force: true });
  }
  return [
    {
      bench: 'orders a',
      what: 'bids accepted and durable, a connection each, 16 at a time',
      value: Math.round(median(runs.map(({ rate }) => rate))),
      unit: 'bids/s',
      goal: { at: 'least', value: 15000 },
    },
    {
      bench: 'orders a',
      what: '... the same on a disk in memory',
      value: Math.round(median(inMemory.map(({ rate }) => rate))),
      unit: 'bids/s',
    },
    { bench: 'orders a', what: '... the sequencer alone, nothing stored', value: Math.round(median(alone)), unit: 'bids/s' },
    { bench: 'orders a', what: '... bids in a commit', value: Math.round(median(runs.map(({ batch }) => batch))), unit: 'bids' },
    {
      bench: 'orders a',
      what: '... processor time of a bid: connection and line',
      value: median(runs.map((one) => one.ordersUs)),
      unit: 'us',
    },
    {
      bench: 'orders a',
      what: '... processor time of a bid: judged, stored, logged',
      value: median(runs.map((one) => one.engineUs)),
      unit: 'us',
    },
    {
      bench: 'orders b',
      what: 'tick with 10,000 open orders under that load, p99, at most',
      value: tickMs(runs),
      unit: 'ms',
      goal: { at: 'most', value: 20 },
    },
    { bench: 'orders b', what: '... the same on a disk in memory', value: tickMs(inMemory), unit: 'ms' },
    { bench: 'orders b', what: '... a sync of 64 KiB on that disk, p50', value: median(syncs), unit: 'ms' },
    { bench: 'orders b', what: '... a sync of 64 KiB on that disk, p99', value: quantile(syncs, 0.99), unit: 'ms' },
    {
      bench: 'orders c',
      what: 'resident memory with 10,000 orders, 14,000 bids, 100 solvers',
      value: Math.max(...runs.map(({ resident }) => resident)) / MEGABYTE,
      unit: 'MB',
    },
    {
      bench: 'orders c',
      what: '... more than without orders and bids',
      value: Math.max(...runs.map(({ grown }) => grown)) / MEGABYTE,
      unit: 'MB',
    },
  ];
}
