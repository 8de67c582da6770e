/** Benchmarks written in C, which print their rows as JSON. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { BUILD_DIR, ROOT } from '../support/process.mjs';

const run = promisify(execFile);

/** Only of the block of today: the transactions of the other are three times as long, and their hashing
 * alone takes longer than that. @type {Record<string, import('./report.mjs').Row['goal']>} */
const READ_GOALS = { 866342: { at: 'least', value: 500000 } };
const ESTIMATE_GOALS_MS = { 'w3h-113600': 3, 'w24h-113600': 12 };

/** @param {string} name of a program in the build @returns {Promise<any>} */
async function program(name) {
  const { stdout } = await run(join(BUILD_DIR, name), { cwd: ROOT });
  return JSON.parse(stdout);
}

/** (a) Checking a ladder against bare signature verification. @returns {Promise<import('./report.mjs').Row[]>} */
export async function benchPsbt() {
  const result = await program('bench_psbt');
  return [
    {
      bench: 'a',
      what: '144-PSBT P2WPKH ladder against 144 bare verifications',
      value: result.ratio,
      unit: 'x',
      goal: { at: 'most', value: 1.5 },
    },
  ];
}

const MILLISECOND_US = 1000;
const MEGABYTE = 1e6;

/** The price's arithmetic. @returns {Promise<import('./report.mjs').Row[]>} */
export async function benchOracle() {
  /** @type {any[]} */
  const results = await program('bench_oracle');
  const named = (name) => results.filter((result) => result.name === name);
  const [fill] = named('oracle_fill');
  const [update] = named('oracle_update');
  const [memory] = named('oracle_memory');
  const reading = named('oracle_read').flatMap((block) => [
    {
      bench: 'oracle a',
      what: `block ${block.block}: parse, filter, txid`,
      value: block.tx_per_s,
      unit: 'tx/s',
      goal: READ_GOALS[block.block],
    },
    {
      bench: 'oracle a',
      what: `block ${block.block}: its double-SHA256 alone`,
      value: block.hashes_per_s,
      unit: 'tx/s',
    },
    {
      bench: 'oracle a',
      what: `block ${block.block}: everything but hashing, over hashing`,
      value: block.rest_over_sha256d,
      unit: 'x',
      goal: { at: /** @type {const} */ ('most'), value: 0.25 },
    },
  ]);
  const estimating = named('oracle_estimate').flatMap((estimate) => [
    {
      bench: 'oracle b',
      what: `estimate of ${estimate.case}, ${estimate.outputs} outputs in disorder`,
      value: estimate.cold_us / MILLISECOND_US,
      unit: 'ms',
      goal: { at: /** @type {const} */ ('most'), value: ESTIMATE_GOALS_MS[estimate.case] },
    },
    {
      bench: 'oracle b',
      what: `estimate of ${estimate.case}, kept in order`,
      value: estimate.warm_us / MILLISECOND_US,
      unit: 'ms',
    },
    {
      bench: 'oracle b',
      what: `estimate of ${estimate.case} as it is written down, the same price`,
      value: estimate.naive_us / MILLISECOND_US,
      unit: 'ms',
    },
  ]);
  return [
    ...reading,
    ...estimating,
    {
      bench: 'oracle b',
      what: `filling ${fill.transactions} in random order of time, against in order`,
      value: fill.shuffled_us / fill.in_order_us,
      unit: 'x',
      goal: { at: 'most', value: 3 },
    },
    {
      bench: 'oracle b',
      what: `one more of ${update.transactions}, ${update.estimates_per_s} estimates a second included`,
      value: update.amortised_us,
      unit: 'us',
      goal: { at: 'most', value: 300 },
    },
    {
      bench: 'oracle d',
      what: `window of ${memory.transactions} transactions`,
      value: memory.bytes / MEGABYTE,
      unit: 'MB',
      goal: { at: 'most', value: 6 },
    },
  ];
}

/** The deadline heap and other inner parts, as they report themselves. @returns {Promise<import('./report.mjs').Row[]>} */
export async function benchHeap() {
  const result = await program('bench_heap');
  return Object.entries(result)
    .filter(([, value]) => typeof value === 'number')
    .map(([what, value]) => ({ bench: 'heap', what, value: Number(value), unit: '' }));
}
