/**
 * Lots of which not every number is told, and lots of several assets, in a real browser: what is public is shown,
 * nothing is made up; and a ladder made longer is followed by the page that shows it.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { Browser } from '../support/browser.mjs';
import { OWNER } from '../support/gaveld.mjs';
import { inspect, signIn, SIZES } from '../support/pages.mjs';
import { toBase64 } from '../support/psbt-maps.mjs';
import { bodyOf, makeBody, makeLadder, makePlan, makeRung, priceAt } from '../support/signer.mjs';
import { World } from '../support/world.mjs';

const RESERVE = 98500;

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
  await page.getByRole('heading', { level: 1 }).waitFor();
  return { page, problems };
}

/** In all sizes and themes, and no number that is none. @param {any} page @param {string} name */
async function look(page, name) {
  await inspect(page, name);
  const text = await page.locator('body').innerText();
  assert.doesNotMatch(text, /NaN|null|undefined/, name);
  const paths = await page
    .locator('svg.ladder [d]')
    .evaluateAll((all) => all.map((path) => path.getAttribute('d')));
  assert.doesNotMatch(paths.join(), /NaN/, name);
}

/** @param {object} body @returns {Promise<number>} id */
async function list(body) {
  const posted = await world.api.post('/api/v1/dutch', body, { 'X-API-Key': world.key });
  assert.equal(posted.status, 201, posted.text);
  return posted.json.id;
}

/** On sale from the next block but one at 100,000, by 1,000 less each block down to a secret floor. */
async function listReserved() {
  const coin = await world.assetCoin();
  const start = (await world.height()) + 2;
  const plan = await world.plan({ coin, start, end: start + 6, startPrice: 100000, decrement: 1000 });
  const psbts = [];
  for (let block = plan.start; block <= plan.end; block++) {
    const price = Math.max(priceAt(plan, block), RESERVE);
    psbts.push({ block_number: block, price_sats: price, psbt_data: toBase64(makeRung(plan, block, price)) });
  }
  return { plan, id: await list({ ...bodyOf(plan, psbts), reserve_price_sats: RESERVE }) };
}

test('a lot with a reserve shows the prices that are told, and says that the lowest is secret', async () => {
  const { plan, id } = await listReserved();
  const lot = await open(`/lots/${id}`);
  await lot.page.getByText('secret: each price shows at its block').waitFor();
  await look(lot.page, 'reserve-upcoming');
  await world.mineTo(plan.start + 1);
  await lot.page.locator('#price .price').getByText('99,000').waitFor();
  await lot.page.locator('#history').getByText('100,000 sat').waitFor();
  await look(lot.page, 'reserve-lot');
  assert.equal(await lot.page.locator('#price svg.ladder').count(), 0);
  const market = await open('/');
  const card = market.page.locator(`[data-id="${id}"]`);
  await card.getByText('lowest price is secret').waitFor();
  await look(market.page, 'reserve-market');
  await market.page.getByRole('button', { name: 'Table' }).click();
  await market.page.getByRole('cell', { name: /99,000 sat/ }).waitFor();
  await look(market.page, 'reserve-table');
  await market.page.getByRole('button', { name: 'Cards' }).click();
  await world.mine(1);
  await card.getByText('lowest price is reached').waitFor();
  await lot.page.getByText('reached: it falls no further').waitFor();
  await lot.page
    .locator('#price')
    .getByText(/Last price, for/)
    .waitFor();
  await look(lot.page, 'reserve-reached');
  await world.mineTo(plan.end + plan.after + 1);
  await lot.page.getByText('Nobody bought it in time').waitFor();
  await look(lot.page, 'reserve-expired');
  assert.deepEqual([...lot.problems, ...market.problems], []);
  await lot.page.close();
  await market.page.close();
});

test('the table of all listings tells no lowest price that is secret', async () => {
  const { id } = await listReserved();
  const { page, problems } = await open('/login');
  await signIn(page, OWNER);
  await page.goto(`${world.gaveld.httpsUrl}/admin/listings`);
  await page.locator(`#listings a[href="/lots/${id}"]`).waitFor();
  await page.getByText('100,000 – secret').first().waitFor();
  await look(page, 'reserve-admin');
  assert.deepEqual(problems, []);
  await page.close();
});

test('a bundle names every asset, on its card, its page and before it is bought', async () => {
  const coin = await world.assetCoin();
  world.counterparty.attach(
    coin,
    { asset: 'FROGKING', quantity: 1n, divisible: false },
    { asset: 'PEPECASH', quantity: 250000000n, divisible: true },
    { asset: 'RAREPEPE', quantity: 3n, divisible: false },
  );
  const plan = await world.plan({ coin, start: (await world.height()) + 2 });
  const { asset_name: name, asset_qty: quantity, ...rest } = makeBody(plan);
  const others = [
    { asset_name: 'PEPECASH', asset_qty: 2.5 },
    { asset_name: 'RAREPEPE', asset_qty: 3 },
  ];
  const market = await open('/?q=rarep');
  const id = await list({ ...rest, assets: [{ asset_name: name, asset_qty: quantity }, ...others] });
  await world.mineTo(plan.start);
  const card = market.page.locator(`[data-id="${id}"]`);
  await card.getByText('FROGKING and 2 more').waitFor();
  await card.getByText(/Bundle of 3 assets/).waitFor();
  await look(market.page, 'bundle-market');
  const { page, problems } = await open(`/lots/${id}`);
  const facts = page.locator('#facts');
  for (const text of ['FROGKING', 'PEPECASH', 'RAREPEPE', /^2\.5/]) await facts.getByText(text).waitFor();
  await look(page, 'bundle-lot');
  const [paying] = world.buyerCoins(1);
  await page.getByLabel('UTXOs that pay').fill(`${paying.txid}:${paying.vout}`);
  await page.getByLabel('Address for the asset').fill(world.buyer.address);
  await page.getByLabel('Fee rate').fill('5');
  await page.getByRole('button', { name: 'Build the transaction' }).click();
  for (const text of [
    '1 unit of FROGKING go to',
    '2.5 units of PEPECASH go to',
    '3 units of RAREPEPE go to',
  ]) {
    await page.locator('#buy').getByText(text).waitFor();
  }
  await look(page, 'bundle-sign');
  assert.deepEqual([...problems, ...market.problems], []);
  await page.close();
  await market.page.close();
});

test('a ladder made longer is followed by the page of its lot', async () => {
  const start = (await world.height()) + 2;
  const plan = await world.plan({ start, end: start + 2, startPrice: 100000, decrement: 1000 });
  const id = await world.list(plan);
  await world.mineTo(plan.start);
  const { page, problems } = await open(`/lots/${id}`);
  await page.getByText('All 3 prices').click();
  await page.getByRole('row', { name: /98,000 sat/ }).waitFor();
  const more = makePlan({
    ...plan,
    start: plan.end + 1,
    end: plan.end + 2,
    startPrice: 97000,
    endPrice: undefined,
  });
  const psbts = makeLadder(more).map(({ block_number, price_sats, psbt_data }) => ({
    block_number,
    price_sats,
    psbt_data,
  }));
  const answer = await world.api.post(
    `/api/v1/dutch/${id}/extend`,
    { end_block: more.end, psbts },
    { 'X-API-Key': world.key, 'Idempotency-Key': randomUUID() },
  );
  assert.equal(answer.status, 200, answer.text);
  await page.getByText('All 5 prices').click();
  await page.getByRole('row', { name: /96,000 sat/ }).waitFor();
  await look(page, 'extended-lot');
  const steeper = makePlan({ ...plan, start: more.end + 1, end: more.end + 2, startPrice: 80000, decrement: 20000, endPrice: undefined });
  const further = makeLadder(steeper).map(({ block_number, price_sats, psbt_data }) => ({ block_number, price_sats, psbt_data }));
  const uneven = await world.api.post(
    `/api/v1/dutch/${id}/extend`,
    { end_block: steeper.end, psbts: further },
    { 'X-API-Key': world.key, 'Idempotency-Key': randomUUID() },
  );
  assert.equal(uneven.status, 200, uneven.text);
  await page.getByText('Extended with steps of another size').waitFor();
  await page.getByText('2 known prices').click();
  await page.getByRole('row', { name: /60,000 sat/ }).waitFor();
  await look(page, 'uneven-lot');
  assert.deepEqual(problems, []);
  await page.close();
});
