/**
 * Axes: from values to pixels and back, and where to put round numbers.
 * @module
 */

/**
 * @param {number} low value at `from`
 * @param {number} high value at `to`
 * @param {number} from pixels
 * @param {number} to pixels
 */
export function scale(low, high, from, to) {
  const span = high - low || 1;
  return {
    low,
    high,
    at: (value) => from + ((value - low) / span) * (to - from),
    value: (pixel) => low + ((pixel - from) / (to - from)) * span,
  };
}

/** Round numbers 1, 2, 5 × 10ⁿ between low and high, about `count` of them. */
export function ticks(low, high, count) {
  const rough = (high - low) / Math.max(1, count);
  if (!(rough > 0)) return [];
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((n) => n * power).find((n) => n >= rough) ?? rough;
  const list = [];
  for (let v = Math.ceil(low / step) * step; v <= high; v += step) list.push(v);
  return list;
}

const TIME_STEPS_S = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600];

/** Round times between low and high (seconds), about `count` of them. */
export function timeTicks(low, high, count) {
  const rough = (high - low) / Math.max(1, count);
  const step = TIME_STEPS_S.find((n) => n >= rough) ?? 86400;
  const list = [];
  for (let t = Math.ceil(low / step) * step; t <= high; t += step) list.push(t);
  return list;
}
