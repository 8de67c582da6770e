/**
 * (b) Rate and latency of the two hot routes beside a constant answer of the same server.
 *
 * Route and baselines take turns in short rounds, and each ratio is the median over the rounds, so
 * that a neighbour on the machine disturbs both alike. A list of a thousand listings is a megabyte:
 * its baseline is a constant answer of a megabyte; the small one is shown beside it without a goal.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { BUILD_DIR } from '../support/process.mjs';
import { World } from '../support/world.mjs';
import { fillMarket } from './fill.mjs';
import { quantile } from './report.mjs';
import { load } from './wrk.mjs';

const LISTINGS = 1000;
const RUNGS = 3;
const ROUNDS = 5;
const SECONDS = 2;
const HELLO_BYTES = 13;

/** @param {number[]} values */
const median = (values) => quantile(values, 0.5);

/** @returns {Promise<import('./report.mjs').Row[]>} */
export async function benchServe() {
  const program = join(BUILD_DIR, 'gaveld_bench');
  if (!existsSync(program)) throw new Error(`${program} is missing: build the target gaveld_bench`);
  const world = await World.start({ program });
  try {
    const { ids } = await fillMarket(world, LISTINGS, RUNGS);
    const routes = [
      { name: 'current-psbt', path: `/api/auctions/${ids[0]}/current-psbt`, isSmall: true },
      { name: 'listings?status=active', path: '/api/listings?status=active', isSmall: false },
    ];
    const bases = [
      ['HTTP', world.api.base],
      ['HTTPS', world.gaveld.httpsUrl],
    ];
    const rows = [];
    for (const [scheme, base] of bases) {
      for (const route of routes) {
        const { text } = await world.api.get(route.path);
        const bytes = Buffer.byteLength(text);
        const rounds = await measure(base, route.path, bytes);
        rows.push(...describe(`${scheme} ${route.name}`, bytes, rounds, route.isSmall));
      }
    }
    return rows;
  } finally {
    await world.close();
  }
}

/**
 * @param {string} base @param {string} path @param {number} bytes of the route's answer
 * @returns {Promise<{small: import('./wrk.mjs').Load, same: import('./wrk.mjs').Load, route: import('./wrk.mjs').Load}[]>}
 */
async function measure(base, path, bytes) {
  const rounds = [];
  for (let i = 0; i < ROUNDS; i++) {
    rounds.push({
      small: await load(`${base}/bench/hello?bytes=${HELLO_BYTES}`, SECONDS),
      same: await load(`${base}/bench/hello?bytes=${bytes}`, SECONDS),
      route: await load(`${base}${path}`, SECONDS),
    });
  }
  return rounds;
}

/** @returns {import('./report.mjs').Row[]} */
function describe(name, bytes, rounds, isSmall) {
  const ratioGoal = { at: /** @type {const} */ ('least'), value: 0.6 };
  const rate = (kind) => median(rounds.map((round) => round[kind].rate));
  const ratio = (kind) => median(rounds.map((round) => round.route.rate / round[kind].rate));
  const p99 = (kind) => median(rounds.map((round) => round[kind].p99Ms));
  return [
    { bench: 'b', what: `${name}, ${bytes} bytes: rate`, value: rate('route'), unit: '/s' },
    { bench: 'b', what: `  hello of ${HELLO_BYTES} bytes: rate`, value: rate('small'), unit: '/s' },
    { bench: 'b', what: `  hello of ${bytes} bytes: rate`, value: rate('same'), unit: '/s' },
    {
      bench: 'b',
      what: '  against the small hello',
      value: ratio('small'),
      unit: 'x',
      goal: isSmall ? ratioGoal : undefined,
    },
    { bench: 'b', what: '  against the hello of its size', value: ratio('same'), unit: 'x', goal: ratioGoal },
    { bench: 'b', what: '  p99', value: p99('route'), unit: 'ms', goal: { at: 'most', value: 5 } },
    { bench: 'b', what: '  p99 of the hello of its size', value: p99('same'), unit: 'ms' },
  ];
}
