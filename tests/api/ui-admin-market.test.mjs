/**
 * The admin pages about the market, in a real browser against the real box: webhooks with a receiver that hears them,
 * and the table of all listings.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Browser } from '../support/browser.mjs';
import { OWNER } from '../support/gaveld.mjs';
import { inspect, signIn, SIZES } from '../support/pages.mjs';
import { Receiver, signatureOf } from '../support/receiver.mjs';
import { until } from '../support/wait.mjs';
import { World } from '../support/world.mjs';

/** @type {World} */
let world;
/** @type {Browser} */
let browser;
/** @type {Receiver} */
let receiver;

before(async () => {
  world = await World.start({ settings: { 'webhooks.private_targets': 'on' } });
  receiver = world.keep(await Receiver.start());
  browser = world.keep(await Browser.open({ locale: 'en-US', reducedMotion: 'reduce' }));
  const { page } = await browser.newPage();
  await page.goto(`${world.gaveld.httpsUrl}/login`);
  await signIn(page, OWNER);
  await page.close();
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

/** What a refused request leaves in the console is no error of the page. */
const ownProblems = (problems) => problems.filter((text) => !/status of 4\d\d/.test(text));

const dialog = (page) => page.getByRole('dialog');

test('a webhook is added, shows its secret once, is tested, and sends again what it sent', async () => {
  const { page, problems } = await open('/admin/webhooks');
  await page.getByText('Nobody is told').waitFor();
  await page.getByRole('button', { name: 'New webhook' }).click();
  await dialog(page).getByLabel('Name').fill('shop <b>bold</b>');
  await dialog(page).getByLabel('Address').fill('shop');
  await dialog(page).getByRole('button', { name: 'Add the webhook' }).click();
  await dialog(page).getByText('An address begins with').waitFor();
  await inspect(page, 'admin-webhook-new');
  await dialog(page).getByLabel('Address').fill(receiver.url);
  await dialog(page).getByRole('button', { name: 'Add the webhook' }).click();
  const secret = await dialog(page).getByRole('region', { name: 'Secret' }).textContent();
  await dialog(page).getByRole('button', { name: 'I have kept it' }).click();
  await page.getByRole('heading', { name: 'shop <b>bold</b>', level: 1 }).waitFor();
  await page.getByText('Nothing was sent yet').waitFor();

  await page.getByRole('button', { name: 'Send a test' }).click();
  await until('the receiver to hear it', () => receiver.got.length === 1);
  const [{ headers, body }] = receiver.got;
  const signature = String(headers['gavel-signature']);
  assert.equal(signature, signatureOf(secret, /t=(\d+)/.exec(signature)[1], body), 'the secret that was shown signs');
  const row = page.locator('#deliveries tbody tr');
  await row.getByText('Delivered 200').waitFor();
  await row.getByRole('button', { name: 'Send again' }).click();
  await until('the receiver to hear it again', () => receiver.got.length === 2);
  await until('two deliveries', async () => (await row.count()) === 2 && (await page.getByText('Delivered 200').count()) === 2);
  await inspect(page, 'admin-webhook');
  assert.equal((await page.content()).includes(secret), false);
  assert.deepEqual(ownProblems(problems), []);
  await page.close();
});

test('a webhook is changed, switched off and deleted', async () => {
  const { page, problems } = await open('/admin/webhooks');
  await inspect(page, 'admin-webhooks');
  await page.getByRole('link', { name: 'Open' }).click();
  await page.getByRole('button', { name: 'Change' }).click();
  await dialog(page).getByLabel('Name').fill('renamed');
  await dialog(page).getByLabel('New price').uncheck();
  await dialog(page).getByRole('button', { name: 'Save' }).click();
  await page.getByRole('heading', { name: 'renamed' }).waitFor();
  assert.equal(await page.locator('#webhook').getByText('New price').count(), 0);
  await page.getByRole('button', { name: 'Switch off' }).click();
  await page.getByRole('button', { name: 'Switch on' }).waitFor();
  assert.equal(await page.getByRole('button', { name: 'Send a test' }).isDisabled(), true);
  await page.getByRole('button', { name: 'Delete' }).click();
  await dialog(page).getByRole('button', { name: 'Delete' }).click();
  await page.getByText('Nobody is told').waitFor();
  await page.goto(`${world.gaveld.httpsUrl}/admin/webhooks?id=77`);
  await page.getByRole('heading', { name: 'There is nothing here' }).waitFor();
  assert.deepEqual(problems, []);
  await page.close();
});

test('all listings are in one table, follow what happens, and are narrowed by state', async () => {
  const { page, problems } = await open('/admin/listings');
  await page.getByText('No lot in this state').waitFor();
  const plan = await world.plan({ start: (await world.height()) + 3 });
  const id = await world.list(plan);
  const row = page.getByRole('row', { name: /FROGKING/ });
  await row.getByText('Upcoming').waitFor();
  await inspect(page, 'admin-listings');
  await page.getByLabel('Show', { exact: true }).selectOption('sold');
  await page.getByText('No lot in this state').waitFor();
  await page.getByLabel('Show', { exact: true }).selectOption('');
  await row.getByRole('link', { name: 'FROGKING' }).click();
  await page.waitForURL(new RegExp(`/lots/${id}$`));
  assert.deepEqual(problems, []);
  await page.close();
});
