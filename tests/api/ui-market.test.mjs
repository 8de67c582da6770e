/**
 * The market in a real browser: lots are found, followed without reload and shown in every state; a lot's page leads
 * through a purchase and follows it until it is confirmed, replaced or undone.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Browser } from '../support/browser.mjs';
import { fillMarket } from '../support/market.mjs';
import { assertFits, inspect, SIZES } from '../support/pages.mjs';
import { priceAt } from '../support/signer.mjs';
import { until } from '../support/wait.mjs';
import { World } from '../support/world.mjs';

/** @type {World} */
let world;
/** @type {Browser} */
let browser;
/** @type {Awaited<ReturnType<typeof fillMarket>>} */
let lots;

before(async () => {
  world = await World.start();
  await world.stockBuyer(12);
  browser = world.keep(await Browser.open({ locale: 'en-US' }));
  lots = await fillMarket(world);
});
after(() => world?.close());

const shown = (n) => n.toLocaleString('en');

/** @param {string} [path] */
async function open(path = '/') {
  const { page, problems } = await browser.newPage();
  await page.setViewportSize(SIZES.desktop);
  await page.goto(`${world.gaveld.httpsUrl}${path}`);
  await page.getByRole('heading', { level: 1 }).waitFor();
  return { page, problems };
}

const cards = (page) => page.locator('#listings article h2').allTextContents();
const cardsBecome = (page, names) =>
  until(`cards ${names}`, async () => {
    const seen = await cards(page);
    return seen.join() === names.join() || Promise.reject(new Error(seen.join()));
  });

test('lots are found by status, name, price and order, and the address keeps it', async () => {
  const { page, problems } = await open();
  await cardsBecome(page, ['FROGKING', 'PEPECASH', 'RAREPEPE']);
  await inspect(page, 'market');
  await page.getByLabel('Sort by').selectOption('-price');
  await cardsBecome(page, ['RAREPEPE', 'PEPECASH', 'FROGKING']);
  await page.getByLabel('Search').fill('pepe');
  await cardsBecome(page, ['RAREPEPE', 'PEPECASH']);
  await page.getByText('More filters').click();
  await page.getByLabel('Price to').fill('220000');
  await cardsBecome(page, ['PEPECASH']);
  await page.reload();
  await cardsBecome(page, ['PEPECASH']);
  await page.getByLabel('Search').fill('nothing like this');
  await page.getByText('No lot fits these filters').waitFor();
  await inspect(page, 'market-none');
  await page.getByRole('button', { name: 'Clear filters' }).first().click();
  await cardsBecome(page, ['RAREPEPE', 'PEPECASH', 'FROGKING']);
  assert.equal(await page.getByLabel('Search').inputValue(), '');
  await page.getByRole('button', { name: 'Upcoming' }).click();
  await cardsBecome(page, ['SATOSHICARD']);
  await page.getByText(/Starts in 20 blocks · about/).waitFor();
  assert.deepEqual(problems, []);
  await page.close();
});

test('as a table the market holds the same, and fits a phone', async () => {
  const { page, problems } = await open();
  await page.getByRole('button', { name: 'Table' }).click();
  await page.getByRole('row', { name: /RAREPEPE/ }).waitFor();
  assert.equal(await page.locator('#lots-table tbody tr').count(), 3);
  await inspect(page, 'market-table');
  assert.deepEqual(problems, []);
  await page.close();
});

test('a listing shows, its price falls block by block and a sale appears, all without reload', async () => {
  const plan = await world.plan({ start: (await world.height()) + 2, startPrice: 87654, decrement: 321 });
  const { page, problems } = await open();
  let loads = 0;
  page.on('load', () => loads++);
  const id = await world.list(plan);
  await world.mineTo(plan.start);
  const card = page.locator(`[data-id="${id}"]`);
  for (let i = 0; i < 3; i++) {
    await card.locator('.price').getByText(shown(priceAt(plan, plan.start + i))).waitFor();
    await world.mine(1);
  }
  assert.equal(loads, 0);
  assert.deepEqual(problems, []);
  await page.close();
});

test('more lots than a page holds come when they are asked for', async () => {
  const coins = await world.assetCoins(26);
  const start = (await world.height()) + 60;
  for (const coin of coins) await world.list(await world.plan({ coin, start, end: start + 1 }));
  const { page, problems } = await open('/?show=upcoming');
  await until('a page of lots', async () => (await cards(page)).length === 24);
  await page.getByRole('button', { name: 'Show more' }).click();
  await until('all lots', async () => (await cards(page)).length === 27);
  assert.equal(await page.getByRole('button', { name: 'Show more' }).count(), 0);
  assert.deepEqual(problems, []);
  await page.close();
});

test('when the node stops the market says so and shows no price; it comes back by itself', async () => {
  const { page } = await open();
  await world.node.halt();
  await page.getByText('Node unreachable').waitFor();
  await page.getByText('No PSBT is shown until the node answers again.').waitFor();
  await page.getByText('waiting for the node').first().waitFor();
  await inspect(page, 'market-node-away');
  await world.node.launch();
  await page.getByText('waiting for the node').first().waitFor({ state: 'detached' });
  await page.close();
});

test('when the box goes away the page says so, and recovers by itself', async () => {
  const { page } = await open();
  const { httpPort, httpsPort } = world.gaveld;
  await world.gaveld.halt();
  await page.getByText(/The box has not answered since/).waitFor();
  await page.setViewportSize(SIZES.phone);
  await assertFits(page, 'market offline');
  Object.assign(world.gaveld.settings, { 'http.port': String(httpPort), 'https.port': String(httpsPort) });
  await world.gaveld.launch();
  await page.getByText(/The box has not answered since/).waitFor({ state: 'hidden' });
  await world.mine(1);
  await page.getByText(/RAREPEPE/).first().waitFor();
  await page.close();
});
