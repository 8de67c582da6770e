/** Numbers, ladders and quantities that must be refused, each with a reason. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { assertRefused } from '../support/expect.mjs';
import { raw } from '../support/json.mjs';
import { makeBody, makeRung, priceAt } from '../support/signer.mjs';
import { toBase64 } from '../support/psbt-maps.mjs';
import { World } from '../support/world.mjs';

/** @type {World} */
let world;
/** @type {import('../support/payment.mjs').Coin} */
let coin;
let start;

before(async () => {
  world = await World.start();
  coin = await world.assetCoin();
  start = (await world.height()) + 10;
});
after(() => world?.close());

/** The ladder of eleven blocks over the one coin. */
const ladder = (wanted) => world.plan({ coin, start, ...wanted });

/** @param {string} what @param {unknown} body @param {RegExp} [reason] */
async function refuses(what, body, reason) {
  assertRefused(await world.post(body), 400, reason, what);
}

/** One rung signed anew at another block or price. */
function rungAt(plan, block, price) {
  return { block_number: block, price_sats: price, psbt_data: toBase64(makeRung(plan, block, price)) };
}

test('row 8: one block with a falling price, a decrement or two PSBTs is refused', async () => {
  await refuses(
    'start > end',
    makeBody(await ladder({ end: start, startPrice: 100000, endPrice: 90000, decrement: 0 })),
    /fixed|price/i,
  );
  await refuses(
    'decrement',
    makeBody(await ladder({ end: start, decrement: 1000, endPrice: 100000 })),
    /decrement|fixed/i,
  );
  const fixed = makeBody(await ladder({ end: start, decrement: 0 }));
  fixed.psbts.push({ ...fixed.psbts[0] });
  await refuses('two PSBTs', fixed);
});

test('row 34: a price that rises at one block is refused', async () => {
  const plan = await ladder();
  const body = makeBody(plan);
  body.psbts[5] = rungAt(plan, start + 5, priceAt(plan, start + 4) + 1);
  await refuses('rise', body, /rise|increase|price/i);
});

test('row 35: a gap, a block outside the range and a block twice are refused', async () => {
  const plan = await ladder();
  const gap = makeBody(plan);
  gap.psbts.splice(5, 1);
  await refuses('gap', gap, /block|gap|missing/i);
  const outside = makeBody(plan);
  outside.psbts.push(rungAt(plan, start + 11, plan.endPrice));
  await refuses('outside', outside, /block|range|outside/i);
  const before = makeBody(plan);
  before.psbts.unshift(rungAt(plan, start - 1, plan.startPrice));
  await refuses('before', before, /block|range|outside/i);
  const twice = makeBody(plan);
  twice.psbts.push({ ...twice.psbts[5] });
  await refuses('twice', twice, /twice|duplicate|block/i);
});

test('row 36: a ladder off by n + 1 satoshis is refused', async () => {
  for (const off of [11, -11])
    await refuses(`off by ${off}`, makeBody(await ladder({ endPrice: 90000 + off })), /decrement|price/i);
});

test('row 37: a first or last price that is not the listed one is refused', async () => {
  const plan = await ladder();
  const first = makeBody(plan);
  first.psbts[0] = rungAt(plan, start, plan.startPrice - 1);
  await refuses('first', first, /first|start|price/i);
  const last = makeBody(plan);
  last.psbts[10] = rungAt(plan, start + 10, plan.endPrice + 1);
  await refuses('last', last, /last|end|price/i);
});

test('row 38: a start at the tip or below is refused', async () => {
  const tip = await world.height();
  await refuses('s = tip', makeBody(await ladder({ start: tip })), /start/i);
  await refuses('s < tip', makeBody(await ladder({ start: tip - 5 })), /start/i);
});

test('row 38: a tip that reaches the start while the ladder is checked is refused', async () => {
  const late = await world.assetCoin();
  const body = makeBody(await world.plan({ coin: late, start: (await world.height()) + 1 }));
  world.counterparty.beforeBalances = async () => {
    world.counterparty.beforeBalances = null;
    await world.mine(1);
  };
  await refuses('tip came', body, /start/i);
});

test('row 40: what is not a whole number in range is refused as one', async () => {
  const honest = makeBody(await ladder());
  const members = [
    'utxo_vout',
    'start_block',
    'end_block',
    'start_price_sats',
    'end_price_sats',
    'price_decrement',
    'blocks_after_end',
  ];
  for (const literal of [
    'true',
    '1.0',
    '1e3',
    '"5"',
    '9223372036854775808',
    '-0',
    '-1',
    'null',
    '[]',
    '{}',
  ]) {
    for (const member of members)
      await refuses(`${member}: ${literal}`, { ...honest, [member]: raw(literal) });
    for (const member of ['block_number', 'price_sats']) {
      const psbts = [{ ...honest.psbts[0], [member]: raw(literal) }, ...honest.psbts.slice(1)];
      await refuses(`psbts[0].${member}: ${literal}`, { ...honest, psbts });
    }
  }
  for (const member of members)
    assertRefused(await world.post({ ...honest, [member]: raw('NaN') }), 400, undefined, member);
});

test('row 40: values beyond their limits are refused', async () => {
  const honest = makeBody(await ladder());
  const beyond = {
    utxo_vout: 2 ** 32,
    start_block: 500000000,
    end_block: 500000000,
    start_price_sats: 2100000000000001,
    blocks_after_end: 52561,
  };
  for (const [member, value] of Object.entries(beyond)) await refuses(member, { ...honest, [member]: value });
  for (const member of ['start_price_sats', 'end_price_sats', 'start_block', 'end_block'])
    await refuses(`${member} 0`, { ...honest, [member]: 0 });
  await refuses('end < start', { ...honest, end_block: honest.start_block - 1 }, /end_block|start_block/);
});

test('strings of the wrong form are refused', async () => {
  const honest = makeBody(await ladder());
  for (const txid of ['', 'xyz', honest.utxo_txid.toUpperCase(), honest.utxo_txid.slice(1), 5, null])
    await refuses(`txid ${txid}`, { ...honest, utxo_txid: txid }, /utxo_txid/);
  for (const name of ['', 'BTC', 'lower', 'AB', 'A1', 'FROG KING', 'FROGKING\u0000', 5, null, '<script>'])
    await refuses(`name ${name}`, { ...honest, asset_name: name }, /asset|BTC/i);
});

test('a missing member is named', async () => {
  const honest = makeBody(await ladder());
  for (const member of Object.keys(honest)) {
    const { [member]: _left, ...rest } = honest;
    await refuses(member, rest, new RegExp(member));
  }
  for (const member of ['block_number', 'price_sats', 'psbt_data']) {
    const { [member]: _left, ...rung } = honest.psbts[3];
    await refuses(
      member,
      { ...honest, psbts: [...honest.psbts.slice(0, 3), rung, ...honest.psbts.slice(4)] },
      new RegExp(member),
    );
  }
  for (const psbts of [[], {}, 'text', null, [5], [null], [[]]])
    await refuses(`psbts ${JSON.stringify(psbts)}`, { ...honest, psbts }, /psbts/);
});

test('row 41: 1.9 of an indivisible asset, and 9 decimals, are refused', async () => {
  const plan = await ladder();
  for (const quantity of ['1.9', '1.5', '1e0', '0', '-1', 'true', '"1"', '9223372036854775808'])
    await refuses(quantity, makeBody({ ...plan, quantity: raw(quantity) }), /qty|quantity/i);
  const divisible = await world.assetCoin();
  world.attachOne(divisible, { asset: 'PEPECASH', quantity: 30000000n, divisible: true });
  const pepe = { ...plan, coin: divisible, asset: 'PEPECASH' };
  for (const quantity of ['0.300000001', '0.30000000000000004', '0.29999999', '92233720368.54775808'])
    await refuses(quantity, makeBody({ ...pepe, quantity: raw(quantity) }), /qty|quantity/i);
});

test('row 42: another asset, another quantity and an output without assets are refused', async () => {
  const plan = await ladder();
  await refuses('asset', makeBody({ ...plan, asset: 'PEPECASH' }), /asset|FROGKING/i);
  await refuses('quantity', makeBody({ ...plan, quantity: 2 }), /quantity|qty/i);
  const [bare] = await world.faucet.pay([{ wallet: coin.wallet, value: 10000n }]);
  await world.synced();
  await refuses('empty', makeBody(await ladder({ coin: bare })), /asset|balance/i);
});

test('row 43: an output with two assets is refused', async () => {
  const both = await world.assetCoin();
  world.counterparty.attach(
    both,
    { asset: 'FROGKING', quantity: 1n, divisible: false },
    { asset: 'PEPECASH', quantity: 1n, divisible: true },
  );
  await refuses('two assets', makeBody(await ladder({ coin: both })), /asset|more than one|several/i);
});

test('nothing of all this was stored', async () => {
  const { json } = await world.api.get('/api/listings');
  assert.equal(json.count, 0);
  await world.list(await ladder());
});
