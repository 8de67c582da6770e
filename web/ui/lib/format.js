/**
 * Numbers and times as people read them. Satoshi are integers; quantities are strings of base units.
 */
import { currentLanguage, t, written } from './i18n.js';

const made = new Map();

/** One formatter of dates for each language and purpose: making them is what costs. */
function dates(options) {
  const key = `${currentLanguage()}${JSON.stringify(options)}`;
  if (!made.has(key)) made.set(key, new Intl.DateTimeFormat(currentLanguage(), options));
  return made.get(key);
}

/** @param {number|bigint} n */
export const integer = (n) => written(n);

/** @param {number} ratio 0..1 @param {number} [digits] */
export const percent = (ratio, digits = 0) => t('unit.percent', { value: written(Number((ratio * 100).toFixed(digits))) });

/** @param {number} dollars @param {number} [digits] */
export const usd = (dollars, digits = 0) => t('unit.usd', { value: written(dollars, digits) });

/** What stands before the decimals. */
const point = () => written(0.5)[1];

/** @param {number} sats @returns {string} "0.00123456 BTC" */
export function btc(sats) {
  return `${integer(Math.floor(sats / 1e8))}${point()}${String(sats % 1e8).padStart(8, '0')} BTC`;
}

/**
 * Exact decimal text of a quantity.
 * @param {string} base base units
 * @param {boolean} divisible
 */
export function quantity(base, divisible) {
  const n = BigInt(base);
  if (!divisible) return integer(n);
  const rest = String(n % 100000000n).padStart(8, '0').replace(/0+$/, '');
  return integer(n / 100000000n) + (rest ? point() + rest : '');
}

const BYTE_UNITS = ['', 'kB', 'MB', 'GB', 'TB'];

/** @param {number} n @returns {string} "12.4 MB" */
export function bytes(n) {
  const power = n < 1000 ? 0 : Math.min(4, Math.floor(Math.log10(n) / 3));
  const value = n / 1000 ** power;
  if (power === 0) return t('unit.bytes', { n });
  return `${written(Number(value.toFixed(value < 10 ? 1 : 0)))} ${BYTE_UNITS[power]}`;
}

/** @param {string} text @param {number} keep characters kept at each end */
export const shorten = (text, keep = 6) =>
  text.length <= 2 * keep + 1 ? text : `${text.slice(0, keep)}…${text.slice(-keep)}`;

/** @param {number} n @param {string} one */
export const count = (n, one) => `${integer(n)} ${one}${n === 1 ? '' : 's'}`;

/** The largest unit a span of seconds is told in. @param {number} s @returns {[number, string]} */
function span(s) {
  if (s < 60) return [Math.round(s), 'second'];
  if (s < 3600) return [Math.round(s / 60), 'minute'];
  if (s < 172800) return [Math.round(s / 3600), 'hour'];
  return [Math.round(s / 86400), 'day'];
}

/** @param {number} seconds @returns {string} "3 min" */
export function duration(seconds) {
  const [value, unit] = span(Math.max(0, seconds));
  return t(`unit.${unit}`, { n: value });
}

/** @param {number} seconds @returns {string} "14:05", for what counts down */
export const minutes = (seconds) => `${integer(Math.floor(seconds / 60))}:${String(seconds % 60).padStart(2, '0')}`;

/** Time of the box minus time of this browser, in ms. */
let skewMs = 0;
/** @param {number} ms measured from an answer that says the box's time */
export const setClockSkew = (ms) => { skewMs = ms; };
/** @returns {number} what the box's clock shows, in ms */
export const boxNow = () => Date.now() + skewMs;

/**
 * How long ago something was. A block's time may lie a little ahead: that is now, too.
 * @param {string} iso
 * @returns {string} "3 min. ago", "now"
 */
export function ago(iso) {
  const [value, unit] = span(Math.max(0, (boxNow() - Date.parse(iso)) / 1000));
  return value === 0 ? t('ago.now') : t(`ago.${unit}`, { n: value });
}

/** @param {string} iso @returns {string} date and time to the minute */
export const moment = (iso) =>
  dates({ dateStyle: 'medium', timeStyle: 'short' }).format(new Date(iso));

/** @param {string} iso @returns {string} */
export const day = (iso) => dates({ dateStyle: 'medium' }).format(new Date(iso));

/* ---- the price of bitcoin ---- */

/** @param {number} ratio @returns {string} "-0.41%", "+1.20%" */
export function signedPercent(ratio) {
  const value = Number((ratio * 100).toFixed(2)) || 0; /* no "-0.00%" */
  return t('unit.percent', { value: (value > 0 ? '+' : '') + written(value, 2) });
}

/** @param {number} v @returns {string} "113,600.50" */
export const cents = (v) => written(v, 2);

/** @param {number} v @returns {string} "113,600.50 USD" */
export const usdExact = (v) => `${cents(v)} USD`;

/** Whole dollars, with cents where they count. @param {number} v @returns {string} "$113,600" */
export const usdShort = (v) => usd(v, v < 1000 ? 2 : 0);

const CLOCK = {
  hour: { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' },
  day: { day: 'numeric', month: 'short' },
  month: { month: 'short', year: 'numeric' },
};

/**
 * A time as exact as it is meant, by the reader's clock.
 * @param {number} s seconds since 1970
 * @param {'second'|'minute'|'hour'|'day'|'month'} unit
 * @returns {string} "14:03:12", "14:03", "20 Nov, 14:00", "20 Nov", "Nov 2026"
 */
export function timeAt(s, unit) {
  if (unit in CLOCK) return dates(CLOCK[unit]).format(s * 1000);
  const time = new Date(s * 1000);
  const parts = [time.getHours(), time.getMinutes(), ...(unit === 'second' ? [time.getSeconds()] : [])];
  return parts.map((part) => String(part).padStart(2, '0')).join(':');
}

/** @param {number} s seconds since 1970 @returns {string} "14:03" today, with its day before that */
export const when = (s) => timeAt(s, new Date(s * 1000).toDateString() === new Date(boxNow()).toDateString() ? 'minute' : 'hour');
