/**
 * The shell around every page, in a real browser: navigation, focus, keyboard, themes, languages, what it weighs, and that
 * it asks nobody but the box.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { Browser } from '../support/browser.mjs';
import { assertFits, inspect, SIZES } from '../support/pages.mjs';
import { ROOT } from '../support/process.mjs';
import { World } from '../support/world.mjs';

const UI = join(ROOT, 'web/ui');
const WEIGHT_MAX = 250_000;
const FIRST_VIEW_MAX = 100_000;

/** @type {World} */
let world;
/** @type {Browser} */
let browser;

before(async () => {
  world = await World.start();
  browser = world.keep(await Browser.open({ locale: 'en-US' }));
});
after(() => world?.close());

/** @param {string} path */
async function open(path) {
  const { page, problems } = await browser.newPage();
  await page.setViewportSize(SIZES.desktop);
  await page.goto(`${world.gaveld.httpsUrl}${path}`);
  await page.getByRole('heading', { level: 1 }).waitFor();
  return { page, problems };
}

const focused = (page) => page.evaluate(() => document.activeElement.id || document.activeElement.textContent.trim());

function files(folder = UI) {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) return files(path);
    return name.endsWith('.md') ? [] : [path];
  });
}

test('the whole page weighs less than 250 kB compressed', (context) => {
  const weight = files().reduce((sum, path) => sum + gzipSync(readFileSync(path)).length, 0);
  context.diagnostic(`web/ui: ${weight} bytes gzip`);
  assert.ok(weight < WEIGHT_MAX, `${weight} bytes`);
});

test('drawing again keeps what has the focus, wherever its place is now', async () => {
  const { page, problems } = await open('/login');
  const kept = await page.evaluate(async () => {
    const { morph } = await import('/lib/morph.js');
    const drawn = (html) => Object.assign(document.createElement('div'), { innerHTML: html });
    const shown = document.body.appendChild(drawn('<p>search</p><input id="a"><input id="b">'));
    document.getElementById('b').focus();
    const steps = ['<section></section><input id="a"><input id="b">', '<input id="b"><input id="a">', '<hr><b>x</b><input id="a"><input id="b">', '<input id="b">'];
    return steps.map((step) => {
      morph(shown, drawn(step));
      return shown.innerHTML === step && document.activeElement.id === 'b';
    });
  });
  assert.deepEqual(kept, [true, true, true, true]);
  assert.deepEqual(problems, []);
  await page.close();
});

test('no file names an address outside the box', () => {
  for (const path of files()) {
    const outside = [...readFileSync(path, 'utf8').matchAll(/(?:https?:)?\/\/[\w-]+(?:\.[\w-]+)+/g)].map(([url]) => url);
    const known = /^https?:\/\/(www\.w3\.org|127\.0\.0\.1)|^\/\/127\.0\.0\.1/;
    assert.deepEqual(outside.filter((url) => !known.test(url)), [], path);
  }
});

test('the first view loads only what it needs, from the box alone', async (context) => {
  const { page, problems } = await browser.newPage();
  const asked = [];
  page.on('request', (request) => asked.push(request.url()));
  const session = await page.context().newCDPSession(page);
  await session.send('Emulation.setCPUThrottlingRate', { rate: 4 });
  const started = Date.now();
  await page.goto(`${world.gaveld.httpsUrl}/`);
  await page.getByRole('heading', { level: 1 }).waitFor();
  context.diagnostic(`first view on a quarter of this CPU: ${Date.now() - started} ms`);
  for (const url of asked) assert.equal(new URL(url).host, new URL(world.gaveld.httpsUrl).host, url);
  const weight = asked
    .map((url) => join(UI, new URL(url).pathname))
    .filter((path) => /\.\w+$/.test(path))
    .reduce((sum, path) => sum + gzipSync(readFileSync(path)).length, 0);
  context.diagnostic(`first view: ${weight} bytes gzip in ${asked.length} requests`);
  assert.ok(weight < FIRST_VIEW_MAX, `${weight} bytes`);
  assert.ok(!asked.some((url) => /dashboard|setup|account/.test(url)), 'no page that was not opened');
  assert.deepEqual(problems, []);
  await page.close();
});

test('links change the page without loading it, move the focus to its heading, and go back', async () => {
  const { page, problems } = await open('/');
  let loads = 0;
  page.on('load', () => {
    loads++;
  });
  await page.getByRole('button', { name: 'You and this page' }).click();
  await page.getByRole('link', { name: 'Sign in' }).click();
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  assert.equal(await focused(page), 'page-title');
  assert.equal(await page.title(), 'Sign in · gavel');
  await page.goBack();
  await page.getByRole('heading', { name: 'Market' }).waitFor();
  assert.equal(loads, 0);
  assert.deepEqual(problems, []);
  await page.close();
});

test('everything is reached by keyboard: skip link, menu, choices', async () => {
  const { page, problems } = await open('/');
  await page.keyboard.press('Tab');
  assert.equal(await focused(page), 'Skip to the content');
  await page.keyboard.press('Enter');
  assert.equal(await focused(page), 'main');
  await page.locator('#person-menu').focus();
  await page.keyboard.press('Enter');
  await page.getByLabel('Appearance').waitFor();
  await page.keyboard.press('Tab');
  assert.equal(await focused(page), 'Sign in');
  await page.keyboard.press('Escape');
  await page.getByLabel('Appearance').waitFor({ state: 'hidden' });
  assert.equal(await focused(page), 'person-menu');
  assert.deepEqual(problems, []);
  await page.close();
});

test('theme and language are chosen, kept, and there at the next visit', async () => {
  const { page, problems } = await open('/');
  await page.locator('#person-menu').click();
  await page.getByLabel('Appearance').selectOption('dark');
  await page.getByLabel('Language').selectOption('de');
  await page.getByRole('heading', { name: 'Markt' }).waitFor();
  assert.equal(await page.evaluate(() => document.documentElement.lang), 'de');
  await page.reload();
  await page.getByRole('heading', { name: 'Markt' }).waitFor();
  assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), 'dark');
  await page.evaluate(() => localStorage.clear());
  assert.deepEqual(problems, []);
  await page.close();
});

test('on a phone the navigation opens and closes, and nothing is wider than 320 px', async () => {
  const { page, problems } = await open('/');
  await page.setViewportSize({ width: 320, height: 640 });
  const price = page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Price' });
  assert.equal(await price.isVisible(), false);
  await page.getByRole('button', { name: 'Menu', exact: true }).click();
  assert.equal(await price.isVisible(), true);
  await assertFits(page, '320 px');
  assert.deepEqual(problems, []);
  await page.close();
});

test('a page for people who are signed in leads to the sign-in, and the market is fit to look at', async () => {
  const { page, problems } = await open('/dashboard');
  assert.equal(new URL(page.url()).pathname, '/login');
  assert.equal(new URL(page.url()).searchParams.get('next'), '/dashboard');
  await page.goto(`${world.gaveld.httpsUrl}/`);
  await page.getByRole('heading', { name: 'Market' }).waitFor();
  await inspect(page, 'market');
  assert.deepEqual(problems, []);
  await page.close();
});
