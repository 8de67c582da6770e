/** Floods of one box: connections that say nothing, handshakes that stop, bodies that drip. Each keeps its number up. */
import { Duplex } from 'node:stream';
import net from 'node:net';
import tls from 'node:tls';

const AGAIN_MS = 1000;
const DRIP_MS = 300;

/** The first bytes of a handshake. @returns {Promise<Buffer>} */
export function clientHello() {
  return new Promise((resolve) => {
    const wire = new Duplex({
      read: () => undefined,
      write: (bytes, _encoding, done) => {
        resolve(bytes);
        done();
      },
    });
    tls.connect({ socket: wire, host: '127.0.0.1' }).on('error', () => undefined);
  });
}

export class Flood {
  /**
   * @param {number} count @param {() => net.Socket} connect
   * @param {(socket: net.Socket) => void} [begin] once it is connected
   */
  constructor(count, connect, begin = () => undefined) {
    /** @type {Set<net.Socket>} */
    this.sockets = new Set();
    this.connect = connect;
    this.begin = begin;
    this.count = count;
    this.began = 0;
    for (let i = 0; i < count; i++) this.#add();
  }

  #add() {
    const socket = this.connect();
    this.sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once(socket instanceof tls.TLSSocket ? 'secureConnect' : 'connect', () => {
      this.began++;
      this.begin(socket);
    });
    socket.once('close', () => {
      this.sockets.delete(socket);
      if (!this.closed) setTimeout(() => !this.closed && this.#add(), AGAIN_MS).unref();
    });
    socket.resume();
  }

  close() {
    this.closed = true;
    for (const socket of this.sockets) socket.destroy();
  }
}

const to = (port) => net.connect(port, '127.0.0.1');

/** @param {number} count @param {number} port */
export const idleFlood = (count, port) => new Flood(count, () => to(port));

/** They have got the server's part and answer nothing. @param {number} count @param {number} port */
export async function halfOpenFlood(count, port) {
  const hello = await clientHello();
  return new Flood(
    count,
    () => to(port),
    (socket) => socket.write(hello),
  );
}

/** @param {number} count @param {number} port of HTTPS @param {string} ca */
export function dripFlood(count, port, ca) {
  const head =
    'POST /api/v1/session HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n' +
    'Content-Length: 4000\r\n\r\n{';
  const drip = (socket) => {
    socket.write(head);
    const timer = setInterval(() => socket.write(' '), DRIP_MS);
    socket.once('close', () => clearInterval(timer));
  };
  return new Flood(count, () => tls.connect({ host: '127.0.0.1', port, ca }), drip);
}
