/**
 * The calls of the price, each declared once.
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
