/**
 * A box that serves the page as it stands in web/ui, with made-up prices: every state can be had at once, and the
 * stream can be made fast, silent or absent. The real box is in oracle-page.test.mjs.
 */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { WebSocketServer } from 'ws';
import { ROOT } from './process.mjs';

const UI = join(ROOT, 'web/ui');
const TYPES = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
};
/** As web/server/reply.c sends it: what it forbids must fail here too. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
  "media-src 'self' blob:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; connect-src 'self'";
const GREETING_POINTS = 110;
const DAY_S = 86400;

/** Numbers that look random and are the same in every run. */
function lottery(seed) {
  let s = seed;
  const next = () => {
    s = (Math.imul(s, 1664525) + 1013904223) >>> 0;
    return s / 2 ** 32;
  };
  return { next, normal: () => Math.sqrt(-2 * Math.log(next() || 1e-9)) * Math.cos(2 * Math.PI * next()) };
}

/** Smooth noise from -1 to 1, the same at the same place. */
function wave(at, octave) {
  const value = (n) => (Math.abs(Math.sin(n * 127.1 + octave * 311.7) * 43758.5453) % 2) - 1;
  const n = Math.floor(at);
  const f = at - n;
  return value(n) + (value(n + 1) - value(n)) * f * f * (3 - 2 * f);
}

const cents = (v) => Math.round(v * 100) / 100;

export class PriceBox {
  /** @param {{price?: number, points?: number}} [options] */
  static async start({ price = 113600, points = 1200 } = {}) {
    const box = new PriceBox();
    box.price = price;
    box.random = lottery(7);
    const now = Math.floor(Date.now() / 1000);
    /** What is told beside the made-up price. @type {Record<string, any>} */
    box.says = { state: 'ok', state_since: now - 900, filled: 1, confidence: 0.93 };
    /** Members of "block"; null leaves it out, as a box without the block view does. */
    box.block = { state: 'ok', blocks: 144, progress: 1 };
    box.isOff = false;
    box.refusesSockets = false;
    box.isSilent = false;
    /** Holes of the history: from and to, seconds ago. */
    box.holes = [[5 * 3600, 3.5 * 3600]];
    box.daysKept = 40;
    box.connections = 0;
    box.points = Array.from({ length: points }, (_, i) => box.makePoint(now - (points - i) * 9));
    box.first = 0;
    await box.listen(0);
    box.timer = setInterval(() => box.tell(), 500);
    return box;
  }

  makePoint(t) {
    const { next, normal } = this.random;
    const wander = this.priceAt(t);
    const p = next() < 0.62 ? wander * (1 + 0.004 * normal()) : this.price * (0.94 + 0.12 * next());
    return { timestamp: t, price: cents(p) };
  }

  /** The market that all views of the box are made from. @param {number} t seconds */
  priceAt(t) {
    const days = (Date.now() / 1000 - t) / DAY_S;
    let v = 0;
    for (let i = 0, size = 0.1, at = days / 60; i < 16; i++, size *= 0.62, at *= 2.3)
      v += size * (wave(at, i) - wave(0, i));
    return this.price * (1 + v);
  }

  async listen(port) {
    this.server = createServer((request, response) => this.answer(request, response));
    this.sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });
    this.server.on('upgrade', (request, socket, head) => {
      this.connections++;
      if (this.refusesSockets) return void socket.destroy();
      this.sockets.handleUpgrade(request, socket, head, (client) => this.greet(client));
    });
    await new Promise((resolve) => this.server.listen(port, '127.0.0.1', () => resolve(undefined)));
    this.port = this.server.address().port;
    this.url = `http://127.0.0.1:${this.port}`;
  }

  /** Gone like a box without power. */
  async down() {
    for (const client of this.sockets.clients) client.terminate();
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(() => resolve(undefined)));
  }

  /** There again, with the same address. */
  up() {
    return this.listen(this.port);
  }

  async close() {
    clearInterval(this.timer);
    await this.down();
  }

  /* ---- stream ---- */

  spot() {
    return cents(this.price * 1.0007);
  }

  hasPrice() {
    return this.says.price !== null;
  }

  message(first, points) {
    const known = this.hasPrice()
      ? { price: this.price, spot: this.spot(), ...this.interval() }
      : { price: null };
    return JSON.stringify({
      ...known,
      block: this.block?.price ?? null,
      ...this.says,
      first,
      transactions: points,
      stats: { total_received: 34019, total_filtered: 26979, active_in_window: 7040, uptime_seconds: 7200 },
      timestamp: Math.floor(Date.now() / 1000),
    });
  }

  interval() {
    return { low: cents(this.spot() * 0.9965), high: cents(this.spot() * 1.0035) };
  }

  greet(client) {
    for (let i = 0; i === 0 || i < this.points.length; i += GREETING_POINTS)
      client.send(this.message(this.first + i, this.points.slice(i, i + GREETING_POINTS)));
  }

  /** One message to all, as every half second. @param {number} [count] of new points */
  tell(count = 1) {
    if (this.isSilent) return;
    const first = this.first + this.points.length;
    const fresh =
      this.hasPrice() && this.says.state === 'ok'
        ? Array.from({ length: count }, () => this.makePoint(Date.now() / 1000))
        : [];
    this.points.push(...fresh);
    const message = this.message(first, fresh);
    for (const client of this.sockets.clients) client.send(message);
  }

  /* ---- answers ---- */

  answer(request, response) {
    const { pathname, searchParams } = new URL(request.url, this.url);
    response.setHeader('Content-Security-Policy', POLICY);
    response.setHeader('Cache-Control', 'no-store');
    if (pathname === '/health') response.end('{"status":"ok"}');
    else if (pathname.startsWith('/api/v1/oracle')) this.answerOracle(response, pathname, searchParams);
    else this.answerFile(response, pathname === '/oracle' ? '/oracle.html' : pathname);
  }

  answerOracle(response, path, query) {
    const make = {
      '/api/v1/oracle': () => this.facts(),
      '/api/v1/oracle/history': () => this.history(Number(query.get('from')), Number(query.get('step'))),
      '/api/v1/oracle/blocks': () => ({ items: this.tips() }),
      '/api/v1/oracle/days': () => ({ items: this.days() }),
    }[path];
    response.statusCode = this.isOff || !make ? 404 : 200;
    const body = this.isOff ? { code: 'oracle.off', title: 'not found' } : make ? make() : {};
    response.setHeader('Content-Type', 'application/json');
    response.end(JSON.stringify(body));
  }

  answerFile(response, path) {
    try {
      const bytes = readFileSync(join(UI, normalize(path)));
      response.setHeader('Content-Type', TYPES[extname(path)]);
      response.end(bytes);
    } catch {
      response.statusCode = 404;
      response.end();
    }
  }

  facts() {
    const known = this.hasPrice();
    const now = Math.floor(Date.now() / 1000);
    const { low, high } = this.interval();
    const price = known ? this.price : null;
    return {
      source: 'own-node',
      price,
      spot: known ? this.spot() : null,
      interval: known ? { low, high, coverage: 0.9 } : null,
      chart: known ? { low: cents(this.price * 0.95), high: cents(this.price * 1.05) } : null,
      wide: price,
      age_s: known ? 1 : null,
      window: {
        seconds: 10800,
        counted: 7040,
        outputs: 13210,
        points: 9210,
        received: 34019,
        replaced: 12,
        evicted: 40,
      },
      price_hint: known
        ? { usd_per_btc: this.spot(), age_s: 1, time: now - 1, state: this.says.state }
        : null,
      ...this.says,
      ...(this.block && {
        block: {
          price: cents(this.price * 0.9962),
          height: 870123,
          of: 144,
          confidence: 0.9,
          time: now - 300,
          ...this.block,
        },
      }),
      server_time_ms: now * 1000,
    };
  }

  history(from, step) {
    const now = Math.floor(Date.now() / 1000);
    const samples = [];
    for (let t = from - (from % step); t <= now; t += step) {
      if (!this.holes.some(([start, end]) => t > now - start && t < now - end))
        samples.push([t, cents(this.priceAt(t)), 0.9]);
    }
    return { step, columns: ['time', 'price', 'confidence'], samples };
  }

  tips() {
    if (this.block?.price === null) return [];
    const now = Date.now() / 1000;
    const minutes = [181, 170, 166, 149, 138, 120, 117, 103, 88, 84, 66, 61, 47, 30, 22, 5];
    return minutes.map((ago, i) => ({
      height: 870108 + i,
      time: Math.floor(now - ago * 60),
      price: cents(this.price * (0.9935 + 0.0018 * (i / 10))),
    }));
  }

  days() {
    const today = Math.floor(Date.now() / 1000 / DAY_S);
    return Array.from({ length: this.daysKept }, (_, i) => today - this.daysKept + 1 + i)
      .filter((day) => this.daysKept < 20 || (today - day !== 9 && today - day !== 10))
      .map((day) => ({
        date: new Date(day * DAY_S * 1000).toISOString().slice(0, 10),
        price: cents(this.priceAt(day * DAY_S + DAY_S / 2)),
        low: cents(this.priceAt(day * DAY_S) * 0.95),
        high: cents(this.priceAt(day * DAY_S) * 1.05),
        deviation: 0.16,
        confidence: 0.97,
        outputs: 101900,
        blocks: day === today ? 61 : 140 + (day % 9),
        complete: day !== today,
      }));
  }
}
