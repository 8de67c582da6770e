/**
 * A price over time as a line, with its holes left open: what the box does not know is not drawn.
 */
import { colour } from '../lib/colours.js';
import { percent, timeAt, usdExact } from '../lib/format.js';
import { t } from '../lib/i18n.js';
import { Plot } from './plot.js';

/** Steps without a price that are still one line: a clock that ticks unevenly leaves out one. */
const BRIDGED_STEPS = 2;
const MARGIN = 0.12;
const FLAT = 0.002;
const POINTS_LEAST = 5;

/**
 * @typedef {Object} Series
 * @property {{t: number, p: number, c: number, text?: string}[]} samples ascending; c: confidence
 * @property {number} step seconds between samples
 * @property {number} from seconds
 * @property {number} to seconds
 */

/** Runs of samples that belong together. @param {Series} series */
export function runsOf({ samples, step }) {
  const runs = [];
  for (const sample of samples) {
    const run = runs.at(-1);
    if (run && sample.t - run.at(-1).t <= step * BRIDGED_STEPS) run.push(sample);
    else runs.push([sample]);
  }
  return runs;
}

/** What lies between the runs. @param {Series} series @returns {{from: number, to: number}[]} */
export function holesOf(series, runs) {
  const holes = [];
  let from = series.from;
  for (const run of runs) {
    if (run[0].t - from > series.step * BRIDGED_STEPS) holes.push({ from, to: run[0].t });
    from = run.at(-1).t;
  }
  if (series.to - from > series.step * BRIDGED_STEPS) holes.push({ from, to: series.to });
  return holes;
}

export class HistoryChart extends Plot {
  /** @param {HTMLElement} frame */
  constructor(frame) {
    super(frame, { spanLeast: 0 });
    this.show({ samples: [], step: 1, from: 0, to: 1 });
  }

  /** @param {Series} series */
  show(series) {
    this.series = series;
    this.runs = runsOf(series);
    this.holes = holesOf(series, this.runs);
    this.spanLeast = series.step * POINTS_LEAST;
    if (this.view) this.view = this.bound(this.view);
    this.draw();
  }

  natural() {
    return this.fit(this.series.from, this.series.to);
  }

  lack() {
    return this.series.samples.length === 0 ? '' : null;
  }

  /** The price axis follows what is seen; the time stays within the series. */
  bound({ t0, t1 }) {
    const { from, to } = this.series;
    const span = Math.min(t1 - t0, to - from);
    const start = Math.min(Math.max(t0, from), to - span);
    return this.fit(start, start + span);
  }

  fit(t0, t1) {
    let low = Infinity;
    let high = -Infinity;
    for (const { t: time, p } of this.series.samples) {
      if (time < t0 || time > t1) continue;
      low = Math.min(low, p);
      high = Math.max(high, p);
    }
    if (low > high) [low, high] = this.view ? [this.view.p0, this.view.p1] : [0, 1];
    const margin = Math.max((high - low) * MARGIN, high * FLAT);
    return { t0, t1, p0: low - margin, p1: high + margin };
  }

  paintContent(g, x, y, w) {
    this.paintHoles(g, x);
    g.strokeStyle = colour('--good');
    g.fillStyle = colour('--good');
    g.lineWidth = 1.75;
    g.lineJoin = 'round';
    for (const run of this.runs) {
      if (run.at(-1).t < x.low || run[0].t > x.high) continue;
      if (run.length === 1) g.fillRect(x.at(run[0].t) - 1.5, y.at(run[0].p) - 1.5, 3, 3);
      else this.paintRun(g, x, y, w, run);
    }
  }

  /** Where samples are denser than pixels, each pixel shows their lowest and highest. */
  paintRun(g, x, y, w, run) {
    g.beginPath();
    let column = NaN;
    let low = 0;
    let high = 0;
    let last = 0;
    const end = () => {
      if (low === high) return;
      g.lineTo(column, low);
      g.lineTo(column, high);
      g.lineTo(column, last);
    };
    for (const { t: time, p } of run) {
      const at = Math.round(x.at(time) * 2) / 2;
      last = y.at(p);
      if (at < -w || at > 2 * w) continue;
      if (at === column) {
        low = Math.min(low, last);
        high = Math.max(high, last);
        continue;
      }
      end();
      column = at;
      low = last;
      high = last;
      g.lineTo(at, last);
    }
    end();
    g.stroke();
  }

  paintHoles(g, x) {
    const { canvas } = this;
    g.fillStyle = colour('--sunk');
    for (const { from, to } of this.holes) {
      const left = x.at(from);
      g.fillRect(left, 0, Math.max(1, x.at(to) - left), canvas.clientHeight);
    }
  }

  near(place, x, y) {
    const at = x.value(place.x);
    const { samples } = this.series;
    const hole = this.holes.find(({ from, to }) => at > from && at < to);
    if (hole) {
      const text = t('oracle.tip.hole', { from: timeAt(hole.from, 'hour'), to: timeAt(hole.to, 'hour') });
      return { x: place.x, y: place.y, text };
    }
    let [low, high] = [0, samples.length - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (samples[middle].t < at) low = middle + 1;
      else high = middle;
    }
    const before = samples[low - 1];
    const sample = before && samples[low] && at - before.t < samples[low].t - at ? before : samples[low];
    if (!sample) return null;
    const time = sample.text ?? timeAt(sample.t, 'hour');
    return { x: x.at(sample.t), y: y.at(sample.p), text: t('oracle.tip.sample', { price: usdExact(sample.p), time, share: percent(sample.c) }) };
  }
}
