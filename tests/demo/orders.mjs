/**
 * Order auctions in one terminal picture: the real gaveld with made-up orders, three real gavel-solvers (one of
 * which never delivers what it promised), and what becomes of each order.
 *
 *   node tests/demo/orders.mjs [--once]
 *
 * --once ends with 0 after three fulfilments and a reassignment, one line for each event, the last one for the
 * log that is whole. Without a terminal it prints lines, too. Ctrl-C ends it and leaves nothing running.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { LiveClient } from '../support/live.mjs';
import { QUICK, Solver, startClaimedSequencer } from '../support/orders.mjs';
import { makeTempDir, removeTempDir } from '../support/process.mjs';
import { sleep } from '../support/wait.mjs';

const USAGE = 'usage: toolchain/run orders [--once]';
const FRAME_MS = 250;
const ORDERS_SHOWN = 12;
const BAR = 10;
const ONCE_MS = 120000;
/** The original's pace. */
const COLLECT_S = 5;
const COMMIT_S = 10;
const PACE = {
  ...QUICK,
  'orders.tick_ms': '2000',
  'orders.collect_seconds': `${COLLECT_S}`,
  'orders.commit_seconds': `${COMMIT_S}`,
  'orders.grace_seconds': '2',
  'orders.work_seconds': '4',
};
/** What three solvers do; "carol" outbids the others now and then and delivers nothing. */
const SCRIPTS = {
  carol: '* 60 1 60 never\n3 500 1.5 60 never\n8 500 1.5 60 never\n13 500 1.5 60 never\n',
};

/** @typedef {{id: number, state: string, bids: number, best: string, output: number, solver: string, untilS: number, round: number}} Order */

class Picture {
  constructor() {
    /** @type {Map<number, Order>} */ this.orders = new Map();
    /** @type {Map<string, {bids: number, won: number, kept: number, failed: number, output: number}>} */ this.league = new Map();
    this.fulfilled = 0;
    this.reassigned = 0;
    this.nowS = 0;
    this.nowAt = Date.now();
  }

  /** The book's clock, which runs on between events. */
  get clockS() {
    return this.nowS + (Date.now() - this.nowAt) / 1000;
  }

  /** @param {number} id @returns {Order} */
  order(id) {
    const known = this.orders.get(id);
    if (known) return known;
    const order = { id, state: 'pending', bids: 0, best: '', output: 0, solver: '', untilS: 0, round: 0 };
    this.orders.set(id, order);
    return order;
  }

  /** @param {string} id */
  solver(id) {
    const known = this.league.get(id) ?? { bids: 0, won: 0, kept: 0, failed: 0, output: 0 };
    this.league.set(id, known);
    return known;
  }

  /** @param {any} news an event of the live channel "orders" @returns {string} in words */
  take(news) {
    this.nowS = news.now_s;
    this.nowAt = Date.now();
    const ids = Array.from({ length: news.count }, (_, i) => Number(news.order_id) + i);
    const order = this.order(ids[0]);
    const output = Number(news.min_output ?? 0);
    switch (news.kind) {
      case 'batch':
        for (const id of ids) Object.assign(this.order(id), { state: 'in auction', untilS: news.now_s + COLLECT_S });
        return `announced   order ${ids.join(', ')}`;
      case 'bid':
        order.bids++;
        this.solver(news.solver_id).bids++;
        if (output > order.output) Object.assign(order, { output, best: `${news.solver_id} ${output}` });
        return `bid         order ${order.id}  ${news.solver_id} at least ${output} for ${news.input}`;
      case 'commitment':
      case 'reassigned':
        if (news.kind === 'reassigned') this.reassigned++;
        this.solver(news.solver_id).won++;
        Object.assign(order, { state: 'committed', solver: news.solver_id, untilS: news.until_s, round: news.round, output });
        return `${news.kind === 'reassigned' ? 'reassigned ' : 'committed  '} order ${order.id}  to ${news.solver_id}, ${news.until_s - news.now_s} s`;
      case 'claim':
        order.state = 'claimed';
        return `claimed     order ${order.id}  by ${news.solver_id}`;
      case 'fulfilled':
        this.fulfilled++;
        this.solver(order.solver).kept++;
        this.solver(order.solver).output += order.output;
        order.state = 'fulfilled';
        return `fulfilled   order ${order.id}  by ${order.solver}, ${order.output}`;
      case 'failed':
        this.solver(order.solver).failed++;
        order.state = 'failed';
        return `failed      order ${order.id}  ${order.solver} did not deliver`;
      case 'expired':
        order.state = 'expired';
        return `expired     order ${order.id}`;
      default:
        return '';
    }
  }

  /** @param {Order} order */
  countdown(order) {
    const open = order.state === 'in auction' || order.state === 'committed' || order.state === 'claimed';
    const leftS = Math.max(0, order.untilS - this.clockS);
    if (!open) return '';
    const full = order.state === 'in auction' ? COLLECT_S : COMMIT_S;
    const bar = '#'.repeat(Math.min(BAR, Math.ceil((BAR * leftS) / full))).padEnd(BAR, '.');
    return `${bar} ${leftS.toFixed(1).padStart(4)} s`;
  }

  /** @param {{orders: number, bids: number, claims: number}} ports */
  draw(ports) {
    const rows = [...this.orders.values()].slice(-ORDERS_SHOWN).reverse();
    const lines = [
      `gavel order auctions   orders :${ports.orders}  bids :${ports.bids}  claims :${ports.claims}   Ctrl-C ends`,
      '',
      ' ORDER  STATE       BIDS  BEST BID       COMMITTED TO  ROUND  LEFT',
      ...rows.map((o) =>
        [
          String(o.id).padStart(6),
          ` ${o.state.padEnd(10)}`,
          String(o.bids).padStart(5),
          ` ${o.best.padEnd(13)}`,
          ` ${o.solver.padEnd(12)}`,
          String(o.round || '').padStart(6),
          ` ${this.countdown(o)}`,
        ].join(' '),
      ),
      '',
      ' SOLVER      BIDS   WON  KEPT  FAILED  DELIVERED',
      ...[...this.league]
        .sort(([, a], [, b]) => b.output - a.output)
        .map(([id, s]) =>
          [
            ` ${id.padEnd(10)}`,
            ...[s.bids, s.won, s.kept].map((n) => String(n).padStart(4)),
            String(s.failed).padStart(6),
            String(s.output).padStart(9),
          ].join('  '),
        ),
    ];
    process.stdout.write(`\x1b[H${lines.map((line) => `${line}\x1b[K`).join('\n')}\x1b[J`);
  }
}

/** The log as the box verifies it. @param {import('../support/gaveld.mjs').Gaveld} box */
async function isLogWhole(box) {
  const key = { 'X-API-Key': await box.createKey({ scope: 'admin' }) };
  const { good, entries } = (await box.api.get('/api/v1/orders/log/verify', key)).json;
  process.stdout.write(`log         ${good ? `${entries} entries, every hash and the escrow's sums are right` : 'NOT WHOLE'}\n`);
  return good;
}

async function main() {
  const { values } = parseArgs({ options: { once: { type: 'boolean', default: false }, help: { type: 'boolean', default: false } } });
  if (values.help) {
    process.stdout.write(`${USAGE}\n`);
    return 0;
  }
  let stop = false;
  process.on('SIGINT', () => (stop = true));
  process.on('SIGTERM', () => (stop = true));
  const picture = new Picture();
  const drawn = process.stdout.isTTY && !values.once;
  const dir = makeTempDir('orders-demo');
  writeFileSync(join(dir, 'carol'), SCRIPTS.carol);
  const box = await startClaimedSequencer(values.once ? QUICK : PACE);
  const live = await LiveClient.open(`ws://127.0.0.1:${box.httpPort}/api/v1/ws`, { channels: ['orders'] });
  const solvers = [
    Solver.start('alice', box.ports, ['--strategy', 'random']),
    Solver.start('bob', box.ports, ['--strategy', 'random']),
    Solver.start('carol', box.ports, ['--strategy', 'script', '--script', join(dir, 'carol')]),
  ];
  if (drawn) process.stdout.write('\x1b[?25l\x1b[2J');
  const begun = Date.now();
  const isDone = () => values.once && picture.fulfilled >= 3 && picture.reassigned >= 1;
  for (let seen = 0; !stop && !isDone() && !(values.once && Date.now() - begun > ONCE_MS); ) {
    for (; seen < live.frames.length; seen++) {
      const { type, data } = live.frames[seen];
      const words = type !== 'snapshot' && data?.kind ? picture.take(data) : '';
      if (words && !drawn) process.stdout.write(`${words}\n`);
    }
    if (drawn) picture.draw(box.ports);
    await sleep(FRAME_MS);
  }
  if (drawn) process.stdout.write('\x1b[?25h\n');
  const isGood = !values.once || (isDone() && (await isLogWhole(box)));
  live.close();
  for (const solver of solvers) await solver.close();
  await box.close();
  removeTempDir(dir);
  return isGood ? 0 : 1;
}

process.exitCode = await main();
