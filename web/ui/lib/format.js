/**
 * Numbers and times as people read them. Satoshi are integers; quantities are strings of base units.
 * @module
 */

const whole = new Intl.NumberFormat('en');

/** @param {number} n */
export const integer = (n) => whole.format(n);

/** @param {number} sats @returns {string} "0.00123456 BTC" */
export function btc(sats) {
  return `${(Math.floor(sats / 1e8))}.${String(sats % 1e8).padStart(8, '0')} BTC`;
}

/**
 * Exact decimal text of a quantity.
 * @param {string} base base units
 * @param {boolean} divisible
 */
export function quantity(base, divisible) {
  const n = BigInt(base);
  if (!divisible) return n.toLocaleString('en');
  const rest = String(n % 100000000n).padStart(8, '0').replace(/0+$/, '');
  return (n / 100000000n).toLocaleString('en') + (rest ? `.${rest}` : '');
}

/** @param {string} text @param {number} keep characters kept at each end */
export const shorten = (text, keep = 6) =>
  text.length <= 2 * keep + 1 ? text : `${text.slice(0, keep)}…${text.slice(-keep)}`;

/** @param {number} n @param {string} one */
export const count = (n, one) => `${integer(n)} ${one}${n === 1 ? '' : 's'}`;

/** @param {string} iso @returns {string} "3 min ago" */
export function ago(iso) {
  const s = Math.max(0, Math.round((Date.now() - Date.parse(iso)) / 1000));
  if (s < 60) return `${s} s ago`;
  if (s < 3600) return `${Math.round(s / 60)} min ago`;
  if (s < 172800) return `${Math.round(s / 3600)} h ago`;
  return `${Math.round(s / 86400)} days ago`;
}
