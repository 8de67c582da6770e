/**
 * Scatter plot on Canvas 2D: time against price, with the price line and its interval as a band.
 * Drawn at most once a frame, and only when something changed. Drag, wheel, pinch and arrow keys move it.
 * @module
 */
import { scale, ticks, timeTicks } from '../lib/scale.js';

const PAD = { left: 64, right: 14, top: 12, bottom: 26 };
const DOT = 3;
const NEAR_PX = 14;
const SPAN_MIN_S = 10;

const dollars = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const clock = new Intl.DateTimeFormat([], { hour: '2-digit', minute: '2-digit', second: '2-digit' });

export class Scatter {
  /**
   * @param {HTMLCanvasElement} canvas
   * @param {{hover: (point: {t: number, p: number}|null, x: number, y: number) => void, moved: (moved: boolean) => void}} on
   */
  constructor(canvas, on) {
    this.canvas = canvas;
    this.on = on;
    this.points = [];
    this.price = null;
    this.band = null;
    this.limits = null;
    this.view = null; /* {t0, t1, p0, p1} when the reader has moved it */
    this.pointers = new Map();
    this.due = false;
    new ResizeObserver(() => this.draw()).observe(canvas);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.draw());
    this.listen();
  }

  /**
   * @param {{t: number, p: number}[]} points ascending in time, seconds and USD
   * @param {number|null} price
   * @param {{low: number, high: number}|null} band
   * @param {{low: number, high: number}|null} limits the axis rule of the algorithm
   */
  show(points, price, band, limits) {
    Object.assign(this, { points, price, band, limits });
    this.draw();
  }

  reset() {
    this.view = null;
    this.on.moved(false);
    this.draw();
  }

  draw() {
    if (this.due) return;
    this.due = true;
    requestAnimationFrame(() => {
      this.due = false;
      this.paint();
    });
  }

  /** What to show when the reader has not moved it. */
  natural() {
    const now = Date.now() / 1000;
    const first = this.points.length ? this.points[0].t : now - 600;
    const last = this.points.length ? this.points[this.points.length - 1].t : now;
    const pad = Math.max(SPAN_MIN_S, last - first) * 0.02;
    const middle = this.price ?? (this.points.length ? this.points[0].p : 100000);
    const { low, high } = this.limits ?? { low: middle * 0.95, high: middle * 1.05 };
    return { t0: first - pad, t1: Math.max(last, first + SPAN_MIN_S) + pad, p0: low, p1: high };
  }

  axes() {
    const { t0, t1, p0, p1 } = this.view ?? this.natural();
    const { clientWidth: w, clientHeight: h } = this.canvas;
    return { x: scale(t0, t1, PAD.left, w - PAD.right), y: scale(p0, p1, h - PAD.bottom, PAD.top), w, h };
  }

  paint() {
    const { x, y, w, h } = this.axes();
    const ratio = window.devicePixelRatio || 1;
    if (this.canvas.width !== Math.round(w * ratio) || this.canvas.height !== Math.round(h * ratio)) {
      this.canvas.width = Math.round(w * ratio);
      this.canvas.height = Math.round(h * ratio);
    }
    const style = getComputedStyle(this.canvas);
    const colour = (name) => style.getPropertyValue(name).trim();
    const g = this.canvas.getContext('2d');
    g.setTransform(ratio, 0, 0, ratio, 0, 0);
    g.clearRect(0, 0, w, h);
    this.paintAxes(g, x, y, w, h, colour);
    g.save();
    g.beginPath();
    g.rect(PAD.left, PAD.top, w - PAD.left - PAD.right, h - PAD.top - PAD.bottom);
    g.clip();
    this.paintBand(g, y, w, colour);
    g.fillStyle = colour('--accent');
    g.globalAlpha = 0.55;
    for (const { t, p } of this.points) {
      if (t < x.low || t > x.high || p < y.low || p > y.high) continue;
      g.fillRect(x.at(t) - DOT / 2, y.at(p) - DOT / 2, DOT, DOT);
    }
    g.restore();
  }

  paintAxes(g, x, y, w, h, colour) {
    g.font = '12px system-ui, sans-serif';
    g.lineWidth = 1;
    g.strokeStyle = colour('--line');
    g.fillStyle = colour('--soft');
    g.textAlign = 'right';
    g.textBaseline = 'middle';
    for (const p of ticks(y.low, y.high, h / 60)) {
      const at = Math.round(y.at(p)) + 0.5;
      g.beginPath();
      g.moveTo(PAD.left, at);
      g.lineTo(w - PAD.right, at);
      g.stroke();
      g.fillText(dollars.format(p), PAD.left - 8, at);
    }
    g.textAlign = 'center';
    g.textBaseline = 'top';
    for (const t of timeTicks(x.low, x.high, w / 130)) {
      g.fillText(clock.format(t * 1000).slice(0, x.high - x.low > 600 ? 5 : 8), x.at(t), h - PAD.bottom + 8);
    }
  }

  paintBand(g, y, w, colour) {
    const width = w - PAD.left - PAD.right;
    if (this.band) {
      g.fillStyle = colour('--good');
      g.globalAlpha = 0.12;
      g.fillRect(PAD.left, y.at(this.band.high), width, Math.max(1, y.at(this.band.low) - y.at(this.band.high)));
      g.globalAlpha = 1;
    }
    if (this.price !== null) {
      g.strokeStyle = colour('--good');
      g.lineWidth = 1.5;
      g.beginPath();
      g.moveTo(PAD.left, y.at(this.price));
      g.lineTo(w - PAD.right, y.at(this.price));
      g.stroke();
    }
  }

  /* ---- moving ---- */

  listen() {
    const c = this.canvas;
    c.addEventListener('pointerdown', (e) => {
      c.setPointerCapture(e.pointerId);
      this.pointers.set(e.pointerId, e);
    });
    c.addEventListener('pointermove', (e) => (this.pointers.has(e.pointerId) ? this.drag(e) : this.hover(e)));
    for (const end of ['pointerup', 'pointercancel']) {
      c.addEventListener(end, (e) => this.pointers.delete(e.pointerId));
    }
    c.addEventListener('pointerleave', () => this.on.hover(null, 0, 0));
    c.addEventListener('dblclick', () => this.reset());
    c.addEventListener('wheel', (e) => {
      e.preventDefault();
      this.zoom(e.offsetX, e.offsetY, e.deltaY > 0 ? 1.2 : 1 / 1.2);
    }, { passive: false });
    c.addEventListener('keydown', (e) => this.key(e));
  }

  move(view) {
    if (view.t1 - view.t0 < SPAN_MIN_S || view.p1 <= view.p0) return;
    this.view = view;
    this.on.moved(true);
    this.draw();
  }

  shift(dx, dy) {
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

  drag(e) {
    const before = this.pointers.get(e.pointerId);
    const others = [...this.pointers.values()].filter((o) => o.pointerId !== e.pointerId);
    this.pointers.set(e.pointerId, e);
    if (others.length === 0) {
      this.shift(e.offsetX - before.offsetX, e.offsetY - before.offsetY);
      return;
    }
    const [o] = others;
    const apart = (a) => Math.hypot(a.offsetX - o.offsetX, a.offsetY - o.offsetY) || 1;
    this.zoom((e.offsetX + o.offsetX) / 2, (e.offsetY + o.offsetY) / 2, apart(before) / apart(e));
  }

  key(e) {
    const step = { ArrowLeft: [40, 0], ArrowRight: [-40, 0], ArrowUp: [0, 40], ArrowDown: [0, -40] }[e.key];
    const { w, h } = this.axes();
    if (step) this.shift(...step);
    else if (e.key === '+') this.zoom(w / 2, h / 2, 1 / 1.2);
    else if (e.key === '-') this.zoom(w / 2, h / 2, 1.2);
    else if (e.key === 'Home' || e.key === 'Escape') this.reset();
    else return;
    e.preventDefault();
  }

  hover(e) {
    const { x, y } = this.axes();
    let best = null;
    let distance = NEAR_PX;
    for (const point of this.points) {
      const d = Math.hypot(x.at(point.t) - e.offsetX, y.at(point.p) - e.offsetY);
      if (d < distance) [best, distance] = [point, d];
    }
    this.on.hover(best, best ? x.at(best.t) : 0, best ? y.at(best.p) : 0);
  }
}
