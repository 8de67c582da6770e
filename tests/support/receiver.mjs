/** A receiver of webhooks on loopback, http or https, that answers what it is told to and keeps what came. */
import { createHmac } from 'node:crypto';
import http from 'node:http';
import https from 'node:https';

export class Receiver {
  /** @param {{tls?: {key: string, cert: string}}} [options] */
  static async start({ tls } = {}) {
    const receiver = new Receiver();
    /** @type {{headers: http.IncomingHttpHeaders, body: string, at: number}[]} */
    receiver.got = [];
    /** Status of the next answers; 0: take the request and never answer. */
    receiver.status = 200;
    const serve = (request, response) => {
      const parts = [];
      request.on('data', (part) => parts.push(part));
      request.on('end', () => {
        const body = Buffer.concat(parts).toString('utf8');
        receiver.got.push({ headers: request.headers, body, at: Date.now() });
        if (receiver.status === 0) return;
        response.writeHead(receiver.status, receiver.status === 302 ? { Location: '/elsewhere' } : {});
        response.end('thanks');
      });
    };
    receiver.server = tls ? https.createServer(tls, serve) : http.createServer(serve);
    await new Promise((resolve) => receiver.server.listen(0, '127.0.0.1', () => resolve(undefined)));
    const { port } = /** @type {import('node:net').AddressInfo} */ (receiver.server.address());
    receiver.url = `${tls ? 'https' : 'http'}://127.0.0.1:${port}/hook`;
    return receiver;
  }

  /** Objects that came, in order. */
  get events() {
    return this.got.map(({ body }) => JSON.parse(body));
  }

  close() {
    this.server.closeAllConnections();
    return new Promise((resolve) => this.server.close(() => resolve(undefined)));
  }
}

/** What Gavel-Signature must be for this body. @param {string} secret @param {string} t @param {string} body */
export function signatureOf(secret, t, body) {
  return `t=${t},v1=${createHmac('sha256', secret).update(`${t}.${body}`).digest('hex')}`;
}
