/** People, their second factor, API keys and the audit log: over REST and from the console. */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { execFile } from 'node:child_process';
import { chmodSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { Gaveld, OWNER } from '../support/gaveld.mjs';
import { Person } from '../support/person.mjs';
import { until } from '../support/wait.mjs';

const SETTINGS = {
  'node.url': 'http://127.0.0.1:1',
  'node.user': 'a',
  'node.password': 'b',
  'oracle.enabled': 'off',
  'web.limit_loopback': 'off',
  'log.level': 'trace',
};
const PASSWORD = 'correct horse battery staple';

/** @type {Gaveld} */
let box;
/** @type {Person} */
let owner;
/** What nobody but its owner may ever see again, by name. @type {Map<string, string>} */
const secrets = new Map([
  ['password of the owner', OWNER.password],
  ['password', PASSWORD],
]);

before(async () => {
  box = await Gaveld.start({ settings: SETTINGS });
  owner = await Person.owner(box);
  secrets.set('sid', owner.sid);
});
after(() => box?.close());

const add = (/** @type {string} */ name, /** @type {string} */ role) =>
  owner.send('POST', '/api/v1/users', { name, role, password: PASSWORD });
const loginOf = (/** @type {string} */ name, password = PASSWORD, totp = undefined) =>
  box.api.post('/api/v1/session', { name, password, ...(totp ? { totp } : {}) });

/* ---- people --------------------------------------------------------------------------------------- */

test('people are added, changed and removed', async () => {
  const added = await add('bob', 'viewer');
  assert.equal(added.status, 201);
  assert.equal(added.json.last_login_at, null);
  const bob = await Person.login(box.api, 'bob', PASSWORD);
  assert.deepEqual(bob.scopes, ['auctions:read']);
  const path = `/api/v1/users/${added.json.id}`;
  const promoted = await owner.send('PATCH', path, { role: 'operator' }, { 'If-Match': '*' });
  assert.equal(promoted.json.role, 'operator');
  assert.ok((await bob.get('/api/v1/session')).json.scopes.includes('operate')); // at once
  assert.equal((await owner.send('PATCH', path, { disabled: true }, { 'If-Match': '*' })).json.disabled, true);
  assert.equal((await bob.get('/api/v1/session')).status, 401);
  assert.equal((await loginOf('bob')).json.code, 'session.wrong');
  assert.equal((await owner.send('PATCH', path, { disabled: false }, { 'If-Match': '*' })).status, 200);
  assert.equal((await bob.get('/api/v1/session')).status, 401, 'an ended session does not come back');
  assert.equal((await loginOf('bob')).status, 201);
  assert.equal((await owner.send('DELETE', path)).status, 204);
  assert.equal((await owner.send('DELETE', path)).json.code, 'user.unknown');
  assert.equal((await loginOf('bob')).status, 401);
});

test('a line of the log names the request that it belongs to, as a problem does', async () => {
  const numberOf = async () => Number(/^r(\d+)$/.exec((await owner.get('/api/v1/nothing')).json.request_id)?.[1]);
  const before = await numberOf();
  const { json } = await add('lena', 'viewer');
  assert.equal(await numberOf(), before + 2);
  const { items } = (await owner.get('/api/v1/logs?limit=500')).json;
  const created = items.find(({ text }) => text.startsWith('user.created subject=user:lena'));
  assert.match(created.text, new RegExp(` request_id=r${before + 1}$`));
  await box.ctlWith(`${PASSWORD} too`, 'user', 'passwd', 'lena');
  const later = (await owner.get('/api/v1/logs?limit=500')).json.items;
  const console = later.filter(({ text }) => text.startsWith('user.changed subject=user:lena'));
  assert.equal(console.length, 1);
  assert.doesNotMatch(console[0].text, /request_id/);
  assert.equal((await owner.send('DELETE', `/api/v1/users/${json.id}`)).status, 204);
});

test('what a person cannot be is refused by name', async () => {
  const cases = [
    [{ name: 'owner', role: 'viewer', password: PASSWORD }, 409, 'user.exists'],
    [{ name: 'OWNER', role: 'viewer', password: PASSWORD }, 409, 'user.exists'],
    [{ name: 'eve', role: 'root', password: PASSWORD }, 400, 'user.role'],
    [{ name: 'eve', role: 'viewer', password: 'short' }, 400, 'password.short'],
    [{ name: '<b>', role: 'viewer', password: PASSWORD }, 400, 'user.name'],
    [{ name: 'eve', role: 'viewer', password: PASSWORD, admin: true }, 400, 'json.unknown_member'],
    [{ name: 'eve', role: 'viewer' }, 400, 'json.text'],
  ];
  for (const [body, status, code] of cases) {
    const answer = await owner.send('POST', '/api/v1/users', body);
    assert.deepEqual([answer.status, answer.json.code], [status, code]);
  }
  const self = `/api/v1/users/${owner.user.id}`;
  assert.equal((await owner.send('DELETE', self)).json.code, 'user.last_owner');
  assert.equal((await owner.send('PATCH', self, { role: 'viewer' }, { 'If-Match': '*' })).json.code, 'user.last_owner');
  assert.equal((await owner.send('PATCH', self, { totp: true }, { 'If-Match': '*' })).json.code, 'totp.state');
  assert.equal((await owner.send('PATCH', self, { disabled: 1 }, { 'If-Match': '*' })).json.code, 'json.type');
});

test('a person changes his own password with the old one, and his other sessions end', async () => {
  await add('carol', 'bidder');
  const [one, two] = [
    await Person.login(box.api, 'carol', PASSWORD),
    await Person.login(box.api, 'carol', PASSWORD),
  ];
  const next = 'another long sentence';
  secrets.set('new password', next);
  const change = (/** @type {object} */ body) => one.send('PUT', '/api/v1/account/password', body);
  assert.equal((await change({ current: 'wrong password', new: next })).json.code, 'account.password_wrong');
  assert.equal((await change({ current: PASSWORD, new: 'short' })).json.code, 'password.short');
  assert.equal((await change({ current: PASSWORD, new: 'carol is my name' })).json.code, 'password.name');
  assert.equal((await change({ current: PASSWORD, new: next })).status, 204);
  assert.equal((await one.get('/api/v1/session')).status, 200);
  assert.equal((await two.get('/api/v1/session')).status, 401);
  assert.equal((await loginOf('carol')).status, 401);
  assert.equal((await loginOf('carol', next)).status, 201);
});

test('others see and end their own sessions only', async () => {
  await add('dave', 'viewer');
  const dave = await Person.login(box.api, 'dave', PASSWORD);
  const { json } = await dave.get('/api/v1/sessions');
  assert.deepEqual([...new Set(json.items.map((item) => item.user))], ['dave']);
  const all = (await owner.get('/api/v1/sessions')).json.items;
  const mine = all.find((item) => item.current);
  assert.equal((await dave.send('DELETE', `/api/v1/sessions/${mine.id}`)).status, 404);
  const his = all.find((item) => item.user === 'dave');
  assert.equal((await owner.send('DELETE', `/api/v1/sessions/${his.id}`)).status, 204);
  assert.equal((await dave.get('/api/v1/session')).status, 401);
});

/* ---- second factor -------------------------------------------------------------------------------- */

/** RFC 6238 by Node. @param {string} secret base32 @param {number} [ahead] steps */
function codeOf(secret, ahead = 0) {
  const bits = [...secret].map((c) =>
    'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c).toString(2).padStart(5, '0'),
  );
  const key = Buffer.from(
    bits
      .join('')
      .match(/.{8}/g)
      .map((byte) => parseInt(byte, 2)),
  );
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30000) + ahead));
  const mac = createHmac('sha1', key).update(counter).digest();
  const at = mac[19] & 15;
  return String((mac.readUInt32BE(at) & 0x7fffffff) % 1000000).padStart(6, '0');
}

test('a second factor is in force once confirmed, and each code opens once', async () => {
  await add('frank', 'operator');
  const frank = await Person.login(box.api, 'frank', PASSWORD);
  assert.equal((await frank.send('POST', '/api/v1/account/totp', {})).status, 400, 'not without the password');
  const guess = await frank.send('POST', '/api/v1/account/totp', { password: 'four wrong words here' });
  assert.deepEqual([guess.status, guess.json.code], [403, 'account.password_wrong']);
  const offer = await frank.send('POST', '/api/v1/account/totp', { password: PASSWORD });
  assert.equal(offer.status, 201);
  assert.match(offer.json.uri, new RegExp(`^otpauth://totp/gavel:frank\\?secret=${offer.json.secret}&`));
  secrets.set('TOTP secret', offer.json.secret);
  assert.equal((await loginOf('frank')).status, 201);
  assert.equal((await frank.send('PUT', '/api/v1/account/totp', { code: '000000' })).json.code, 'totp.code');
  const first = codeOf(offer.json.secret);
  assert.equal((await frank.send('PUT', '/api/v1/account/totp', { code: first })).status, 204);
  assert.equal((await frank.send('POST', '/api/v1/account/totp', { password: PASSWORD })).json.code, 'totp.state');

  assert.equal((await loginOf('frank')).json.code, 'session.totp_required');
  assert.equal((await loginOf('frank', PASSWORD, first)).json.code, 'session.wrong');
  const next = codeOf(offer.json.secret, 1);
  assert.equal((await loginOf('frank', PASSWORD, next)).status, 201);
  assert.equal((await loginOf('frank', PASSWORD, next)).json.code, 'session.wrong');
  const path = `/api/v1/users/${frank.user.id}`;
  const seen = (await owner.get('/api/v1/users')).json.items.find(({ id }) => id === frank.user.id);
  assert.equal((await owner.send('PATCH', path, { totp: false })).status, 428);
  assert.equal((await owner.send('PATCH', path, { totp: false }, { 'If-Match': '"old"' })).status, 412);
  const changed = await owner.send('PATCH', path, { totp: false }, { 'If-Match': seen.etag });
  assert.notEqual(changed.json.etag, seen.etag);
  assert.equal((await loginOf('frank')).status, 201);
});

test('its owner switches it off with his password and a code', async () => {
  await add('grace', 'viewer');
  const grace = await Person.login(box.api, 'grace', PASSWORD);
  const { json } = await grace.send('POST', '/api/v1/account/totp', { password: PASSWORD });
  secrets.set('second TOTP secret', json.secret);
  assert.equal(
    (await grace.send('PUT', '/api/v1/account/totp', { code: codeOf(json.secret, -1) })).status,
    204,
  );
  const off = (/** @type {object} */ body) => grace.send('DELETE', '/api/v1/account/totp', body);
  const code = codeOf(json.secret, 1);
  assert.equal((await off({ code })).status, 400, 'a code alone is not enough');
  assert.equal((await off({ password: 'four wrong words here', code })).json.code, 'account.password_wrong');
  assert.equal((await off({ password: PASSWORD, code: '123' })).json.code, 'totp.code');
  assert.equal(
    (await off({ password: PASSWORD, code })).status,
    204,
  );
  assert.equal((await loginOf('grace')).status, 201);
});

/* ---- keys ----------------------------------------------------------------------------------------- */

test('keys are made with scopes and an end, shown once, used and revoked', async () => {
  const wish = { name: 'shop', scopes: ['auctions:write', 'bids:write'], expires_at: '2099-01-31T12:00:00Z' };
  const made = await owner.send('POST', '/api/v1/keys', wish);
  assert.equal(made.status, 201);
  const { key, ...rest } = made.json;
  secrets.set('API key', key.split('_').slice(2).join('_'));
  assert.match(key, /^gvl_[a-z0-9]{8}_[\w-]{43}$/);
  assert.deepEqual(rest.scopes, wish.scopes);
  assert.equal(rest.expires_at, wish.expires_at);
  assert.equal(rest.last_used_at, null);
  assert.equal((await box.api.post('/api/v1/dutch', {}, { 'X-API-Key': key })).status, 400);
  const listed = (await owner.get('/api/v1/keys')).json.items.find(({ id }) => id === rest.id);
  assert.ok(listed.last_used_at);
  assert.equal((await owner.send('DELETE', `/api/v1/keys/${rest.id}`)).status, 204);
  assert.equal((await box.api.post('/api/v1/dutch', {}, { 'X-API-Key': key })).status, 401);
  for (const id of ['zzzzzzzz', 'much-too-long-for-a-key'])
    assert.equal((await owner.send('DELETE', `/api/v1/keys/${id}`)).json.code, 'key.unknown');
});

test('what a key cannot be is refused by name', async () => {
  const good = { name: 'shop', scopes: ['auctions:read'] };
  for (const [change, code] of [
    [{ scopes: [] }, 'key.scopes'],
    [{ scopes: ['operate'] }, 'key.scopes'],
    [{ scopes: ['login'] }, 'key.scopes'],
    [{ scopes: 'admin' }, 'key.scopes'],
    [{ name: 'a\u0000b' }, 'json.text'],
    [{ name: 'é' }, 'key.name'],
    [{ expires_at: '2020-01-01T00:00:00Z' }, 'key.expires_at'],
    [{ expires_at: '2099-02-30T00:00:00Z' }, 'key.expires_at'],
    [{ expires_at: 4102444800 }, 'key.expires_at'],
    [{ legacy_unlocked: 1 }, 'json.type'],
  ]) {
    const answer = await owner.send('POST', '/api/v1/keys', { ...good, .../** @type {object} */ (change) });
    assert.deepEqual([answer.status, answer.json.code], [400, code], JSON.stringify(change));
  }
});

/* ---- audit ---------------------------------------------------------------------------------------- */

test('everything of it is in the audit log, in pages, and the chain holds', async () => {
  const seen = [];
  let cursor = '';
  do {
    const { json } = await owner.get(`/api/v1/audit?limit=7${cursor && `&cursor=${cursor}`}`);
    seen.push(...json.items);
    cursor = json.next_cursor;
  } while (cursor);
  const ids = seen.map(({ id }) => id);
  assert.deepEqual(
    ids,
    Array.from({ length: ids.length }, (_, i) => ids[0] - i),
  );
  assert.equal(ids.at(-1), 1);
  const kinds = new Set(seen.map(({ kind }) => kind));
  for (const kind of [
    'box.claimed',
    'login.ok',
    'user.created',
    'user.changed',
    'user.deleted',
    'key.created',
    'key.revoked',
    'session.ended',
  ])
    assert.ok(kinds.has(kind), kind);
  const made = seen.find(({ kind }) => kind === 'key.created');
  assert.match(made.detail, /^by=user:owner address=127\.0\.0\.1 route=key_create /);
  const verified = (await owner.get('/api/v1/audit/verify')).json;
  assert.deepEqual([verified.ok, verified.last], [true, seen[0].hash]);
  const logins = (await owner.get('/api/v1/audit?kind=login')).json.items;
  assert.ok(logins.length > 0 && logins.every(({ kind }) => kind.startsWith('login.')));
  assert.equal((await owner.get('/api/v1/audit?cursor=AAAA')).json.code, 'query.cursor');
});

test('failed changes are in it, too', async () => {
  await until('the failures to be written down', async () => {
    const { json } = await owner.get('/api/v1/audit?kind=password');
    return json.items?.some(({ detail }) => /by=user:carol .* route=account_password count=1/.test(detail));
  });
});

/* ---- the console ---------------------------------------------------------------------------------- */

test('the console manages people and sessions without a password of its own', async () => {
  const next = 'a sentence from the console';
  secrets.set('console password', next);
  assert.equal(await box.ctlWith(PASSWORD, 'user', 'add', '--name', 'heidi', '--role', 'host'), 'added');
  await assert.rejects(
    box.ctlWith(PASSWORD, 'user', 'add', '--name', 'heidi', '--role', 'host'),
    /this name/,
  );
  await assert.rejects(box.ctlWith('short', 'user', 'passwd', 'heidi'), /12 characters/);
  assert.match(await box.ctl('user', 'list'), /heidi\s+host/);
  const heidi = await Person.login(box.api, 'heidi', PASSWORD);
  assert.match(await box.ctl('session', 'list'), /heidi\s+127\.0\.0\.1/);
  assert.equal(await box.ctlWith(next, 'user', 'passwd', 'heidi'), 'changed');
  assert.equal((await heidi.get('/api/v1/session')).status, 401);
  const again = await Person.login(box.api, 'heidi', next);
  const { sessions } = JSON.parse(await box.ctl('--json', 'session', 'list'));
  const { id } = sessions.find(({ user }) => user === 'heidi');
  assert.equal(await box.ctl('session', 'revoke', id), 'revoked');
  assert.equal((await again.get('/api/v1/session')).status, 401);
  assert.equal(await box.ctl('user', 'role', 'heidi', 'viewer'), 'changed');
  assert.equal(await box.ctl('user', 'disable', 'heidi'), 'changed');
  assert.equal((await loginOf('heidi', next)).status, 401);
  assert.equal(await box.ctl('user', 'enable', 'heidi'), 'changed');
  assert.equal(await box.ctl('user', 'totp-off', 'heidi'), 'changed');
  assert.equal(await box.ctl('user', 'delete', 'heidi'), 'deleted');
  await assert.rejects(box.ctl('user', 'delete', 'owner'), /owner who can log in/);
  await assert.rejects(box.ctl('user', 'nothing', 'x'), (/** @type {any} */ error) => error.code === 64);
});

test('the console makes keys with every scope and an end', async () => {
  const made = await box.ctl(
    ...['apikey', 'create', '--name', 'solver', '--scope', 'orders:solve', '--scope', 'bids:write'],
    ...['--expires', '2099-01-31T12:00:00Z'],
  );
  secrets.set('console key', made.split('_').slice(2).join('_'));
  const { keys } = JSON.parse(await box.ctl('--json', 'apikey', 'list'));
  const key = keys.find(({ name }) => name === 'solver');
  assert.deepEqual(key.scopes, ['bids:write', 'orders:solve']);
  assert.equal(key.expires_at, '2099-01-31T12:00:00Z');
  assert.equal(key.last_used_at, null);
  await assert.rejects(box.ctl('apikey', 'create', '--name', 'x', '--expires', 'soon'), /2027-01-31T12/);
  await assert.rejects(box.ctl('apikey', 'create', '--name', 'x', '--scope', 'operate'), /a scope is/);
});

test('another user of this machine cannot use the socket', async (t) => {
  const run = promisify(execFile);
  const nobody = await run('id', ['-u', 'nobody']).catch(() => null);
  if (process.getuid?.() !== 0 || !nobody) return t.skip('needs root to become somebody else');
  const socket = join(box.dir, 'ctl.sock');
  const say = `const s=require('net').connect('${socket}',()=>s.write('{"cmd":"status"}\\n'));s.on('error',e=>console.log(e.code));s.on('data',d=>console.log(String(d)))`;
  const ask = async (uid) => (await run(process.execPath, ['-e', say], { uid, timeout: 10000 })).stdout.trim();
  assert.match(await ask(0), /"ok":true/, 'the question is one that is answered');
  assert.equal(await ask(Number(nobody.stdout)), 'EACCES');
  chmodSync(box.dir, 0o711);
  chmodSync(socket, 0o666);
  const told = await ask(Number(nobody.stdout));
  chmodSync(socket, 0o600);
  chmodSync(box.dir, 0o700);
  assert.doesNotMatch(told, /ok|version/, 'whatever the file lets in, the peer is looked at');
});

/* ---- secrets -------------------------------------------------------------------------------------- */

test('no secret is in the log, in a file, in metrics or in a list', async () => {
  const files = readdirSync(box.dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => [entry.name, readFileSync(join(entry.path, entry.name)).toString('latin1')]);
  const answers = await Promise.all(
    [
      '/api/v1/users',
      '/api/v1/keys',
      '/api/v1/sessions',
      '/api/v1/audit',
      '/api/v1/logs?limit=500',
      '/metrics',
      '/api/v1/settings',
    ].map(async (path) => [path, (await owner.get(path)).text]),
  );
  for (const [where, text] of [['the log', box.log], ...files, ...answers])
    for (const [name, secret] of secrets) {
      assert.ok(!text.includes(secret), `${where} shows the ${name}`);
      assert.ok(!text.includes(Buffer.from(secret).toString('hex')), `${where} shows the ${name} in hex`);
      assert.ok(
        !text.includes(Buffer.from(secret).toString('base64')),
        `${where} shows the ${name} in base64`,
      );
    }
});
