/** A person at the box: logged in by name and password, known by a cookie, writing with the token. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { OWNER } from './gaveld.mjs';
import { stringify } from './json.mjs';
import { until } from './wait.mjs';

/** @typedef {import('./api.mjs').Answer} Answer */

/** The code that a fresh box shows, once it does. @param {import('./gaveld.mjs').Gaveld} box */
export function claimCode(box) {
  const file = join(box.dir, 'claim-code.txt');
  return until('a claim code', () => {
    const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
    return /\b(\d{8})\b/.exec(text)?.[1];
  });
}

export class Person {
  /** From the answer to a login or claim. @param {import('./api.mjs').Api} api @param {Answer} answer */
  static of(api, answer) {
    const person = new Person();
    person.api = api;
    person.sid = /gavel_sid=([^;]*)/.exec(String(answer.headers['set-cookie']))?.[1] ?? '';
    person.csrf = answer.json.csrf;
    person.user = answer.json.user;
    person.scopes = answer.json.scopes;
    return person;
  }

  /**
   * @param {import('./api.mjs').Api} api @param {string} name @param {string} password
   * @param {{totp?: string, headers?: Record<string, string>}} [more]
   */
  static async login(api, name, password, { totp, headers } = {}) {
    const answer = await api.post('/api/v1/session', { name, password, ...(totp ? { totp } : {}) }, headers);
    if (answer.status !== 201) throw new Error(`login of ${name}: ${answer.status} ${answer.text}`);
    return Person.of(api, answer);
  }

  /** @param {import('./gaveld.mjs').Gaveld} box */
  static owner(box) {
    return Person.login(box.api, OWNER.name, OWNER.password);
  }

  get cookie() {
    return { Cookie: `gavel_sid=${this.sid}` };
  }

  /** @param {string} path @param {Record<string, string>} [headers] */
  get(path, headers) {
    return this.api.get(path, { ...this.cookie, ...headers });
  }

  /**
   * A write, with its token.
   * @param {string} method @param {string} path @param {unknown} [body] @param {Record<string, string>} [headers]
   */
  send(method, path, body, headers = {}) {
    const type = body === undefined ? {} : { 'Content-Type': 'application/json' };
    return this.api.send(method, path, {
      body: body === undefined ? undefined : stringify(body),
      headers: { ...this.cookie, 'X-CSRF-Token': this.csrf, ...type, ...headers },
    });
  }
}
