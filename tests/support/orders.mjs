/** Order auctions: the real gaveld with its sequencer, gavel-solver, and peers that speak line JSON by hand. */
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import { Gaveld, GAVELD } from './gaveld.mjs';
import { Child } from './process.mjs';
import { until } from './wait.mjs';

const SOLVER = process.env.GAVEL_SOLVER ?? join(dirname(GAVELD), 'gavel-solver');

/** A quick auction: an order a second, a second for bids, four to fulfil. */
export const QUICK = {
  'orders.enabled': 'on',
  'orders.order_port': '0',
  'orders.bid_port': '0',
  'orders.claim_port': '0',
  'orders.tick_ms': '500',
  'orders.collect_seconds': '1',
  'orders.commit_seconds': '4',
  'orders.grace_seconds': '1',
  'orders.work_seconds': '3',
};

/** @param {Record<string, string>} [settings] @returns {Promise<Gaveld>} without a node: order auctions need none */
export const startSequencer = (settings = {}) =>
  Gaveld.start({ settings: { ...QUICK, 'orders.demo': 'on', ...settings }, claim: false });

/** The same, with an owner: only such a box shows anything. @param {Record<string, string>} settings */
export const startClaimedSequencer = (settings) =>
  Gaveld.start({ settings: { 'orders.demo': 'on', ...settings } });

/** A power cut, and back on the same ports, so that solvers find it again. @param {Gaveld} box */
export async function restart(box) {
  keepPorts(box);
  await box.kill();
  await box.launch();
}

/** The ports of this run are those of the next one. @param {Gaveld} box */
export function keepPorts(box) {
  box.settings['orders.order_port'] = `${box.ports.orders}`;
  box.settings['orders.bid_port'] = `${box.ports.bids}`;
  box.settings['orders.claim_port'] = `${box.ports.claims}`;
}

/** UTC seconds, as on the wire. */
export const nowS = () => Math.floor(Date.now() / 1000);

/** @param {Partial<{order_id: unknown, solver_id: unknown, max_input: unknown, conversion_rate: unknown, valid_till: unknown}>} bid */
export const bidLine = (bid) =>
  `${JSON.stringify({
    SubmitBid: { order_id: 1, solver_id: 's1', max_input: 100, conversion_rate: 1.25, valid_till: nowS() + 60, ...bid },
  })}\n`;

/** @param {number} order @param {string} solver */
export const claimLine = (order, solver) =>
  `${JSON.stringify({ FulfillmentComplete: { order_id: order, solver_id: solver } })}\n`;

/**
 * One connection: everything said at once, then half closed, as the original's clients do.
 * @param {number} port @param {string|Buffer} text @param {{keepOpen?: boolean}} [options]
 * @returns {Promise<string>} what came back before it was closed
 */
export function shot(port, text, { keepOpen = false } = {}) {
  return new Promise((resolve) => {
    let heard = '';
    const socket = connect(port, '127.0.0.1', () => (keepOpen ? socket.write(text) : socket.end(text)));
    socket.on('data', (chunk) => (heard += chunk));
    socket.on('error', () => undefined); // a reset is one way to be cut off
    socket.on('close', () => resolve(heard));
  });
}

/** A connection to the order port that keeps every line. */
export class Listener {
  /** @param {number} port */
  static async open(port) {
    const listener = new Listener();
    listener.text = '';
    listener.closed = false;
    listener.socket = connect(port, '127.0.0.1');
    listener.socket.on('data', (chunk) => (listener.text += chunk));
    listener.socket.on('error', () => undefined);
    listener.socket.on('close', () => (listener.closed = true));
    await new Promise((resolve) => listener.socket.once('connect', resolve));
    return listener;
  }

  get lines() {
    return this.text.split('\n').slice(0, -1);
  }

  get messages() {
    return this.lines.map((line) => JSON.parse(line));
  }

  /** Ids of every order announced so far. @returns {number[]} */
  get orders() {
    return this.messages.flatMap((message) => message.NewOrderBatch ?? []).map(({ id }) => id);
  }

  /** @returns {any[]} */
  get commitments() {
    return this.messages.map((message) => message.CommitmentNotification).filter(Boolean);
  }

  /** @returns {number[]} */
  get closures() {
    return this.messages.map((message) => message.AuctionClosedNoWinner).filter((id) => id !== undefined);
  }

  /** Wait for an order that is announced from now on. @returns {Promise<number>} */
  async nextOrder() {
    const known = Math.max(0, ...this.orders);
    return until('another order', () => this.orders.find((id) => id > known));
  }

  /** @param {number} order @param {number} [round] */
  commitment(order, round = 1) {
    return until(`commitment ${round} of order ${order}`, () => this.commitments.filter((c) => c.order_id === order)[round - 1], {
      timeoutMs: 30000,
    });
  }

  close() {
    this.socket.destroy();
  }
}

/** gavel-solver, the real program. */
export class Solver {
  /**
   * @param {string} id @param {{orders: number, bids: number, claims: number}} ports @param {string[]} [args]
   */
  static start(id, ports, args = []) {
    const solver = new Solver();
    solver.child = new Child(SOLVER, [
      ...['--id', id, '--order-port', `${ports.orders}`, '--bid-port', `${ports.bids}`],
      ...['--fulfill-port', `${ports.claims}`, ...args],
    ]);
    return solver;
  }

  get log() {
    return this.child.output;
  }

  /** @param {RegExp} pattern @param {number} [timeoutMs] */
  says(pattern, timeoutMs = 30000) {
    return until(`the solver to say ${pattern}`, () => pattern.exec(this.log), { timeoutMs });
  }

  async close() {
    const { code } = await this.child.stop();
    if (code !== 0) throw new Error(`gavel-solver ended with ${code}:\n${this.child.tail()}`);
  }
}

/** Numbers of /metrics whose name begins with gavel_orders. @param {Gaveld} box @returns {Promise<(name: string) => number>} */
export async function orderMetrics(box) {
  const { text } = await box.api.get('/metrics');
  const values = new Map(
    text
      .split('\n')
      .filter((line) => line.startsWith('gavel_orders'))
      .map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]),
  );
  return (name) => values.get(`gavel_orders_${name}`) ?? 0;
}

/** Wait until a number of /metrics has grown to at least `least`. @param {Gaveld} box @param {string} name @param {number} least */
export const metricReaches = (box, name, least) =>
  until(`${name} to reach ${least}`, async () => (await orderMetrics(box))(name) >= least, { timeoutMs: 30000 });
