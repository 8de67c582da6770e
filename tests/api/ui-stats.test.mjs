/** The statistics in a real browser: empty, then with sales, as chart and as table, without a reload. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Browser } from '../support/browser.mjs';
import { buy } from '../support/buyer.mjs';
import { fillMarket } from '../support/market.mjs';
import { inspect, SIZES } from '../support/pages.mjs';
import { until } from '../support/wait.mjs';
import { World } from '../support/world.mjs';

/** @type {World} */
let world;
/** @type {Browser} */
let browser;

before(async () => {
  world = await World.start();
  await world.stockBuyer(2);
  browser = world.keep(await Browser.open({ locale: 'en-US', reducedMotion: 'reduce' }));
});
after(() => world?.close());

/** @param {string} path */
async function open(path) {
  const { page, problems } = await browser.newPage();
  await page.setViewportSize(SIZES.desktop);
  await page.goto(`${world.gaveld.httpsUrl}${path}`);
  await page.getByRole('heading', { name: 'Statistics', level: 1 }).waitFor();
  return { page, problems };
}

/** @param {{id: number, plan: import('../support/signer.mjs').Plan}} lot @returns {Promise<number>} price */
async function sell({ id, plan }) {
  const { json } = await world.api.get(`/api/v1/dutch/${id}/current-psbt`);
  const tx = buy({ psbt: json.psbt.psbt_data, sold: plan.coin, coins: world.buyerCoins(1), buyer: world.buyer });
  await world.node.broadcast(tx.toHex());
  await world.listingBecomes(id, { status: 'sold' });
  return json.psbt.price_sats;
}

test('sales appear as they come into a block, in tiles, bars and tables', async () => {
  const { page, problems } = await open('/stats');
  await page.getByText('Nothing was listed in this time').waitFor();
  await inspect(page, 'stats-empty');
  const lots = await fillMarket(world);
  await page.getByText('No sale in this time').waitFor();
  const prices = [await sell(lots[0]), await sell(lots[1])];
  await world.mine(1);
  const sales = page.locator('#tile-sales .value');
  await until('two sales', async () => (await sales.textContent()) === '2');
  await page.getByText('The same as a table').click();
  await page.locator('#over-time-table').getByText('2 sales').waitFor();
  await page.locator('#assets').getByRole('row', { name: /RAREPEPE/ }).waitFor();
  await inspect(page, 'stats');
  await page.getByLabel('Show', { exact: true }).selectOption('volume');
  const paid = `${(prices[0] + prices[1]) / 1e8}`;
  await page.locator('#over-time-table').getByText(paid).waitFor();
  await page.getByLabel('Time', { exact: true }).selectOption('all');
  await until('the longer time', async () => (await page.locator('#over-time rect').count()) === 1);
  assert.equal(new URL(page.url()).search, '?measure=volume&span=all');
  await page.reload();
  await page.locator('#time').getByRole('heading', { name: 'Paid over time' }).waitFor();
  assert.deepEqual(problems, []);
  await page.close();
});
