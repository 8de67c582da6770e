/** Several ladders in one request: each judged and listed by itself, and once. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { assertProblem } from '../support/expect.mjs';
import { Gaveld } from '../support/gaveld.mjs';
import { makeBody } from '../support/signer.mjs';
import { World } from '../support/world.mjs';

/** @type {World} */
let world;

before(async () => {
  world = await World.start();
});
after(() => world?.close());

/** @param {unknown[]} items @param {string} [idem] @param {object} [more] */
const post = (items, idem = randomUUID(), more = {}) =>
  world.api.post('/api/v1/dutch/batch', { items, ...more }, { 'X-API-Key': world.key, 'Idempotency-Key': idem });

/** @param {number} count */
async function bodies(count) {
  const made = [];
  const coins = await world.assetCoins(count);
  for (const coin of coins)
    made.push(makeBody(await world.plan({ coin, start: (await world.height()) + 10 })));
  return made;
}

const codes = (answer) => answer.json.items.map(({ code }) => code);
const listed = async () => (await world.api.get('/api/v1/dutch?limit=200')).json.items.length;

test('a bad item stops no other, and each is told its own fault with a pointer into the request', async () => {
  const [a, b, c] = await bodies(3);
  const answer = await post([a, { ...b, asset_qty: 7 }, { ...b, more: 1 }, c, a]);
  assert.equal(answer.status, 207, answer.text);
  assert.deepEqual(codes(answer), [201, 400, 400, 201, 409]);
  const [first, quantity, member, , again] = answer.json.items;
  assert.equal((await world.api.get(`/api/v1/dutch/${first.id}`)).json.utxo.txid, a.utxo_txid);
  assert.equal(quantity.error.code, 'counterparty.quantity');
  assert.equal(quantity.error.errors[0].pointer, '/items/1/asset_qty');
  assert.equal(member.error.code, 'json.unknown_member');
  assert.equal(member.error.errors[0].pointer, '/items/2/more');
  assert.equal(again.error.code, 'dutch.utxo_listed', 'the same UTXO twice in one batch');
  assert.equal((await post([b])).status, 207, 'what was refused holds no place');
});

test('a batch sent again lists nothing twice, and goes on where it broke off', async () => {
  const items = await bodies(3);
  const idem = randomUUID();
  const first = await post(items, idem);
  assert.deepEqual(codes(first), [201, 201, 201]);
  const count = await listed();
  assert.deepEqual((await post(items, idem)).json, first.json);
  assert.equal(await listed(), count);
  const other = await post([items[0]], idem);
  assertProblem(other, 422, /^idempotency\.body$/);
});

test('all or nothing: one bad item, and none is listed; every fault is told', async () => {
  const [a, b, c] = await bodies(3);
  const count = await listed();
  const all = { all_or_nothing: true };
  const bad = await post([a, { ...b, asset_qty: 7 }, c], randomUUID(), all);
  assert.equal(bad.status, 207, bad.text);
  assert.deepEqual(codes(bad), [424, 400, 424]);
  assert.equal(bad.json.items[0].error.code, 'dutch.batch_undone');
  assert.equal(bad.json.items[1].error.errors[0].pointer, '/items/1/asset_qty');
  const twice = await post([a, b, a], randomUUID(), all);
  assert.deepEqual(codes(twice), [424, 424, 409], 'the same UTXO twice in one batch');
  assert.equal(twice.json.items[2].error.errors[0].pointer, '/items/2/utxo_txid');
  assert.equal(await listed(), count);

  const idem = randomUUID();
  const good = await post([a, b, c], idem, all);
  assert.deepEqual(codes(good), [201, 201, 201]);
  assert.equal(await listed(), count + 3);
  for (const [i, body] of [a, b, c].entries()) {
    const { json } = await world.api.get(`/api/v1/dutch/${good.json.items[i].id}`);
    assert.equal(json.utxo.txid, body.utxo_txid);
  }
  const again = await post([a, b, c], idem, all);
  assert.deepEqual(again.json, good.json);
  assert.equal(again.headers['idempotency-replayed'], 'true');
  assert.equal(await listed(), count + 3);
  assertProblem(await post([a], randomUUID(), { all_or_nothing: 1 }), 400, /^json\.type$/);
});

test('a batch of none, of too many, and of no list is refused', async () => {
  assertProblem(await post([]), 400, /^dutch\.batch$/);
  assertProblem(await post(Array(21).fill({})), 400, /^dutch\.batch$/);
  const bad = await world.api.post('/api/v1/dutch/batch', { items: {}, more: 1 }, { 'X-API-Key': world.key });
  assertProblem(bad, 400, /^json\.unknown_member$/);
  const nothing = await post([1, null, [], '']);
  assert.deepEqual(codes(nothing), [400, 400, 400, 400]);
});

test('every item counts against the rate of writes', async () => {
  const strict = world.keep(
    await Gaveld.start({
      settings: {
        'node.url': world.node.url,
        'node.cookie_file': world.node.cookieFile,
        'counterparty.url': world.counterparty.url,
        'web.limit_loopback': 'on',
      },
    }),
  );
  const key = await strict.createKey();
  const send = (count) =>
    strict.api.post('/api/v1/dutch/batch', { items: Array(count).fill({}) }, { 'X-API-Key': key });
  assert.equal((await send(15)).status, 207);
  assertProblem(await send(15), 429, /^rate\.limited$/);
  assert.equal((await send(3)).status, 207);
});
