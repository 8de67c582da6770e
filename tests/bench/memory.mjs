/** (c) Resident memory of gaveld, idle and with a full market and 100 live clients over TLS. */
import { LiveClient } from '../support/live.mjs';
import { sleep } from '../support/wait.mjs';
import { World } from '../support/world.mjs';
import { fillMarket } from './fill.mjs';

const LISTINGS = 1000;
const RUNGS = 144;
const CLIENTS = 100;
const SETTLE_MS = 3000;
export const MEGABYTE = 1024 * 1024;

/**
 * @param {{program?: string, settings?: Record<string, string>, uploads?: number, listings: number, rungs: number, clients: number}} load
 * @returns {Promise<{idle: number, full: number, alive: number}>} bytes resident, and clients that were served to the end
 */
export async function measureMemory({ program, settings, uploads, listings, rungs, clients: wanted }) {
  const world = await World.start({ program, settings });
  try {
    await sleep(SETTLE_MS);
    const idle = world.gaveld.residentBytes();
    await fillMarket(world, listings, rungs, uploads);
    const url = `wss://127.0.0.1:${world.gaveld.httpsPort}/api/v1/ws`;
    const clients = [];
    for (let i = 0; i < wanted; i++) clients.push(await LiveClient.open(url, { ca: world.gaveld.ca }));
    await world.mine(1);
    await sleep(SETTLE_MS);
    const full = world.gaveld.residentBytes();
    const alive = clients.filter((client) => client.closed === null).length;
    for (const client of clients) client.close();
    return { idle, full, alive };
  } finally {
    await world.close();
  }
}

/** @returns {Promise<import('./report.mjs').Row[]>} */
export async function benchMemory() {
  const { idle, full, alive } = await measureMemory({ listings: LISTINGS, rungs: RUNGS, clients: CLIENTS });
  return [
    { bench: 'c', what: 'resident, idle', value: idle / MEGABYTE, unit: 'MB', goal: { at: 'most', value: 12 } },
    {
      bench: 'c',
      what: `resident, ${LISTINGS} listings of ${RUNGS} PSBTs, ${alive} TLS WebSockets`,
      value: full / MEGABYTE,
      unit: 'MB',
      goal: { at: 'most', value: 32 },
    },
  ];
}
