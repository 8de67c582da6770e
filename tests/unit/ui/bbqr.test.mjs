/**
 * Shows: lib/bbqr.js writes the format of BBQr, in parts that any order puts together again. How: base32 by the vectors of
 * RFC 4648, headers written out by hand, and a decoder of its own over files of every length.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { base32, bbqr } from '../../../web/ui/lib/bbqr.js';
import { encodeQr } from '../../../web/ui/lib/qr.js';

const bytes = (text) => new TextEncoder().encode(text);
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

function decode32(text) {
  const bits = [...text].map((letter) => ALPHABET.indexOf(letter).toString(2).padStart(5, '0')).join('');
  return Uint8Array.from(bits.match(/.{8}/g) ?? [], (byte) => parseInt(byte, 2));
}

/** As a wallet does it: the header tells how many, each part stands for itself. */
function join(parts) {
  const seen = new Map(parts.map((part) => [parseInt(part.slice(6, 8), 36), decode32(part.slice(8))]));
  const total = parseInt(parts[0].slice(4, 6), 36);
  assert.equal(seen.size, total);
  return Buffer.concat(Array.from({ length: total }, (_, i) => seen.get(i)));
}

test('base32 is that of RFC 4648 without padding', () => {
  const vectors = { '': '', f: 'MY', fo: 'MZXQ', foo: 'MZXW6', foob: 'MZXW6YQ', fooba: 'MZXW6YTB', foobar: 'MZXW6YTBOI' };
  for (const [text, wanted] of Object.entries(vectors)) assert.equal(base32(bytes(text)), wanted);
});

test('the header names encoding, type, parts in all and the number of each, in base 36', () => {
  assert.deepEqual(bbqr(bytes('foobar'), 'P'), ['B$2P0100MZXW6YTBOI']);
  assert.deepEqual(bbqr(bytes('foobarbaz!'), 'U', 8), ['B$2U0200MZXW6YTB', 'B$2U0201OJRGC6RB']);
  const many = bbqr(new Uint8Array(5 * 37), 'T', 8);
  assert.equal(many.length, 37);
  assert.equal(many[36].slice(0, 8), 'B$2T1110');
});

test('every length comes back from parts in any order, all parts but the last of one size', () => {
  for (let length = 1; length < 2000; length += 37) {
    const file = Uint8Array.from({ length }, (_, i) => (i * 151 + length) & 255);
    const parts = bbqr(file, 'P', 80);
    assert.deepEqual(join([...parts].reverse()), Buffer.from(file));
    assert.equal(new Set(parts.slice(0, -1).map((part) => part.length)).size <= 1, true);
    assert.ok(parts.every((part) => part.length <= 88));
  }
});

test('a part fits one code a phone can read, in the alphanumeric set', () => {
  const [part] = bbqr(new Uint8Array(3000).fill(7), 'P');
  const { size } = encodeQr(part, 'L');
  assert.ok(size <= 17 + 4 * 14, `${size} modules`);
});

test('a file of more parts than the header can number is refused', () => {
  assert.throws(() => bbqr(new Uint8Array(5 * 1296), 'P', 8), RangeError);
});
