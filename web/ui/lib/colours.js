/**
 * The style sheet's colours for canvases, and whether the reader wants motion.
 */

const root = document.documentElement;
const motion = matchMedia('(prefers-reduced-motion: reduce)');
const known = new Map();
const listeners = new Set();

function forget() {
  known.clear();
  for (const listener of listeners) listener();
}

for (const query of ['(prefers-color-scheme: dark)', '(prefers-contrast: more)']) {
  matchMedia(query).addEventListener('change', forget);
}
/* A theme that the reader chose is an attribute of the root. */
new MutationObserver(forget).observe(root, { attributes: true });

/** Value of a custom property such as "--accent". Reading a style is slow, so each is read once. @param {string} name */
export function colour(name) {
  if (!known.has(name)) known.set(name, getComputedStyle(root).getPropertyValue(name).trim());
  return known.get(name);
}

/** @param {() => void} listener called when colours may be others */
export const onColours = (listener) => listeners.add(listener);

/** The reader wants nothing to move by itself. */
export const isStill = () => motion.matches;
