/** What the box missed: its own downtime, a silent or lossy feed, a node that is not up to date. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { buy } from '../support/buyer.mjs';
import { Gaveld } from '../support/gaveld.mjs';
import { makeWallet } from '../support/keys.mjs';
import { makePayment } from '../support/payment.mjs';
import { toBase64 } from '../support/psbt-maps.mjs';
import { makeBody, makeRung } from '../support/signer.mjs';
import { sleep, until } from '../support/wait.mjs';
import { World } from '../support/world.mjs';
import { ZmqProxy } from '../support/zmq-proxy.mjs';

/** @type {World} */
let world;
/** @type {ZmqProxy} */
let feed;

before(async () => {
  world = await World.start({
    wire: async (node) => {
      feed = await ZmqProxy.start(node.zmqPort);
      return { 'node.zmq': feed.url };
    },
  });
  world.keep(feed);
  await world.stockBuyer(40);
});
after(() => world?.close());
const hearAll = () => {
  feed.loses = () => false;
};

/** A listing that has just become active. @param {Partial<import('../support/signer.mjs').Plan>} [wanted] */
async function activeListing(wanted = {}) {
  const coin = await world.assetCoin();
  const plan = await world.plan({ start: (await world.height()) + 1, coin, ...wanted });
  const id = await world.list(plan);
  await world.mineTo(plan.start);
  return { id, plan };
}

/** A purchase of the block's PSBT. */
function purchase(plan, block = plan.start) {
  const psbt = toBase64(makeRung(plan, block, undefined, { finalized: true }));
  return buy({ psbt, sold: plan.coin, coins: world.buyerCoins(1), buyer: world.buyer });
}

const ownSpend = (coin) =>
  makePayment([coin], [{ script: makeWallet('p2wpkh', 'elsewhere').script, value: coin.value - 500n }]);

test('row 70: a sale in the second of three blocks while the box was down is found, with height and time', async () => {
  const { id, plan } = await activeListing();
  await world.gaveld.halt();
  const tx = purchase(plan);
  const blocks = [await world.node.mineOnly(), await world.node.mineOnly([tx.toHex()])];
  await world.node.mine();
  await world.gaveld.launch();
  await world.synced();
  const { height, time } = await world.node.rpc('getblockheader', blocks[1]);
  const sold = await world.listingBecomes(id, {
    status: 'sold',
    spent_txid: tx.getId(),
    spent_block: height,
    confirmed: true,
  });
  assert.equal(sold.spent_at.slice(0, 19), new Date(time * 1000).toISOString().slice(0, 19));
  assert.equal(sold.recipient, world.buyer.address);
});

test('row 70: a purchase still in the mempool after the box was down is found', async () => {
  const { id, plan } = await activeListing();
  await world.gaveld.halt();
  const txid = await world.node.broadcast(purchase(plan).toHex());
  await world.gaveld.launch();
  await world.listingBecomes(id, { status: 'sold', spent_txid: txid, confirmed: false });
});

test('a reorganisation while the box was down is followed from the fork', async () => {
  const { id, plan } = await activeListing();
  const tx = purchase(plan);
  await world.mineOnly([tx.toHex()]);
  const height = await world.height();
  await world.listingBecomes(id, { status: 'sold', spent_block: height });
  await world.gaveld.halt();
  await world.node.rewindTo(height - 2);
  await world.node.mineOnly();
  await world.node.mineOnly();
  await world.node.mineOnly([tx.toHex()]);
  await world.gaveld.launch();
  await world.listingBecomes(id, { status: 'sold', spent_block: height + 1, confirmed: true });
});

for (const [what, topics] of /** @type {const} */ ([
  ['is silent', ['rawtx', 'rawblock', 'hashblock', 'sequence']],
  ['loses transactions only', ['rawtx', 'sequence']],
])) {
  test(`row 72: when the feed ${what}, the poll finds tip, purchase and block`, async () => {
    const { id, plan } = await activeListing();
    feed.loses = (topic) => topics.includes(topic);
    try {
      await world.node.broadcast(purchase(plan).toHex());
      await world.listingBecomes(id, { status: 'sold', provisional: true });
      await world.mine(1);
      await world.listingBecomes(id, { status: 'sold', spent_block: await world.height() });
    } finally {
      hearAll();
    }
  });
}

test('row 72: with the feed off the poll finds everything', async () => {
  const daemon = await Gaveld.start({ settings: { ...world.gaveld.settings, 'node.zmq': 'off' } });
  const first = world.gaveld;
  try {
    world.gaveld = daemon;
    world.key = await daemon.createKey();
    await world.synced();
    const { id, plan } = await activeListing();
    await world.node.broadcast(purchase(plan).toHex());
    await world.listingBecomes(id, { status: 'sold', provisional: true });
    await world.mine(1);
    await world.listingBecomes(id, { status: 'sold', confirmed: true });
  } finally {
    world.gaveld = first;
    world.key = await first.createKey();
    await daemon.close();
  }
});

test('row 72: a gap in the counter is noticed with the next message, long before the poll', async () => {
  const daemon = await Gaveld.start({ settings: { ...world.gaveld.settings, 'node.poll_seconds': '60' } });
  const first = world.gaveld;
  try {
    world.gaveld = daemon;
    world.key = await daemon.createKey();
    await until(
      'the feed to be heard',
      async () => {
        await world.node.mine();
        return (await world.api.get('/api/v1/node')).json.feed.alive;
      },
      { everyMs: 200 },
    );
    await world.synced();
    const { id, plan } = await activeListing();
    feed.loses = () => true;
    const lostBefore = feed.lost;
    await world.node.broadcast(purchase(plan).toHex());
    await until('the notifications to be lost', () => feed.lost > lostBefore);
    await sleep(100);
    hearAll();
    const [coin] = world.buyerCoins(1);
    await world.node.broadcast(
      makePayment([coin], [{ script: world.buyer.script, value: coin.value - 1000n }]).toHex(),
    );
    await world.listingBecomes(id, { status: 'sold', provisional: true });
    const { json } = await world.api.get('/api/v1/node');
    assert.ok(json.feed.gaps >= 1, JSON.stringify(json.feed));
  } finally {
    hearAll();
    world.gaveld = first;
    world.key = await first.createKey();
    await daemon.close();
  }
});

test('row 73: power cuts around the block with the sale leave the same state after the restart', async () => {
  for (const delayMs of [0, 2, 5, 10, 20, 40]) {
    const { id, plan } = await activeListing();
    const tx = purchase(plan);
    await world.node.mineOnly([tx.toHex()]);
    const height = await world.height();
    await sleep(delayMs);
    await world.gaveld.kill();
    await world.gaveld.launch();
    await world.synced();
    const sold = await world.listingBecomes(id, {
      status: 'sold',
      spent_txid: tx.getId(),
      spent_block: height,
    });
    assert.equal(sold.sale_price_sats, plan.startPrice);
  }
});

test('row 74: headers ahead of blocks: nothing is shown until the block is there', async () => {
  const { id, plan } = await activeListing();
  const { hex } = await world.node.rpc('generateblock', world.node.miner, [], false);
  await world.node.rpc('submitheader', hex.slice(0, 160));
  await until('the missing block to be noticed', async () => (await world.currentPsbt(id)).status === 503);
  const behind = await world.listed(id);
  assert.deepEqual([behind.current_psbt_data, behind.current_price_sats], [null, null]);
  const refused = await world.post(makeBody(await planNow()));
  assert.equal(refused.status, 503);
  await world.node.rpc('submitblock', hex);
  await world.synced();
  assert.equal((await world.currentPsbt(id)).json.psbt.block_number, plan.start + 1);
});

/** A plan that needs no synchronised box to be made. */
async function planNow() {
  const [coin] = await world.faucet.send([{ wallet: makeWallet('p2wpkh', 'seller'), value: 10000n }]);
  return world.plan({ coin });
}

test('row 74: a node in initial download: nothing is shown until it is over', async () => {
  const { id } = await activeListing();
  await world.node.halt();
  const later = Math.floor(Date.now() / 1000) + 3 * 86400;
  await world.node.launch([`-mocktime=${later}`]);
  assert.equal((await world.node.rpc('getblockchaininfo')).initialblockdownload, true);
  /* Before that the node was away, which shows nothing either. */
  await until('the initial download to be noticed', async () => {
    const { status, json } = await world.api.get('/ready');
    return status === 503 && json.checks.bitcoind === 'pass' && json.checks.ibd === 'fail';
  });
  assert.equal((await world.currentPsbt(id)).status, 503);
  assert.equal((await world.api.get('/health')).status, 200, 'the process itself is well');
  await world.node.mine();
  await world.synced();
  assert.ok((await world.currentPsbt(id)).json.psbt);
  await world.node.rpc('setmocktime', 0);
});

test('row 71: after a downtime longer than the node keeps blocks', async () => {
  const { id: spentId, plan: spent } = await activeListing();
  const { id: keptId } = await activeListing({ end: (await world.height()) + 800, decrement: 10 });
  const { id: soldBefore, plan: before } = await activeListing();
  const earlier = purchase(before);
  await world.mineOnly([earlier.toHex()]);
  await world.listingBecomes(soldBefore, { status: 'sold', confirmed: true });
  await world.gaveld.halt();
  const cursor = await world.height();
  await world.node.mineOnly([ownSpend(spent.coin).toHex()]);
  await world.node.mine(750);
  const pruned = await world.node.rpc('pruneblockchain', cursor + 300);
  assert.ok(pruned > cursor + 1, `pruned to ${pruned}, the box stood at ${cursor}`);
  await world.gaveld.launch();
  await world.synced();
  const closed = await world.listingBecomes(spentId, { status: 'closed', spender_unknown: true });
  assert.deepEqual([closed.spent_txid, closed.spent_block, closed.recipient], [null, null, null]);
  const kept = await world.listing(keptId);
  assert.equal(kept.status, 'active');
  assert.equal((await world.currentPsbt(keptId)).json.psbt.block_number, await world.height());
  await world.listingBecomes(soldBefore, { status: 'sold', spent_txid: earlier.getId() });
});
