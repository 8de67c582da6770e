/** Signatures and keys that are valid mathematics and still must be refused. */
import * as bitcoin from 'bitcoinjs-lib';
import * as ecc from 'tiny-secp256k1';
import { REGTEST, makeKey } from './keys.mjs';
import { concat, fromHex, toHex } from './psbt-maps.mjs';

const CURVE_ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

/** The other root of the same signature. @param {Uint8Array} signature DER and sighash byte */
export function highS(signature) {
  const { signature: raw, hashType } = bitcoin.script.signature.decode(signature);
  const s = BigInt(`0x${toHex(raw.subarray(32))}`);
  const other = fromHex((CURVE_ORDER - s).toString(16).padStart(64, '0'));
  return encodeAnyS(concat(raw.subarray(0, 32), other), hashType);
}

/** DER without a rule about S. @param {Uint8Array} raw @param {number} hashType */
function encodeAnyS(raw, hashType) {
  const integer = (bytes) => {
    let at = 0;
    while (at < bytes.length - 1 && bytes[at] === 0) at++;
    const body = bytes[at] & 0x80 ? concat(Uint8Array.of(0), bytes.subarray(at)) : bytes.subarray(at);
    return concat(Uint8Array.of(0x02, body.length), body);
  };
  const both = concat(integer(raw.subarray(0, 32)), integer(raw.subarray(32)));
  return concat(Uint8Array.of(0x30, both.length), both, Uint8Array.of(hashType));
}

/** The same numbers, with a needless zero before R. @param {Uint8Array} signature */
export function paddedDer(signature) {
  const rLength = signature[3];
  return concat(Uint8Array.of(0x30, signature[1] + 1, 0x02, rLength + 1, 0x00), signature.subarray(4));
}

/** P2WPKH of an uncompressed key, which nodes do not relay. @param {string} label @returns {import('./keys.mjs').Wallet} */
export function uncompressedWallet(label) {
  const { secret } = makeKey(label);
  const pubkey = ecc.pointFromScalar(secret, false);
  const script = concat(Uint8Array.of(0x00, 0x14), bitcoin.crypto.hash160(pubkey));
  return {
    type: 'p2wpkh',
    script,
    address: bitcoin.address.fromOutputScript(script, REGTEST),
    keys: [{ secret, pubkey }],
    segwit: true,
  };
}
