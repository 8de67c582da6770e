/**
 * The calls of order auctions. Each is declared once. Members that end in _s are seconds of the book's clock.
 */
import { get, patch, post, queryOf } from './http.js';

/** @param {AbortSignal} [until] @returns {Promise<any>} on, escrow, unsafe, rules, counts; see OrdersStatus of the API */
export const readOrdersStatus = (until) => get('/api/v1/orders/status', until);

/** @param {AbortSignal} [until] @returns {Promise<{now_s: number, items: Order[]}>} the newest */
export const listOrders = (until) => get('/api/v1/orders', until);

/** @param {number} id @param {AbortSignal} [until] @returns {Promise<{items: Bid[], next_cursor: string|null}>} newest first */
export const listBids = (id, until) => get(`/api/v1/orders/${id}/bids`, until);

/** @param {AbortSignal} [until] @returns {Promise<{now_s: number, items: Solver[]}>} */
export const listSolvers = (until) => get('/api/v1/orders/solvers', until);

/** @param {number} from @param {AbortSignal} [until] @returns {Promise<{items: LogEntry[]}>} oldest first */
export const readOrdersLog = (from, until) => get(`/api/v1/orders/log${queryOf({ from })}`, until);

/** @returns {Promise<{good: boolean, entries?: number, last_hash?: string, code?: string, problem?: string}>} */
export const verifyOrdersLog = () => get('/api/v1/orders/log/verify');

/** @param {{description: string}[]|Blob} what a Blob is CSV @param {string} idempotency @returns {Promise<{first_id: number, last_id: number, count: number}>} */
export const addOrders = (what, idempotency) => post('/api/v1/orders', what, { idempotency });

/** @param {{id: string, pubkey?: string, secret?: boolean}} solver @returns {Promise<{id: string, secret: string|null}>} */
export const registerSolver = (solver) => post('/api/v1/orders/solvers', solver);

/** @param {Solver} solver @param {number} until seconds of the book's clock; 0 ends it */
export const suspendSolver = ({ id, etag }, until) => patch(`/api/v1/orders/solvers/${id}`, { suspended_until_s: until }, { etag });

/** @param {string} owner "solvers/s1", or the number of an order @param {{amount: number, proof: string}} deposit */
export const bookDeposit = (owner, deposit) => post(`/api/v1/orders/${owner}/deposits`, deposit);
