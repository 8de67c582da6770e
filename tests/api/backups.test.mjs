/**
 * Backups over the real daemon and node: made while listings come in, verified, carried to an empty box and
 * restored there, compared; refused when damaged or with the wrong passphrase; a restore that is killed at
 * any moment leaves the old box or the new one, never a mixture.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import https from 'node:http';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { assertCovered } from '../support/contract.mjs';
import { Gaveld, GAVELCTL } from '../support/gaveld.mjs';
import { until } from '../support/wait.mjs';
import { World } from '../support/world.mjs';

const PASSPHRASE = 'correct horse battery';

/** @type {World} */
let world;
/** @type {string} */
let admin;
/** @type {number[]} */
let listed;
/** @type {Buffer} */
let file;
/** @type {string} */
let id;
/** @type {any} */
let expected;

before(async () => {
  world = await World.start();
  admin = await adminKey(world.gaveld);
});
after(() => world?.close());

const adminKey = async (box) =>
  (await box.ctl('apikey', 'create', '--name', 'ops', '--scope', 'admin')).trim();
const get = (path, box = world.gaveld, key = admin) => box.api.get(path, { 'X-API-Key': key });
const post = (path, body, box = world.gaveld, key = admin) => box.api.post(path, body, { 'X-API-Key': key });

/** Detail of the newest audit row of a kind. */
const audited = async (kind, box = world.gaveld, key = admin) =>
  (await get(`/api/v1/audit?kind=${kind}&limit=1`, box, key)).json.items[0]?.detail;

/** Wait for the end of the job that runs. */
async function job(box = world.gaveld, key = admin) {
  return until('the job to end', async () => {
    const { json } = await get('/api/v1/backups', box, key);
    return json.job && json.job.state !== 'running' && json.job;
  }, { timeoutMs: 60000 });
}

/** @param {string} path @param {Gaveld} box @param {string} key @returns {Promise<Buffer>} */
function download(path, box, key) {
  return new Promise((resolve, reject) => {
    https
      .get(`http://127.0.0.1:${box.httpPort}${path}`, { headers: { 'X-API-Key': key } }, (response) => {
        const parts = [];
        response.on('data', (part) => parts.push(part));
        response.on('end', () => (response.complete ? resolve(Buffer.concat(parts)) : reject(new Error('cut'))));
        response.on('error', reject);
      })
      .on('error', reject);
  });
}

const upload = (bytes, box, key) =>
  box.api.send('POST', '/api/v1/restore', {
    body: bytes,
    headers: { 'X-API-Key': key, 'Content-Type': 'application/octet-stream' },
  });

const publicView = async (box) => {
  const { json } = await box.api.get('/api/v1/dutch?limit=200');
  return json.items.map(({ id: listing, asset, utxo_txid, utxo_vout, start_block, end_block, start_price_sats }) => ({
    listing, asset, utxo_txid, utxo_vout, start_block, end_block, start_price_sats,
  }));
};

/** An empty box beside the same node. @param {Record<string, string>} [settings] */
const emptyBox = (settings = {}) =>
  Gaveld.start({
    settings: {
      'node.url': world.node.url,
      'node.cookie_file': world.node.cookieFile,
      'counterparty.url': world.counterparty.url,
      ...settings,
    },
  });

/** The box after its restart inside the process. */
async function back(box, oldPort) {
  await until('the box to come back', async () => {
    const path = join(box.dir, 'ports.json');
    if (!existsSync(path)) return false;
    const ports = JSON.parse(readFileSync(path, 'utf8'));
    if (ports.http === oldPort) return false;
    box.httpPort = ports.http;
    box.api.close();
    box.api = new box.api.constructor(`http://127.0.0.1:${ports.http}`);
    return (await box.api.get('/health')).status === 200;
  }, { timeoutMs: 30000 });
}

test('the first backup asks for a passphrase, and a short one is none', async () => {
  for (const body of [{}, { passphrase: 'short' }, { passphrase: 5 }]) {
    const answer = await post('/api/v1/backups', body);
    assert.equal(answer.status, 400, answer.text);
  }
  const { json } = await get('/api/v1/backups');
  assert.deepEqual([json.items, json.has_key, json.job], [[], false, null]);
  assert.equal((await get('/api/v1/system')).json.backup.last_success_at, null);
});

test('a backup is made while listings come in, and holds one moment of them', async () => {
  const plans = [];
  for (let i = 0; i < 6; i++) plans.push(await world.plan());
  listed = [await world.list(plans[0]), await world.list(plans[1])];
  const answer = await post('/api/v1/backups', { passphrase: PASSPHRASE });
  assert.equal(answer.status, 202, answer.text);
  assert.equal((await post('/api/v1/backups', {})).status, 409);
  for (const plan of plans.slice(2)) listed.push(await world.list(plan)); // nobody waits for the copy
  const done = await job();
  assert.equal(done.state, 'done', JSON.stringify(done));
  id = done.id;
  const { json } = await get('/api/v1/backups');
  assert.equal(json.items.length, 1);
  assert.equal(json.has_key, true);
  assert.equal(json.items[0].verified, null);
  assert.ok(json.items[0].bytes > 4096);
  file = await download(`/api/v1/backups/${id}/file`, world.gaveld, admin);
  assert.equal(file.length, json.items[0].bytes);
  // What is secret or known text is not in the file: it is encrypted through and through.
  const seal = readFileSync(join(world.gaveld.dir, 'seal.key'));
  for (const secret of [seal, Buffer.from('FROGKING'), Buffer.from('SQLite format'), Buffer.from(PASSPHRASE)])
    assert.equal(file.indexOf(secret), -1);
  assert.equal(statSync(join(world.gaveld.dir, 'backups', `${id}.gavel`)).mode & 0o777, 0o600);
});

test('verify is a trial restore: with the box key, with the passphrase, not with another', async () => {
  assert.equal((await post(`/api/v1/backups/${id}/verify`, '')).status, 202);
  assert.equal((await job()).state, 'done');
  assert.equal((await get('/api/v1/backups')).json.items[0].verified, true);
  assert.equal((await post(`/api/v1/backups/${id}/verify`, { passphrase: PASSPHRASE })).status, 202);
  assert.equal((await job()).state, 'done');
  assert.equal((await post(`/api/v1/backups/${id}/verify`, { passphrase: 'a wrong passphrase' })).status, 202);
  const failed = await job();
  assert.deepEqual([failed.state, failed.code], ['failed', 'backup.passphrase']);
  assert.equal((await get('/api/v1/backups')).json.items[0].verified, true); // says nothing about the file
  assert.deepEqual(readdirSync(world.gaveld.dir).filter((name) => name === 'trial'), []);
  const metrics = (await get('/metrics')).text;
  assert.match(metrics, /gavel_backup_last_success_timestamp_seconds 1\d{9}/);
  assert.match(metrics, /gavel_backup_last_verified_timestamp_seconds 1\d{9}/);
});

const forget = (name) => world.api.send('DELETE', `/api/v1/backups/${name}`, { headers: { 'X-API-Key': admin } });

test('an upload replaces nothing: the same file is welcome, another of the same head is not', async () => {
  const stored = join(world.gaveld.dir, 'backups', `${id}.gavel`);
  for (const bytes of [file.subarray(0, file.length - 1), file.subarray(0, 200), Buffer.concat([file, Buffer.alloc(1)])]) {
    const answer = await upload(bytes, world.gaveld, admin);
    assert.deepEqual([answer.status, answer.json.code], [409, 'backup.exists'], answer.text);
    assert.ok(readFileSync(stored).equals(file));
  }
  assert.equal((await upload(file, world.gaveld, admin)).json.id, id);
  assert.deepEqual(readdirSync(join(world.gaveld.dir, 'backups')).filter((name) => /part|tmp/.test(name)), []);
});

test('a damaged file is refused wherever it was touched', async () => {
  await forget(id);
  const places = [0, 7, 9, 30, 50, 90, 96, 110, 5000, file.length - 1, file.length - 20];
  for (const at of places) {
    const bad = Buffer.from(file);
    bad[at] ^= 0x10;
    const answer = await upload(bad, world.gaveld, admin);
    if (answer.status !== 201) {
      assert.equal(answer.status, at === 7 ? 400 : 400, answer.text);
      continue;
    }
    await post(`/api/v1/backups/${answer.json.id}/verify`, { passphrase: PASSPHRASE });
    const { state, code } = await job();
    assert.equal(state, 'failed', `byte ${at}`);
    assert.match(code, /^backup\.(damaged|passphrase)$/, `byte ${at}`);
    await forget(answer.json.id);
  }
  for (const bytes of [Buffer.alloc(0), file.subarray(0, 50), file.subarray(0, 97), file.subarray(0, file.length - 1)]) {
    const answer = await upload(bytes, world.gaveld, admin);
    if (answer.status === 201) {
      await post(`/api/v1/backups/${answer.json.id}/verify`, { passphrase: PASSPHRASE });
      assert.equal((await job()).state, 'failed');
      await forget(answer.json.id);
    } else assert.equal(answer.status, 400, answer.text);
  }
  assert.equal((await upload(file, world.gaveld, admin)).json.id, id);
  await post(`/api/v1/backups/${id}/verify`, '');
  assert.equal((await job()).state, 'done');
  assert.deepEqual(readdirSync(join(world.gaveld.dir, 'backups')).filter((name) => /part|tmp/.test(name)), []);
});

test('an empty box becomes the old one: listings, rungs and history, with its own keys', async () => {
  const box = await emptyBox();
  try {
    const key = await adminKey(box);
    const sealBefore = readFileSync(join(box.dir, 'seal.key'));
    const caBefore = readFileSync(join(box.dir, 'tls/ca.crt'));
    const sent = await upload(file, box, key);
    assert.equal(sent.status, 201, sent.text);
    const wrong = await post('/api/v1/restore', { id: sent.json.id }, box, key);
    assert.equal(wrong.status, 202);
    assert.equal((await job(box, key)).code, 'backup.passphrase_needed');
    const port = box.httpPort;
    const begun = await post('/api/v1/restore', { id: sent.json.id, passphrase: PASSPHRASE }, box, key);
    assert.equal(begun.status, 202, begun.text);
    await back(box, port);
    expected = (await publicView(world.gaveld)).filter(({ listing }) => listing <= listed.length);
    const now = await publicView(box);
    assert.ok(now.length >= 2 && now.length <= listed.length);
    assert.deepEqual(now, expected.slice(-now.length));
    // Its own: the key that was made here, its seal key, its certificate. Not its: keys of the old box.
    assert.equal((await get('/api/v1/restore', box, key)).json.restored.id, sent.json.id);
    assert.equal((await get('/api/v1/system', box, admin)).status, 401);
    assert.deepEqual(readFileSync(join(box.dir, 'seal.key')), sealBefore);
    assert.deepEqual(readFileSync(join(box.dir, 'tls/ca.crt')), caBefore);
    assert.match(await box.ctl('audit', 'verify'), /^ok/);
    // The sealed PSBTs open: both boxes reveal the same one.
    await world.mineTo(expected.at(-1).start_block);
    await until('the restored box to reveal', async () => {
      const mine = await box.api.get(`/api/v1/dutch/${now.at(-1).listing}/current-psbt`);
      const theirs = await world.api.get(`/api/v1/dutch/${now.at(-1).listing}/current-psbt`);
      return mine.json.psbt && JSON.stringify(mine.json.psbt) === JSON.stringify(theirs.json.psbt);
    }, { timeoutMs: 20000 });
    // The log that came along tells who put it back, and the log of the old box who took it away.
    assert.match(await audited('backup.restored', box, key), /^by=key:\w{8} address=127\.0\.0\.1 route=/);
    for (const kind of ['backup.created', 'backup.downloaded', 'backup.verified'])
      assert.match(await audited(kind), /^by=key:\w{8} address=127\.0\.0\.1 route=/, kind);
  } finally {
    await box.close();
  }
});

test('a box with listings is replaced only when that is said, and keeps the old database', async () => {
  const before = await publicView(world.gaveld);
  const refused = await post('/api/v1/restore', { id });
  assert.equal(refused.status, 409, refused.text);
  assert.equal(refused.json.code, 'backup.not_empty');
  const extra = await world.list(await world.plan());
  const port = world.gaveld.httpPort;
  assert.equal((await post('/api/v1/restore', { id, replace: true })).status, 202);
  await back(world.gaveld, port);
  const now = await publicView(world.gaveld);
  assert.ok(!now.some(({ listing }) => listing === extra));
  assert.ok(now.length <= before.length);
  assert.equal((await get('/api/v1/system')).status, 200); // this box's key still works
  assert.ok(existsSync(join(world.gaveld.dir, 'previous.db')));
  assert.ok(!existsSync(join(world.gaveld.dir, 'restore')));
});

test('kill -9 at any moment of a restore leaves the old box or the new one', async () => {
  const box = await emptyBox();
  try {
    const key = await adminKey(box);
    const sent = await upload(file, box, key);
    let restored = 0;
    let rounds = 0;
    for (let delay = 0; delay < 40; delay++) {
      await post('/api/v1/restore', { id: sent.json.id, passphrase: PASSPHRASE, replace: true }, box, key);
      await new Promise((resolve) => setTimeout(resolve, delay * 25));
      await box.kill();
      await box.launch();
      const listings = await publicView(box);
      const { json } = await get('/api/v1/restore', box, key);
      assert.ok(listings.length === 0 || listings.length >= 2, `${listings.length} listings`);
      assert.equal(listings.length > 0, json.restored !== null);
      assert.match(await box.ctl('audit', 'verify'), /^ok/);
      restored += Number(listings.length > 0);
      rounds++;
      assert.ok(!existsSync(join(box.dir, 'restore/ready')));
      if (listings.length > 0) break; // every later round would find it restored
    }
    assert.ok(rounds > 1 || restored === 1);
  } finally {
    await box.close();
  }
});

test('a restore that was staged is done by the next start, whatever ended this one', async () => {
  const box = await emptyBox();
  try {
    const key = await adminKey(box);
    const sent = await upload(file, box, key);
    await post('/api/v1/restore', { id: sent.json.id, passphrase: PASSPHRASE }, box, key);
    await until('it to be staged', () => existsSync(join(box.dir, 'restore/ready')) || existsSync(join(box.dir, 'restored')), { everyMs: 1 });
    await box.kill();
    await box.launch();
    assert.ok((await publicView(box)).length >= 2);
    assert.equal((await get('/api/v1/restore', box, key)).json.restored.id, sent.json.id);
    // A staged file that is no database any more is given up; the box goes on with what it has.
    const before = await publicView(box);
    await box.halt();
    execFileSync('mkdir', ['-p', join(box.dir, 'restore')]);
    writeFileSync(join(box.dir, 'restore/gavel.db'), 'this is no database');
    writeFileSync(join(box.dir, 'restore/ready'), sent.json.id);
    await box.launch();
    assert.deepEqual(await publicView(box), before);
    assert.match(box.log, /restore given up/);
  } finally {
    await box.close();
  }
});

test('a full disk ends the job with a sentence and leaves nothing behind', async (t) => {
  const box = await emptyBox();
  const shelf = join(box.dir, 'backups');
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k,mode=700', 'tmpfs', shelf], { stdio: 'ignore' });
  } catch {
    t.skip('a small disk can be made by root alone');
    await box.close();
    return;
  }
  try {
    const key = await adminKey(box);
    assert.equal((await post('/api/v1/backups', { passphrase: PASSPHRASE }, box, key)).status, 202);
    const failed = await job(box, key);
    assert.equal(failed.state, 'failed', JSON.stringify(failed));
    assert.match(failed.error, /full/);
    assert.deepEqual(readdirSync(shelf), []);
    const answer = await upload(Buffer.concat([file, Buffer.alloc(70000)]), box, key);
    assert.equal(answer.status, 500, answer.text);
    assert.deepEqual(readdirSync(shelf), []);
    assert.equal((await box.api.get('/health')).status, 200);
  } finally {
    execFileSync('umount', ['-l', shelf]);
    await box.close();
  }
});

test('gavelctl makes, lists, verifies, restores and deletes', async () => {
  const ctl = (args, input = '') =>
    execFileSync(GAVELCTL, ['--data', world.gaveld.dir, 'backup', ...args], { input, encoding: 'utf8' });
  assert.match(ctl(['create']), /^done \d{8}-\d{6}-[0-9a-f]{4}/);
  const made = /done (\S+)/.exec(ctl(['create', '--passphrase'], 'another passphrase\n'))[1];
  assert.match(ctl(['list']), new RegExp(`${made} .*not tried`));
  assert.match(ctl(['verify', made]), /^done/);
  assert.match(ctl(['list']), new RegExp(`${made} .*verified`));
  assert.throws(() => ctl(['verify', id]), /another passphrase/);
  ctl(['delete', made]);
  assert.throws(() => ctl(['verify', made]), /no such backup/);
  assert.throws(() => ctl(['restore', id, '--passphrase'], `${PASSPHRASE}\n`), /may be replaced/);
});

test('names that are none, and callers without the scope', async () => {
  for (const name of ['x', '...', 'gavel.db', '20261121-041500-1A2B', `${id}x`]) {
    const path = encodeURIComponent(name);
    for (const [method, tail] of [['GET', '/file'], ['POST', '/verify'], ['DELETE', '']]) {
      const { status } = await world.api.send(method, `/api/v1/backups/${path}${tail}`, { headers: { 'X-API-Key': admin } });
      assert.ok(status === 404 || status === 400, `${method} ${name}: ${status}`);
    }
  }
  for (const [method, path] of [
    ['GET', '/api/v1/backups'],
    ['POST', '/api/v1/backups'],
    ['GET', `/api/v1/backups/${id}/file`],
    ['POST', `/api/v1/backups/${id}/verify`],
    ['DELETE', `/api/v1/backups/${id}`],
    ['GET', '/api/v1/restore'],
    ['POST', '/api/v1/restore'],
  ]) {
    assert.equal((await world.api.send(method, path)).status, 401, path);
    assert.equal((await world.api.send(method, path, { headers: { 'X-API-Key': world.key } })).status, 403, path);
  }
});

test('no passphrase is in any log or answer', async () => {
  const texts = [world.gaveld.log, (await get('/api/v1/backups')).text, (await get('/api/v1/logs?limit=500')).text];
  for (const text of texts) assert.ok(!text.includes(PASSPHRASE) && !text.includes('another passphrase\n'));
});

test('every described status of these operations was seen', async () => {
  assert.equal((await post(`/api/v1/backups/${id}/verify`, { passphrase: 'short' })).status, 400);
  assert.equal((await post('/api/v1/restore', { id: '20000101-000000-0000', replace: true })).status, 404);
  await post(`/api/v1/backups/${id}/verify`, { passphrase: PASSPHRASE });
  assert.equal((await post(`/api/v1/backups/${id}/verify`, { passphrase: PASSPHRASE })).status, 409);
  await job();
  assert.equal((await get(`/api/v1/backups/${id}/file`)).status, 200);
  assert.equal(
    (await world.api.send('DELETE', `/api/v1/backups/${id}`, { headers: { 'X-API-Key': admin } })).status,
    204,
  );
  assertCovered('backups');
});
