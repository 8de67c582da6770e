/**
 * The admin pages about the box itself, in a real browser against the real box: settings as a form, with what happens
 * when two people change them at once and when they need a restart; the audit log, the log and the system's state.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Browser } from '../support/browser.mjs';
import { OWNER } from '../support/gaveld.mjs';
import { inspect, signIn, SIZES } from '../support/pages.mjs';
import { freePorts } from '../support/process.mjs';
import { until } from '../support/wait.mjs';
import { World } from '../support/world.mjs';

/** @type {World} */
let world;
/** @type {Browser} */
let browser;
/** @type {string} */
let admin;

before(async () => {
  const [http, https] = await freePorts(2); /* the same again after a restart */
  world = await World.start({ settings: { 'http.port': String(http), 'https.port': String(https), 'web.hosts': 'box.example.org' } });
  browser = world.keep(await Browser.open({ locale: 'en-US', reducedMotion: 'reduce' }));
  admin = await world.gaveld.createKey({ scope: 'admin' });
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
const read = async () => world.api.get('/api/v1/settings', { 'X-API-Key': admin });
const valueOf = async (key) => (await read()).json.items.find((item) => item.key === key).value;

/** As somebody else does at the same time. @param {Record<string, unknown>} changes */
async function changeElsewhere(changes) {
  const { headers } = await read();
  const answer = await world.api.send('PATCH', '/api/v1/settings', {
    body: JSON.stringify(changes),
    headers: { 'X-API-Key': admin, 'Content-Type': 'application/json', 'If-Match': headers.etag },
  });
  assert.equal(answer.status, 200, answer.text);
}

test('every setting of the box is on its page, in both languages', async () => {
  const { page, problems } = await open('/admin/settings');
  const { items } = (await read()).json;
  for (const { key } of items) assert.equal(await page.locator('.origin code', { hasText: key }).count() > 0, true, key);
  for (const language of ['en', 'de']) {
    const words = await page.evaluate((name) => fetch(`/strings/admin-settings.${name}.json`).then((answer) => answer.json()), language);
    for (const { key, group } of items) {
      for (const name of [`setting.${key}`, `settingHelp.${key}`, `settings.group.${group}`]) assert.ok(words[name], `${language}: ${name}`);
    }
  }
  await page.getByText('Fixed by the environment variable GAVEL_NODE__URL').waitFor();
  assert.equal(await page.getByLabel('Address of bitcoind').evaluate((box) => box.readOnly), true);
  await page.getByText('Fixed on the command line').waitFor();
  await inspect(page, 'admin-settings');
  assert.deepEqual(problems, []);
  await page.close();
});

test('a setting is checked, saved, applied at once and reset', async () => {
  const { page, problems } = await open('/admin/settings');
  const group = page.locator('#group-log');
  await group.getByLabel('Lowest level written').selectOption('debug');
  await group.getByRole('button', { name: 'Save' }).click();
  await page.getByText('1 setting saved.').waitFor();
  await group.getByText('Changed here').waitFor();
  assert.equal(await valueOf('log.level'), 'debug');
  await group.getByRole('button', { name: 'Reset Lowest level written' }).click();
  await group.getByText('Default').waitFor();
  assert.equal(await valueOf('log.level'), 'info');
  assert.equal(await group.getByLabel('Lowest level written').inputValue(), 'info');

  const auction = page.locator('#group-auction');
  await auction.getByLabel('Confirmations').fill('101');
  await auction.getByRole('button', { name: 'Save' }).click();
  await auction.locator('.error').getByText('A whole number from 1 to 100.').waitFor();
  const names = page.locator('#group-web');
  await names.getByLabel('Pages elsewhere').fill('not an origin');
  await names.getByRole('button', { name: 'Save' }).click();
  await names.locator('.error', { hasText: 'origins are' }).waitFor();
  assert.deepEqual(ownProblems(problems), []);
  await page.close();
});

test('when somebody else was faster nothing is overwritten unseen', async () => {
  const { page, problems } = await open('/admin/settings');
  const node = page.locator('#group-node');
  const patience = node.getByRole('spinbutton', { name: 'Patience with one call' });
  await patience.fill('20000');
  await changeElsewhere({ 'node.timeout_ms': 25000, 'oracle.window_hours': 5 });
  await node.getByRole('button', { name: 'Save' }).click();
  await node.getByText('Somebody changed the settings meanwhile').waitFor();
  await node.getByText('now 25000, you typed 20000').waitFor();
  assert.equal(await valueOf('node.timeout_ms'), 25000);
  assert.equal(await patience.inputValue(), '20000', 'what was typed stays');
  await inspect(page, 'admin-settings-conflict');
  await node.getByRole('button', { name: 'Save' }).click();
  await page.getByText('1 setting saved.').waitFor();
  assert.equal(await valueOf('node.timeout_ms'), 20000);
  assert.equal(await valueOf('oracle.window_hours'), 5, 'theirs is left alone');

  await patience.fill('21000');
  await changeElsewhere({ 'node.timeout_ms': 26000 });
  await node.getByRole('button', { name: 'Save' }).click();
  await node.getByRole('button', { name: 'Load what is there now' }).click();
  await page.waitForFunction(() => document.querySelector('[name="node.timeout_ms"]').value === '26000');
  assert.deepEqual(ownProblems(problems), []);
  await page.close();
});

test('the audit log is paged and filtered, and its chain is verified', async () => {
  for (let i = 0; i < 26; i++) await world.gaveld.createKey();
  const { page, problems } = await open('/admin/audit');
  const rows = page.locator('#audit tbody tr');
  await until('a page of entries', async () => (await rows.count()) === 25);
  await page.getByRole('button', { name: 'Show more' }).click();
  await until('more entries', async () => (await rows.count()) > 25);
  await page.getByLabel('Show', { exact: true }).selectOption('login');
  await page.getByRole('row', { name: /Signed in/ }).first().waitFor();
  await until('sign-ins only', async () => (await page.getByText('Key made').count()) === 0);
  assert.equal(new URL(page.url()).searchParams.get('kind'), 'login');
  await page.getByRole('button', { name: 'Verify the chain' }).click();
  await page.getByText(/The chain is whole: \d+ entries/).waitFor();
  const { json } = await world.api.get('/api/v1/audit/verify', { 'X-API-Key': admin });
  assert.equal(await page.locator('#audit-last').textContent(), json.last);
  await inspect(page, 'admin-audit');
  await page.getByLabel('Show', { exact: true }).selectOption('backup');
  await page.getByText('Nothing of this kind happened').waitFor();
  assert.deepEqual(problems, []);
  await page.close();
});

test('the log is filtered and follows what comes', async () => {
  await changeElsewhere({ 'log.level': 'debug' });
  const { page, problems } = await open('/admin/logs');
  const lines = page.locator('#log li');
  await lines.first().waitFor();
  const last = await lines.last().getAttribute('data-key');
  await world.gaveld.createKey();
  await world.mine(1);
  await until('new lines', async () => Number(await lines.last().getAttribute('data-key')) > Number(last));
  await inspect(page, 'admin-logs');
  await page.getByLabel('Part').fill('node');
  await until('lines of the node only', async () => (await lines.locator('b').allTextContents()).every((name) => name === 'node'));
  await page.getByRole('button', { name: 'Pause' }).click();
  await page.getByText(/Paused\./).waitFor();
  await page.getByLabel('Search').fill('no such line anywhere');
  await page.getByText('No line fits').waitFor();
  await changeElsewhere({ 'log.level': null });
  assert.deepEqual(problems, []);
  await page.close();
});

test('the system page tells of memory, wear, pools and threads, and keeps itself fresh', async () => {
  const { page, problems } = await open('/admin/system');
  const { json } = await world.api.get('/api/v1/system', { 'X-API-Key': admin });
  assert.equal(await page.locator('#pools tbody tr').count(), json.pools.length);
  assert.equal(await page.locator('#threads tbody tr').count(), json.threads.length);
  await page.locator('#about').getByText(json.version).waitFor();
  const commands = page.locator('#about div', { has: page.getByText('Commands', { exact: true }) }).locator('dd');
  const before = await commands.textContent();
  await world.gaveld.createKey();
  await until('fresh numbers', async () => (await commands.textContent()) !== before);
  await inspect(page, 'admin-system');
  assert.deepEqual(problems, []);
  await page.close();
});

test('the certificate page shows names, end and fingerprints, and gives the authority away', async () => {
  const { page, problems } = await open('/admin/tls');
  const { certificate } = (await world.api.get('/api/v1/system', { 'X-API-Key': admin })).json;
  const plain = async (id) => (await page.locator(id).textContent()).replace(/:/g, '').toLowerCase();
  assert.equal(await plain('#fingerprint'), certificate.ca_sha256.replace(/:/g, '').toLowerCase());
  assert.equal(await plain('#leaf-fingerprint'), certificate.sha256.replace(/:/g, '').toLowerCase());
  for (const name of certificate.names) await page.locator('#leaf').getByText(name, { exact: true }).waitFor();
  const started = page.waitForEvent('download');
  await page.getByRole('link', { name: 'Download the certificate' }).click();
  assert.equal(readFileSync(await (await started).path(), 'utf8'), world.gaveld.ca);
  await inspect(page, 'admin-tls');
  assert.deepEqual(problems, []);
  await page.close();
});

test('an owner brings a certificate of his own, is told what is wrong with it, and gives it up', async () => {
  const { page, problems } = await open('/admin/tls');
  const vector = (name) => fileURLToPath(new URL(`../vectors/tls/${name}`, import.meta.url));
  const bring = async (name) => {
    await page.getByLabel('Chain and private key').setInputFiles(vector(name));
    await page.getByRole('button', { name: 'Check and serve' }).click();
  };
  await bring('stranger.pem');
  await page.getByText('does not belong to the first certificate').waitFor();
  await bring('leaf.pem');
  await page.locator('#own').getByText('*.shop.example.org', { exact: true }).waitFor();
  assert.equal((await world.api.get('/api/v1/system', { 'X-API-Key': admin })).json.certificate.own.state, 'served');
  await inspect(page, 'admin-tls-own');
  await page.getByRole('button', { name: 'Remove', exact: true }).click();
  await page.locator('#own-fingerprint').waitFor({ state: 'detached' });
  assert.deepEqual(ownProblems(problems), []);
  await page.close();
});

test('what needs a restart says so, and the page sees the restart through', async () => {
  const { page } = await open('/admin/settings');
  await page.getByText('Some changes wait for a restart').waitFor();
  assert.ok(await page.locator('#group-node').getByText('At the next start', { exact: true }).count());
  await page.getByRole('button', { name: 'Restart now' }).click();
  await dialog(page).getByRole('button', { name: 'Restart now' }).click();
  await page.getByText('The box restarts').waitFor();
  await page.getByText('The box is back.').waitFor();
  await page.getByText('Some changes wait for a restart').waitFor({ state: 'detached' });
  await page.close();
});
