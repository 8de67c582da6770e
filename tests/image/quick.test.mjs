/**
 * The arm64 gaveld on an emulated board: its real program and C library, a real kernel, busybox instead of Debian. Shows
 * that what we cross-compile starts on a machine of its own, makes its keys there and answers; seconds, so in every run.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Api } from '../support/api.mjs';
import { Machine } from '../support/machine.mjs';
import { BUILD_DIR, ROOT, makeTempDir } from '../support/process.mjs';

const PROGRAM = join(BUILD_DIR, '../arm64/gaveld');
const COMPILER = 'aarch64-linux-gnu-gcc';
const LIBRARIES = ['ld-linux-aarch64.so.1', 'libc.so.6', 'libm.so.6'];
const HTTP_PORT = 8480;
/** Only emulation under load comes near it: a quiet machine needs 6 s. */
const BOOT_MS = 120000;

const INIT = `#!/bin/sh
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
for module in /modules/*.ko; do insmod "$module"; done
ip link set lo up
ip addr add 10.0.2.15/24 dev eth0
ip link set eth0 up
exec /bin/gaveld --data /data --set http.port=${HTTP_PORT} --set node.user=u --set node.password=p
`;

const skip = existsSync(PROGRAM) ? false : 'build/arm64 is not built; toolchain/test builds it';
/** @type {Machine} */
let machine;
after(() => machine?.cut());

/** @param {string} kernel folder of toolchain/kernel @returns {string} the initramfs */
function pack(kernel) {
  const dir = makeTempDir('initramfs');
  const root = join(dir, 'root');
  for (const folder of ['bin', 'lib', 'modules', 'data', 'proc', 'sys', 'dev', 'tmp'])
    mkdirSync(join(root, folder), { recursive: true });
  copyFileSync(PROGRAM, join(root, 'bin/gaveld'));
  copyFileSync(join(kernel, 'busybox'), join(root, 'bin/busybox'));
  for (const tool of ['sh', 'mount', 'insmod', 'ip']) symlinkSync('busybox', join(root, 'bin', tool));
  for (const name of LIBRARIES) {
    const path = execFileSync(COMPILER, [`-print-file-name=${name}`], { encoding: 'utf8' }).trim();
    copyFileSync(path, join(root, 'lib', name));
  }
  for (const name of readdirSync(kernel).filter((file) => file.endsWith('.ko')))
    copyFileSync(join(kernel, name), join(root, 'modules', name));
  writeFileSync(join(root, 'init'), INIT, { mode: 0o755 });
  const initrd = join(dir, 'initrd.cpio');
  execFileSync('sh', ['-c', `cd "${root}" && find . | cpio --quiet -o -H newc >"${initrd}"`]);
  return initrd;
}

test('the arm64 program boots on a machine of its own and answers /health', { skip }, async (t) => {
  const kernel = execFileSync(join(ROOT, 'toolchain/kernel'), { encoding: 'utf8' }).trim();
  const started = Date.now();
  machine = await Machine.start({
    kernel: join(kernel, 'vmlinuz'),
    initrd: pack(kernel),
    append: 'console=ttyAMA0 panic=-1 quiet',
    memory: 512,
    ports: { http: HTTP_PORT },
  });
  const api = new Api(`http://127.0.0.1:${machine.ports.http}`);
  const answer = await machine.until('GET /health of the emulated board', () => api.get('/health'), BOOT_MS);
  api.close();
  assert.equal(answer.status, 200, answer.text);
  assert.equal(answer.json.status, 'ok');
  t.diagnostic(`power to /health: ${((Date.now() - started) / 1000).toFixed(1)} s`);
});
