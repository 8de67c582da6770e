/**
 * Updates over the real daemon: what is refused and by which rule, a release taken in, asked for, written into the other
 * slot by gavelctl's own steps, and what is told of it. The card is a folder; tests/image has a whole box.
 */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { assertCovered } from '../support/contract.mjs';
import { Gaveld } from '../support/gaveld.mjs';
import { makeTempDir, removeTempDir } from '../support/process.mjs';
import { CardStandIn, GAVELCTL_KEYED, GAVELD_KEYED, makeBundle, RELEASE } from '../support/release.mjs';
import { until } from '../support/wait.mjs';
import { World } from '../support/world.mjs';

const HEAD_BYTES = 8192;

/** @type {World} */
let world;
/** @type {string} */
let dir;
/** @type {CardStandIn} */
let card;
/** @type {string} */
let admin;
/** @type {Buffer} */
let bundle;

const places = () => join(dir, 'places');
const staged = (name) => join(world.gaveld.dir, 'update', name);

/** A program's exit status and words. @param {string[]} words */
function ctl(...words) {
  const { status, stdout, stderr } = spawnSync(GAVELCTL_KEYED, ['--data', world.gaveld.dir, ...words], { encoding: 'utf8' });
  return { status, stdout: stdout.trim(), stderr: stderr.trim() };
}
const slot = (step, ...more) => ctl('slot', step, places(), ...more);

const headers = () => ({ 'X-API-Key': admin });
const get = async () => (await world.gaveld.api.get('/api/v1/update', headers())).json;
const apply = () => world.gaveld.api.send('POST', '/api/v1/update/apply', { headers: headers() });
/** @param {Buffer|string} body */
const upload = (body, box = world.gaveld, key = admin) =>
  box.api.send('POST', '/api/v1/update', { body, headers: { 'X-API-Key': key, 'Content-Type': 'application/octet-stream' } });

async function assertRefused(answer, status, code) {
  const { json, status: got, text } = await answer;
  assert.equal(got, status, text);
  assert.equal(json.code, code, text);
}

before(async () => {
  dir = makeTempDir('update');
  card = new CardStandIn(places());
  bundle = makeBundle(dir);
  assert.equal(spawnSync(GAVELCTL_KEYED, ['slot', 'look', places()], { encoding: 'utf8' }).stdout.trim(), 'plain');
  world = await World.start({ program: GAVELD_KEYED, settings: { 'update.folder': places() } });
  admin = (await world.gaveld.ctl('apikey', 'create', '--name', 'ops', '--scope', 'admin')).trim();
  await until('the box to be ready', async () => (await world.gaveld.api.get('/ready')).status === 200);
});
after(async () => {
  await world?.close();
  removeTempDir(dir);
});

test('a box that is not updated here, and a build that trusts nobody, say so', async () => {
  const plain = await Gaveld.start({ settings: { 'update.folder': places() } });
  try {
    const key = (await plain.ctl('apikey', 'create', '--name', 'ops', '--scope', 'admin')).trim();
    assert.equal((await plain.api.get('/api/v1/update', { 'X-API-Key': key })).json.trusts, false);
    await assertRefused(upload(bundle, plain, key), 400, 'update.no_key');
    delete plain.settings['update.folder'];
    await plain.halt();
    await plain.launch();
    assert.equal((await plain.api.get('/api/v1/update', { 'X-API-Key': key })).json.here, null);
    await assertRefused(upload(bundle, plain, key), 409, 'update.not_here');
  } finally {
    await plain.close();
  }
});

test('nobody but the owner asks, sends or installs', async () => {
  for (const [method, path] of [['GET', ''], ['POST', ''], ['DELETE', ''], ['POST', '/apply']]) {
    const send = (more) => world.gaveld.api.send(method, `/api/v1/update${path}`, { headers: more });
    assert.equal((await send({})).status, 401, `${method} ${path}`);
    assert.equal((await send({ 'X-API-Key': world.key })).status, 403, `${method} ${path}`);
  }
});

test('what is not signed, not whole, not newer or not ours is refused by its rule', async () => {
  const other = join(dir, 'other-secret');
  execFileSync(RELEASE, ['key', other]);
  const changed = (at) => {
    const copy = Buffer.from(bundle);
    copy[at] ^= 1;
    return copy;
  };
  await assertRefused(upload(Buffer.from('not an update'.repeat(1000))), 400, 'update.format');
  await assertRefused(upload(makeBundle(dir, { secret: other })), 400, 'update.signature');
  await assertRefused(upload(changed(40)), 400, 'update.signature');
  await assertRefused(upload(changed(HEAD_BYTES + 5)), 400, 'update.hash');
  await assertRefused(upload(changed(bundle.length - 1)), 400, 'update.hash');
  await assertRefused(upload(bundle.subarray(0, bundle.length - 1)), 400, 'update.truncated');
  await assertRefused(upload(bundle.subarray(0, 100)), 400, 'update.truncated');
  await assertRefused(upload(Buffer.concat([bundle, Buffer.from('x')])), 400, 'update.size');
  await assertRefused(upload(makeBundle(dir, { version: '0.1.0' })), 409, 'update.downgrade');
  await assertRefused(upload(makeBundle(dir, { version: '0.0.9' })), 409, 'update.downgrade');
  await assertRefused(upload(makeBundle(dir, { from: '0.2.0' })), 409, 'update.from');
  await assertRefused(apply(), 404, 'update.none');
  assert.equal((await get()).staged, null);
  assert.ok(!existsSync(staged('part')) && !existsSync(staged('bundle')));
});

test('a release is taken in, kept over a restart, and forgotten when asked', async () => {
  const { status, json } = await upload(bundle);
  assert.equal(status, 201);
  assert.deepEqual(json.staged, { version: '9.9.9', bytes: bundle.length });
  assert.deepEqual([json.here.slot, json.here.phase, json.here.floor, json.here.blocked], ['a', 'idle', '0.1.0', null]);
  await world.gaveld.halt();
  await world.gaveld.launch();
  assert.equal((await get()).staged.version, '9.9.9');
  assert.equal((await world.gaveld.api.send('DELETE', '/api/v1/update', { headers: headers() })).status, 204);
  assert.equal((await get()).staged, null);
  await assertRefused(world.gaveld.api.send('DELETE', '/api/v1/update', { headers: headers() }), 404, 'update.none');
});

test('a box that is not ready installs nothing: a new release could not prove itself', async () => {
  assert.equal((await upload(bundle)).status, 201);
  await world.node.halt();
  await until('the gate to close', async () => (await get()).here.blocked?.code === 'update.not_ready');
  await assertRefused(apply(), 409, 'update.not_ready');
  await world.node.launch();
  await until('the gate to open', async () => (await get()).here.blocked === null, { timeoutMs: 60000 });
});

test('asked for, it is written into the other slot, and the next start may try it', async () => {
  const { status, json } = await apply();
  assert.equal(status, 202);
  assert.equal(json.here.phase, 'asked');
  assert.ok(existsSync(staged('wanted')));
  await assertRefused(upload(bundle), 409, 'update.busy');
  await assertRefused(apply(), 409, 'update.busy');
  await assertRefused(world.gaveld.api.send('DELETE', '/api/v1/update', { headers: headers() }), 409, 'update.busy');

  rmSync(staged('wanted')); // as the script does that the file wakes
  const installed = slot('install');
  assert.equal(installed.status, 0, installed.stderr);
  assert.ok(card.read('root-b').startsWith('root of 9.9.9 root of 9.9.9'));
  assert.equal(card.read('card/b/vmlinuz'), 'kernel of 9.9.9');
  assert.equal(card.read('card/b/cmdline.txt'), 'gavel.slot=b');
  assert.ok(card.read('root-a').startsWith('root of slot a'));
  assert.match(card.read('card/config.txt'), /^os_prefix=a\/$/m);
  assert.match(card.read('card/tryboot.txt'), /^os_prefix=b\/$/m);
  const { here } = await get();
  assert.deepEqual([here.phase, here.done, here.all], ['waiting', bundle.length, bundle.length]);
  assert.equal(slot('may-restart').status, 0);
});

test('a start of the old slot tells that the box went back, and the same release may come again', async () => {
  card.starts('b');
  assert.equal(slot('look').stdout, 'mislabelled'); // this program is not 9.9.9
  assert.equal(slot('watch', '0').status, 75);
  card.starts('a');
  assert.equal(slot('look').stdout, 'fell-back');
  assert.deepEqual((await get()).here.last, { version: '9.9.9', confirmed: false });
  assert.equal((await get()).here.phase, 'idle');
  assert.equal(slot('confirm').status, 74);
});

test('a bundle that was changed after it was staged is refused by the half that runs as root', async () => {
  const copy = Buffer.from(bundle);
  copy[copy.length - 3] ^= 1;
  writeFileSync(staged('bundle'), copy);
  const { status, stderr } = slot('install');
  assert.equal(status, 65);
  assert.match(stderr, /update\.hash/);
  assert.equal(card.read('card/tryboot.txt'), null);
  assert.equal((await get()).here.failed.code, 'update.hash');
});

test('gavelctl judges a file, hands it over and follows it', async () => {
  const file = join(dir, 'release.gavel');
  writeFileSync(file, bundle);
  assert.match(ctl('verify', file).stdout, /^release 9\.9\.9, for boxes from 0\.1\.0 on: good, 4 parts, \d+ bytes$/);
  writeFileSync(file, bundle.subarray(0, 9000));
  assert.deepEqual([ctl('verify', file).status, ctl('verify', join(dir, 'none')).status], [65, 66]);
  assert.equal(ctl('update', file).status, 65);
  writeFileSync(file, bundle);
  const { status, stdout } = ctl('--json', 'update', file);
  assert.equal(status, 0);
  assert.match(stdout, /"phase":"asked"/);
  assert.match(ctl('update').stdout, /^phase asked/);
  rmSync(staged('wanted'));
  assert.equal(slot('install').status, 0);
});

test('gavelctl, which may be root, follows no link out of the folder of the daemon', () => {
  const folder = join(world.gaveld.dir, 'update');
  const elsewhere = join(dir, 'elsewhere');
  const file = join(dir, 'release.gavel');
  writeFileSync(file, bundle);
  mkdirSync(elsewhere);
  writeFileSync(join(elsewhere, 'incoming'), 'of somebody else');
  renameSync(folder, `${folder}.aside`);
  symlinkSync(elsewhere, folder);
  try {
    assert.equal(ctl('update', file).status, 73);
    assert.equal(readFileSync(join(elsewhere, 'incoming'), 'utf8'), 'of somebody else');
  } finally {
    rmSync(folder);
    renameSync(`${folder}.aside`, folder);
  }
});

test('every step is in the audit log', async () => {
  const { json } = await world.gaveld.api.get('/api/v1/audit?kind=update&limit=50', headers());
  const kinds = json.items.map(({ kind }) => kind);
  assert.deepEqual([...new Set(kinds)].sort(), ['update.asked', 'update.removed', 'update.uploaded']);
});

test('every operation of the tag was seen', () => assertCovered('updates'));
