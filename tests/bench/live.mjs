/**
 * (h) 500 live clients over TLS at two messages a second each, then with 20 stalled readers among them; the API
 * under floods beside a quiet baseline; what logins cost.
 *
 * The clients are in processes of their own and share the machine with gaveld: deliveries contain their time.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import https from 'node:https';
import { join } from 'node:path';
import { dripFlood, halfOpenFlood, idleFlood } from '../support/floods.mjs';
import { OWNER } from '../support/gaveld.mjs';
import { BUILD_DIR, ROOT } from '../support/process.mjs';
import { sleep } from '../support/wait.mjs';
import { World } from '../support/world.mjs';
import { quantile } from './report.mjs';

const PROCESSES = 4;
const EACH = { sockets: 105, streams: 15, polls: 5 }; // 500 in all
const STALLED = 20;
const EVENTS = 40;
const EVERY_MS = 500;
const REQUESTS = 150;
const LOGINS = 8;
const SETTLE_MS = 3000;
const MEGABYTE = 1024 * 1024;
const TICKS_PER_S = 100; // USER_HZ

/** @typedef {import('./report.mjs').Row} Row */

/** @returns {Promise<Row[]>} */
export async function benchLive() {
  const program = join(BUILD_DIR, 'gaveld_bench');
  if (!existsSync(program)) throw new Error(`${program} is missing: build the target gaveld_bench`);
  const world = await World.start({ program });
  try {
    await sleep(SETTLE_MS);
    const idle = row('resident, idle, 500 seats configured', resident(world), 'MB', 20);
    const calm = await deliveries(world, '500 clients', 0);
    const stalled = await deliveries(world, `480 clients and ${STALLED} stalled`, STALLED);
    return [idle, ...calm, ...stalled, ...(await floods(world)), ...(await logins(world))];
  } finally {
    await world.close();
  }
}

/** @returns {Row} */
function row(what, value, unit, most) {
  return { bench: 'h', what, value, unit, goal: most === undefined ? undefined : { at: 'most', value: most } };
}

const resident = (world) => world.gaveld.residentBytes() / MEGABYTE;

/** Seconds of processor time of gaveld until now. */
function cpuSeconds(world) {
  const stat = readFileSync(`/proc/${world.gaveld.child.pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_S;
}

/** One process of listeners that is ready. */
async function startListener(world, stalled) {
  const job = { port: world.gaveld.httpsPort, ca: world.gaveld.ca, ...EACH, stalled };
  job.sockets -= stalled;
  const child = fork(join(ROOT, 'tests/bench/live-listener.mjs'), [JSON.stringify(job)]);
  await once(child, 'message');
  return child;
}

/** @param {World} world @param {string} name @param {number} stalled @returns {Promise<Row[]>} */
async function deliveries(world, name, stalled) {
  const listeners = await Promise.all(
    Array.from({ length: PROCESSES }, () => startListener(world, stalled / PROCESSES)),
  );
  await sleep(SETTLE_MS);
  for (const listener of listeners) listener.send('measure');
  const [from, cpu] = [performance.now(), cpuSeconds(world)];
  for (let i = 0; i < EVENTS; i++) {
    const next = sleep(EVERY_MS);
    await world.api.get('/bench/publish');
    await next;
  }
  const share = ((cpuSeconds(world) - cpu) / (performance.now() - from)) * 1e5;
  const memory = resident(world);
  const heard = await Promise.all(
    listeners.map(async (listener) => {
      const report = once(listener, 'message');
      listener.send('report');
      return (await report)[0];
    }),
  );
  for (const listener of listeners) listener.disconnect();
  await Promise.all(listeners.map((listener) => once(listener, 'exit')));
  await sleep(SETTLE_MS);
  const delays = heard.flatMap((report) => report.delays);
  const due = EVENTS * (PROCESSES * (EACH.sockets + EACH.streams + EACH.polls) - stalled);
  return [
    row(`${name}: delivery, p50 of ${delays.length}`, quantile(delays, 0.5), 'ms'),
    row('  delivery, p99', quantile(delays, 0.99), 'ms', 50),
    row(`  not delivered, of ${due}`, due - delays.length, 'events', 0),
    row('  resident', memory, 'MB', 48),
    row('  of one core', share, '%'),
  ];
}

/** One request over a connection of its own, handshake included. @returns {Promise<number>} milliseconds */
function ask(world) {
  const { httpsPort: port, ca } = world.gaveld;
  const from = performance.now();
  return new Promise((resolve, reject) => {
    https
      .get({ host: '127.0.0.1', port, ca, path: '/api/v1/node', agent: false }, (response) => {
        response.on('end', () => resolve(performance.now() - from)).resume();
      })
      .on('error', reject);
  });
}

async function askMany(world) {
  const times = [];
  for (let i = 0; i < REQUESTS; i++) {
    times.push(await ask(world));
    await sleep(10);
  }
  return times;
}

/** @param {World} world @returns {Promise<Row[]>} */
async function floods(world) {
  const { httpsPort: port, ca } = world.gaveld;
  const rows = [row('API, a connection for each, quiet: p99', quantile(await askMany(world), 0.99), 'ms')];
  const kinds = [
    ['1,000 idle connections', () => idleFlood(1000, port)],
    ['200 half-open handshakes', () => halfOpenFlood(200, port)],
    ['40 dripping bodies', () => dripFlood(40, port, ca)],
  ];
  for (const [name, begin] of /** @type {[string, () => any][]} */ (kinds)) {
    const flood = await begin();
    await sleep(SETTLE_MS);
    const times = await askMany(world);
    flood.close();
    await sleep(SETTLE_MS);
    rows.push(row(`  ${name}: p50`, quantile(times, 0.5), 'ms'));
    rows.push(row(`  ${name}: p99`, quantile(times, 0.99), 'ms', 50));
  }
  return rows;
}

/** @param {World} world @returns {Promise<Row[]>} */
async function logins(world) {
  const login = async () => {
    const from = performance.now();
    const body = JSON.stringify(OWNER);
    await world.api.send('POST', '/api/v1/session', { body, headers: { 'Content-Type': 'application/json' } });
    return performance.now() - from;
  };
  const alone = await login();
  const before = resident(world);
  let most = before;
  const watch = setInterval(() => (most = Math.max(most, resident(world))), 5);
  const [all] = await Promise.all([
    Promise.all(Array.from({ length: LOGINS }, login)),
    sleep(50).then(() => askMany(world)),
  ]);
  clearInterval(watch);
  return [
    row('login, alone', alone, 'ms'),
    row(`  the slowest of ${LOGINS} at once`, Math.max(...all), 'ms'),
    row('  they took for a moment', most - before, 'MB'),
  ];
}
