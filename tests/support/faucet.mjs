/** Money for tests: mines to itself and pays any number of outputs, confirmed in one block. */
import { makeWallet } from './keys.mjs';
import { makePayment, valueOf } from './payment.mjs';
import { fromHex } from './psbt-maps.mjs';

/** @typedef {import('./payment.mjs').Coin} Coin */

const MATURITY = 100;
const SAT_PER_VBYTE = 2n;

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
    const spent = [];
    while (valueOf(spent) < wanted) {
      const coin = this.coins.shift();
      if (!coin) throw new Error('the faucet is empty');
      spent.push(coin);
    }
    const change = valueOf(spent) - wanted;
    const scripts = outputs.map(({ wallet, value }) => ({ script: wallet.script, value }));
    const rest = change > 1000n ? [{ script: this.wallet.script, value: change }] : [];
    const tx = makePayment(spent, [...scripts, ...rest]);
    const txid = await this.node.broadcast(tx.toHex());
    const prevTx = tx.toBuffer();
    if (rest.length)
      this.coins.push({ txid, vout: outputs.length, value: change, wallet: this.wallet, prevTx });
    return outputs.map((output, vout) => ({ txid, vout, ...output, prevTx }));
  }

  /**
   * As send, and a block on top.
   * @param {{wallet: import('./keys.mjs').Wallet, value: bigint}[]} outputs
   */
  async pay(outputs) {
    const coins = await this.send(outputs);
    await this.node.mine();
    return coins;
  }
}
