/** A fresh box: what it answers before anybody owns it, its claim code, and becoming its owner. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Api } from '../support/api.mjs';
import { Gaveld } from '../support/gaveld.mjs';
import { Person, claimCode } from '../support/person.mjs';
import { until } from '../support/wait.mjs';

/** A box without a node: set-up works without one. */
const SETTINGS = {
  'node.url': 'http://127.0.0.1:1',
  'node.user': 'a',
  'node.password': 'b',
  'oracle.enabled': 'off',
};
const PASSWORD = 'correct horse battery staple';

/** @type {Gaveld} */
let fresh;

before(async () => {
  fresh = await Gaveld.start({ settings: SETTINGS, claim: false });
});
after(() => fresh?.close());

const claimWith = (/** @type {object} */ body) => fresh.api.post('/api/v1/setup/claim', body);

test('a box without an owner answers set-up and how it is, and nothing else', async () => {
  const { api } = fresh;
  for (const path of ['/', '/app.js', '/setup', '/health', '/ready', '/ca.crt', '/metrics', '/api/v1/setup'])
    assert.notEqual((await api.get(path)).status, 403, path);
  const closed = [
    '/api/listings',
    '/api/v1/dutch',
    '/api/v1/node',
    '/api/v1/session',
    '/api/v1/settings',
    '/api/v1/oracle',
  ];
  for (const path of closed) {
    const { status, json } = await api.get(path);
    assert.equal(status, 403, path);
    if (path.startsWith('/api/v1')) assert.equal(json.code, 'setup.unclaimed');
  }
  assert.equal(
    (await api.post('/api/v1/session', { name: 'a', password: 'b' })).json.code,
    'setup.unclaimed',
  );
  assert.equal(
    (await api.get('/metrics', { 'X-Forwarded-For': '203.0.113.9' })).json.code,
    'setup.unclaimed',
  );
  assert.deepEqual((await api.get('/api/v1/setup')).json, {
    claimed: false,
    step: 'claim',
    language: 'en',
    steps: ['claim', 'node', 'counterparty', 'modules', 'certificate', 'done'],
    languages: ['en', 'de'],
  });
});

test('also its keys and its WebSocket are closed', async () => {
  const key = await fresh.createKey();
  assert.equal(
    (await fresh.api.post('/api/v1/dutch', {}, { 'X-API-Key': key })).json.code,
    'setup.unclaimed',
  );
  const upgrade = await fresh.api.get('/api/v1/ws', { Upgrade: 'websocket', Connection: 'Upgrade' });
  assert.equal(upgrade.json.code, 'setup.unclaimed');
});

test('the claim code is in the log and in a file that nobody else can read', async () => {
  const code = await claimCode(fresh);
  assert.match(code, /^\d{8}$/);
  assert.equal(statSync(join(fresh.dir, 'claim-code.txt')).mode & 0o077, 0);
  assert.match(fresh.log, new RegExp(`claim code ${code}`));
});

test('what is wrong with the rest costs no try', async () => {
  const code = await claimCode(fresh);
  const good = { code, name: 'alice', password: PASSWORD, language: 'de' };
  for (const [change, expected] of [
    [{ password: 'short' }, 'password.short'],
    [{ password: 'alice is my name' }, 'password.name'],
    [{ password: 'aaaaaaaaaaaaaaaa' }, 'password.simple'],
    [{ name: 'a b' }, 'user.name'],
    [{ name: 7 }, 'json.text'],
    [{ more: 1 }, 'json.unknown_member'],
    [{ code: '' }, 'json.text'],
  ])
    for (let i = 0; i < 3; i++) {
      const { status, json } = await claimWith({ ...good, .../** @type {object} */ (change) });
      assert.equal(status, 400);
      assert.equal(json.code, expected);
    }
  assert.equal((await claimWith({ ...good, language: 'tlh' })).json.code, 'setup.language');
  assert.equal(await claimCode(fresh), code);
});

test('five wrong codes end the code; the next one comes a minute later', async () => {
  const code = await claimCode(fresh);
  const wrong = code === '00000000' ? '00000001' : '00000000';
  const body = { name: 'mallory', password: PASSWORD };
  for (let left = 4; left >= 0; left--) {
    const { status, json } = await claimWith({ ...body, code: wrong });
    assert.equal(status, 403);
    assert.equal(json.code, 'setup.code_wrong');
    assert.match(json.detail, new RegExp(`${left} tries`));
  }
  const after = await claimWith({ ...body, code });
  assert.equal(after.status, 429);
  assert.equal(after.json.code, 'setup.code_void');
  const wait = Number(after.headers['retry-after']);
  assert.ok(wait > 50 && wait <= 61, `Retry-After ${wait}`);
  assert.equal((await fresh.api.get('/api/v1/setup')).json.claimed, false);
});

test('the right code makes an owner, who is logged in, and the code is gone', async () => {
  const box = await Gaveld.start({ settings: SETTINGS, claim: false });
  const secure = new Api(box.httpsUrl, { ca: box.ca });
  try {
    const code = await claimCode(box);
    const answer = await secure.post('/api/v1/setup/claim', {
      code,
      name: 'alice',
      password: PASSWORD,
      language: 'de',
    });
    assert.equal(answer.status, 201);
    const cookie = String(answer.headers['set-cookie']);
    assert.match(cookie, /^gavel_sid=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=43200; Secure$/);
    assert.equal(answer.json.user.role, 'owner');
    const owner = Person.of(secure, answer);
    assert.equal((await owner.get('/api/v1/session')).json.user.name, 'alice');
    const { json } = await secure.get('/api/v1/setup');
    assert.equal(json.claimed, true);
    assert.equal(json.step, 'node');
    assert.equal(json.language, 'de');
    await until('the claim file to be gone', () => !existsSync(join(box.dir, 'claim-code.txt')));
    const again = await secure.post('/api/v1/setup/claim', { code, name: 'bob', password: PASSWORD });
    assert.equal(again.status, 409);
    assert.equal(again.json.code, 'setup.claimed');
    assert.notEqual((await secure.get('/api/v1/node')).status, 403);
  } finally {
    secure.close();
    await box.close();
  }
});

test('the wizard goes on where it stood, also after a restart', async () => {
  const box = await Gaveld.start({ settings: SETTINGS });
  try {
    const owner = await Person.owner(box);
    assert.equal((await owner.send('PUT', '/api/v1/setup/step', { step: 'modules' })).status, 200);
    assert.equal((await owner.send('PUT', '/api/v1/setup/step', { step: 'claim' })).json.code, 'setup.step');
    await box.halt();
    await box.launch();
    assert.equal((await box.api.get('/api/v1/setup')).json.step, 'modules');
    assert.equal((await box.api.send('PUT', '/api/v1/setup/step', { body: '{}' })).status, 401);
    assert.ok(!existsSync(join(box.dir, 'claim-code.txt')));
    assert.doesNotMatch(box.log, /claim code/);
  } finally {
    await box.close();
  }
});

test('the console claims without a code, once', async () => {
  const box = await Gaveld.start({ settings: { ...SETTINGS, 'setup.claim_file': '' }, claim: false });
  try {
    await assert.rejects(box.ctlWith('too short', 'claim', '--name', 'alice'), /at least 12 characters/);
    assert.equal(await box.ctlWith(PASSWORD, 'claim', '--name', 'alice', '--language', 'de'), 'claimed');
    await assert.rejects(box.ctlWith(PASSWORD, 'claim', '--name', 'bob'), /has an owner already/);
    assert.equal((await box.api.get('/api/v1/setup')).json.language, 'de');
    await until('the claim file to be gone', () => !existsSync(join(box.dir, 'claim-code.txt')));
    assert.doesNotMatch(readFileSync(join(box.dir, 'gavel.db')).toString('latin1'), new RegExp(PASSWORD));
  } finally {
    await box.close();
  }
});
