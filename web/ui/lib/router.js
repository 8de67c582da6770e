/**
 * From the address to a row of routes.js, by the History API: links are ordinary links.
 */

/**
 * @param {{path: string}[]} rows
 * @param {string} path "/lots/7"
 * @returns {{row: any, params: Object<string, string>}|null}
 */
export function match(rows, path) {
  const segments = path.replace(/(.)\/$/, '$1').split('/');
  for (const row of rows) {
    const wanted = row.path.split('/');
    if (wanted.length !== segments.length) continue;
    const params = {};
    const fits = wanted.every((part, i) => {
      if (!part.startsWith('{')) return part === segments[i];
      params[part.slice(1, -1)] = segments[i];
      return segments[i] !== '';
    });
    if (fits) return { row, params };
  }
  return null;
}

let show = () => {};
let at = '';

/** @param {'start'|'link'|'back'} why */
function go(why) {
  at = location.pathname + location.search;
  show(new URL(location.href), why);
}

/**
 * @param {(url: URL, why: 'start'|'link'|'back') => void} shows
 * @param {(path: string) => boolean} ours whether a path is a page of this shell
 */
export function startRouter(shows, ours) {
  show = shows;
  document.addEventListener('click', (event) => {
    const link = event.target instanceof Element ? event.target.closest('a[href]') : null;
    if (!link || event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    if (link.target || link.hasAttribute('download')) return;
    const url = new URL(link.href);
    if (url.origin !== location.origin || !ours(url.pathname)) return;
    if (url.hash && url.pathname === location.pathname && url.search === location.search) return;
    event.preventDefault();
    navigate(url.pathname + url.search);
  });
  addEventListener('popstate', () => {
    if (location.pathname + location.search !== at) go('back'); /* else a place within the page, as the skip link's */
  });
  go('start');
}

/** @param {string} to path with query @param {{replace?: boolean}} [how] */
export function navigate(to, { replace = false } = {}) {
  history[replace ? 'replaceState' : 'pushState'](null, '', to);
  go('link');
}

/** Change the query alone, as filters do: the address can be shared, the page stays. @param {Object<string, string|null>} changes */
export function setQuery(changes) {
  const url = new URL(location.href);
  for (const [name, value] of Object.entries(changes)) {
    if (value === null || value === '') url.searchParams.delete(name);
    else url.searchParams.set(name, value);
  }
  history.replaceState(null, '', url);
  at = url.pathname + url.search;
}
