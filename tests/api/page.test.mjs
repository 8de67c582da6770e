/** The page in a real browser: a listing shows, its price falls without reload, a sale appears. */
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Browser } from '../support/browser.mjs';
import { buy } from '../support/buyer.mjs';
import { BUILD_DIR } from '../support/process.mjs';
import { priceAt } from '../support/signer.mjs';
import { until } from '../support/wait.mjs';
import { World } from '../support/world.mjs';

const PICTURES = join(BUILD_DIR, 'screenshots');
const DESKTOP = { width: 1280, height: 800 };
const PHONE = { width: 390, height: 844 };

/** @type {World} */
let world;
/** @type {Browser} */
let browser;

before(async () => {
  mkdirSync(PICTURES, { recursive: true });
  world = await World.start();
  await world.stockBuyer(4);
  browser = world.keep(await Browser.open());
});
after(() => world?.close());

const shown = (sats) => sats.toLocaleString('en');

/** Some listings in different states, for a picture worth looking at. */
async function fillMarket() {
  const names = ['RAREPEPE', 'PEPECASH', 'FROGKING', 'SATOSHICARD'];
  const coins = await world.assetCoins(names.length);
  const start = (await world.height()) + 2;
  const ids = [];
  for (const [i, asset] of names.entries()) {
    world.attachOne(coins[i], { asset });
    ids.push(
      await world.list(
        await world.plan({
          coin: coins[i],
          asset,
          start: start + (i === 3 ? 20 : 0),
          end: start + 30,
          startPrice: 250000 - 40000 * i,
          decrement: 1500,
        }),
      ),
    );
  }
  await world.mineTo(start);
  return ids;
}

test('a listing shows, its price falls block by block and a sale appears, all without reload', async () => {
  await fillMarket();
  const coin = await world.assetCoin();
  const plan = await world.plan({
    coin,
    start: (await world.height()) + 1,
    startPrice: 87654,
    decrement: 321,
  });
  const id = await world.list(plan);
  await world.mine(1);
  const { page, problems } = await browser.newPage();
  await page.setViewportSize(DESKTOP);
  let loads = 0;
  page.on('load', () => {
    loads++;
  });
  await page.goto(`${world.gaveld.httpsUrl}/`);
  const card = page.locator(`[data-id="${id}"]`);
  for (let i = 0; i < 3; i++) {
    const price = priceAt(plan, plan.start + i);
    await card
      .getByText(`${shown(price)} sat`)
      .first()
      .waitFor();
    await world.mine(1);
  }
  await card.locator('summary').click();
  await page.screenshot({ path: join(PICTURES, 'desktop.png'), fullPage: true });
  const { json } = await world.currentPsbt(id);
  await until('the current PSBT in the box', async () => {
    return (await card.locator('textarea').inputValue()) === json.psbt.psbt_data;
  });
  const tx = buy({ psbt: json.psbt.psbt_data, sold: coin, coins: world.buyerCoins(1), buyer: world.buyer });
  await world.node.broadcast(tx.toHex());
  await card.waitFor({ state: 'detached' });
  await page.getByRole('button', { name: /^Sold/ }).click();
  await card.getByText('Sold (unconfirmed)').waitFor();
  await world.mine(1);
  await card.getByText(/bought in block/).waitFor();
  assert.equal(loads, 1, 'the page was loaded once');
  assert.deepEqual(problems, []);
  await page.close();
});

test('on a phone nothing is cut off', async () => {
  const { page, problems } = await browser.newPage();
  await page.setViewportSize(PHONE);
  await page.goto(`${world.gaveld.httpsUrl}/`);
  await page.getByText('RAREPEPE').first().waitFor();
  const overflow = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  assert.ok(overflow <= 0, `the page is ${overflow} px wider than the phone`);
  await page.screenshot({ path: join(PICTURES, 'phone.png'), fullPage: true });
  assert.deepEqual(problems, []);
  await page.close();
});

test('when the box goes away the page says so, and recovers by itself', async () => {
  const { page } = await browser.newPage();
  await page.setViewportSize(DESKTOP);
  const { httpPort, httpsPort } = world.gaveld;
  await page.goto(`${world.gaveld.httpsUrl}/`);
  await page.getByText('RAREPEPE').first().waitFor();
  await world.gaveld.halt();
  await page
    .getByText(/offline|does not answer|reconnect|polling/i)
    .first()
    .waitFor();
  Object.assign(world.gaveld.settings, { 'http.port': String(httpPort), 'https.port': String(httpsPort) });
  await world.gaveld.launch();
  await world.mine(1);
  await page
    .getByText(shown(await world.height()))
    .first()
    .waitFor();
  await page.close();
});
