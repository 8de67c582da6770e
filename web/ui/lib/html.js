/**
 * Builds DOM. Values become text, never markup, so hostile names are data.
 */

/** The listeners an element was made with, so that lib/morph.js can pass newer ones on. */
export const LISTENERS = Symbol('listeners');

/**
 * Make an element.
 * @param {string} tag
 * @param {Object<string, string|boolean|number|null|undefined|((event: any) => void)>} [attributes]
 *   `on…` takes a listener; null, undefined and false leave the attribute out.
 * @param {...(Node|string|number|null|undefined|Array)} children strings become text nodes, arrays are spread
 * @returns {HTMLElement}
 */
export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === 'function') {
      (node[LISTENERS] ??= {})[name] = value;
      node[name] = value;
    } else node.setAttribute(name, value === true ? '' : String(value));
  }
  for (const child of children.flat(3)) {
    if (child !== null && child !== undefined) node.append(child instanceof Node ? child : String(child));
  }
  return node;
}

/**
 * Make an SVG element.
 * @param {string} tag
 * @param {Object<string, string|number>} attributes
 * @param {...(Node|string)} children
 * @returns {SVGElement}
 */
export function svg(tag, attributes = {}, ...children) {
  const node = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, String(value));
  node.append(...children);
  return node;
}

/** Characters that reorder or hide text: removed from what strangers wrote. */
const HIDDEN = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/**
 * Text of a stranger, fit to be shown.
 * @param {string} text
 * @returns {string}
 */
export function clean(text) {
  return text.normalize('NFC').replace(HIDDEN, '').slice(0, 280);
}

let made = 0;

/** An id nobody else has, to tie a label or a hint to its element. @param {string} name */
export const freshId = (name) => `${name}-${++made}`;
