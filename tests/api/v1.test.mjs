/** The v1 routes: listings, preflight, ladder, purchase, node, readiness, metrics, errors. */
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import * as bitcoin from 'bitcoinjs-lib';
import { signCombined } from '../support/buyer.mjs';
import { assertProblem, assertRefused } from '../support/expect.mjs';
import { raw } from '../support/json.mjs';
import { makeWallet } from '../support/keys.mjs';
import { MAGIC, toBase64 } from '../support/psbt-maps.mjs';
import { makeBody, priceAt, signRung } from '../support/signer.mjs';
import { until } from '../support/wait.mjs';
import { World } from '../support/world.mjs';

/** @type {World} */
let world;

before(async () => {
  world = await World.start();
  await world.stockBuyer(12);
});
after(() => world?.close());

const auth = () => ({ 'X-API-Key': world.key });

/** An active listing. @param {Partial<import('../support/signer.mjs').Plan>} [wanted] */
async function activeListing(wanted = {}) {
  const coin = await world.assetCoin();
  const plan = await world.plan({ start: (await world.height()) + 1, coin, ...wanted });
  const id = await world.list(plan);
  await world.mineTo(plan.start);
  return { id, plan };
}

/** @param {import('../support/payment.mjs').Coin[]} coins */
const outpoints = (coins) => coins.map(({ txid, vout }) => ({ txid, vout }));

/** A purchase order. @param {import('../support/payment.mjs').Coin[]} coins @param {object} [more] */
const order = (coins, more = {}) => ({
  inputs: outpoints(coins),
  receive_address: world.buyer.address,
  change_address: world.buyer.address,
  fee_rate_sat_vb: 5,
  ...more,
});

test('a listing is posted, read and listed through v1, with exact quantities as text', async () => {
  const coin = await world.assetCoin();
  world.attachOne(coin, { asset: 'PEPECASH', quantity: 9223372036854775807n, divisible: true });
  const plan = await world.plan({ coin, asset: 'PEPECASH', quantity: raw('92233720368.54775807') });
  const posted = await world.api.post('/api/v1/dutch', makeBody(plan), auth());
  assert.equal(posted.status, 201, posted.text);
  const { id } = posted.json;
  assert.equal(posted.headers.location, `/api/v1/dutch/${id}`);
  const one = await world.api.get(`/api/v1/dutch/${id}`);
  assert.equal(one.status, 200);
  const { price_hint: hint, ...json } = one.json;
  assert.equal(hint, null, 'a chain of coinbases tells no price');
  assert.equal(json.quantity, '9223372036854775807');
  assert.equal(json.divisible, true);
  assert.equal(json.asset, 'PEPECASH');
  assert.equal(json.status, 'upcoming');
  assert.equal(json.locked, true);
  assert.match(json.created_at, /Z$/);
  const list = await world.api.get('/api/v1/dutch?status=upcoming');
  assert.deepEqual(
    list.json.items.find((item) => item.id === id),
    { ...json, psbt: null },
  );
  assertProblem(await world.api.get('/api/v1/dutch?status=foo'), 400);
});

test('row 49: listing again above a price that was once shown is taken with a warning', async () => {
  const plan = await world.plan({ start: (await world.height()) + 2, after: 0 });
  await world.list(plan);
  const shown = priceAt(plan, plan.end);
  const post = async (path, startPrice) => {
    const again = await world.plan({ coin: plan.coin, startPrice, decrement: plan.decrement });
    return world.api.post(path, makeBody(again), auth());
  };
  const live = await post('/api/v1/dutch/check', plan.startPrice);
  assert.equal(live.json.listable, false);
  assert.ok(
    live.json.problems.some(({ code }) => code === 'dutch.utxo_listed'),
    live.text,
  );
  assert.deepEqual(live.json.warnings, [], 'nothing has been shown yet');

  for (let height = await world.height(); height <= plan.end; height++) await world.mine(1); // one by one: of blocks that come together only the last is shown
  const same = await post('/api/v1/dutch/check', plan.startPrice);
  assert.equal(same.json.listable, true, same.text);
  assert.deepEqual(same.json.warnings, [], 'nobody can buy for less than the new ladder asks');
  const dearer = await post('/api/v1/dutch/check', plan.startPrice + 1);
  assert.equal(dearer.json.listable, true, 'a warning is no refusal');
  assert.match(dearer.json.warnings[0], new RegExp(`${shown} satoshi`));
  const created = await post('/api/listings', plan.startPrice + 1);
  assert.equal(created.status, 201, created.text);
  assert.deepEqual(created.json.warnings, dearer.json.warnings);
  assert.ok(!('warnings' in created.json.listing));
});

test('a preflight names every problem at once and judges the rungs as soon as the UTXO is known', async () => {
  const plan = await world.plan({ start: await world.height() });
  const { status, json, text } = await world.api.post(
    '/api/v1/dutch/check',
    { ...makeBody(plan), asset_qty: 7 },
    auth(),
  );
  assert.equal(status, 200, text);
  assert.deepEqual(
    json.problems.map(({ code }) => code),
    ['dutch.started', 'counterparty.quantity'],
  );
  assert.equal(json.rungs.length, plan.end - plan.start + 1);
  assert.ok(json.rungs.every((rung) => rung.listable));
  assert.equal(json.listable, false);
});

test('a page of another site can neither read nor write, and every unknown path under /api is JSON', async () => {
  const host = new URL(world.api.base).host;
  const order = (Origin) => world.api.post('/api/v1/dutch/ladder', {}, { Origin });
  for (const origin of ['https://evil.example', 'null', `http://${host}.evil.example`, `ftp://${host}`])
    assertProblem(await order(origin), 403, /^http\.origin$/);
  for (const origin of [`http://${host}`, `https://${host}`])
    assertProblem(await order(origin), 400, /^utxo\./);
  const read = await world.api.get('/api/v1/dutch', { Origin: 'https://evil.example' });
  assert.equal(read.headers['access-control-allow-origin'], undefined);
  for (const method of ['GET', 'POST', 'PUT', 'DELETE']) {
    assertProblem(await world.api.send(method, '/api/v1', {}), 404);
    assertProblem(await world.api.send(method, '/api/v1/nothing', {}), 404);
    assertRefused(await world.api.send(method, '/api', {}), 404);
    assertRefused(await world.api.send(method, '/api/nothing', {}), 404);
  }
  assertRefused(await world.api.send('PUT', '/api/listings', {}), 405);
  assertRefused(await world.api.get(`/api/listings?status=${'active,'.repeat(100)}`), 400);
});

test('answers carry a tag of this run, and 304 comes while nothing has changed', async () => {
  const { id } = await activeListing();
  for (const path of [`/api/v1/dutch/${id}`, '/api/v1/dutch']) {
    const first = await world.api.get(path);
    assert.equal(first.json.price_hint, null);
    assert.match(first.headers.etag, /^"[0-9a-f]+-/);
    await world.mine(1);
    const after = await world.api.get(path, { 'If-None-Match': first.headers.etag });
    assert.equal(after.status, 200, 'a block changes it');
  }
  const { headers } = await world.api.get(`/api/v1/dutch/${id}`);
  const same = await world.api.get(`/api/v1/dutch/${id}`, { 'If-None-Match': headers.etag });
  assert.equal(same.status, 304);
  assert.equal(same.text, '');
});

test('behind a proxy on the same machine the metrics ask for a key', async () => {
  assert.equal((await world.api.get('/metrics')).status, 200);
  assertProblem(await world.api.get('/metrics', { 'X-Forwarded-For': '203.0.113.9' }), 401);
  const key = await world.gaveld.ctl('apikey', 'create', '--name', 'scraper', '--scope', 'auctions:read');
  const allowed = await world.api.get('/metrics', { 'X-Forwarded-For': '203.0.113.9', 'X-API-Key': key });
  assert.equal(allowed.status, 200, allowed.text);
});

/** The head of an upload and the first bytes of its body; the rest never comes. @param {number} length */
function hangingUpload(length) {
  const { hostname, port, host } = new URL(world.api.base);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => undefined);
  socket.write(
    `POST /api/v1/dutch HTTP/1.1\r\nHost: ${host}\r\nX-API-Key: ${world.key}\r\n` +
      `Content-Type: application/json\r\nContent-Length: ${length}\r\n\r\n{"psbts":[`,
  );
  return socket;
}

test('uploads that hang fill their places, a further one gets 503, and a client that goes frees its place', async () => {
  const inUse = async () => {
    const { text } = await world.api.get('/metrics');
    return Number(/pool="submissions",what="in_use"\} (\d+)/.exec(text)[1]);
  };
  const body = makeBody(await world.plan());
  for (let round = 0; round < 3; round++) {
    const hanging = [hangingUpload(1000000), hangingUpload(1000000)];
    await until('both places to be taken', async () => (await inUse()) === 2);
    const refused = await world.api.post('/api/v1/dutch', body, auth());
    assertProblem(refused, 503, /^upload\.busy$/);
    assert.match(refused.headers['retry-after'], /^\d+$/);
    assert.equal((await world.api.get('/api/v1/dutch')).status, 200, 'readers do not notice');
    for (const socket of hanging) socket.destroy();
    await until('both places to be free', async () => (await inUse()) === 0);
  }
  const taken = await world.api.post('/api/v1/dutch', body, auth());
  assert.equal(taken.status, 201, taken.text);
});

test('a refused upload and a preflight leave nothing watched and no place taken', async () => {
  const metric = async (pattern) => Number(pattern.exec((await world.api.get('/metrics')).text)[1]);
  const watched = () => metric(/^gavel_watched_outpoints (\d+)$/m);
  const plan = await world.plan();
  const body = makeBody(plan);
  const before = await watched();
  const other = makeBody(await world.plan(), { sighash: 0x81 });
  for (const [bad, status] of [
    [{ ...body, asset_qty: 7 }, 400],
    [{ ...body, asset_name: 'WRONGPEPE' }, 400],
    [{ ...body, utxo_txid: '22'.repeat(32) }, 400],
    [other, 400],
  ])
    assertProblem(await world.api.post('/api/v1/dutch', bad, auth()), status);
  assert.equal((await world.api.post('/api/v1/dutch/check', body, auth())).json.listable, true);
  assert.equal(await watched(), before);
  assert.equal((await world.api.post('/api/v1/dutch', body, auth())).status, 201);
  assertProblem(await world.api.post('/api/v1/dutch', body, auth()), 409);
  assert.equal(await watched(), before + 1);
  assert.equal(await metric(/pool="submissions",what="in_use"\} (\d+)/), 0);
});

test('errors of v1 are problems with a stable code', async () => {
  assertProblem(await world.api.get('/api/v1/dutch/999999'), 404);
  assertProblem(await world.api.get('/api/v1/nothing'), 404);
  assertProblem(await world.api.send('DELETE', '/api/v1/dutch', {}), 405);
  const body = makeBody(await world.plan());
  assertProblem(await world.api.post('/api/v1/dutch', body), 401);
  body.psbts[3].psbt_data = makeBody(await world.plan(), { sighash: 0x81 }).psbts[3].psbt_data;
  const answer = await world.api.post('/api/v1/dutch', body, auth());
  assertProblem(answer, [400, 422], /^psbt\./);
  assert.ok(
    answer.json.errors.some((error) => error.pointer.startsWith('/psbts/3')),
    answer.text,
  );
});

test('the preflight reports every rule and stores nothing', async () => {
  const before = (await world.api.get('/api/listings')).json.count;
  const plan = await world.plan();
  const good = await world.api.post('/api/v1/dutch/check', makeBody(plan), auth());
  assert.equal(good.status, 200, good.text);
  assert.equal(good.json.listable, true, good.text);
  assert.deepEqual(good.json.problems, []);
  assert.equal(good.json.rungs.length, 11);
  const body = makeBody(plan);
  body.psbts[2].psbt_data = makeBody(plan, { sighash: 0x01 }).psbts[2].psbt_data;
  body.psbts[7].psbt_data = toBase64(MAGIC);
  const bad = await world.api.post('/api/v1/dutch/check', body, auth());
  assert.equal(bad.status, 200, bad.text);
  assert.equal(bad.json.listable, false);
  const refused = bad.json.rungs
    .filter((rung) => !rung.listable)
    .map((rung) => [rung.block_number, rung.code]);
  assert.deepEqual(refused, [
    [plan.start + 2, 'psbt.wrong_sighash'],
    [plan.start + 7, 'psbt.parse_truncated'],
  ]);
  body.psbts[7].psbt_data = 'no base64!';
  for (const [wrong, pointer] of [
    [{ ...makeBody(plan), asset_qty: 7 }, '/asset_qty'],
    [body, '/psbts/7/psbt_data'],
  ]) {
    const other = await world.api.post('/api/v1/dutch/check', wrong, auth());
    assert.equal(other.json.listable, false);
    assert.equal(other.json.problems[0].pointer, pointer);
  }
  assert.equal((await world.api.get('/api/listings')).json.count, before);
  assert.equal((await world.post(makeBody(plan))).status, 201);
});

test('the ladder route makes height-locked PSBTs that a wallet signs and the box takes', async () => {
  const coin = await world.assetCoin();
  const start = (await world.height()) + 3;
  const request = {
    utxo_txid: coin.txid,
    utxo_vout: coin.vout,
    start_block: start,
    end_block: start + 5,
    start_price_sats: 50000,
    end_price_sats: 40000,
    payout_address: makeWallet('p2wpkh', 'seller payout').address,
  };
  const { status, json, text } = await world.api.post('/api/v1/dutch/ladder', request, auth());
  assert.equal(status, 200, text);
  assert.equal(json.psbts.length, 6);
  for (const [i, rung] of json.psbts.entries()) {
    assert.equal(rung.block_number, start + i);
    const decoded = await world.node.rpc('decodepsbt', rung.psbt_data);
    assert.equal(decoded.tx.locktime, start + i);
    assert.equal(decoded.tx.vin[0].sequence, 0xfffffffd);
    assert.equal(decoded.inputs[0].sighash, 'SINGLE|ANYONECANPAY');
    assert.equal(Math.round(decoded.inputs[0].witness_utxo.amount * 1e8), Number(coin.value));
    assert.equal(Math.round(decoded.tx.vout[0].value * 1e8), rung.price_sats);
  }
  assert.deepEqual([json.psbts[0].price_sats, json.psbts[5].price_sats], [50000, 40000]);
  const body = {
    asset_name: 'FROGKING',
    asset_qty: 1,
    utxo_txid: coin.txid,
    utxo_vout: coin.vout,
    start_block: start,
    end_block: start + 5,
    start_price_sats: 50000,
    end_price_sats: 40000,
    price_decrement: json.price_decrement,
    blocks_after_end: 5,
    psbts: json.psbts.map((rung) => ({ ...rung, psbt_data: signRung(rung.psbt_data, coin) })),
  };
  const posted = await world.api.post('/api/v1/dutch', body, auth());
  assert.equal(posted.status, 201, posted.text);
});

test('the ladder route refuses prices below the value, legacy outputs, unknown outputs and bad addresses', async () => {
  const coin = await world.assetCoin();
  const legacy = await world.assetCoin('p2pkh');
  const start = (await world.height()) + 3;
  const good = {
    utxo_txid: coin.txid,
    utxo_vout: coin.vout,
    start_block: start,
    end_block: start + 5,
    start_price_sats: 50000,
    end_price_sats: 40000,
    payout_address: makeWallet('p2wpkh', 'seller payout').address,
  };
  const cases = {
    'below the value': { end_price_sats: 9000 },
    rising: { end_price_sats: 60000 },
    'end before start': { end_block: start - 1 },
    'other network': { payout_address: 'bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4' },
    'bad address': { payout_address: 'nonsense' },
    'unknown output': { utxo_txid: '33'.repeat(32) },
    legacy: { utxo_txid: legacy.txid, utxo_vout: legacy.vout },
    'too long': { end_block: start + 2016 },
    'not integer': { start_block: raw('1.5') },
  };
  for (const [what, change] of Object.entries(cases)) {
    const answer = await world.api.post('/api/v1/dutch/ladder', { ...good, ...change }, auth());
    assert.ok(answer.status >= 400 && answer.status < 500, `${what}: ${answer.text}`);
    assertProblem(answer, answer.status);
  }
});

test('the purchase route puts the buyer first and the pair at 1; signed, the node takes it', async () => {
  const { id, plan } = await activeListing();
  const coins = world.buyerCoins(2);
  const { status, json, text } = await world.api.post(`/api/v1/dutch/${id}/purchase`, order(coins));
  assert.equal(status, 200, text);
  assert.equal(json.pair_index, 1);
  assert.equal(json.price_sats, plan.startPrice);
  assert.equal(json.block_number, plan.start);
  assert.ok(Array.isArray(json.warnings));
  const tx = signCombined(json.psbt, coins);
  assert.equal(
    bitcoin.address.fromOutputScript(tx.outs[0].script, bitcoin.networks.regtest),
    world.buyer.address,
  );
  assert.ok(tx.outs[0].value >= 546n);
  assert.deepEqual(tx.outs[1].script, plan.payTo);
  assert.equal(tx.outs[1].value, BigInt(plan.startPrice));
  const [verdict] = await world.node.rpc('testmempoolaccept', [tx.toHex()], 0);
  assert.equal(verdict.allowed, true, verdict['reject-reason']);
  assert.equal(Math.round(verdict.fees.base * 1e8), json.fee_sats);
  assert.ok(Math.abs(verdict.vsize - json.vsize) <= 4, `estimated ${json.vsize}, really ${verdict.vsize}`);
  assert.ok(json.fee_sats >= 5 * verdict.vsize - 20);
  const txid = await world.node.broadcast(tx.toHex());
  await world.listingBecomes(id, {
    status: 'sold',
    spent_txid: txid,
    asset_returned: false,
    recipient: world.buyer.address,
  });
  await world.mine(1);
  await world.counterparty.ledger.follow();
  assert.ok(world.counterparty.ledger.holdings.has(`${txid}:0`), "the asset is on the buyer's output");
});

for (const type of ['p2tr', 'p2sh-p2wpkh', 'p2wsh']) {
  test(`a purchase of a ${type} listing through the route is taken by the node`, async () => {
    const { id } = await activeListing({ coin: await world.assetCoin(type) });
    const coins = world.buyerCoins(1);
    const { status, json, text } = await world.api.post(`/api/v1/dutch/${id}/purchase`, order(coins));
    assert.equal(status, 200, text);
    const [verdict] = await world.node.rpc('testmempoolaccept', [signCombined(json.psbt, coins).toHex()], 0);
    assert.equal(verdict.allowed, true, verdict['reject-reason']);
  });
}

test('the purchase route refuses what would lose money or the asset', async () => {
  const { id, plan } = await activeListing();
  const coins = world.buyerCoins(1);
  const post = (body, target = id) => world.api.post(`/api/v1/dutch/${target}/purchase`, body);
  const refused = {
    'no inputs': order([]),
    'the same input twice': order([coins[0], coins[0]]),
    "the seller's output": order([plan.coin]),
    'unknown input': order([{ ...coins[0], txid: '44'.repeat(32) }]),
    'too little': order(coins, { fee_rate_sat_vb: 100000 }),
    'no fee': order(coins, { fee_rate_sat_vb: 0 }),
    'bad receive address': order(coins, { receive_address: 'nonsense' }),
    'address of another network': order(coins, {
      change_address: 'bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4',
    }),
    'no member': { inputs: outpoints(coins) },
    'no object': [],
  };
  for (const [what, body] of Object.entries(refused)) {
    const answer = await post(body);
    assert.ok(answer.status >= 400 && answer.status < 500, `${what}: ${answer.status} ${answer.text}`);
    assertProblem(answer, answer.status);
  }
  assertProblem(await post(order(coins), 999999), 404);
  const upcoming = await world.list(await world.plan());
  assertProblem(await post(order(coins), upcoming), [400, 409, 422]);
});

test('a buyer input that carries an asset itself is refused or warned about', async () => {
  const { id } = await activeListing();
  const coins = world.buyerCoins(1);
  world.counterparty.attach(coins[0], { asset: 'XCP', quantity: 5n, divisible: true });
  const answer = await world.api.post(`/api/v1/dutch/${id}/purchase`, order(coins));
  if (answer.status === 200) assert.match(answer.json.warnings.join(' '), /asset/i);
  else assertProblem(answer, [400, 409, 422], /asset/);
});

test('node, readiness, health and metrics tell the truth', async () => {
  const { json: node } = await world.api.get('/api/v1/node');
  assert.equal(node.height, await world.height());
  assert.deepEqual([node.live, node.pruned, node.network], [true, true, 'regtest']);
  const ready = await world.api.get('/ready');
  assert.equal(ready.status, 200, ready.text);
  const health = await world.api.get('/health');
  assert.deepEqual(
    [health.json.status, typeof health.json.version, typeof health.json.uptime, typeof health.json.clients],
    ['ok', 'string', 'number', 'number'],
  );
  const metrics = await world.api.get('/metrics');
  assert.match(metrics.headers['content-type'], /^text\/plain/);
  assert.match(metrics.text, new RegExp(`^gavel_node_tip_height ${await world.height()}$`, 'm'));
  for (const name of ['gavel_build_info', 'gavel_http_requests_total', 'gavel_ws_clients', 'gavel_auctions'])
    assert.match(metrics.text, new RegExp(`^${name}[{ ]`, 'm'));
  for (const line of metrics.text.split('\n'))
    assert.match(line, /^($|#|[a-z_]+(\{.*\})? [-+0-9.eEInfNa]+$)/);
});

test('prices in lists fall as the ladder says, to the satoshi', async () => {
  const { id, plan } = await activeListing({ startPrice: 99999, decrement: 333 });
  for (let i = 0; i < 3; i++) {
    const height = await world.height();
    const { json } = await world.api.get(`/api/v1/dutch/${id}`);
    assert.equal(json.price_sats, priceAt(plan, height));
    await world.mine(1);
  }
});

test('gavelctl audit verify recomputes the log of what was done', async () => {
  await activeListing({});
  assert.match(await world.gaveld.ctl('audit', 'verify'), /^ok, [1-9]\d* entries; hash of the last: [0-9a-f]{64}$/);
});
