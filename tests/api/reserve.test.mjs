/** Reserve: a secret floor that no answer tells before it is reached. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { assertProblem } from '../support/expect.mjs';
import { toBase64 } from '../support/psbt-maps.mjs';
import { bodyOf, makeRung, priceAt } from '../support/signer.mjs';
import { World } from '../support/world.mjs';

const RESERVE = 97321;

/** @type {World} */
let world;

before(async () => {
  world = await World.start();
});
after(() => world?.close());

const auth = () => ({ 'X-API-Key': world.key });

/** A plan from 100,000 downwards by 1,000, and its body with the floor in it. @param {object} [wanted] */
async function reserved(wanted) {
  const coin = await world.assetCoin();
  const start = (await world.height()) + 2;
  const plan = await world.plan({ coin, start, end: start + 5, ...wanted });
  const psbts = [];
  for (let block = plan.start; block <= plan.end; block++) {
    const price = Math.max(priceAt(plan, block), RESERVE);
    psbts.push({ block_number: block, price_sats: price, psbt_data: toBase64(makeRung(plan, block, price)) });
  }
  return { plan, body: { ...bodyOf(plan, psbts), reserve_price_sats: RESERVE } };
}

/** Everything that anybody can ask about a listing. @param {number} id */
async function everything(id) {
  const paths = [
    `/api/v1/dutch/${id}`,
    `/api/v1/dutch/${id}/current-psbt`,
    '/api/v1/dutch',
    '/api/v1/auctions?sort=price',
    '/api/v1/stats',
    '/api/listings',
    `/api/listings/${id}`,
    `/api/auctions/${id}`,
    '/api/v1/events/poll?ch=market',
    `/api/v1/events/poll?ch=auction:${id}`,
  ];
  const texts = [];
  for (const path of paths) texts.push((await world.api.get(path)).text);
  return texts.join('\n');
}

test('floor, end price and decrement are told by nothing until the floor is the price', async () => {
  const { plan, body } = await reserved();
  const posted = await world.api.post('/api/v1/dutch', body, auth());
  assert.equal(posted.status, 201, posted.text);
  const { id } = posted.json;
  assert.deepEqual(
    [posted.json.end_price_sats, posted.json.price_decrement, posted.json.reserve],
    [null, null, { reached: false }],
  );
  for (let height = await world.height(); height < plan.start + 3; height = await world.height()) {
    const said = await everything(id);
    assert.ok(!said.includes(String(RESERVE)), `height ${height}`);
    assert.ok(!said.includes(`"price_decrement":${plan.decrement}`), `height ${height}`);
    await world.mine(1);
  }
  const reached = await world.api.get(`/api/v1/dutch/${id}`);
  assert.equal(reached.json.price_sats, RESERVE);
  assert.deepEqual(reached.json.reserve, { reached: true });
  await world.mineTo(plan.end);
  const stays = await world.api.get(`/api/v1/dutch/${id}/current-psbt`);
  assert.equal(stays.json.psbt.price_sats, RESERVE);
  await world.mineTo(plan.end + plan.after + 1);
  const over = await world.api.get(`/api/v1/dutch/${id}`);
  assert.equal(over.json.status, 'expired');
  assert.deepEqual([over.json.price_sats, over.json.end_price_sats], [null, null]);
  assert.ok(!world.gaveld.log.includes(String(RESERVE)), 'nor does the log tell it');
});

test('a PSBT below the floor is not taken, and a floor above the start neither', async () => {
  const { plan, body } = await reserved();
  const below = {
    ...body,
    psbts: body.psbts.map((rung, i) =>
      i === body.psbts.length - 1
        ? { ...rung, price_sats: plan.endPrice, psbt_data: toBase64(makeRung(plan, plan.end, plan.endPrice)) }
        : rung,
    ),
  };
  assertProblem(await world.api.post('/api/v1/dutch', below, auth()), 400, /^dutch\.last_price$/);
  const high = { ...body, reserve_price_sats: plan.startPrice + 1 };
  assertProblem(await world.api.post('/api/v1/dutch', high, auth()), 400, /^dutch\.range$/);
  const text = { ...body, reserve_price_sats: '97321' };
  assertProblem(await world.api.post('/api/v1/dutch', text, auth()), 400, /^json\.type$/);
  assert.equal((await world.api.post('/api/v1/dutch', body, auth())).status, 201);
});

test('a listing with a reserve is not extended: the refusals would tell its floor', async () => {
  const { plan, body } = await reserved();
  const { json } = await world.api.post('/api/v1/dutch', body, auth());
  const more = { end_block: plan.end + 1, psbts: [body.psbts[0]] };
  assertProblem(
    await world.api.post(`/api/v1/dutch/${json.id}/extend`, more, auth()),
    409,
    /^dutch\.has_reserve$/,
  );
});
