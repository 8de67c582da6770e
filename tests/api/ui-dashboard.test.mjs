/**
 * The dashboard in a real browser: it follows the node without reload, says in words what is wrong and what to do, and
 * takes it back when it is over; other people see what they may.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Browser } from '../support/browser.mjs';
import { OWNER } from '../support/gaveld.mjs';
import { assertFits, inspect, portray, signIn, SIZES } from '../support/pages.mjs';
import { until } from '../support/wait.mjs';
import { World } from '../support/world.mjs';

/** @type {World} */
let world;
/** @type {Browser} */
let browser;

before(async () => {
  world = await World.start();
  browser = world.keep(await Browser.open({ locale: 'en-US' }));
  const { page } = await browser.newPage();
  await page.goto(`${world.gaveld.httpsUrl}/login`);
  await signIn(page, OWNER);
  await page.close();
});
after(() => world?.close());

async function open() {
  const { page, problems } = await browser.newPage();
  await page.setViewportSize(SIZES.desktop);
  await page.goto(`${world.gaveld.httpsUrl}/dashboard`);
  await page.getByRole('heading', { name: 'Dashboard' }).waitFor();
  return { page, problems };
}

const shown = (n) => n.toLocaleString('en');

test('height and auctions are those of the node and the market, and follow without reload', async () => {
  const { page, problems } = await open();
  const height = page.locator('#tile-height .value');
  assert.equal(await height.textContent(), shown(await world.height()));
  await world.mine(1);
  await until('the new height', async () => (await height.textContent()) === shown(await world.height()));
  const plan = await world.plan({ start: (await world.height()) + 3 });
  await world.list(plan);
  await page.locator('#auctions').getByRole('row', { name: /Upcoming 1/ }).waitFor();
  await world.mineTo(plan.start);
  await page.locator('#auctions').getByRole('row', { name: /Price falling 1/ }).waitFor();
  await until('one lot on sale', async () => /^1/.test(await page.locator('#tile-sale .value').textContent()));
  await inspect(page, 'dashboard');
  await portray(page, 'dashboard');
  assert.deepEqual(problems, []);
  await page.close();
});

test('what the stream tells of the node while the page reads is not taken back by the answer, which is older', async () => {
  const { page, problems } = await browser.newPage();
  let asked = 0;
  let answered = 0;
  let release;
  const held = new Promise((resolve) => { release = resolve; });
  await page.route('**/api/v1/node', async (route) => {
    asked += 1;
    const shownFirst = asked === 1;
    const response = await route.fetch();
    answered += 1;
    if (!shownFirst) await held;
    await route.fulfill({ response });
  });
  await page.goto(`${world.gaveld.httpsUrl}/dashboard`);
  await until('the answers to page and header, once the stream is open', () => answered === 3);
  await world.mine(1);
  const height = page.locator('#tile-height .value');
  const newest = shown(await world.height());
  await until('the new height', async () => (await height.textContent()) === newest);
  release();
  await page.waitForTimeout(500); // the answers are drawn
  assert.equal(await height.textContent(), newest);
  await page.getByText(`Block ${newest}`).waitFor();
  assert.deepEqual(problems, []);
  await page.close();
});

test('the box tells of its memory, disk, certificate and pools', async () => {
  const { page, problems } = await open();
  const box = page.locator('#box');
  for (const fact of ['Memory', 'Disk', 'Written in 24 hours', 'Certificate', 'Running for']) await box.getByText(fact, { exact: true }).waitFor();
  await page.locator('#pools').getByText('All pools').click();
  assert.ok((await page.locator('#pools-all tbody tr').count()) > 3);
  await page.waitForTimeout(1000);
  assert.equal(await page.locator('#pools-all').evaluate((details) => details.open), true, 'stays open while facts come in');
  assert.deepEqual(problems, []);
  await page.close();
});

test('a node that goes away is an alert that says what to do, and goes with the trouble', async () => {
  const { page, problems } = await open();
  await world.node.halt();
  await page.getByText('The node does not answer').waitFor();
  await page.getByText(/Check that bitcoind runs/).waitFor();
  await inspect(page, 'dashboard-node-away');
  await world.node.launch();
  await page.getByText('The node does not answer').waitFor({ state: 'detached' });
  assert.deepEqual(problems, []);
  await page.close();
});

test('a box that goes away leaves the last known state, marked as such, and comes back by itself', async () => {
  const { page } = await open();
  const { httpPort, httpsPort } = world.gaveld;
  await world.gaveld.halt();
  await page.getByText(/The box has not answered since/).waitFor();
  assert.equal(await page.locator('#tile-height .value').textContent(), shown(await world.height()));
  await page.setViewportSize(SIZES.phone);
  await assertFits(page, 'offline');
  Object.assign(world.gaveld.settings, { 'http.port': String(httpPort), 'https.port': String(httpsPort) });
  await world.gaveld.launch();
  await page.getByText(/The box has not answered since/).waitFor({ state: 'hidden' });
  await page.close();
});
