/**
 * The points of the window, time against price, with the price now, its likely range, and the price of the blocks.
 */
import { colour } from '../lib/colours.js';
import { integer, timeAt, usdExact, when } from '../lib/format.js';
import { t } from '../lib/i18n.js';
import { Plot } from './plot.js';

const DOT_PX = 3;
const NEAR_PX = 16;
const SPAN_LEAST_S = 10;
const EMPTY_SPAN_S = 600;
/** Part of the time axis that stays free behind the newest moment. */
const AHEAD = 0.02;

/**
 * @typedef {Object} Picture
 * @property {{t: number, p: number}[]} points ascending in time, seconds and USD
 * @property {{height: number, time: number, price: number}[]} blocks ascending
 * @property {number|null} price
 * @property {{low: number, high: number}|null} band
 * @property {{low: number, high: number}|null} limits by the algorithm's axis rule
 * @property {number} now of the box's clock, seconds
 * @property {boolean} faded the price is not to be relied on
 */

export class Scatter extends Plot {
  /** @param {HTMLElement} frame */
  constructor(frame) {
    super(frame, { spanLeast: SPAN_LEAST_S });
    /** @type {Picture} */
    this.picture = { points: [], blocks: [], price: null, band: null, limits: null, now: Date.now() / 1000, faded: false };
  }

  /** @param {Picture} picture */
  show(picture) {
    this.picture = picture;
    this.draw();
  }

  natural() {
    const { points, price, limits, now } = this.picture;
    const last = Math.max(now, points.at(-1)?.t ?? 0);
    const first = points[0]?.t ?? last - EMPTY_SPAN_S;
    const span = Math.max(SPAN_LEAST_S, last - first);
    const middle = price ?? points[0]?.p ?? 1;
    return {
      t0: last - span * (1 + AHEAD),
      t1: last + span * AHEAD,
      p0: limits?.low ?? middle * 0.95,
      p1: limits?.high ?? middle * 1.05,
    };
  }

  lack() {
    const { points, price } = this.picture;
    return points.length === 0 && price === null ? t('oracle.chartEmpty') : null;
  }

  paintContent(g, x, y, w) {
    this.paintBand(g, y, w);
    this.paintPoints(g, x, y);
    this.paintBlocks(g, x, y);
    this.paintPrice(g, y, w);
  }

  paintPoints(g, x, y) {
    g.fillStyle = colour('--accent');
    g.globalAlpha = 0.5;
    for (const { t: time, p } of this.picture.points) {
      if (time < x.low || time > x.high || p <= y.low || p >= y.high) continue;
      g.fillRect(x.at(time) - DOT_PX / 2, y.at(p) - DOT_PX / 2, DOT_PX, DOT_PX);
    }
    g.globalAlpha = 1;
  }

  paintBand(g, y, w) {
    const { band } = this.picture;
    if (!band) return;
    const top = y.at(band.high);
    g.fillStyle = this.tone();
    g.globalAlpha = 0.14;
    g.fillRect(0, top, w, Math.max(1, y.at(band.low) - top));
    g.globalAlpha = 1;
  }

  paintPrice(g, y, w) {
    const { price, faded } = this.picture;
    if (price === null) return;
    g.strokeStyle = this.tone();
    g.lineWidth = 1.5;
    g.setLineDash(faded ? [6, 5] : []);
    g.beginPath();
    g.moveTo(0, y.at(price));
    g.lineTo(w, y.at(price));
    g.stroke();
    g.setLineDash([]);
  }

  /** A price stands from its block to the next one; the newest until now. */
  paintBlocks(g, x, y) {
    const { blocks, now } = this.picture;
    if (blocks.length === 0) return;
    g.strokeStyle = colour('--info');
    g.lineWidth = 2;
    g.beginPath();
    blocks.forEach(({ time, price }, i) => {
      const at = y.at(price);
      if (i === 0) g.moveTo(x.at(time), at);
      else g.lineTo(x.at(time), at);
      g.lineTo(x.at(Math.max(time, blocks[i + 1]?.time ?? now)), at);
    });
    g.stroke();
  }

  tone() {
    return colour(this.picture.faded ? '--soft' : '--good');
  }

  near(place, x, y) {
    let best = null;
    let distance = NEAR_PX;
    for (const point of this.picture.points) {
      const d = Math.hypot(x.at(point.t) - place.x, y.at(point.p) - place.y);
      if (d < distance) [best, distance] = [point, d];
    }
    if (best) return { x: x.at(best.t), y: y.at(best.p), text: t('oracle.tip.point', { price: usdExact(best.p), time: timeAt(best.t, 'second') }) };
    return this.nearBlocks(place, x, y);
  }

  nearBlocks(place, x, y) {
    const at = x.value(place.x);
    const block = this.picture.blocks.findLast(({ time }) => time <= at);
    if (!block || at > this.picture.now || Math.abs(y.at(block.price) - place.y) > NEAR_PX) return null;
    const text = t('oracle.tip.blocks', { price: usdExact(block.price), height: integer(block.height), time: when(block.time) });
    return { x: place.x, y: y.at(block.price), text };
  }
}
