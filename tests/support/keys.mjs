/**
 * Wallets of sellers and buyers: one per script type, keys derived from a label, so that a failing
 * run can be replayed byte for byte.
 */
import * as bitcoin from 'bitcoinjs-lib';
import * as ecc from 'tiny-secp256k1';
import { createHash } from 'node:crypto';

bitcoin.initEccLib(ecc);

export const REGTEST = bitcoin.networks.regtest;
export const SIGHASH_ALL = 0x01;
export const SIGHASH_SALE = 0x83; // SINGLE | ANYONECANPAY

/** @param {string|Uint8Array} data */
export const sha256 = (data) => new Uint8Array(createHash('sha256').update(data).digest());

/** @typedef {{secret: Uint8Array, pubkey: Uint8Array}} Key */
/** @typedef {{pubkey: Uint8Array, signature: Uint8Array}} Signature signature with its sighash byte */

/**
 * @typedef {object} Wallet
 * @property {string} type
 * @property {Uint8Array} script      scriptPubKey
 * @property {string} address
 * @property {Key[]} keys             those that sign, in script order
 * @property {Uint8Array} [redeemScript]
 * @property {Uint8Array} [witnessScript]
 * @property {Uint8Array} [internalKey] x-only, taproot
 * @property {boolean} segwit
 */

/** @param {string} label @returns {Key} */
export function makeKey(label) {
  const secret = sha256(`gavel test key ${label}`);
  return { secret, pubkey: ecc.pointFromScalar(secret, true) };
}

/** @param {Key} key @returns {Key} the key of the BIP341 output without scripts */
export function tapTweak(key) {
  const secret = key.pubkey[0] === 3 ? ecc.privateNegate(key.secret) : key.secret;
  const tweak = bitcoin.crypto.taggedHash('TapTweak', key.pubkey.subarray(1));
  const tweaked = ecc.privateAdd(secret, tweak);
  return { secret: tweaked, pubkey: ecc.pointFromScalar(tweaked, true) };
}

/** m-of-n of keys of that label; the first m sign. */
function multisig(label, m, n) {
  const keys = Array.from({ length: n }, (_, i) => makeKey(`${label} ${i}`));
  const payment = bitcoin.payments.p2ms({ m, pubkeys: keys.map((key) => key.pubkey), network: REGTEST });
  return { keys: keys.slice(0, m), payment };
}

/**
 * @param {'p2wpkh'|'p2tr'|'p2sh-p2wpkh'|'p2wsh'|'p2pkh'|'p2sh'} type  multisigs are 2 of 3
 * @param {string} label
 * @returns {Wallet}
 */
export function makeWallet(type, label) {
  const key = makeKey(label);
  const { payments } = bitcoin;
  const single = { pubkey: key.pubkey, network: REGTEST };
  const finish = (payment, more) => ({
    type,
    script: payment.output,
    address: payment.address,
    keys: [key],
    segwit: true,
    ...more,
  });
  switch (type) {
    case 'p2wpkh':
      return finish(payments.p2wpkh(single));
    case 'p2pkh':
      return finish(payments.p2pkh(single), { segwit: false });
    case 'p2sh-p2wpkh': {
      const inner = payments.p2wpkh(single);
      return finish(payments.p2sh({ redeem: inner, network: REGTEST }), { redeemScript: inner.output });
    }
    case 'p2tr': {
      const internalKey = key.pubkey.subarray(1);
      return finish(payments.p2tr({ internalPubkey: internalKey, network: REGTEST }), { internalKey });
    }
    case 'p2wsh': {
      const { keys, payment } = multisig(label, 2, 3);
      return finish(payments.p2wsh({ redeem: payment, network: REGTEST }), {
        keys,
        witnessScript: payment.output,
      });
    }
    case 'p2sh': {
      const { keys, payment } = multisig(label, 2, 3);
      return finish(payments.p2sh({ redeem: payment, network: REGTEST }), {
        keys,
        redeemScript: payment.output,
        segwit: false,
      });
    }
    default:
      throw new Error(`no wallet of type ${type}`);
  }
}

/** The script whose hash is signed (scriptCode of BIP143, script of the legacy digest). @param {Wallet} wallet */
function signedScript(wallet) {
  switch (wallet.type) {
    case 'p2wpkh':
    case 'p2sh-p2wpkh':
      return bitcoin.payments.p2pkh({ pubkey: wallet.keys[0].pubkey }).output;
    case 'p2wsh':
      return wallet.witnessScript;
    case 'p2sh':
      return wallet.redeemScript;
    default:
      return wallet.script;
  }
}

/**
 * The digest that this wallet's signature for one input commits to.
 * @param {Wallet} wallet @param {bitcoin.Transaction} tx @param {number} index
 * @param {{value: bigint, script: Uint8Array}[]} prevouts of every input (taproot ALL needs them)
 * @param {number} sighash
 */
export function digest(wallet, tx, index, prevouts, sighash) {
  if (wallet.type === 'p2tr') {
    return tx.hashForWitnessV1(
      index,
      prevouts.map((p) => p.script),
      prevouts.map((p) => p.value),
      sighash,
    );
  }
  if (wallet.segwit) return tx.hashForWitnessV0(index, signedScript(wallet), prevouts[index].value, sighash);
  return tx.hashForSignature(index, signedScript(wallet), sighash);
}

/**
 * @param {Wallet} wallet @param {bitcoin.Transaction} tx @param {number} index
 * @param {{value: bigint, script: Uint8Array}[]} prevouts
 * @param {number} sighash
 * @returns {Signature[]} for taproot one, keyed by the output key
 */
export function signInput(wallet, tx, index, prevouts, sighash) {
  const hash = digest(wallet, tx, index, prevouts, sighash);
  if (wallet.type === 'p2tr') {
    const key = tapTweak(wallet.keys[0]);
    const raw = ecc.signSchnorr(hash, key.secret);
    const signature = sighash === 0 ? raw : Uint8Array.from([...raw, sighash]);
    return [{ pubkey: key.pubkey, signature }];
  }
  return wallet.keys.map((key) => ({
    pubkey: key.pubkey,
    signature: bitcoin.script.signature.encode(ecc.sign(hash, key.secret), sighash),
  }));
}

/**
 * What completes the input: scriptSig and witness stack.
 * @param {Wallet} wallet @param {Signature[]} signatures
 */
export function finalScripts(wallet, signatures) {
  const { compile, OPS } = { compile: bitcoin.script.compile, OPS: bitcoin.opcodes };
  const none = new Uint8Array(0);
  const [first] = signatures;
  switch (wallet.type) {
    case 'p2wpkh':
      return { scriptSig: none, witness: [first.signature, first.pubkey] };
    case 'p2sh-p2wpkh':
      return { scriptSig: compile([wallet.redeemScript]), witness: [first.signature, first.pubkey] };
    case 'p2tr':
      return { scriptSig: none, witness: [first.signature] };
    case 'p2wsh':
      return {
        scriptSig: none,
        witness: [none, ...signatures.map((s) => s.signature), wallet.witnessScript],
      };
    case 'p2pkh':
      return { scriptSig: compile([first.signature, first.pubkey]), witness: [] };
    case 'p2sh':
      return {
        scriptSig: compile([OPS.OP_0, ...signatures.map((s) => s.signature), wallet.redeemScript]),
        witness: [],
      };
    default:
      throw new Error(`cannot finish ${wallet.type}`);
  }
}
