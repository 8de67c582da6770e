/**
 * The calls of the shell: market and node (public), set-up, session and account, dashboard. Each is declared once.
 */
import { get, patch, post, put, remove } from './http.js';

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

/** @returns {Promise<{items: Setting[], pending: boolean}>} */
export const readSettings = () => get('/api/v1/settings');
/** @param {Object<string, any>} changes key to value @param {string|undefined} etag of what was read */
export const changeSettings = (changes, etag) => patch('/api/v1/settings', changes, { etag });
/** @param {AbortSignal} [until] @returns {Promise<any>} pools, memory, disk, certificate, backup, clock */
export const readSystem = (until) => get('/api/v1/system', until);
export const restartBox = () => post('/api/v1/system/restart');
/** @returns {Promise<{status: string, version: string, uptime: number, clients: number}>} */
export const readHealth = () => get('/health');
