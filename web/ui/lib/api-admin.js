/**
 * The calls of the admin pages. Each is declared once; settings and the system's state are in lib/api.js.
 */
import { get, patch, post, put, queryOf, remove } from './http.js';

/* ---- People and programs ---- */

/** @returns {Promise<{items: User[]}>} */
export const listUsers = () => get('/api/v1/users');
/** @param {{name: string, role: Role, password: string}} user @returns {Promise<User>} */
export const addUser = (user) => post('/api/v1/users', user);
/** @param {User} user as it was seen @param {{role?: Role, disabled?: boolean, password?: string, totp?: false}} change @returns {Promise<User>} */
export const changeUser = ({ id, etag }, change) => patch(`/api/v1/users/${encodeURIComponent(id)}`, change, { etag });
/** @param {string} id */
export const removeUser = (id) => remove(`/api/v1/users/${encodeURIComponent(id)}`);

/** @returns {Promise<{items: Key[]}>} */
export const listKeys = () => get('/api/v1/keys');
/** @param {{name: string, scopes: string[], expires_at?: string|null, legacy_unlocked?: boolean}} key @returns {Promise<Key>} */
export const addKey = (key) => post('/api/v1/keys', key);
/** @param {string} id */
export const revokeKey = (id) => remove(`/api/v1/keys/${encodeURIComponent(id)}`);

/* ---- The record and the log ---- */

/** @param {{cursor?: string|null, kind?: string, limit?: number}} page @param {AbortSignal} [until] @returns {Promise<{items: AuditRow[], next_cursor: string|null}>} */
export const listAudit = (page, until) => get(`/api/v1/audit${queryOf(page)}`, until);
/** @returns {Promise<{ok: boolean, rows: number, last: string, detail: string}>} */
export const verifyAudit = () => get('/api/v1/audit/verify');
/** @param {{level?: string, module?: string, q?: string, since?: number, limit?: number}} filter @param {AbortSignal} [until] @returns {Promise<{items: LogLine[], last: number}>} */
export const readLogs = (filter, until) => get(`/api/v1/logs${queryOf(filter)}`, until);

/* ---- The owner's certificate ---- */

/** @param {string} pem chain and key */
export const installCertificate = (pem) => put('/api/v1/system/certificate', { pem });
export const removeCertificate = () => remove('/api/v1/system/certificate');

/* ---- Webhooks ---- */

/** @returns {Promise<{items: Webhook[], events: string[], max: number}>} */
export const listWebhooks = () => get('/api/v1/webhooks');
/** @param {{name: string, url: string, events: string[]}} webhook @returns {Promise<Webhook>} */
export const addWebhook = (webhook) => post('/api/v1/webhooks', webhook);
/** @param {Webhook} hook as it was seen @param {{name?: string, url?: string, events?: string[], enabled?: boolean}} change @returns {Promise<Webhook>} */
export const changeWebhook = ({ id, etag }, change) => patch(`/api/v1/webhooks/${id}`, change, { etag });
/** @param {number} id */
export const removeWebhook = (id) => remove(`/api/v1/webhooks/${id}`);
/** @param {number} id @returns {Promise<{delivery_id: number}>} */
export const testWebhook = (id) => post(`/api/v1/webhooks/${id}/test`);
/** @param {number} id @param {{cursor?: string|null, limit?: number}} page @param {AbortSignal} [until] @returns {Promise<{items: Delivery[], next_cursor: string|null}>} */
export const listDeliveries = (id, page, until) => get(`/api/v1/webhooks/${id}/deliveries${queryOf(page)}`, until);
/** @param {number} id @returns {Promise<{delivery_id: number}>} */
export const redeliver = (id) => post(`/api/v1/deliveries/${id}/redeliver`);

/* ---- Backups ---- */

/** @param {AbortSignal} [until] @returns {Promise<{items: Backup[], has_key: boolean, created_at: string|null, verified_at: string|null, job: BackupJob|null}>} */
export const listBackups = (until) => get('/api/v1/backups', until);
/** @param {string} [passphrase] needed for the first one @returns {Promise<{job: BackupJob}>} */
export const makeBackup = (passphrase) => post('/api/v1/backups', passphrase ? { passphrase } : {});
/** @param {string} id @returns {Promise<{job: BackupJob}>} */
export const verifyBackup = (id) => post(`/api/v1/backups/${encodeURIComponent(id)}/verify`, {});
/** @param {string} id */
export const removeBackup = (id) => remove(`/api/v1/backups/${encodeURIComponent(id)}`);
/** @param {string} id */
export const backupFile = (id) => `/api/v1/backups/${encodeURIComponent(id)}/file`;
/** Onto the shelf, not yet into force. @param {File} file @returns {Promise<{id: string}>} */
export const uploadBackup = (file) => post('/api/v1/restore', new Blob([file], { type: 'application/octet-stream' }), { timeoutMs: 600000 });
/** @param {{id: string, passphrase?: string, settings: boolean, replace: boolean}} order @returns {Promise<{job: BackupJob}>} */
export const beginRestore = (order) => post('/api/v1/restore', order);
/** @param {AbortSignal} [until] @returns {Promise<{job: BackupJob|null, restored: {id: string, at: string}|null}>} */
export const readRestore = (until) => get('/api/v1/restore', until);

/* ---- Updates ---- */

const UPDATE = '/api/v1/update';
/** @returns {Promise<Update>} */
export const readUpdate = () => get(UPDATE);
/** @param {File} file @returns {Promise<Update>} */
export const uploadUpdate = (file) => post(UPDATE, new Blob([file], { type: 'application/octet-stream' }), { timeoutMs: 1800000 });
/** @returns {Promise<Update>} */
export const applyUpdate = () => post(`${UPDATE}/apply`);
export const dropUpdate = () => remove(UPDATE);
