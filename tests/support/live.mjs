/** A client of the live stream that keeps every frame. */
import WebSocket from 'ws';
import { until } from './wait.mjs';

export class LiveClient {
  /**
   * @param {string} url wss://127.0.0.1:8443/api/v1/ws
   * @param {import('ws').ClientOptions & {channels?: string[], since?: number}} [options]
   */
  static async open(url, { channels = ['market', 'node'], since, ...options } = {}) {
    const client = new LiveClient();
    /** @type {any[]} frames, parsed, with the time they came */
    client.frames = [];
    client.closed = null;
    client.socket = new WebSocket(url, 'gavel.v1', { perMessageDeflate: false, ...options });
    client.socket.on('message', (data) => {
      client.frames.push({ ...JSON.parse(data.toString()), at: performance.now() });
    });
    client.socket.on('close', (code) => {
      client.closed = code;
    });
    await new Promise((resolve, reject) => {
      client.socket.once('open', () => resolve(undefined));
      client.socket.once('error', reject);
    });
    client.socket.on('error', () => undefined);
    for (const ch of channels) client.say({ op: 'sub', ch, since });
    return client;
  }

  /** @param {unknown} op */
  say(op) {
    this.socket.send(JSON.stringify(op));
  }

  /** @param {string} what @param {(frame: any) => boolean} matches @param {number} [from] index of the first frame looked at */
  frame(what, matches, from = 0) {
    return until(what, () => this.frames.slice(from).find(matches), { everyMs: 2 });
  }

  close() {
    this.socket.terminate();
  }
}
