/**
 * A plot on Canvas 2D: axes, a tip, and being moved. What it shows is its subclass's. Drawn at most once a frame, and
 * only when something changed.
 */
import { colour, onColours } from '../lib/colours.js';
import { cents, integer, timeAt } from '../lib/format.js';
import { listen } from '../lib/gestures.js';
import { scale, ticks, timeTicks } from '../lib/scale.js';

const PAD = { left: 62, right: 12, top: 10, bottom: 26 };
const LABEL = { width: 84, height: 64 };
const TIP_EDGE_PX = 8;

/** @typedef {{t0: number, t1: number, p0: number, p1: number}} View seconds and USD at the borders */
/** @typedef {ReturnType<typeof scale>} Scale */

export class Plot {
  /**
   * @param {HTMLElement} frame holds a canvas, an element for the tip, and a button
   * @param {{spanLeast: number}} limits seconds that can be looked at most closely
   */
  constructor(frame, { spanLeast }) {
    this.canvas = frame.querySelector('canvas');
    this.tip = frame.querySelector('.tip');
    this.back = frame.querySelector('button');
    this.spanLeast = spanLeast;
    /** @type {View|null} when the reader has moved it */
    this.view = null;
    this.due = false;
    this.pointed = null;
    this.back.addEventListener('click', () => {
      this.reset();
      this.canvas.focus({ preventScroll: true });
    });
    new ResizeObserver(() => this.draw()).observe(this.canvas);
    onColours(() => this.draw());
    listen(this.canvas, {
      pan: (dx, dy) => this.pan(dx, dy),
      zoom: (x, y, factor) => this.zoom(x, y, factor),
      point: (x, y) => this.point({ x, y }),
      leave: () => this.point(null),
      reset: () => this.reset(),
    });
  }

  /* ---- the subclass's ---- */

  /** @returns {View} what to show when nobody has moved it */
  natural() {
    return { t0: 0, t1: 1, p0: 0, p1: 1 };
  }

  /** @returns {string|null} what stands in the place of prices while there are none; null: there are */
  lack() {
    return null;
  }

  /** @param {View} view that the reader asks for @returns {View} that is shown */
  bound(view) {
    return view;
  }

  /** @param {CanvasRenderingContext2D} _g clipped @param {Scale} _x @param {Scale} _y @param {number} _w */
  paintContent(_g, _x, _y, _w) {}

  /** @returns {{x: number, y: number, text: string}|null} what is nearest to a place */
  near(_place, _x, _y) {
    return null;
  }

  /* ---- drawing ---- */

  draw() {
    if (this.due) return;
    this.due = true;
    requestAnimationFrame(() => {
      this.due = false;
      this.paint();
      this.showTip();
    });
  }

  axes() {
    const { t0, t1, p0, p1 } = this.view ?? this.natural();
    const { clientWidth: w, clientHeight: h } = this.canvas;
    return { x: scale(t0, t1, PAD.left, w - PAD.right), y: scale(p0, p1, h - PAD.bottom, PAD.top), w, h };
  }

  paint() {
    const { x, y, w, h } = this.axes();
    if (w === 0) return;
    const g = this.context(w, h);
    const lack = this.lack();
    this.paintTimes(g, x, w, h);
    if (lack === null) this.paintPrices(g, y, w, h);
    else g.fillText(lack, w / 2, h / 2);
    g.save();
    g.beginPath();
    g.rect(PAD.left, PAD.top, w - PAD.left - PAD.right, h - PAD.top - PAD.bottom);
    g.clip();
    this.paintContent(g, x, y, w);
    g.restore();
  }

  context(w, h) {
    const ratio = window.devicePixelRatio || 1;
    const size = [Math.round(w * ratio), Math.round(h * ratio)];
    if (this.canvas.width !== size[0] || this.canvas.height !== size[1]) [this.canvas.width, this.canvas.height] = size;
    const g = this.canvas.getContext('2d');
    g.setTransform(ratio, 0, 0, ratio, 0, 0);
    g.clearRect(0, 0, w, h);
    g.font = '12px system-ui, sans-serif';
    g.lineWidth = 1;
    g.strokeStyle = colour('--line');
    g.fillStyle = colour('--soft');
    return g;
  }

  paintTimes(g, x, w, h) {
    g.textAlign = 'center';
    g.textBaseline = 'top';
    for (const { t, unit } of timeTicks(x.low, x.high, w / LABEL.width)) {
      const text = timeAt(t, unit);
      const half = g.measureText(text).width / 2;
      g.fillText(text, Math.min(w - half, Math.max(half, x.at(t))), h - PAD.bottom + 8);
    }
  }

  paintPrices(g, y, w, h) {
    const prices = ticks(y.low, y.high, h / LABEL.height);
    const price = y.high - y.low > prices.length ? integer : cents;
    g.textAlign = 'right';
    g.textBaseline = 'middle';
    g.beginPath();
    for (const p of prices) {
      const at = Math.round(y.at(p)) + 0.5;
      g.moveTo(PAD.left, at);
      g.lineTo(w - PAD.right, at);
      g.fillText(price(p), PAD.left - 8, at);
    }
    g.stroke();
  }

  /* ---- moving ---- */

  /** @param {View} view */
  move(view) {
    const bound = this.bound(view);
    if (bound.t1 - bound.t0 < this.spanLeast || bound.p1 <= bound.p0) return;
    this.view = bound;
    this.back.hidden = false;
    this.draw();
  }

  reset() {
    this.view = null;
    this.back.hidden = true;
    this.draw();
  }

  pan(dx, dy) {
    const { x, y } = this.axes();
    const t = x.value(0) - x.value(dx);
    const p = y.value(0) - y.value(dy);
    this.move({ t0: x.low + t, t1: x.high + t, p0: y.low + p, p1: y.high + p });
  }

  zoom(px, py, factor) {
    const { x, y } = this.axes();
    const t = x.value(px);
    const p = y.value(py);
    this.move({
      t0: t + (x.low - t) * factor,
      t1: t + (x.high - t) * factor,
      p0: p + (y.low - p) * factor,
      p1: p + (y.high - p) * factor,
    });
  }

  /* ---- the tip ---- */

  point(place) {
    this.pointed = place;
    this.draw();
  }

  /** After each painting: what lies under the pointer may have moved. */
  showTip() {
    const { x, y, w } = this.axes();
    const found = this.pointed && this.near(this.pointed, x, y);
    this.tip.hidden = !found;
    if (!found) return;
    this.tip.textContent = found.text;
    const half = this.tip.offsetWidth / 2 + TIP_EDGE_PX;
    this.tip.style.left = `${Math.min(w - half, Math.max(half, found.x))}px`;
    this.tip.style.top = `${found.y}px`;
    this.tip.classList.toggle('below', found.y < this.tip.offsetHeight + 2 * TIP_EDGE_PX);
    this.mark(found.x, found.y);
  }

  mark(px, py) {
    const g = this.canvas.getContext('2d');
    g.strokeStyle = colour('--ink');
    g.lineWidth = 1.5;
    g.beginPath();
    g.arc(px, py, 5, 0, 2 * Math.PI);
    g.stroke();
  }
}
