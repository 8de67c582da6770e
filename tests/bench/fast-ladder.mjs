/**
 * Ladders by the hundred thousand: P2WPKH, height-locked, written as bytes from a template.
 *
 * All signatures share one nonce, so each costs a few big-integer products instead of a point
 * multiplication. That gives the key away, which is of no concern to a key made from a label for a
 * benchmark. gaveld verifies these signatures like any others.
 */
import { createHash } from 'node:crypto';
import * as bitcoin from 'bitcoinjs-lib';
import { makeKey } from '../support/keys.mjs';
import { txidBytes } from '../support/payment.mjs';
import {
  GLOBAL,
  IN,
  MAGIC,
  concat,
  fromHex,
  pair,
  toHex,
  u32,
  u64,
  withLength,
} from '../support/psbt-maps.mjs';
import { SEQUENCE_LOCKED, bodyOf, priceAt } from '../support/signer.mjs';

const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
const SIGHASH = 0x83;
const ZERO_32 = new Uint8Array(32);

/** @param {Uint8Array} bytes */
const number = (bytes) => BigInt(`0x${toHex(bytes)}`);
/** @param {bigint} value */
const bytes32 = (value) => fromHex(value.toString(16).padStart(64, '0'));
/** @param {...Uint8Array} parts */
const doubleSha = (...parts) =>
  createHash('sha256')
    .update(
      createHash('sha256')
        .update(concat(...parts))
        .digest(),
    )
    .digest();

/** @param {bigint} value @returns {bigint} by Fermat, once */
function inverse(value) {
  let result = 1n;
  let base = value;
  for (let exponent = ORDER - 2n; exponent > 0n; exponent >>= 1n) {
    if (exponent & 1n) result = (result * base) % ORDER;
    base = (base * base) % ORDER;
  }
  return result;
}

const nonce = makeKey('the one nonce');
const NONCE_INVERSE = inverse(number(nonce.secret));
const R_BYTES = nonce.pubkey.subarray(1);
const R = number(R_BYTES) % ORDER;

/** @param {Uint8Array} digest @param {bigint} secret @returns {Uint8Array} DER with sighash byte, low S */
function sign(digest, secret) {
  const s = ((number(digest) + R * secret) * NONCE_INVERSE) % ORDER;
  const low = s > ORDER / 2n ? ORDER - s : s;
  return bitcoin.script.signature.encode(concat(R_BYTES, bytes32(low)), SIGHASH);
}

/** @param {import('../support/psbt-maps.mjs').Pair} entry */
const write = ({ key, value }) => concat(withLength(key), withLength(value));

/**
 * Body of POST /api/listings, as makeBody would write it.
 * @param {import('../support/signer.mjs').Plan} plan locked, over a P2WPKH coin
 */
export function fastBody(plan) {
  const { coin } = plan;
  const [{ secret, pubkey }] = coin.wallet.keys;
  const secretNumber = number(secret);
  const version = u32(2);
  const outpoint = concat(txidBytes(coin.txid), u32(coin.vout));
  const sequence = u32(SEQUENCE_LOCKED);
  const scriptCode = concat(fromHex('1976a914'), coin.wallet.script.subarray(2), fromHex('88ac'));
  const payTo = withLength(plan.payTo);
  const digestHead = concat(version, ZERO_32, ZERO_32, outpoint, scriptCode, u64(coin.value), sequence);
  const txHead = concat(version, Uint8Array.of(1), outpoint, Uint8Array.of(0), sequence, Uint8Array.of(1));
  const utxo = write(pair(IN.WITNESS_UTXO, concat(u64(coin.value), withLength(coin.wallet.script))));
  const field = write(pair(IN.SIGHASH_TYPE, u32(SIGHASH)));
  const end = Uint8Array.of(0);
  const psbts = [];
  for (let block = plan.start; block <= plan.end; block++) {
    const price = priceAt(plan, block);
    const output = concat(u64(BigInt(price)), payTo);
    const lock = u32(block);
    const signature = sign(doubleSha(digestHead, doubleSha(output), lock, u32(SIGHASH)), secretNumber);
    const tx = write(pair(GLOBAL.UNSIGNED_TX, concat(txHead, output, lock)));
    const partial = write(pair(IN.PARTIAL_SIG, signature, pubkey));
    const psbt = Buffer.concat([MAGIC, tx, end, utxo, partial, field, end, end]);
    psbts.push({ block_number: block, price_sats: price, psbt_data: psbt.toString('base64') });
  }
  return bodyOf(plan, psbts);
}
