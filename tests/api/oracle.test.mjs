/** The price of bitcoin from the node's own transactions: a real node, its ZMQ feed, REST and WebSocket. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Bitcoind } from '../support/bitcoind.mjs';
import { CounterpartyStandIn } from '../support/counterparty.mjs';
import { Faucet } from '../support/faucet.mjs';
import { GAVELCTL, Gaveld } from '../support/gaveld.mjs';
import { makeWallet } from '../support/keys.mjs';
import { LiveClient } from '../support/live.mjs';
import { makePayment } from '../support/payment.mjs';
import { ROOT } from '../support/process.mjs';
import { sleep, until } from '../support/wait.mjs';
import { ZmqProxy } from '../support/zmq-proxy.mjs';

/** Payments of the recorded window that a regtest purse can make, and the price they tell. */
const PAYMENTS = 900;
const PRICE = 113600;
const SATS_MAX = 1500000n;
const FEE = 1000n;
/** The purse is filled so long ago that its payments are no children within the window. */
const LONG_AGO_S = 5 * 3600;

let node, feed, gaveld, payments, coins;
const payee = makeWallet('p2wpkh', 'payee');
const closers = [];
const keep = (part) => (closers.push(part), part);

/** Amounts of recorded payments with one input and two outputs, none of them large. */
function recordedPayments() {
  const file = join(ROOT, 'tests/vectors/oracle/w3h-113600.csv.xz');
  const byTx = new Map();
  for (const line of execFileSync('xz', ['-dc', file], { maxBuffer: 1 << 28 }).toString().split('\n').slice(1)) {
    const [, tx, inputs, parent, flags, sats] = line.split(',');
    if (inputs === '1' && parent === '-1' && flags === '0')
      byTx.set(tx, [...(byTx.get(tx) ?? []), BigInt(sats)]);
  }
  return [...byTx.values()].filter(
    (values) => values.length === 2 && values.every((sats) => sats > 1000n && sats < SATS_MAX),
  );
}

/** @param {bigint[]} values @param {import('../support/payment.mjs').Coin} coin */
const paymentOf = (values, coin) =>
  makePayment(
    [coin],
    values.map((value) => ({ script: payee.script, value })),
  );

/** @param {number} count of the payments not made yet */
async function pay(count) {
  const calls = [];
  for (const values of payments.splice(0, count))
    calls.push(['sendrawtransaction', paymentOf(values, coins.shift()).toHex(), 0]);
  for (let i = 0; i < calls.length; i += 100) await node.batch(calls.slice(i, i + 100));
}

const oracle = async () => (await gaveld.api.get('/api/v1/oracle')).json;
/** @param {string} what @param {(now: any) => boolean} holds @param {object} [options] */
const shows = (what, holds, options) =>
  until(
    what,
    async () => {
      const now = await oracle();
      if (!holds(now)) throw new Error(JSON.stringify(now));
      return now;
    },
    options,
  );

before(async () => {
  const recorded = recordedPayments();
  assert.ok(recorded.length > PAYMENTS);
  payments = recorded.slice(0, PAYMENTS);
  node = keep(await Bitcoind.start());
  await node.rpc('setmocktime', Math.floor(Date.now() / 1000) - LONG_AGO_S);
  const faucet = await Faucet.open(node);
  const wallet = makeWallet('p2wpkh', 'purse');
  coins = [];
  for (let i = 0; i < PAYMENTS; i += 300) {
    const values = payments.slice(i, i + 300).map(([a, b]) => a + b + FEE);
    coins.push(...(await faucet.pay(values.map((value) => ({ wallet, value })))));
  }
  await node.rpc('setmocktime', 0);
  // A third in a block, a third waiting, and the rest while gaveld listens.
  await pay(300);
  await node.mine();
  await pay(300);
  feed = keep(await ZmqProxy.start(node.zmqPort));
  const counterparty = keep(await CounterpartyStandIn.start(node));
  gaveld = keep(
    await Gaveld.start({
      settings: {
        'node.url': node.url,
        'node.cookie_file': node.cookieFile,
        'node.zmq': feed.url,
        'counterparty.url': counterparty.url,
      },
    }),
  );
});
after(async () => {
  for (const part of closers.reverse()) await part.close();
});

test('a price stands soon after the start, from blocks and mempool', async () => {
  const now = await shows('the fill', ({ filled, window }) => filled === 1 && window.counted >= 600);
  assert.equal(now.source, 'own-node');
  assert.equal(now.window.counted, 600);
  assert.ok(Math.abs(now.price / PRICE - 1) < 0.02, `price ${now.price}`);
  assert.ok(['ok', 'uncertain'].includes(now.state), now.state);
  assert.ok(now.chart.low < now.price && now.price < now.chart.high);
  assert.ok(now.interval.low < now.spot && now.spot < now.interval.high);
  assert.equal(now.interval.coverage, 0.9);
});

test('lists and single answers of version 1 carry a hint in dollars, the original routes none', async () => {
  const { spot } = await oracle();
  const { json } = await gaveld.api.get('/api/v1/dutch');
  const { usd_per_btc: usd, age_s: age, time, state } = json.price_hint;
  assert.ok(Math.abs(usd / spot - 1) < 0.01, `hint ${usd}, spot ${spot}`);
  assert.ok(age >= 0 && age < 60 && Math.abs(time + age - Date.now() / 1000) < 3, `age ${age}, time ${time}`);
  assert.ok(['ok', 'uncertain'].includes(state), state);
  assert.equal('price_hint' in (await gaveld.api.get('/api/listings')).json, false);
  assert.equal('price_hint' in (await gaveld.api.get('/api/auctions')).json, false);
});

test('a burst of payments is counted as it comes', async () => {
  await pay(290);
  const now = await shows('the burst', ({ window }) => window.counted === 890);
  assert.equal(now.window.refused, 0);
  assert.ok(Math.abs(now.price / PRICE - 1) < 0.02, `price ${now.price}`);
});

test('a replaced payment makes room for the one that replaces it', async () => {
  const at = payments.findIndex(([, change]) => change > 3n * FEE);
  const [values] = payments.splice(at, 1);
  const [coin] = coins.splice(at, 1);
  await node.broadcast(paymentOf(values, coin).toHex());
  await shows('the payment', ({ window }) => window.counted === 891);
  await node.broadcast(paymentOf([values[0], values[1] - FEE], coin).toHex());
  const now = await shows('the replacement', ({ window }) => window.replaced + window.evicted === 1);
  assert.equal(now.window.counted, 891);
});

test('payments stay counted when a block takes them, once', async () => {
  const before = await oracle();
  await node.mine();
  const now = await shows('the block', ({ window }) => window.repeated > before.window.repeated + 500);
  assert.equal(now.window.counted, before.window.counted);
  assert.equal(now.window.refused, 0);
});

test('a reorg does no harm', async () => {
  const before = await oracle();
  await node.rewindTo((await node.height()) - 1);
  await node.mine(2);
  const now = await shows('the other branch', ({ sequence }) => sequence > before.sequence + 3);
  assert.equal(now.window.counted, before.window.counted);
});

test('the stream greets with the points it has and then sends new ones', async () => {
  const client = await LiveClient.open(`ws://127.0.0.1:${gaveld.httpPort}/ws/mempool`, { channels: [] });
  const first = await client.frame('a greeting', (frame) => frame.transactions.length > 0);
  assert.ok(first.price > 0 && first.confidence >= 0 && first.confidence <= 1);
  assert.ok(first.stats.total_filtered <= first.stats.total_received && first.stats.uptime_seconds > 0);
  const seen = () => client.frames.flatMap((frame) => frame.transactions.map((_, i) => frame.first + i));
  await until('all points', () => seen().length > 500);
  assert.equal(new Set(seen()).size, seen().length);
  const points = client.frames.flatMap((frame) => frame.transactions);
  assert.ok(points.every(({ price }) => Math.abs(price / PRICE - 1) < 0.25));
  assert.ok(points.every(({ timestamp }) => Math.abs(Date.now() / 1000 - timestamp) < 3600));
  const count = client.frames.length;
  await pay(5);
  await client.frame('the next message', (frame) => frame.stats.total_received > first.stats.total_received, count);
  client.close();

  const other = await LiveClient.open(`ws://127.0.0.1:${gaveld.httpPort}/ws/mempool?format=enveloped`, {
    channels: [],
  });
  const { type, data } = await other.frame('an envelope', () => true);
  assert.equal(type, 'mempool_update');
  assert.equal(data.baseline, null);
  assert.ok(data.transactions.every((point) => point.btc_amount === null));
  other.close();
});

test('the stream of listings hears nothing of prices', async () => {
  const client = await LiveClient.open(`ws://127.0.0.1:${gaveld.httpPort}/api/v1/ws`);
  await client.frame('the greeting', (frame) => frame.type === 'snapshot');
  await sleep(1500);
  assert.ok(client.frames.every((frame) => ['market', 'node', 'system'].includes(frame.ch)));
  client.say({ op: 'sub', ch: 'price' });
  const price = await client.frame('the price when asked for', (frame) => frame.ch === 'price');
  assert.equal(price.type, 'snapshot');
  assert.ok(price.data.price > 0 && price.data.transactions === undefined);
  client.close();
});

test('history is served as JSON and as CSV', async () => {
  const json = await until('the first second of history', async () => {
    const answer = await gaveld.api.get('/api/v1/oracle/history?step=1');
    assert.equal(answer.status, 200);
    return answer.json.samples.length > 0 && answer;
  });
  assert.deepEqual(json.json.columns, ['time', 'price', 'confidence']);
  for (const [time, price] of json.json.samples) {
    assert.ok(Math.abs(time - Date.now() / 1000) < 600);
    assert.ok(Math.abs(price / PRICE - 1) < 0.02);
  }
  const csv = await gaveld.api.send('GET', '/api/v1/oracle/history', { headers: { Accept: 'text/csv' } });
  assert.match(csv.text, /^time,price_usd,confidence\r\n/);
  for (const query of ['step=7', 'from=9&to=3', 'from=x', 'step=1&step=60'])
    assert.equal((await gaveld.api.get(`/api/v1/oracle/history?${query}`)).status, 400, query);
});

test('a restart of the node is told, and the window is kept', async () => {
  const before = await oracle();
  await node.halt();
  await shows('the loss', ({ state }) => state === 'node_behind');
  await node.launch();
  const now = await shows('the return', ({ state }) => state !== 'node_behind');
  assert.equal(now.window.counted, before.window.counted);
});

/** gavelctl oracle watch: its lines so far, and its end. @param {Gaveld} daemon @param {string[]} args */
function watch(daemon, ...args) {
  const child = spawn(GAVELCTL, ['oracle', 'watch', '--data', daemon.dir, ...args], { stdio: 'pipe' });
  let text = '';
  child.stdout.on('data', (chunk) => (text += chunk));
  keep({ close: () => child.kill('SIGKILL') });
  return { child, ended: once(child, 'exit'), lines: () => text.split('\n').slice(0, -1) };
}

test('gavelctl oracle watch shows the price until it is stopped', async () => {
  const now = await oracle();
  const json = watch(gaveld, '--json');
  await until('an object', () => json.lines().length > 0);
  assert.equal(JSON.parse(json.lines()[0]).price_cents, Math.round(now.price * 100));
  const plain = watch(gaveld);
  await until('a line', () => plain.lines().length > 0);
  assert.match(plain.lines()[0], /^\S+Z {2}1[01]\d,\d{3} USD .* confidence \d+ %/);
  for (const { child, ended } of [json, plain]) {
    child.kill('SIGINT');
    assert.deepEqual(await ended, [0, null]);
  }
});

test('metrics tell the price', async () => {
  const { text } = await gaveld.api.get('/metrics');
  assert.match(text, /^gavel_price_usd 1[01]\d{4}\.\d\d$/m);
  assert.match(text, /^gavel_price_inbox_refused_total 0$/m);
});

test('payments whose messages were lost are found in the mempool', async () => {
  const before = await oracle();
  feed.loses = (topic) => topic === 'rawtx';
  await pay(2);
  await until('the loss', () => feed.lost >= 2);
  feed.loses = () => false;
  await pay(1);
  await shows('all of them', ({ window }) => window.counted === before.window.counted + 3, { timeoutMs: 90000 });
});

test('switched off, there is no oracle', async () => {
  const quiet = keep(
    await Gaveld.start({
      settings: { 'node.url': node.url, 'node.cookie_file': node.cookieFile, 'oracle.enabled': 'off' },
    }),
  );
  assert.equal((await quiet.api.get('/api/v1/oracle')).json.code, 'oracle.off');
  assert.equal((await quiet.api.get('/api/v1/oracle/history')).status, 404);
  assert.equal((await quiet.api.get('/api/v1/dutch')).json.price_hint, null);
  assert.deepEqual(await watch(quiet).ended, [65, null]);
});

test('gavelctl oracle watch ends with the daemon', async () => {
  const watching = watch(gaveld);
  await until('a line', () => watching.lines().length > 0);
  await gaveld.halt();
  assert.deepEqual(await watching.ended, [69, null]);
  await gaveld.launch();
});
