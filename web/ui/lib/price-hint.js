/**
 * The dollar hint that pages show beside satoshi, asked for while somebody looks. A hint is for reading: nothing that a
 * page sends to the box is made from it.
 */
import { readOracle } from './api-oracle.js';
import { signal } from './signal.js';

const ASK_MS = 10000;
/** A hint that could not be renewed for so long says so. */
const OLD_S = 120;

/** @typedef {{usd: number, state: string, ageS: number}} Hint dollars for a bitcoin */

const known = signal(/** @type {{usd: number, state: string, ageS: number, at: number}|null} */ (null));
let followers = 0;

/** @returns {Hint|null} null: there is no price */
export function priceHintNow() {
  const hint = known.get();
  if (!hint) return null;
  const ageS = hint.ageS + (performance.now() - hint.at) / 1000;
  return { usd: hint.usd, ageS, state: hint.state === 'ok' && ageS > OLD_S ? 'stale' : hint.state };
}

async function ask() {
  if (document.hidden || followers === 0) return;
  try {
    const { price_hint: hint } = await readOracle();
    known.set(hint && { usd: hint.usd_per_btc, state: hint.state, ageS: hint.age_s, at: performance.now() });
  } catch (problem) {
    if (problem.code === 'oracle.off') known.set(null); /* else the box is away: the hint grows old */
  }
}

/**
 * Keep the hint fresh until the page is left.
 * @param {() => void} draw called when it is another one
 * @param {AbortSignal} until
 */
export function followPriceHint(draw, until) {
  known.listen(draw, until);
  followers += 1;
  const timer = setInterval(ask, ASK_MS);
  until.addEventListener('abort', () => {
    followers -= 1;
    clearInterval(timer);
  });
  ask();
}
