/**
 * Updates of the whole box in emulation: a release comes in through the API, is written into the other slot, tried by a
 * restart and kept because /ready passes; the next one, whose gaveld brings the data to a newer schema and then cannot
 * listen, makes the box go back by itself, to data that it still understands. Then the release before is refused. The programs
 * are built here in three versions with the tests' release key; the root is the image's without the drivers that emulation
 * has no devices for, and accounts have other numbers in each. Which slot starts is the choice of a stand-in for the boards'
 * firmware (tests/support/box.mjs).
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, openSync, readFileSync, readdirSync, rmSync, writeFileSync, writeSync, closeSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Api } from '../support/api.mjs';
import { Bitcoind } from '../support/bitcoind.mjs';
import { Box } from '../support/box.mjs';
import { IMAGE_FOLDER, imageFile } from '../support/image.mjs';
import { ROOT, makeTempDir, removeTempDir } from '../support/process.mjs';
import { RELEASE, SECRET } from '../support/release.mjs';

/** Where the image's second partition begins (toolchain/lib/image_disk.sh). */
const ROOT_A_BYTES = (4 + 192) << 20;
const BOOT_MS = 420000;
const STEP_MS = 600000;
/** Instead of ten minutes: what a release gets that will not become ready anyway. */
const SHORT_TRIAL_S = 45;
const BUILDS = join(ROOT, 'build/release');
const NODE_RPC = 8332;
const SSH = 22;
const MINER = 'bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080';
const UNITS = ['gavel-slot', 'gavel-settle', 'gavel-update.path'];
const NO_DEVICES = ['gpu', 'media', 'staging', 'net/wireless', 'net/ethernet', 'iio', 'infiniband', 'scsi', 'hwmon', 'input', 'usb'];

/** @type {string} */
let dir;
/** @type {Box} */
let box;
/** @type {Api} */
let api;
/** @type {string} */
let key;

const run = (program, ...words) => execFileSync(program, words, { stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 1 << 29 });

/** A build of that version which trusts the tests' key. @param {string} version @param {string} [source] */
function build(version, source = ROOT) {
  const folder = join(BUILDS, source === ROOT ? version : `${version}-later`);
  const trusted = run(RELEASE, 'public', SECRET).toString().trim();
  run('cmake', '--preset', 'arm64', '-S', source, '-B', folder, `-DGAVEL_RELEASE_KEY=${trusted}`, `-DGAVEL_VERSION=${version}`);
  run('ninja', '-C', folder, '-j2', 'gaveld', 'gavelctl');
  return folder;
}

/** The sources with one migration more, which leaves what this release can read. @returns {string} */
function laterSources() {
  const source = join(BUILDS, 'later');
  rmSync(source, { recursive: true, force: true });
  mkdirSync(source);
  run('sh', '-c', 'cd "$1" && git ls-files -z | tar --null -T - -c | tar -x -C "$2"', 'sh', ROOT, source);
  const edit = (/** @type {string} */ name, /** @type {RegExp} */ what, /** @type {(...found: string[]) => string} */ by) => {
    const text = readFileSync(join(source, name), 'utf8');
    assert.match(text, what, name);
    writeFileSync(join(source, name), text.replace(what, by));
  };
  edit('app/store/sql.h', /(?<=#define GV_MIGRATIONS )\d+/, (number) => String(Number(number) + 1));
  edit('app/store/store.c', /(?<=migrations\[GV_MIGRATIONS\] = \{[^}]*)\}/, () => ', "CREATE TABLE of_a_later_release (n INTEGER)"}');
  return source;
}

/** The numbers of the box's accounts are those that were free when a root was made. @param {string} root @param {number} by */
function renumber(root, by) {
  const [passwd, group] = ['etc/passwd', 'etc/group'].map((name) => join(root, name));
  for (const name of ['gavel', 'bitcoin']) {
    const [, uid, gid] = new RegExp(`^${name}:x:(\\d+):(\\d+):`, 'm').exec(readFileSync(passwd, 'utf8')) ?? [];
    assert.ok(uid, name);
    run('find', root, '-uid', uid, '-exec', 'chown', '-h', String(Number(uid) + by), '{}', '+');
    run('find', root, '-gid', gid, '-exec', 'chgrp', '-h', String(Number(gid) + by), '{}', '+');
    run('sed', '-i', `s/^${name}:x:${uid}:${gid}:/${name}:x:${Number(uid) + by}:${Number(gid) + by}:/`, passwd);
    run('sed', '-i', `s/^${name}:x:${gid}:/${name}:x:${Number(gid) + by}:/`, group);
  }
}

/** The image's root with what this source lays over it. @returns {string} */
function unpack() {
  const root = join(dir, 'root');
  run('unsquashfs', '-q', '-n', '-d', root, join(IMAGE_FOLDER, 'root.sqfs'));
  run('cp', '-r', '--no-preserve=ownership', `${join(ROOT, 'firmware/image/root')}/.`, root);
  run('systemctl', `--root=${root}`, '--quiet', 'enable', ...UNITS);
  const [kernel] = readdirSync(join(root, 'usr/lib/modules'));
  for (const name of NO_DEVICES) rmSync(join(root, 'usr/lib/modules', kernel, 'kernel/drivers', name), { recursive: true, force: true });
  rmSync(join(root, 'usr/lib/modules', kernel, 'kernel/sound'), { recursive: true, force: true });
  return root;
}

/** @param {string} root @param {string} name @returns {string} */
function pack(root, name) {
  const file = join(dir, `${name}.sqfs`);
  run('mksquashfs', root, file, '-noappend', '-quiet', '-no-progress', '-comp', 'zstd', '-Xcompression-level', '1', '-b', '256K');
  return file;
}

/** @param {string} version @param {string} root @returns {Buffer} */
function sign(version, root) {
  const a = readFileSync(join(IMAGE_FOLDER, 'boot/a/cmdline.txt'), 'utf8');
  writeFileSync(join(dir, 'a'), a);
  writeFileSync(join(dir, 'b'), a.replace('-02 ', '-03 ').replace('gavel.slot=a', 'gavel.slot=b'));
  const start = ['vmlinuz', 'initrd.img'].map((name) => `${name}=${join(IMAGE_FOLDER, 'boot/a', name)}`);
  return run(RELEASE, 'make', SECRET, version, '0.1.0', `root=${root}`, ...start, `cmdline-a.txt=${join(dir, 'a')}`, `cmdline-b.txt=${join(dir, 'b')}`);
}

/** @param {string} root @param {string} from @param {string} program @param {string} to */
const install = (root, from, program, to) => copyFileSync(join(from, program), join(root, to, program));

/** Three roots: one for the card, a release, and a later one whose gaveld opens the data and then cannot listen. */
function makeReleases() {
  const root = unpack();
  const lay = (/** @type {string} */ from) => {
    install(root, from, 'gaveld', 'usr/sbin');
    install(root, from, 'gavelctl', 'usr/bin');
  };
  lay(build('0.1.0'));
  pack(root, '0.1.0');
  lay(build('0.2.0'));
  renumber(root, +1000);
  pack(root, '0.2.0');
  lay(build('0.3.0', laterSources()));
  renumber(root, -1000);
  writeFileSync(join(root, 'etc/gavel/conf.d/30-mistake.conf'), `[https]\nport = ${SSH}\n`);
  const settle = join(root, 'usr/lib/gavel/box-settle');
  writeFileSync(settle, readFileSync(settle, 'utf8').replace(/^limit_s=.*$/m, `limit_s=${SHORT_TRIAL_S}`));
  pack(root, '0.3.0');
  rmSync(root, { recursive: true });
}

function putRoot(disk, file) {
  const bytes = readFileSync(file);
  const fd = openSync(disk, 'r+');
  for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at, bytes.length - at, ROOT_A_BYTES + at);
  closeSync(fd);
}

const eventually = (what, probe, ms = STEP_MS) => box.machine.until(what, probe, ms);
const update = async () => (await api.get('/api/v1/update', { 'X-API-Key': key })).json;
const send = (method, path, more) => api.send(method, path, { ...more, headers: { 'X-API-Key': key, ...more?.headers } });
const upload = (body) => send('POST', '/api/v1/update', { body, headers: { 'Content-Type': 'application/octet-stream' } });

/** The box is up, over HTTPS. */
async function reach() {
  const plain = new Api(box.httpUrl);
  const ca = await eventually('GET /ca.crt', async () => {
    const { status, text } = await plain.get('/ca.crt');
    return status === 200 && text;
  }, BOOT_MS);
  plain.close();
  api?.close();
  api = new Api(box.httpsUrl, { ca });
}

/** Until /ready passes, with a block of now. */
async function ready() {
  const cookie = await eventually('the node of the box', () => box.shell('cat /run/bitcoind/cookie'));
  const node = Bitcoind.reached(await box.tunnel(NODE_RPC), cookie);
  await eventually('its RPC', () => node.rpc('getblockchaininfo'));
  await node.rpc('generatetoaddress', 1, MINER);
  await eventually('/ready', async () => (await api.get('/ready')).status === 200);
}

async function apply(t, bundle) {
  const started = Date.now();
  const answer = await upload(bundle);
  assert.equal(answer.status, 201, answer.text);
  t.diagnostic(`upload of ${(bundle.length / 1e6).toFixed(0)} MB: ${((Date.now() - started) / 1000).toFixed(0)} s`);
  assert.equal((await send('POST', '/api/v1/update/apply')).status, 202);
  await box.restarted(STEP_MS);
  t.diagnostic(`to the restart: ${((Date.now() - started) / 1000).toFixed(0)} s`);
}

before(() => {
  const image = imageFile();
  dir = makeTempDir('releases');
  makeReleases();
  box = Box.insert(image);
  putRoot(box.disk, join(dir, '0.1.0.sqfs'));
});
after(async () => {
  api?.close();
  await box?.close();
  if (dir) removeTempDir(dir);
});

test('a box that runs slot a is made ready', async () => {
  box.write('gavel.txt', `ssh_key = ${box.publicKey}\nnode = regtest\n`);
  await box.start();
  await reach();
  await eventually('a login by SSH', () => box.shell('hostname'));
  await box.shell("printf 'a password for tests only\\n' | gavelctl claim --name owner");
  key = (await box.shell('gavelctl apikey create --name ops --scope admin')).trim();
  const { version, here } = await update();
  assert.deepEqual([version, here.slot, here.phase, here.floor], ['0.1.0', 'a', 'idle', '0.1.0']);
  await ready();
});

test('a release is installed, tried and kept, because the box is ready with it', async (t) => {
  await apply(t, sign('0.2.0', join(dir, '0.2.0.sqfs')));
  await reach();
  assert.match(await box.shell('cat /proc/cmdline'), /gavel\.slot=b/);
  await ready();
  await eventually('the trial to be proved', async () => (await update()).here.phase === 'idle');
  const { version, here } = await update();
  assert.deepEqual([version, here.slot, here.floor, here.last], ['0.2.0', 'b', '0.2.0', { version: '0.2.0', confirmed: true }]);
  assert.match(box.read('config.txt') ?? '', /^os_prefix=b\/$/m);
});

test('a release that is not ready makes the box go back by itself, and an old one is refused', async (t) => {
  await apply(t, sign('0.3.0', join(dir, '0.3.0.sqfs')));
  await box.restarted(STEP_MS); // of its own accord
  await reach();
  const { version, here } = await update();
  assert.deepEqual([version, here.slot, here.floor, here.last], ['0.2.0', 'b', '0.2.0', { version: '0.3.0', confirmed: false }]);
  const back = /going back to an older release schema=(\d+) known=(\d+)/.exec(await box.shell('journalctl -b -u gavel'));
  assert.equal(Number(back?.[1]), Number(back?.[2]) + 1, 'the failed release had made the data newer');
  assert.equal(await box.shell('stat -c %U /data/gavel/gavel.db /data/bitcoin/regtest'), 'gavel\nbitcoin');
  const refused = await upload(sign('0.1.9', join(dir, '0.1.0.sqfs')));
  assert.deepEqual([refused.status, refused.json.code], [409, 'update.downgrade'], refused.text);
});
