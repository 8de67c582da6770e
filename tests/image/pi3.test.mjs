/**
 * The image on qemu's model of a Raspberry Pi 3, once: kernel and device tree as they lie on the card, the board's own SD
 * controller, its memory and processors. Its console shows the claim code, the page answers over a network card on USB, and
 * a restart for an update reaches the board's firmware.
 * Not there: the boot ROM and the board's other processor, Wi-Fi, light, and the watchdog (see support/box.mjs).
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { Api } from '../support/api.mjs';
import { Box } from '../support/box.mjs';
import { imageFile } from '../support/image.mjs';
import { until } from '../support/wait.mjs';

/** Two minutes on a quiet machine; four processors are emulated on fewer. */
const BOOT_MS = 900000;
const STEP_MS = 180000;
/** Mailbox property SET_REBOOT_FLAGS. */
const TRY_TAG = '0x00038064';

/** @type {Box} */
let box;
after(() => box?.close());

test('the image starts on a Raspberry Pi 3: claim code on the console, data on the SD card, the page', async (t) => {
  box = Box.insert(imageFile(), 'raspi3b');
  box.write('gavel.txt', `ssh_key = ${box.publicKey}\n`);
  const started = Date.now();
  await box.start();
  // In the order of a start: only the newest part of a console is kept.
  const shown = (/** @type {RegExp} */ what) => box.machine.until(String(what), () => what.exec(box.machine.console), BOOT_MS);
  await shown(/Machine model: Raspberry Pi 3 Model B/);
  await shown(/EXT4-fs \(mmcblk\dp4\): mounted filesystem .* r\/w/);
  const [, code] = await shown(/Claim code of this gavel box: (\d{8})[^]*The page: https:\/\/gavel\.local/);
  t.diagnostic(`power to the claim code on the console: ${box.spent(started)}`);
  assert.doesNotMatch(box.machine.console, /Failed to start|DEPEND/);
  await box.machine.until('the same code on the card', () => box.read('gavel-setup.txt')?.includes(code), STEP_MS);
  const plain = new Api(box.httpUrl);
  const answer = await box.machine.until('GET /ca.crt', () => plain.get('/ca.crt'), STEP_MS);
  plain.close();
  assert.match(answer.text, /BEGIN CERTIFICATE/);
  t.diagnostic(`power to the page: ${box.spent(started)}`);
});

test('a restart that tries the other slot says so to the firmware, which mainline kernels do not', async () => {
  await box.machine.until('a login by SSH', () => box.shell('echo here'), STEP_MS);
  const asked = () => readFileSync(box.unknown, 'utf8').includes(TRY_TAG);
  assert.equal(asked(), false);
  await box.shell('systemctl reboot --reboot-argument="0 tryboot"').catch(() => undefined); // the line breaks
  await until('the word to the firmware', asked, { timeoutMs: STEP_MS, everyMs: 250 });
});
