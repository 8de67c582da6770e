/**
 * The box's scripts of the image, without a box: their paths moved into a folder, programs that touch the machine replaced by
 * ones that note how they were called. What only systemd or a card decides is seen in the boot tests.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { ROOT, makeTempDir, removeTempDir } from '../support/process.mjs';

const SCRIPTS = join(ROOT, 'firmware/image/root/usr/lib/gavel');
/** Paths that a script names; each is below the test's folder instead. */
const PATHS = /(?<![\w/.$}])\/(usr\/lib\/gavel|usr\/share\/gavel|data|run|etc|var\/lib|proc\/cmdline|proc\/meminfo|dev\/disk)(?=[\s/"')]|$)/gm;

let box = '';
const at = (/** @type {string} */ path) => join(box, path);
const put = (/** @type {string} */ path, /** @type {string} */ text) => writeFileSync(at(path), text);
const read = (/** @type {string} */ path) => readFileSync(at(path), 'utf8');
/** @param {string} name @param {string} body */
function program(name, body) {
  put(`bin/${name}`, `#!/bin/sh\necho "${name} $*" >>${at('calls')}\n${body}\n`);
  chmodSync(at(`bin/${name}`), 0o755);
}
const calls = () => (existsSync(at('calls')) ? read('calls') : '');

beforeEach(() => {
  box = makeTempDir('scripts');
  for (const folder of ['bin', 'usr/lib/gavel', 'usr/share/gavel', 'data/system', 'data/gavel', 'run/gavel-card', 'run/gavel-update', 'proc', 'etc', 'var/lib/gavel'])
    mkdirSync(at(folder), { recursive: true });
  for (const name of readdirSync(SCRIPTS)) {
    put(`usr/lib/gavel/${name}`, readFileSync(join(SCRIPTS, name), 'utf8').replace(PATHS, `${box}/$1`));
    chmodSync(at(`usr/lib/gavel/${name}`), 0o755);
  }
  for (const name of ['mount', 'umount', 'systemctl', 'hostname', 'sleep', 'fsck.vfat']) program(name, '');
  program('findmnt', 'echo /dev/mmcblk0p4');
  program('gavelctl', '');
});
afterEach(() => removeTempDir(box));

/** @param {string} name @param {string[]} args */
function script(name, ...args) {
  const ended = spawnSync(at(`usr/lib/gavel/${name}`), args, {
    encoding: 'utf8',
    timeout: 120_000,
    env: { ...process.env, PATH: `${at('bin')}:${process.env.PATH}` },
  });
  return { status: ended.status, said: ended.stdout, complained: ended.stderr };
}

/* ---- the card --------------------------------------------------------------------------------- */

test('the card is the one that /data lies on, whatever a second one is called', () => {
  script('box-slot');
  assert.match(calls(), /^mount .* \/dev\/mmcblk0p1 /m);
});

test('without /data the card is found by its name', () => {
  program('findmnt', 'exit 1');
  script('box-slot');
  assert.match(calls(), /^mount .*by-partuuid\/6a7e1001-01 /m);
});

/* ---- the owner's text file -------------------------------------------------------------------- */

const TEMPLATE = '#node = main\n';
function cardWith(/** @type {string} */ text) {
  put('usr/share/gavel/gavel.txt', TEMPLATE);
  put('run/gavel-card/gavel.txt', text);
}

test('the boot partition is checked before it is mounted, and pieces that the check found are thrown away', () => {
  cardWith(TEMPLATE);
  put('run/gavel-card/FSCK0000.REC', 'a piece of an update');
  program('fsck.vfat', 'exit 1');
  assert.equal(script('box-card').status, 0);
  assert.match(calls(), /^fsck\.vfat -a \/dev\/mmcblk0p1$[^]*^mount /m);
  assert.ok(!existsSync(at('run/gavel-card/FSCK0000.REC')));
  assert.doesNotMatch(calls(), /gavelctl/);
});

test('what the owner wrote is taken over once, and is gone from the card', () => {
  cardWith('wifi_password = a secret\n');
  assert.equal(script('box-card').status, 0);
  assert.match(calls(), /^gavelctl card read /m);
  assert.equal(read('run/gavel-card/gavel.txt'), TEMPLATE);
});

test('a mistake in it is named on the card, and the file stays', () => {
  cardWith('node = mian\n');
  program('gavelctl', 'echo "line 1: no network" >&2; exit 65');
  assert.equal(script('box-card').status, 0);
  assert.equal(read('run/gavel-card/gavel-error.txt'), 'line 1: no network\n');
  assert.equal(read('run/gavel-card/gavel.txt'), 'node = mian\n');
});

/** @param {number} memoryMib @param {number} freeMib */
function asksForMain(memoryMib, freeMib) {
  cardWith('node = main\n');
  put('proc/meminfo', `MemTotal:  ${memoryMib * 1024} kB\nMemFree: 1 kB\n`);
  program('df', `echo Avail; echo " ${freeMib}"`);
  program('gavelctl', `echo main >${at('data/system/node')}`);
  assert.equal(script('box-card').status, 0);
  assert.equal(read('run/gavel-card/gavel.txt'), TEMPLATE);
  return existsSync(at('data/system/node'));
}

test('a node of the main chain is for boxes that the set-up page would offer it to', () => {
  const numbers = readFileSync(join(ROOT, 'web/api/own_node.c'), 'utf8').match(/(?<=_MIB_MIN +UINT64_C\()\d+/g)?.map(Number);
  assert.ok(numbers);
  const [memory, room] = numbers;
  assert.ok(asksForMain(memory, room));
  assert.ok(!existsSync(at('run/gavel-card/gavel-error.txt')));
  for (const [m, r] of [[memory - 1, room], [memory, room - 1]]) {
    assert.ok(!asksForMain(m, r));
    assert.equal(read('run/gavel-card/gavel-error.txt'), `node: this box has ${m} MiB of memory and ${r} MiB free; a node of the main chain needs ${memory} and ${room}\n`);
  }
  mkdirSync(at('data/bitcoin/blocks'), { recursive: true });
  assert.ok(asksForMain(memory, room - 1), 'what is full of blocks was large enough');
});

test('a cut while the text is wiped leaves the template, and blames nobody', () => {
  for (const left of ['', '\0'.repeat(60), null]) {
    cardWith(left ?? '');
    if (left === null) rmSync(at('run/gavel-card/gavel.txt'));
    assert.equal(script('box-card').status, 0);
    assert.equal(read('run/gavel-card/gavel.txt'), TEMPLATE);
    assert.ok(!existsSync(at('run/gavel-card/gavel-error.txt')));
  }
  assert.doesNotMatch(calls(), /gavelctl/);
});

test('a card that cannot be mounted keeps no setting back', () => {
  program('mount', 'exit 32');
  assert.notEqual(script('box-card').status, 0);
  mkdirSync(at('etc/wpa_supplicant'));
  put('data/system/wifi.conf', 'network={}\n');
  assert.equal(script('box-setup').status, 0);
  assert.equal(read('etc/wpa_supplicant/wpa_supplicant-wlan0.conf'), 'network={}\n');
  assert.match(calls(), /systemctl start --no-block wpa_supplicant@wlan0/);
  const unit = readFileSync(join(SCRIPTS, '../systemd/system/gavel-setup.service'), 'utf8');
  assert.match(unit, /^ExecStart=-.*box-card\nExecStart=.*box-setup$/m);
});

/* ---- the claim code ----------------------------------------------------------------------------- */

const CLAIM = 'Claim code of this gavel box: 12345678\nEnter it on the box\'s page to become its owner.\n';
/** gaveld's user does not exist here. @param {string} addresses */
function show(addresses) {
  program('setpriv', 'shift 3; exec "$@"');
  program('hostname', `[ "$1" = -I ] && ${addresses} || echo gavel`);
  return script('box-show');
}

test('the claim code is shown on the console and the card, with the address', () => {
  put('var/lib/gavel/claim-code.txt', CLAIM);
  const { said, status } = show('echo "192.0.2.7 2001:db8::7 "');
  assert.equal(status, 0);
  assert.equal(said, `${CLAIM}The page: https://gavel.local\n      or: https://192.0.2.7\n      or: https://[2001:db8::7]\n`);
  assert.equal(read('run/gavel-card/gavel-setup.txt'), said);
  assert.match(calls(), /^setpriv --reuid=gavel --regid=gavel --clear-groups head /m);
});

test('an address that comes late gets onto the card, and the console did not wait', () => {
  put('var/lib/gavel/claim-code.txt', CLAIM);
  program('sleep', `touch ${at('online')}`);
  const { said } = show(`{ [ -e ${at('online')} ] && echo "192.0.2.7 " || echo; }`);
  assert.doesNotMatch(said, /192/);
  assert.match(read('run/gavel-card/gavel-setup.txt'), /12345678[^]*https:\/\/192\.0\.2\.7\n/);
});

test('without any address the code is on the card all the same', () => {
  put('var/lib/gavel/claim-code.txt', CLAIM);
  assert.equal(show('echo').status, 0);
  assert.match(read('run/gavel-card/gavel-setup.txt'), /12345678[^]*gavel\.local\n$/);
});

test('the code leaves the card when the file is gone, and nothing but a code gets there', () => {
  for (const text of [null, 'psk="a secret of root"\n', `x${CLAIM}`, CLAIM.replace('5678', '56789'), `${'x\n'.repeat(200)}${CLAIM}`]) {
    put('run/gavel-card/gavel-setup.txt', CLAIM);
    put('run/gavel-card/gavel-setup.new', 'half');
    if (text !== null) put('var/lib/gavel/claim-code.txt', text);
    assert.deepEqual({ ...show('echo 192.0.2.7'), complained: '' }, { status: 0, said: '', complained: '' });
    assert.deepEqual(readdirSync(at('run/gavel-card')), []);
  }
});

/* ---- SSH ---------------------------------------------------------------------------------------- */

test('the host key of SSH is made once, and again when a power cut left a broken one', () => {
  const key = 'data/system/ssh_host_ed25519_key';
  assert.equal(script('box-ssh-key').status, 0);
  const first = read(key);
  assert.equal(script('box-ssh-key').status, 0);
  assert.equal(read(key), first);
  for (const broken of ['', '\0'.repeat(400), first.slice(0, 100)]) {
    put(key, broken);
    put(`${key}.new`, '');
    assert.equal(script('box-ssh-key').status, 0);
    assert.match(read(key), /^-----BEGIN OPENSSH PRIVATE KEY-----\n/);
    assert.deepEqual(readdirSync(at('data/system')), ['ssh_host_ed25519_key']);
  }
});

/* ---- factory reset ------------------------------------------------------------------------------ */

const OWNERS = ['ssh-key', 'ssh_host_ed25519_key', 'wifi.conf', 'wifi.conf.new', 'host-name', 'node'];
function ownersBox() {
  for (const name of [...OWNERS, 'machine-id']) put(`data/system/${name}`, 'x\n');
  mkdirSync(at('data/system/update'));
  put('data/system/update/update', 'floor 0.2.0\n');
}

test('a start forgets nothing unasked', () => {
  ownersBox();
  assert.equal(script('box-forget').status, 0);
  assert.equal(readdirSync(at('data/system')).length, OWNERS.length + 2);
  assert.equal(calls(), '');
});

test('a factory reset forgets what its owner left, and keeps the floor of updates', () => {
  ownersBox();
  put('data/gavel/factory-reset', 'asked\n');
  assert.equal(script('box-forget').status, 0);
  assert.deepEqual(readdirSync(at('data/system')).sort(), ['machine-id', 'reset-obeyed', 'update']);
  assert.equal(read('data/system/update/update'), 'floor 0.2.0\n');
  assert.equal(calls(), '', 'nothing has used them at this start');
});

test('what the next owner left on the card is not forgotten with it, until another reset', () => {
  ownersBox();
  put('data/gavel/factory-reset', 'asked\n');
  script('box-forget');
  put('data/system/wifi.conf', 'of the next owner');
  for (const when of [[], ['running']]) assert.equal(script('box-forget', ...when).status, 0);
  assert.equal(read('data/system/wifi.conf'), 'of the next owner');
  utimesSync(at('data/gavel/factory-reset'), 0, 1e9);
  script('box-forget');
  assert.ok(!existsSync(at('data/system/wifi.conf')));
});

test('asked for on a running box, the reset restarts it once', () => {
  ownersBox();
  put('data/gavel/factory-reset', 'asked\n');
  for (let i = 0; i < 2; i++) assert.equal(script('box-forget', 'running').status, 0);
  assert.deepEqual(readdirSync(at('data/system')).sort(), ['machine-id', 'reset-obeyed', 'update']);
  assert.equal(calls(), 'systemctl reboot\n');
  const unit = (/** @type {string} */ name) => readFileSync(join(SCRIPTS, '../systemd/system', name), 'utf8');
  assert.match(unit('gavel.service.d/image.conf'), /^ExecStartPre=\+.*box-forget running$/m);
  assert.match(unit('gavel-setup.service'), /^ExecStart=-.*box-forget\nExecStart=-.*box-card$/m);
});

/* ---- an update ---------------------------------------------------------------------------------- */

const TRY = 'systemctl reboot --reboot-argument=0 tryboot';
const looks = () => calls().match(/gavelctl slot may-restart/g)?.length;

test('the restart waits as long as gaveld refuses', () => {
  program('gavelctl', `[ "$2" != may-restart ] || [ $(grep -c may-restart ${at('calls')}) -gt 125 ] || exit 65`);
  assert.equal(script('box-update').status, 0);
  assert.equal(looks(), 126);
  assert.ok(calls().includes(TRY));
});

test('for a gaveld that is down it does not wait for ever', () => {
  program('gavelctl', '[ "$2" != may-restart ] || exit 69');
  assert.equal(script('box-update').status, 0);
  assert.equal(looks(), 120);
  assert.ok(calls().includes(TRY));
});

test('nothing restarts for a release that was not installed, and the wish is gone', () => {
  mkdirSync(at('var/lib/gavel/update'));
  put('var/lib/gavel/update/wanted', '');
  program('gavelctl', 'exit 65');
  assert.equal(script('box-update').status, 65);
  assert.ok(!calls().includes('reboot'));
  assert.ok(!existsSync(at('var/lib/gavel/update/wanted')));
});

/* ---- a release that settles, or does not ------------------------------------------------------ */

/** Whether the box restarts. @param {string | null} found @param {string} chosen @param {string} running */
function goesBack(found, chosen = 'a', running = 'b') {
  if (found !== null) put('run/gavel-update/found', `${found}\n`);
  put('run/gavel-card/config.txt', `arm_64bit=1\nos_prefix=${chosen}/\n`);
  put('proc/cmdline', `root=PARTUUID=6a7e1001-02 gavel.slot=${running}\n`);
  assert.equal(script('box-settle').status, 0);
  return calls().includes('systemctl reboot');
}

for (const word of ['plain', 'confirmed', 'fell-back']) test(`a start that is ${word} stays`, () => assert.ok(!goesBack(word)));
for (const word of ['mislabelled', 'stray']) test(`a start that is ${word} goes back`, () => assert.ok(goesBack(word)));

test('a trial that proves itself is confirmed and stays', () => {
  assert.ok(!goesBack('trial'));
  assert.match(calls(), /gavelctl slot watch [^]*gavelctl slot confirm/);
});

test('a trial that does not become ready goes back, and so does one that cannot be confirmed', () => {
  for (const step of ['watch', 'confirm']) {
    program('gavelctl', `[ "$2" != ${step} ]`);
    assert.ok(goesBack('trial'));
  }
});

test('a release that could not say what it is goes back when the card names the other slot', () => {
  assert.ok(goesBack('', 'a', 'b'));
  assert.ok(goesBack(null, 'b', 'a'));
});

test('without /data it goes back as well', () => {
  program('findmnt', 'exit 1');
  assert.ok(goesBack(null));
});

test('the chosen slot never restarts for that, nor a box whose card or kernel is silent', () => {
  assert.ok(!goesBack('', 'a', 'a'));
  assert.ok(!goesBack(null, 'b', 'b'));
  assert.ok(!goesBack('', 'c', 'b'));
  assert.ok(!goesBack('', 'a', ''));
  program('mount', 'rm -f "$6/config.txt"; exit 32');
  assert.ok(!goesBack('', 'a', 'b'));
});
