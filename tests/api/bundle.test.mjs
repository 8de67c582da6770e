/** Bundles: all assets of an output sold together, and none of them forgotten. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { buy } from '../support/buyer.mjs';
import { assertProblem } from '../support/expect.mjs';
import { makeBody } from '../support/signer.mjs';
import { World } from '../support/world.mjs';

/** @type {World} */
let world;

before(async () => {
  world = await World.start();
  await world.stockBuyer(2);
});
after(() => world?.close());

const post = (body, path = '/api/v1/dutch') => world.api.post(path, body, { 'X-API-Key': world.key });

/** A coin of FROGKING and these, a plan for it, and its body with `assets`. @param {any[]} others @param {any[]} assets */
async function bundle(others, assets) {
  const coin = await world.assetCoin();
  world.counterparty.attach(coin, { asset: 'FROGKING', quantity: 1n, divisible: false }, ...others);
  const plan = await world.plan({ coin, start: (await world.height()) + 2 });
  const { asset_name: name, asset_qty: quantity, ...rest } = makeBody(plan);
  return { plan, body: { ...rest, assets: [{ asset_name: name, asset_qty: quantity }, ...assets] } };
}

const CASH = { asset: 'PEPECASH', quantity: 250000000n, divisible: true };
const CHILD = { asset: 'A95428956661682177', longname: 'FROG.child', quantity: 3n, divisible: false };

test('a bundle is listed, shown with every asset, found by each, and survives a restart', async () => {
  const { body } = await bundle(
    [CASH, CHILD],
    [
      { asset_name: 'FROG.child', asset_qty: 3 },
      { asset_name: 'PEPECASH', asset_qty: 2.5 },
    ],
  );
  const report = await post(body, '/api/v1/dutch/check');
  assert.equal(report.json.listable, true, report.text);
  const posted = await post(body);
  assert.equal(posted.status, 201, posted.text);
  const wanted = [
    { asset: 'FROGKING', quantity: '1', divisible: false },
    { asset: 'FROG.child', quantity: '3', divisible: false },
    { asset: 'PEPECASH', quantity: '250000000', divisible: true },
  ];
  assert.deepEqual(posted.json.assets, wanted);
  assert.equal(posted.json.asset, 'FROGKING');
  await world.gaveld.child.stop('SIGKILL');
  await world.gaveld.launch();
  await world.synced();
  const { id } = posted.json;
  assert.deepEqual((await world.api.get(`/api/v1/dutch/${id}`)).json.assets, wanted);
  for (const query of [
    'asset=PEPECASH',
    'asset=FROG.child',
    'q=pecas',
    'q=CHILD',
    'asset=FROG.child&q=child',
  ]) {
    const { json } = await world.api.get(`/api/v1/dutch?${query}`);
    assert.deepEqual(
      json.items.map((item) => item.id),
      [id],
      query,
    );
  }
  assert.deepEqual((await world.api.get('/api/v1/dutch?asset=PEPECASH&q=frog')).json.items, []);
});

test('what the bundle does not say as it is, is refused by name', async () => {
  const { body } = await bundle([CASH], [{ asset_name: 'PEPECASH', asset_qty: 2.5 }]);
  const [frog, cash] = body.assets;
  const { assets, ...rest } = body;
  const bad = [
    [{ ...body, assets: [frog] }, /^counterparty\.bundle$/, '/assets'],
    [{ ...rest, ...frog }, /^counterparty\.several_assets$/],
    [{ ...body, assets: [frog, cash, cash] }, /^counterparty\.other_asset$/, '/assets/2/asset_name'],
    [{ ...body, assets: [frog, frog] }, /^counterparty\.other_asset$/, '/assets/1/asset_name'],
    [
      { ...body, assets: [frog, { ...cash, asset_name: 'RAREPEPE' }] },
      /^counterparty\.other_asset$/,
      '/assets/1/asset_name',
    ],
    [
      { ...body, assets: [frog, { ...cash, asset_qty: 2.4 }] },
      /^counterparty\.quantity$/,
      '/assets/1/asset_qty',
    ],
    [{ ...body, assets: [{ ...frog, asset_qty: 1.5 }, cash] }, /^dutch\.asset_qty$/, '/assets/0/asset_qty'],
    [{ ...body, assets: [frog, { ...cash, asset_qty: '2.5' }] }, /^json\.type$/, '/assets/1/asset_qty'],
    [
      { ...body, assets: [frog, { ...cash, asset_name: 'BTC' }] },
      /^dutch\.asset_name$/,
      '/assets/1/asset_name',
    ],
    [{ ...body, assets: [frog, { ...cash, more: 1 }] }, /^json\.unknown_member$/, '/assets/1/more'],
    [{ ...body, assets: [] }, /^dutch\.bundle$/, '/assets'],
    [{ ...body, assets: {} }, /^dutch\.bundle$/, '/assets'],
    [{ ...body, assets: Array(9).fill(frog) }, /^dutch\.bundle$/, '/assets'],
    [{ ...body, ...frog }, /^dutch\.bundle$/, '/asset_name'],
    [{ ...rest }, /^json\.missing$/, '/asset_name'],
  ];
  for (const [wrong, code, pointer] of bad) {
    const answer = await post(wrong);
    assertProblem(answer, 400, code);
    if (pointer) assert.equal(answer.json.errors[0].pointer, pointer, answer.text);
  }
  assert.equal((await post({ ...body, assets: [cash, frog] })).status, 201, 'in any order');
});

test('the original routes know no bundles', async () => {
  const { body } = await bundle([CASH], [{ asset_name: 'PEPECASH', asset_qty: 2.5 }]);
  assert.equal((await post(body, '/api/listings')).status, 400);
});

test('a bundle is sold: every asset goes to the buyer', async () => {
  const { plan, body } = await bundle([CASH], [{ asset_name: 'PEPECASH', asset_qty: 2.5 }]);
  const { json: listing } = await post(body);
  await world.mineTo(plan.start);
  const { json } = await world.api.get(`/api/v1/dutch/${listing.id}/current-psbt`);
  const tx = buy({
    psbt: json.psbt.psbt_data,
    sold: plan.coin,
    coins: world.buyerCoins(1),
    buyer: world.buyer,
  });
  await world.node.broadcast(tx.toHex());
  await world.mine(1);
  const sold = await world.listingBecomes(listing.id, { status: 'sold', confirmed: true });
  assert.equal(sold.asset_returned, false);
  assert.equal(sold.recipient, world.buyer.address);
});
