/** A real bitcoind: regtest, pruned, without txindex and without wallet, on free ports. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { join } from 'node:path';
import { makeWallet } from './keys.mjs';
import { Child, ROOT, freePorts, makeTempDir, removeTempDir } from './process.mjs';
import { until } from './wait.mjs';

const ZMQ_TOPICS = ['rawtx', 'rawblock', 'hashblock', 'sequence'];

/** Folder with bitcoind; fetched into the cache of this machine when it is not there yet. */
export function programFolder() {
  if (process.env.GAVEL_BITCOIND_BIN) return process.env.GAVEL_BITCOIND_BIN;
  const output = execFileSync(join(ROOT, 'toolchain/bitcoind'), {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return output.trim().split('\n').at(-1);
}

export class RpcError extends Error {
  /** @param {string} method @param {{code: number, message: string}} error */
  constructor(method, error) {
    super(`${method}: ${error.message} (${error.code})`);
    this.code = error.code;
  }
}

export class Bitcoind {
  /**
   * @param {{extra?: string[]}} [options] extra command line arguments
   */
  static async start({ extra = [] } = {}) {
    const node = new Bitcoind();
    node.dir = makeTempDir('bitcoind');
    [node.rpcPort, node.zmqPort] = await freePorts(2);
    node.extra = extra;
    node.branch = 0;
    node.agent = new http.Agent({ keepAlive: true, maxSockets: 8 });
    await node.launch();
    return node;
  }

  /** One that runs elsewhere, reached by a port here. @param {number} rpcPort @param {string} cookie */
  static reached(rpcPort, cookie) {
    const node = new Bitcoind();
    node.dir = makeTempDir('node-elsewhere');
    mkdirSync(join(node.dir, 'regtest'));
    writeFileSync(node.cookieFile, cookie);
    node.rpcPort = rpcPort;
    node.branch = 0;
    node.agent = new http.Agent({ keepAlive: true, maxSockets: 8 });
    return node;
  }

  get url() {
    return `http://127.0.0.1:${this.rpcPort}`;
  }

  get zmq() {
    return `tcp://127.0.0.1:${this.zmqPort}`;
  }

  get cookieFile() {
    return join(this.dir, 'regtest/.cookie');
  }

  /** @param {string[]} [more] arguments of this run only */
  async launch(more = []) {
    const topics = ZMQ_TOPICS.flatMap((topic) => [`-zmqpub${topic}=${this.zmq}`, `-zmqpub${topic}hwm=20000`]);
    this.child = new Child(join(programFolder(), 'bitcoind'), [
      '-regtest',
      `-datadir=${this.dir}`,
      '-server',
      '-listen=0',
      '-connect=0',
      '-dnsseed=0',
      '-prune=1',
      '-fastprune=1',
      '-corepolicy=1',
      '-disablewallet=1',
      '-dbcache=16',
      `-rpcport=${this.rpcPort}`,
      '-rpcbind=127.0.0.1',
      '-rpcallowip=127.0.0.1',
      '-rpcworkqueue=128',
      '-printtoconsole=0',
      ...topics,
      ...this.extra,
      ...more,
    ]);
    await until(
      'bitcoind to answer',
      async () => {
        if (this.child.exit) return true;
        return existsSync(this.cookieFile) && (await this.rpc('getblockchaininfo'));
      },
      { timeoutMs: 60000 },
    );
    if (this.child.exit) throw new Error(`bitcoind ended at start:\n${this.child.tail()}`);
  }

  /** Leaves its data in place; launch() starts it again. */
  async halt() {
    await this.child.stop('SIGTERM', 60000);
  }

  async close() {
    this.agent.destroy();
    await this.halt();
    removeTempDir(this.dir);
  }

  /** @param {string} body */
  send(body) {
    const auth = readFileSync(this.cookieFile, 'utf8');
    return new Promise((resolve, reject) => {
      const request = http.request(
        {
          host: '127.0.0.1',
          port: this.rpcPort,
          method: 'POST',
          auth,
          agent: this.agent,
          headers: { 'Content-Length': Buffer.byteLength(body) },
        },
        (response) => {
          const parts = [];
          response.on('data', (part) => parts.push(part));
          response.on('error', reject);
          response.on('end', () => {
            const text = Buffer.concat(parts).toString('utf8');
            try {
              resolve(JSON.parse(text));
            } catch {
              reject(new Error(`RPC answered ${response.statusCode}: ${text.slice(0, 200)}`));
            }
          });
        },
      );
      request.on('error', reject);
      request.end(body);
    });
  }

  /**
   * @param {string} method
   * @param {...unknown} params
   * @returns {Promise<any>}
   */
  async rpc(method, ...params) {
    const answer = /** @type {any} */ (await this.send(JSON.stringify({ id: 0, method, params })));
    if (answer.error) throw new RpcError(method, answer.error);
    return answer.result;
  }

  /** @param {[string, ...unknown[]][]} calls @returns {Promise<any[]>} results, the first error thrown */
  async batch(calls) {
    const body = calls.map(([method, ...params], id) => ({ id, method, params }));
    const answers = /** @type {any[]} */ (await this.send(JSON.stringify(body)));
    return answers.map((answer, i) => {
      if (answer.error) throw new RpcError(calls[i][0], answer.error);
      return answer.result;
    });
  }

  /** @returns {Promise<number>} */
  height() {
    return this.rpc('getblockcount');
  }

  /** Who earns the next blocks: another one on each branch, so that no block equals one that was made invalid. */
  get miner() {
    return makeWallet('p2wpkh', `miner of branch ${this.branch}`).address;
  }

  /**
   * Blocks that take what the mempool holds.
   * @param {number} [count] @param {string} [address]
   * @returns {Promise<string[]>}
   */
  mine(count = 1, address = this.miner) {
    return this.rpc('generatetoaddress', count, address);
  }

  /**
   * One block holding exactly these transactions, whatever the mempool has.
   * @param {string[]} [transactions] raw hex or txid
   * @returns {Promise<string>} its hash
   */
  async mineOnly(transactions = []) {
    return (await this.rpc('generateblock', this.miner, transactions)).hash;
  }

  /** Make the blocks above this height invalid. @param {number} height the new tip */
  async rewindTo(height) {
    await this.rpc('invalidateblock', await this.rpc('getblockhash', height + 1));
    this.branch++;
  }

  /** @param {string} hex @returns {Promise<string>} txid */
  broadcast(hex) {
    return this.rpc('sendrawtransaction', hex, 0);
  }
}
