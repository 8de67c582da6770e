/**
 * A price ladder as a staircase: what has passed, where the price is now, what may come.
 */
import { el, svg } from '../lib/html.js';
import { integer } from '../lib/format.js';
import { t } from '../lib/i18n.js';
import { isEven, isOpen, isSecret, priceAt, rungsOf } from '../lib/lots.js';

const WIDTH = 320;
const HEIGHT = 96;
const PAD = { left: 6, right: 8, top: 10, bottom: 10 };

/** The step to point at: where the price stands, or where it was bought. */
function markedBlock(lot, now, started) {
  if (lot.status === 'sold') return lot.spend.rung;
  return started && isOpen(lot) ? now : null;
}

function describe(lot, height, started) {
  const ends = { from: integer(lot.start_price_sats), to: integer(lot.end_price_sats) };
  return started ? t('lot.chart', { ...ends, block: integer(height) }) : t('lot.chartAhead', ends);
}

/** What may be said about the lowest price of a secret ladder. @param {Listing} lot */
const reserveText = (lot) => t(lot.reserve?.reached ? 'lot.reserve.reached' : 'lot.reserve.hidden');

/**
 * @param {Pick<Listing, 'start_block'|'end_block'|'start_price_sats'|'end_price_sats'|'price_decrement'|'status'|'spend'>} lot
 * @param {number} height validated tip
 * @param {{height?: number}} [look] of the picture, where it has a width of 320
 * @returns {SVGElement}
 */
export function ladderChart(lot, height, { height: tall = HEIGHT } = {}) {
  const blocks = lot.end_block - lot.start_block + 1;
  const top = lot.start_price_sats;
  const span = Math.max(1, top - lot.end_price_sats);
  const x = (block) => PAD.left + ((block - lot.start_block) / blocks) * (WIDTH - PAD.left - PAD.right);
  const y = (price) => PAD.top + ((top - price) / span) * (tall - PAD.top - PAD.bottom);

  /* More steps than pixels help nobody: draw at most one step a pixel. */
  const stride = Math.max(1, Math.ceil(blocks / WIDTH));
  const stairs = (from, to) => {
    let path = `M${x(from).toFixed(1)} ${y(priceAt(lot, from)).toFixed(1)}`;
    for (let block = from; block < to; block += stride) {
      const next = Math.min(block + stride, to);
      path += `H${x(next).toFixed(1)}`;
      if (next < to) path += `V${y(priceAt(lot, next)).toFixed(1)}`;
    }
    return path;
  };

  const end = lot.end_block + 1;
  const now = Math.min(Math.max(height, lot.start_block), lot.end_block);
  const started = height >= lot.start_block;
  const even = isEven(lot);
  const chart = svg('svg', { viewBox: `0 0 ${WIDTH} ${tall}`, class: 'ladder', role: 'img', 'aria-label': describe(lot, height, started) });
  if (even && started && now > lot.start_block) {
    const drop = `V${y(priceAt(lot, now)).toFixed(1)}`;
    chart.append(svg('path', { class: 'ladder-past', d: stairs(lot.start_block, now) + drop }));
  }
  /* Of an uneven ladder only the steps that were told are drawn: a line between them would claim those between. */
  const known = rungsOf(lot);
  const told = () => known.map(({ block, price }) => `M${x(block).toFixed(1)} ${y(price).toFixed(1)}H${x(block + 1).toFixed(1)}`).join('');
  chart.append(svg('path', { class: 'ladder-ahead', d: even ? stairs(started ? now : lot.start_block, end) : told() }));
  const mark = known.find(({ block }) => block === markedBlock(lot, now, started));
  if (mark) {
    const at = { cx: (x(mark.block) + x(mark.block + 1)) / 2, cy: y(mark.price) };
    chart.append(
      svg('line', { class: 'ladder-now', x1: at.cx, x2: at.cx, y1: PAD.top - 6, y2: tall - 2 }),
      svg('circle', { class: 'ladder-dot', cx: at.cx, cy: at.cy, r: 4.5 }),
    );
  }
  return chart;
}

/**
 * The ladder of a lot with its two ends in words. Of a secret one there is nothing to draw: a line between two prices
 * would claim those between them.
 * @param {Listing} lot @param {number} height @param {{height?: number}} [look] as above
 */
export function ladder(lot, height, look) {
  const secret = isSecret(lot);
  return [
    secret ? null : ladderChart(lot, height, look),
    el('p', { class: 'range' },
      el('span', {}, t('lot.range', { price: lot.start_price_sats, block: lot.start_block })),
      el('span', {}, secret ? reserveText(lot) : t('lot.range', { price: lot.end_price_sats, block: lot.end_block }))),
    secret || isEven(lot) ? null : el('p', { class: 'soft small' }, t('lot.uneven')),
  ];
}
