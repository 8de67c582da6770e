/** What sellers and buyers do, through gaveld's public API and with keys that the box never sees. */
import { buy, signCombined } from '../support/buyer.mjs';
import { makeWallet } from '../support/keys.mjs';
import { makePayment } from '../support/payment.mjs';
import { signRung } from '../support/signer.mjs';
import { until } from '../support/wait.mjs';
import { ASSET_SATS } from '../support/world.mjs';

/** @typedef {import('../support/world.mjs').World} World */
/** @typedef {import('../support/payment.mjs').Coin} Coin */

/**
 * @typedef {object} Offer
 * @property {string} asset
 * @property {bigint} quantity    base units
 * @property {boolean} divisible
 * @property {number} start
 * @property {number} end
 * @property {number} startPrice
 * @property {number} endPrice
 * @property {number} after       blocks the last price stays
 */

const SELLER_TYPES = /** @type {const} */ (['p2wpkh', 'p2tr', 'p2sh-p2wpkh', 'p2wsh']);
const BUYER_SATS = 3000000n;

/** @param {import('../support/api.mjs').Answer} answer @param {string} what */
function expectOk(answer, what) {
  if (answer.status >= 300) throw new Error(`${what}: ${answer.status} ${answer.text}`);
  return answer.json;
}

/**
 * A 503 means: again in a moment. The box gives one while it is not yet at the node's newest block.
 * @param {World} world @param {string} what @param {string} path @param {object} body @param {Record<string, string>} [headers]
 */
async function post(world, what, path, body, headers) {
  const answer = await until(
    what,
    async () => {
      const reply = await world.api.post(path, body, headers);
      return reply.status !== 503 && reply;
    },
    { everyMs: 250 },
  );
  return expectOk(answer, what);
}

/**
 * Confirmed outputs, one for each seller; what they carry is attached when it is listed.
 * @param {World} world @param {number} first number of a seller @param {number} count
 */
export async function makeSellerCoins(world, first, count) {
  const outputs = Array.from({ length: count }, (_, i) => {
    const type = SELLER_TYPES[(first + i) % SELLER_TYPES.length];
    return { wallet: makeWallet(type, `demo seller ${first + i}`), value: ASSET_SATS };
  });
  const coins = await world.faucet.pay(outputs);
  await world.synced();
  return coins;
}

/** Quantity as the listing body wants it. @param {Offer} offer */
function decimalQuantity({ quantity, divisible }) {
  return divisible ? Number(quantity) / 1e8 : Number(quantity);
}

/**
 * A seller puts the asset on the output, asks the box for the unsigned ladder, signs it, and lists.
 * @param {World} world @param {Offer} offer @param {Coin} coin
 * @returns {Promise<{id: number, rungs: number}>}
 */
export async function listOffer(world, offer, coin) {
  world.counterparty.attach(coin, {
    asset: offer.asset,
    quantity: offer.quantity,
    divisible: offer.divisible,
  });
  const terms = {
    utxo_txid: coin.txid,
    utxo_vout: coin.vout,
    start_block: offer.start,
    end_block: offer.end,
    start_price_sats: offer.startPrice,
    end_price_sats: offer.endPrice,
  };
  const auth = { 'X-API-Key': world.key };
  const order = { ...terms, payout_address: makeWallet('p2wpkh', 'demo payout').address };
  const ladder = await post(world, 'making the ladder', '/api/v1/dutch/ladder', order, auth);
  const body = {
    ...terms,
    asset_name: offer.asset,
    asset_qty: decimalQuantity(offer),
    price_decrement: ladder.price_decrement,
    blocks_after_end: offer.after,
    psbts: ladder.psbts.map((rung) => ({ ...rung, psbt_data: signRung(rung.psbt_data, coin) })),
  };
  const { id } = await post(world, 'listing', '/api/v1/dutch', body, auth);
  return { id, rungs: ladder.psbts.length };
}

/** Confirmed coins of one buyer. @param {World} world @param {string} name @param {number} count */
export async function fundBuyer(world, name, count) {
  const wallet = makeWallet('p2wpkh', `demo buyer ${name}`);
  const coins = await world.faucet.pay(Array.from({ length: count }, () => ({ wallet, value: BUYER_SATS })));
  await world.synced();
  return { name, wallet, coins };
}

/** @typedef {Awaited<ReturnType<typeof fundBuyer>>} Buyer */

/**
 * Buy at the price shown now: the box combines, the buyer's wallet signs and sends.
 * @param {World} world @param {number} id @param {Buyer} buyer
 */
export async function purchase(world, id, buyer) {
  const coin = buyer.coins.shift();
  if (!coin) throw new Error(`${buyer.name} has no coins left`);
  const shown = expectOk(await world.currentPsbt(id), 'reading the current PSBT').psbt;
  const { address } = buyer.wallet;
  const order = {
    inputs: [{ txid: coin.txid, vout: coin.vout }],
    receive_address: address,
    change_address: address,
    fee_rate_sat_vb: 3,
  };
  const combined = await post(world, 'combining the purchase', `/api/v1/dutch/${id}/purchase`, order);
  const txid = await world.node.broadcast(signCombined(combined.psbt, [coin]).toHex());
  return { txid, coin, psbt: shown.psbt_data, price: combined.price_sats, fee: combined.fee_sats };
}

/**
 * The buyer replaces his purchase by one with a higher fee (BIP125).
 * @param {World} world @param {Buyer} buyer @param {Awaited<ReturnType<typeof purchase>>} bought @param {Coin} sold
 */
export async function replacePurchase(world, buyer, bought, sold) {
  const tx = buy({
    psbt: bought.psbt,
    sold,
    coins: [bought.coin],
    buyer: buyer.wallet,
    fee: BigInt(bought.fee) + 4000n,
  });
  return world.node.broadcast(tx.toHex());
}

/**
 * The buyer spends the coin of his purchase elsewhere, so the purchase leaves the mempool.
 * @param {World} world @param {Buyer} buyer @param {Awaited<ReturnType<typeof purchase>>} bought
 */
export async function abandonPurchase(world, buyer, bought) {
  const value = bought.coin.value - BigInt(bought.fee) - 8000n;
  return world.node.broadcast(makePayment([bought.coin], [{ script: buyer.wallet.script, value }]).toHex());
}

/** The seller takes the asset back. @param {World} world @param {Coin} coin */
export async function withdraw(world, coin) {
  const tx = makePayment([coin], [{ script: coin.wallet.script, value: coin.value - 800n }]);
  return world.node.broadcast(tx.toHex());
}
