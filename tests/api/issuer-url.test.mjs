/**
 * Shows: keys of an issuer named by address are fetched over https with certificate and name checked, kept when the issuer
 * fails, and fetched again for a token with an unknown key, but not for each of them. And a changed node.url does not take the
 * node's cookie along.
 * How: a real gaveld; a small https server is the STAND-IN for an issuer, another server the one for a stranger's node.
 */
import assert from 'node:assert/strict';
import { generateKeyPairSync, sign } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Gaveld } from '../support/gaveld.mjs';
import { makeTempDir, removeTempDir } from '../support/process.mjs';
import { until } from '../support/wait.mjs';

const ISSUER = 'https://id.example/pool';
const vector = (name) => fileURLToPath(new URL(`../vectors/tls/${name}`, import.meta.url));

const keys = { one: generateKeyPairSync('ec', { namedCurve: 'P-256' }), two: generateKeyPairSync('ec', { namedCurve: 'P-256' }) };
const setOf = (...kids) => JSON.stringify({ keys: kids.map((kid) => ({ ...keys[kid].publicKey.export({ format: 'jwk' }), kid, use: 'sig' })) });

/** The stand-in: what it answers, and how often it was asked. */
const issuer = { body: setOf('one'), status: 200, headers: {}, asked: 0, port: 0, servers: /** @type {https.Server[]} */ ([]) };
/** Its authority and its certificate for 127.0.0.1, made for this run. */
const files = { ca: '', cert: '', key: '' };
/** @type {string} */
let dir;
/** @type {Gaveld} */
let box;

/** The box's own authority signs for 127.0.0.1: its files serve as those of an issuer in the same house. */
async function borrowCertificate() {
  const lender = await Gaveld.start({ settings: { 'node.url': 'http://127.0.0.1:9', 'oracle.enabled': 'off' }, claim: false });
  for (const [name, file] of [['ca', 'ca.crt'], ['cert', 'leaf.crt'], ['key', 'leaf.key']]) {
    files[name] = join(dir, file);
    writeFileSync(files[name], readFileSync(join(lender.dir, 'tls', file)));
  }
  await lender.close();
}

before(async () => {
  dir = makeTempDir('issuer-url');
  await borrowCertificate();
  for (const host of ['127.0.0.1', '127.0.0.2']) { /* the certificate is not for the second */
    const server = https.createServer({ cert: readFileSync(files.cert), key: readFileSync(files.key) }, (_request, response) => {
      issuer.asked += 1;
      response.writeHead(issuer.status, issuer.headers).end(issuer.body);
    });
    await new Promise((resolve) => { server.listen(issuer.port, host, () => resolve(undefined)); });
    issuer.port = /** @type {import('node:net').AddressInfo} */ (server.address()).port;
    issuer.servers.push(server);
  }
  box = await Gaveld.start({ settings: settings({}) });
});
after(async () => {
  await box?.close();
  for (const server of issuer.servers) {
    server.closeAllConnections();
    server.close();
  }
  removeTempDir(dir);
});

const settings = (more) => ({
  'node.url': 'http://127.0.0.1:9',
  'oracle.enabled': 'off',
  'auth.issuer': ISSUER,
  'auth.audience': 'box',
  'auth.jwks_url': `https://127.0.0.1:${issuer.port}/keys`,
  'auth.ca_file': files.ca,
  ...more,
});

function token(kid, claims = {}, key = keys[kid]) {
  const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const now = Math.floor(Date.now() / 1000);
  const text = `${encode({ alg: 'ES256', kid })}.${encode({ iss: ISSUER, aud: 'box', sub: 'guest', iat: now, exp: now + 600, ...claims })}`;
  return `${text}.${sign('sha256', Buffer.from(text), { key: key.privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
}
const ask = (bearer, at = box) => at.api.get('/metrics', { Authorization: `Bearer ${bearer}`, 'X-Forwarded-For': '203.0.113.3' });

test('a token is taken by the keys that the issuer gives, for its audience alone', async () => {
  await until('the keys', async () => (await ask(token('one'))).status === 200);
  assert.equal((await ask(token('one', { aud: 'another' }))).json.code, 'jwt.audience');
  assert.equal((await ask(token('one', { iss: 'https://other.example' }))).json.code, 'jwt.issuer');
  assert.equal((await ask(token('one', {}, keys.two))).json.code, 'auth.token_wrong');
  assert.equal(issuer.asked, 1);
});

test('a new key is fetched when a token names it, and made-up names cost one question', async () => {
  issuer.body = setOf('two');
  assert.equal((await ask(token('two'))).status, 401);
  for (let i = 0; i < 50; i += 1) await ask(token('one').replace(/^[^.]+/, Buffer.from(`{"alg":"ES256","kid":"x${i}"}`).toString('base64url')));
  await until('the new key', async () => (await ask(token('two'))).status === 200, { timeoutMs: 40000, everyMs: 250 });
  assert.equal((await ask(token('one'))).status, 401);
  assert.equal(issuer.asked, 2);
});

test('an answer that is none, and a redirect, leave the keys as they are', async () => {
  issuer.status = 302;
  issuer.headers = { Location: `https://127.0.0.1:${issuer.port}/keys` };
  await ask(token('one'));
  await until('the box to refuse it', () => box.log.includes('the issuer answers 302'), { timeoutMs: 40000, everyMs: 250 });
  assert.equal(issuer.asked, 3);
  assert.equal((await ask(token('two'))).status, 200);
});

test('nobody else can be the issuer: unknown authority, wrong name, plain http', async () => {
  Object.assign(issuer, { status: 200, headers: {}, body: setOf('one') });
  for (const more of [{ 'auth.ca_file': vector('root.crt') }, { 'auth.jwks_url': `https://127.0.0.2:${issuer.port}/keys` }]) {
    const asked = issuer.asked;
    const other = await Gaveld.start({ settings: settings(more), claim: false });
    await until('the refusal', () => /issuer keys stay as they were: SSL peer certificate/.test(other.log));
    assert.equal(issuer.asked, asked);
    await other.close();
  }
  await assert.rejects(Gaveld.start({ settings: settings({ 'auth.jwks_url': `http://127.0.0.1:${issuer.port}/keys` }) }), /auth\.jwks_url/);
  await assert.rejects(Gaveld.start({ settings: settings({ 'auth.jwks_file': files.ca }) }), /one place/);
});

test('another node.url takes neither cookie nor password along', async () => {
  const seen = [];
  const stranger = http.createServer((request, response) => { seen.push(request.headers.authorization); response.writeHead(401).end(); });
  await new Promise((resolve) => { stranger.listen(0, '127.0.0.1', () => resolve(undefined)); });
  const url = `http://127.0.0.1:${/** @type {import('node:net').AddressInfo} */ (stranger.address()).port}`;
  const cookie = join(dir, '.cookie');
  writeFileSync(cookie, '__cookie__:canary');
  const home = await Gaveld.start({ settings: { 'oracle.enabled': 'off' } });
  const key = await home.createKey({ scope: 'admin' });
  const patch = (changes) => home.api.send('PATCH', '/api/v1/settings', { body: JSON.stringify(changes), headers: { 'Content-Type': 'application/json', 'X-API-Key': key, 'If-Match': '*' } });
  assert.equal((await patch({ 'node.cookie_file': cookie })).status, 200);
  const refused = await patch({ 'node.url': url });
  assert.deepEqual([refused.status, refused.json.code, refused.json.errors[0].pointer], [400, 'config.secret_again', '/node.cookie_file']);
  await assert.rejects(home.ctl('config', 'set', `node.url=${url}`), /given again/);
  await home.halt();
  await home.launch();
  assert.deepEqual(seen, []);
  /* Given again, it is what the owner wants. */
  assert.equal((await patch({ 'node.url': url, 'node.cookie_file': cookie })).status, 200);
  await home.halt();
  await home.launch();
  await until('the new node to be asked', () => seen.length > 0);
  assert.equal(seen[0], `Basic ${Buffer.from('__cookie__:canary').toString('base64')}`);
  await home.close();
  stranger.closeAllConnections();
  stranger.close();
});
