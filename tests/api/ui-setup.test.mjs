/**
 * The first-run wizard in a real browser: a fresh box is claimed, connected to a real node, finished and restarted; it goes
 * on after a reload and on another device, and loses nothing that was typed.
 */
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Bitcoind } from '../support/bitcoind.mjs';
import { Browser } from '../support/browser.mjs';
import { Gaveld, OWNER } from '../support/gaveld.mjs';
import { inspect, portray, SIZES } from '../support/pages.mjs';
import { freePorts } from '../support/process.mjs';
import { until } from '../support/wait.mjs';

/** @type {{close: () => unknown}[]} */
const parts = [];
/** @type {Bitcoind} */
let node;
/** @type {Gaveld} */
let gaveld;
/** @type {Browser} the first device, and another */
let browser, other;

before(async () => {
  node = await Bitcoind.start();
  parts.push(node);
  await node.mine(3);
  /* The box comes back at the same address after its restart. */
  const [http, https] = await freePorts(2);
  gaveld = await Gaveld.start({ settings: { 'http.port': String(http), 'https.port': String(https) }, claim: false });
  parts.push(gaveld);
  browser = await Browser.open({ locale: 'en-US' });
  parts.push(browser);
  other = await Browser.open({ locale: 'de-DE' });
  parts.push(other);
});
after(async () => {
  for (const part of parts.reverse()) await part.close();
});

const claimCode = () => /\b\d{8}\b/.exec(readFileSync(join(gaveld.dir, 'claim-code.txt'), 'utf8'))[0];
const ownProblems = (problems) => problems.filter((text) => !/status of 4\d\d/.test(text));
const heading = (page, name) => page.getByRole('heading', { name }).waitFor();
/** The page moves when the search of this machine ends: buttons are pressed after it. */
const searched = (page) => page.getByText('Looking for a node on this machine').waitFor({ state: 'hidden' });
const next = (page) => page.getByRole('button', { name: 'Save and continue' }).click();

/** @param {Browser} device @param {string} path */
async function open(device, path) {
  const { page, problems } = await device.newPage();
  await page.setViewportSize(SIZES.desktop);
  await page.goto(`${gaveld.httpsUrl}${path}`);
  await page.getByRole('heading', { level: 1 }).waitFor();
  return { page, problems };
}

test('a box without an owner shows its set-up, whatever page was asked for', async () => {
  for (const path of ['/', '/dashboard', '/login']) {
    const { page, problems } = await open(browser, path);
    await page.waitForURL((url) => url.pathname === '/setup');
    await heading(page, 'Make this box yours');
    assert.deepEqual(ownProblems(problems), []);
    await page.close();
  }
});

test('the claim: a wrong code is told at its field, another language loses nothing, the right code makes an owner', async () => {
  const { page, problems } = await open(browser, '/setup');
  const right = claimCode();
  const wrong = right === '00000000' ? '11111111' : '00000000';
  await page.getByLabel('Claim code').fill(wrong);
  await page.getByLabel('Your name here').fill(OWNER.name);
  await page.getByLabel('Password', { exact: true }).fill(OWNER.password);
  await page.getByRole('button', { name: 'Claim this box' }).click();
  await page.locator('[data-field="code"] .error', { hasText: 'This is not the code.' }).waitFor();
  await inspect(page, 'setup-claim');
  await page.getByLabel('Language').selectOption('de');
  await heading(page, 'Machen Sie diese Box zu Ihrer');
  assert.equal(await page.getByLabel('Ihr Name hier').inputValue(), OWNER.name);
  assert.equal(await page.getByLabel('Passwort', { exact: true }).inputValue(), OWNER.password);
  await page.getByLabel('Sprache').selectOption('en');
  await page.getByLabel('Claim code').fill(`${right.slice(0, 4)} ${right.slice(4)}`);
  await page.getByRole('button', { name: 'Claim this box' }).click();
  await heading(page, 'Connect your bitcoin node');
  assert.deepEqual(ownProblems(problems), []);
  await page.close();
});

test('typing goes on through the end of the search, which draws the page again', async () => {
  const { page, problems } = await open(browser, '/setup');
  /** @type {() => void} */
  let ended;
  const end = new Promise((resolve) => { ended = resolve; });
  await page.route('**/api/v1/setup/node/discover', async (route) => {
    await end;
    await route.fulfill({ json: { cookies: [], addresses: [] } });
  });
  await page.reload();
  const address = page.getByLabel('Address of the node');
  await address.fill('');
  await page.keyboard.type('http://node');
  ended();
  await page.getByText('No node was found on this machine').waitFor();
  await page.keyboard.type('.lan:8332');
  assert.equal(await address.inputValue(), 'http://node.lan:8332');
  assert.deepEqual(ownProblems(problems), []);
  await page.close();
});

test('a node of the box itself: offered where it fits, and taken over when it answers', async () => {
  const { page, problems } = await open(browser, '/setup');
  const size = { asked: false, memory_mib: 467, memory_mib_min: 1800, disk_mib: 60000, disk_mib_min: 28000 };
  let seen = { own: size, cookies: [], addresses: [{ url: node.url, answers: false }] };
  await page.route('**/api/v1/setup/node/discover', (route) => route.fulfill({ json: seen }));
  await page.reload();
  await page.getByText('This box is too small for a node of its own').waitFor();
  await page.getByText('Memory: 467 MiB, needed are 1,800').waitFor();
  seen = { ...seen, own: { ...size, memory_mib: 3790 } };
  await page.reload();
  await page.route('**/api/v1/setup/node/own', (route) => {
    assert.deepEqual(route.request().postDataJSON(), { network: 'main' });
    seen = { ...seen, addresses: [{ url: node.url, answers: true }] };
    return route.fulfill({ status: 202, json: { ...seen.own, asked: true } });
  });
  await page.getByLabel('Path of the cookie file').fill(node.cookieFile); // the image's settings have it
  await page.getByRole('button', { name: 'Start the node of this box' }).click();
  await page.getByText('The node of this box starts').waitFor();
  await page.locator('#node-result').waitFor().catch(() => {});
  assert.match(await page.locator('main').innerText(), /The node answers/);
  assert.equal(await page.getByLabel('Address of the node').inputValue(), node.url);
  assert.deepEqual(ownProblems(problems), []);
  await page.close();
});

test('the node: a wrong address says what to check, the right one is tested over RPC and ZMQ and stored', async () => {
  const { page, problems } = await open(browser, '/setup');
  await heading(page, 'Connect your bitcoin node');
  const [closed] = await freePorts(1);
  await page.getByLabel('Address of the node').fill(`http://127.0.0.1:${closed}`);
  await page.getByLabel('Path of the cookie file').fill(node.cookieFile);
  await searched(page);
  await page.getByRole('button', { name: 'Test the connection' }).click();
  await page.getByText('The node does not answer as it should').waitFor();
  await page.reload();
  await heading(page, 'Connect your bitcoin node');
  assert.equal(await page.getByLabel('Path of the cookie file').inputValue(), node.cookieFile, 'typed before the reload');
  await page.getByLabel('Address of the node').fill(node.url);
  await searched(page);
  await page.getByRole('button', { name: 'Test the connection' }).click();
  const result = page.locator('#node-result');
  await result.waitFor().catch(() => {});
  assert.match(await page.locator('main').innerText(), /The node answers/);
  assert.match(await result.textContent(), /regtest/);
  await result.getByText('rawtx').waitFor();
  await inspect(page, 'setup-node');
  await next(page);
  await heading(page, 'Where facts about assets come from');
  assert.deepEqual(ownProblems(problems), []);
  await page.close();
});

test('another device goes on where the first one was, in its own language', async () => {
  const { page, problems } = await open(other, '/setup');
  await page.waitForURL((url) => url.pathname === '/login');
  await page.getByLabel('Name').fill(OWNER.name);
  await page.getByLabel('Passwort', { exact: true }).fill(OWNER.password);
  await page.getByRole('button', { name: 'Anmelden' }).click();
  await heading(page, 'Woher Angaben über Assets kommen');
  assert.deepEqual(ownProblems(problems), []);
  await page.close();
});

test('the rest: source, modules, certificate with the right fingerprint, restart, dashboard', async () => {
  const { page, problems } = await open(browser, '/setup');
  await heading(page, 'Where facts about assets come from');
  await page.getByLabel('Counterparty API').fill('not an address');
  await next(page);
  await page.locator('[data-field="url"] .error').filter({ hasText: 'begins with' }).waitFor();
  await page.getByLabel('Counterparty API').fill('http://127.0.0.1:9');
  await inspect(page, 'setup-counterparty');
  await next(page);
  await heading(page, 'What this box does');
  await page.getByLabel('Price of bitcoin').uncheck();
  await inspect(page, 'setup-modules');
  await next(page);
  await heading(page, 'Let your devices trust this box');
  const shown = await page.locator('#fingerprint').textContent();
  assert.equal(shown, new X509Certificate(gaveld.ca).fingerprint256);
  const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'Download the certificate' }).click()]);
  assert.equal(readFileSync(await file.path(), 'utf8').trim(), gaveld.ca.trim());
  await inspect(page, 'setup-certificate');
  await portray(page, 'wizard', { size: 'phone' });
  await page.getByRole('button', { name: 'Back' }).click();
  await heading(page, 'What this box does');
  assert.equal(await page.getByLabel('Price of bitcoin').isChecked(), false, 'kept on the way back');
  await next(page);
  await page.getByRole('button', { name: 'Continue', exact: true }).click();
  await heading(page, 'Ready');
  await inspect(page, 'setup-done');
  await page.getByRole('button', { name: 'Restart the box now' }).click();
  await heading(page, 'Dashboard');
  await until('the box follows the node it was given', async () =>
    (await page.locator('#tile-height .value').textContent()) === '3');
  assert.deepEqual(ownProblems(problems).filter((text) => !/ERR_|WebSocket/.test(text)), [], 'while it was away, requests fail');
  await page.close();
});
