/**
 * Stand-in for the sequencer of the public "Order-Auction Mini-Sim", built after what was seen of it on the wire
 * (no code of it is here): one solver is served at a time and later ones wait unheard, one line a connection, no
 * answer, nothing kept, no reassignment (not needed by our solver's tests).
 */
import { createServer } from 'node:net';
import { nowS } from './orders.mjs';

/** @param {import('net').Server} server @param {number} port @returns {Promise<number>} */
const listen = (server, port) =>
  new Promise((resolve) => server.listen(port, '127.0.0.1', () => resolve(/** @type {any} */ (server.address()).port)));

export class OriginalSequencer {
  /** @param {{tickMs?: number, collectS?: number, commitS?: number, ports?: {orders: number, bids: number, claims: number}}} [options] */
  static async start({ tickMs = 500, collectS = 1, commitS = 6, ports } = {}) {
    const sequencer = new OriginalSequencer();
    Object.assign(sequencer, { collectS, commitS });
    /** Every line as it came. @type {string[]} */ sequencer.lines = [];
    /** @type {{order: number, deadline: number, at: number}[]} */ sequencer.fulfilled = [];
    /** @type {Map<number, any>} */ sequencer.orders = new Map();
    /** @type {import('net').Socket[]} */ sequencer.waiting = [];
    /** @type {Set<import('net').Socket>} */ sequencer.sockets = new Set();
    sequencer.servers = [
      createServer((socket) => sequencer.admit(socket)),
      createServer({ allowHalfOpen: true }, (socket) => sequencer.readOne(socket, (bid) => sequencer.takeBid(bid.SubmitBid))),
      createServer({ allowHalfOpen: true }, (socket) =>
        sequencer.readOne(socket, (claim) => sequencer.takeClaim(claim.FulfillmentComplete)),
      ),
    ];
    const [orders, bids, claims] = await Promise.all(
      sequencer.servers.map((server, i) => listen(server, ports ? [ports.orders, ports.bids, ports.claims][i] : 0)),
    );
    sequencer.ports = { orders, bids, claims };
    let ticks = 0;
    sequencer.timer = setInterval(() => sequencer.tick(ticks++), tickMs);
    return sequencer;
  }

  /** @param {import('net').Socket} socket */
  admit(socket) {
    this.sockets.add(socket);
    this.waiting.push(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.sockets.delete(socket);
      this.waiting = this.waiting.filter((other) => other !== socket);
    });
    socket.resume();
  }

  /** @param {any} message */
  broadcast(message) {
    this.waiting[0]?.write(`${JSON.stringify(message)}\n`);
  }

  /** @param {import('net').Socket} socket @param {(message: any) => void} take */
  readOne(socket, take) {
    let text = '';
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => (text += chunk));
    socket.on('end', () => {
      if (text === '') return void socket.end(); // no message: the connection is finished
      const [line] = text.split('\n');
      this.lines.push(text);
      take(JSON.parse(line));
      socket.end();
    });
  }

  /** @param {any} bid */
  takeBid(bid) {
    this.orders.get(bid.order_id)?.bids.push(bid);
  }

  /** @param {any} claim */
  takeClaim(claim) {
    const order = this.orders.get(claim.order_id);
    if (order?.winner === claim.solver_id)
      this.fulfilled.push({ order: claim.order_id, deadline: order.deadline, at: nowS() });
  }

  /** @param {number} count of ticks so far */
  tick(count) {
    const now = nowS();
    if (count % 2 === 0) {
      const id = this.orders.size + 1;
      this.orders.set(id, { created: now, bids: [] });
      this.broadcast({ NewOrderBatch: [{ id, description: `Sample Order #${id}`, creation_time: now }] });
    }
    for (const [id, order] of this.orders) {
      if (order.winner !== undefined || order.created + this.collectS > now) continue;
      const [best] = order.bids.sort((/** @type {any} */ a, /** @type {any} */ b) => output(b) - output(a));
      order.winner = best?.solver_id ?? null;
      if (!best) {
        this.broadcast({ AuctionClosedNoWinner: id });
        continue;
      }
      order.deadline = Math.min(now + this.commitS, best.valid_till);
      this.broadcast({
        CommitmentNotification: {
          order_id: id,
          solver_id: best.solver_id,
          input_amount: best.max_input,
          min_output_amount: output(best),
          deadline: order.deadline,
        },
      });
    }
  }

  async close() {
    clearInterval(this.timer);
    for (const socket of this.sockets) socket.destroy();
    await Promise.all(this.servers.map((server) => new Promise((resolve) => server.close(resolve))));
  }
}

/** @param {any} bid */
const output = (bid) => Math.floor(bid.max_input * bid.conversion_rate);
