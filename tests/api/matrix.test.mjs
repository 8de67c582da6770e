/**
 * Every route and every kind of caller: who is let in is what the route table says, and nothing else. The
 * rows are read from web/api/routes.c itself, so a new one is part of this at once.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Gaveld } from '../support/gaveld.mjs';
import { Person } from '../support/person.mjs';
import { ROWS, ROWS_EXPECTED } from '../support/routes.mjs';

const PASSWORD = 'correct horse battery staple';

/** What each role may do, as app/account/scope.h has it; written down here a second time, by hand. */
const ROLES = {
  owner: ['auctions:read', 'auctions:write', 'bids:write', 'orders:solve', 'admin', 'operate', 'login'],
  operator: ['auctions:read', 'auctions:write', 'bids:write', 'orders:solve', 'operate', 'login'],
  host: ['auctions:read', 'auctions:write', 'login'],
  bidder: ['auctions:read', 'bids:write', 'login'],
  viewer: ['auctions:read', 'login'],
};
const KEYS = {
  'auctions:read': ['auctions:read'],
  'auctions:write': ['auctions:write'],
  'bids:write': ['bids:write'],
  'orders:solve': ['orders:solve'],
  admin: ['admin', 'operate'],
};
/** Changing these would end the test: only refusals are looked at. */
const FATAL = new Set(['system_restart', 'session_close', 'session_end']);

/** @type {Gaveld} */
let box;
/** Name, what it may do, and its headers. @type {{name: string, may: string[], headers: Record<string, string>, cookie: boolean}[]} */
const callers = [{ name: 'nobody', may: [], headers: {}, cookie: false }];

before(async () => {
  box = await Gaveld.start({
    settings: {
      'node.url': 'http://127.0.0.1:1',
      'node.user': 'a',
      'node.password': 'b',
      'oracle.enabled': 'off',
      'web.limit_loopback': 'off',
    },
  });
  const owner = await Person.owner(box);
  for (const [role, may] of Object.entries(ROLES)) {
    if (role !== 'owner') await owner.send('POST', '/api/v1/users', { name: role, role, password: PASSWORD });
    const person = role === 'owner' ? owner : await Person.login(box.api, role, PASSWORD);
    const headers = { ...person.cookie, 'X-CSRF-Token': person.csrf };
    callers.push({ name: role, may, headers, cookie: true });
    const { json } = await person.send('POST', '/api/v1/session/token');
    callers.push({
      name: `token of ${role}`,
      may,
      headers: { Authorization: `Bearer ${json.token}` },
      cookie: false,
    });
  }
  for (const [scope, may] of Object.entries(KEYS)) {
    const { json } = await owner.send('POST', '/api/v1/keys', { name: scope, scopes: [scope] });
    callers.push({ name: `key ${scope}`, may, headers: { 'X-API-Key': json.key }, cookie: false });
  }
});
after(() => box?.close());

/** Where programs of this machine need no scope, ask as a stranger through a proxy. */
const ask = ({ method, path, local }, headers) =>
  box.api.send(method, path, {
    headers: { ...(local ? { 'X-Forwarded-For': '203.0.113.7' } : {}), ...headers },
  });

test('the table was read', () => {
  assert.equal(ROWS.length, ROWS_EXPECTED, 'every row is understood');
  assert.ok(ROWS.length > 40);
  for (const { method, scope, csrf, operation } of ROWS)
    assert.equal(
      csrf,
      method !== 'GET' && scope !== 'public',
      `${operation}: a write with a scope has a token`,
    );
});

test('who lacks the scope is refused on every route, whoever it is', async () => {
  for (const each of ROWS) {
    if (each.scope === 'public') continue;
    for (const { name, may, headers } of callers) {
      if (may.includes(each.scope)) continue;
      const { status, text } = await ask(each, headers);
      assert.equal(status, name === 'nobody' ? 401 : 403, `${name}: ${each.method} ${each.path}: ${text}`);
    }
  }
});

test('who has the scope is let in', async () => {
  for (const each of ROWS) {
    if (each.scope === 'public' || FATAL.has(each.operation)) continue;
    for (const { name, may, headers } of callers) {
      if (!may.includes(each.scope)) continue;
      const { status, json } = await ask(each, headers);
      const refused = [401, 403].includes(status) && /^(auth|session)\./.test(json?.code ?? 'auth.');
      assert.ok(!refused, `${name}: ${each.method} ${each.path}: ${status} ${json?.code}`);
    }
  }
});

test('a public route asks nobody who he is', async () => {
  for (const each of ROWS) {
    if (each.scope !== 'public') continue;
    const { status, json } = await ask(each, { 'X-API-Key': 'wrong' });
    assert.ok(![401, 403].includes(status), `${each.method} ${each.path}: ${status} ${json?.code}`);
  }
});

test('no write of a session is taken without its token', async () => {
  for (const each of ROWS) {
    if (!each.csrf) continue;
    for (const { name, may, headers, cookie } of callers) {
      if (!cookie || !may.includes(each.scope)) continue;
      const { status, json, text } = await ask(each, { Cookie: headers.Cookie });
      assert.equal(status, 403, `${name}: ${each.method} ${each.path}: ${text}`);
      assert.ok(!json.code || json.code === 'session.csrf');
    }
  }
});

test('a row whose method is not its own is 405, whoever asks', async () => {
  const owner = callers.find(({ name }) => name === 'owner');
  for (const path of new Set(ROWS.map((each) => each.path))) {
    const known = new Set(ROWS.filter((each) => each.path === path).map(({ method }) => method));
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
      if (known.has(method)) continue;
      const { status } = await ask({ method, path }, owner.headers);
      assert.ok([404, 405].includes(status), `${method} ${path}: ${status}`);
    }
  }
});
