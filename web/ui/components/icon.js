/**
 * One of the signs in /icons.svg. It is decoration: the words beside it carry the meaning.
 */
import { svg } from '../lib/html.js';

/** @param {string} name id in icons.svg @returns {SVGElement} */
export const icon = (name) =>
  svg('svg', { class: 'icon', viewBox: '0 0 24 24', 'aria-hidden': 'true' }, svg('use', { href: `/icons.svg#${name}` }));
