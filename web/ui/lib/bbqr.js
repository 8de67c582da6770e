/**
 * BBQr: a file as a sequence of QR codes that a wallet's camera collects in any order. Uncompressed base32, the encoding
 * every reader of the format knows.
 *
 * A part is "B$" "2" type, parts in all and index in base 36 with two digits each, then data. Every part but the last holds
 * as many whole groups of 5 bytes (8 letters), so that each can be decoded by itself.
 */

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const PARTS_MAX = 36 * 36 - 1;
/** Letters of one code: dense enough to be few, coarse enough for a phone's camera. */
const LETTERS = 480;

/** @param {Uint8Array} bytes @returns {string} RFC 4648, without padding */
export function base32(bytes) {
  let text = '';
  let bits = 0;
  let value = 0;
  for (const byte of bytes) {
    value = ((value << 8) | byte) & 0xfff;
    for (bits += 8; bits >= 5; bits -= 5) text += ALPHABET[(value >> (bits - 5)) & 31];
  }
  return bits ? text + ALPHABET[(value << (5 - bits)) & 31] : text;
}

const base36 = (n) => n.toString(36).toUpperCase().padStart(2, '0');

/**
 * @param {Uint8Array} bytes @param {'P'|'T'|'J'|'U'} type PSBT, transaction, JSON, text
 * @param {number} [letters] of data in one part
 * @returns {string[]} each fits one alphanumeric QR code
 * @throws {RangeError} more than the format can number
 */
export function bbqr(bytes, type, letters = LETTERS) {
  const room = Math.floor(letters / 8) * 5;
  const count = Math.max(1, Math.ceil(bytes.length / room));
  if (count > PARTS_MAX) throw new RangeError('too long for BBQr');
  const each = Math.ceil(bytes.length / count / 5) * 5; /* parts of one size */
  const total = Math.max(1, Math.ceil(bytes.length / each));
  return Array.from({ length: total }, (_, i) =>
    `B$2${type}${base36(total)}${base36(i)}${base32(bytes.subarray(i * each, (i + 1) * each))}`);
}
