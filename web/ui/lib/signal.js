/**
 * A value that tells who asked when it changes: the session, the link to the box, the theme.
 */

/**
 * @template T
 * @param {T} first
 */
export function signal(first) {
  let value = first;
  const listeners = new Set();
  return {
    get: () => value,
    /** @param {T} next */
    set(next) {
      if (Object.is(next, value)) return;
      value = next;
      for (const listener of [...listeners]) listener(next);
    },
    /** @param {(value: T) => void} listener @param {AbortSignal} [until] */
    listen(listener, until) {
      if (until?.aborted) return;
      listeners.add(listener);
      until?.addEventListener('abort', () => listeners.delete(listener));
    },
  };
}
