/** The price of the last 144 blocks and of days: a real pruned node, against the published algorithm on the same blocks. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Bitcoind } from '../support/bitcoind.mjs';
import { Browser } from '../support/browser.mjs';
import { CounterpartyStandIn } from '../support/counterparty.mjs';
import { Faucet } from '../support/faucet.mjs';
import { GAVELCTL, Gaveld } from '../support/gaveld.mjs';
import { makeWallet } from '../support/keys.mjs';
import { LiveClient } from '../support/live.mjs';
import { makePayment } from '../support/payment.mjs';
import { makeTempDir, removeTempDir, ROOT } from '../support/process.mjs';
import { sleep, until } from '../support/wait.mjs';

const WINDOW = 144;
const PAYMENTS = 840;
const SATS_MAX = 1500000n;
const FEE = 1000n;
const DAY_S = 86400;

let node, gaveld, payments, coins, today, dir;
const payee = makeWallet('p2wpkh', 'payee');
const closers = [];
const keep = (part) => (closers.push(part), part);
const dateOf = (day) => new Date(day * DAY_S * 1000).toISOString().slice(0, 10);

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

/** @param {number} count of the payments not made yet */
async function pay(count) {
  const calls = [];
  for (const values of payments.splice(0, count)) {
    const outputs = values.map((value) => ({ script: payee.script, value }));
    calls.push(['sendrawtransaction', makePayment([coins.shift()], outputs).toHex(), 0]);
  }
  for (let i = 0; i < calls.length; i += 100) await node.batch(calls.slice(i, i + 100));
}

/** What the published rules look at, of the blocks first..last, in the columns of "gavelctl oracle eval". */
async function csvOf(first, last) {
  const lines = ['t,tx,nin,parent,flags,sats'];
  const seen = new Map();
  for (let height = first; height <= last; height++) {
    const block = await node.rpc('getblock', await node.rpc('getblockhash', height), 2);
    for (const tx of block.tx) {
      const index = seen.size;
      const coinbase = tx.vin[0].coinbase !== undefined;
      const parent = tx.vin.map(({ txid }) => seen.get(txid)).find((at) => at !== undefined) ?? -1;
      const data = tx.vout.some(({ scriptPubKey }) => scriptPubKey.hex.startsWith('6a'));
      const heavy = tx.vin.some(({ txinwitness = [] }) => txinwitness.join('').length / 2 > 500);
      const flags = (coinbase ? 1 : 0) + (data ? 2 : 0) + (heavy ? 4 : 0);
      for (const { value } of tx.vout)
        lines.push([height, index, tx.vin.length, parent, flags, Math.round(value * 1e8)].join());
      seen.set(tx.txid, index);
    }
  }
  return `${lines.join('\n')}\n`;
}

/** The reference's answer for the blocks first..last. */
async function referenceOf(first, last) {
  const file = join(dir, 'blocks.csv');
  writeFileSync(file, await csvOf(first, last));
  return JSON.parse(execFileSync(GAVELCTL, ['oracle', 'eval', file], { stdio: 'pipe' }).toString());
}

const cents = (v) => Math.round(v * 100);

function assertSame(shown, reference) {
  assert.equal(shown.outputs, reference.filtered_outputs);
  assert.equal(cents(shown.price), cents(reference.central_price));
  assert.equal(cents(shown.low), cents(reference.axis_price_dn));
  assert.equal(cents(shown.high), cents(reference.axis_price_up));
  assert.ok(Math.abs(shown.deviation - reference.dev_pct_10pct) < 1e-4);
}

const block = async () => (await gaveld.api.get('/api/v1/oracle')).json.block;

/** Waits for the price of the node's tip. */
async function atTip() {
  const height = await node.height();
  return until(
    `the price of block ${height}`,
    async () => {
      const now = await block();
      if (now.height !== height || now.progress !== 1) throw new Error(JSON.stringify(now));
      return now;
    },
    { timeoutMs: 60000 },
  );
}

async function assertWindow() {
  const now = await atTip();
  assertSame(now, await referenceOf(now.height - WINDOW + 1, now.height));
  assert.equal(now.state, 'ok');
  assert.equal(now.blocks, WINDOW);
  assert.equal(now.of, WINDOW);
  const { json } = await gaveld.api.get('/api/v1/oracle/blocks');
  assert.deepEqual(json.items.at(-1), { height: now.height, time: now.time, price: now.price });
  return now;
}

before(async () => {
  dir = makeTempDir('blocks');
  const recorded = recordedPayments();
  payments = recorded.slice(0, PAYMENTS);
  today = Math.floor(Date.now() / 1000 / DAY_S);
  node = keep(await Bitcoind.start());
  await node.rpc('setmocktime', (today - 2) * DAY_S + 3600);
  const faucet = await Faucet.open(node);
  const wallet = makeWallet('p2wpkh', 'purse');
  coins = [];
  for (let i = 0; i < PAYMENTS; i += 280) {
    const values = payments.slice(i, i + 280).map(([a, b]) => a + b + FEE);
    coins.push(...(await faucet.pay(values.map((value) => ({ wallet, value })))));
  }
  await node.rpc('setmocktime', (today - 1) * DAY_S + 3600);
  await node.mine(WINDOW); // the purse is out of every window
  await pay(300);
  await node.mine();
  await node.rpc('setmocktime', 0);
  await pay(300);
  await node.mine();
  const counterparty = keep(await CounterpartyStandIn.start(node));
  gaveld = keep(
    await Gaveld.start({
      settings: {
        'node.url': node.url,
        'node.cookie_file': node.cookieFile,
        'counterparty.url': counterparty.url,
      },
    }),
  );
});
after(async () => {
  for (const part of closers.reverse()) await part.close();
  removeTempDir(dir);
});

test('the block price is the published one of the last 144 blocks', async () => {
  const now = await assertWindow();
  assert.ok(Math.abs(now.price / 113600 - 1) < 0.02, `price ${now.price}`);
  assert.ok(now.low < now.price && now.price < now.high);
  assert.ok(now.confidence >= 0 && now.confidence <= 1);
});

test('a payment counts as soon as its parent has left the window', async () => {
  const before = await atTip();
  const [coin] = coins.splice(0, 1);
  const [values] = payments.splice(0, 1);
  const parent = makePayment(
    [coin],
    values.map((value) => ({ script: payee.script, value })),
  );
  const txid = await node.broadcast(parent.toHex());
  await node.mine();
  assert.equal((await assertWindow()).outputs, before.outputs + 2);
  const vout = values[0] > values[1] ? 0 : 1;
  const spent = { txid, vout, value: values[vout], wallet: payee, prevTx: parent.toBuffer() };
  const half = (values[vout] - FEE) / 2n;
  const child = makePayment(
    [spent],
    [half, half].map((value) => ({ script: payee.script, value })),
  );
  await node.broadcast(child.toHex());
  await node.mine();
  assert.equal((await assertWindow()).outputs, before.outputs + 2); // its parent is in the window
  await pay(100);
  await node.mine(WINDOW - 2); // it is the oldest block of the window now
  const last = await assertWindow();
  await node.mine();
  const now = await assertWindow();
  assert.equal(last.outputs, 2 + 200);
  assert.equal(now.outputs, 2 + 200); // the child's in place of the parent's
});

test('a reorg leaves no trace', async () => {
  await pay(130);
  await node.mine(3);
  const before = await assertWindow();
  await node.rewindTo(before.height - 3);
  await node.rpc('prioritisetransaction', (await node.rpc('getrawmempool'))[0], 0, -1e9);
  await node.mine(4);
  const now = await assertWindow();
  assert.equal(now.height, before.height + 1);
  const { json } = await gaveld.api.get('/api/v1/oracle/blocks');
  const heights = json.items.map(({ height }) => height);
  assert.deepEqual(
    heights,
    heights.map((_, i) => heights[0] + i),
  );
});

test('days are the published prices of their blocks', async () => {
  const { json } = await gaveld.api.get('/api/v1/oracle/days');
  const days = new Map();
  let day = 0;
  for (let height = 0; height <= (await node.height()); height++) {
    const { time } = await node.rpc('getblockheader', await node.rpc('getblockhash', height));
    day = Math.max(day, Math.floor(time / DAY_S));
    days.set(day, [...(days.get(day) ?? []), height]);
  }
  const yesterday = json.items.find(({ date }) => date === dateOf(today - 1));
  const blocks = days.get(today - 1);
  assertSame(yesterday, await referenceOf(blocks[0], blocks.at(-1)));
  assert.equal(yesterday.complete, true);
  assert.equal(yesterday.blocks, blocks.length);
  const running = json.items.find(({ date }) => date === dateOf(today));
  if (running) {
    assert.equal(running.complete, false);
    assertSame(running, await referenceOf(days.get(today)[0], days.get(today).at(-1)));
  }
});

test('lists come as CSV too, and nonsense is refused', async () => {
  const csv = { headers: { Accept: 'text/csv' } };
  assert.match(
    (await gaveld.api.send('GET', '/api/v1/oracle/blocks', csv)).text,
    /^height,time,price_usd\r\n\d+,\d+,\d+\.\d\d\r\n/,
  );
  const one = `from=${dateOf(today - 1)}&to=${dateOf(today - 1)}`;
  assert.match(
    (await gaveld.api.send('GET', `/api/v1/oracle/days?${one}`, csv)).text,
    /^date,price_usd,low_usd,high_usd,deviation,confidence,outputs,blocks,complete\r\n\d{4}-\d\d-\d\d,[^\n]*,true\r\n$/,
  );
  for (const query of ['from=2026-02-30', 'from=x', 'to=2026-1-1', 'from=2026-02-02&to=2026-02-01', 'to=1&to=2'])
    assert.equal((await gaveld.api.get(`/api/v1/oracle/days?${query}`)).status, 400, query);
  assert.deepEqual((await gaveld.api.get('/api/v1/oracle/days?from=1970-01-01&to=1970-01-02')).json.items, []);
});

test('the stream carries it, and metrics tell it', async () => {
  const now = await atTip();
  const client = await LiveClient.open(`ws://127.0.0.1:${gaveld.httpPort}/ws/mempool`);
  const frame = await client.frame('a message', () => true);
  assert.ok(frame.block === null || frame.block === now.price);
  client.close();
  const { text } = await gaveld.api.get('/metrics');
  assert.match(text, new RegExp(`^gavel_price_block_usd ${now.price.toFixed(2).replace('.', '\\.')}$`, 'm'));
  assert.match(text, /^gavel_price_block_progress_ratio 1\.000$/m);
});

test('the page shows the prices of blocks and days', async () => {
  const browser = keep(await Browser.open());
  const { page, problems } = await browser.newPage();
  await page.goto(`${gaveld.httpsUrl}/oracle`);
  const { price } = await atTip();
  const text = (selector) => page.locator(selector).innerText();
  const usd = price.toLocaleString('en', { minimumFractionDigits: 2, maximumFractionDigits: 2 });
  await until('the price of the blocks', async () => (await text('#figures')).includes(`Last 144 blocks\n${usd} USD`));
  const blocks = (await gaveld.api.get('/api/v1/oracle/blocks')).json.items;
  await page.locator('#blocks summary').click();
  assert.equal(await page.locator('#blocks tbody tr').count(), blocks.length);
  assert.ok((await text('#blocks')).includes(`${usd} USD`));
  const days = (await gaveld.api.get('/api/v1/oracle/days')).json.items;
  await until('the days', async () => (await page.locator('#days tbody tr').count()) === days.length);
  for (const day of days) assert.ok((await text('#days')).includes(day.date), day.date);
  assert.deepEqual(problems, []);
});

test('after a restart all of it stands at once, the history too', async () => {
  const lists = async () => ({
    blocks: (await gaveld.api.get('/api/v1/oracle/blocks')).json.items,
    days: (await gaveld.api.get('/api/v1/oracle/days')).json.items,
    minutes: (await gaveld.api.get('/api/v1/oracle/history?step=60')).json.samples,
  });
  await sleep(1100);
  const before = await atTip();
  const listed = await lists();
  await gaveld.halt();
  await gaveld.launch();
  assert.deepEqual(await atTip(), before);
  const again = await lists();
  assert.deepEqual(again.blocks, listed.blocks);
  assert.deepEqual(again.days, listed.days);
  for (const [time] of listed.minutes)
    assert.ok(
      again.minutes.some(([at]) => at === time),
      `minute ${time} is gone`,
    );
  await node.mine();
  await assertWindow();
});

test('a damaged database is set aside and made anew', async () => {
  const before = await atTip();
  await gaveld.halt();
  const file = join(gaveld.dir, 'price.db');
  const bytes = readFileSync(file);
  bytes.fill(0x5a, 4096, 65536);
  writeFileSync(file, bytes);
  await gaveld.launch();
  const now = await atTip();
  assert.deepEqual({ ...now, time: 0 }, { ...before, time: 0 });
  assert.ok(existsSync(`${file}.bad`));
  assert.match(gaveld.log, /database set aside/);
  await assertWindow();
});

test('a node that is away is told, the price is kept', async () => {
  const before = await atTip();
  await node.halt();
  await until('the loss', async () => (await block()).state === 'node_behind', { timeoutMs: 60000 });
  assert.equal((await block()).price, before.price);
  await node.launch();
  await node.mine();
  await assertWindow();
});
