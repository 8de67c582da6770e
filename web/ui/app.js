/**
 * Entry point: holds the state, hears from the box, draws.
 * @module
 */
import { listListings, readNode } from './lib/api.js';
import { openLive } from './lib/live.js';
import { render } from './views/market.js';

const state = {
  listings: /** @type {Map<number, import('./lib/api.js').Listing>|null} */ (null),
  node: /** @type {import('./lib/api.js').NodeState|null} */ (null),
  link: /** @type {'live'|'polling'|'offline'} */ ('live'),
  error: /** @type {string|null} */ (null),
  filter: 'open',
};

let drawDue = false;

/** Many frames may come with one block: draw once. */
function draw() {
  if (drawDue) return;
  drawDue = true;
  setTimeout(() => {
    drawDue = false;
    render(state, (id) => {
      state.filter = id;
      draw();
    });
  }, 50);
}

async function reload() {
  try {
    const [list, node] = await Promise.all([listListings(), readNode()]);
    state.listings = new Map(list.items.map((listing) => [listing.id, listing]));
    state.node = node;
    state.error = null;
  } catch (error) {
    state.error = `The box does not answer (${error.message}). Trying again.`;
  }
  draw();
}

/** Frames: {"v":1,"ch":"dutch","seq":7,"type":"listing","ts":"…","data":{…}}. @param {{type: string, data: any}} frame */
function apply(frame) {
  if (frame.type === 'listing' && state.listings) state.listings.set(frame.data.id, frame.data);
  else if (frame.type === 'node') state.node = frame.data;
  else if (frame.type === 'resync') reload();
  else return;
  draw();
}

/* The box says the time every 10 s, so a longer silence is a lost connection. */
openLive({ path: '/api/v1/ws', protocol: 'gavel.v1', silenceMs: 45000 }, {
  frame: apply,
  reload,
  state: (link) => {
    state.link = link;
    draw();
  },
});
setInterval(draw, 15000); /* "3 min ago" grows old */
draw();
