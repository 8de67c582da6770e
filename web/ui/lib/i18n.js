/**
 * Every word the page shows, in the language of its reader. Strings lie in strings/<area>.<language>.json, one flat
 * object each; an area is loaded with the first view that needs it.
 *
 * A string may have {places}. A string that counts is an object of plural forms ("one", "other", as Intl.PluralRules
 * names them), chosen by the parameter n.
 *
 * Numbers are put together by hand: for the first Intl.NumberFormat of a page a browser looks through all the languages
 * it knows, which costs 30 ms on a desktop and 150 ms on a phone. Intl.PluralRules costs nothing of the kind.
 */

import { signal } from './signal.js';

const KEY = 'gavel.language';
export const LANGUAGES = { en: 'English', de: 'Deutsch' };
const MARKS = { en: { group: ',', point: '.' }, de: { group: '.', point: ',' } };

const strings = new Map();
const loaded = new Map();
/** Of the language before, as long as the next is on its way. */
let stale = new Set();
/** Set when the words of the new language are there: time to draw everything again. */
export const language = signal(pick());
let wanted = language.get();
let plurals;
use();

function use() {
  plurals = new Intl.PluralRules(wanted);
  document.documentElement.lang = wanted;
}

function pick() {
  let chosen = null;
  try {
    chosen = localStorage.getItem(KEY);
  } catch {
    /* storage is refused: the browser's languages decide */
  }
  const tags = [chosen, ...navigator.languages.map((tag) => tag.split('-')[0])];
  return tags.find((tag) => tag && Object.hasOwn(LANGUAGES, tag)) ?? 'en';
}

/** @returns {string} "en" */
export const currentLanguage = () => wanted;

/** @param {string} next one of LANGUAGES */
export async function chooseLanguage(next) {
  wanted = next;
  use();
  try {
    localStorage.setItem(KEY, next);
  } catch {
    /* the choice lasts as long as the page */
  }
  const areas = [...loaded.keys()];
  loaded.clear();
  stale = new Set(strings.keys());
  await loadStrings(...areas);
  for (const key of stale) strings.delete(key); /* what English leaves to the box has words elsewhere */
  language.set(next);
}

/** @param {...string} areas "shell", "market" */
export async function loadStrings(...areas) {
  await Promise.all(areas.map((area) => {
    if (!loaded.has(area)) loaded.set(area, load(area).catch((error) => { loaded.delete(area); throw error; }));
    return loaded.get(area);
  }));
}

async function load(area) {
  const answer = await fetch(`/strings/${area}.${wanted}.json`, { cache: 'no-cache' });
  if (!answer.ok) throw new Error(`strings ${area}: ${answer.status}`);
  for (const [key, text] of Object.entries(await answer.json())) {
    strings.set(key, text);
    stale.delete(key);
  }
}

/** @param {string} key */
export const hasText = (key) => strings.has(key);

/** @param {string} key of a string without plural forms @returns {string[]} names of its places */
export const placesOf = (key) => [...strings.get(key).matchAll(/\{(\w+)\}/g)].map(([, name]) => name);

function form(key, params) {
  const found = strings.get(key);
  if (found === undefined) throw new Error(`no string ${key}`);
  return typeof found === 'string' ? found : found[plurals.select(params.n)] ?? found.other;
}

/**
 * A number as the language writes it.
 * @param {number|bigint} value @param {number} [digits] behind the point, no more and no less; else as many as it has, at most 3
 * @returns {string} "1,234.5"
 */
export function written(value, digits) {
  const { group, point } = MARKS[wanted];
  const text = typeof value === 'bigint' ? String(value) : digits === undefined ? String(Number(value.toFixed(3))) : value.toFixed(digits);
  const [whole, rest] = text.split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, group);
  return rest ? grouped + point + rest : grouped;
}

const shown = (value) => (typeof value === 'number' ? written(value) : value);

/**
 * @param {string} key "market.empty"
 * @param {Object<string, string|number>} [params]
 * @returns {string}
 */
export function t(key, params = {}) {
  return form(key, params).replace(/\{(\w+)\}/g, (_, name) => String(shown(params[name])));
}

/**
 * The same with elements in some places: a link in the middle of a sentence.
 * @param {string} key
 * @param {Object<string, string|number|Node>} params
 * @returns {(string|Node)[]} for el()
 */
export function parts(key, params) {
  return form(key, params).split(/\{(\w+)\}/).map((piece, i) => (i % 2 ? shown(params[piece]) : piece));
}
