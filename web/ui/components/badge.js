/**
 * A status in a word. Colour is never alone: the word says it.
 */
import { el } from '../lib/html.js';

/** @param {string} text @param {'good'|'wait'|'bad'|'info'|'accent'|''} [level] @param {{provisional?: boolean}} [look] */
export const badge = (text, level = '', { provisional = false } = {}) =>
  el('span', { class: `badge ${level}${provisional ? ' provisional' : ''}` }, text);

/** A dot whose shape differs by level as well, with its word. @param {'good'|'wait'|'bad'} level @param {string} text */
export const status = (level, text) =>
  el('span', { class: 'node' }, el('span', { class: `dot ${level}`, 'aria-hidden': 'true' }), el('span', {}, text));
