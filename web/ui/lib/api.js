/**
 * The calls of the shell: market and node (public), set-up, session and account, dashboard. Each is declared once.
 *
 * @typedef {Object} Listing
 * @property {number} id
 * @property {'dutch'} kind
 * @property {string} asset
 * @property {string} quantity base units
 * @property {boolean} divisible
 * @property {Amount[]} assets all that is sold; more than one: a bundle
 * @property {{txid: string, vout: number, value_sats: number}} utxo
 * @property {number} start_block
 * @property {number} end_block
 * @property {number} blocks_after_end
 * @property {number} start_price_sats
 * @property {number|null} end_price_sats null: hidden by a reserve
 * @property {number|null} price_decrement null: hidden by a reserve
 * @property {{reached: boolean}|null} reserve
 * @property {boolean} locked
 * @property {'upcoming'|'active'|'sold'|'closed'|'finished'|'expired'} status
 * @property {number|null} price_sats
 * @property {string|null} seller
 * @property {string} created_at
 * @property {{kind: string, block_number: number|null}} reveal
 * @property {string|null} psbt
 * @property {Spend|null} spend
 *
 * @typedef {Object} Amount
 * @property {string} asset
 * @property {string} quantity base units
 * @property {boolean} divisible
 *
 * @typedef {Object} Spend
 * @property {'pending'|'confirmed'|'unknown'} state
 * @property {string|null} txid
 * @property {number|null} block
 * @property {number|null} price_sats
 * @property {number|null} rung block number of the PSBT that was used
 * @property {string|null} recipient
 * @property {boolean} asset_returned
 * @property {number} confirmations
 *
 * @typedef {Object} NodeState
 * @property {number} height
 * @property {number} headers
 * @property {boolean} live
 * @property {boolean} reachable
 * @property {boolean} initial_download
 * @property {boolean} pruned
 * @property {string} network
 * @property {string} tip_time
 * @property {number|null} mempool_txs
 * @property {number} verification_progress
 * @property {string|null} error
 * @property {{enabled: boolean, alive: boolean}} feed
 * @property {{reachable: boolean, ready: boolean, height: number}} indexer
 *
 * @typedef {Object} Session
 * @property {{id: number, name: string, role: 'owner'|'operator'|'host'|'bidder'|'viewer'}} user
 * @property {string[]} scopes
 * @property {string} csrf
 * @property {string} expires_at
 *
 * @typedef {Object} Setup
 * @property {boolean} claimed
 * @property {string} step where the wizard was left
 * @property {string} language
 * @property {string[]} steps
 *
 * @typedef {Object} NodeTest
 * @property {{ok: boolean, code: string, detail: string}} rpc
 * @property {{topic: string, ok: boolean, detail: string}[]} zmq
 * @property {string[]} missing lines for bitcoin.conf
 * @property {{network: string, height: number, headers: number, pruned: boolean, ibd: boolean, version: number}|null} chain version: 300000 is 30.0.0, 0 untold
 */
import { get, patch, post, put, remove } from './http.js';


/** @returns {Promise<{items: Listing[], sequence: number}>} */
export const listListings = () => get('/api/v1/dutch?limit=200');

/** @param {AbortSignal} [until] @returns {Promise<{by_status: Object<string, number>, not_counted: number}>} of all listings */
export const readCounts = (until) => get('/api/v1/stats', until);

/** @param {AbortSignal} [until] @returns {Promise<NodeState>} */
export const readNode = (until) => get('/api/v1/node', until);

/* ---- Set-up ---- */

/** @returns {Promise<Setup>} */
export const readSetup = () => get('/api/v1/setup');
/** @param {{code: string, name: string, password: string, language: string}} claim @returns {Promise<Session>} */
export const claimBox = (claim) => post('/api/v1/setup/claim', claim, { quiet: true });
/** @param {string} step */
export const saveSetupStep = (step) => put('/api/v1/setup/step', { step });
/** @typedef {{asked: boolean, memory_mib: number, memory_mib_min: number, disk_mib: number, disk_mib_min: number}} OwnNode */
/** @returns {Promise<{own: OwnNode|null, cookies: {path: string, network: string, readable: boolean}[], addresses: {url: string, answers: boolean}[]}>} */
export const discoverNode = () => post('/api/v1/setup/node/discover', undefined, { timeoutMs: 30000 });
/** @returns {Promise<OwnNode>} */
export const startOwnNode = () => post('/api/v1/setup/node/own', { network: 'main' });
/** @param {object} connection @param {AbortSignal} [until] @returns {Promise<NodeTest>} */
export const testNode = (connection, until) => post('/api/v1/setup/node/test', connection, { until, timeoutMs: 40000 });

/* ---- Session and account ---- */

/** @param {{name: string, password: string, totp?: string}} credentials @returns {Promise<Session>} */
export const openSession = (credentials) => post('/api/v1/session', credentials, { quiet: true });
/** @returns {Promise<Session>} */
export const readSession = () => get('/api/v1/session');
export const closeSession = () => remove('/api/v1/session');
/** @returns {Promise<{items: {id: string, user: string, address: string, agent: string, created_at: string, last_seen_at: string, current: boolean}[]}>} */
export const listSessions = () => get('/api/v1/sessions');
/** @param {string} id */
export const endSession = (id) => remove(`/api/v1/sessions/${encodeURIComponent(id)}`);
/** @param {{current: string, new: string}} passwords */
export const changePassword = (passwords) => put('/api/v1/account/password', passwords, { quiet: true });
/** @param {string} password @returns {Promise<{secret: string, uri: string}>} */
export const beginTotp = (password) => post('/api/v1/account/totp', { password }, { quiet: true });
/** @param {string} code */
export const confirmTotp = (code) => put('/api/v1/account/totp', { code }, { quiet: true });
/** @param {{password: string, code: string}} proof */
export const removeTotp = (proof) => remove('/api/v1/account/totp', { body: proof, quiet: true });

/* ---- Settings and system ---- */

/**
 * @typedef {Object} Setting
 * @property {string} key "node.url"
 * @property {string} group
 * @property {'text'|'path'|'url'|'endpoints'|'origins'|'number'|'switch'|'choice'} type
 * @property {string|number|boolean} [value] a secret has `set` instead
 * @property {boolean} [set]
 * @property {string|number|boolean} [default]
 * @property {number} [min]
 * @property {number} [max]
 * @property {string[]} [choices]
 * @property {string} help
 * @property {'default'|'file'|'stored'|'environment'|'flag'} source
 * @property {boolean} restart takes effect at the next start
 * @property {boolean} secret
 * @property {boolean} forced cannot be changed here
 * @property {boolean} pending differs from what runs
 */
/** @returns {Promise<{items: Setting[], pending: boolean}>} */
export const readSettings = () => get('/api/v1/settings');
/** @param {Object<string, any>} changes key to value @param {string|undefined} etag of what was read */
export const changeSettings = (changes, etag) => patch('/api/v1/settings', changes, { etag });
/** @param {AbortSignal} [until] @returns {Promise<any>} pools, memory, disk, certificate, backup, clock */
export const readSystem = (until) => get('/api/v1/system', until);
export const restartBox = () => post('/api/v1/system/restart');
/** @returns {Promise<{status: string, version: string, uptime: number, clients: number}>} */
export const readHealth = () => get('/health');
