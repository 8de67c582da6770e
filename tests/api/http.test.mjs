/** The original's routes as HTTP: keys, bodies, filters, addresses, ids, and errors that are JSON. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Api } from '../support/api.mjs';
import { assertRefused } from '../support/expect.mjs';
import { Gaveld } from '../support/gaveld.mjs';
import { makeBody } from '../support/signer.mjs';
import { World } from '../support/world.mjs';

const LISTING_MEMBERS = [
  'id',
  'asset_name',
  'asset_qty',
  'utxo_txid',
  'utxo_vout',
  'start_block',
  'end_block',
  'start_price_sats',
  'end_price_sats',
  'price_decrement',
  'blocks_after_end',
  'status',
  'spent_txid',
  'spent_block',
  'spent_at',
  'recipient',
  'seller',
  'created_at',
];

/** @type {World} */
let world;
let plan;
let id;

before(async () => {
  world = await World.start();
  plan = await world.plan();
  id = await world.list(plan);
});
after(() => world?.close());

test('row 50: no key, a wrong key and the beginning of a key are refused with 401', async () => {
  const body = makeBody(await world.plan());
  assertRefused(await world.api.post('/api/listings', body), 401);
  assertRefused(await world.post(body, 'gvl_wrong'), 401);
  assertRefused(await world.post(body, world.key.slice(0, -1)), 401);
  assertRefused(await world.post(body, `${world.key}x`), 401);
  assertRefused(await world.post(body, ''), 401);
  const absent = await world.api.post('/api/listings', body);
  const wrong = await world.post(body, 'gvl_wrong');
  assert.notEqual(absent.json.error, wrong.json.error, 'the original tells the two apart');
  assert.equal((await world.post(body)).status, 201);
});

test('row 50: a revoked key is refused', async () => {
  const key = await world.gaveld.createKey();
  const [, keyId] = key.split('_');
  const listed = await world.gaveld.ctl('apikey', 'list');
  assert.ok(listed.includes(keyId));
  assert.ok(!listed.includes(key), 'a list never shows a key');
  await world.gaveld.ctl('apikey', 'revoke', keyId);
  assertRefused(await world.post(makeBody(await world.plan()), key), 401);
});

test('row 50: API_KEY of the environment works as with the original, and an empty or default one is refused', async () => {
  const settings = world.gaveld.settings;
  const daemon = await Gaveld.start({ settings, env: { API_KEY: 'a-key-of-the-old-box' } });
  try {
    const body = makeBody(await world.plan({ locked: false }));
    const answer = await daemon.api.post('/api/auctions', body, { 'X-API-Key': 'a-key-of-the-old-box' });
    assert.equal(answer.status, 201, answer.text);
    assert.equal(answer.json.auction.id, answer.json.auction_id);
    assert.equal(answer.json.auction.locked, false);
  } finally {
    await daemon.close();
  }
  await assert.rejects(
    Gaveld.start({ settings, env: { API_KEY: 'change-me-in-production' } }),
    /API_KEY|key/,
  );
});

test('row 51: malformed JSON, plain text, an empty body and an array are refused', async () => {
  const key = { 'X-API-Key': world.key };
  const send = (body, type = 'application/json') =>
    world.api.send('POST', '/api/listings', { body, headers: { ...key, 'Content-Type': type } });
  for (const text of [
    '{',
    '{"a":1,}',
    'nonsense',
    '\u0000',
    '{"a":1}{"b":2}',
    '{"asset_name":"A","asset_name":"B"}',
    '{"a":NaN}',
  ])
    assertRefused(await send(text), 400, undefined, text);
  for (const text of ['', '[]', '[1]', 'null', '5', '"text"', '{}'])
    assertRefused(await send(text), 400, undefined, `body ${text}`);
  assertRefused(await send(Buffer.from('{"asset_name":"\xff\xfe"}', 'latin1')), 400);
  assertRefused(await send(`${'['.repeat(100000)}${']'.repeat(100000)}`), 400);
  assertRefused(await send(JSON.stringify(makeBody(plan)), 'text/plain'), 415);
  assertRefused(await world.api.send('POST', '/api/listings', { body: '{}', headers: key }), 415);
});

test('row 52: the status filter takes a list, and names what it does not know', async () => {
  const get = (query) => world.api.get(`/api/listings${query}`);
  for (const query of [
    '',
    '?status=',
    '?status=active,%20sold',
    '?status=upcoming',
    '?status=upcoming,active,finished,expired,sold,closed',
  ]) {
    assert.equal((await get(query)).status, 200, query);
  }
  assert.ok((await get('?status=upcoming')).json.count >= 1);
  assert.equal((await get('?status=active,%20sold')).json.count, 0);
  assertRefused(await get('?status=foo'), 400, /foo/);
  assertRefused(await get('?status=active,'), 400);
  assertRefused(await get('?status=active,foo,bar'), 400, /foo.*bar/);
  assertRefused(await get('?status=Active'), 400, /Active/);
});

test('row 53: addresses: short and unknown role refused, upper-case bech32 matches', async () => {
  const { address } = plan.coin.wallet;
  const get = (path) => world.api.get(`/api/address/${path}`);
  assertRefused(await get('bcrt1'), 400);
  assertRefused(await get(`${address}?role=x`), 400, /role/);
  assertRefused(await get(`short?role=x&status=foo`), 400, /address/i);
  assertRefused(await get(`${address}?role=x&status=foo`), 400, /role/);
  assertRefused(await get(`${address}?status=foo`), 400, /foo/);
  for (const query of ['', '?role=seller', '?status=upcoming']) {
    const { status, json } = await get(`${address.toUpperCase()}${query}`);
    assert.equal(status, 200);
    assert.ok(
      json.listings.some((listing) => listing.id === id),
      query,
    );
    assert.equal(json.count, json.listings.length);
    assert.equal('role' in json, query.includes('role'));
  }
  assert.equal((await get(`${address}?role=buyer`)).json.count, 0);
  assert.equal((await get('bcrt1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqdku202')).json.count, 0);
});

test('row 54: ids 0, 2^63, abc and unknown are 404 in JSON', async () => {
  for (const bad of [
    '0',
    '9223372036854775808',
    '18446744073709551616',
    'abc',
    '-1',
    '1.0',
    '999999',
    '01x',
    '%20',
  ]) {
    assertRefused(await world.api.get(`/api/listings/${bad}`), 404, undefined, bad);
    assertRefused(await world.api.get(`/api/auctions/${bad}`), 404, undefined, bad);
    assertRefused(await world.api.get(`/api/auctions/${bad}/current-psbt`), 404, undefined, bad);
  }
});

test('unknown paths and methods are answered in JSON', async () => {
  assertRefused(await world.api.get('/api/nothing'), 404);
  for (const method of ['PUT', 'DELETE', 'PATCH']) {
    const answer = await world.api.send(method, '/api/listings', {});
    assertRefused(answer, 405);
    assert.match(answer.headers.allow, /GET/);
  }
});

test('both families show the same listing, with every member of the original', async () => {
  const one = await world.api.get(`/api/listings/${id}`);
  const other = await world.api.get(`/api/auctions/${id}`);
  assert.deepEqual(one.json.listing, other.json.auction);
  for (const member of LISTING_MEMBERS) assert.ok(member in one.json.listing, member);
  for (const member of ['current_psbt_data', 'current_price_sats'])
    assert.ok(!(member in one.json.listing), member);
  assert.deepEqual(
    { ...one.json.listing, created_at: null, asset_qty: null },
    {
      ...one.json.listing,
      created_at: null,
      asset_qty: null,
      id,
      asset_name: 'FROGKING',
      utxo_txid: plan.coin.txid,
      utxo_vout: plan.coin.vout,
      start_block: plan.start,
      end_block: plan.end,
      start_price_sats: 100000,
      end_price_sats: 90000,
      price_decrement: 1000,
      blocks_after_end: 5,
      status: 'upcoming',
      spent_txid: null,
      spent_block: null,
      spent_at: null,
      recipient: null,
      seller: plan.coin.wallet.address,
    },
  );
});

test('lists carry height, count, price and PSBT members, newest first', async () => {
  await world.list(await world.plan());
  for (const [path, member] of [
    ['/api/listings', 'listings'],
    ['/api/auctions', 'auctions'],
  ]) {
    const { json } = await world.api.get(path);
    assert.equal(json.success, true);
    assert.equal(json.current_block, await world.height());
    assert.equal(json.count, json[member].length);
    const ids = json[member].map((listing) => listing.id);
    assert.deepEqual(
      ids,
      [...ids].sort((a, b) => b - a),
    );
    for (const listing of json[member]) {
      for (const name of [...LISTING_MEMBERS, 'current_price_sats', 'current_psbt_data'])
        assert.ok(name in listing, name);
    }
    const upcoming = json[member].find((listing) => listing.id === id);
    assert.equal(upcoming.current_price_sats, 100000);
    assert.equal(upcoming.current_psbt_data, null);
  }
});

test('health of the original, and more', async () => {
  const { status, json } = await world.api.get('/api/health');
  assert.equal(status, 200);
  assert.equal(json.status, 'healthy');
  assert.equal(json.bitcoin_rpc, 'connected');
  assert.equal(json.current_block, await world.height());
});

test('a HEAD request has the head of the GET and no body', async () => {
  const head = await world.api.send('HEAD', '/api/listings', {});
  assert.equal(head.status, 200);
  assert.equal(head.text, '');
});

test('many connections at once are all served', async () => {
  const clients = Array.from({ length: 20 }, () => new Api(world.api.base));
  const answers = await Promise.all(clients.map((client) => client.get('/api/listings')));
  for (const { status } of answers) assert.equal(status, 200);
  for (const client of clients) client.close();
});
