/**
 * Shows: what lib/qr.js draws is a QR code that holds the text. How: an independent reader (jsQR) reads it back, for each
 * version, level and alphabet; the format and version bits are compared with the tables of ISO/IEC 18004.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import jsQR from 'jsqr';
import { encodeQr } from '../../../web/ui/lib/qr.js';

const QUIET = 4;

/** As a camera would see it, so many pixels a module. */
function readAt({ size, dark }, scale) {
  const side = (size + 2 * QUIET) * scale;
  const pixels = new Uint8ClampedArray(side * side * 4).fill(255);
  for (let y = 0; y < size * scale; y++) {
    for (let x = 0; x < size * scale; x++) {
      if (!dark[Math.floor(y / scale) * size + Math.floor(x / scale)]) continue;
      const at = ((y + QUIET * scale) * side + x + QUIET * scale) * 4;
      pixels.fill(0, at, at + 3);
    }
  }
  return jsQR(pixels, side, side, { inversionAttempts: 'dontInvert' });
}

/** The reader misses some large codes at one size and sees them at another. */
const read = (code) => [3, 4, 5, 6].reduce((found, scale) => found ?? readAt(code, scale), null);

const repeat = (alphabet, length) =>
  Array.from({ length }, (_, i) => alphabet[(i * 7 + (i >> 3)) % alphabet.length]).join('');
const ALPHANUMERIC = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:';

test('an address of the box is read back at every level', () => {
  const text = 'https://gavel.local:8443/setup?code=12345678';
  for (const level of ['L', 'M', 'Q', 'H']) assert.equal(read(encodeQr(text, level))?.data, text, level);
});

test('every length up to two hundred is read back, letters beyond ASCII too', () => {
  for (let length = 1; length <= 200; length += 9) {
    const text = repeat('abcdefghijklmnopqrstuvwxyz0123456789äß€', length);
    assert.equal(read(encodeQr(text))?.data, text, `length ${length}`);
  }
});

test('every version is chosen for what fits only there, and read back', () => {
  const seen = new Set();
  for (let length = 10; length <= 3391; length += 14 + (length >> 6)) {
    const text = repeat(ALPHANUMERIC, length);
    const code = encodeQr(text, 'M');
    const version = (code.size - 17) / 4;
    if (seen.has(version)) continue;
    seen.add(version);
    const seenBack = read(code);
    assert.equal(seenBack?.version, version);
    assert.equal(seenBack?.data, text, `version ${version}`);
  }
  assert.equal(seen.size, 40);
});

test('a QR code holds 4,296 characters of the alphanumeric set and 2,953 bytes, and not one more', () => {
  assert.equal(encodeQr('A'.repeat(4296), 'L').size, 177);
  assert.throws(() => encodeQr('A'.repeat(4297), 'L'), RangeError);
  assert.equal(encodeQr('a'.repeat(2953), 'L').size, 177);
  assert.throws(() => encodeQr('a'.repeat(2954), 'L'), RangeError);
});

/* ISO/IEC 18004 annex C, table C.1: the fifteen format bits by level and mask. */
const FORMAT_M = [0x5412, 0x5125, 0x5e7c, 0x5b4b, 0x45f9, 0x40ce, 0x4f97, 0x4aa0];

test('the format bits are those of the standard, in both places', () => {
  for (const text of ['one', 'another text', 'and a third one, which is longer']) {
    const { size, dark } = encodeQr(text, 'M');
    const at = (x, y) => dark[y * size + x];
    const first = [[8, 0], [8, 1], [8, 2], [8, 3], [8, 4], [8, 5], [8, 7], [8, 8], [7, 8], [5, 8], [4, 8], [3, 8], [2, 8], [1, 8], [0, 8]];
    const bits = first.reduce((sum, [x, y], i) => sum | (at(x, y) << i), 0);
    assert.ok(FORMAT_M.includes(bits), bits.toString(16));
    let again = 0;
    for (let i = 0; i < 8; i++) again |= at(size - 1 - i, 8) << i;
    for (let i = 8; i < 15; i++) again |= at(8, size - 15 + i) << i;
    assert.equal(again, bits);
  }
});
