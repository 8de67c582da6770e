/**
 * Which outpoint carries which asset: the move rule of Counterparty, followed block by block.
 *
 * A transaction that spends outpoints with balances moves all of them to its first output that is
 * not OP_RETURN; when there is none they are detached. Each block keeps what it changed, so a
 * reorganisation takes it back.
 */

/**
 * @typedef {object} Balance
 * @property {string} asset
 * @property {string|null} [longname]
 * @property {bigint} quantity   base units
 * @property {boolean} divisible
 */

/** @typedef {{balances: Balance[], address: string|null}} Holding */

const OP_RETURN = '6a';

export class Ledger {
  /** @param {import('./bitcoind.mjs').Bitcoind} node */
  constructor(node) {
    this.node = node;
    /** @type {Map<string, Holding>} */
    this.holdings = new Map();
    /** @type {{hash: string, undo: (() => void)[]}[]} */
    this.blocks = [];
    this.base = null;
    this.busy = Promise.resolve();
  }

  /** Height of the last block that was followed. */
  get height() {
    return this.base === null ? 0 : this.base + this.blocks.length - 1;
  }

  /**
   * Put assets on an output that exists, as an attach transaction would have.
   * @param {string} outpoint txid:vout @param {Balance[]} balances @param {string} [address]
   */
  attach(outpoint, balances, address = null) {
    this.holdings.set(outpoint, { balances, address });
  }

  /** Catch up with the node; one caller at a time does the work. When the node is away, nothing changes. */
  follow() {
    this.busy = this.busy.then(() => this.step()).catch(() => undefined);
    return this.busy;
  }

  async step() {
    const tip = await this.node.height();
    this.base ??= tip;
    while (this.blocks.length && !(await this.isActive(this.height))) {
      for (const undo of this.blocks.pop().undo.reverse()) undo();
    }
    for (let height = this.base + this.blocks.length; height <= tip; height++) {
      const hash = await this.node.rpc('getblockhash', height);
      this.connect(hash, (await this.node.rpc('getblock', hash, 2)).tx);
    }
  }

  /** @param {number} height of a followed block */
  async isActive(height) {
    const hash = await this.node.rpc('getblockhash', height).catch(() => null);
    return hash === this.blocks[height - this.base].hash;
  }

  /** @param {string} hash @param {any[]} transactions decoded */
  connect(hash, transactions) {
    const undo = [];
    const put = (outpoint, holding) => {
      const before = this.holdings.get(outpoint);
      if (holding) this.holdings.set(outpoint, holding);
      else this.holdings.delete(outpoint);
      undo.push(() => (before ? this.holdings.set(outpoint, before) : this.holdings.delete(outpoint)));
    };
    for (const tx of transactions) {
      const moved = [];
      for (const { txid, vout } of tx.vin) {
        const holding = this.holdings.get(`${txid}:${vout}`);
        if (!holding) continue;
        moved.push(...holding.balances);
        put(`${txid}:${vout}`, null);
      }
      const target = tx.vout.find((output) => !output.scriptPubKey.hex.startsWith(OP_RETURN));
      if (moved.length && target) {
        put(`${tx.txid}:${target.n}`, { balances: moved, address: target.scriptPubKey.address ?? null });
      }
    }
    this.blocks.push({ hash, undo });
  }
}
