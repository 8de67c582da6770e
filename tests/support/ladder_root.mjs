/** The root of a ladder as app/auction/dutch/ladder_root.h describes it, made a second time: from a revealed PSBT and its proof. */
import { createHash } from 'node:crypto';

const sha256 = (...parts) => createHash('sha256').update(Buffer.concat(parts)).digest();
const join = (left, right) => sha256(Buffer.of(1), left, right);

/** @param {number} block @param {number} price @param {string} psbt base64, as served */
export function leafOf(block, price, psbt) {
  const numbers = Buffer.alloc(12);
  numbers.writeUInt32LE(block);
  numbers.writeBigUInt64LE(BigInt(price), 4);
  return sha256(Buffer.of(0), numbers, sha256(Buffer.from(psbt, 'base64')));
}

/**
 * The root that the proof leads to.
 * @param {{index: number, count: number, path: string[]}} proof @param {Buffer} leaf @returns {string} hex
 */
export function rootOf({ index, count, path }, leaf) {
  const siblings = path.map((hash) => Buffer.from(hash, 'hex'));
  let node = leaf;
  for (let i = index, n = count; n > 1; i >>= 1, n = (n + 1) >> 1) {
    if ((i ^ 1) >= n) continue; // the last of an odd number moves up as it is
    const sibling = siblings.shift();
    node = i & 1 ? join(sibling, node) : join(node, sibling);
  }
  return siblings.length === 0 ? node.toString('hex') : 'a path that is too long';
}
