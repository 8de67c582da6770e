/** A client of gaveld's HTTP and HTTPS, keep-alive, that shows answers as they came. */
import { randomUUID } from 'node:crypto';
import http from 'node:http';
import https from 'node:https';
import { assertContract, needsIdempotencyKey } from './contract.mjs';
import { stringify } from './json.mjs';

/**
 * @typedef {object} Answer
 * @property {number} status
 * @property {http.IncomingHttpHeaders} headers
 * @property {string} text
 * @property {any} json       null when the body is no JSON
 */

export class Api {
  /** @param {string} base http://127.0.0.1:8480 @param {{ca?: string}} [options] */
  constructor(base, { ca } = {}) {
    this.base = base;
    const secure = base.startsWith('https:');
    this.module = secure ? https : http;
    this.agent = secure
      ? new https.Agent({ keepAlive: true, maxSockets: 8, ca })
      : new http.Agent({ keepAlive: true, maxSockets: 8 });
  }

  /**
   * @param {string} method @param {string} path
   * @param {{body?: string|Buffer, headers?: Record<string, string>}} [options]
   * @param {boolean} [again] already repeated once
   * @returns {Promise<Answer>}
   */
  send(method, path, { body, headers = {} } = {}, again = false) {
    return new Promise((resolve, reject) => {
      const length = body === undefined ? {} : { 'Content-Length': String(Buffer.byteLength(body)) };
      const request = this.module.request(
        `${this.base}${path}`,
        { method, agent: this.agent, headers: { ...length, ...headers }, timeout: 60000 },
        (response) => {
          const parts = [];
          response.on('data', (part) => parts.push(part));
          response.on('error', reject);
          response.on('end', () => {
            const text = Buffer.concat(parts).toString('utf8');
            const answer = {
              status: response.statusCode,
              headers: response.headers,
              text,
              json: parseOrNull(text),
            };
            try {
              assertContract(method, path, answer);
              resolve(answer);
            } catch (error) {
              reject(error);
            }
          });
        },
      );
      request.on('timeout', () => request.destroy(new Error(`${method} ${path}: no answer in 60 s`)));
      request.on('error', (error) => {
        // The server may close an idle connection at the moment we reuse it.
        const stale =
          request.reusedSocket && /** @type {NodeJS.ErrnoException} */ (error).code === 'ECONNRESET';
        if (stale && !again) resolve(this.send(method, path, { body, headers }, true));
        else reject(error);
      });
      request.end(body);
    });
  }

  /** @param {string} path @param {Record<string, string>} [headers] */
  get(path, headers) {
    return this.send('GET', path, { headers });
  }

  /**
   * With an Idempotency-Key of its own where one is needed.
   * @param {string} path
   * @param {unknown} body  a string goes out as it is
   * @param {Record<string, string>} [headers]
   */
  post(path, body, headers) {
    const text = typeof body === 'string' ? body : stringify(body);
    const once = needsIdempotencyKey('POST', path) ? { 'Idempotency-Key': randomUUID() } : {};
    return this.send('POST', path, {
      body: text,
      headers: { 'Content-Type': 'application/json', ...once, ...headers },
    });
  }

  close() {
    this.agent.destroy();
  }
}

/** @param {string} text */
function parseOrNull(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
