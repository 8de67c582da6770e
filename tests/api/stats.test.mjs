/** Numbers about the market: sales in blocks only, by asset and over time. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { buy } from '../support/buyer.mjs';
import { assertProblem } from '../support/expect.mjs';
import { World } from '../support/world.mjs';

/** @type {World} */
let world;

before(async () => {
  world = await World.start();
  await world.stockBuyer(4);
});
after(() => world?.close());

const stats = async (query = '') => {
  const { status, json, text } = await world.api.get(`/api/v1/stats${query}`);
  assert.equal(status, 200, text);
  return json;
};

/** A listing of the asset, active now. @param {object} [wanted] */
async function active(wanted) {
  const coin = await world.assetCoin();
  const plan = await world.plan({ coin, start: (await world.height()) + 1, ...wanted });
  const id = await world.list(plan);
  await world.mineTo(plan.start);
  return { id, plan };
}

/** @param {number} id @param {any} plan @returns {Promise<number>} price */
async function sell(id, plan) {
  const { json } = await world.api.get(`/api/v1/dutch/${id}/current-psbt`);
  const tx = buy({
    psbt: json.psbt.psbt_data,
    sold: plan.coin,
    coins: world.buyerCoins(1),
    buyer: world.buyer,
  });
  await world.node.broadcast(tx.toHex());
  await world.listingBecomes(id, { status: 'sold' });
  return json.psbt.price_sats;
}

test('an empty market has no numbers', async () => {
  const all = await stats();
  assert.equal(all.sales, 0);
  assert.equal(all.success_permille, null);
  assert.equal(all.median_sats, null);
  assert.deepEqual(all.assets, []);
  assert.deepEqual(all.windows, []);
});

test('a sale counts from its block on, with its price and the blocks it took', async () => {
  const one = await active();
  const first = await sell(one.id, one.plan);
  assert.equal((await stats()).sales, 0, 'pending');
  await world.mine(1);
  const after = await stats();
  assert.equal(after.sales, 1);
  assert.equal(after.volume_sats, first);
  assert.equal(after.success_permille, 1000);
  assert.equal(after.median_blocks, 1);
  const two = await active({ startPrice: 300000 });
  await world.mine(2);
  const second = await sell(two.id, two.plan);
  await world.mine(1);
  const both = await stats();
  assert.equal(both.sales, 2);
  assert.equal(both.volume_sats, first + second);
  assert.equal(both.mean_sats, Math.floor((first + second) / 2));
  assert.equal(both.median_sats, Math.floor((first + second) / 2));
  assert.equal(both.by_status.sold, 2);
  assert.equal(both.assets.length, 1);
  assert.deepEqual(both.assets[0].volume_sats, both.volume_sats);
  assert.equal(
    both.windows.reduce((sum, { sales }) => sum + sales, 0),
    2,
  );
});

test('what expires lowers the rate; a block that goes takes its sale back', async () => {
  const { plan } = await active({ after: 0 });
  await world.mineTo(plan.end + 1);
  const { success_permille: rate, by_status: counts } = await stats();
  assert.equal(counts.expired, 1);
  assert.equal(rate, 666);
  const other = await active();
  await sell(other.id, other.plan);
  await world.mine(1);
  assert.equal((await stats()).sales, 3);
  await world.node.rpc('invalidateblock', await world.node.rpc('getbestblockhash'));
  await world.synced();
  assert.equal((await stats()).sales, 2);
});

test('asset, time and window choose what is counted', async () => {
  const all = await stats();
  const [{ asset }] = all.assets;
  assert.equal((await stats(`?asset=${asset}`)).sales, all.sales);
  assert.equal((await stats('?asset=NOSUCH')).sales, 0);
  assert.equal((await stats('?to=1')).sales, 0);
  assert.equal((await stats(`?from=${Math.floor(Date.now() / 1000) + 1e8}`)).sales, 0);
  for (const query of ['?window=3599', '?window=x', '?from=2&to=1', '?from=-1'])
    assertProblem(await world.api.get(`/api/v1/stats${query}`), 400, /^query\.(range|number)$/);
});
