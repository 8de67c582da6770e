/**
 * (c) to (e) of the price: messages into the real gaveld, prices out of it.
 *
 * A stand-in for bitcoind's publisher sends made-up payments with recorded amounts, because no node
 * takes 8,000 of them in a second; the node behind the RPC is a real one. The price goes out at most
 * every 500 ms, so what a payment waits for its message is mostly that rhythm. Measured are both: how
 * long a payment waits in all, and, without the rhythm, how old the newest payment of each message is
 * when it arrives (received, estimated with, sent; and up to 20 ms in which no payment came).
 */
import { randomBytes } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { GAVELD } from '../support/gaveld.mjs';
import { LiveClient } from '../support/live.mjs';
import { ROOT } from '../support/process.mjs';
import { sleep, until } from '../support/wait.mjs';
import { World } from '../support/world.mjs';
import { ZmqPublisher } from '../support/zmq-publisher.mjs';
import { quantile } from './report.mjs';

const BURST = 8000;
const BURST_MS = 1000;
const WINDOW = 50000;
const RATE = 50;
const LATENCY_S = 20;
const CLIENTS = 100;
const CPU_S = 10;
const RHYTHM_MS = 500;
const SLICES = 20;
const SETTLE_MS = 3000;
const MEGABYTE = 1e6;
/** Of real transactions two in five pass the rules; one with three outputs does not. */
const PASS = [true, false, true, false, false];

function recordedAmounts() {
  const file = join(ROOT, 'tests/vectors/oracle/w3h-113600.csv.xz');
  const rows = execFileSync('xz', ['-dc', file], { maxBuffer: 1 << 28 }).toString().split('\n').slice(1, -1);
  return rows.map((row) => BigInt(row.slice(row.lastIndexOf(',') + 1)));
}

/** A payment that spends what nobody knows. @param {bigint[]} values */
function payment(values) {
  const input = Buffer.concat([randomBytes(36), Buffer.of(0), Buffer.from('fdffffff', 'hex')]);
  const outputs = values.map((value) => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64LE(value);
    return Buffer.concat([bytes, Buffer.from('160014', 'hex'), randomBytes(20)]);
  });
  return Buffer.concat([
    Buffer.from('0200000001', 'hex'),
    input,
    Buffer.of(outputs.length),
    ...outputs,
    Buffer.alloc(4),
  ]);
}

/** @param {bigint[]} amounts @param {number} count */
function payments(amounts, count) {
  const at = (i) => amounts[i % amounts.length];
  return Array.from({ length: count }, (_, i) =>
    payment(PASS[i % PASS.length] ? [at(2 * i), at(2 * i + 1)] : [at(2 * i), at(2 * i + 1), 1000n]),
  );
}

/** Send all of them, evenly over the time. @param {ZmqPublisher} feed @param {Buffer[]} all @param {number} ms */
async function spread(feed, all, ms) {
  const start = performance.now();
  for (let slice = 0; slice < SLICES; slice++) {
    const from = Math.floor((all.length * slice) / SLICES);
    for (const tx of all.slice(from, Math.floor((all.length * (slice + 1)) / SLICES))) feed.send('rawtx', tx);
    await sleep(Math.max(0, start + (ms * (slice + 1)) / SLICES - performance.now()));
  }
}

/** At an even rate; each payment's moment. @param {ZmqPublisher} feed @param {Buffer[]} all */
async function trickle(feed, all) {
  const moments = [];
  const start = performance.now();
  for (const [i, tx] of all.entries()) {
    await sleep(Math.max(0, start + (1000 * i) / RATE - performance.now()));
    moments.push(performance.now());
    feed.send('rawtx', tx);
  }
  return moments;
}

/** Processor seconds that a process has used. @param {number} pid */
function cpuSeconds(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100; // user and system, in ticks of 10 ms
}

/** Resident bytes of its zeroed static memory, where all our own is: the nameless mapping behind those
 * of the program. @param {import('../support/gaveld.mjs').Gaveld} gaveld */
function staticBytes(gaveld) {
  const maps = readFileSync(`/proc/${gaveld.child.pid}/smaps`, 'utf8').split(/^(?=[0-9a-f]+-[0-9a-f]+ )/m);
  const last = maps.findLastIndex((map) => map.split('\n')[0].endsWith(GAVELD));
  return Number(/^Rss: +(\d+) kB/m.exec(maps[last + 1])[1]) * 1024;
}

/** @param {string} what @param {number} value @param {number} [most] */
const milliseconds = (what, value, most) => ({
  bench: 'oracle c',
  what,
  value,
  unit: 'ms',
  ...(most && { goal: { at: /** @type {const} */ ('most'), value: most } }),
});

class Bench {
  /** @param {World} world @param {ZmqPublisher} feed */
  constructor(world, feed) {
    this.world = world;
    this.feed = feed;
    this.amounts = recordedAmounts();
    this.url = `ws://127.0.0.1:${world.gaveld.httpPort}/ws/mempool`;
  }

  async oracle() {
    return (await this.world.api.get('/api/v1/oracle')).json;
  }

  /** Wait for them; who looks afterwards sees what is missing. @param {number} count ever received by the window */
  received(count) {
    return until(
      `${count} transactions`,
      async () => {
        const { window } = await this.oracle();
        if (window.received < count) throw new Error(JSON.stringify(window));
        return true;
      },
      { timeoutMs: 30000 },
    ).catch(() => undefined);
  }

  async burst() {
    const before = (await this.oracle()).window;
    await spread(this.feed, payments(this.amounts, BURST), BURST_MS);
    await this.received(before.received + BURST);
    const { window } = await this.oracle();
    return [
      {
        bench: 'oracle c',
        what: `burst of ${BURST} rawtx in a second: lost between the socket and the window`,
        value: before.received + BURST - window.received,
        unit: '',
        goal: { at: /** @type {const} */ ('most'), value: 0 },
      },
    ];
  }

  async latency() {
    const client = await LiveClient.open(this.url);
    await client.frame('a price', (message) => message.price !== null);
    await sleep(2 * RHYTHM_MS);
    const had = client.frames.at(-1).stats.total_received;
    const from = client.frames.length;
    const moments = await trickle(this.feed, payments(this.amounts, RATE * LATENCY_S));
    await client.frame('the last', ({ stats }) => stats.total_received >= had + moments.length, from);
    const waits = [];
    const ages = [];
    let told = 0;
    for (const { stats, at } of client.frames.slice(from)) {
      const known = Math.min(stats.total_received - had, moments.length);
      if (known > told) ages.push(at - moments[known - 1]);
      for (; told < known; told++) waits.push(at - moments[told]);
    }
    client.close();
    return [
      milliseconds(`newest payment of each of ${ages.length} messages, sent to told, p50`, quantile(ages, 0.5)),
      milliseconds('... p99', quantile(ages, 0.99), 100),
      milliseconds(`each payment with the rhythm of ${RHYTHM_MS} ms, sent to told, p50`, quantile(waits, 0.5)),
      milliseconds('... p99', quantile(waits, 0.99), RHYTHM_MS + 100),
    ];
  }

  /** Share of one core while payments trickle. @returns {Promise<number>} percent */
  async load() {
    const { pid } = this.world.gaveld.child;
    const all = payments(this.amounts, RATE * CPU_S);
    const before = cpuSeconds(pid);
    const start = performance.now();
    await trickle(this.feed, all);
    return ((cpuSeconds(pid) - before) / ((performance.now() - start) / 1000)) * 100;
  }

  async crowd() {
    const alone = await this.load();
    const clients = [];
    for (let i = 0; i < CLIENTS; i++) clients.push(await LiveClient.open(this.url));
    await sleep(SETTLE_MS);
    const before = clients.map((client) => client.frames.length);
    const together = await this.load();
    const frames = clients.map((client, i) => client.frames.length - before[i]);
    for (const client of clients) client.close();
    const what = `${CLIENTS} WebSockets, ${Math.min(...frames)} messages each in ${CPU_S} s`;
    return [
      { bench: 'oracle e', what: `gaveld at ${RATE} tx/s without clients`, value: alone, unit: '% of a core' },
      {
        bench: 'oracle e',
        what: `... with ${what}`,
        value: together,
        unit: '% of a core',
        goal: { at: /** @type {const} */ ('most'), value: 5 },
      },
    ];
  }

  async memory() {
    const { gaveld } = this.world;
    const had = (await this.oracle()).window.received;
    for (let sent = had; sent < WINDOW; sent += BURST / 2) {
      const count = Math.min(BURST / 2, WINDOW - sent);
      await spread(this.feed, payments(this.amounts, count), BURST_MS);
      await this.received(sent + count);
    }
    await sleep(SETTLE_MS);
    const { window } = await this.oracle();
    const what = `with ${window.transactions} transactions, over none`;
    return [
      {
        bench: 'oracle d',
        what: `gaveld's static memory, resident ${what}`,
        value: (staticBytes(gaveld) - this.idleStatic) / MEGABYTE,
        unit: 'MB',
        goal: { at: /** @type {const} */ ('most'), value: 6 },
      },
      {
        bench: 'oracle d',
        what: `all of gaveld, and what libzmq took for the bursts, ${what}`,
        value: (gaveld.residentBytes() - this.idleBytes) / MEGABYTE,
        unit: 'MB',
      },
    ];
  }
}

/** @returns {Promise<import('./report.mjs').Row[]>} */
export async function benchPrice() {
  const feed = await ZmqPublisher.start();
  const world = await World.start({ wire: async () => ({ 'node.zmq': feed.url }) });
  world.keep(feed);
  try {
    await feed.ready();
    await sleep(SETTLE_MS);
    const bench = new Bench(world, feed);
    bench.idleBytes = world.gaveld.residentBytes();
    bench.idleStatic = staticBytes(world.gaveld);
    return [
      ...(await bench.burst()),
      ...(await bench.latency()),
      ...(await bench.memory()),
      ...(await bench.crowd()),
    ];
  } finally {
    await world.close();
  }
}
