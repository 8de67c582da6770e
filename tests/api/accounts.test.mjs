/** Logging in and out: sessions, forged writes, brute force, tokens. */
import assert from 'node:assert/strict';
import { createHash, createPublicKey, verify } from 'node:crypto';
import http from 'node:http';
import { after, before, test } from 'node:test';
import { Api } from '../support/api.mjs';
import { Gaveld, OWNER } from '../support/gaveld.mjs';
import { Person } from '../support/person.mjs';
import { until } from '../support/wait.mjs';

const SETTINGS = {
  'node.url': 'http://127.0.0.1:1',
  'node.user': 'a',
  'node.password': 'b',
  'oracle.enabled': 'off',
  'web.limit_loopback': 'off',
};
const PASSWORD = 'correct horse battery staple';

/** @type {Gaveld} */
let box;
/** @type {Person} */
let owner;

before(async () => {
  box = await Gaveld.start({ settings: SETTINGS });
  owner = await Person.owner(box);
});
after(() => box?.close());

/** A client from another address of this machine, so that its failures lock nobody else. @param {string} address */
function apiFrom(address) {
  const api = new Api(`http://127.0.0.1:${box.httpPort}`);
  api.agent.destroy();
  api.agent = new http.Agent({ keepAlive: true, localAddress: address });
  return api;
}

const wrongLogin = (/** @type {Api} */ api) =>
  api.post('/api/v1/session', { name: OWNER.name, password: 'not the password' });

/* ---- sessions ------------------------------------------------------------------------------------- */

test('a login gives a session object and a cookie that scripts cannot read', async () => {
  const answer = await box.api.post('/api/v1/session', OWNER);
  assert.equal(answer.status, 201);
  assert.match(
    String(answer.headers['set-cookie']),
    /^gavel_sid=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=43200$/,
  );
  assert.equal(answer.headers['cache-control'], 'no-store');
  assert.deepEqual(answer.json.user, { id: answer.json.user.id, name: 'owner', role: 'owner', totp: false });
  assert.ok(answer.json.scopes.includes('admin'));
  const person = Person.of(box.api, answer);
  const session = await person.get('/api/v1/session');
  assert.equal(session.json.csrf, answer.json.csrf);
  assert.equal((await person.send('DELETE', '/api/v1/session')).status, 204);
  assert.equal((await person.get('/api/v1/session')).json.code, 'session.none');
});

test('a cookie that was given over https is not sent without it', async () => {
  const secure = new Api(box.httpsUrl, { ca: box.ca });
  const answer = await secure.post('/api/v1/session', OWNER);
  assert.match(String(answer.headers['set-cookie']), /^gavel_sid=.*; SameSite=Strict; Max-Age=43200; Secure$/);
  const person = Person.of(secure, answer);
  const ended = await person.send('DELETE', '/api/v1/session');
  assert.match(String(ended.headers['set-cookie']), /^gavel_sid=; .*; Max-Age=0; Secure$/);
  secure.close();
});

test('names do not differ by case, passwords do', async () => {
  await Person.login(box.api, 'OWNER', OWNER.password);
  const api = apiFrom('127.0.0.21');
  const answer = await api.post('/api/v1/session', {
    name: OWNER.name,
    password: OWNER.password.toUpperCase(),
  });
  assert.equal(answer.status, 401);
  assert.equal(answer.json.code, 'session.wrong');
  api.close();
});

test('an unknown name and a wrong password are told the same', async () => {
  const api = apiFrom('127.0.0.22');
  const unknown = await api.post('/api/v1/session', { name: 'nobody', password: PASSWORD });
  const wrong = await wrongLogin(api);
  const essence = ({ status, json }) => [status, json.code, json.detail, json.title];
  assert.deepEqual(essence(unknown), essence(wrong));
  api.close();
});

test('the cookie changes at login: one that was planted opens nothing, an old one ends', async () => {
  const planted = 'A'.repeat(43);
  const headers = { Cookie: `gavel_sid=${planted}` };
  const first = await Person.login(box.api, OWNER.name, OWNER.password, { headers });
  assert.notEqual(first.sid, planted);
  assert.equal((await box.api.get('/api/v1/session', headers)).status, 401);
  const second = await Person.login(box.api, OWNER.name, OWNER.password, { headers: first.cookie });
  assert.notEqual(second.sid, first.sid);
  assert.equal((await first.get('/api/v1/session')).status, 401);
  assert.equal((await second.get('/api/v1/session')).status, 200);
});

test('a cookie that is there twice, cut, or longer is nobody', async () => {
  const { sid } = owner;
  for (const cookie of [
    `gavel_sid=${sid}; gavel_sid=${sid}`,
    `gavel_sid=${sid}; gavel_sid=x`,
    `gavel_sid=${sid.slice(1)}`,
    `gavel_sid=${sid}x`,
    'gavel_sid=',
    `GAVEL_SID=${sid}`,
  ])
    assert.equal((await box.api.get('/api/v1/session', { Cookie: cookie })).status, 401, cookie);
  assert.equal((await box.api.get('/api/v1/session', { Cookie: `a=b; gavel_sid=${sid}; c=d` })).status, 200);
});

test('sessions are listed and ended one by one, and outlive a restart', async () => {
  const other = await Person.login(box.api, OWNER.name, OWNER.password, {
    headers: { 'User-Agent': 'phone <b>of alice</b>' },
  });
  const { json } = await owner.get('/api/v1/sessions');
  const current = json.items.filter((item) => item.current);
  assert.equal(current.length, 1);
  const row = json.items.find((item) => item.agent === 'phone <b>of alice</b>');
  assert.equal(row.address, '127.0.0.1');
  assert.equal(row.user, 'owner');
  await box.halt();
  await box.launch();
  owner.api = other.api = box.api;
  assert.equal((await other.get('/api/v1/session')).status, 200);
  assert.equal((await owner.send('DELETE', `/api/v1/sessions/${row.id}`)).status, 204);
  assert.equal((await other.get('/api/v1/session')).status, 401);
  assert.equal((await owner.send('DELETE', `/api/v1/sessions/${row.id}`)).status, 404);
});

/* ---- forged writes -------------------------------------------------------------------------------- */

test('a write of a session needs its token, whatever else it carries', async () => {
  const other = await Person.login(box.api, OWNER.name, OWNER.password);
  const step = { step: 'modules' };
  for (const csrf of ['', 'x', other.csrf, owner.csrf.slice(1), `${owner.csrf}A`]) {
    const { status, json } = await owner.send('PUT', '/api/v1/setup/step', step, { 'X-CSRF-Token': csrf });
    assert.equal(status, 403);
    assert.equal(json.code, 'session.csrf');
  }
  assert.equal((await owner.send('PUT', '/api/v1/setup/step', step)).status, 200);
});

test('pages of other origins cannot write, with or without the token', async () => {
  for (const origin of ['http://evil.example', 'null', `http://127.0.0.1:${box.httpPort + 1}`]) {
    const { status, json } = await owner.send(
      'PUT',
      '/api/v1/setup/step',
      { step: 'modules' },
      { Origin: origin },
    );
    assert.equal(status, 403, origin);
    assert.equal(json.code, 'http.origin');
    const login = await box.api.post('/api/v1/session', OWNER, { Origin: origin });
    assert.equal(login.status, 403);
  }
});

test('a form cannot log anybody in', async () => {
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data'])
    assert.equal(
      (await box.api.post('/api/v1/session', JSON.stringify(OWNER), { 'Content-Type': type })).status,
      415,
    );
});

/* ---- brute force ---------------------------------------------------------------------------------- */

test('five failures lock an address, also for the right password, and no other', async () => {
  const api = apiFrom('127.0.0.31');
  for (let i = 0; i < 5; i++) assert.equal((await wrongLogin(api)).status, 401);
  const locked = await api.post('/api/v1/session', OWNER);
  assert.equal(locked.status, 429);
  assert.equal(locked.json.code, 'session.locked');
  const wait = Number(locked.headers['retry-after']);
  assert.ok(wait > 880 && wait <= 900, `Retry-After ${wait}`);
  assert.equal((await box.api.post('/api/v1/session', OWNER)).status, 201);
  api.close();
});

test('tries side by side do not slip past the count', async () => {
  const api = apiFrom('127.0.0.32');
  const answers = await Promise.all(Array.from({ length: 16 }, () => wrongLogin(api)));
  const judged = answers.filter(({ status }) => status === 401).length;
  assert.ok(judged <= 5, `${judged} were judged`);
  for (const { status } of answers) assert.ok([401, 429, 503].includes(status), String(status));
  api.close();
});

test('at most two passwords are hashed at once; the rest is told to come again', async () => {
  const api = new Api(`http://127.0.0.1:${box.httpPort}`);
  const answers = await Promise.all(Array.from({ length: 8 }, () => api.post('/api/v1/session', OWNER)));
  const busy = answers.filter(({ status }) => status === 503);
  assert.ok(busy.length > 0);
  for (const { json, headers } of busy) {
    assert.equal(json.code, 'session.hashing');
    assert.equal(headers['retry-after'], '1');
  }
  assert.ok(answers.some(({ status }) => status === 201));
  api.close();
});

test('strangers together try once a second, and cannot lock out this machine', async () => {
  const api = apiFrom('127.0.0.33');
  const asStranger = { 'X-Forwarded-For': '203.0.113.5' };
  const answers = [];
  for (let i = 0; i < 5; i++)
    answers.push(await api.post('/api/v1/session', { name: `n${i}`, password: PASSWORD }, asStranger));
  const others = await Promise.all(
    ['127.0.0.34', '127.0.0.35', '127.0.0.36', '127.0.0.37', '127.0.0.38'].map(async (address) => {
      const one = apiFrom(address);
      const answer = await one.post('/api/v1/session', { name: 'n', password: PASSWORD }, asStranger);
      one.close();
      return answer;
    }),
  );
  assert.ok([...answers, ...others].some(({ json }) => json.code === 'session.busy'));
  assert.equal((await box.api.post('/api/v1/session', OWNER)).status, 201);
  assert.match(await box.ctl('user', 'list'), /owner/);
  api.close();
});

test('failures and locks are in the audit log, with address and route, without what was typed', async () => {
  const rows = await until('the failures to be written down', async () => {
    const { json } = await owner.get('/api/v1/audit?kind=login');
    return json.items?.some(({ kind }) => kind === 'login.locked') && json.items;
  });
  const failed = rows.find(({ kind, detail }) => kind === 'login.failed' && detail.includes('127.0.0.31'));
  assert.match(failed.detail, /^by=nobody address=127\.0\.0\.31 route=session_open count=\d+$/);
  assert.ok(!JSON.stringify(rows).includes('not the password'));
});

/* ---- tokens --------------------------------------------------------------------------------------- */

test('a token is signed by the box, and good while its session is', async () => {
  const person = await Person.login(box.api, OWNER.name, OWNER.password);
  const { status, json } = await person.send('POST', '/api/v1/session/token');
  assert.equal(status, 201);
  const [head, body, signature] = json.token.split('.');
  const keys = (await box.api.get('/.well-known/jwks.json')).json.keys;
  const header = JSON.parse(Buffer.from(head, 'base64url').toString());
  const claims = JSON.parse(Buffer.from(body, 'base64url').toString());
  assert.deepEqual([header.alg, header.kid], ['ES256', keys[0].kid]);
  assert.equal(claims.exp - claims.iat, 900);
  assert.equal(claims.username, 'owner');
  const key = createPublicKey({ key: keys[0], format: 'jwk' });
  assert.ok(
    verify(
      'sha256',
      Buffer.from(`${head}.${body}`),
      { key, dsaEncoding: 'ieee-p1363' },
      Buffer.from(signature, 'base64url'),
    ),
  );
  const bearer = { Authorization: `Bearer ${json.token}` };
  const session = await box.api.get('/api/v1/session', bearer);
  assert.equal(session.json.user.name, 'owner');
  assert.equal(session.json.csrf, null);
  assert.equal(
    (
      await box.api.send('PUT', '/api/v1/setup/step', {
        body: '{"step":"done"}',
        headers: { ...bearer, 'Content-Type': 'application/json' },
      })
    ).status,
    200,
  );
  await person.send('DELETE', '/api/v1/session');
  assert.equal((await box.api.get('/api/v1/session', bearer)).json.code, 'auth.token_wrong');
});

test('changed, unsigned and foreign tokens open nothing', async () => {
  const { json } = await owner.send('POST', '/api/v1/session/token');
  const [head, body, signature] = json.token.split('.');
  const encode = (/** @type {unknown} */ value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const header = JSON.parse(Buffer.from(head, 'base64url').toString());
  const claims = JSON.parse(Buffer.from(body, 'base64url').toString());
  const flipped = (signature[0] === 'A' ? 'B' : 'A') + signature.slice(1);
  for (const token of [
    `${head}.${body}.${flipped}`,
    `${head}.${encode({ ...claims, exp: claims.exp + 1 })}.${signature}`,
    `${encode({ ...header, alg: 'none' })}.${body}.`,
    `${encode({ ...header, alg: 'none' })}.${body}.${signature}`,
    `${encode({ ...header, alg: 'HS256' })}.${body}.${signature}`,
    `${encode({ ...header, kid: 'x' })}.${body}.${signature}`,
    `${head}.${body}`,
    createHash('sha256').update('x').digest('hex'),
    'x'.repeat(5000),
  ]) {
    const answer = await box.api.get('/api/v1/session', { Authorization: `Bearer ${token}` });
    assert.equal(answer.status, 401, token.slice(0, 40));
    assert.equal(answer.json.code, 'auth.token_wrong');
  }
});

test('keys are taken as Bearer, too, and a wrong credential is not passed over', async () => {
  const key = await box.createKey();
  const body = {
    headers: { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json' },
    body: '{}',
  };
  assert.equal((await box.api.send('POST', '/api/v1/dutch', body)).status, 400);
  body.headers.Authorization = `bearer ${key}`;
  assert.equal((await box.api.send('POST', '/api/v1/dutch', body)).status, 400);
  body.headers.Authorization = `Bearer ${key}x`;
  assert.equal((await box.api.send('POST', '/api/v1/dutch', body)).json.code, 'auth.key_wrong');
  const both = await owner.get('/api/v1/session', { 'X-API-Key': `${key}x` });
  assert.equal(both.status, 401);
});
