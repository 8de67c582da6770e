/**
 * Ladders that must be taken, of every script type and form. Each is then revealed by the real tip
 * and completed by a buyer, and the real node judges the purchase.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { buy } from '../support/buyer.mjs';
import { assertRefused } from '../support/expect.mjs';
import { raw } from '../support/json.mjs';
import { makeBody, makePlan } from '../support/signer.mjs';
import { World } from '../support/world.mjs';

/** @type {World} */
let world;
/** All start at one height, so that all can be bought at the end. */
let start;
/** Taken listings that a buyer will complete: id to plan. */
const taken = new Map();

before(async () => {
  world = await World.start();
  start = (await world.height()) + 60;
});
after(() => world?.close());

/**
 * @param {Partial<import('../support/signer.mjs').Plan>} wanted
 * @param {import('../support/signer.mjs').RungOptions} [options]
 */
async function takes(wanted, options) {
  const plan = await world.plan({ start, ...wanted });
  const answer = await world.post(makeBody(plan, options));
  assert.equal(answer.status, 201, answer.text);
  assert.equal(answer.json.success, true);
  assert.equal(typeof answer.json.message, 'string');
  const { listing } = answer.json;
  assert.equal(listing.id, answer.json.listing_id);
  assert.equal(listing.status, 'upcoming');
  assert.equal(listing.seller, plan.coin.wallet.address);
  assert.equal(listing.utxo_txid, plan.coin.txid);
  assert.equal(listing.spent_txid, null);
  assert.equal(listing.recipient, null);
  assert.match(listing.created_at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?$/);
  taken.set(listing.id, plan);
  return answer;
}

test('row 1: a valid P2WPKH ladder of 11 locked PSBTs is taken, and shown as locked', async () => {
  const { json } = await takes({});
  assert.equal(json.listing.locked, true);
  assert.equal(json.listing.asset_name, 'FROGKING');
  assert.equal(json.listing.start_price_sats, 100000);
  assert.equal(json.listing.end_price_sats, 90000);
});

test('row 1: an unlocked ladder is taken with the legacy flag only', async () => {
  const plan = await world.plan({ start, locked: false });
  const body = makeBody(plan);
  assertRefused(await world.post(body), 400, /lock/i);
  const answer = await world.post(body, world.legacyKey);
  assert.equal(answer.status, 201, answer.text);
  assert.equal(answer.json.listing.locked, false);
  taken.set(answer.json.listing_id, plan);
});

test('row 1: one unlocked PSBT makes the ladder unlocked', async () => {
  const plan = await world.plan();
  const body = makeBody(plan);
  body.psbts[4] = makeBody({ ...plan, locked: false }).psbts[4];
  assertRefused(await world.post(body), 400, /lock/i);
  const answer = await world.post(body, world.legacyKey);
  assert.equal(answer.status, 201, answer.text);
  assert.equal(answer.json.listing.locked, false);
});

test('row 2: a valid P2TR key path ladder with 65-byte signatures is taken', async () => {
  await takes({ coin: await world.assetCoin('p2tr') });
});

test('row 3: a valid P2SH-P2WPKH ladder is taken', async () => {
  await takes({ coin: await world.assetCoin('p2sh-p2wpkh') });
});

test('row 4: a valid P2WSH 2-of-3 ladder is taken', async () => {
  await takes({ coin: await world.assetCoin('p2wsh') });
});

for (const type of ['p2wpkh', 'p2tr', 'p2sh-p2wpkh', 'p2wsh']) {
  test(`row 5: a finalised ${type} ladder without sighash field is taken`, async () => {
    await takes({ coin: await world.assetCoin(type) }, { finalized: true });
  });

  test(`row 6: a ${type} ladder in PSBT version 2 is taken`, async () => {
    await takes({ coin: await world.assetCoin(type) }, { psbtVersion: 2 });
  });
}

test('row 7: a fixed price (one block, equal prices, no decrement) is taken', async () => {
  await takes({ end: start, decrement: 0 });
});

test('row 11: a missing sighash field is taken when the signature says 0x83', async () => {
  await takes({}, { sighashField: null });
});

test('row 33: lock at the block itself with sequence fffffffe is taken, and locked', async () => {
  const { json } = await takes({}, { sequence: 0xfffffffe });
  assert.equal(json.listing.locked, true);
});

test('row 36: a ladder off by n satoshis is taken', async () => {
  await takes({ endPrice: 90000 - 10 });
  await takes({ endPrice: 90000 + 10 });
});

test('row 38: a start right above the tip is taken', async () => {
  const coin = await world.assetCoin();
  await world.list(await world.plan({ coin, start: (await world.height()) + 1 }));
});

test('row 41: divisible quantities are exact', async () => {
  const cases = [
    ['0.3', 30000000n],
    ['92233720368.54775807', 9223372036854775807n],
    ['1', 100000000n],
    ['0.00000001', 1n],
  ];
  const coins = await world.assetCoins(cases.length);
  for (const [i, [text, quantity]] of cases.entries()) {
    world.attachOne(coins[i], { asset: 'PEPECASH', quantity, divisible: true });
    const { text: answer } = await takes({ coin: coins[i], asset: 'PEPECASH', quantity: raw(text) });
    const [, shown] = /"asset_qty":([^,}]+)/.exec(answer);
    assert.match(shown, /^\d+\.\d+$/, 'the original shows a decimal number');
    assert.equal(shown.replace(/0+$/, '').replace(/\.$/, ''), text);
  }
});

test('row 41: the largest indivisible quantity is exact', async () => {
  const coin = await world.assetCoin();
  world.attachOne(coin, { quantity: 9223372036854775807n });
  const { text } = await takes({ coin, quantity: raw('9223372036854775807') });
  assert.match(text, /"asset_qty":9223372036854775807(\.0)?[,}]/);
});

test('row 44: a subasset is taken by its long name', async () => {
  const coin = await world.assetCoin();
  world.attachOne(coin, { asset: 'A4611686018427387904', longname: 'FROGKING.golden', quantity: 5n });
  await takes({ coin, asset: 'FROGKING.golden', quantity: 5 });
});

test('a checked previous transaction beside the witness UTXO is taken and not served', async () => {
  await takes({}, { nonWitnessUtxo: true });
});

test('every listing taken above can be bought: the node accepts a purchase made from its served PSBT', async () => {
  await world.stockBuyer(taken.size);
  await world.mineTo(start);
  for (const [id, plan] of taken) {
    const { status, json, text } = await world.currentPsbt(id);
    assert.equal(status, 200, text);
    assert.ok(json.psbt, `listing ${id}: ${text}`);
    assert.equal(json.psbt.block_number, Math.min(await world.height(), plan.end));
    const tx = buy({
      psbt: json.psbt.psbt_data,
      sold: plan.coin,
      coins: world.buyerCoins(1),
      buyer: world.buyer,
    });
    const [verdict] = await world.node.rpc('testmempoolaccept', [tx.toHex()], 0);
    assert.equal(
      verdict.allowed,
      true,
      `${plan.coin.wallet.type} listing ${id}: ${verdict['reject-reason']}`,
    );
  }
});
