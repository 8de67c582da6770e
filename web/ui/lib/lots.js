/**
 * What a lot means, without a screen: its prices, where it stands, what changed, whether a filter lets it pass.
 *
 */

export const STATUSES = ['upcoming', 'active', 'finished', 'sold', 'closed', 'expired'];
/** What a block takes on average. A guess, and shown as one. */
export const BLOCK_S = 600;

/** A reserve keeps the end and the steps of the ladder secret: of its prices only those that are told are known. */
export const isSecret = (lot) => lot.end_price_sats === null;

/** Price of an even ladder at a block, from its public numbers. The last rung is the end price. */
export function priceAt(lot, block) {
  if (block >= lot.end_block) return lot.end_price_sats;
  const falling = lot.start_price_sats - lot.price_decrement * (block - lot.start_block);
  return Math.max(falling, lot.end_price_sats);
}

/** The box's rounding, for a preview before it is asked (web/api/ladder.c). @param {{start_block: number, end_block: number, start_price_sats: number, end_price_sats: number}} plan */
export function decrementOf(plan) {
  const blocks = plan.end_block - plan.start_block;
  const fall = plan.start_price_sats - plan.end_price_sats;
  if (blocks <= 0 || fall <= 0) return 0;
  return Math.max(1, Math.floor((fall + Math.floor(blocks / 2)) / blocks));
}

/** The first price, the last unless it is secret, and the one that is on sale or was paid. */
function toldRungs(lot) {
  const told = new Map([[lot.start_block, lot.start_price_sats]]);
  if (!isSecret(lot)) told.set(lot.end_block, lot.end_price_sats);
  if (lot.price_sats !== null && lot.reveal.block_number !== null) told.set(lot.reveal.block_number, lot.price_sats);
  const { rung = null, price_sats: paid = null } = lot.spend ?? {};
  if (rung !== null && paid !== null) told.set(rung, paid);
  return [...told].map(([block, price]) => ({ block, price })).sort((a, b) => a.block - b.block);
}

/**
 * Whether the public numbers say each price. They do not when a reserve hides some of them, nor after an extension
 * with steps of another size. The box lets a ladder miss its end by a satoshi a step (app/auction/dutch/dutch_check.c).
 */
export function isEven(lot) {
  if (isSecret(lot)) return false;
  const blocks = lot.end_block - lot.start_block;
  const missed = lot.start_price_sats - lot.price_decrement * blocks - lot.end_price_sats;
  return Math.abs(missed) <= blocks && toldRungs(lot).every(({ block, price }) => priceAt(lot, block) === price);
}

/** @returns {{block: number, price: number}[]} every rung whose price is known, ascending */
export const rungsOf = (lot) =>
  !isEven(lot) ? toldRungs(lot)
    : Array.from({ length: lot.end_block - lot.start_block + 1 }, (_, i) => ({
      block: lot.start_block + i,
      price: priceAt(lot, lot.start_block + i),
    }));

/** A lot that can be bought now. */
export const isOpen = (lot) => lot.status === 'active' || lot.status === 'finished';

/**
 * Blocks until something happens, and what.
 * @param {Listing} lot @param {number} height
 * @returns {{what: 'starts'|'ends'|'lastStep'|'offerEnds', blocks: number}|null}
 */
export function nextEvent(lot, height) {
  if (lot.status === 'upcoming') return { what: 'starts', blocks: lot.start_block - height };
  if (lot.status === 'active') {
    return height < lot.end_block && !lot.reserve?.reached ? { what: 'ends', blocks: lot.end_block - height } : { what: 'lastStep', blocks: lot.end_block + Math.max(1, lot.blocks_after_end) - height };
  }
  if (lot.status === 'finished') return { what: 'offerEnds', blocks: lot.end_block + lot.blocks_after_end - height };
  return null;
}

/** Blocks on top of the spend, by the height that is known now. @param {Listing} lot @param {number} height */
export const confirmationsOf = (lot, height) =>
  lot.spend?.state === 'confirmed' && lot.spend.block !== null ? Math.max(lot.spend.confirmations, height - lot.spend.block + 1) : 0;

/* ---- Filters: what the box does with a query, for lots that come by the stream ---- */

/** @param {Object<string, string>} filter as in the query of /api/v1/dutch @param {Listing} lot */
export function passes(filter, lot) {
  const { status, asset, seller, q, min_price_sats: min, max_price_sats: max } = filter;
  return (!status || status.split(',').includes(lot.status)) &&
    (!seller || lot.seller === seller) &&
    lot.assets.some(({ asset: name }) => (!asset || name === asset) && (!q || name.toLowerCase().includes(q.toLowerCase()))) &&
    (!min || (lot.price_sats !== null && lot.price_sats >= Number(min))) &&
    (!max || (lot.price_sats !== null && lot.price_sats <= Number(max)));
}

const ORDERS = {
  newest: () => 0,
  ending: (lot) => lot.end_block,
  price: (lot) => lot.price_sats ?? Infinity,
  '-price': (lot) => (lot.price_sats === null ? Infinity : -lot.price_sats),
};
export const SORTS = Object.keys(ORDERS);

/** @param {string} sort one of SORTS @returns {(a: Listing, b: Listing) => number} newest first where equal */
export const byOrder = (sort) => (a, b) => {
  const [x, y] = [ORDERS[sort](a), ORDERS[sort](b)];
  return x === y ? b.id - a.id : x < y ? -1 : 1;
};
