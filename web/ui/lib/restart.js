/**
 * A restart of the box, seen through: it is over when the same address answers with a younger life.
 */
import { readHealth, restartBox } from './api.js';
import { restore } from './session.js';

const ASK_MS = 700;
const PATIENCE = 60;
const pause = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

async function cameBack(before) {
  for (let i = 0; i < PATIENCE; i++) {
    await pause(ASK_MS);
    try {
      const { uptime } = await readHealth();
      if (uptime < before + (i * ASK_MS) / 1000) return true;
    } catch {
      /* it is away: that is the point */
    }
  }
  return false;
}

/** @param {() => void} begun the box has agreed @returns {Promise<boolean>} false: it did not come back, or elsewhere */
export async function restartAndWait(begun) {
  const { uptime } = await readHealth();
  await restartBox();
  begun();
  if (!(await cameBack(uptime))) return false;
  await restore();
  return true;
}
