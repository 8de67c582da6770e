/**
 * STAND-IN for the Counterparty Core API v2, for tests and the demo only.
 *
 * Counterparty Core needs an unpruned, indexed node and cannot run beside a pruned one. This server
 * answers the few routes that gavel asks, in the shapes of the July 2026 API, about a ledger that
 * follows the real node. It can also misbehave in every way that the real one was seen to.
 */
import http from 'node:http';
import https from 'node:https';
import { Ledger } from './counterparty-ledger.mjs';
import { sleep } from './wait.mjs';

/** @typedef {import('./counterparty-ledger.mjs').Balance} Balance */
/** @typedef {'none'|'503'|'timeout'|'html'|'starting'} Fault */

const PARAMETERS = new Set(['verbose', 'cursor', 'limit', 'offset', 'utxos', 'show_unconfirmed']);
const UNITS_PER_DIVISIBLE = 100000000n;

/** @param {Balance} balance */
function normalized({ quantity, divisible }) {
  if (!divisible) return quantity.toString();
  const fraction = (quantity % UNITS_PER_DIVISIBLE).toString().padStart(8, '0');
  return `${quantity / UNITS_PER_DIVISIBLE}.${fraction}`;
}

export class CounterpartyStandIn {
  /**
   * @param {import('./bitcoind.mjs').Bitcoind} node
   * @param {{port?: number, tls?: {key: string, cert: string}}} [options]
   */
  static async start(node, { port = 0, tls } = {}) {
    const standIn = new CounterpartyStandIn();
    standIn.node = node;
    standIn.ledger = new Ledger(node);
    /** How it misbehaves. @type {Fault} */
    standIn.fault = 'none';
    /** Blocks that it claims to be behind. */
    standIn.behind = 0;
    /** Awaited before a balance is answered: what happens meanwhile. @type {null | (() => Promise<unknown>)} */
    standIn.beforeBalances = null;
    standIn.requests = 0;
    const serve = (request, response) => standIn.serve(request, response);
    standIn.server = tls ? https.createServer(tls, serve) : http.createServer(serve);
    await new Promise((resolve) => {
      standIn.server.listen(port, '127.0.0.1', () => resolve(undefined));
    });
    const address = /** @type {import('net').AddressInfo} */ (standIn.server.address());
    standIn.url = `${tls ? 'https' : 'http'}://127.0.0.1:${address.port}`;
    await standIn.ledger.follow();
    return standIn;
  }

  /** @param {import('./payment.mjs').Coin} coin @param {Balance[]} balances */
  attach(coin, ...balances) {
    this.ledger.attach(`${coin.txid}:${coin.vout}`, balances, coin.wallet.address);
  }

  async close() {
    this.server.closeAllConnections();
    await new Promise((resolve) => {
      this.server.close(resolve);
    });
  }

  /** @param {http.IncomingMessage} request @param {http.ServerResponse} response */
  async serve(request, response) {
    this.requests++;
    if (this.fault === 'timeout') {
      await sleep(60000, { unref: true });
    } else if (this.fault === 'html') {
      response.writeHead(200, { 'Content-Type': 'text/html' }).end('<html><body>Bad gateway</body></html>');
      return;
    }
    await this.ledger.follow();
    const url = new URL(request.url, this.url);
    const unknown = [...url.searchParams.keys()].find((name) => !PARAMETERS.has(name));
    if (this.fault === '503') this.send(response, 503, { error: 'Counterparty not ready' });
    else if (unknown) this.send(response, 400, { error: `Invalid parameter: ${unknown}` });
    else await this.route(url, response);
  }

  /** @param {URL} url @param {http.ServerResponse} response */
  async route(url, response) {
    const { pathname } = url;
    const balances = /^\/v2\/utxos\/([^/]*)\/balances$/.exec(pathname);
    const asset = /^\/v2\/assets\/([^/]+)$/.exec(pathname);
    if (pathname === '/v2/' || pathname === '/v2') {
      this.send(response, 200, { result: this.state() });
    } else if (pathname === '/v2/healthz') {
      this.send(response, 200, { result: { status: 'Healthy' } });
    } else if (pathname === '/v2/utxos/withbalances') {
      const outpoints = (url.searchParams.get('utxos') ?? '').split(',').filter(Boolean);
      const carries = outpoints.map((outpoint) => [outpoint, this.ledger.holdings.has(outpoint)]);
      this.send(response, 200, { result: Object.fromEntries(carries) });
    } else if (balances) {
      await this.beforeBalances?.();
      const rows = this.rows(decodeURIComponent(balances[1]), url.searchParams.get('verbose') === 'true');
      this.send(response, 200, { result: rows, next_cursor: null, result_count: rows.length });
    } else if (asset) {
      const found = this.asset(decodeURIComponent(asset[1]));
      this.send(response, found ? 200 : 404, found ? { result: found } : { error: 'Not found' });
    } else {
      this.send(response, 404, { error: 'Not found' });
    }
  }

  get height() {
    return this.ledger.height - this.behind;
  }

  state() {
    const ready = this.fault !== 'starting';
    return {
      server_ready: ready,
      network: 'regtest',
      version: '11.2.0',
      backend_height: this.ledger.height,
      counterparty_height: this.height,
      ledger_state: ready ? 'Following' : 'Catching Up',
      documentation: 'https://docs.counterparty.io',
      routes: `${this.url}/v2/routes`,
      openapi: `${this.url}/v2/openapi`,
      current_commit: 'standin',
    };
  }

  /** @param {string} outpoint @param {boolean} verbose */
  rows(outpoint, verbose) {
    const holding = this.ledger.holdings.get(outpoint);
    return (holding?.balances ?? []).map((balance) => {
      const longname = balance.longname ?? null;
      const row = {
        asset: balance.asset,
        asset_longname: longname,
        quantity: balance.quantity,
        utxo: outpoint,
        utxo_address: holding.address,
      };
      if (!verbose) return row;
      const info = {
        asset_longname: longname,
        description: '',
        issuer: holding.address,
        divisible: balance.divisible,
        locked: true,
        owner: holding.address,
      };
      return { ...row, asset_info: info, quantity_normalized: normalized(balance) };
    });
  }

  /** @param {string} name */
  asset(name) {
    const all = [...this.ledger.holdings.values()]
      .flatMap((holding) => holding.balances)
      .filter((b) => b.asset === name);
    if (!all.length) return null;
    const supply = all.reduce((sum, balance) => sum + balance.quantity, 0n);
    const [{ divisible, longname = null }] = all;
    return {
      asset: name,
      asset_id: '0',
      asset_longname: longname,
      issuer: null,
      owner: null,
      divisible,
      locked: true,
      supply,
      description: '',
      description_locked: false,
      supply_normalized: normalized({ ...all[0], quantity: supply }),
    };
  }

  /** @param {http.ServerResponse} response @param {number} status @param {object} body */
  send(response, status, body) {
    const ready = this.fault !== 'starting' && this.fault !== '503';
    // Quantities reach 2^63-1, so they are written as text and then stripped of their quotes.
    const text = JSON.stringify(body, (_key, value) =>
      typeof value === 'bigint' ? `\u0001${value}` : value,
    ).replace(/"\\u0001(\d+)"/g, '$1');
    response.writeHead(status, {
      'Content-Type': 'application/json',
      'Cache-Control': 'public, max-age=60',
      'X-COUNTERPARTY-HEIGHT': this.height,
      'X-COUNTERPARTY-READY': ready ? 'True' : 'False',
      'X-BITCOIN-HEIGHT': this.ledger.height,
      'X-LEDGER-STATE': ready ? 'Following' : 'Catching Up',
    });
    response.end(text);
  }
}
