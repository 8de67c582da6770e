/** An ordinary wallet payment: every input signed ALL. */
import * as bitcoin from 'bitcoinjs-lib';
import { SIGHASH_ALL, finalScripts, signInput } from './keys.mjs';
import { fromHex } from './psbt-maps.mjs';

/**
 * @typedef {object} Coin  an unspent output and who can sign for it
 * @property {string} txid
 * @property {number} vout
 * @property {bigint} value
 * @property {import('./keys.mjs').Wallet} wallet
 * @property {Uint8Array} prevTx  the whole transaction that made it
 */

/** @typedef {{script: Uint8Array, value: bigint}} Output */

/** @param {string} txid as shown @returns {Uint8Array} as serialised */
export const txidBytes = (txid) => fromHex(txid).reverse();

/** @param {Coin[]} coins */
export const valueOf = (coins) => coins.reduce((sum, coin) => sum + coin.value, 0n);

/**
 * @param {Coin[]} coins @param {Output[]} outputs what they do not take is the fee
 * @returns {bitcoin.Transaction} replaceable
 */
export function makePayment(coins, outputs) {
  const tx = new bitcoin.Transaction();
  tx.version = 2;
  for (const coin of coins) tx.addInput(txidBytes(coin.txid), coin.vout, 0xfffffffd);
  for (const output of outputs) tx.addOutput(output.script, output.value);
  const prevouts = coins.map((coin) => ({ value: coin.value, script: coin.wallet.script }));
  coins.forEach((coin, i) => {
    const { scriptSig, witness } = finalScripts(
      coin.wallet,
      signInput(coin.wallet, tx, i, prevouts, SIGHASH_ALL),
    );
    tx.setInputScript(i, scriptSig);
    tx.setWitness(i, witness);
  });
  return tx;
}
