/**
 * The calls of the price, each declared once.
 *
 * @typedef {'filling'|'ok'|'uncertain'|'stale'|'node_behind'} PriceState
 *
 * @typedef {Object} PriceHint dollars beside satoshi
 * @property {number} usd_per_btc
 * @property {number} age_s when it was sent
 * @property {number} time seconds since 1970
 * @property {PriceState} state
 *
 * @typedef {Object} Oracle the price now
 * @property {PriceState} state
 * @property {number} state_since seconds since 1970
 * @property {number|null} price median of the window
 * @property {number|null} spot of this moment
 * @property {{low: number, high: number, coverage: number}|null} interval of spot
 * @property {{low: number, high: number}|null} chart limits of the algorithm's axis
 * @property {number} confidence 0..1
 * @property {number|null} wide price by the wide search
 * @property {number|null} age_s
 * @property {number} filled 0..1
 * @property {Object<string, number>} window
 * @property {BlockPrice} [block]
 * @property {PriceHint|null} price_hint
 * @property {number} server_time_ms
 *
 * @typedef {Object} BlockPrice price of the last `of` blocks
 * @property {'off'|'filling'|'ok'|'short'|'node_behind'} state
 * @property {number|null} price
 * @property {number} confidence
 * @property {number} height
 * @property {number} blocks
 * @property {number} of
 * @property {number} progress 0..1
 * @property {number} time
 *
 * @typedef {{height: number, time: number, price: number}} BlockTip price after that block
 *
 * @typedef {Object} Day
 * @property {string} date
 * @property {number} price
 * @property {number} confidence
 * @property {number} blocks
 * @property {boolean} complete
 */

import { get } from './http.js';

/** @param {AbortSignal} [until] @returns {Promise<Oracle>} */
export const readOracle = (until) => get('/api/v1/oracle', until);

/**
 * @param {number} from seconds since 1970
 * @param {number} step 1, 60 or 3600 @param {AbortSignal} [until]
 * @returns {Promise<{samples: [time: number, price: number, confidence: number][]}>} holes are left out
 */
export const readHistory = (from, step, until) => get(`/api/v1/oracle/history?from=${from}&step=${step}`, until);

/** @returns {Promise<{items: BlockTip[]}>} ascending */
export const readBlocks = () => get('/api/v1/oracle/blocks');

/** @returns {Promise<{items: Day[]}>} two years, ascending, days without a price left out */
export const readDays = () => get('/api/v1/oracle/days');
