/**
 * One request to the box, with everything it asks of a browser: CSRF header, problem+json, ETag, Idempotency-Key.
 * The calls themselves are declared in lib/api*.js.
 */
import { signal } from './signal.js';
import { hasText, placesOf, t } from './i18n.js';

const TIMEOUT_MS = 20000;

/** Whether the box answered last time: false shows the offline notice. */
export const answering = signal(true);

/** What the answers of the box mean for the whole page; app.js says what to do. */
export const on = {
  signedOut: () => {},
  unclaimed: () => {},
  /** The CSRF token was of another session. @returns {Promise<boolean>} whether there is a new one */
  renew: async () => false,
};

let csrf = null;
/** @param {string|null} token of the session that the cookie belongs to */
export const useCsrf = (token) => { csrf = token; };

/** An answer that is no success, as RFC 9457 problem or as close to one as can be. */
export class Problem extends Error {
  /** @param {number} status 0: no answer at all @param {any} body @param {number} [retryAfterS] */
  constructor(status, body, retryAfterS = 0) {
    super(body.detail || body.title || `HTTP ${status}`);
    this.status = status;
    /** @type {string} "psbt.wrong_sighash", "offline" */
    this.code = body.code ?? '';
    /** @type {{pointer: string, code?: string, detail?: string}[]} */
    this.errors = body.errors ?? [];
    this.retryAfterS = retryAfterS;
    this.requestId = body.request_id ?? null;
  }

  /** What a person reads: our own sentence for the code, else the box's. */
  get text() {
    return problemText(this.code, this.message);
  }
}

/**
 * Our sentence for a code, else the box's own words. A sentence may take over numbers of those words, by their place:
 * "{0}" is the first of them.
 * @param {string|undefined} code @param {string|undefined} detail
 */
export function problemText(code, detail) {
  const key = `problem.${code}`;
  if (!code || !hasText(key)) return detail ?? t('problem.unknown');
  const numbers = detail?.match(/-?\d+/g)?.map(Number) ?? [];
  return placesOf(key).every((place) => place in numbers) ? t(key, { ...numbers }) : detail ?? t('problem.unknown');
}

/** Where an object came from says which version it is: for If-Match. */
const etags = new WeakMap();
/** @param {object} object answer of a GET @returns {string|undefined} */
export const etagOf = (object) => etags.get(object);

/** A key for one thing to be done once, however often it is asked. crypto.randomUUID needs https. */
export function idempotencyKey() {
  const b = crypto.getRandomValues(new Uint8Array(16));
  b[6] = (b[6] & 0x0f) | 0x40;
  b[8] = (b[8] & 0x3f) | 0x80;
  const hex = [...b].map((v) => v.toString(16).padStart(2, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

function headersOf(method, { body, etag, idempotency, headers }) {
  const all = new Headers({ Accept: 'application/json', ...headers });
  if (body !== undefined && !(body instanceof Blob)) all.set('Content-Type', 'application/json');
  if (method !== 'GET' && csrf) all.set('X-CSRF-Token', csrf);
  if (etag) all.set('If-Match', etag);
  if (idempotency) all.set('Idempotency-Key', idempotency);
  return all;
}

async function ask(method, path, options) {
  const { body, until, timeoutMs = TIMEOUT_MS } = options;
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), timeoutMs);
  const leave = () => stop.abort();
  until?.addEventListener('abort', leave);
  try {
    const answer = await fetch(path, {
      method,
      headers: headersOf(method, options),
      body: body === undefined || body instanceof Blob ? body : JSON.stringify(body),
      cache: 'no-cache',
      signal: stop.signal,
    });
    const text = answer.status === 204 ? '' : await answer.text();
    answering.set(true);
    return { answer, text };
  } catch {
    if (until?.aborted) throw new DOMException('left', 'AbortError');
    answering.set(false);
    throw new Problem(0, { code: 'offline' });
  } finally {
    clearTimeout(timer);
    until?.removeEventListener('abort', leave);
  }
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function problemOf(answer, text) {
  const body = parse(text);
  return new Problem(answer.status, body && typeof body === 'object' ? body : {}, Number(answer.headers.get('Retry-After')) || 0);
}

/**
 * @param {'GET'|'POST'|'PUT'|'PATCH'|'DELETE'} method
 * @param {string} path
 * @param {Object} [options]
 * @param {any} [options.body] JSON, or a Blob as it is
 * @param {string} [options.etag] of the version that is changed
 * @param {string} [options.idempotency] see idempotencyKey
 * @param {Object<string, string>} [options.headers]
 * @param {AbortSignal} [options.until] gives the request up
 * @param {number} [options.timeoutMs]
 * @param {boolean} [options.quiet] a 401 is an answer like others (signing in), not the end of the session
 * @returns {Promise<any>} the JSON; null without a body
 * @throws {Problem}
 */
export async function send(method, path, options = {}) {
  let { answer, text } = await ask(method, path, options);
  let problem = answer.ok ? null : problemOf(answer, text);
  if (problem?.code === 'session.csrf' && await on.renew()) {
    ({ answer, text } = await ask(method, path, options));
    problem = answer.ok ? null : problemOf(answer, text);
  }
  if (problem) {
    if (problem.status === 401 && !options.quiet) on.signedOut();
    if (problem.code === 'setup.unclaimed') on.unclaimed();
    throw problem;
  }
  const data = parse(text);
  const etag = answer.headers.get('ETag');
  if (etag && data !== null && typeof data === 'object') etags.set(data, etag);
  return data;
}

/** "?a=1&b=2" of what is given; empty members are left out. @param {Object<string, any>} given */
export function queryOf(given) {
  const parts = Object.entries(given).filter(([, value]) => value !== null && value !== undefined && value !== '');
  return parts.length ? `?${new URLSearchParams(parts.map(([name, value]) => [name, String(value)]))}` : '';
}

/** @param {string} path @param {AbortSignal} [until] */
export const get = (path, until) => send('GET', path, { until });
/** @param {string} path @param {any} [body] @param {object} [options] see send */
export const post = (path, body, options) => send('POST', path, { ...options, body });
/** @param {string} path @param {any} body @param {object} [options] see send */
export const put = (path, body, options) => send('PUT', path, { ...options, body });
/** @param {string} path @param {any} body @param {object} [options] see send */
export const patch = (path, body, options) => send('PATCH', path, { ...options, body });
/** @param {string} path @param {object} [options] see send */
export const remove = (path, options) => send('DELETE', path, options);
