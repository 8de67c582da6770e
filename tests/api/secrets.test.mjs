/**
 * Canaries: secrets with known values go in by every door, and what the box says, writes and logs is
 * searched for them in every encoding they could leave in.
 */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Api } from '../support/api.mjs';
import { visibleRungs } from '../support/expect.mjs';
import { Gaveld, OWNER } from '../support/gaveld.mjs';
import { LiveClient } from '../support/live.mjs';
import { Person } from '../support/person.mjs';
import { ROWS } from '../support/routes.mjs';
import { makeBody } from '../support/signer.mjs';
import { until } from '../support/wait.mjs';
import { World } from '../support/world.mjs';

const RPC_PASSWORD = 'canary-of-the-rpc-password-7f3a';
const OLD_KEY = 'canary-of-the-environment-key-91c4';

/** @type {World} */
let world;
/** A daemon with an API_KEY beside the world's, over the same node. @type {Gaveld} */
let keyed;
/** @type {Person} */
let owner;
/** Name to the bytes that must not be seen. @type {Map<string, Buffer>} */
const secrets = new Map();
let rungs;

before(async () => {
  const mac = createHmac('sha256', 'salt').update(RPC_PASSWORD).digest('hex');
  world = await World.start({
    nodeArgs: [`-rpcauth=gavel:salt$${mac}`],
    settings: { 'node.user': 'gavel', 'node.password': RPC_PASSWORD, 'log.level': 'trace' },
    wire: async () => ({ 'node.cookie_file': '' }),
  });
  keyed = await Gaveld.start({ settings: world.gaveld.settings, env: { API_KEY: OLD_KEY } });
  const plan = await world.plan({ start: (await world.height()) + 3 });
  const body = makeBody(plan);
  rungs = body.psbts;
  await world.list(plan);
  await world.mineTo(plan.start);
  rungs = rungs.filter((rung) => rung.block_number > plan.start);
  secrets.set('RPC password', Buffer.from(RPC_PASSWORD));
  secrets.set('API key', Buffer.from(world.key.split('_').slice(2).join('_')));
  secrets.set('API_KEY', Buffer.from(OLD_KEY));
  secrets.set('seal key', readFileSync(join(world.gaveld.dir, 'seal.key')));
  secrets.set('TLS key', leafScalar(world.gaveld.dir));
  secrets.set('box key', readFileSync(join(world.gaveld.dir, 'box.key')));
  await enter();
});
after(async () => {
  await keyed?.close();
  await world?.close();
});

/** The private number of the leaf, from the middle of its DER. @param {string} dir */
function leafScalar(dir) {
  const name = readdirSync(join(dir, 'tls')).find((file) => /leaf.*key|key.*leaf/.test(file));
  const pem = readFileSync(join(dir, 'tls', name), 'utf8');
  const der = Buffer.from(pem.replace(/-----[^-]+-----/g, ''), 'base64');
  const at = der.indexOf(Buffer.from([0x04, 0x20]));
  assert.ok(at > 0, 'an EC key in DER');
  return der.subarray(at + 2, at + 34);
}

/** What is told once, to whom it belongs: of a login, of a token, of a webhook. */
async function enter() {
  owner = await Person.owner(world.gaveld);
  const token = await owner.send('POST', '/api/v1/session/token');
  const webhook = await owner.send('POST', '/api/v1/webhooks', { name: 'shop', url: 'https://198.51.100.1/' });
  secrets.set('cookie', Buffer.from(owner.sid));
  secrets.set('password', Buffer.from(OWNER.password));
  secrets.set('CSRF token', Buffer.from(owner.csrf));
  secrets.set('token', Buffer.from(token.json.token.split('.')[2]));
  secrets.set('webhook secret', Buffer.from(webhook.json.secret.slice('whsec_'.length)));
  secrets.set('webhook key', Buffer.from(webhook.json.secret.slice('whsec_'.length), 'base64url'));
}

/** Assert that no secret shows in a text or in bytes. @param {Buffer|string} output @param {string} where @param {string[]} [except] */
function assertClean(output, where, except = []) {
  const bytes = Buffer.isBuffer(output) ? output : Buffer.from(output, 'latin1');
  const lower = bytes.toString('latin1').toLowerCase();
  for (const [name, secret] of secrets) {
    if (except.includes(name)) continue;
    assert.ok(!bytes.includes(secret), `${where} shows the ${name}`);
    assert.ok(!lower.includes(secret.toString('hex')), `${where} shows the ${name} in hex`);
    const inner = secret.subarray(0, Math.floor(secret.length / 3) * 3).toString('base64');
    assert.ok(!bytes.includes(inner), `${where} shows the ${name} in base64`);
  }
  assert.deepEqual(visibleRungs(bytes.toString('latin1'), rungs), [], `${where} shows an unrevealed PSBT`);
}

const PATHS = [
  '/api/listings',
  '/api/auctions',
  '/api/listings/1',
  '/api/auctions/1/current-psbt',
  '/api/v1/dutch',
  '/api/v1/dutch/1',
  '/api/v1/dutch/1/current-psbt',
  '/api/v1/node',
  '/api/health',
  '/health',
  '/ready',
  '/metrics',
  '/ca.crt',
  '/ca.mobileconfig',
  '/',
  '/seal.key',
  '/gavel.db',
  '/tls/leaf.key',
  '/api/listings/999',
];

test('the search finds what it looks for, in every encoding', () => {
  for (const secret of secrets.values()) {
    assert.throws(() => assertClean(secret, 'it'));
    assert.throws(() => assertClean(secret.toString('hex').toUpperCase(), 'it'));
    assert.throws(() => assertClean(`"${secret.toString('base64')}"`, 'it'));
  }
  assert.throws(() => assertClean(rungs[0].psbt_data, 'it'));
});

test('no answer, good or bad, shows a secret', async () => {
  const secure = new Api(world.gaveld.httpsUrl, { ca: world.gaveld.ca });
  for (const api of [world.api, secure, keyed.api])
    for (const path of PATHS) {
      const { text, headers } = await api.get(path, { 'X-API-Key': world.key });
      assertClean(text, path);
      assertClean(JSON.stringify(headers), `head of ${path}`);
    }
  secure.close();
});

test('nor does any GET of the route table show one, to its owner', async () => {
  const told = { session: ['CSRF token'] };
  for (const { method, path, live, operation } of ROWS) {
    if (method !== 'GET' || live) continue;
    const { status, text, json } = await owner.get(path);
    assert.ok(status < 500 || json.code === 'orders.off', `${path}: ${status}`);
    assertClean(text, path, told[operation]);
  }
});

test('a refused upload repeats neither its key nor its PSBTs', async () => {
  const plan = await world.plan();
  const body = makeBody(plan);
  rungs.push(...body.psbts);
  const broken = body.psbts.map((rung, i) => (i === 4 ? { ...rung, price_sats: rung.price_sats + 1 } : rung));
  const swapped = body.psbts.map((rung, i) => ({ ...rung, psbt_data: body.psbts[(i + 1) % 3].psbt_data }));
  const texts = [
    JSON.stringify({ ...body, psbts: broken }),
    JSON.stringify({ ...body, psbts: swapped }),
    JSON.stringify({ ...body, asset_name: body.psbts[0].psbt_data }),
    JSON.stringify({ ...body, asset_qty: 7, [body.psbts[0].psbt_data]: 1 }),
    JSON.stringify({ ...body, utxo_txid: body.psbts[0].psbt_data }),
    JSON.stringify(body).slice(0, -10),
    body.psbts[0].psbt_data,
  ];
  for (const path of ['/api/listings', '/api/v1/dutch', '/api/v1/dutch/check'])
    for (const [i, text] of texts.entries()) {
      const answer = await world.api.post(path, text, { 'X-API-Key': world.key });
      assert.ok([200, 400].includes(answer.status), answer.text);
      assertClean(answer.text, `${path} ${i}`);
    }
  for (const key of [`${world.key}x`, `${OLD_KEY}x`, OLD_KEY]) {
    const answer = await world.api.post('/api/listings', body, { 'X-API-Key': key });
    assert.equal(answer.status, 401);
    assertClean(answer.text, 'the refusal of a key');
  }
});

test('the live stream shows no secret', async () => {
  const live = await LiveClient.open(`wss://127.0.0.1:${world.gaveld.httpsPort}/api/v1/ws`, {
    ca: world.gaveld.ca,
  });
  await until('a greeting', async () => live.frames.length > 0);
  assertClean(JSON.stringify(live.frames), 'the live stream');
  live.close();
});

test('gavelctl shows a key once, when it is made', async () => {
  assertClean(await world.gaveld.ctl('status'), 'gavelctl status');
  assertClean(await world.gaveld.ctl('--json', 'status'), 'gavelctl --json status');
  assertClean(await world.gaveld.ctl('apikey', 'list'), 'gavelctl apikey list');
  assertClean(await world.gaveld.ctl('--json', 'apikey', 'list'), 'gavelctl --json apikey list');
  const bundle = await world.gaveld.ctl('bundle', '-');
  assert.ok(JSON.parse(bundle).log.length > 0);
  assertClean(bundle, 'gavelctl bundle');
  assertClean(await world.gaveld.ctl('--json', 'auction', 'list'), 'gavelctl auction list');
});

test('a node that cannot be reached, or refuses the password, is reported without it', async () => {
  const wrong = 'canary-of-a-wrong-password-5d02';
  secrets.set('wrong RPC password', Buffer.from(wrong));
  for (const change of [
    { 'node.password': wrong },
    { 'node.url': 'http://127.0.0.1:9' },
    { 'counterparty.url': 'http://127.0.0.1:9' },
  ]) {
    const daemon = await Gaveld.start({ settings: { ...world.gaveld.settings, ...change } });
    try {
      for (const path of ['/api/health', '/api/v1/node', '/ready', '/metrics'])
        assertClean((await daemon.api.get(path)).text, `${path} with ${JSON.stringify(change)}`);
      assertClean(daemon.log, 'its log');
      assertClean(await daemon.ctl('--json', 'status'), 'its status');
    } finally {
      await daemon.close();
    }
  }
});

test('the log at its finest level shows no secret', () => {
  assert.match(world.gaveld.log, /listing\.created/);
  assertClean(world.gaveld.log, 'the log');
  assertClean(keyed.log, 'the log of the daemon with API_KEY');
});

test('every secret lies in its one file, readable by the owner only', () => {
  const home = { 'seal key': 'seal.key', 'TLS key': 'leaf', 'box key': 'box.key' };
  for (const dir of [world.gaveld.dir, keyed.dir])
    for (const entry of readdirSync(dir, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const path = join(entry.path, entry.name);
      assert.equal(statSync(path).mode & 0o077, 0, `${entry.name} is open to others`);
      const atHome = Object.keys(home).filter((name) => entry.name.includes(home[name]));
      assertClean(readFileSync(path), entry.name, atHome);
    }
});
