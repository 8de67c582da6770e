/** Tokens of another issuer, whose keys the box has from a file: taken from guests, and for little. */
import assert from 'node:assert/strict';
import { createHmac, generateKeyPairSync, sign } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Gaveld } from '../support/gaveld.mjs';
import { makeTempDir, removeTempDir } from '../support/process.mjs';
import { until } from '../support/wait.mjs';

const ISSUER = 'https://id.example/pool';
const AUDIENCE = 'the-box';

const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' });

/** @type {Gaveld} */
let box;
/** @type {string} */
let dir;

before(async () => {
  dir = makeTempDir('issuer');
  const keys = [
    { ...ec.publicKey.export({ format: 'jwk' }), kid: 'ec', use: 'sig' },
    { ...rsa.publicKey.export({ format: 'jwk' }), kid: 'rsa', use: 'sig', alg: 'RS256' },
  ];
  writeFileSync(join(dir, 'jwks.json'), JSON.stringify({ keys }));
  box = await Gaveld.start({
    settings: {
      'node.url': 'http://127.0.0.1:1',
      'node.user': 'a',
      'node.password': 'b',
      'oracle.enabled': 'off',
      'auth.issuer': ISSUER,
      'auth.audience': AUDIENCE,
      'auth.jwks_file': join(dir, 'jwks.json'),
    },
  });
});
after(async () => {
  await box?.close();
  removeTempDir(dir);
});

const encode = (/** @type {unknown} */ value) => Buffer.from(JSON.stringify(value)).toString('base64url');
const now = () => Math.floor(Date.now() / 1000);
const claims = (more = {}) => ({
  iss: ISSUER,
  aud: AUDIENCE,
  sub: '0b2b5c66-7f0e-4f0e-9f0e-3b1f3b1f3b1f',
  'cognito:username': 'guest',
  iat: now(),
  exp: now() + 600,
  ...more,
});

/** @param {object} header @param {object} body @param {(text: Buffer) => Buffer} signer */
function token(header, body, signer) {
  const text = `${encode(header)}.${encode(body)}`;
  return `${text}.${signer(Buffer.from(text)).toString('base64url')}`;
}
const byEc =
  (key = ec.privateKey) =>
  (/** @type {Buffer} */ text) =>
    sign('sha256', text, { key, dsaEncoding: 'ieee-p1363' });
const byRsa = (/** @type {Buffer} */ text) => sign('sha256', text, rsa.privateKey);

/** Metrics, asked for by a stranger: reading is what a guest may do here. @param {string} bearer */
const ask = (bearer, path = '/metrics') =>
  box.api.get(path, { Authorization: `Bearer ${bearer}`, 'X-Forwarded-For': '203.0.113.3' });

test('tokens of both kinds of key are taken, with one audience or several', async () => {
  for (const good of [
    token({ alg: 'ES256', kid: 'ec' }, claims(), byEc()),
    token({ alg: 'RS256', kid: 'rsa' }, claims(), byRsa),
    token({ alg: 'ES256', kid: 'ec' }, claims({ aud: ['another', AUDIENCE] }), byEc()),
  ])
    assert.equal((await ask(good)).status, 200);
});

test('a guest has no session, no account and no administration', async () => {
  const good = token({ alg: 'ES256', kid: 'ec' }, claims(), byEc());
  for (const path of ['/api/v1/session', '/api/v1/users', '/api/v1/audit', '/api/v1/settings']) {
    const { status, json } = await ask(good, path);
    assert.equal(status, 403, path);
    assert.equal(json.code, 'auth.scope');
  }
});

test('what it says for somebody else, for another time or by another key is refused', async () => {
  const header = { alg: 'ES256', kid: 'ec' };
  for (const [bad, code] of [
    [token(header, claims({ aud: 'another' }), byEc()), 'jwt.audience'],
    [token(header, claims({ aud: undefined }), byEc()), 'jwt.audience'],
    [token(header, claims({ iss: `${ISSUER}/` }), byEc()), 'jwt.issuer'],
    [token(header, claims({ iss: 'gavel', aud: 'gavel' }), byEc()), 'jwt.issuer'],
    [token(header, claims({ exp: now() - 1 }), byEc()), 'jwt.expired'],
    [token(header, claims({ nbf: now() + 600 }), byEc()), 'jwt.not_yet'],
    [token(header, claims(), byEc(stranger.privateKey)), 'auth.token_wrong'],
    [token({ alg: 'ES256', kid: 'other' }, claims(), byEc()), 'auth.token_wrong'],
    [token({ alg: 'ES256' }, claims(), byEc()), 'auth.token_wrong'],
    [token(header, claims({ sub: 'x'.repeat(37) }), byEc()), 'auth.token_wrong'],
  ]) {
    const { status, json } = await ask(bad);
    assert.deepEqual([status, json.code], [401, code]);
  }
});

test('no key answers for another algorithm', async () => {
  const pem = rsa.publicKey.export({ format: 'pem', type: 'spki' });
  const mac = (/** @type {Buffer} */ text) => createHmac('sha256', pem).update(text).digest();
  for (const bad of [
    token({ alg: 'HS256', kid: 'rsa' }, claims(), mac),
    token({ alg: 'RS256', kid: 'rsa' }, claims(), mac),
    token({ alg: 'ES256', kid: 'rsa' }, claims(), byEc()),
    token({ alg: 'RS256', kid: 'ec' }, claims(), byRsa),
    token({ alg: 'none', kid: 'ec' }, claims(), () => Buffer.alloc(0)),
  ])
    assert.equal((await ask(bad)).json.code, 'auth.token_wrong');
});

test('a key set that cannot be read stops the start', async () => {
  writeFileSync(join(dir, 'jwks.json'), '{"keys":[]}');
  await assert.rejects(Gaveld.start({ settings: box.settings }), /no key of a known kind/);
});

test('a new file of keys is read without a restart, a broken one changes nothing', async () => {
  const file = join(dir, 'jwks.json');
  const old = token({ alg: 'ES256', kid: 'ec' }, claims(), byEc());
  const fresh = token({ alg: 'ES256', kid: 'next' }, claims(), byEc(stranger.privateKey));
  assert.deepEqual([(await ask(old)).status, (await ask(fresh)).status], [200, 401]);
  writeFileSync(file, '{"keys":[{"kty":"EC"');
  await until('the box to refuse the file', () => box.log.includes('keys of the issuer stay as they were'));
  assert.equal((await ask(old)).status, 200);
  writeFileSync(file, JSON.stringify({ keys: [{ ...stranger.publicKey.export({ format: 'jwk' }), kid: 'next', use: 'sig' }] }));
  await until('the new key to be taken', async () => (await ask(fresh)).status === 200);
  assert.equal((await ask(old)).status, 401);
});
