/**
 * QR codes (ISO/IEC 18004), made here so that a page needs nobody: versions 1 to 40, bytes or the alphanumeric set (which
 * takes a third less room: BBQr and UR are written in it).
 */
import { divisor, remainder } from './reed-solomon.js';

export const LEVELS = { L: 0, M: 1, Q: 2, H: 3 };
/** As the format bits name the levels. */
const LEVEL_BITS = [1, 0, 3, 2];
const ALPHANUMERIC = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:';

/* Table 9: error correction codewords in a block, and blocks, by level and version. */
const ECC_PER_BLOCK = [
  [7, 10, 15, 20, 26, 18, 20, 24, 30, 18, 20, 24, 26, 30, 22, 24, 28, 30, 28, 28, 28, 28, 30, 30, 26, 28, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30],
  [10, 16, 26, 18, 24, 16, 18, 22, 22, 26, 30, 22, 22, 24, 24, 28, 28, 26, 26, 26, 26, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28],
  [13, 22, 18, 26, 18, 24, 18, 22, 20, 24, 28, 26, 24, 20, 30, 24, 28, 28, 26, 30, 28, 30, 30, 30, 30, 28, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30],
  [17, 28, 22, 16, 22, 28, 26, 26, 24, 28, 24, 28, 22, 24, 24, 30, 28, 28, 26, 28, 30, 24, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30],
];
const BLOCKS = [
  [1, 1, 1, 1, 1, 2, 2, 2, 2, 4, 4, 4, 4, 4, 6, 6, 6, 6, 7, 8, 8, 9, 9, 10, 12, 12, 12, 13, 14, 15, 16, 17, 18, 19, 19, 20, 21, 22, 24, 25],
  [1, 1, 1, 2, 2, 4, 4, 4, 5, 5, 5, 8, 9, 9, 10, 10, 11, 13, 14, 16, 17, 17, 18, 20, 21, 23, 25, 26, 28, 29, 31, 33, 35, 37, 38, 40, 43, 45, 47, 49],
  [1, 1, 2, 2, 4, 4, 6, 6, 8, 8, 8, 10, 12, 16, 12, 17, 16, 18, 21, 20, 23, 23, 25, 27, 29, 34, 34, 35, 38, 40, 43, 45, 48, 51, 53, 56, 59, 62, 65, 68],
  [1, 1, 2, 4, 4, 4, 5, 6, 8, 8, 11, 11, 16, 16, 18, 16, 19, 21, 25, 25, 25, 34, 30, 32, 35, 37, 40, 42, 45, 48, 51, 54, 57, 60, 63, 66, 70, 74, 77, 81],
];

/** Codewords of a version, data and error correction together. */
function codewords(version) {
  let bits = (16 * version + 128) * version + 64;
  if (version >= 2) {
    const aligned = Math.floor(version / 7) + 2;
    bits -= (25 * aligned - 10) * aligned - 55;
    if (version >= 7) bits -= 36;
  }
  return Math.floor(bits / 8);
}

const capacity = (version, level) =>
  codewords(version) - ECC_PER_BLOCK[level][version - 1] * BLOCKS[level][version - 1];

/* ---- Data bits ---- */

function push(bits, value, length) {
  for (let i = length - 1; i >= 0; i--) bits.push((value >>> i) & 1);
}

/** Mode, count and payload; the width of the count depends on the version. */
function segment(text) {
  if ([...text].every((c) => ALPHANUMERIC.includes(c))) {
    const payload = [];
    for (let i = 0; i < text.length; i += 2) {
      const high = ALPHANUMERIC.indexOf(text[i]);
      if (i + 1 < text.length) push(payload, high * 45 + ALPHANUMERIC.indexOf(text[i + 1]), 11);
      else push(payload, high, 6);
    }
    return { mode: 2, count: text.length, widths: [9, 11, 13], payload };
  }
  const bytes = new TextEncoder().encode(text);
  const payload = [];
  for (const byte of bytes) push(payload, byte, 8);
  return { mode: 4, count: bytes.length, widths: [8, 16, 16], payload };
}

const widthOf = ({ widths }, version) => widths[version < 10 ? 0 : version < 27 ? 1 : 2];

/** Smallest version that holds it. */
function versionFor(part, level) {
  for (let version = 1; version <= 40; version++) {
    if (4 + widthOf(part, version) + part.payload.length <= capacity(version, level) * 8) return version;
  }
  throw new RangeError('too long for one QR code');
}

function dataBytes(part, version, level) {
  const bits = [];
  push(bits, part.mode, 4);
  push(bits, part.count, widthOf(part, version));
  for (const bit of part.payload) bits.push(bit);
  const room = capacity(version, level) * 8;
  push(bits, 0, Math.min(4, room - bits.length));
  push(bits, 0, (8 - (bits.length % 8)) % 8);
  for (let pad = 0xec; bits.length < room; pad ^= 0xec ^ 0x11) push(bits, pad, 8);
  const bytes = new Uint8Array(bits.length / 8);
  bits.forEach((bit, i) => { bytes[i >> 3] |= bit << (7 - (i & 7)); });
  return bytes;
}

/** Blocks with their error correction, interleaved as they are drawn. */
function interleave(data, version, level) {
  const blocks = BLOCKS[level][version - 1];
  const eccLength = ECC_PER_BLOCK[level][version - 1];
  const total = codewords(version);
  const shortBlocks = blocks - (total % blocks);
  const shortLength = Math.floor(total / blocks) - eccLength;
  const by = divisor(eccLength);
  const parts = [];
  for (let i = 0, at = 0; i < blocks; i++) {
    const length = shortLength + (i < shortBlocks ? 0 : 1);
    const block = data.subarray(at, at + length);
    parts.push({ block, ecc: remainder(block, by) });
    at += length;
  }
  const result = [];
  for (let i = 0; i <= shortLength; i++) for (const { block } of parts) if (i < block.length) result.push(block[i]);
  for (let i = 0; i < eccLength; i++) for (const { ecc } of parts) result.push(ecc[i]);
  return result;
}

/* ---- Modules ---- */

/** Centres of alignment patterns along one side. */
function alignments(version) {
  if (version === 1) return [];
  const count = Math.floor(version / 7) + 2;
  const step = version === 32 ? 26 : Math.ceil((version * 4 + 4) / (count * 2 - 2)) * 2;
  const result = [6];
  for (let at = version * 4 + 10; result.length < count; at -= step) result.splice(1, 0, at);
  return result;
}

/** BCH remainder of a value. */
function bch(value, generator, degree) {
  let rest = value;
  for (let i = 0; i < degree; i++) rest = (rest << 1) ^ ((rest >>> (degree - 1)) * generator);
  return (value << degree) | rest;
}

class Grid {
  constructor(version) {
    this.size = version * 4 + 17;
    this.dark = new Uint8Array(this.size ** 2);
    this.fixed = new Uint8Array(this.size ** 2);
  }

  fix(x, y, dark) {
    if (x < 0 || y < 0 || x >= this.size || y >= this.size) return;
    this.dark[y * this.size + x] = dark ? 1 : 0;
    this.fixed[y * this.size + x] = 1;
  }

  square(cx, cy, radius, isDark) {
    for (let dy = -radius; dy <= radius; dy++) {
      for (let dx = -radius; dx <= radius; dx++) this.fix(cx + dx, cy + dy, isDark(Math.max(Math.abs(dx), Math.abs(dy))));
    }
  }

  drawFixed(version) {
    const last = this.size - 1;
    for (let i = 0; i < this.size; i++) {
      this.fix(6, i, i % 2 === 0);
      this.fix(i, 6, i % 2 === 0);
    }
    for (const [x, y] of [[3, 3], [last - 3, 3], [3, last - 3]]) this.square(x, y, 4, (d) => d !== 2 && d !== 4);
    const centres = alignments(version);
    const end = centres.length - 1;
    centres.forEach((x, i) => centres.forEach((y, j) => {
      const finder = (i === 0 && j === 0) || (i === 0 && j === end) || (i === end && j === 0);
      if (!finder) this.square(x, y, 2, (d) => d !== 1);
    }));
    if (version < 7) return;
    const bits = bch(version, 0x1f25, 12);
    for (let i = 0; i < 18; i++) {
      const near = this.size - 11 + (i % 3);
      const along = Math.floor(i / 3);
      this.fix(near, along, (bits >>> i) & 1);
      this.fix(along, near, (bits >>> i) & 1);
    }
  }

  drawFormat(level, mask) {
    const bits = bch((LEVEL_BITS[level] << 3) | mask, 0x537, 10) ^ 0x5412;
    const bit = (i) => (bits >>> i) & 1;
    for (let i = 0; i <= 5; i++) this.fix(8, i, bit(i));
    this.fix(8, 7, bit(6));
    this.fix(8, 8, bit(7));
    this.fix(7, 8, bit(8));
    for (let i = 9; i < 15; i++) this.fix(14 - i, 8, bit(i));
    for (let i = 0; i < 8; i++) this.fix(this.size - 1 - i, 8, bit(i));
    for (let i = 8; i < 15; i++) this.fix(8, this.size - 15 + i, bit(i));
    this.fix(8, this.size - 8, 1);
  }

  /** Two columns at a time, from the right, up and down in turn; the column of the timing pattern is left out. */
  drawData(bytes) {
    let i = 0;
    for (let right = this.size - 1; right >= 1; right -= 2) {
      if (right === 6) right = 5;
      for (let step = 0; step < this.size; step++) {
        for (let j = 0; j < 2; j++) {
          const x = right - j;
          const y = ((right + 1) & 2) === 0 ? this.size - 1 - step : step;
          if (this.fixed[y * this.size + x] || i >= bytes.length * 8) continue;
          this.dark[y * this.size + x] = (bytes[i >>> 3] >>> (7 - (i & 7))) & 1;
          i++;
        }
      }
    }
  }

  applyMask(mask) {
    const rule = MASKS[mask];
    for (let y = 0; y < this.size; y++) {
      for (let x = 0; x < this.size; x++) {
        if (!this.fixed[y * this.size + x] && rule(x, y)) this.dark[y * this.size + x] ^= 1;
      }
    }
  }
}

const MASKS = [
  (x, y) => (x + y) % 2 === 0,
  (x, y) => y % 2 === 0,
  (x) => x % 3 === 0,
  (x, y) => (x + y) % 3 === 0,
  (x, y) => (Math.floor(x / 3) + Math.floor(y / 2)) % 2 === 0,
  (x, y) => ((x * y) % 2) + ((x * y) % 3) === 0,
  (x, y) => (((x * y) % 2) + ((x * y) % 3)) % 2 === 0,
  (x, y) => (((x + y) % 2) + ((x * y) % 3)) % 2 === 0,
];

/** How hard it is to read: runs, blocks of four, false finders, imbalance. */
function penalty({ size, dark }) {
  let sum = 0;
  const lines = [];
  for (let i = 0; i < size; i++) {
    let row = '';
    let column = '';
    for (let j = 0; j < size; j++) {
      row += dark[i * size + j];
      column += dark[j * size + i];
    }
    lines.push(row, column);
  }
  for (const line of lines) {
    for (const [run] of line.matchAll(/0{5,}|1{5,}/g)) sum += run.length - 2;
    sum += 40 * ([...line.matchAll(/(?=00001011101)/g)].length + [...line.matchAll(/(?=10111010000)/g)].length);
  }
  for (let y = 0; y + 1 < size; y++) {
    for (let x = 0; x + 1 < size; x++) {
      const four = dark[y * size + x] + dark[y * size + x + 1] + dark[(y + 1) * size + x] + dark[(y + 1) * size + x + 1];
      if (four % 4 === 0) sum += 3;
    }
  }
  const share = dark.reduce((n, d) => n + d, 0) / dark.length;
  return sum + 10 * Math.floor(Math.abs(share - 0.5) * 20);
}

/**
 * @param {string} text
 * @param {'L'|'M'|'Q'|'H'} [levelName] how much may be damaged: 7, 15, 25, 30 percent
 * @returns {{size: number, dark: Uint8Array}} modules row by row, without the quiet zone
 * @throws {RangeError} more than a code can hold
 */
export function encodeQr(text, levelName = 'M') {
  const level = LEVELS[levelName];
  const part = segment(text);
  const version = versionFor(part, level);
  const bytes = interleave(dataBytes(part, version, level), version, level);
  let best = null;
  for (let mask = 0; mask < MASKS.length; mask++) {
    const grid = new Grid(version);
    grid.drawFixed(version);
    grid.drawFormat(level, mask);
    grid.drawData(bytes);
    grid.applyMask(mask);
    const cost = penalty(grid);
    if (!best || cost < best.cost) best = { cost, grid };
  }
  return { size: best.grid.size, dark: best.grid.dark };
}
