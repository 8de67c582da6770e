/** (d) From the moment the node tells of a spend of a watched output to the status on the live stream. */
import { buy } from '../support/buyer.mjs';
import { LiveClient } from '../support/live.mjs';
import { toBase64 } from '../support/psbt-maps.mjs';
import { makeRung } from '../support/signer.mjs';
import { World } from '../support/world.mjs';
import { ZmqProxy } from '../support/zmq-proxy.mjs';
import { fillMarket } from './fill.mjs';
import { quantile } from './report.mjs';

const SPENDS = 100;

/** @returns {Promise<import('./report.mjs').Row[]>} */
export async function benchLatency() {
  /** @type {ZmqProxy} */
  let feed;
  const world = await World.start({
    wire: async (node) => {
      feed = await ZmqProxy.start(node.zmqPort);
      return { 'node.zmq': feed.url };
    },
  });
  world.keep(feed);
  try {
    const { ids, plans } = await fillMarket(world, SPENDS, 2);
    const byOutpoint = new Map();
    for (const id of ids) {
      const listing = await world.listing(id);
      byOutpoint.set(`${listing.utxo_txid}:${listing.utxo_vout}`, id);
    }
    await world.stockBuyer(SPENDS + 1);
    const live = await LiveClient.open(`wss://127.0.0.1:${world.gaveld.httpsPort}/api/v1/ws`, {
      ca: world.gaveld.ca,
    });
    const latencies = [];
    for (const plan of plans) {
      const id = byOutpoint.get(`${plan.coin.txid}:${plan.coin.vout}`);
      latencies.push(await spendAndWait(world, feed, live, plan, id));
    }
    live.close();
    return [
      {
        bench: 'd',
        what: `rawtx to status on the live stream, p50 of ${SPENDS}`,
        value: quantile(latencies, 0.5),
        unit: 'ms',
      },
      {
        bench: 'd',
        what: `rawtx to status on the live stream, p99 of ${SPENDS}`,
        value: quantile(latencies, 0.99),
        unit: 'ms',
        goal: { at: 'most', value: 50 },
      },
    ];
  } finally {
    await world.close();
  }
}

/** Milliseconds from the notification passing to the frame arriving. */
async function spendAndWait(world, feed, live, plan, id) {
  const psbt = toBase64(makeRung(plan, plan.start, undefined, { finalized: true }));
  const tx = buy({ psbt, sold: plan.coin, coins: world.buyerCoins(1), buyer: world.buyer });
  const from = live.frames.length;
  feed.passedAt.delete('rawtx');
  await world.node.broadcast(tx.toHex());
  const sold = (frame) => frame.type === 'listing' && frame.data.id === id && frame.data.status === 'sold';
  const frame = await live.frame(`listing ${id} to be sold`, sold, from);
  return frame.at - feed.passedAt.get('rawtx');
}
