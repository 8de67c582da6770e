/**
 * What a page knows of order auctions: the answers of the box, and what the stream has told since.
 *
 * @typedef {Object} Known
 * @property {any} status
 * @property {Map<number, Order>} orders
 * @property {Map<number, Map<string, Bid>>} bids of each order
 * @property {Map<string, any>} ends fills, failures, reassignments, expiries
 */

const ENDS_MAX = 100;

/** The book's clock minus the clock of this page, which runs on evenly whatever is done to the time of day. */
let aheadS = -Infinity;

/** A time that the box has just said. The quickest answer was nearest to the truth. @param {number} nowS */
export const hearClock = (nowS) => { aheadS = Math.max(aheadS, nowS - performance.now() / 1000); };
/** Forget it: the box may have started anew. */
export const forgetClock = () => { aheadS = -Infinity; };
/** @returns {number} seconds of the book's clock */
export const bookNow = () => aheadS + performance.now() / 1000;

/** The list and the stream may tell of the same bid: it is one. @param {Known} known */
export function noteBid({ bids }, id, bid) {
  if (!bids.has(id)) bids.set(id, new Map());
  bids.get(id).set(`${bid.solver_id} ${bid.max_input} ${bid.min_output} ${bid.valid_till_s}`, bid);
}

/** @param {Known} known @param {string} kind @param {any} about order_id, solver_id, round, min_output, at_s */
function noteEnd({ ends }, kind, about) {
  const final = kind === 'fulfilled' || kind === 'expired';
  const key = `${about.order_id} ${final ? '' : about.round} ${kind}`;
  if (!ends.has(key)) ends.set(key, { key, kind, ...about });
}

/** What the orders themselves tell of how they ended. @param {Known} known */
export function noteEnds(known) {
  for (const { id, state, commitment, updated_s: at } of known.orders.values()) {
    const about = { order_id: id, round: commitment?.round ?? 0, solver_id: commitment?.solver_id, min_output: commitment?.min_output, at_s: at };
    if (state === 'fulfilled' || state === 'expired') noteEnd(known, state, about);
    else if (about.round > 1) noteEnd(known, 'reassigned', about);
  }
  for (const key of [...known.ends.keys()].slice(0, -ENDS_MAX)) known.ends.delete(key);
}

const commitmentOf = (news) => ({ ...news, deadline_s: news.until_s, claimed: false });

/** What each kind of news does to its order. */
const STEPS = {
  batch: () => ({ state: 'in_auction' }),
  commitment: (news) => ({ state: 'committed', commitment: commitmentOf(news) }),
  reassigned: (news) => ({ state: 'committed', commitment: commitmentOf(news) }),
  claim: (news, { commitment }) => ({ commitment: commitment && { ...commitment, claimed: true } }),
  fulfilled: () => ({ state: 'fulfilled' }),
  expired: () => ({ state: 'expired' }),
};
const ENDS = ['fulfilled', 'failed', 'reassigned', 'expired'];

/** Something that has just happened. @param {Known} known @param {any} news of the channel "orders" */
export function takeNews(known, news) {
  const { kind, order_id: first, count, now_s: at } = news;
  hearClock(at);
  if (kind === 'bid') noteBid(known, first, { ...news, max_input: news.input, valid_till_s: news.until_s, at_s: at });
  if (ENDS.includes(kind)) noteEnd(known, kind, { ...news, round: news.round ?? 0, at_s: at });
  for (let id = first; id < first + count; id++) {
    if (kind === 'batch' && !known.orders.has(id)) known.orders.set(id, { id, description: '', created_s: at, commitment: null });
    const order = known.orders.get(id);
    if (order) Object.assign(order, STEPS[kind]?.(news, order));
  }
}

const hexOf = (bytes) => Array.from(new Uint8Array(bytes), (b) => b.toString(16).padStart(2, '0')).join('');
const bytesOf = (hex) => Uint8Array.from(hex.match(/../g), (pair) => parseInt(pair, 16));
const sha256 = (...parts) => new Blob(parts).arrayBuffer().then((all) => crypto.subtle.digest('SHA-256', all));

const numberOf = (n) => {
  const bytes = new DataView(new ArrayBuffer(8));
  bytes.setBigUint64(0, BigInt(n), true);
  return bytes.buffer;
};
const textOf = (text) => {
  const bytes = new TextEncoder().encode(text);
  return [numberOf(bytes.length), bytes];
};

/**
 * Compute the chain of these entries, as the API's document describes it.
 * @param {LogEntry[]} entries oldest first
 * @returns {Promise<boolean|null>} null: this browser computes hashes on secure connections only
 */
export async function checkChain(entries) {
  if (!globalThis.crypto?.subtle) return null;
  const tag = await sha256('gavel/orders');
  for (const [i, { seq, at_s: at, kind, json, prev_hash: prev, hash }] of entries.entries()) {
    const own = hexOf(await sha256(tag, tag, bytesOf(prev), numberOf(seq), numberOf(at), ...textOf(kind), ...textOf(json)));
    if (own !== hash || (i > 0 && prev !== entries[i - 1].hash)) return false;
  }
  return true;
}
