/**
 * The admin pages about people and programs, in a real browser against the real box: users, keys, sessions, the frame
 * around them, and who is shown what.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Browser } from '../support/browser.mjs';
import { OWNER } from '../support/gaveld.mjs';
import { inspect, signIn, SIZES } from '../support/pages.mjs';
import { World } from '../support/world.mjs';

const ANNA = { name: 'anna', password: 'four words of her own' };

/** @type {World} */
let world;
/** @type {Browser} */
let browser;

before(async () => {
  world = await World.start();
  browser = world.keep(await Browser.open({ locale: 'en-US', reducedMotion: 'reduce' }));
  const { page } = await browser.newPage();
  await page.goto(`${world.gaveld.httpsUrl}/login`);
  await signIn(page, OWNER);
  await page.close();
});
after(() => world?.close());

/** @param {string} path @param {Browser} [as] */
async function open(path, as = browser) {
  const { page, problems } = await as.newPage();
  await page.setViewportSize(SIZES.desktop);
  await page.goto(`${world.gaveld.httpsUrl}${path}`);
  await page.getByRole('heading', { level: 1 }).waitFor();
  return { page, problems };
}

/** What a refused request leaves in the console is no error of the page. */
const ownProblems = (problems) => problems.filter((text) => !/status of 4\d\d/.test(text));

const dialog = (page) => page.getByRole('dialog');

test('the pages are found from the header, beside each other, and in a menu on a phone', async () => {
  const { page, problems } = await open('/');
  await page.getByRole('navigation', { name: 'Pages', exact: true }).getByRole('link', { name: 'Administration' }).click();
  await page.getByRole('heading', { name: 'Administration', level: 1 }).waitFor();
  await inspect(page, 'admin');
  await page.getByRole('link', { name: /^API keys/ }).click();
  await page.getByRole('heading', { name: 'API keys', level: 1 }).waitFor();
  const others = page.getByRole('navigation', { name: 'Administration pages' });
  assert.equal(await others.getByRole('link', { name: 'API keys' }).getAttribute('aria-current'), 'page');
  await page.setViewportSize(SIZES.phone);
  const users = others.getByRole('link', { name: 'Users' });
  assert.equal(await users.isVisible(), false);
  await others.getByRole('button').press('Enter');
  await users.waitFor();

  await users.click();
  await page.getByRole('heading', { name: 'Users', level: 1 }).waitFor();
  assert.deepEqual(problems, []);
  await page.close();
});

test('a key is made, shown once, works for what it may, and is revoked', async () => {
  const { page, problems } = await open('/admin/keys');
  await page.getByRole('button', { name: 'New key' }).click();
  await dialog(page).getByRole('button', { name: 'Make the key' }).click();
  await dialog(page).getByText('Give it a name.').waitFor();
  await inspect(page, 'admin-key-new');
  await dialog(page).getByLabel('Name').fill('shop');
  await dialog(page).getByLabel('List auctions').uncheck();
  await dialog(page).getByRole('button', { name: 'Make the key' }).click();
  await dialog(page).getByText('Choose at least one thing').waitFor();
  await dialog(page).getByLabel('Administer').check();
  await dialog(page).getByLabel('Ends').selectOption('30');
  await dialog(page).getByRole('button', { name: 'Make the key' }).click();
  const text = await dialog(page).getByRole('region', { name: 'Text of the key shop' }).textContent();
  assert.match(text, /^gvl_\w{8}_[\w-]{43}$/);
  await inspect(page, 'admin-key-once');
  await dialog(page).getByRole('button', { name: 'I have kept it' }).click();
  const row = page.getByRole('row', { name: /shop/ });
  await row.getByText('Valid until').waitFor();
  assert.equal((await page.content()).includes(text), false, 'gone from the page');
  assert.equal((await world.api.get('/api/v1/keys', { 'X-API-Key': text })).status, 200);
  await inspect(page, 'admin-keys');
  await row.getByRole('button', { name: 'Revoke shop' }).click();
  await dialog(page).getByRole('button', { name: 'Revoke', exact: true }).click();
  await page.getByText('shop is revoked.').waitFor();
  await page.getByText('1 key that no longer works').click();
  await page.locator('#keys-gone').getByText('shop').waitFor();
  assert.equal((await world.api.get('/api/v1/keys', { 'X-API-Key': text })).status, 401);
  assert.deepEqual(ownProblems(problems), []);
  await page.close();
});

test('a user is added, changed, locked out and removed', async () => {
  const { page, problems } = await open('/admin/users');
  await page.getByRole('button', { name: 'New user' }).click();
  await dialog(page).getByLabel('Name').fill('owner');
  await dialog(page).getByLabel('Password', { exact: true }).fill('short');
  await dialog(page).getByRole('button', { name: 'Add the user' }).click();
  await dialog(page).getByText('At least 12 characters.', { exact: true }).waitFor();
  await dialog(page).getByLabel('Password', { exact: true }).fill(ANNA.password);
  await dialog(page).getByRole('button', { name: 'Add the user' }).click();
  await dialog(page).getByText('Somebody has this name already.').waitFor();
  await inspect(page, 'admin-user-new');
  await dialog(page).getByLabel('Name').fill(ANNA.name);
  await dialog(page).getByRole('button', { name: 'Add the user' }).click();
  await page.getByText('anna can sign in now.').waitFor();
  const row = page.getByRole('row', { name: /^anna/ });
  await row.getByText('Viewer').waitFor();
  await row.getByRole('button', { name: 'Change anna' }).click();
  await dialog(page).getByLabel('Role').selectOption('operator');
  await dialog(page).getByRole('button', { name: 'Save' }).click();
  await row.getByText('Operator').waitFor();
  await inspect(page, 'admin-users');
  assert.deepEqual(ownProblems(problems), []);
  await page.close();
});

test('an operator sees the pages of an operator only', async () => {
  const other = await Browser.open({ locale: 'en-US', reducedMotion: 'reduce' });
  try {
    const { page, problems } = await open('/login', other);
    await signIn(page, ANNA);
    await page.goto(`${world.gaveld.httpsUrl}/admin`);
    await page.getByRole('heading', { name: 'Administration', level: 1 }).waitFor();
    assert.equal(await page.getByRole('link', { name: /API keys|Users|Settings/ }).count(), 0);
    await page.goto(`${world.gaveld.httpsUrl}/admin/users`);
    await page.getByRole('heading', { name: 'Market' }).waitFor();
    assert.deepEqual(problems, []);

    const admin = await open('/admin/sessions');
    const row = admin.page.getByRole('row', { name: /^anna/ });
    await row.getByText('127.0.0.1').waitFor();
    await inspect(admin.page, 'admin-sessions');
    await row.getByRole('button', { name: 'End' }).click();
    await dialog(admin.page).getByRole('button', { name: 'End' }).click();
    await admin.page.getByText('That session has ended.').waitFor();
    await page.goto(`${world.gaveld.httpsUrl}/account`);
    await page.waitForURL(/\/login/);

    await admin.page.getByRole('link', { name: 'Users' }).click();
    await row.getByRole('button', { name: 'Change anna' }).click();
    await dialog(admin.page).getByLabel('Lock this account').check();
    await dialog(admin.page).getByRole('button', { name: 'Save' }).click();
    await row.getByText('Locked').waitFor();
    await page.getByLabel('Name').fill(ANNA.name);
    await page.getByLabel('Password', { exact: true }).fill(ANNA.password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('Name, password or code is wrong.').waitFor();
    await row.getByRole('button', { name: 'Change anna' }).click();
    await dialog(admin.page).getByRole('button', { name: 'Remove' }).click();
    await admin.page.getByRole('dialog', { name: 'Remove anna' }).getByRole('button', { name: 'Remove' }).click();
    await admin.page.getByText('anna is removed.').waitFor();
    await row.waitFor({ state: 'detached' });
    assert.deepEqual(ownProblems(admin.problems), []);
    await admin.page.close();
  } finally {
    await other.close();
  }
});
