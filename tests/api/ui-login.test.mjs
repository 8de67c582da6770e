/**
 * Signing in and one's own account, in a real browser against the real box: right and wrong passwords, one-time codes,
 * sessions, the lock-out that counts down, and who is shown what.
 */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, before, test } from 'node:test';
import { Browser } from '../support/browser.mjs';
import { OWNER } from '../support/gaveld.mjs';
import { inspect, signIn, SIZES } from '../support/pages.mjs';
import { until } from '../support/wait.mjs';
import { World } from '../support/world.mjs';

const NEW_PASSWORD = 'a new one that is long';
const STEP_MS = 30000;

/** @type {World} */
let world;
/** @type {Browser[]} each with cookies of its own */
let browsers;

before(async () => {
  world = await World.start();
  browsers = [];
  for (let i = 0; i < 2; i++) browsers.push(world.keep(await Browser.open({ locale: 'en-US' })));
});
after(() => world?.close());

/** @param {string} path @param {Browser} [browser] */
async function open(path, browser = browsers[0]) {
  const { page, problems } = await browser.newPage();
  await page.setViewportSize(SIZES.desktop);
  await page.goto(`${world.gaveld.httpsUrl}${path}`);
  await page.getByRole('heading', { level: 1 }).waitFor();
  return { page, problems };
}

/** What a refused request leaves in the console is no error of the page. */
const ownProblems = (problems) => problems.filter((text) => !/status of 4\d\d/.test(text));

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** RFC 6238. @param {string} secret base32 @param {number} step */
function codeOf(secret, step) {
  const bits = [...secret].map((c) => BASE32.indexOf(c).toString(2).padStart(5, '0')).join('');
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const mac = createHmac('sha1', key).update(counter).digest();
  const value = mac.readUInt32BE(mac[19] & 15) & 0x7fffffff;
  return String(value % 1e6).padStart(6, '0');
}

/** The box takes a code within a step of now, and each step once. */
let lastStep = 0;
function nextCode(secret) {
  lastStep = Math.max(lastStep + 1, Math.floor(Date.now() / STEP_MS) - 1);
  return until('the next code is near enough', () =>
    lastStep <= Math.floor(Date.now() / STEP_MS) + 1 && codeOf(secret, lastStep), { timeoutMs: 40000 });
}

test('a wrong password says so in words and keeps what was typed; the right one leads where one wanted to go', async () => {
  const { page, problems } = await open('/account');
  await page.getByLabel('Name').fill(OWNER.name);
  await page.getByLabel('Password', { exact: true }).fill('not the password');
  await page.keyboard.press('Enter');
  await page.getByText('Name, password or code is wrong.').waitFor();
  assert.equal(await page.getByLabel('Name').inputValue(), OWNER.name);
  await inspect(page, 'login');
  await page.getByLabel('Password', { exact: true }).fill(OWNER.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('heading', { name: 'Your account' }).waitFor();
  assert.equal(new URL(page.url()).pathname, '/account');
  await page.reload();
  await page.getByRole('heading', { name: 'Your account' }).waitFor();
  await inspect(page, 'account');
  assert.deepEqual(ownProblems(problems), []);
  await page.close();
});

test('a link that leads elsewhere after signing in is not followed', async () => {
  const { page } = await open('/login?next=//example.org/');
  await page.waitForURL((url) => url.pathname === '/dashboard');
  assert.equal(new URL(page.url()).host, new URL(world.gaveld.httpsUrl).host);
  await page.close();
});

test('another session of mine is listed and ended, and its next step leads to the sign-in', async () => {
  const other = await open('/login', browsers[1]);
  await signIn(other.page, OWNER);
  const { page, problems } = await open('/account');
  const rows = page.locator('#sessions tbody tr');
  await until('two sessions', async () => (await rows.count()) === 2);
  assert.equal(await rows.filter({ hasText: 'This one' }).count(), 1);
  await rows.getByRole('button', { name: 'End' }).click();
  await page.getByText('That session has ended.').waitFor();
  await until('one session', async () => (await rows.count()) === 1);
  await other.page.getByRole('button', { name: 'You and this page' }).click();
  await other.page.getByRole('link', { name: 'Your account' }).click();
  await other.page.getByRole('heading', { name: 'Sign in' }).waitFor();
  assert.deepEqual(problems, []);
  await page.close();
  await other.page.close();
});

test('one-time codes are set up by QR, asked for at the next sign-in, and turned off', async () => {
  const { page, problems } = await open('/account');
  await page.getByRole('button', { name: 'Set up one-time codes' }).click();
  await page.locator('dialog').getByLabel('Current password').fill(OWNER.password);
  await page.getByRole('button', { name: 'Go on' }).click();
  const secret = (await page.locator('dialog .qr code').textContent()).replaceAll(' ', '');
  assert.match(secret, /^[A-Z2-7]{32}$/);
  await inspect(page, 'account-totp');
  await page.getByLabel('Code that the app shows now').fill(await nextCode(secret));
  await page.getByRole('button', { name: 'Turn on' }).click();
  await page.getByText('One-time codes are on.').waitFor();
  await page.getByRole('button', { name: 'You and this page' }).click();
  await page.locator('#person-menu-panel').getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('heading', { name: 'Market' }).waitFor();
  await page.goto(`${world.gaveld.httpsUrl}/login`);
  await page.getByLabel('Name').fill(OWNER.name);
  await page.getByLabel('Password', { exact: true }).fill(OWNER.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('heading', { name: 'One-time code' }).waitFor();
  await inspect(page, 'login-code');
  await page.getByLabel('Code of your authenticator app').fill(await nextCode(secret));
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('heading', { name: 'Dashboard' }).waitFor();
  await page.goto(`${world.gaveld.httpsUrl}/account`);
  await page.getByRole('button', { name: 'Turn one-time codes off' }).click();
  await page.locator('dialog').getByLabel('Current password').fill(OWNER.password);
  await page.getByLabel('Code that the app shows now').fill(await nextCode(secret));
  await page.getByRole('button', { name: 'Turn off' }).click();
  await page.getByText('One-time codes are off.').waitFor();
  assert.deepEqual(ownProblems(problems), []);
  await page.close();
});

test('the password is changed: what is wrong stands at its field, and only the new one opens', async () => {
  const { page, problems } = await open('/account');
  await page.getByLabel('Current password').fill(OWNER.password);
  await page.getByLabel('New password', { exact: true }).fill('short');
  await page.getByLabel('New password again').fill('other');
  await page.getByRole('button', { name: 'Change password' }).click();
  await page.locator('[data-field="new"] .error', { hasText: 'At least 12 characters.' }).waitFor();
  await page.locator('[data-field="again"] .error', { hasText: 'The two are not the same.' }).waitFor();
  await page.getByLabel('New password', { exact: true }).fill(NEW_PASSWORD);
  await page.getByLabel('New password again').fill(NEW_PASSWORD);
  await page.getByRole('button', { name: 'Change password' }).click();
  await page.getByText('The password is changed.').waitFor();
  await page.close();
  const fresh = await open('/login', browsers[1]);
  await signIn(fresh.page, { name: OWNER.name, password: NEW_PASSWORD });
  await fresh.page.close();
  assert.deepEqual(problems, []);
});

test('after five wrong passwords the page says how long the address is locked, and counts down', async () => {
  const { page } = await open('/login', browsers[1]);
  await page.evaluate(() => localStorage.clear());
  await page.context().clearCookies();
  await page.goto(`${world.gaveld.httpsUrl}/login`);
  const left = page.getByText(/Try again in \d+:\d\d\./);
  await until('the lock-out', async () => {
    await page.getByLabel('Name').fill(OWNER.name);
    await page.getByLabel('Password', { exact: true }).fill('not the password');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.locator('.form-error .message').waitFor();
    return left.isVisible();
  });
  const first = await left.textContent();
  await until('the count goes down', async () => (await left.textContent()) !== first);
  await inspect(page, 'login-locked');
  await page.close();
});
