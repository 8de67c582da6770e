/**
 * Shows: an owner's certificate is checked, served for its names without a restart and given up again; the box's own stays
 * for everybody else; an expired one is replaced by the box's with a word to the owner; its key is told to nobody. Challenges
 * of an ACME client are answered on plain http from one folder and nothing else is. HSTS is said where it is safe only.
 * How: a real gaveld and real TLS; the certificates are made beforehand (tests/vectors/tls).
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import https from 'node:https';
import net from 'node:net';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Gaveld, GAVELCTL } from '../support/gaveld.mjs';
import { makeTempDir, removeTempDir } from '../support/process.mjs';
import { until } from '../support/wait.mjs';

const NAME = 'box.example.org';
const pem = (name) => readFileSync(fileURLToPath(new URL(`../vectors/tls/${name}`, import.meta.url)), 'utf8');
/** A line within the key: it may be in no answer and no log. */
const CANARY = pem('leaf.pem').split('PRIVATE KEY-----\n')[1].split('\n')[0];
/** An address that is not loopback, to be redirected as a stranger is. */
const OUTSIDE = Object.values(networkInterfaces()).flat().find(({ family, internal }) => family === 'IPv4' && !internal)?.address;

/** @type {Gaveld} */
let box;
/** @type {string} */
let webroot;
/** @type {string} */
let admin;
/** @type {string} */
let writer;

const settings = () => ({
  'node.url': 'http://127.0.0.1:9',
  'oracle.enabled': 'off',
  'http.bind': '',
  'web.hosts': `${NAME},a.shop.example.org`,
  'https.acme_dir': webroot,
  'https.hsts': 'on',
});

before(async () => {
  webroot = makeTempDir('webroot');
  mkdirSync(join(webroot, '.well-known/acme-challenge'), { recursive: true });
  box = await Gaveld.start({ settings: settings() });
  admin = await box.createKey({ scope: 'admin' });
  writer = await box.createKey();
});
after(async () => {
  await box?.close();
  removeTempDir(webroot);
});

const put = (text, key = admin) =>
  box.api.send('PUT', '/api/v1/system/certificate', {
    body: JSON.stringify({ pem: text }),
    headers: { 'Content-Type': 'application/json', 'X-API-Key': key },
  });
const takeAway = () => box.api.send('DELETE', '/api/v1/system/certificate', { headers: { 'X-API-Key': admin } });
const told = async () => (await box.api.get('/api/v1/system', { 'X-API-Key': admin })).json.certificate.own;

/**
 * One request by name, judged by one authority alone. An address sends no name in the handshake.
 * @returns {Promise<{sha256: string, headers: any, status: number}>}
 */
function ask(host, ca = pem('root.crt')) {
  return new Promise((resolve, reject) => {
    const request = https.get(
      { host: '127.0.0.1', port: box.httpsPort, path: '/health', ca, agent: false, servername: net.isIP(host) ? '' : host, headers: { Host: `${host}:${box.httpsPort}` } },
      (answer) => {
        const { fingerprint256 } = /** @type {import('node:tls').TLSSocket} */ (answer.socket).getPeerCertificate();
        answer.resume();
        answer.on('end', () => resolve({ sha256: fingerprint256, headers: answer.headers, status: answer.statusCode ?? 0 }));
      },
    );
    request.on('error', reject);
  });
}
const served = (host) => ask(host).then(({ sha256 }) => sha256, () => '');

test('what a browser could not use is refused, and says which rule it breaks', async () => {
  for (const [text, code] of [
    ['nonsense', 'tls.own_chain'],
    [pem('disorder.pem'), 'tls.own_order'],
    [pem('forged.pem'), 'tls.own_order'],
    [pem('client.pem'), 'tls.own_purpose'],
    [pem('weak.pem'), 'tls.own_purpose'],
    [pem('nameless.pem'), 'tls.own_names'],
    [pem('keyless.pem'), 'tls.own_key'],
    [pem('locked.pem'), 'tls.own_key'],
    [pem('stranger.pem'), 'tls.own_pair'],
    [pem('expired.pem'), 'tls.own_time'],
  ]) {
    const { status, json, text: answer } = await put(text);
    assert.deepEqual([status, json.code], [400, code]);
    assert.ok(!answer.includes(CANARY));
  }
  assert.equal((await put('x'.repeat(20000))).status, 413);
  assert.equal((await put(pem('leaf.pem'), writer)).status, 403);
  assert.equal((await takeAway()).status, 404);
  assert.equal(await told(), null);
});

test('it is served for its names at once, and the box keeps its own for all others', async () => {
  const own = await ask('localhost', box.ca);
  const { status, json } = await put(pem('leaf.pem'));
  assert.equal(status, 200);
  assert.deepEqual([json.state, json.names], ['served', [NAME, '*.shop.example.org']]);
  await until('the certificate to be served', async () => (await served(NAME)) === json.sha256);
  assert.equal(await served('a.shop.example.org'), json.sha256);
  for (const host of ['localhost', '127.0.0.1']) assert.equal((await ask(host, box.ca)).sha256, own.sha256);
  assert.deepEqual(await told(), json);
  assert.equal(statSync(join(box.dir, 'tls/own.pem')).mode & 0o777, 0o600);
});

test('its key is told to nobody', async () => {
  const texts = [box.log, await box.ctl('cert', 'show'), await box.ctl('bundle', '-'), await box.ctl('doctor').catch(({ stdout }) => stdout)];
  for (const path of ['/api/v1/system', '/api/v1/settings', '/api/v1/logs?limit=500', '/api/v1/audit', '/metrics'])
    texts.push((await box.api.get(path, { 'X-API-Key': admin })).text);
  for (const text of texts) assert.ok(!text.includes(CANARY) && !text.includes('PRIVATE KEY'));
  const { items } = (await box.api.get('/api/v1/audit?kind=certificate&limit=5', { 'X-API-Key': admin })).json;
  assert.equal(items[0].kind, 'certificate.installed');
});

test('HSTS is said over TLS, for a name of that certificate, and nowhere else', async () => {
  const key = 'strict-transport-security';
  assert.equal((await ask(NAME)).headers[key], 'max-age=2592000');
  for (const host of ['localhost', '127.0.0.1', 'gavel.local']) assert.equal((await ask(host, box.ca)).headers[key], undefined, host);
  assert.equal((await box.api.get('/health', { Host: NAME })).headers[key], undefined);
});

test('gavelctl brings another, of several files, and takes it away again', async () => {
  const [leaf, middle, key] = pem('rsa.pem').split(/(?<=-----END [A-Z ]+-----\n)/);
  const files = Object.entries({ leaf, middle, key }).map(([name, text]) => {
    writeFileSync(join(webroot, `${name}.pem`), text.trimEnd());
    return join(webroot, `${name}.pem`);
  });
  const before = await told();
  assert.match(await box.ctl('cert', 'install', ...files), /box\.example\.org/);
  const { sha256 } = await until('the new one', async () => {
    const now = await told();
    return now.sha256 !== before.sha256 && now.sha256 === (await served(NAME)) && now;
  });
  assert.match(await box.ctl('cert', 'show'), new RegExp(sha256));
  await assert.rejects(box.ctl('cert', 'install', files[0]), /no private key/);
  await box.ctl('cert', 'remove');
  await until('the box alone', async () => (await told()) === null);
  assert.equal(await served(NAME), '');
});

test('one that has expired gives way to the box’s own, and a person is told', async () => {
  await put(pem('leaf.pem'));
  await until('the certificate', async () => (await served(NAME)) !== '');
  await box.halt();
  writeFileSync(join(box.dir, 'tls/own.pem'), pem('expired.pem'));
  await box.launch();
  assert.equal(await served(NAME), '');
  assert.equal((await ask('localhost', box.ca)).status, 200);
  const own = await told();
  assert.equal(own.state, 'refused');
  assert.match(own.why, /expired/);
  assert.match(box.log, /the owner's certificate is not served/);
  const { code, stdout } = await new Promise((done) => {
    execFile(GAVELCTL, ['--data', box.dir, 'doctor'], (error, out) => done({ code: error?.code ?? 0, stdout: out }));
  });
  assert.notEqual(code, 0);
  assert.match(stdout, /your own is not served/);
  await put(pem('leaf.pem'));
  await until('the certificate again', async () => (await served(NAME)) !== '');
});

test('a challenge of an ACME client is answered on plain http to everybody, and never redirected', async () => {
  const token = 'evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA';
  writeFileSync(join(webroot, '.well-known/acme-challenge', token), `${token}.thumb`);
  const port = box.httpPort;
  for (const host of OUTSIDE ? ['127.0.0.1', OUTSIDE] : ['127.0.0.1']) {
    const answer = await fetch(`http://${host}:${port}/.well-known/acme-challenge/${token}`, { redirect: 'manual' });
    assert.deepEqual([answer.status, await answer.text()], [200, `${token}.thumb`], host);
    const missing = await fetch(`http://${host}:${port}/.well-known/acme-challenge/none`, { redirect: 'manual' });
    assert.equal(missing.status, 404);
    await missing.arrayBuffer();
  }
  if (OUTSIDE) assert.equal((await fetch(`http://${OUTSIDE}:${port}/market`, { redirect: 'manual' })).status, 308);
});

test('nothing but challenges comes out of that folder', async () => {
  const folder = join(webroot, '.well-known/acme-challenge');
  writeFileSync(join(webroot, '.well-known/secret'), 'a secret');
  writeFileSync(join(folder, 'big'), 'x'.repeat(513));
  writeFileSync(join(folder, 'dot.txt'), 'a secret');
  mkdirSync(join(folder, 'dir'));
  symlinkSync('/dev/zero', join(folder, 'zero'));
  for (const bad of ['..%2fsecret', '%2e%2e%2fsecret', '../secret', 'dot.txt', 'big', 'dir', 'zero', 'a%00b', 'x'.repeat(129), '', 'dir/x', '%c0%ae'])
    await assertNothing(`/.well-known/acme-challenge/${bad}`);
});

/** @param {string} path as it goes over the wire */
async function assertNothing(path) {
  const text = await new Promise((resolve, reject) => {
    const socket = net.connect(box.httpPort, '127.0.0.1', () => socket.end(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n`));
    let all = '';
    socket.on('data', (part) => { all += part; });
    socket.on('end', () => resolve(all));
    socket.on('error', reject);
  });
  assert.match(text, /^HTTP\/1\.1 (400|404|414) /, path);
  assert.ok(!text.includes('a secret'), path);
}
