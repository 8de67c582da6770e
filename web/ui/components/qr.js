/**
 * A QR code as a picture: dark on white in every theme, because cameras expect it.
 */
import { el, svg } from '../lib/html.js';
import { encodeQr } from '../lib/qr.js';

const QUIET = 4;

/** @param {string} text @param {'L'|'M'|'Q'|'H'} [level] @returns {SVGElement} */
function picture(text, label, level) {
  const { size, dark } = encodeQr(text, level);
  let path = '';
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const from = x;
      while (x < size && dark[y * size + x]) x++;
      if (x > from) path += `M${from + QUIET} ${y + QUIET}h${x - from}v1h${from - x}z`;
    }
  }
  const side = size + 2 * QUIET;
  return svg('svg', { viewBox: `0 0 ${side} ${side}`, role: 'img', 'aria-label': label, 'shape-rendering': 'crispEdges' },
    svg('rect', { width: side, height: side, fill: '#fff' }), svg('path', { d: path, fill: '#000' }));
}

/** @param {string} text @param {string} label what it leads to @param {{caption?: any, level?: 'L'|'M'|'Q'|'H'}} [more] */
export const qr = (text, label, { caption, level } = {}) =>
  el('figure', { class: 'qr' }, picture(text, label, level), caption ? el('figcaption', {}, caption) : null);
