/**
 * A seller: ladders of PSBTs signed SINGLE|ANYONECANPAY, honest by default, wrong in any way asked.
 */
import * as bitcoin from 'bitcoinjs-lib';
import { txidBytes } from './payment.mjs';
import { SIGHASH_SALE, finalScripts, makeWallet, signInput } from './keys.mjs';
import {
  GLOBAL,
  IN,
  OUT,
  concat,
  decode,
  encode,
  fromBase64,
  ofType,
  pair,
  toBase64,
  u32,
  u64,
  withLength,
  without,
  witnessStack,
} from './psbt-maps.mjs';

/** Sequence of a locked rung: not final, no relative lock, replaceable. */
export const SEQUENCE_LOCKED = 0xfffffffd;

/**
 * @typedef {object} Plan  what a seller wants to sell, and how the price falls
 * @property {import('./payment.mjs').Coin} coin  carries the asset
 * @property {string} asset
 * @property {any} quantity      as it goes into the body
 * @property {number} start
 * @property {number} end
 * @property {number} after      blocks_after_end
 * @property {number} startPrice
 * @property {number} endPrice
 * @property {number} decrement
 * @property {Uint8Array} payTo  script of the payment
 * @property {boolean} locked
 */

/**
 * How one rung departs from an honest one. Hooks run in the order of the fields.
 * @typedef {object} RungOptions
 * @property {number} [psbtVersion]   0 (default) or 2
 * @property {number} [txVersion]
 * @property {number} [locktime]
 * @property {number} [sequence]
 * @property {string} [txid]
 * @property {number} [vout]
 * @property {Uint8Array} [payTo]
 * @property {number} [index]  where the pair stands once beforeSigning has put something before it
 * @property {(tx: bitcoin.Transaction) => void} [beforeSigning]
 * @property {bigint} [signedValue]   the amount that the signature commits to
 * @property {import('./keys.mjs').Wallet} [signer] other than the coin's wallet
 * @property {number} [sighash]
 * @property {(signatures: import('./keys.mjs').Signature[], tx: bitcoin.Transaction) => import('./keys.mjs').Signature[]} [signatures]
 * @property {(tx: bitcoin.Transaction) => void} [afterSigning]
 * @property {boolean} [finalized]
 * @property {number|null} [sighashField] null leaves it out
 * @property {boolean} [nonWitnessUtxo]
 * @property {{value: bigint, script: Uint8Array}|null} [witnessUtxo]
 * @property {(maps: import('./psbt-maps.mjs').Maps) => void} [maps]
 */

/**
 * A plan whose prices are as its blocks need them.
 * @param {Partial<Plan> & {coin: import('./payment.mjs').Coin, start: number}} wanted
 * @returns {Plan}
 */
export function makePlan(wanted) {
  const { start, end = start + 10, startPrice = 100000, decrement = 1000 } = wanted;
  return {
    asset: 'FROGKING',
    quantity: 1,
    after: 5,
    locked: true,
    payTo: makeWallet('p2wpkh', 'seller payout').script,
    ...wanted,
    end,
    startPrice,
    decrement,
    endPrice: wanted.endPrice ?? startPrice - decrement * (end - start),
  };
}

/** @param {Plan} plan @param {number} block */
export function priceAt(plan, block) {
  return block === plan.end ? plan.endPrice : plan.startPrice - plan.decrement * (block - plan.start);
}

/** @param {Plan} plan @param {number} block @param {number} price @param {RungOptions} o */
function unsignedTx(plan, block, price, o) {
  const tx = new bitcoin.Transaction();
  tx.version = o.txVersion ?? 2;
  tx.locktime = o.locktime ?? (plan.locked ? block : 0);
  tx.addInput(txidBytes(o.txid ?? plan.coin.txid), o.vout ?? plan.coin.vout, o.sequence ?? SEQUENCE_LOCKED);
  tx.addOutput(o.payTo ?? plan.payTo, BigInt(price));
  return tx;
}

/** Fields about the spent output. @param {Plan} plan @param {RungOptions} o */
function utxoFields(plan, o) {
  const { coin } = plan;
  const fields = [];
  if (o.nonWitnessUtxo ?? !coin.wallet.segwit) {
    const plain = bitcoin.Transaction.fromBuffer(coin.prevTx);
    plain.stripWitnesses();
    fields.push(pair(IN.NON_WITNESS_UTXO, plain.toBuffer()));
  }
  const utxo =
    o.witnessUtxo === undefined ? { value: coin.value, script: coin.wallet.script } : o.witnessUtxo;
  if (utxo && coin.wallet.segwit)
    fields.push(pair(IN.WITNESS_UTXO, concat(u64(utxo.value), withLength(utxo.script))));
  return fields;
}

/** Fields with the signature. @param {import('./keys.mjs').Wallet} wallet @param {import('./keys.mjs').Signature[]} signatures @param {RungOptions} o */
function signatureFields(wallet, signatures, o) {
  if (o.finalized) {
    const { scriptSig, witness } = finalScripts(wallet, signatures);
    const fields = [];
    if (scriptSig.length) fields.push(pair(IN.FINAL_SCRIPTSIG, scriptSig));
    if (witness.length) fields.push(pair(IN.FINAL_SCRIPTWITNESS, witnessStack(witness)));
    return fields;
  }
  const fields =
    wallet.type === 'p2tr'
      ? [
          ...signatures.map((s) => pair(IN.TAP_KEY_SIG, s.signature)),
          pair(IN.TAP_INTERNAL_KEY, wallet.internalKey),
        ]
      : signatures.map((s) => pair(IN.PARTIAL_SIG, s.signature, s.pubkey));
  const field = o.sighashField === undefined ? (o.sighash ?? SIGHASH_SALE) : o.sighashField;
  if (field !== null) fields.push(pair(IN.SIGHASH_TYPE, u32(field)));
  if (wallet.redeemScript) fields.push(pair(IN.REDEEM_SCRIPT, wallet.redeemScript));
  if (wallet.witnessScript) fields.push(pair(IN.WITNESS_SCRIPT, wallet.witnessScript));
  return fields;
}

/** The global and per-input fields that say what the transaction is. @param {bitcoin.Transaction} tx */
function skeletonV2(tx) {
  const [input] = tx.ins;
  const lock = tx.locktime ? [pair(IN.REQUIRED_HEIGHT_LOCKTIME, u32(tx.locktime))] : [];
  return {
    global: [
      pair(GLOBAL.TX_VERSION, u32(tx.version)),
      pair(GLOBAL.FALLBACK_LOCKTIME, u32(0)),
      pair(GLOBAL.INPUT_COUNT, Uint8Array.of(1)),
      pair(GLOBAL.OUTPUT_COUNT, Uint8Array.of(tx.outs.length)),
      pair(GLOBAL.VERSION, u32(2)),
    ],
    input: [
      pair(IN.PREVIOUS_TXID, input.hash),
      pair(IN.OUTPUT_INDEX, u32(input.index)),
      pair(IN.SEQUENCE, u32(input.sequence)),
      ...lock,
    ],
    outputs: tx.outs.map((output) => [pair(OUT.AMOUNT, u64(output.value)), pair(OUT.SCRIPT, output.script)]),
  };
}

/**
 * One PSBT.
 * @param {Plan} plan @param {number} block @param {number} [price] @param {RungOptions} [o]
 * @returns {Uint8Array}
 */
export function makeRung(plan, block, price = priceAt(plan, block), o = {}) {
  const tx = unsignedTx(plan, block, price, o);
  o.beforeSigning?.(tx);
  const wallet = o.signer ?? plan.coin.wallet;
  const prevouts = tx.ins.map(() => ({ value: o.signedValue ?? plan.coin.value, script: wallet.script }));
  const honest = signInput(wallet, tx, o.index ?? 0, prevouts, o.sighash ?? SIGHASH_SALE);
  const signatures = o.signatures?.(honest, tx) ?? honest;
  o.afterSigning?.(tx);
  const fields = [...utxoFields(plan, o), ...signatureFields(plan.coin.wallet, signatures, o)];
  let maps;
  if (o.psbtVersion === 2) {
    const { global, input, outputs } = skeletonV2(tx);
    maps = { global, inputs: [[...fields, ...input]], outputs };
  } else {
    maps = {
      global: [pair(GLOBAL.UNSIGNED_TX, tx.toBuffer())],
      inputs: tx.ins.map((_input, i) => (i === (o.index ?? 0) ? fields : [])),
      outputs: tx.outs.map(() => []),
    };
  }
  o.maps?.(maps);
  return encode(maps);
}

/**
 * The PSBTs of a plan, in the form of the request.
 * @param {Plan} plan @param {RungOptions} [options] for every rung
 */
export function makeLadder(plan, options) {
  const rungs = [];
  for (let block = plan.start; block <= plan.end; block++) {
    const price = priceAt(plan, block);
    rungs.push({
      block_number: block,
      price_sats: price,
      psbt_data: toBase64(makeRung(plan, block, price, options)),
    });
  }
  return rungs;
}

/**
 * Sign one PSBT that the ladder route made, as the seller's wallet does.
 * @param {string} psbt base64 @param {import('./payment.mjs').Coin} coin @returns {string} base64
 */
export function signRung(psbt, coin) {
  const maps = decode(fromBase64(psbt));
  const tx = bitcoin.Transaction.fromBuffer(ofType(maps.global, GLOBAL.UNSIGNED_TX)[0].value);
  const prevouts = [{ value: coin.value, script: coin.wallet.script }];
  const signatures = signInput(coin.wallet, tx, 0, prevouts, SIGHASH_SALE);
  const kept = without(maps.inputs[0], IN.SIGHASH_TYPE);
  maps.inputs[0] = [...kept, ...signatureFields(coin.wallet, signatures, {})];
  return toBase64(encode(maps));
}

/**
 * Body of POST /api/listings.
 * @param {Plan} plan
 * @param {{block_number: number, price_sats: number, psbt_data: string}[]} psbts
 * @returns {Record<string, any>}
 */
export function bodyOf(plan, psbts) {
  return {
    asset_name: plan.asset,
    asset_qty: plan.quantity,
    utxo_txid: plan.coin.txid,
    utxo_vout: plan.coin.vout,
    start_block: plan.start,
    end_block: plan.end,
    start_price_sats: plan.startPrice,
    end_price_sats: plan.endPrice,
    price_decrement: plan.decrement,
    blocks_after_end: plan.after,
    psbts,
  };
}

/**
 * The same with an honest ladder, or one that departs as asked.
 * @param {Plan} plan @param {RungOptions} [options]
 */
export const makeBody = (plan, options) => bodyOf(plan, makeLadder(plan, options));
