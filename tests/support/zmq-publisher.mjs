/**
 * A stand-in for bitcoind's ZMQ publisher: sends made-up messages at any rate, which no real node could
 * be brought to. Speaks just enough ZMTP 3.0 (NULL mechanism, PUB side); sends every topic to everybody,
 * subscribers drop what they did not ask for.
 */
import net from 'node:net';
import { until } from './wait.mjs';

const MORE = 1;
const LONG = 2;
const COMMAND = 4;
const SHORT_MAX = 255;
const GREETING_BYTES = 64;

/** @param {number} flags @param {Buffer} body */
function frame(flags, body) {
  if (body.length <= SHORT_MAX) return Buffer.concat([Buffer.of(flags, body.length), body]);
  const head = Buffer.alloc(9);
  head[0] = flags | LONG;
  head.writeBigUInt64BE(BigInt(body.length), 1);
  return Buffer.concat([head, body]);
}

/** @param {string} name @param {Buffer} data */
const command = (name, data) => frame(COMMAND, Buffer.concat([Buffer.of(name.length), Buffer.from(name), data]));

function greeting() {
  const bytes = Buffer.alloc(GREETING_BYTES);
  bytes[0] = 0xff;
  bytes[9] = 0x7f;
  bytes[10] = 3; // version 3.0
  bytes.write('NULL', 12, 'latin1');
  return bytes;
}

function ready() {
  const property = Buffer.from('\x0bSocket-Type\0\0\0\x03PUB', 'latin1');
  return command('READY', property);
}

export class ZmqPublisher {
  static async start() {
    const publisher = new ZmqPublisher();
    /** @type {Set<net.Socket>} those that have subscribed to something */
    publisher.subscribers = new Set();
    publisher.sockets = new Set();
    /** Next counter of each topic. @type {Map<string, number>} */
    publisher.counters = new Map();
    publisher.server = net.createServer((socket) => publisher.greet(socket));
    await new Promise((resolve) => {
      publisher.server.listen(0, '127.0.0.1', () => resolve(undefined));
    });
    const { port } = /** @type {net.AddressInfo} */ (publisher.server.address());
    publisher.url = `tcp://127.0.0.1:${port}`;
    return publisher;
  }

  /** @param {net.Socket} socket */
  greet(socket) {
    this.sockets.add(socket);
    const end = () => {
      this.sockets.delete(socket);
      this.subscribers.delete(socket);
    };
    socket.setNoDelay(true);
    socket.on('error', end).on('close', end);
    socket.write(greeting());
    let rest = Buffer.alloc(0);
    let greeted = false;
    socket.on('data', (chunk) => {
      rest = Buffer.concat([rest, chunk]);
      if (!greeted && rest.length >= GREETING_BYTES) {
        greeted = true;
        rest = rest.subarray(GREETING_BYTES);
        socket.write(ready());
      }
      // Its READY, heartbeats and subscriptions are all short.
      while (greeted && rest.length >= 2 && rest.length >= 2 + rest[1]) {
        const [flags, length] = rest;
        if (!(flags & COMMAND) && rest[2] === 1) this.subscribers.add(socket);
        rest = rest.subarray(2 + length);
      }
    });
  }

  /** Somebody listens. */
  ready() {
    return until('a subscriber', () => this.subscribers.size > 0);
  }

  /** @param {string} topic @param {Buffer} body */
  send(topic, body) {
    const number = this.counters.get(topic) ?? 0;
    const counter = Buffer.alloc(4);
    counter.writeUInt32LE(number);
    this.counters.set(topic, (number + 1) >>> 0);
    const message = Buffer.concat([frame(MORE, Buffer.from(topic)), frame(MORE, body), frame(0, counter)]);
    for (const socket of this.subscribers) socket.write(message);
  }

  async close() {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => {
      this.server.close(resolve);
    });
  }
}
