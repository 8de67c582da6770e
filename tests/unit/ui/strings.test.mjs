/**
 * Shows: every word of the page is in strings/, in every language, with the same places and plural forms; no string is
 * missing or left over; and no view or component says anything in a language of its own.
 * How: by reading the sources. A literal counts as words when it has two of them, or one with a capital.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const UI = fileURLToPath(new URL('../../../web/ui/', import.meta.url));
const files = (folder) => readdirSync(UI + folder).filter((name) => name.endsWith('.js')).map((name) => `${folder}${name}`);
const STRINGS = readdirSync(`${UI}strings`);
const AREAS = [...new Set(STRINGS.map((name) => name.split('.')[0]))];
const LANGUAGES = [...new Set(STRINGS.map((name) => name.split('.')[1]))];
const SOURCES = ['app.js', 'start.js', 'oracle.js', 'routes.js', ...files('lib/'), ...files('views/'), ...files('components/')];

const readStrings = (area, language) => JSON.parse(readFileSync(`${UI}strings/${area}.${language}.json`, 'utf8'));
const source = (file) => readFileSync(UI + file, 'utf8');
const forms = (value) => (typeof value === 'string' ? { other: value } : value);
const places = (text) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);

/** The box itself says in English what is wrong, so this area needs English only where that is no plain sentence. */
const BOX_SPEAKS = 'problems';

test('each area has the same keys in each language', () => {
  for (const area of AREAS) {
    const english = Object.keys(readStrings(area, 'en')).sort();
    for (const language of LANGUAGES) {
      const keys = Object.keys(readStrings(area, language)).sort();
      const wanted = area === BOX_SPEAKS ? keys.filter((key) => english.includes(key)) : keys;
      assert.deepEqual(wanted, english, `${area}.${language}`);
    }
  }
});

const OPENAPI = fileURLToPath(new URL('../../../web/api/openapi/', import.meta.url));
const PROBLEMS = Object.assign({}, ...readdirSync(OPENAPI).map((name) => JSON.parse(readFileSync(OPENAPI + name, 'utf8')).problems));

/** What only programs meet: the page never sends a request that is answered so. */
const FOR_PROGRAMS = new RegExp(`^(${[
  'address\\.length', 'auth\\.(key|token)_', 'body\\.(short|slow|type)$', 'idempotency\\.', 'jwt\\.', 'ladder\\.block$', 'live\\.', 'op\\.', 'path\\.', 'query\\.',
  'http\\.(expect|forwarded|head|host|if_match|length|malformed|method|misdirected|not_found|origin)', 'route\\.', 'server\\.', 'ws\\.',
  'json\\.(depth|duplicate|empty|not_object|too_many|unknown)',
].join('|')})`);

test('every problem that can reach a reader has words in his language, and no other has', () => {
  const codes = Object.keys(PROBLEMS).filter((code) => !FOR_PROGRAMS.test(code)).sort();
  for (const language of LANGUAGES.filter((other) => other !== 'en')) {
    const words = AREAS.flatMap((area) => Object.keys(readStrings(area, language)))
      .filter((key) => key.startsWith('problem.')).map((key) => key.slice('problem.'.length));
    assert.deepEqual(codes.filter((code) => !words.includes(code)), [], language);
    assert.deepEqual(words.filter((code) => !PROBLEMS[code] && !['unknown', 'offline'].includes(code)), [], language);
  }
  for (const code of codes) assert.match(PROBLEMS[code], /\S/, `${code} (en)`);
});

test('each text has the same places in each language, and the plural forms of its language', () => {
  for (const area of AREAS) {
    const english = readStrings(area, 'en');
    for (const language of LANGUAGES) {
      const categories = new Intl.PluralRules(language).resolvedOptions().pluralCategories.sort();
      for (const [key, value] of Object.entries(readStrings(area, language))) {
        const where = `${key} (${language})`;
        if (typeof value !== 'string') assert.deepEqual(Object.keys(value).sort(), categories, where);
        if (area === BOX_SPEAKS && !(key in english)) {
          assert.ok(places(value).every((place) => /^\d$/.test(place)), where);
          continue;
        }
        const wanted = new Set(Object.values(forms(english[key])).flatMap(places));
        const here = new Set(Object.values(forms(value)).flatMap(places));
        assert.deepEqual([...here].sort(), [...wanted].sort(), where);
        for (const text of Object.values(forms(value))) assert.ok(text.trim() === text && text !== '', where);
      }
    }
  }
});

/** One thing, one word: what the German words are not to say, for they say it otherwise. */
const SAID_OTHERWISE = {
  'Box': /\b(das|des) Geräts?\b/i,
  'die PSBT': /\b(das|dem|k?ein|k?einem|dieses|diesem|jedes|jedem) PSBT\b/i,
  'Ausgang': /\bOutputs?\b/,
  'beschnitten': /gekürzt/,
  'Watchdog': /Wächter/,
  'Order': /\bAuftr[aä]g/,
};

test('the German words say one thing in one way', () => {
  for (const area of AREAS) {
    for (const [key, value] of Object.entries(readStrings(area, 'de'))) {
      for (const [word, other] of Object.entries(SAID_OTHERWISE)) {
        for (const text of Object.values(forms(value))) assert.doesNotMatch(text, other, `${key}: “${word}”`);
      }
    }
  }
});

test('a setting that a text quotes has that name', () => {
  for (const language of LANGUAGES) {
    const settings = readStrings('admin-settings', language);
    const names = Object.keys(settings).filter((key) => key.startsWith('setting.')).map((key) => settings[key]);
    const quoted = Object.values(readStrings('orders', language)).flatMap(forms)
      .flatMap((text) => Object.values(text)).flatMap((text) => [...text.matchAll(/[“„]([^”“]+)[”“]/g)]).map(([, name]) => name);
    assert.equal(quoted.length, 2, language);
    assert.deepEqual(quoted.filter((name) => !names.includes(name)), [], language);
  }
});

/** Whole keys, and the beginnings of those that are put together: t(`role.${role}`). */
function usedKeys() {
  const whole = new Set();
  const begun = new Set();
  for (const text of SOURCES.map(source)) {
    for (const [, key] of text.matchAll(/['"`]([a-z][\w-]*(?:\.[\w-]+)+)['"`]/g)) whole.add(key);
    for (const [, start] of text.matchAll(/`([a-z][\w-]*\.(?:[\w-]+\.)*[\w-]*)\$\{/g)) begun.add(start);
  }
  return { whole, begun };
}

test('every key that the sources name exists, and no string is left over', () => {
  const keys = new Set(AREAS.flatMap((area) => LANGUAGES.flatMap((language) => Object.keys(readStrings(area, language)))));
  const { whole, begun } = usedKeys();
  const unused = [...keys].filter((key) => !whole.has(key) && ![...begun].some((start) => key.startsWith(start)));
  assert.deepEqual(unused, []);
  for (const file of SOURCES) {
    for (const [, key] of source(file).matchAll(/\b(?:t|parts)\('([^']+)'/g)) assert.ok(keys.has(key), `${file}: ${key}`);
  }
});

/** String and template literals of a module, without comments, imports and names of classes. */
function literals(text) {
  const bare = text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^import .*$/gm, '').replace(/\bclass: '[^']*'/g, '');
  return [...bare.matchAll(/'((?:[^'\\\n]|\\.)*)'|`((?:[^`\\]|\\.)*)`/g)].map(([, plain, template]) =>
    plain ?? template.replace(/\$\{[^}]*\}/g, '\u0000'));
}

/** Names of keys, headers and other things that are not for reading; class lists are lower case without sentence marks. */
const CODE = /^(Accept|Content-Type|X-CSRF-Token|If-Match|Idempotency-Key|Retry-After|ETag|AbortError|Escape|Enter|Arrow(Left|Right|Up|Down)|Home|End|GET|POST|PUT|PATCH|DELETE|INPUT|OPTION|DETAILS DIALOG|USD|English|Deutsch)$|^sudo |^Gavel-Signature: /;
const isWords = (text) =>
  !CODE.test(text) && (/(^|\s)[A-ZÄÖÜ][a-zäöüß]+/.test(text) || /[a-zäöüß]{2,}[,;:]? [a-zäöüß]{2,} [a-zäöüß]{2,}/.test(text));

test('no view and no component has words of its own', () => {
  const found = [...files('views/'), ...files('components/')]
    .flatMap((file) => literals(source(file)).filter(isWords).map((text) => `${file}: ${text}`));
  assert.deepEqual(found, []);
});
