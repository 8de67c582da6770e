/**
 * Which of the box's modules are on that need not be: the header leads only to those.
 */
import { get } from './http.js';
import { signal } from './signal.js';

/** Whether order auctions are on. */
export const orders = signal(false);

/** Ask the box; a module changes with a restart only. */
export async function askModules() {
  try {
    orders.set((await get('/api/v1/orders/status')).on);
  } catch {
    /* the link's state says it */
  }
}

/** @param {string} [module] of a row of the navigation; nothing: always on */
export const isOn = (module) => module !== 'orders' || orders.get();
