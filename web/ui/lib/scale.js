/**
 * Axes: from values to pixels and back, and where to put round numbers and times.
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
  for (let i = Math.ceil(low / step); i * step <= high; i++) list.push(i * step);
  return list;
}

const DAY_S = 86400;
const STEPS_S = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200];
const STEPS_DAYS = [1, 2, 7, 14];
const STEPS_MONTHS = [1, 2, 3, 6, 12];

/**
 * Round times of the reader's clock between low and high (seconds), about `count` of them.
 * @returns {{t: number, unit: 'second'|'minute'|'day'|'month'}[]} unit: what tells neighbours apart
 */
export function timeTicks(low, high, count) {
  const rough = (high - low) / Math.max(1, count);
  const step = STEPS_S.find((s) => s >= rough);
  if (step) return clockTicks(low, high, step);
  const days = STEPS_DAYS.find((n) => n * DAY_S >= rough);
  if (days) return calendarTicks(low, high, 'day', (day, i) => day.setDate(day.getDate() + i * days));
  const months = STEPS_MONTHS.find((n) => n * 30 * DAY_S >= rough) ?? 12;
  return calendarTicks(low, high, 'month', (day, i) => day.setMonth(i * months, 1));
}

function clockTicks(low, high, step) {
  const offset = new Date(low * 1000).getTimezoneOffset() * 60;
  const unit = step < 60 ? 'second' : 'minute';
  const list = [];
  for (let t = Math.ceil((low - offset) / step) * step + offset; t <= high; t += step) {
    list.push({ t, unit });
  }
  return list;
}

/** Midnights: days and months differ in length, so the calendar counts. */
function calendarTicks(low, high, unit, move) {
  const list = [];
  for (let i = 0; ; i++) {
    const day = new Date(low * 1000);
    day.setHours(0, 0, 0, 0);
    move(day, i);
    const t = day.getTime() / 1000;
    if (t > high) return list;
    if (t >= low) list.push({ t, unit });
  }
}
