/** Waiting without fixed sleeps: a probe is repeated until it answers. */

/** @param {number} ms @param {{unref?: boolean}} [options] unref: do not keep the process for it */
export const sleep = (ms, { unref = false } = {}) =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    if (unref) timer.unref();
  });

/**
 * Repeat a probe until it gives something truthy.
 * @template T
 * @param {string} what       named in the error when it never comes
 * @param {() => (T | Promise<T>)} probe  may throw while the thing is not there yet
 * @param {{timeoutMs?: number, everyMs?: number}} [options]
 * @returns {Promise<NonNullable<T>>}
 */
export async function until(what, probe, { timeoutMs = 15000, everyMs = 15 } = {}) {
  const deadline = Date.now() + timeoutMs;
  let last;
  for (;;) {
    try {
      const value = await probe();
      if (value) return value;
      last = value;
    } catch (error) {
      last = error;
    }
    if (Date.now() > deadline) {
      const seen = last instanceof Error ? last.message : JSON.stringify(last);
      throw new Error(`waited ${timeoutMs} ms for ${what}; last seen: ${seen}`);
    }
    await sleep(everyMs);
  }
}
