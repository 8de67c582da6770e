/** Assertions that many tests share. */
import assert from 'node:assert/strict';
import { fromBase64, toHex } from './psbt-maps.mjs';

/**
 * An error of the original's routes: this status, JSON, exactly one member, a sentence that says why.
 * @param {import('./api.mjs').Answer} answer @param {number|number[]} status @param {RegExp} [reason] @param {string} [what]
 */
export function assertRefused(answer, status, reason, what = '') {
  const shown = `${what} ${answer.status} ${answer.text.slice(0, 300)}`;
  assert.ok([status].flat().includes(answer.status), `${shown} (expected ${status})`);
  assert.match(answer.headers['content-type'] ?? '', /^application\/json/, shown);
  assert.deepEqual(Object.keys(answer.json ?? {}), ['error'], shown);
  assert.equal(typeof answer.json.error, 'string', shown);
  assert.ok(answer.json.error.length > 3, shown);
  if (reason) assert.match(answer.json.error, reason, shown);
  if (answer.status === 503) assert.match(answer.headers['retry-after'] ?? '', /^\d+$/, shown);
}

/**
 * An error of the v1 routes (RFC 9457).
 * @param {import('./api.mjs').Answer} answer @param {number|number[]} status @param {RegExp} [code]
 */
export function assertProblem(answer, status, code) {
  const shown = `${answer.status} ${answer.text.slice(0, 300)}`;
  assert.ok([status].flat().includes(answer.status), `${shown} (expected ${status})`);
  assert.match(answer.headers['content-type'] ?? '', /^application\/problem\+json/, shown);
  assert.equal(answer.json?.status, answer.status, shown);
  for (const member of ['type', 'title', 'code', 'detail'])
    assert.equal(typeof answer.json[member], 'string', shown);
  if (code) assert.match(answer.json.code, code, shown);
}

/**
 * Names the rungs of a ladder whose signature shows in a text: as hex, or in base64 at any of the
 * three alignments that a byte can have there.
 * @param {string} text
 * @param {{block_number: number, psbt_data: string}[]} rungs
 * @returns {number[]} block numbers
 */
export function visibleRungs(text, rungs) {
  return rungs.filter((rung) => shows(text, signatureCore(rung.psbt_data))).map((rung) => rung.block_number);
}

/** Bytes that only this rung has: the middle of its signature. @param {string} psbt base64 */
function signatureCore(psbt) {
  const bytes = Buffer.from(fromBase64(psbt));
  const der = bytes.indexOf(Buffer.from([0x02, 0x20]));
  const der33 = bytes.indexOf(Buffer.from([0x02, 0x21, 0x00]));
  const candidates = [der, der33].filter((at) => at >= 0);
  if (!candidates.length) throw new Error('no ECDSA signature found');
  const at = Math.min(...candidates);
  return bytes.subarray(at + 6, at + 30);
}

/** @param {string} text @param {Buffer} bytes */
function shows(text, bytes) {
  if (text.includes(toHex(bytes))) return true;
  return [0, 1, 2].some((shift) => {
    // Whole groups of three bytes from the first boundary inside the bytes.
    const inner = bytes.subarray(shift, shift + Math.floor((bytes.length - shift) / 3) * 3);
    return text.includes(inner.toString('base64'));
  });
}
