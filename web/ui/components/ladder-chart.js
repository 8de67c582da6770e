/**
 * A listing's price ladder as a staircase: what has passed, where the price is now, what may come.
 * @module
 */
import { svg } from '../lib/html.js';
import { integer } from '../lib/format.js';

const WIDTH = 320;
const HEIGHT = 96;
const PAD = { left: 6, right: 8, top: 10, bottom: 10 };

/** Price of the ladder at a block, from its public numbers. The last rung is the end price. */
function priceAt(listing, block) {
  if (block >= listing.end_block) return listing.end_price_sats;
  const falling = listing.start_price_sats - listing.price_decrement * (block - listing.start_block);
  return Math.max(falling, listing.end_price_sats);
}

/**
 * @param {import('../lib/api.js').Listing} listing
 * @param {number} height validated tip
 * @returns {SVGElement}
 */
export function ladderChart(listing, height) {
  const blocks = listing.end_block - listing.start_block + 1;
  const top = listing.start_price_sats;
  const span = Math.max(1, top - listing.end_price_sats);
  const x = (block) => PAD.left + ((block - listing.start_block) / blocks) * (WIDTH - PAD.left - PAD.right);
  const y = (price) => PAD.top + ((top - price) / span) * (HEIGHT - PAD.top - PAD.bottom);

  /* More steps than pixels help nobody: draw at most one step a pixel. */
  const stride = Math.max(1, Math.ceil(blocks / WIDTH));
  const stairs = (from, to) => {
    let path = `M${x(from).toFixed(1)} ${y(priceAt(listing, from)).toFixed(1)}`;
    for (let block = from; block < to; block += stride) {
      const next = Math.min(block + stride, to);
      path += `H${x(next).toFixed(1)}`;
      if (next < to) path += `V${y(priceAt(listing, next)).toFixed(1)}`;
    }
    return path;
  };

  const end = listing.end_block + 1;
  const now = Math.min(Math.max(height, listing.start_block), listing.end_block);
  const started = height >= listing.start_block;
  const label = started
    ? `Price ladder from ${integer(top)} to ${integer(listing.end_price_sats)} satoshi, now at block ${height}`
    : `Price ladder from ${integer(top)} to ${integer(listing.end_price_sats)} satoshi, not started`;
  const chart = svg('svg', { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: 'ladder', role: 'img', 'aria-label': label });
  if (started && now > listing.start_block) {
    const drop = `V${y(priceAt(listing, now)).toFixed(1)}`;
    chart.append(svg('path', { class: 'ladder-past', d: stairs(listing.start_block, now) + drop }));
  }
  chart.append(svg('path', { class: 'ladder-ahead', d: stairs(started ? now : listing.start_block, end) }));
  const mark = markedBlock(listing, now, started);
  if (mark !== null) {
    const at = { cx: (x(mark) + x(mark + 1)) / 2, cy: y(priceAt(listing, mark)) };
    chart.append(
      svg('line', { class: 'ladder-now', x1: at.cx, x2: at.cx, y1: PAD.top - 6, y2: HEIGHT - 2 }),
      svg('circle', { class: 'ladder-dot', cx: at.cx, cy: at.cy, r: 4.5 }),
    );
  }
  return chart;
}

/** The step to point at: where the price stands, or where it was bought. */
function markedBlock(listing, now, started) {
  if (listing.status === 'sold') return listing.spend.rung;
  return started && (listing.status === 'active' || listing.status === 'finished') ? now : null;
}
