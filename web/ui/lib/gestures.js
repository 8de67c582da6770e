/**
 * Moving something with mouse, wheel, fingers and keys. One finger moves sideways only, so that the page still
 * scrolls under it; two fingers zoom. The element needs `touch-action: pan-y`.
 */

const SLOP_PX = 5;
const KEY_PX = 40;
const KEY_ZOOM = 1.25;
const WHEEL_MAX = 100;
const WHEEL_POWER = 0.0022;

/**
 * @typedef {Object} Gestures pixels are of the element
 * @property {(dx: number, dy: number) => void} pan
 * @property {(x: number, y: number, factor: number) => void} zoom factor: of what is seen, above 1 is further away
 * @property {(x: number, y: number) => void} point hovered or tapped
 * @property {() => void} leave nothing is pointed at
 * @property {() => void} reset
 */

/** @param {HTMLElement} target @param {Gestures} on */
export function listen(target, on) {
  listenPointers(target, on);
  target.addEventListener('dblclick', on.reset);
  target.addEventListener('wheel', (e) => wheel(e, on), { passive: false });
  target.addEventListener('keydown', (e) => key(e, target, on));
}

function listenPointers(target, on) {
  /** @type {Map<number, {x: number, y: number}>} */
  const held = new Map();
  let moved = false;

  target.addEventListener('pointerdown', (e) => {
    if (e.button !== 0) return;
    target.setPointerCapture(e.pointerId);
    if (held.size === 0) moved = false;
    held.set(e.pointerId, { x: e.offsetX, y: e.offsetY });
  });
  target.addEventListener('pointermove', (e) => {
    const before = held.get(e.pointerId);
    if (!before) {
      on.point(e.offsetX, e.offsetY);
      return;
    }
    const after = { x: e.offsetX, y: e.offsetY };
    const dx = after.x - before.x;
    const dy = after.y - before.y;
    if (!moved && Math.hypot(dx, dy) < SLOP_PX) return;
    moved = true;
    on.leave();
    held.set(e.pointerId, after);
    const other = [...held].find(([id]) => id !== e.pointerId);
    if (other) pinch(before, after, other[1], on);
    else on.pan(dx, e.pointerType === 'touch' ? 0 : dy);
  });
  target.addEventListener('pointerup', (e) => {
    if (held.delete(e.pointerId) && !moved) on.point(e.offsetX, e.offsetY);
  });
  target.addEventListener('pointercancel', (e) => held.delete(e.pointerId));
  /* A finger always leaves when it is lifted: what it tapped stays pointed at. */
  target.addEventListener('pointerleave', (e) => {
    if (e.pointerType !== 'touch') on.leave();
  });
  target.addEventListener('blur', on.leave);
}

function pinch(before, after, other, on) {
  const apart = (a) => Math.hypot(a.x - other.x, a.y - other.y) || 1;
  on.pan((after.x - before.x) / 2, (after.y - before.y) / 2);
  on.zoom((after.x + other.x) / 2, (after.y + other.y) / 2, apart(before) / apart(after));
}

function wheel(e, on) {
  e.preventDefault();
  on.leave();
  if (Math.abs(e.deltaX) > Math.abs(e.deltaY)) on.pan(-e.deltaX, 0);
  else on.zoom(e.offsetX, e.offsetY, Math.exp(Math.max(-WHEEL_MAX, Math.min(WHEEL_MAX, e.deltaY)) * WHEEL_POWER));
}

const ARROWS = { ArrowLeft: [KEY_PX, 0], ArrowRight: [-KEY_PX, 0], ArrowUp: [0, KEY_PX], ArrowDown: [0, -KEY_PX] };

function key(e, target, on) {
  if (e.ctrlKey || e.metaKey || e.altKey) return;
  const { clientWidth: w, clientHeight: h } = target;
  const arrow = ARROWS[e.key];
  if (arrow) on.pan(arrow[0], arrow[1]);
  else if (e.key === '+' || e.key === '=') on.zoom(w / 2, h / 2, 1 / KEY_ZOOM);
  else if (e.key === '-') on.zoom(w / 2, h / 2, KEY_ZOOM);
  else if (e.key === 'Home' || e.key === '0' || e.key === 'Escape') on.reset();
  else return;
  e.preventDefault();
}
