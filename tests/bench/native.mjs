/** Benchmarks written in C, which print their rows as JSON. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { BUILD_DIR } from '../support/process.mjs';

const run = promisify(execFile);

/** @param {string} name of a program in the build @returns {Promise<any>} */
async function program(name) {
  const { stdout } = await run(join(BUILD_DIR, name));
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

/** The deadline heap and other inner parts, as they report themselves. @returns {Promise<import('./report.mjs').Row[]>} */
export async function benchHeap() {
  const result = await program('bench_heap');
  return Object.entries(result)
    .filter(([, value]) => typeof value === 'number')
    .map(([what, value]) => ({ bench: 'heap', what, value: Number(value), unit: '' }));
}
