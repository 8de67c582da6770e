/** What became of a listing's output: sold, closed, provisional, and back again. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { buy, completePurchase, sellerPart } from '../support/buyer.mjs';
import { makeWallet } from '../support/keys.mjs';
import { makePayment } from '../support/payment.mjs';
import { toBase64 } from '../support/psbt-maps.mjs';
import { makeRung, priceAt } from '../support/signer.mjs';
import { World } from '../support/world.mjs';

/** @type {World} */
let world;
const payout = makeWallet('p2wpkh', 'seller payout');

before(async () => {
  world = await World.start({ nodeArgs: ['-mempoolexpiry=1'] });
  await world.stockBuyer(60);
});
after(() => world?.close());

/** A listing that has just become active, and its plan. @param {Partial<import('../support/signer.mjs').Plan>} [wanted] */
async function activeListing(wanted = {}) {
  const coin = wanted.coin ?? (await world.assetCoin());
  const plan = await world.plan({ start: (await world.height()) + 1, ...wanted, coin });
  const id = await world.list(plan);
  await world.mineTo(plan.start);
  return { id, plan };
}

/** The PSBT of one block as the box would serve it. */
const finalRung = (plan, block) => toBase64(makeRung(plan, block, undefined, { finalized: true }));

/** A purchase of the block's PSBT with a fresh coin of the buyer. */
function purchase(plan, block, more = {}) {
  const { index = 1 } = more;
  const coins = more.coins ?? world.buyerCoins(Math.max(1, index));
  return buy({ psbt: finalRung(plan, block), sold: plan.coin, buyer: world.buyer, ...more, coins });
}

/** What everybody may read of a lot's history, newest first. */
const eventsOf = async (id) => (await world.api.get(`/api/v1/dutch/${id}/events`)).json.items;

const isoOf = (seconds) => new Date(seconds * 1000).toISOString().slice(0, 19);

test('row 60: a purchase is provisionally sold in the mempool, and then has block, time and recipient', async () => {
  const { id, plan } = await activeListing();
  const served = (await world.currentPsbt(id)).json.psbt;
  const tx = buy({ psbt: served.psbt_data, sold: plan.coin, coins: world.buyerCoins(1), buyer: world.buyer });
  const txid = await world.node.broadcast(tx.toHex());
  const seen = await world.listingBecomes(id, {
    status: 'sold',
    spent_txid: txid,
    confirmed: false,
    provisional: true,
  });
  assert.deepEqual([seen.spent_block, seen.spent_at], [null, null]);
  const hidden = await world.currentPsbt(id);
  assert.deepEqual([hidden.json.psbt, hidden.json.status], [null, 'sold']);
  await world.mine(1);
  const height = await world.height();
  const { time } = await world.node.rpc('getblockheader', await world.node.rpc('getbestblockhash'));
  const sold = await world.listingBecomes(id, { status: 'sold', confirmed: true });
  assert.equal(sold.spent_block, height);
  assert.equal(sold.spent_at.slice(0, 19), isoOf(time));
  assert.equal(sold.recipient, world.buyer.address);
  assert.equal(sold.sale_price_sats, plan.startPrice);
  assert.equal(sold.asset_returned, false);
  assert.equal(sold.early_leak, false);
  const listed = await world.listed(id);
  assert.deepEqual([listed.current_price_sats, listed.current_psbt_data], [plan.startPrice, null]);
  const { json } = await world.api.get(`/api/address/${world.buyer.address}?role=buyer`);
  assert.ok(json.listings.some((listing) => listing.id === id));
  const events = await eventsOf(id);
  const spend = { outcome: 'sold', txid };
  assert.deepEqual(events.map(({ at, ...rest }) => rest), [
    { type: 'spend.confirmed', ...spend, block: height },
    { type: 'spend.pending', ...spend, block: null },
    { type: 'listing.created', outcome: null, txid: null, block: null },
  ]);
  assert.deepEqual(events.map(({ at }) => at), events.map(({ at }) => at).sort().reverse());
});

test('a purchase that the box first sees in a block is sold', async () => {
  const { id, plan } = await activeListing();
  const tx = purchase(plan, plan.start);
  await world.mineOnly([tx.toHex()]);
  await world.listingBecomes(id, {
    status: 'sold',
    spent_txid: tx.getId(),
    spent_block: await world.height(),
    confirmed: true,
  });
});

test('row 61: when the purchase is replaced by a cheaper PSBT, price and txid follow', async () => {
  const { id, plan } = await activeListing();
  const coins = world.buyerCoins(1);
  const first = purchase(plan, plan.start, { coins });
  await world.node.broadcast(first.toHex());
  await world.listingBecomes(id, {
    status: 'sold',
    spent_txid: first.getId(),
    sale_price_sats: plan.startPrice,
  });
  await world.mineOnly();
  assert.equal(
    (await world.currentPsbt(id)).json.psbt,
    null,
    'nothing more is revealed while a spend is pending',
  );
  const second = purchase(plan, plan.start + 1, { coins, fee: 40000n });
  await world.node.broadcast(second.toHex());
  const cheaper = priceAt(plan, plan.start + 1);
  await world.listingBecomes(id, {
    status: 'sold',
    spent_txid: second.getId(),
    sale_price_sats: cheaper,
    confirmed: false,
  });
  await world.mine(1);
  await world.listingBecomes(id, {
    status: 'sold',
    spent_txid: second.getId(),
    sale_price_sats: cheaper,
    confirmed: true,
  });
});

test('row 62: when the purchase is pushed out of the mempool, the listing is active again', async () => {
  const { id, plan } = await activeListing();
  const coins = world.buyerCoins(1);
  await world.node.broadcast(purchase(plan, plan.start, { coins }).toHex());
  await world.listingBecomes(id, { status: 'sold', provisional: true });
  const [coin] = coins;
  await world.node.broadcast(
    makePayment([coin], [{ script: world.buyer.script, value: coin.value - 50000n }]).toHex(),
  );
  await world.listingBecomes(id, { status: 'active', spent_txid: null, recipient: null });
  assert.equal((await world.currentPsbt(id)).json.psbt.block_number, await world.height());
});

test('row 62: when the purchase expires from the mempool, the listing is active again', async () => {
  const { id, plan } = await activeListing();
  await world.node.broadcast(purchase(plan, plan.start).toHex());
  await world.listingBecomes(id, { status: 'sold' });
  await world.node.rpc('setmocktime', Math.floor(Date.now() / 1000) + 2 * 3600);
  const [coin] = world.buyerCoins(1);
  await world.node.broadcast(
    makePayment([coin], [{ script: world.buyer.script, value: coin.value - 1000n }]).toHex(),
  );
  await world.node.rpc('setmocktime', 0);
  await world.listingBecomes(id, { status: 'active', spent_txid: null });
  assert.ok((await world.currentPsbt(id)).json.psbt);
});

test("row 63: a purchase that a reorganisation replaces by the seller's own spend is closed", async () => {
  const { id, plan } = await activeListing();
  const tx = purchase(plan, plan.start);
  await world.node.broadcast(tx.toHex());
  await world.mine(1);
  const height = await world.height();
  await world.listingBecomes(id, { status: 'sold', spent_block: height, confirmed: true });
  await world.node.rewindTo(height - 1);
  await world.synced();
  await world.listingBecomes(id, {
    status: 'sold',
    spent_txid: tx.getId(),
    spent_block: null,
    spent_at: null,
    confirmed: false,
  });
  const own = makePayment([plan.coin], [{ script: payout.script, value: plan.coin.value - 500n }]);
  await world.mineOnly([own.toHex()]);
  await world.mine(1);
  await world.listingBecomes(id, {
    status: 'closed',
    spent_txid: own.getId(),
    spent_block: height,
    recipient: payout.address,
    sale_price_sats: null,
  });
});

test('a purchase that a reorganisation drops for good is active again', async () => {
  const { id, plan } = await activeListing();
  const coins = world.buyerCoins(1);
  await world.node.broadcast(purchase(plan, plan.start, { coins }).toHex());
  await world.mine(1);
  const height = await world.height();
  await world.listingBecomes(id, { status: 'sold', confirmed: true });
  await world.node.rewindTo(height - 1);
  const [coin] = coins;
  const instead = makePayment([coin], [{ script: world.buyer.script, value: coin.value - 900n }]);
  await world.mineOnly([instead.toHex()]);
  await world.mine(1);
  await world.listingBecomes(id, { status: 'active', spent_txid: null, spent_block: null });
  const types = (await eventsOf(id)).map(({ type }) => type);
  assert.deepEqual(types.filter((type) => type !== 'spend.pending'), ['spend.undone', 'spend.unconfirmed', 'spend.confirmed', 'listing.created']);
});

test('row 64: a seller spend with an output of the price, but another script or index, is closed', async () => {
  const wallet = makeWallet('p2wpkh', 'seller');
  const [a, b, c] = await world.faucet.pay(Array.from({ length: 3 }, () => ({ wallet, value: 500000n })));
  await world.synced();
  const variants = [
    ['other script', a, (price) => [{ script: makeWallet('p2wpkh', 'elsewhere').script, value: price }]],
    [
      'other index',
      b,
      (price) => [
        { script: wallet.script, value: 20000n },
        { script: payout.script, value: price },
      ],
    ],
    ["same pair, but not the PSBT's signature", c, (price) => [{ script: payout.script, value: price }]],
  ];
  for (const [what, extra, outputs] of variants) {
    const { id, plan } = await activeListing();
    const tx = makePayment([plan.coin, extra], outputs(BigInt(plan.startPrice)));
    await world.node.broadcast(tx.toHex());
    const closed = await world.listingBecomes(id, { status: 'closed', spent_txid: tx.getId() });
    assert.equal(closed.sale_price_sats, null, what);
    assert.equal((await world.listed(id)).current_price_sats, null, what);
    await world.mine(1);
    await world.listingBecomes(id, { status: 'closed', spent_block: await world.height() });
  }
});

test('row 65: a purchase with the pair at index 2 is sold', async () => {
  const { id, plan } = await activeListing();
  const tx = purchase(plan, plan.start, { index: 2 });
  await world.node.broadcast(tx.toHex());
  await world.listingBecomes(id, {
    status: 'sold',
    spent_txid: tx.getId(),
    asset_returned: false,
    recipient: world.buyer.address,
  });
});

test('row 66: a buyer who left the pair at index 0 paid, and the asset went back to the seller', async () => {
  const { id, plan } = await activeListing();
  await world.node.broadcast(purchase(plan, plan.start, { index: 0 }).toHex());
  await world.listingBecomes(id, { status: 'sold', asset_returned: true, recipient: payout.address });
});

test('row 67: a spend before the start is closed, by a leaked PSBT sold with a mark', async () => {
  const start = (await world.height()) + 20;
  const [one, other] = await world.assetCoins(2);
  const own = await world.plan({ coin: one, start });
  const ownId = await world.list(own);
  await world.node.broadcast(
    makePayment([one], [{ script: payout.script, value: one.value - 500n }]).toHex(),
  );
  await world.listingBecomes(ownId, { status: 'closed', early_leak: false });
  const leaked = await world.plan({ coin: other, start, locked: false });
  const leakedId = await world.list(leaked);
  await world.node.broadcast(purchase(leaked, start + 3).toHex());
  await world.listingBecomes(leakedId, {
    status: 'sold',
    early_leak: true,
    sale_price_sats: priceAt(leaked, start + 3),
  });
  await world.mine(1);
  await world.listingBecomes(leakedId, { status: 'sold', early_leak: true, confirmed: true });
});

test('row 67: the same leak of a locked ladder is refused by the node itself', async () => {
  const plan = await world.plan({ start: (await world.height()) + 20 });
  await world.list(plan);
  const tx = purchase(plan, plan.start);
  const [verdict] = await world.node.rpc('testmempoolaccept', [tx.toHex()], 0);
  assert.deepEqual([verdict.allowed, verdict['reject-reason']], [false, 'non-final']);
});

test('row 68: a purchase while finished is sold, one while expired is recorded', async () => {
  const start = (await world.height()) + 2;
  const [one, other] = await world.assetCoins(2);
  const early = await world.plan({ coin: one, start: start + 1, end: start + 3, after: 5 });
  const late = await world.plan({ coin: other, start: start + 1, end: start + 3, after: 2 });
  const finished = await world.list(early);
  const expired = await world.list(late);
  await world.mineTo(early.end + 2);
  assert.equal((await world.listing(finished)).status, 'finished');
  assert.equal((await world.listing(expired)).status, 'expired');
  await world.node.broadcast(purchase(early, early.end).toHex());
  const tx = purchase(late, late.end);
  await world.node.broadcast(tx.toHex());
  await world.listingBecomes(finished, { status: 'sold', sale_price_sats: early.endPrice });
  await world.mine(1);
  await world.listingBecomes(expired, {
    status: 'sold',
    spent_txid: tx.getId(),
    spent_block: await world.height(),
  });
});

test('row 69: the asset goes to the first output that is not OP_RETURN', async () => {
  const { id, plan } = await activeListing();
  const note = { script: Uint8Array.of(0x6a, 0x04, 1, 2, 3, 4), value: 0n };
  await world.node.broadcast(purchase(plan, plan.start, { index: 2, first: [note] }).toHex());
  await world.listingBecomes(id, { status: 'sold', recipient: world.buyer.address, asset_returned: false });
});

test('row 69: an output without an address leaves the recipient empty', async () => {
  const { id, plan } = await activeListing();
  const odd = { script: Uint8Array.of(0x51, 0x75, 0x51), value: 1000n };
  await world.mineOnly([purchase(plan, plan.start, { first: [odd] }).toHex()]);
  await world.listingBecomes(id, { status: 'sold', recipient: null, asset_returned: false });
});

test('row 75: one transaction that spends two listings is judged for each by its own pair', async () => {
  const start = (await world.height()) + 2;
  const [one, other] = await world.assetCoins(2);
  const plans = [one, other].map((coin, i) => ({ coin, start, startPrice: 100000 + 7000 * i }));
  const made = [await world.plan(plans[0]), await world.plan(plans[1])];
  const ids = [await world.list(made[0]), await world.list(made[1])];
  await world.mineTo(start);
  const tx = completePurchase({
    pairs: made.map((plan, i) => ({
      part: sellerPart(finalRung(plan, start), plan.coin.value),
      index: i + 1,
    })),
    coins: world.buyerCoins(1),
    outputs: [{ script: world.buyer.script, value: 546n }],
    change: world.buyer.script,
  });
  await world.node.broadcast(tx.toHex());
  await world.listingBecomes(ids[0], {
    status: 'sold',
    sale_price_sats: 100000,
    spent_txid: tx.getId(),
    recipient: world.buyer.address,
  });
  await world.listingBecomes(ids[1], {
    status: 'sold',
    sale_price_sats: 107000,
    spent_txid: tx.getId(),
    recipient: world.buyer.address,
  });
});

test('row 75: of two listings in one transaction, the one whose pair is missing is closed', async () => {
  const start = (await world.height()) + 3;
  const [one] = await world.assetCoins(1);
  const [other] = await world.assetCoins(1);
  const sold = await world.plan({ coin: one, start });
  const closed = await world.plan({ coin: other, start });
  const ids = [await world.list(sold), await world.list(closed)];
  await world.mineTo(start);
  const tx = completePurchase({
    pairs: [{ part: sellerPart(finalRung(sold, start), one.value), index: 1 }],
    coins: [...world.buyerCoins(1), other],
    outputs: [{ script: world.buyer.script, value: 546n }],
    change: world.buyer.script,
  });
  await world.node.broadcast(tx.toHex());
  await world.listingBecomes(ids[0], { status: 'sold' });
  await world.listingBecomes(ids[1], { status: 'closed', sale_price_sats: null });
});

test('a purchase by a PSBT of an older listing of the same output marks that listing', async () => {
  const { id: older, plan } = await activeListing({ after: 0, end: (await world.height()) + 3 });
  await world.mineTo(plan.end + 1);
  const { id: newer } = await activeListing({ coin: plan.coin, startPrice: 300000 });
  await world.node.broadcast(purchase(plan, plan.end).toHex());
  await world.listingBecomes(older, { status: 'sold', sale_price_sats: plan.endPrice });
  await world.listingBecomes(newer, { status: 'closed', sale_price_sats: null });
});
