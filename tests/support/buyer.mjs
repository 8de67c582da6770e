/** A buyer: completes a revealed PSBT by hand, in any shape, or signs what the box put together. */
import * as bitcoin from 'bitcoinjs-lib';
import * as ecc from 'tiny-secp256k1';
import { txidBytes } from './payment.mjs';
import { REGTEST, SIGHASH_ALL, finalScripts, signInput } from './keys.mjs';
import { GLOBAL, IN, decode, fromBase64, ofType } from './psbt-maps.mjs';

/** Value that a buyer's receiving output carries: above every dust limit. */
export const RECEIVE_SATS = 546n;

/**
 * The seller's half of a sale as the box serves it.
 * @typedef {object} SellerPart
 * @property {bitcoin.Transaction} tx   version, locktime and the pair
 * @property {Uint8Array} scriptSig
 * @property {Uint8Array[]} witness
 * @property {bigint} value             of the spent output
 */

/** @param {Uint8Array} stack serialised @returns {Uint8Array[]} */
function parseWitness(stack) {
  const items = [];
  let at = 1;
  for (let i = 0; i < stack[0]; i++) {
    const wide = stack[at] === 0xfd;
    const length = wide ? stack[at + 1] + 256 * stack[at + 2] : stack[at];
    at += wide ? 3 : 1;
    items.push(stack.subarray(at, at + length));
    at += length;
  }
  return items;
}

/**
 * @param {string} psbt base64, finalized
 * @param {bigint} value of the output being sold
 * @returns {SellerPart}
 */
export function sellerPart(psbt, value) {
  const maps = decode(fromBase64(psbt));
  const tx = bitcoin.Transaction.fromBuffer(ofType(maps.global, GLOBAL.UNSIGNED_TX)[0].value);
  const [scriptSig] = ofType(maps.inputs[0], IN.FINAL_SCRIPTSIG);
  const [witness] = ofType(maps.inputs[0], IN.FINAL_SCRIPTWITNESS);
  if (!scriptSig && !witness) throw new Error('the served PSBT is not finalized');
  return {
    tx,
    value,
    scriptSig: scriptSig?.value ?? new Uint8Array(0),
    witness: witness ? parseWitness(witness.value) : [],
  };
}

/**
 * A whole purchase, signed.
 * @param {object} order
 * @param {{part: SellerPart, index: number}[]} order.pairs  seller inputs and the index each stands at
 * @param {import('./payment.mjs').Coin[]} order.coins        the buyer's, they fill the other inputs
 * @param {{script: Uint8Array, value: bigint}[]} order.outputs  they fill the other outputs
 * @param {Uint8Array} order.change                          script
 * @param {bigint} [order.fee]
 */
export function completePurchase({ pairs, coins, outputs, change, fee = 3000n }) {
  const tx = new bitcoin.Transaction();
  tx.version = pairs[0].part.tx.version;
  tx.locktime = Math.max(...pairs.map(({ part }) => part.tx.locktime));
  const ours = [...coins];
  const others = [...outputs];
  const owners = [];
  const last = Math.max(...pairs.map(({ index }) => index));
  for (let i = 0; i <= last || ours.length; i++) {
    const pairHere = pairs.find(({ index }) => index === i);
    if (pairHere) {
      const [input] = pairHere.part.tx.ins;
      tx.addInput(input.hash, input.index, input.sequence, pairHere.part.scriptSig);
      owners.push(pairHere.part);
    } else {
      const coin = ours.shift();
      if (!coin) throw new Error(`no coin of the buyer for input ${i}`);
      tx.addInput(txidBytes(coin.txid), coin.vout, 0xfffffffd);
      owners.push(coin);
    }
  }
  for (let i = 0; i <= last || others.length; i++) {
    const pairHere = pairs.find(({ index }) => index === i);
    const output = pairHere ? pairHere.part.tx.outs[0] : others.shift();
    if (!output) throw new Error(`no output for index ${i}`);
    tx.addOutput(output.script, output.value);
  }
  const rest =
    owners.reduce((sum, owner) => sum + owner.value, -fee) -
    tx.outs.reduce((sum, output) => sum + output.value, 0n);
  if (rest < 0n) throw new Error(`the buyer's coins lack ${-rest} sats`);
  if (rest >= RECEIVE_SATS) tx.addOutput(change, rest);
  signBuyerInputs(tx, owners);
  return tx;
}

/** @param {bitcoin.Transaction} tx @param {(SellerPart | import('./payment.mjs').Coin)[]} owners of each input */
function signBuyerInputs(tx, owners) {
  owners.forEach((owner, i) => {
    if ('witness' in owner) {
      tx.setWitness(i, owner.witness);
      return;
    }
    const prevouts = owners.map((o) => ({
      value: o.value,
      script: 'wallet' in o ? o.wallet.script : new Uint8Array(0),
    }));
    const { scriptSig, witness } = finalScripts(
      owner.wallet,
      signInput(owner.wallet, tx, i, prevouts, SIGHASH_ALL),
    );
    tx.setInputScript(i, scriptSig);
    tx.setWitness(i, witness);
  });
}

/**
 * The ordinary purchase: buyer first, pair at 1 (or another index), asset to the buyer's output 0.
 * @param {object} order
 * @param {string} order.psbt       as the box serves it
 * @param {import('./payment.mjs').Coin} order.sold  the output being sold
 * @param {import('./payment.mjs').Coin[]} order.coins as many as the index, or more
 * @param {import('./keys.mjs').Wallet} order.buyer
 * @param {number} [order.index]
 * @param {bigint} [order.fee]
 * @param {{script: Uint8Array, value: bigint}[]} [order.first] outputs before the buyer's own
 */
export function buy({ psbt, sold, coins, buyer, index = 1, fee, first = [] }) {
  const own = { script: buyer.script, value: RECEIVE_SATS };
  const fill = Array.from({ length: Math.max(1, index - first.length) }, () => own);
  return completePurchase({
    pairs: [{ part: sellerPart(psbt, sold.value), index }],
    coins,
    fee,
    outputs: [...first, ...fill],
    change: buyer.script,
  });
}

/**
 * Sign the buyer's inputs of a PSBT that the purchase route made, as a wallet library does it.
 * @param {string} psbt base64
 * @param {import('./payment.mjs').Coin[]} coins
 * @returns {bitcoin.Transaction} ready to be sent
 */
export function signCombined(psbt, coins) {
  const combined = bitcoin.Psbt.fromBase64(psbt, { network: REGTEST });
  combined.txInputs.forEach((input, i) => {
    const coin = coins.find(
      (c) => Buffer.from(txidBytes(c.txid)).equals(input.hash) && c.vout === input.index,
    );
    if (!coin) return;
    const [key] = coin.wallet.keys;
    combined.signInput(i, {
      publicKey: key.pubkey,
      sign: (hash) => ecc.sign(hash, key.secret),
    });
    combined.finalizeInput(i);
  });
  return combined.extractTransaction(true);
}
