/** The page of the API in a real browser: every operation and every problem, offline. */
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Browser } from '../support/browser.mjs';
import { operations, SPEC } from '../support/contract.mjs';
import { Gaveld } from '../support/gaveld.mjs';
import { BUILD_DIR } from '../support/process.mjs';
import { until } from '../support/wait.mjs';

/** @type {Gaveld} */
let gaveld;
/** @type {Browser} */
let browser;

before(async () => {
  mkdirSync(join(BUILD_DIR, 'screenshots'), { recursive: true });
  gaveld = await Gaveld.start({
    settings: {
      'node.url': 'http://127.0.0.1:1',
      'node.user': 'a',
      'node.password': 'b',
      'oracle.enabled': 'off',
    },
  });
  browser = await Browser.open();
});
after(async () => {
  await browser?.close();
  await gaveld?.close();
});

test('every operation and every problem is on the page, and nothing comes from elsewhere', async () => {
  const { page, problems } = await browser.newPage();
  const asked = [];
  page.on('request', (request) => asked.push(new URL(request.url()).host));
  await page.goto(`${gaveld.httpsUrl}/docs`);
  await page.locator('#problems').waitFor();
  assert.equal(await page.locator('.operation').count(), operations().length);
  assert.equal(await page.locator('#problems tbody tr').count(), Object.keys(SPEC['x-problems']).length);
  await page.locator('#dutch_create summary').click();
  assert.match((await page.locator('#dutch_create').textContent()) ?? '', /needs auctions:write/);
  await page.screenshot({ path: join(BUILD_DIR, 'screenshots', 'docs.png') });
  assert.deepEqual([...new Set(asked)], [new URL(gaveld.httpsUrl).host]);
  assert.deepEqual(problems, []);
});

test('the type of a problem leads to its line', async () => {
  const { page, problems } = await browser.newPage();
  await page.goto(`${gaveld.httpsUrl}/problems/psbt-wrong-sighash`);
  await page.locator('#psbt-wrong-sighash').waitFor();
  assert.match(page.url(), /\/docs#psbt-wrong-sighash$/);
  await until('the line to be in sight', () =>
    page.locator('#psbt-wrong-sighash').evaluate((line) => {
      const { top, bottom } = line.getBoundingClientRect();
      return top >= 0 && bottom <= innerHeight;
    }),
  );
  assert.deepEqual(problems, []);
});

test('words find operations and codes, at 360 pixels too', async () => {
  const { page, problems } = await browser.newPage();
  await page.setViewportSize({ width: 360, height: 740 });
  await page.goto(`${gaveld.httpsUrl}/docs`);
  await page.locator('#problems').waitFor();
  await page.locator('#find').fill('current-psbt');
  assert.ok(await page.locator('#dutch_psbt').isVisible());
  assert.ok(!(await page.locator('#node').isVisible()));
  const wide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
  assert.equal(wide, false, 'the page does not scroll sideways');
  await page.screenshot({ path: join(BUILD_DIR, 'screenshots', 'docs-phone.png') });
  assert.deepEqual(problems, []);
});
