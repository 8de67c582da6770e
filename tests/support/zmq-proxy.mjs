/**
 * Stands between the node's ZMQ publisher and gaveld, and loses the messages it is told to lose:
 * the way a slow reader or a full queue loses them. Speaks just enough ZMTP 3 to see where a
 * message ends; greeting, handshake and subscriptions pass through.
 */
import net from 'node:net';

const GREETING_BYTES = 64;
const FLAG_MORE = 1;
const FLAG_LONG = 2;
const FLAG_COMMAND = 4;

/** Cuts a publisher's stream into whole messages. */
class Splitter {
  constructor() {
    this.rest = Buffer.alloc(0);
    this.greetingLeft = GREETING_BYTES;
    this.parts = [];
  }

  /** @param {Buffer} chunk @returns {{bytes: Buffer, topic: string|null}[]} topic null: not a message */
  push(chunk) {
    this.rest = Buffer.concat([this.rest, chunk]);
    const done = [];
    if (this.greetingLeft > 0) {
      // Both sides send it in steps, each waiting for the other's: it must not be held back.
      const greeting = this.take(Math.min(this.greetingLeft, this.rest.length));
      this.greetingLeft -= greeting.length;
      done.push({ bytes: greeting, topic: null });
    }
    for (let frame = this.frame(); frame; frame = this.frame()) {
      if (frame.flags & FLAG_COMMAND) {
        done.push({ bytes: frame.bytes, topic: null });
        continue;
      }
      this.parts.push(frame);
      if (frame.flags & FLAG_MORE) continue;
      const topic = this.parts[0].body.toString('latin1');
      done.push({ bytes: Buffer.concat(this.parts.map((part) => part.bytes)), topic });
      this.parts = [];
    }
    return done;
  }

  frame() {
    const head = this.rest[0] & FLAG_LONG ? 9 : 2;
    if (this.rest.length < head) return null;
    const length = head === 9 ? Number(this.rest.readBigUInt64BE(1)) : this.rest[1];
    if (this.rest.length < head + length) return null;
    const bytes = this.take(head + length);
    return { flags: bytes[0], bytes, body: bytes.subarray(head) };
  }

  take(count) {
    const taken = this.rest.subarray(0, count);
    this.rest = this.rest.subarray(count);
    return taken;
  }
}

export class ZmqProxy {
  /** @param {number} publisherPort */
  static async start(publisherPort) {
    const proxy = new ZmqProxy();
    /** Which messages are lost. @type {(topic: string) => boolean} */
    proxy.loses = () => false;
    proxy.lost = 0;
    /** When each topic's last message passed, by performance.now(). @type {Map<string, number>} */
    proxy.passedAt = new Map();
    proxy.sockets = new Set();
    proxy.server = net.createServer((client) => proxy.connect(client, publisherPort));
    await new Promise((resolve) => {
      proxy.server.listen(0, '127.0.0.1', () => resolve(undefined));
    });
    const { port } = /** @type {net.AddressInfo} */ (proxy.server.address());
    proxy.url = `tcp://127.0.0.1:${port}`;
    return proxy;
  }

  /** @param {net.Socket} client @param {number} port */
  connect(client, port) {
    const publisher = net.connect(port, '127.0.0.1');
    const splitter = new Splitter();
    const end = () => {
      client.destroy();
      publisher.destroy();
    };
    for (const socket of [client, publisher]) {
      this.sockets.add(socket);
      socket.on('error', end).on('close', end);
    }
    client.pipe(publisher);
    publisher.on('data', (chunk) => {
      for (const { bytes, topic } of splitter.push(chunk)) {
        if (topic !== null && this.loses(topic)) {
          this.lost++;
        } else {
          if (topic !== null) this.passedAt.set(topic, performance.now());
          client.write(bytes);
        }
      }
    });
  }

  async close() {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => {
      this.server.close(resolve);
    });
  }
}
