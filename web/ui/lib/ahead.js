/**
 * Asks for the files of a page at once, as soon as its address is known: what a page needs is written in routes.js, so
 * nothing waits until one file has been read that names the next.
 */
import { loadStrings } from './i18n.js';

const styles = new Map();
const modules = new Set();

/** @param {'modulepreload'|'stylesheet'} rel @param {string} href @param {Object<string, any>} [more] */
function link(rel, href, more) {
  document.head.append(Object.assign(document.createElement('link'), { rel, href, ...more }));
}

function style(href) {
  if (!styles.has(href)) {
    styles.set(href, new Promise((resolve) => { link('stylesheet', href, { onload: resolve, onerror: resolve }); }));
  }
  return styles.get(href);
}

/**
 * @param {{strings: string[], styles?: string[], modules?: string}} row of routes.js
 * @returns {Promise<any>} words and styles are there
 */
export function askAhead(row) {
  for (const file of row.modules?.split(' ') ?? []) {
    if (!modules.has(file)) link('modulepreload', `/${file}.js`);
    modules.add(file);
  }
  return Promise.all([loadStrings(...row.strings), ...(row.styles ?? []).map(style)]);
}
