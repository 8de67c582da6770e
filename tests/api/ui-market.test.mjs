/**
 * The market in a real browser: lots are found, followed without reload and shown in every state; a lot's page leads
 * through a purchase and follows it until it is confirmed, replaced or undone.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Browser } from '../support/browser.mjs';
import { buy, signCombined } from '../support/buyer.mjs';
import { makeWallet } from '../support/keys.mjs';
import { fillMarket } from '../support/market.mjs';
import { assertFits, inspect, portray, SIZES } from '../support/pages.mjs';
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
  await portray(page, 'desktop');
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

test('a new listing appears and its price falls block by block, without reload', async () => {
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

test('what the stream tells while the page reads is not taken back by the answer, which is older', async () => {
  const plan = await world.plan({ start: (await world.height()) + 2 });
  const { page, problems } = await browser.newPage();
  /** @type {string[]} */
  const told = [];
  page.on('websocket', (socket) => socket.on('framereceived', ({ payload }) => told.push(String(payload))));
  await page.goto(world.gaveld.httpsUrl);
  await page.locator('#listings article').first().waitFor();
  let answered, release;
  const old = new Promise((resolve) => { answered = resolve; });
  const held = new Promise((resolve) => { release = resolve; });
  await page.route(/\/api\/v1\/dutch\?/, async (route) => {
    const response = await route.fetch();
    answered();
    await held;
    await route.fulfill({ response });
  });
  await page.getByLabel('Sort by').selectOption('-price');
  await old;
  const id = await world.list(plan);
  await world.mineTo(plan.start);
  await until('the frame', () => told.some((text) => text.includes(`"id":${id},`) && text.includes('"status":"active"')));
  const read = page.waitForEvent('requestfinished', (request) => request.url().includes('/api/v1/dutch?'));
  release();
  await read;
  await page.waitForTimeout(500); // the answer is drawn
  await page.locator(`[data-id="${id}"]`).waitFor();
  assert.deepEqual(problems, []);
  await page.close();
});

/** Through the form of a lot's page to the PSBT that is to be signed. */
async function begin(page, coins, { rate = '5' } = {}) {
  await page.getByLabel('UTXOs that pay').fill(coins.map((coin) => `${coin.txid}:${coin.vout}`).join('\n'));
  await page.getByLabel('Address for the asset').fill(world.buyer.address);
  await page.getByLabel('Fee rate').fill(rate);
  await page.getByRole('button', { name: 'Build the transaction' }).click();
  const box = page.locator('#purchase-psbt');
  await box.waitFor();
  return box.inputValue();
}

test('a lot is bought step by step in its page, which follows the purchase until it is final', async () => {
  const [{ id }] = lots;
  const { page, problems } = await open(`/lots/${id}`);
  await inspect(page, 'lot');
  await page.getByText(/All 41 prices/).click();
  await page.getByRole('row', { name: /190,000 sat/ }).waitFor();
  const coins = world.buyerCoins(1);
  const psbt = await begin(page, coins);
  await page.getByText('1 unit of RAREPEPE go to').waitFor();
  await page.getByText('Show as QR codes').first().click();
  await page.getByText(/1 of \d/).waitFor();
  await page.getByText('Which wallets can sign this?').click();
  await inspect(page, 'lot-sign');
  await page.reload();
  assert.equal(await page.locator('#purchase-psbt').inputValue(), psbt, 'a reload loses nothing');
  await world.mine(1);
  await page.getByText(/A lower price has been revealed/).waitFor();
  const tx = signCombined(psbt, coins);
  await world.node.broadcast(tx.toHex());
  await page.getByText('Your purchase was seen in the mempool.').waitFor();
  await inspect(page, 'lot-pending');
  await world.mine(1);
  await page.getByText('Your purchase is in a block.').waitFor();
  await page.getByText(/5 more blocks, and it is/).waitFor();
  await world.node.rewindTo((await world.height()) - 1);
  await page.getByText('A reorganisation of the chain undid the spend').waitFor();
  await page.getByText('Your purchase was seen in the mempool.').waitFor();
  await world.mine(6);
  await page.getByText('That is as good as final.').waitFor();
  await inspect(page, 'lot-sold');
  assert.deepEqual(problems, []);
  await page.close();
});

test('whoever was slower is told so, and that nothing is lost', async () => {
  const [, { id, plan }] = lots;
  const { page, problems } = await open(`/lots/${id}`);
  await begin(page, world.buyerCoins(1));
  const { json } = await world.currentPsbt(id);
  const other = makeWallet('p2wpkh', 'another buyer');
  const tx = buy({ psbt: json.psbt.psbt_data, sold: plan.coin, coins: world.buyerCoins(1), buyer: other });
  await world.node.broadcast(tx.toHex());
  await page.getByText('Somebody else was faster.').waitFor();
  await inspect(page, 'lot-lost');
  assert.deepEqual(problems, []);
  await page.close();
});

test('what is wrong with an order is said at its field, in plain words', async () => {
  const [, , { id, plan }] = lots;
  const { page } = await open(`/lots/${id}`);
  const fill = async (inputs, address = world.buyer.address) => {
    await page.getByLabel('UTXOs that pay').fill(inputs);
    await page.getByLabel('Address for the asset').fill(address);
    await page.getByLabel('Fee rate').fill('2,5');
    await page.getByRole('button', { name: 'Build the transaction' }).click();
  };
  await fill('nonsense');
  await page.getByText(/64 hex digits/).waitFor();
  await fill(`${plan.coin.txid}:${plan.coin.vout}`);
  await page.getByText(/This is the UTXO on sale/).waitFor();
  await fill(`${'00'.repeat(32)}:0`);
  await page.getByText(/00000000…:0: /).waitFor();
  const [coin] = world.buyerCoins(1);
  await fill(`${coin.txid}:${coin.vout}`, 'no address');
  await page.locator('[data-field=receive_address] .error:not(:empty)').waitFor();
  const carrier = await world.assetCoin();
  await fill(`${carrier.txid}:${carrier.vout}`);
  await page.getByText(/carries an asset/).waitFor();
  await inspect(page, 'lot-order-wrong');
  await page.close();
});

test('a lot that does not exist is said so', async () => {
  const { page } = await browser.newPage();
  await page.goto(`${world.gaveld.httpsUrl}/lots/999999`);
  await page.getByText('There is nothing here').waitFor();
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
  await page.getByRole('heading', { name: 'FROGKING' }).first().waitFor();
  await page.close();
});
