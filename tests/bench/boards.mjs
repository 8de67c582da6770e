/** Resident memory of gaveld as it is built for the smaller boards, every module on, with as much to hold as each takes. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { ROOT } from '../support/process.mjs';
import { MEGABYTE, measureMemory } from './memory.mjs';

/** Nearly all that board/sizes allows. */
const BOARDS = {
  zero2w: { budget: 24, listings: 150, rungs: 30, clients: 22 },
  rpi3: { budget: 48, listings: 700, rungs: 144, clients: 60 },
};

/** @param {string} board @returns {string} gaveld built for it, to run on this machine */
function build(board) {
  const folder = join(ROOT, 'build/board', board);
  const quiet = { cwd: ROOT, stdio: /** @type {const} */ (['ignore', 'ignore', 'inherit']) };
  execFileSync('cmake', ['--preset', 'host', '-B', folder, `-DGAVEL_BOARD=${board}`], quiet);
  execFileSync('cmake', ['--build', folder, '--target', 'gaveld'], quiet);
  return join(folder, 'gaveld');
}

/** @returns {Promise<import('./report.mjs').Row[]>} */
export async function benchBoards() {
  const rows = [];
  for (const [board, { budget, ...load }] of Object.entries(BOARDS)) {
    const modules = { 'orders.enabled': 'on', 'oracle.enabled': 'on' };
    const { idle, full, alive } = await measureMemory({ program: build(board), settings: modules, uploads: 1, ...load });
    const goal = { at: /** @type {const} */ ('most'), value: budget };
    rows.push(
      { bench: board, what: 'resident, idle, every module on', value: idle / MEGABYTE, unit: 'MB', goal },
      {
        bench: board,
        what: `resident, ${load.listings} listings of ${load.rungs} PSBTs, ${alive} of ${load.clients} TLS WebSockets`,
        value: full / MEGABYTE,
        unit: 'MB',
        goal,
      },
    );
  }
  return rows;
}
