/**
 * Captured traffic of the original sequencer and solver, byte by byte. A box's clock can not be set back to
 * the day of the capture: every time in the lines is moved by the same number of seconds, nothing else.
 */
import { readFileSync } from 'node:fs';

/** When order 3 was created, in the capture. */
export const CAPTURED_S = 1795210487;

const FILE = new URL('../vectors/orders/captured.txt', import.meta.url);
const TIME = /\b17952\d{5}\b/g;

/** @type {{port: number, fromSequencer: boolean, text: string}[]} */
const LINES = readFileSync(FILE, 'utf8')
  .trimEnd()
  .split('\n')
  .map((row) => {
    const [, port, direction, text] = /** @type {string[]} */ (/^(\d{4}) (<-|->) (.*)$/.exec(row));
    return { port: Number(port), fromSequencer: direction === '<-', text: `${text}\n` };
  });

/**
 * The one captured line that contains `part`, as if order 3 had been created at `createdS`.
 * @param {string} part @param {number} createdS
 */
export function captured(part, createdS) {
  const found = LINES.filter(({ text }) => text.includes(part));
  if (found.length !== 1) throw new Error(`${found.length} captured lines with ${part}`);
  return moved(found[0].text, createdS);
}

/** What the sequencer says on its order port, in order. @param {number} createdS */
export const capturedFeed = (createdS) =>
  LINES.filter(({ fromSequencer }) => fromSequencer).map(({ text }) => moved(text, createdS));

/** @param {string} text @param {number} createdS */
const moved = (text, createdS) => text.replace(TIME, (time) => `${Number(time) + createdS - CAPTURED_S}`);
