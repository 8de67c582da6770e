/**
 * A page whose browser or proxy refuses the stream goes on by the next way, and still shows what changes: WebSocket,
 * then server-sent events, then long polls. Refused is as with a certificate that was clicked through: the upgrade
 * never succeeds.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Browser } from '../support/browser.mjs';
import { priceAt } from '../support/signer.mjs';
import { World } from '../support/world.mjs';

/** @type {World} */
let world;
/** @type {Browser} */
let browser;

before(async () => {
  world = await World.start();
  browser = world.keep(await Browser.open({ locale: 'en-US' }));
});
after(() => world?.close());

/** Runs in the page: every upgrade fails. */
const refuseSockets = () => {
  window.upgrades = 0;
  window.WebSocket = class {
    constructor() {
      window.upgrades += 1;
      setTimeout(() => this.onclose?.(), 0);
    }

    close() {}
  };
};

/** @param {{sockets: boolean, events: boolean}} refused */
async function open(refused) {
  const { page } = await browser.newPage(); /* a refused way is an error in the console */
  /** @type {string[]} */
  const errors = [];
  page.on('pageerror', (error) => errors.push(error.message));
  if (refused.sockets) await page.addInitScript(refuseSockets);
  if (refused.events) await page.route('**/api/v1/events?*', (route) => route.abort());
  return { page, errors };
}

/** The page shows a lot that is listed now, and its prices of the next blocks, and is not loaded again. */
async function assertFollows(page) {
  let loads = 0;
  page.on('load', () => loads++);
  const plan = await world.plan({ start: (await world.height()) + 2, startPrice: 76543, decrement: 321 });
  const id = await world.list(plan);
  await world.mineTo(plan.start);
  const price = page.locator(`[data-id="${id}"] .price`);
  for (let i = 0; i < 2; i++) {
    await price.getByText(priceAt(plan, plan.start + i).toLocaleString('en')).waitFor();
    await world.mine(1);
  }
  assert.equal(loads, 0);
}

test('without WebSockets the page follows server-sent events, after two tries', async () => {
  const { page, errors } = await open({ sockets: true, events: false });
  const stream = page.waitForRequest(/\/api\/v1\/events\?ch=/);
  await page.goto(`${world.gaveld.httpsUrl}/`);
  await stream;
  assert.equal(await page.evaluate(() => window.upgrades), 2);
  await assertFollows(page);
  assert.equal(await page.evaluate(() => window.upgrades), 2, 'it stays with what works');
  assert.deepEqual(errors, []);
  await page.close();
});

test('without both it asks by long polls, from the number it has', async () => {
  const { page, errors } = await open({ sockets: true, events: true });
  const first = page.waitForRequest(/\/api\/v1\/events\/poll\?ch=/);
  await page.goto(`${world.gaveld.httpsUrl}/`);
  await first;
  const next = page.waitForRequest(/\/api\/v1\/events\/poll\?ch=[^&]+&since=\d+/);
  await assertFollows(page);
  await next;
  assert.deepEqual(errors, []);
  await page.close();
});

test('with everything allowed it opens one WebSocket and neither of the others', async () => {
  const { page, errors } = await open({ sockets: false, events: false });
  const others = [];
  page.on('request', (request) => request.url().includes('/api/v1/events') && others.push(request.url()));
  const socket = page.waitForEvent('websocket');
  await page.goto(`${world.gaveld.httpsUrl}/`);
  assert.match((await socket).url(), /\/api\/v1\/ws$/);
  await assertFollows(page);
  assert.deepEqual([others, errors], [[], []]);
  await page.close();
});
