/**
 * Benchmarks, each beside its baseline in the same run.
 *
 *   node tests/bench/bench.mjs [NAME...] [--json]
 *
 * Names: psbt serve memory boards latency start heap oracle price page view orders live; all of them when none is given. Ends with 1 when a
 * goal was missed.
 */
import { parseArgs } from 'node:util';
import { benchBoards } from './boards.mjs';
import { benchFirstView } from './first-view.mjs';
import { benchLatency } from './latency.mjs';
import { benchLive } from './live.mjs';
import { benchMemory } from './memory.mjs';
import { benchHeap, benchOracle, benchPsbt } from './native.mjs';
import { benchOrders } from './orders.mjs';
import { benchPage } from './page.mjs';
import { benchPrice } from './price.mjs';
import { isMet, table } from './report.mjs';
import { benchServe } from './serve.mjs';
import { benchStart } from './start.mjs';

/** @type {Record<string, () => Promise<import('./report.mjs').Row[]>>} */
const BENCHES = {
  psbt: benchPsbt,
  serve: benchServe,
  memory: benchMemory,
  boards: benchBoards,
  latency: benchLatency,
  start: benchStart,
  heap: benchHeap,
  oracle: benchOracle,
  price: benchPrice,
  page: () => benchPage(),
  view: () => benchFirstView(),
  orders: benchOrders,
  live: benchLive,
};

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { json: { type: 'boolean', default: false } },
  });
  const names = positionals.length ? positionals : Object.keys(BENCHES);
  const unknown = names.find((name) => !(name in BENCHES));
  if (unknown) {
    process.stderr.write(`no bench is called ${unknown}; there are: ${Object.keys(BENCHES).join(' ')}\n`);
    return 64;
  }
  const rows = [];
  for (const name of names) {
    process.stderr.write(`${name} ...\n`);
    rows.push(...(await BENCHES[name]()));
  }
  process.stdout.write(values.json ? `${JSON.stringify(rows, null, 2)}\n` : `${table(rows)}\n`);
  return rows.every(isMet) ? 0 : 1;
}

process.exitCode = await main();
