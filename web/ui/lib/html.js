/**
 * Builds DOM from template literals. Values become text, never markup, so hostile names are data.
 * @module
 */

/**
 * Make an element.
 * @param {string} tag
 * @param {Object<string, string|boolean|number|null|undefined|((event: Event) => void)>} [attributes]
 *   `on…` takes a listener; null, undefined and false leave the attribute out.
 * @param {...(Node|string|number|null|undefined)} children strings become text nodes
 * @returns {HTMLElement}
 */
export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === 'function') node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? '' : String(value));
  }
  for (const child of children) {
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
const HIDDEN = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g;

/**
 * Text of a stranger, fit to be shown.
 * @param {string} text
 * @returns {string}
 */
export function clean(text) {
  return text.normalize('NFC').replace(HIDDEN, '').slice(0, 280);
}
