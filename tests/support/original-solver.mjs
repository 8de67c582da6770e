/**
 * Stand-in for the solver of the public "Order-Auction Mini-Sim", built after what was seen of it on the wire (no
 * code of it is here): it bids by a generator that begins with the order's id, works on one commitment at a time
 * and reads nothing meanwhile, takes a blank or unknown line for the end of the stream, stays deaf after a
 * commitment with two seconds or less, and comes back 5 seconds after a loss.
 */
import { connect } from 'node:net';
import { nowS, shot } from './orders.mjs';
import { sleep } from './wait.mjs';

const RECONNECT_MS = 5000;

/** A small generator; what matters is that the same order gives the same bid. @param {number} seed */
function generator(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

export class OriginalSolver {
  /** @param {string} id @param {{orders: number, bids: number, claims: number}} ports @param {{chance?: number}} [options] */
  constructor(id, ports, { chance = 0.7 } = {}) {
    Object.assign(this, { id, ports, chance });
    /** @type {any[]} */ this.batches = [];
    /** @type {any[]} */ this.bids = [];
    /** @type {any[]} */ this.commitments = [];
    /** @type {number[]} */ this.claims = [];
    this.connections = 0;
    this.deaf = false;
    this.stopped = false;
    this.run();
  }

  async run() {
    while (!this.stopped) {
      await this.follow();
      if (!this.stopped) await sleep(RECONNECT_MS, { unref: true });
    }
  }

  /** One connection, until it ends. */
  async follow() {
    const socket = (this.socket = connect(this.ports.orders, '127.0.0.1'));
    socket.once('connect', () => this.connections++);
    let rest = '';
    try {
      for await (const chunk of socket) {
        const lines = (rest + chunk).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) if (!(await this.take(line))) return;
      }
    } catch {
      // a lost connection is made again
    } finally {
      socket.destroy();
    }
  }

  /** @param {string} line @returns {Promise<boolean>} false: it is taken for the end of the stream */
  async take(line) {
    if (this.deaf) return true;
    let message;
    try {
      message = JSON.parse(line);
    } catch {
      return false;
    }
    if (message.NewOrderBatch) await this.takeBatch(message.NewOrderBatch);
    else if (message.CommitmentNotification) await this.takeCommitment(message.CommitmentNotification);
    else if (message.AuctionClosedNoWinner === undefined) return false;
    return true;
  }

  /** @param {any[]} orders */
  async takeBatch(orders) {
    this.batches.push(orders);
    for (const { id } of orders) {
      const random = generator(id);
      if (random() >= this.chance) continue;
      const bid = {
        order_id: id,
        solver_id: this.id,
        max_input: 50 + Math.floor(random() * 150),
        conversion_rate: 0.8 + random() * 0.4,
        valid_till: nowS() + 15 + Math.floor(random() * 45),
      };
      this.bids.push(bid);
      await shot(this.ports.bids, `${JSON.stringify({ SubmitBid: bid })}\n`);
    }
  }

  /** @param {any} commitment */
  async takeCommitment(commitment) {
    if (commitment.solver_id !== this.id) return;
    this.commitments.push(commitment);
    const left = commitment.deadline - nowS();
    if (left <= 2) {
      this.deaf = true; // its task panics; the process lives on
      return;
    }
    await sleep(1000 * (1 + Math.floor(generator(commitment.order_id)() * (left - 2))));
    this.claims.push(commitment.order_id);
    await shot(
      this.ports.claims,
      `${JSON.stringify({ FulfillmentComplete: { order_id: commitment.order_id, solver_id: this.id } })}\n`,
    );
  }

  close() {
    this.stopped = true;
    this.socket?.destroy();
  }
}
