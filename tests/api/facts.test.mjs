/** Facts about the output that come from the node and the indexer: without them nothing is stored. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { buy } from '../support/buyer.mjs';
import { CounterpartyStandIn } from '../support/counterparty.mjs';
import { assertRefused } from '../support/expect.mjs';
import { Gaveld } from '../support/gaveld.mjs';
import { makeWallet } from '../support/keys.mjs';
import { makePayment } from '../support/payment.mjs';
import { toBase64 } from '../support/psbt-maps.mjs';
import { makeBody, makeRung } from '../support/signer.mjs';
import { until } from '../support/wait.mjs';
import { World } from '../support/world.mjs';

/** @type {World} */
let world;

before(async () => {
  world = await World.start({ settings: { 'counterparty.timeout_ms': '700', 'node.timeout_ms': '3000' } });
  await world.stockBuyer(6);
});
after(() => world?.close());

async function storedCount() {
  return (await world.api.get('/api/listings')).json.count;
}

/** The owner spends the output himself, by a wallet payment. @param {import('../support/payment.mjs').Coin} coin */
function ownSpend(coin) {
  const away = { script: makeWallet('p2wpkh', 'elsewhere').script, value: coin.value - 1000n };
  return makePayment([coin], [away]).toHex();
}

test('row 45: without a trustworthy indexer the answer is 503 and nothing is stored', async () => {
  const body = makeBody(await world.plan());
  for (const fault of /** @type {const} */ (['503', 'timeout', 'html', 'starting'])) {
    world.counterparty.fault = fault;
    assertRefused(await world.post(body), 503, undefined, fault);
  }
  world.counterparty.fault = 'none';
  world.counterparty.behind = 3;
  assertRefused(await world.post(body), 503, undefined, 'behind');
  world.counterparty.behind = 0;
  assert.equal(await storedCount(), 0);
  assert.equal((await world.post(body)).status, 201, 'and once it is back, the same body is taken');
});

test('row 45: an indexer one block behind is near enough', async () => {
  const plan = await world.plan();
  await world.mine(2);
  world.counterparty.behind = 1;
  const answer = await world.post(makeBody(plan));
  world.counterparty.behind = 0;
  assert.equal(answer.status, 201, answer.text);
});

test('row 45: an indexer over TLS is believed when its certificate is signed as configured, and not otherwise', async () => {
  // The box's own authority serves as the one that signs the indexer's certificate.
  const tlsFile = (name) => join(world.gaveld.dir, 'tls', name);
  const tls = {
    cert: readFileSync(tlsFile('leaf.crt'), 'utf8'),
    key: readFileSync(tlsFile('leaf.key'), 'utf8'),
  };
  const secure = await CounterpartyStandIn.start(world.node, { tls });
  const plan = await world.plan();
  secure.attach(plan.coin, { asset: 'FROGKING', quantity: 1n, divisible: false });
  const settings = {
    ...world.gaveld.settings,
    'counterparty.url': secure.url,
    'counterparty.timeout_ms': '5000',
  };
  try {
    for (const [more, status] of [
      [{}, 503],
      [{ 'counterparty.ca_file': tlsFile('ca.crt') }, 201],
    ]) {
      const daemon = await Gaveld.start({
        settings: { ...settings, ...more },
        env: { API_KEY: 'a-key-for-this-test' },
      });
      try {
        await until('the box to be live', async () => (await daemon.api.get('/api/v1/node')).json.live);
        const answer = await daemon.api.post('/api/listings', makeBody(plan), {
          'X-API-Key': 'a-key-for-this-test',
        });
        assert.equal(answer.status, status, answer.text);
      } finally {
        await daemon.close();
      }
    }
  } finally {
    await secure.close();
  }
});

test('row 46: unconfirmed, immature, spent in the mempool and unknown outputs are refused', async () => {
  const wallet = makeWallet('p2wpkh', 'seller');
  const start = (await world.height()) + 10;
  const refuses = async (what, coin, reason) => {
    world.attachOne(coin);
    assertRefused(await world.post(makeBody(await world.plan({ coin, start }))), 400, reason, what);
  };
  const [fresh] = await world.faucet.send([{ wallet, value: 10000n }]);
  await refuses('unconfirmed', fresh, /confirm/i);
  const spent = await world.assetCoin();
  await world.node.broadcast(ownSpend(spent));
  await refuses('spent in the mempool', spent, /spent|mempool/i);
  await refuses('unknown', { ...spent, txid: '22'.repeat(32) }, /exist|unspent|found|spent/i);
  await refuses('no such output', { ...spent, vout: 77 }, /exist|unspent|found|spent/i);
  const [hash] = await world.node.mine(1, wallet.address);
  await world.synced();
  const immature = { ...(await world.faucet.coinbaseOf(hash)), wallet };
  world.attachOne(immature);
  const plan = await world.plan({
    coin: immature,
    startPrice: Number(immature.value) + 100000,
    start: start + 10,
  });
  assertRefused(await world.post(makeBody(plan)), 400, /matur|coinbase|confirm/i, 'immature');
});

test('row 46: an output that was spent in a block is refused', async () => {
  const coin = await world.assetCoin();
  await world.mineOnly([ownSpend(coin)]);
  world.attachOne(coin);
  assertRefused(await world.post(makeBody(await world.plan({ coin }))), 400, /exist|unspent|found|spent/i);
});

test('row 47: an output spent between check and insert is never active', async () => {
  const plan = await world.plan();
  const spend = ownSpend(plan.coin);
  world.counterparty.beforeBalances = async () => {
    world.counterparty.beforeBalances = null;
    await world.node.broadcast(spend);
  };
  const answer = await world.post(makeBody(plan));
  if (answer.status === 201) await world.listingBecomes(answer.json.listing_id, { status: 'closed' });
  else assertRefused(answer, 400, /spent/i);
  await world.mineTo(plan.start);
  const { json } = await world.api.get('/api/listings?status=active');
  const outpoints = json.listings.map((listing) => `${listing.utxo_txid}:${listing.utxo_vout}`);
  assert.ok(!outpoints.includes(`${plan.coin.txid}:${plan.coin.vout}`));
});

test('row 48: a second listing of a live output is refused, naming it and its status', async () => {
  const plan = await world.plan({ start: (await world.height()) + 12 });
  const body = makeBody(plan);
  assert.equal((await world.post(body)).status, 201);
  const again = await world.post(body);
  assertRefused(again, 409, /upcoming/);
  assert.ok(again.json.error.includes(plan.coin.txid));
  await world.mineTo(plan.start);
  const later = await world.plan({ coin: plan.coin });
  assertRefused(await world.post(makeBody(later)), 409, /active/);
  assertRefused(
    await world.post({ ...makeBody(later), start_block: 'x' }),
    400,
    undefined,
    '400 comes before 409',
  );
});

test('row 48: of two listings of one output posted at once, one is taken and one refused', async () => {
  for (let round = 0; round < 5; round++) {
    const body = makeBody(await world.plan());
    const answers = await Promise.all([world.post(body), world.post(body)]);
    assert.deepEqual(
      answers.map((answer) => answer.status).sort(),
      [201, 409],
      answers.map((answer) => answer.text).join(),
    );
  }
});

test('row 49: after it expired, an output may be listed again', async () => {
  const plan = await world.plan({ after: 2 });
  await world.list(plan);
  await world.mineTo(plan.end + 2);
  const answer = await world.post(
    makeBody(await world.plan({ coin: plan.coin, startPrice: 200000, decrement: 1000 })),
  );
  assert.equal(answer.status, 201, answer.text);
});

test('row 49: after it was sold, an output may not be listed again', async () => {
  const plan = await world.plan();
  const id = await world.list(plan);
  await world.mineTo(plan.start);
  const psbt = toBase64(makeRung(plan, plan.start, undefined, { finalized: true }));
  await world.node.broadcast(
    buy({ psbt, sold: plan.coin, coins: world.buyerCoins(1), buyer: world.buyer }).toHex(),
  );
  await world.mine(1);
  await world.listingBecomes(id, { status: 'sold' });
  assertRefused(
    await world.post(makeBody(await world.plan({ coin: plan.coin }))),
    400,
    /spent|exist|unspent/i,
  );
});

test('row 39: without the node the answer is 503, nothing is stored and nothing shown', async () => {
  const plan = await world.plan();
  const id = await world.list(await world.plan({ start: (await world.height()) + 2 }));
  await world.mine(2);
  const count = await storedCount();
  await world.node.halt();
  assertRefused(await world.post(makeBody(plan)), 503);
  await until('the missing node to be noticed', async () => (await world.currentPsbt(id)).status === 503);
  assert.equal((await world.listed(id)).current_psbt_data, null);
  const health = await world.api.get('/api/health');
  assert.notEqual(health.json.bitcoin_rpc, 'connected');
  assert.notEqual(health.json.status, 'healthy');
  assert.equal(await storedCount(), count);
  await world.node.launch();
  await world.node.mine();
  await world.synced();
  assert.equal((await world.currentPsbt(id)).status, 200);
  assert.equal((await world.post(makeBody(plan))).status, 201);
});
