/**
 * The calls of the market: lots, purchase, and what a seller needs. Each is declared once.
 */
import { get, post, queryOf } from './http.js';

/**
 * @param {Object<string, string|number|null|undefined>} filter members as the query has them; empty ones are left out
 * @param {AbortSignal} [until] @returns {Promise<LotPage>}
 */
export function listLots(filter, until) {
  return get(`/api/v1/dutch${queryOf(filter)}`, until);
}

/**
 * @param {{from?: number|null, to?: number|null, window?: number, asset?: string}} what times in seconds since 1970
 * @param {AbortSignal} [until] @returns {Promise<any>} by_status, sales, volume_sats, medians, assets, windows
 */
export const readStats = (what, until) => get(`/api/v1/stats${queryOf(what)}`, until);

/** @param {string} id @returns {Promise<Listing>} without its PSBT */
export const readLot = (id) => get(`/api/v1/dutch/${encodeURIComponent(id)}`);

/** @param {number} id @returns {Promise<{items: LotEvent[]}>} newest first */
export const readLotEvents = (id) => get(`/api/v1/dutch/${id}/events`);

/** @param {string} id @returns {Promise<{psbt: Rung|null}>} */
export const readCurrentPsbt = (id) => get(`/api/v1/dutch/${encodeURIComponent(id)}/current-psbt`);

/**
 * @param {number} id
 * @param {{inputs: {txid: string, vout: number}[], receive_address: string, change_address: string, fee_rate_sat_vb: number}} order
 * @returns {Promise<Purchase>}
 */
export const buildPurchase = (id, order) => post(`/api/v1/dutch/${id}/purchase`, order, { timeoutMs: 60000 });

/** @param {object} plan @returns {Promise<{price_decrement: number, psbts: Rung[]}>} unsigned */
export const buildLadder = (plan) => post('/api/v1/dutch/ladder', plan, { timeoutMs: 60000 });

/* A quantity goes out digit by digit as it was typed: numbers of JavaScript end at 2^53. */
const bodyOf = (offer) => new Blob(
  [JSON.stringify({ ...offer, asset_qty: 0 }).replace('"asset_qty":0', `"asset_qty":${offer.asset_qty}`)],
  { type: 'application/json' });

const as = (key) => ({ headers: key ? { 'X-API-Key': key } : {}, quiet: true, timeoutMs: 120000 });

/** @param {object} offer asset_qty as text of a number @param {string} [key] instead of a session @returns {Promise<Report>} */
export const checkOffer = (offer, key) => post('/api/v1/dutch/check', bodyOf(offer), as(key));

/** @param {object} offer @param {string|undefined} key @param {string} idempotency @returns {Promise<Listing & {warnings: string[]}>} */
export const listOffer = (offer, key, idempotency) => post('/api/v1/dutch', bodyOf(offer), { ...as(key), idempotency });
