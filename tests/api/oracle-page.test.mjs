/** The price page and the dollar hint in a real browser, with a real box: they hear the node without reload. */
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Browser } from '../support/browser.mjs';
import { BUILD_DIR } from '../support/process.mjs';
import { until } from '../support/wait.mjs';
import { World } from '../support/world.mjs';

const PICTURES = join(BUILD_DIR, 'screenshots');

/** @type {World} */
let world;
/** @type {Browser} */
let browser;

before(async () => {
  mkdirSync(PICTURES, { recursive: true });
  world = await World.start();
  browser = world.keep(await Browser.open());
});
after(() => world?.close());

test('a box with too few payments says so, and counts what it hears without reload', async () => {
  const { page, problems } = await browser.newPage();
  await page.goto(`${world.gaveld.httpsUrl}/oracle`);
  await until('the page says that it waits for payments', async () =>
    (await page.locator('#notice').textContent()).includes('Too few payments yet'),
  );
  assert.equal(await page.locator('#price').textContent(), 'No price yet');
  assert.match(await page.locator('#link').textContent(), /Live/);
  const seen = async () => Number((await page.locator('#facts dd').nth(2).textContent()).replaceAll(',', ''));
  const before = await seen();
  await world.mine(2);
  await until('the coinbases of two blocks are counted', async () => (await seen()) >= before + 2);
  assert.match(await page.locator('#history-text').textContent(), /No price was kept/);
  assert.equal(await page.locator('#scatter button').isVisible(), false);
  await page.screenshot({ path: join(PICTURES, 'oracle.png') });
  assert.deepEqual(problems, []);
  await page.close();
});

test('the page finds its box again after a restart', async () => {
  const { page } = await browser.newPage();
  const { httpPort, httpsPort } = world.gaveld;
  await page.goto(`${world.gaveld.httpsUrl}/oracle`);
  await until('it is live', async () => /Live/.test(await page.locator('#link').textContent()));
  await world.gaveld.halt();
  await until('it says that it lost the box', async () =>
    /Connection to the box lost/.test(await page.locator('#notice').textContent()),
  );
  Object.assign(world.gaveld.settings, { 'http.port': String(httpPort), 'https.port': String(httpsPort) });
  await world.gaveld.launch();
  await until('it is live again', async () => /Live/.test(await page.locator('#link').textContent()), {
    timeoutMs: 40000,
  });
  await until('the notice is the one of the price again', async () =>
    /Too few/.test(await page.locator('#notice').textContent()),
  );
  await page.close();
});

test('beside satoshi there are dollars with age and state while a price is known, and none without', async () => {
  const coin = await world.assetCoin();
  await world.list(
    await world.plan({ coin, start: (await world.height()) + 1, startPrice: 250000, decrement: 1000 }),
  );
  await world.mine(1);
  const { page, problems } = await browser.newPage();
  const sure = { usd_per_btc: 100000, age_s: 4, time: 0, state: 'ok' };
  let hint = sure;
  await page.route('**/api/v1/oracle', async (route) => {
    const answer = await route.fetch();
    await route.fulfill({ response: answer, json: { ...(await answer.json()), price_hint: hint } });
  });
  const card = page.locator('.card').first();
  const shows = async (next, pattern) => {
    hint = next;
    await page.goto(`${world.gaveld.httpsUrl}/`);
    await card.waitFor();
    await until(`the card to show ${pattern}`, async () => pattern.test(await card.innerText()));
  };
  await shows(sure, /≈ 250\.00 USD · [4-9] sec\n/);
  assert.equal(await card.locator('.usd-hint.unsure').count(), 0);
  await shows({ ...sure, state: 'uncertain' }, /≈ 250\.00 USD · [4-9] sec · uncertain/);
  assert.equal(await card.locator('.usd-hint.unsure').count(), 1);
  await shows({ ...sure, state: 'stale', age_s: 700 }, /≈ 250\.00 USD · 12 min · stale/);
  await shows({ ...sure, state: 'node_behind' }, /≈ 250\.00 USD · [4-9] sec · node behind/);
  await shows({ ...sure, age_s: 200 }, /≈ 250\.00 USD · 3 min · stale/);
  await page.screenshot({ path: join(PICTURES, 'hint.png') });
  await shows(null, /250,000 sat/);
  assert.equal(await card.locator('.usd-hint').count(), 0);
  assert.deepEqual(problems, []);
  await page.close();
});
