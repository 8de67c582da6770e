/** Money for tests: mines to itself and pays any number of outputs, confirmed in one block. */
import * as bitcoin from 'bitcoinjs-lib';
import { SIGHASH_ALL, finalScripts, makeWallet, signInput } from './keys.mjs';
import { fromHex } from './psbt-maps.mjs';

/**
 * @typedef {object} Coin  an unspent output and who can sign for it
 * @property {string} txid
 * @property {number} vout
 * @property {bigint} value
 * @property {import('./keys.mjs').Wallet} wallet
 * @property {Uint8Array} prevTx  the whole transaction that made it
 */

const MATURITY = 100;
const SAT_PER_VBYTE = 2n;

/** @param {string} txid as shown @returns {Uint8Array} as serialised */
export const txidBytes = (txid) => fromHex(txid).reverse();

/** @param {number} valueBtc of an RPC answer */
export const satsOf = (valueBtc) => BigInt(Math.round(valueBtc * 1e8));

export class Faucet {
  /**
   * @param {import('./bitcoind.mjs').Bitcoind} node at genesis
   * @param {{coinbases?: number}} [options] of 50 BTC each, spendable at once
   */
  static async open(node, { coinbases = 10 } = {}) {
    const faucet = new Faucet();
    faucet.node = node;
    faucet.wallet = makeWallet('p2wpkh', 'faucet');
    /** @type {Coin[]} */
    faucet.coins = [];
    const hashes = await node.mine(MATURITY + coinbases, faucet.address);
    for (const hash of hashes.slice(0, coinbases)) faucet.coins.push(await faucet.coinbaseOf(hash));
    return faucet;
  }

  get address() {
    return this.wallet.address;
  }

  /** @param {string} hash of a block mined to us @returns {Promise<Coin>} */
  async coinbaseOf(hash) {
    const block = await this.node.rpc('getblock', hash, 2);
    const [{ txid, hex, vout }] = block.tx;
    return { txid, vout: 0, value: satsOf(vout[0].value), wallet: this.wallet, prevTx: fromHex(hex) };
  }

  /**
   * Pay outputs without mining; the change goes on being ours.
   * @param {{wallet: import('./keys.mjs').Wallet, value: bigint}[]} outputs
   * @returns {Promise<Coin[]>} in the same order, unconfirmed
   */
  async send(outputs) {
    const fee = SAT_PER_VBYTE * BigInt(150 + 45 * (outputs.length + 1));
    const wanted = outputs.reduce((sum, output) => sum + output.value, fee);
    const tx = new bitcoin.Transaction();
    tx.version = 2;
    const spent = [];
    let total = 0n;
    while (total < wanted) {
      const coin = this.coins.shift();
      if (!coin) throw new Error('the faucet is empty');
      spent.push(coin);
      total += coin.value;
      tx.addInput(txidBytes(coin.txid), coin.vout, 0xfffffffd);
    }
    for (const output of outputs) tx.addOutput(output.wallet.script, output.value);
    const change = total - wanted;
    if (change > 1000n) tx.addOutput(this.wallet.script, change);
    const prevouts = spent.map((coin) => ({ value: coin.value, script: coin.wallet.script }));
    spent.forEach((coin, i) => {
      tx.setWitness(
        i,
        finalScripts(coin.wallet, signInput(coin.wallet, tx, i, prevouts, SIGHASH_ALL)).witness,
      );
    });
    const txid = await this.node.broadcast(tx.toHex());
    const prevTx = tx.toBuffer();
    if (change > 1000n)
      this.coins.push({ txid, vout: outputs.length, value: change, wallet: this.wallet, prevTx });
    return outputs.map((output, vout) => ({ txid, vout, ...output, prevTx }));
  }

  /**
   * As send, and a block on top.
   * @param {{wallet: import('./keys.mjs').Wallet, value: bigint}[]} outputs
   */
  async pay(outputs) {
    const coins = await this.send(outputs);
    await this.node.mine(1, this.address);
    return coins;
  }
}
