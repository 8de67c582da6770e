/**
 * Everything a test needs at once: a real pruned node with money, the Counterparty stand-in, gaveld
 * with two API keys, and the few steps that most tests repeat.
 */
import { Bitcoind } from './bitcoind.mjs';
import { CounterpartyStandIn } from './counterparty.mjs';
import { Faucet } from './faucet.mjs';
import { Gaveld } from './gaveld.mjs';
import { makeWallet } from './keys.mjs';
import { makeBody, makePlan } from './signer.mjs';
import { until } from './wait.mjs';

/** Sats on every output that carries an asset in tests. */
export const ASSET_SATS = 10000n;
/** Sats of a buyer's coin. */
export const BUYER_SATS = 1000000n;
/** Blocks between listing and start, as in the table of test cases (tip 990, start 1000). */
export const LEAD = 10;

/** @typedef {import('./signer.mjs').Plan} Plan */

export class World {
  /**
   * @param {object} [options]
   * @param {Record<string, string>} [options.settings] of gaveld
   * @param {string} [options.program] instead of gaveld
   * @param {string[]} [options.nodeArgs]
   * @param {number} [options.coinbases]
   * @param {(node: Bitcoind) => Promise<Record<string, string>>} [options.wire] settings that need the node
   */
  static async start({ settings = {}, program, nodeArgs, coinbases, wire } = {}) {
    const world = new World();
    world.closers = [];
    try {
      world.node = world.keep(await Bitcoind.start({ extra: nodeArgs }));
      world.faucet = await Faucet.open(world.node, { coinbases });
      world.counterparty = world.keep(await CounterpartyStandIn.start(world.node));
      const wired = (await wire?.(world.node)) ?? {};
      world.gaveld = world.keep(
        await Gaveld.start({
          program,
          settings: {
            'node.url': world.node.url,
            'node.cookie_file': world.node.cookieFile,
            'counterparty.url': world.counterparty.url,
            ...settings,
            ...wired,
          },
        }),
      );
      world.key = await world.gaveld.createKey();
      world.legacyKey = await world.gaveld.createKey({ legacyUnlocked: true });
      world.buyer = makeWallet('p2wpkh', 'buyer');
      /** Ready for use. @type {import('./payment.mjs').Coin[]} */
      world.purse = [];
      await world.synced();
    } catch (error) {
      await world.close().catch(() => undefined);
      throw error;
    }
    return world;
  }

  /** @template {{close: () => unknown}} T @param {T} part @returns {T} closed with the world */
  keep(part) {
    this.closers.push(part);
    return part;
  }

  async close() {
    const failures = [];
    for (const part of this.closers.reverse()) {
      try {
        await part.close();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length) throw failures[0];
  }

  get api() {
    return this.gaveld.api;
  }

  height() {
    return this.node.height();
  }

  /** Wait until gaveld stands on the node's tip. */
  async synced() {
    const tip = await this.node.rpc('getbestblockhash');
    await until('gaveld to reach the tip', async () => {
      const { json } = await this.api.get('/api/v1/node');
      return json?.live && json.tip_hash === tip;
    });
  }

  /** @param {number} count */
  async mine(count) {
    await this.node.mine(count);
    await this.synced();
  }

  /** Mine until that height; never backwards. @param {number} height */
  async mineTo(height) {
    await this.mine(height - (await this.height()));
  }

  /** One block that leaves the mempool alone. @param {string[]} [transactions] */
  async mineOnly(transactions) {
    await this.node.mineOnly(transactions);
    await this.synced();
  }

  /** Outputs that carry one unit of an asset each. @param {number} count @param {string} [type] */
  async assetCoins(count, type = 'p2wpkh') {
    const wallet = makeWallet(/** @type {any} */ (type), 'seller');
    const coins = await this.faucet.pay(Array.from({ length: count }, () => ({ wallet, value: ASSET_SATS })));
    for (const coin of coins) this.attachOne(coin);
    await this.synced();
    return coins;
  }

  /** @param {import('./payment.mjs').Coin} coin @param {Partial<import('./counterparty-ledger.mjs').Balance>} [balance] */
  attachOne(coin, balance = {}) {
    this.counterparty.attach(coin, { asset: 'FROGKING', quantity: 1n, divisible: false, ...balance });
  }

  /** A confirmed output carrying one FROGKING. @param {string} [type] */
  async assetCoin(type) {
    const [coin] = await this.assetCoins(1, type);
    return coin;
  }

  /** Coins of the buyer, confirmed; made in stock because each stocking mines a block. @param {number} count */
  async stockBuyer(count) {
    const coins = await this.faucet.pay(
      Array.from({ length: count }, () => ({ wallet: this.buyer, value: BUYER_SATS })),
    );
    this.purse.push(...coins);
    await this.synced();
  }

  /** @param {number} count */
  buyerCoins(count) {
    if (this.purse.length < count) throw new Error('stock the buyer first');
    return this.purse.splice(0, count);
  }

  /**
   * A plan that starts LEAD blocks above the tip, over a fresh asset output unless one is given.
   * @param {Partial<Plan>} [wanted] @returns {Promise<Plan>}
   */
  async plan(wanted = {}) {
    const coin = wanted.coin ?? (await this.assetCoin());
    const start = wanted.start ?? (await this.height()) + LEAD;
    return makePlan({ ...wanted, coin, start });
  }

  /** @param {unknown} body @param {string} [key] */
  post(body, key = this.key) {
    return this.api.post('/api/listings', body, { 'X-API-Key': key });
  }

  /**
   * Post an honest ladder that must be taken.
   * @param {Plan} plan @param {import('./signer.mjs').RungOptions} [options]
   * @returns {Promise<number>} listing id
   */
  async list(plan, options) {
    const answer = await this.post(makeBody(plan, options), plan.locked ? this.key : this.legacyKey);
    if (answer.status !== 201) throw new Error(`listing refused: ${answer.status} ${answer.text}`);
    return answer.json.listing_id;
  }

  /** @param {number} id @returns {Promise<any>} the listing object */
  async listing(id) {
    const { status, json, text } = await this.api.get(`/api/listings/${id}`);
    if (status !== 200) throw new Error(`listing ${id}: ${status} ${text}`);
    return json.listing;
  }

  /** The listing object as lists show it, with price and PSBT. @param {number} id @returns {Promise<any>} */
  async listed(id) {
    const { json } = await this.api.get('/api/listings');
    return json.listings.find((listing) => listing.id === id);
  }

  /** Answer of the current-psbt route. @param {number} id */
  currentPsbt(id) {
    return this.api.get(`/api/auctions/${id}/current-psbt`);
  }

  /**
   * Wait until a listing shows what is expected.
   * @param {number} id @param {Record<string, unknown>} expected members
   */
  listingBecomes(id, expected) {
    return until(`listing ${id} to show ${JSON.stringify(expected)}`, async () => {
      const listing = await this.listing(id);
      const wrong = Object.entries(expected).find(([name, value]) => listing[name] !== value);
      if (wrong) throw new Error(JSON.stringify(listing));
      return listing;
    });
  }
}
