/**
 * Light, dark, high contrast, or what the system says. It loads before the first paint and needs nothing.
 */

const KEY = 'gavel.theme';
export const THEMES = ['auto', 'light', 'dark', 'contrast'];

/** Storage may be refused (private windows): a choice then lasts as long as the page. */
function stored() {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

/** @returns {string} one of THEMES */
export function theme() {
  const chosen = document.documentElement.dataset.theme;
  return THEMES.includes(chosen) ? chosen : 'auto';
}

/** @param {string} name one of THEMES */
export function chooseTheme(name) {
  document.documentElement.dataset.theme = name;
  try {
    localStorage.setItem(KEY, name);
  } catch {
    /* see stored() */
  }
}

document.documentElement.dataset.theme = THEMES.includes(stored()) ? stored() : 'auto';
