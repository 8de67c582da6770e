/** (b) Rate and latency of the two hot routes beside a constant answer of the same server. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { BUILD_DIR } from '../support/process.mjs';
import { World } from '../support/world.mjs';
import { fillMarket } from './fill.mjs';
import { load } from './wrk.mjs';

const LISTINGS = 1000;
const RUNGS = 3;
const SECONDS = 5;
const HELLO_BYTES = 13;

/** @param {{seconds?: number}} [options] @returns {Promise<import('./report.mjs').Row[]>} */
export async function benchServe({ seconds = SECONDS } = {}) {
  const program = join(BUILD_DIR, 'gaveld_bench');
  if (!existsSync(program)) throw new Error(`${program} is missing: build the target gaveld_bench`);
  const world = await World.start({ program });
  try {
    const { ids } = await fillMarket(world, LISTINGS, RUNGS);
    const rows = [];
    for (const [scheme, base] of [
      ['HTTP', world.api.base],
      ['HTTPS', world.gaveld.httpsUrl],
    ]) {
      const routes = [
        ['current-psbt', `/api/auctions/${ids[0]}/current-psbt`],
        ['listings?status=active', '/api/listings?status=active'],
      ];
      const hello = await load(`${base}/bench/hello?bytes=${HELLO_BYTES}`, seconds);
      rows.push({
        bench: 'b',
        what: `${scheme} hello, ${HELLO_BYTES} bytes: rate`,
        value: hello.rate,
        unit: '/s',
      });
      for (const [name, path] of routes)
        rows.push(...(await compare(world, `${scheme} ${name}`, base, path, hello, seconds)));
    }
    return rows;
  } finally {
    await world.close();
  }
}

/** One route beside the small hello and beside one of its own size. */
async function compare(world, name, base, path, hello, seconds) {
  const bytes = Buffer.byteLength((await world.api.get(path)).text);
  const same = await load(`${base}/bench/hello?bytes=${bytes}`, seconds);
  const route = await load(`${base}${path}`, seconds);
  return [
    { bench: 'b', what: `${name}, ${bytes} bytes: rate`, value: route.rate, unit: '/s' },
    {
      bench: 'b',
      what: `${name} against the small hello`,
      value: route.rate / hello.rate,
      unit: 'x',
      goal: { at: 'least', value: 0.6 },
    },
    {
      bench: 'b',
      what: `${name} against a hello of its size`,
      value: route.rate / same.rate,
      unit: 'x',
      goal: { at: 'least', value: 0.6 },
    },
    { bench: 'b', what: `${name}: p99`, value: route.p99Ms, unit: 'ms', goal: { at: 'most', value: 5 } },
    { bench: 'b', what: `a hello of ${bytes} bytes: p99`, value: same.p99Ms, unit: 'ms' },
  ];
}
