/**
 * The market that never ends: a block every few seconds, new listings, and each listing meets one of
 * the fates below, in turn, so that every status occurs.
 */
import { OWNER } from '../support/gaveld.mjs';
import { sleep } from '../support/wait.mjs';
import {
  abandonPurchase,
  fundBuyer,
  listOffer,
  makeSellerCoins,
  purchase,
  replacePurchase,
  withdraw,
} from './people.mjs';

/** @typedef {import('../support/world.mjs').World} World */
/** @typedef {(text: string) => void} Say */

const ASSETS = [
  ['RAREPEPE', 1n, false],
  ['PEPECASH', 25000000000n, true],
  ['FROGKING', 3n, false],
  ['NAKAMOTOCARD', 1n, false],
  ['XCP', 150000000n, true],
  ['SATOSHICARD', 2n, false],
  ['BITCRYSTALS', 1234500000n, true],
  ['DANKPEPE', 1n, false],
];
const OPEN_WANTED = 7;
const BUYER_COINS = 200;
const SELLER_COINS = 40;

/** What happens to a listing, in turn. */
const FATES = /** @type {const} */ ([
  'bought',
  'replaced',
  'late',
  'withdrawn',
  'abandoned',
  'unsold',
  'reorganised',
]);

/**
 * @typedef {object} Sale
 * @property {number} id
 * @property {import('./people.mjs').Offer} offer
 * @property {import('../support/payment.mjs').Coin} coin
 * @property {typeof FATES[number]} fate
 * @property {number} actAt            height of its next event
 * @property {Awaited<ReturnType<typeof purchase>>} [bought]
 */

class Market {
  /** @param {World} world @param {Say} say */
  constructor(world, say) {
    this.world = world;
    this.say = say;
    this.made = 0;
    /** For the next listings. @type {import('../support/payment.mjs').Coin[]} */
    this.sellerCoins = [];
    /** @type {Sale[]} those whose fate is not fulfilled */
    this.sales = [];
  }

  /** Coins for the next listings and purchases, each kind made in one block. */
  async restock() {
    if (this.sellerCoins.length < 2)
      this.sellerCoins.push(...(await makeSellerCoins(this.world, this.made, SELLER_COINS)));
    if ((this.buyer?.coins.length ?? 0) < 10) this.buyer = await fundBuyer(this.world, 'Bob', BUYER_COINS);
  }

  /** A new listing that starts within a few blocks. */
  async listNext() {
    const number = this.made++;
    const [asset, quantity, divisible] = ASSETS[number % ASSETS.length];
    const fate = FATES[number % FATES.length];
    const start = (await this.world.height()) + 2 + (number % 3);
    const length = 6 + ((number * 5) % 13);
    const startPrice = 60000 + ((number * 37) % 50) * 5000;
    const endPrice = Math.round((startPrice * (40 + ((number * 7) % 30))) / 100);
    const offer = { asset, quantity, divisible, start, end: start + length, startPrice, endPrice, after: 3 };
    const coin = this.sellerCoins.shift();
    const { id, rungs } = await listOffer(this.world, offer, coin);
    const actAt = fate === 'late' ? offer.end + 1 : start + 1 + (number % (length - 2));
    this.sales.push({ id, offer, coin, fate, actAt });
    this.say(
      `listing ${id}: ${asset}, ${rungs} PSBTs, block ${start} to ${offer.end}, ${startPrice} to ${endPrice} sat`,
    );
  }

  /** @param {Sale} sale */
  async buy(sale) {
    sale.bought = await purchase(this.world, sale.id, this.buyer);
    await this.world.listingBecomes(sale.id, { status: 'sold' });
    this.say(
      `listing ${sale.id}: Bob bought ${sale.offer.asset} for ${sale.bought.price} sat: sold (provisional)`,
    );
  }

  /** What a listing's fate does at its height. @param {Sale} sale @returns {Promise<boolean>} more to come */
  async act(sale) {
    const { id, fate } = sale;
    if (fate === 'withdrawn') {
      await withdraw(this.world, sale.coin);
      await this.world.listingBecomes(id, { status: 'closed' });
      this.say(`listing ${id}: the seller took ${sale.offer.asset} back: closed`);
      return false;
    }
    if (fate === 'unsold') {
      sale.actAt = sale.offer.end + sale.offer.after;
      if ((await this.world.height()) < sale.actAt) return true;
      const { status } = await this.world.listing(id);
      this.say(`listing ${id}: nobody bought ${sale.offer.asset}: ${status}`);
      return false;
    }
    if (!sale.bought) {
      await this.buy(sale);
      return this.follow(sale);
    }
    this.say(`listing ${id}: ${(await this.world.listing(id)).status}, confirmed`);
    return false;
  }

  /** What comes right after a purchase. @param {Sale} sale */
  async follow(sale) {
    const { id, fate } = sale;
    if (fate === 'replaced') {
      const txid = await replacePurchase(this.world, this.buyer, sale.bought, sale.coin);
      await this.world.listingBecomes(id, { status: 'sold', spent_txid: txid });
      this.say(
        `listing ${id}: Bob raised his fee, the listing follows the new transaction ${txid.slice(0, 12)}..`,
      );
    } else if (fate === 'abandoned') {
      await abandonPurchase(this.world, this.buyer, sale.bought);
      const { status } = await this.world.listingBecomes(id, { spent_txid: null });
      this.say(`listing ${id}: Bob's purchase left the mempool: ${status} again`);
      sale.fate = 'bought';
      sale.bought = undefined;
    } else if (fate === 'reorganised') {
      await this.reorganise(sale);
    }
    sale.actAt = (await this.world.height()) + 1;
    return true;
  }

  /** The block with the purchase is replaced by two others. @param {Sale} sale */
  async reorganise(sale) {
    await this.world.mine(1);
    const height = await this.world.height();
    await this.world.listingBecomes(sale.id, { spent_block: height });
    await this.world.node.rewindTo(height - 1);
    await this.world.listingBecomes(sale.id, { spent_block: null });
    this.say(`reorganisation: block ${height} is gone, listing ${sale.id} is provisional again`);
    await this.world.mineOnly();
    await this.world.mine(1);
  }

  /** One block and everything that is due. */
  async turn() {
    await this.restock();
    await this.world.mine(1);
    const height = await this.world.height();
    this.say(`block ${height}`);
    const going = [];
    for (const sale of this.sales) if (sale.actAt > height || (await this.act(sale))) going.push(sale);
    this.sales = going;
    if (this.sales.length < OPEN_WANTED) await this.listNext();
  }
}

/**
 * @param {World} world @param {Say} say @param {number} intervalMs between blocks
 * @param {AbortSignal} stop
 */
export async function playMarket(world, say, intervalMs, stop) {
  const market = new Market(world, say);
  await market.restock();
  for (let i = 0; i < 4; i++) await market.listNext();
  say(`open ${world.gaveld.httpsUrl}/ (or http://127.0.0.1:${world.gaveld.httpPort}/ on this machine)`);
  say(`sign in as "${OWNER.name}", password "${OWNER.password}", to see the dashboard and the admin pages`);
  say(`a block every ${intervalMs / 1000} s; Ctrl-C stops everything`);
  const stopped = new Promise((resolve) => {
    stop.addEventListener('abort', resolve, { once: true });
  });
  while (!stop.aborted) {
    await Promise.race([sleep(intervalMs, { unref: true }), stopped]);
    if (!stop.aborted) await market.turn();
  }
}
