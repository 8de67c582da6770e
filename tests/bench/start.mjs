/** (e) From start to the first HTTPS answer, and the size of the program. */
import { statSync } from 'node:fs';
import { Api } from '../support/api.mjs';
import { GAVELD } from '../support/gaveld.mjs';
import { World } from '../support/world.mjs';
import { quantile } from './report.mjs';

const STARTS = 11;
const MEGABYTE = 1024 * 1024;

/** @returns {Promise<import('./report.mjs').Row[]>} */
export async function benchStart() {
  const world = await World.start();
  try {
    const times = [];
    for (let i = 0; i < STARTS; i++) {
      await world.gaveld.halt();
      const from = performance.now();
      await world.gaveld.launch();
      const api = new Api(world.gaveld.httpsUrl, { ca: world.gaveld.ca });
      await api.get('/health');
      times.push(performance.now() - from);
      api.close();
    }
    return [
      {
        bench: 'e',
        what: `start to first HTTPS answer, median of ${STARTS}`,
        value: quantile(times, 0.5),
        unit: 'ms',
        goal: { at: 'most', value: 500 },
      },
      {
        bench: 'e',
        what: `start to first HTTPS answer, slowest of ${STARTS}`,
        value: Math.max(...times),
        unit: 'ms',
      },
      {
        bench: 'e',
        what: 'gaveld, stripped',
        value: statSync(GAVELD).size / MEGABYTE,
        unit: 'MB',
        goal: { at: 'most', value: 4 },
      },
    ];
  } finally {
    await world.close();
  }
}
