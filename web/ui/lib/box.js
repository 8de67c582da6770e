/**
 * What the box says by itself, shared by the whole page: one live stream, the node's state, the link's state.
 */
import { readNode } from './api.js';
import { setClockSkew } from './format.js';
import { askModules } from './modules.js';
import { signal } from './signal.js';

/** @type {ReturnType<typeof signal<NodeState|null>>} */
export const node = signal(null);
/** @type {ReturnType<typeof signal<'live'|'polling'|'offline'>>} */
export const link = signal('live');

/** @typedef {{frame?: (frame: any) => void, reload?: () => void}} Follower */
/** @type {Set<Follower>} */
const followers = new Set();
let started = false;
let changes = 0;
let nodeFrames = 0;
/** How often a listing has changed, by the stream. */
export const changesTold = () => changes;

/** The node's state; what the stream told while this was read is newer than the answer. @param {AbortSignal} [until] */
export async function askNode(until) {
  const before = nodeFrames;
  const read = await readNode(until);
  return nodeFrames === before ? read : node.get();
}

async function readNodeQuietly() {
  try {
    node.set(await askNode());
  } catch {
    /* the link's state says it */
  }
}

function reload() {
  readNodeQuietly();
  askModules();
  for (const follower of [...followers]) follower.reload?.();
}

/**
 * Hear a channel until the page is left. It has a stream of its own: the box closes one of the signed-in when the
 * session ends, a busy one may fall behind, and the public one goes on.
 * @param {'logs'|'box'|'orders'} ch @param {(data: any) => void} told @param {AbortSignal} until
 */
export async function overhear(ch, told, until) {
  const { openChannels } = await import('./live.js');
  if (until.aborted) return;
  openChannels([ch], { frame: (frame) => { if (frame.ch === ch) told(frame.data); }, state: () => undefined }, until);
}

/** Open the stream, once: the header tells of the node on every page. Nothing that is drawn first waits for it. */
export function openStream() {
  if (started) return;
  started = true;
  import('./live.js').then(({ openChannels }) => openChannels(['market', 'node'], {
    frame: (frame) => {
      if (frame.type === 'time') setClockSkew(frame.data.server_time_ms - Date.now());
      else if (frame.ch === 'node') { nodeFrames += 1; node.set(frame.data); }
      else if (frame.type === 'snapshot') reload();
      if (frame.type === 'listing') changes += 1;
      for (const each of [...followers]) each.frame?.(frame);
    },
    state: (state) => link.set(state),
  }));
}

/**
 * Hear frames until the page is left. Those that come while it reads wait for the answer, which may be older than they.
 * @param {Follower} follower `reload`: frames may have been missed, read everything again
 * @param {import('../app.js').Page} page
 */
export function follow({ frame, reload }, page) {
  const follower = { frame: (told) => page.settled.then(() => { if (!page.left.aborted) frame(told); }), reload };
  followers.add(follower);
  page.left.addEventListener('abort', () => followers.delete(follower));
  if (page.changes !== changes) reload?.();
  openStream();
}
