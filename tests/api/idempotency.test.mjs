/** Idempotency-Key: what is sent again happens once, over restarts too. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { assertProblem } from '../support/expect.mjs';
import { makeBody } from '../support/signer.mjs';
import { until } from '../support/wait.mjs';
import { World } from '../support/world.mjs';

/** @type {World} */
let world;

before(async () => {
  world = await World.start();
});
after(() => world?.close());

/** @param {unknown} body @param {string} idem @param {object} [more] */
const post = (body, idem, { path = '/api/v1/dutch', key = world.key } = {}) =>
  world.api.post(path, body, { 'X-API-Key': key, 'Idempotency-Key': idem });

const listed = async () => (await world.api.get('/api/v1/dutch?limit=200')).json.items.length;

test('the same request gets the first answer, whatever has become of the listing, and lists once', async () => {
  const plan = await world.plan();
  const idem = randomUUID();
  const first = await post(makeBody(plan), idem);
  assert.equal(first.status, 201, first.text);
  assert.equal(first.headers['idempotency-replayed'], undefined);
  const count = await listed();
  const check = async () => {
    const again = await post(makeBody(plan), idem);
    assert.equal(again.status, 201, again.text);
    assert.equal(again.text, first.text);
    assert.equal(again.headers.location, first.headers.location);
    assert.equal(again.headers['idempotency-replayed'], 'true');
    assert.equal(await listed(), count);
  };
  await check();
  await world.mineTo(plan.start + 1); // started: a new listing would be refused
  await check();
  await world.gaveld.child.stop('SIGKILL');
  await world.gaveld.launch();
  await world.synced();
  await check();
});

test('the original routes take a key too, and keep their own form', async () => {
  const plan = await world.plan();
  const idem = randomUUID();
  const first = await post(makeBody(plan), idem, { path: '/api/listings' });
  assert.equal(first.status, 201, first.text);
  const again = await post(makeBody(plan), idem, { path: '/api/listings' });
  assert.equal(again.text, first.text);
  assert.equal(again.headers['idempotency-replayed'], 'true');
  assert.ok(again.json.success);
  const elsewhere = await post(makeBody(plan), idem);
  assertProblem(elsewhere, 409, /^dutch\.utxo_listed$/);
});

test('another body under the same key is refused', async () => {
  const idem = randomUUID();
  const plan = await world.plan();
  assert.equal((await post(makeBody(plan), idem)).status, 201);
  assertProblem(await post({ ...makeBody(plan), blocks_after_end: 6 }, idem), 422, /^idempotency\.body$/);
  assertProblem(await post(`${JSON.stringify(makeBody(plan))} `, idem), 422, /^idempotency\.body$/);
});

test('a refusal is not kept: the corrected request may use the key again', async () => {
  const idem = randomUUID();
  const plan = await world.plan();
  assertProblem(await post({ ...makeBody(plan), asset_qty: 7 }, idem), 400, /^counterparty\.quantity$/);
  const good = await post(makeBody(plan), idem);
  assert.equal(good.status, 201, good.text);
});

test('keys belong to who sent them', async () => {
  const idem = randomUUID();
  const plan = await world.plan();
  assert.equal((await post(makeBody(plan), idem)).status, 201);
  const other = await post(makeBody(plan), idem, { key: await world.gaveld.createKey() });
  assertProblem(other, 409, /^dutch\.utxo_listed$/);
});

test('a key is needed, and of a form', async () => {
  const plan = await world.plan();
  const send = (headers) =>
    world.api.send('POST', '/api/v1/dutch', {
      body: JSON.stringify(makeBody(plan)),
      headers: { 'Content-Type': 'application/json', 'X-API-Key': world.key, ...headers },
    });
  assertProblem(await send({}), 400, /^idempotency\.missing$/);
  for (const idem of ['short', 'a'.repeat(65), 'with blank', 'quote"quote', 'semi;colon'])
    assertProblem(await send({ 'Idempotency-Key': idem }), 400, /^idempotency\.key$/);
});

test('while the first is under way the second is told so, and of many at once one lists', async () => {
  const plan = await world.plan();
  const idem = randomUUID();
  const count = await listed();
  const answers = await Promise.all(Array.from({ length: 6 }, () => post(makeBody(plan), idem)));
  const created = answers.filter(({ status }) => status === 201);
  const others = answers.filter(({ status }) => status !== 201);
  assert.ok(created.length >= 1);
  assert.equal(new Set(created.map(({ text }) => text)).size, 1);
  for (const answer of others) assertProblem(answer, [409, 503], /^(idempotency\.running|upload\.busy)$/);
  assert.equal(await listed(), count + 1);
  await until('the answer to be had again', async () => {
    const again = await post(makeBody(plan), idem);
    return again.status === 201 && again.headers['idempotency-replayed'] === 'true';
  });
});
