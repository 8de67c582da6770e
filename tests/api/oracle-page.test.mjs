/** The price page in a real browser: it says what it is waiting for, and hears the node without reload. */
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Browser } from '../support/browser.mjs';
import { BUILD_DIR } from '../support/process.mjs';
import { until } from '../support/wait.mjs';
import { World } from '../support/world.mjs';

/** @type {World} */
let world;
/** @type {Browser} */
let browser;

before(async () => {
  mkdirSync(join(BUILD_DIR, 'screenshots'), { recursive: true });
  world = await World.start();
  browser = world.keep(await Browser.open());
});
after(() => world?.close());

test('a box with too few payments says so, and counts what it hears without reload', async () => {
  const { page, problems } = await browser.newPage();
  await page.goto(`${world.gaveld.httpsUrl}/oracle`);
  await until('the page says that it is filling', async () =>
    (await page.locator('#notice').textContent()).startsWith('Filling'));
  assert.equal(await page.locator('#price').textContent(), 'No price yet');
  const seen = async () => Number((await page.locator('dd').nth(2).textContent()).replaceAll(',', ''));
  await until('the facts are shown', async () => (await page.locator('dd').count()) > 2);
  const before = await seen();
  await world.mine(2);
  await until('the coinbases of two blocks are counted', async () => (await seen()) >= before + 2);
  assert.equal(await page.locator('#reset').isVisible(), false);
  await page.screenshot({ path: join(BUILD_DIR, 'screenshots', 'oracle.png') });
  assert.deepEqual(problems, []);
});
