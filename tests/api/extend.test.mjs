/** Extension: a ladder made longer, below its last price, to the same payout. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { buy } from '../support/buyer.mjs';
import { assertProblem, visibleRungs } from '../support/expect.mjs';
import { leafOf, rootOf } from '../support/ladder_root.mjs';
import { Receiver } from '../support/receiver.mjs';
import { makeLadder, makePlan, priceAt } from '../support/signer.mjs';
import { until } from '../support/wait.mjs';
import { World } from '../support/world.mjs';

/** @type {World} */
let world;
/** @type {Receiver} */
let told;

before(async () => {
  world = await World.start({ settings: { 'webhooks.private_targets': 'on' } });
  await world.stockBuyer(2);
});
after(async () => {
  await told?.close();
  await world?.close();
});

/** A short listing. @param {any} [wanted] `ahead`: blocks until it starts */
async function listed({ ahead = 2, ...wanted } = {}) {
  const coin = await world.assetCoin();
  const start = (await world.height()) + ahead;
  const plan = await world.plan({
    coin,
    start,
    end: start + 2,
    startPrice: 100000,
    decrement: 1000,
    ...wanted,
  });
  return { id: await world.list(plan), plan };
}

/** The blocks behind the end of a plan. @param {any} plan @param {number} count @param {object} [wanted] */
const behind = (plan, count, wanted) =>
  makePlan({
    ...plan,
    start: plan.end + 1,
    end: plan.end + count,
    startPrice: priceAt(plan, plan.end) - plan.decrement,
    endPrice: undefined,
    ...wanted,
  });

const bodyOf = (more) => ({
  end_block: more.end,
  psbts: makeLadder(more).map(({ block_number, price_sats, psbt_data }) => ({
    block_number,
    price_sats,
    psbt_data,
  })),
});

const extend = (id, body, idem = randomUUID(), key = world.key) =>
  world.api.post(`/api/v1/dutch/${id}/extend`, body, { 'X-API-Key': key, 'Idempotency-Key': idem });

const one = async (id) => (await world.api.get(`/api/v1/dutch/${id}`)).json;

test('a listing goes on below its last price, block by block, and is sold by a new rung', async () => {
  told = await Receiver.start();
  const admin = (await world.gaveld.ctl('apikey', 'create', '--name', 'ops', '--scope', 'admin')).trim();
  const hook = { name: 'seller', url: told.url, events: ['listing.extended'] };
  assert.equal((await world.api.post('/api/v1/webhooks', hook, { 'X-API-Key': admin })).status, 201);
  const { id, plan } = await listed();
  await world.mineTo(plan.start);
  const more = behind(plan, 3);
  const answer = await extend(id, bodyOf(more));
  assert.equal(answer.status, 200, answer.text);
  assert.deepEqual(answer.json, {
    id,
    extended_from_block: more.start,
    end_block: more.end,
    end_price_sats: priceAt(more, more.end),
    locked: true,
    ladder_root: answer.json.ladder_root,
  });
  const [event] = await until('the receiver to be told', () => told.events.length > 0 && told.events);
  assert.deepEqual([event.type, event.data.listing_id, event.data.end_block], ['listing.extended', id, more.end]);
  const now = await one(id);
  assert.equal(now.end_block, more.end);
  assert.equal(now.end_price_sats, priceAt(more, more.end));
  assert.deepEqual(visibleRungs(JSON.stringify([answer.json, now]), makeLadder(more)), []);
  await world.mineTo(more.start + 1);
  assert.equal((await one(id)).status, 'active');
  const { json } = await world.api.get(`/api/v1/dutch/${id}/current-psbt`);
  assert.equal(json.psbt.block_number, more.start + 1);
  assert.equal(json.psbt.price_sats, priceAt(more, more.start + 1));
  const leaf = leafOf(json.psbt.block_number, json.psbt.price_sats, json.psbt.psbt_data);
  assert.equal(rootOf(json.psbt.proof, leaf), answer.json.ladder_root, 'an extension has its own root');
  assert.notEqual(now.ladder_root, answer.json.ladder_root);
  const tx = buy({
    psbt: json.psbt.psbt_data,
    sold: plan.coin,
    coins: world.buyerCoins(1),
    buyer: world.buyer,
  });
  await world.node.broadcast(tx.toHex());
  const sold = await world.listingBecomes(id, { status: 'sold' });
  assert.equal(sold.sale_price_sats, json.psbt.price_sats);
  assertProblem(await extend(id, bodyOf(behind(more, 1))), 409, /^dutch\.not_open$/);
});

test('a finished listing is active again, and survives a restart so', async () => {
  const { id, plan } = await listed({ after: 20 });
  await world.mineTo(plan.end + 2);
  assert.equal((await one(id)).status, 'finished');
  const more = behind(plan, 6);
  const idem = randomUUID();
  const first = await extend(id, bodyOf(more), idem);
  assert.equal(first.status, 200, first.text);
  assert.equal((await one(id)).status, 'active');
  await world.gaveld.child.stop('SIGKILL');
  await world.gaveld.launch();
  await world.synced();
  const again = await extend(id, bodyOf(more), idem);
  assert.equal(again.text, first.text);
  assert.equal(again.headers['idempotency-replayed'], 'true');
  assert.equal((await one(id)).end_block, more.end);
  assertProblem(await extend(id, { end_block: more.end, psbts: [] }, idem), 422, /^idempotency\.body$/);
});

test('an upcoming listing may be extended twice; the same blocks only once', async () => {
  const { id, plan } = await listed({ ahead: 10 });
  const more = behind(plan, 2);
  assert.equal((await extend(id, bodyOf(more))).status, 200);
  assertProblem(await extend(id, bodyOf(more)), 400, /^dutch\.extension$/);
  assert.equal((await extend(id, bodyOf(behind(more, 2)))).status, 200);
  assert.equal((await one(id)).end_block, plan.end + 4);
});

test('what breaks the ladder is refused and changes nothing', async () => {
  const { id, plan } = await listed();
  const more = behind(plan, 3);
  const good = bodyOf(more);
  const elsewhere = { ...more, payTo: world.buyer.script };
  const bad = [
    [{ ...good, end_block: plan.end }, /^dutch\.extension$/],
    [{ ...good, end_block: plan.start + 2016 }, /^dutch\.too_long$/],
    [{ ...good, psbts: good.psbts.slice(1) }, /^dutch\.block_missing$/],
    [{ ...good, psbts: [...good.psbts, good.psbts[0]] }, /^dutch\.block_twice$/],
    [{ ...good, psbts: [] }, /^json\.type$/],
    [{ ...good, more: 1 }, /^json\.unknown_member$/],
    [bodyOf(behind(plan, 3, { startPrice: priceAt(plan, plan.end) + 1 })), /^dutch\.price_rises$/],
    [
      bodyOf(behind(plan, 3, { decrement: -1, startPrice: priceAt(plan, plan.end) - 5000 })),
      /^dutch\.price_rises$/,
    ],
    [bodyOf(elsewhere), /^dutch\.payout_differs$/],
    [
      {
        ...good,
        psbts: good.psbts.map((rung, i) => ({ ...rung, psbt_data: good.psbts[(i + 1) % 3].psbt_data })),
      },
      /^psbt\./,
    ],
  ];
  for (const [body, code] of bad) assertProblem(await extend(id, body), 400, code);
  assertProblem(await extend(999, good), 404, /^dutch\.not_found$/);
  assert.equal((await one(id)).end_block, plan.end);
  assert.equal((await extend(id, good)).status, 200);
});

test('expired and closed listings stay so', async () => {
  const { id, plan } = await listed({ after: 0 });
  await world.mineTo(plan.end + 1);
  assertProblem(await extend(id, bodyOf(behind(plan, 5))), 409, /^dutch\.not_open$/);
});
