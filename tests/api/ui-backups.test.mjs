/**
 * Backups in a real browser against the real box: made, tried, taken along, refused when they are none, and put back, from
 * the shelf and from a file, until the box is up again with what it held then.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { Browser } from '../support/browser.mjs';
import { OWNER } from '../support/gaveld.mjs';
import { inspect, signIn, SIZES } from '../support/pages.mjs';
import { freePorts } from '../support/process.mjs';
import { World } from '../support/world.mjs';

const PASSPHRASE = 'correct horse battery';

/** @type {World} */
let world;
/** @type {Browser} */
let browser;
/** @type {number} */
let kept;
/** @type {Buffer} */
let file;

before(async () => {
  const [http, https] = await freePorts(2); /* the same again after a restart */
  world = await World.start({ settings: { 'http.port': String(http), 'https.port': String(https) } });
  browser = world.keep(await Browser.open({ locale: 'en-US', reducedMotion: 'reduce' }));
  kept = await world.list(await world.plan());
  const { page } = await browser.newPage();
  await page.goto(`${world.gaveld.httpsUrl}/login`);
  await signIn(page, OWNER);
  await page.close();
});
after(() => world?.close());

async function open() {
  const { page, problems } = await browser.newPage();
  await page.setViewportSize(SIZES.desktop);
  await page.goto(`${world.gaveld.httpsUrl}/admin/backups`);
  await page.getByRole('heading', { name: 'Backups', level: 1 }).waitFor();
  return { page, problems };
}

/** What a refused request leaves in the console is no error of the page. */
const ownProblems = (problems) => problems.filter((text) => !/status of 4\d\d/.test(text));

const dialog = (page) => page.getByRole('dialog');
const status = async (id) => (await world.api.get(`/api/v1/dutch/${id}`)).status;

test('the first backup asks for a passphrase; it is made, tried and downloaded', async () => {
  const { page, problems } = await open();
  await page.getByText('There is no backup yet').waitFor();
  await page.getByRole('button', { name: 'Back up now' }).click();
  await dialog(page).getByLabel('Passphrase', { exact: true }).fill('short');
  await dialog(page).getByRole('button', { name: 'Back up' }).click();
  await dialog(page).getByText('The two are not the same.').waitFor();
  await inspect(page, 'admin-backup-first');
  await dialog(page).getByLabel('Passphrase', { exact: true }).fill(PASSPHRASE);
  await dialog(page).getByLabel('Passphrase again').fill(PASSPHRASE);
  await dialog(page).getByRole('button', { name: 'Back up' }).click();
  await page.getByText('The backup is made').waitFor();
  const row = page.locator('#shelf tbody tr');
  await row.getByText('Not tried yet').waitFor();
  await row.getByRole('button', { name: 'Try it' }).click();
  await row.getByText(/^Good/).waitFor();
  const started = page.waitForEvent('download');
  await row.getByRole('link', { name: 'Download' }).click();
  file = readFileSync(await (await started).path());
  assert.ok(file.length > 4096);
  await inspect(page, 'admin-backups');
  assert.deepEqual(ownProblems(problems), []);
  await page.close();
});

test('a restore over listings must be meant; then the box comes back as it was', async () => {
  const later = await world.list(await world.plan());
  const { page } = await open();
  await page.getByRole('button', { name: 'Restore' }).click();
  await dialog(page).getByRole('button', { name: 'Restore now' }).click();
  await dialog(page).getByText('There are listings on this box.').waitFor();
  await inspect(page, 'admin-restore');
  await dialog(page).getByLabel('Replace the listings of this box').check();
  await dialog(page).getByRole('button', { name: 'Restore now' }).click();
  await page.getByText('The backup is restored').waitFor();
  assert.equal(await status(kept), 200);
  assert.equal(await status(later), 404);
  await page.close();
});

test('a file that is no backup is refused; a good one is taken and offered', async () => {
  const { page, problems } = await open();
  const upload = (buffer) => page.getByLabel('Backup file').setInputFiles({ name: 'gavel.gavel', mimeType: 'application/octet-stream', buffer });
  await upload(Buffer.from('not a backup at all, only words that go on for a while'));
  await page.getByRole('button', { name: 'Upload' }).click();
  await page.getByText('This is no backup of gavel.').waitFor();
  await page.getByRole('button', { name: 'Delete' }).click();
  await dialog(page).getByRole('button', { name: 'Delete' }).click();
  await page.getByText('There is no backup yet').waitFor();
  await upload(file);
  await page.getByRole('button', { name: 'Upload' }).click();
  await dialog(page).getByText('The box becomes what it was then').waitFor();
  await dialog(page).getByRole('button', { name: 'Close' }).click();
  assert.equal(await page.locator('#shelf tbody tr').count(), 1);
  assert.deepEqual(ownProblems(problems), []);
  await page.close();
});
