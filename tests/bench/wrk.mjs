/** Load from wrk, over kept connections, and what it measured. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);
const CONNECTIONS = 4;
const UNIT_MS = { us: 0.001, ms: 1, s: 1000 };

/** @typedef {{rate: number, p50Ms: number, p99Ms: number}} Load answers a second, and how long they took */

/** @param {string} text wrk's "1.23ms" */
function milliseconds(text) {
  const [, value, unit] = /^([\d.]+)(us|ms|s)$/.exec(text);
  return Number(value) * UNIT_MS[unit];
}

/**
 * @param {string} url @param {number} seconds
 * @returns {Promise<Load>} fails when one answer is not 2xx
 */
export async function load(url, seconds) {
  const args = ['--latency', '-t', '1', '-c', String(CONNECTIONS), '-d', `${seconds}s`, url];
  const { stdout } = await run('wrk', args, { env: { ...process.env, LC_ALL: 'C' } });
  const failed = /Non-2xx.*|Socket errors.*/.exec(stdout);
  if (failed) throw new Error(`${url}: ${failed[0]}`);
  const at = (percent) => milliseconds(new RegExp(`^ +${percent}% +(\\S+)$`, 'm').exec(stdout)[1]);
  return { rate: Number(/Requests\/sec: +([\d.]+)/.exec(stdout)[1]), p50Ms: at(50), p99Ms: at(99) };
}
