/**
 * Updates in a real browser against the real daemon: refused and taken in, installed with its progress, and what became of
 * it. The card is a folder, and the half that runs as root is called by the test.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Browser } from '../support/browser.mjs';
import { OWNER } from '../support/gaveld.mjs';
import { inspect, signIn, SIZES } from '../support/pages.mjs';
import { makeTempDir, removeTempDir } from '../support/process.mjs';
import { CardStandIn, GAVELCTL_KEYED, GAVELD_KEYED, makeBundle } from '../support/release.mjs';
import { until } from '../support/wait.mjs';
import { World } from '../support/world.mjs';

/** @type {World} */
let world;
/** @type {Browser} */
let browser;
/** @type {string} */
let dir;

const places = () => join(dir, 'places');
const wanted = () => join(world.gaveld.dir, 'update/wanted');
const slot = (step) => spawnSync(GAVELCTL_KEYED, ['--data', world?.gaveld.dir ?? dir, 'slot', step, places()], { encoding: 'utf8' });

before(async () => {
  dir = makeTempDir('update');
  new CardStandIn(places());
  assert.equal(slot('look').status, 0);
  world = await World.start({ program: GAVELD_KEYED, settings: { 'update.folder': places() } });
  browser = world.keep(await Browser.open({ locale: 'en-US', reducedMotion: 'reduce' }));
});
after(async () => {
  await world?.close();
  removeTempDir(dir);
});

test('a release is refused, taken in, installed and told to have gone back', async () => {
  const { page } = await browser.newPage();
  await page.setViewportSize(SIZES.desktop);
  await page.goto(`${world.gaveld.httpsUrl}/login`);
  await signIn(page, OWNER);
  await page.goto(`${world.gaveld.httpsUrl}/admin/system`);
  const panel = page.locator('#updates');
  const upload = async (buffer) => {
    await panel.getByLabel('Signed release (.gavel)').setInputFiles({ name: 'r.gavel', mimeType: 'application/octet-stream', buffer });
    await panel.getByRole('button', { name: 'Upload' }).click();
  };
  await panel.getByText('This is version 0.1.0').waitFor();
  await upload(Buffer.from('something else'.repeat(1000)));
  await page.getByText('this is no update', { exact: false }).first().waitFor();
  const bundle = makeBundle(dir);
  await upload(bundle);
  await panel.getByRole('button', { name: 'Install 9.9.9 and restart' }).waitFor();
  await inspect(page, 'admin-update');
  await panel.getByRole('button', { name: 'Install 9.9.9 and restart' }).click();
  await panel.getByText('Writing and checking').waitFor();
  await until('the wish for root', () => existsSync(wanted()));

  rmSync(wanted());
  assert.equal(slot('install').status, 0);
  await panel.getByText('The restart waits until nothing is live').waitFor();
  assert.equal(await panel.locator('progress').getAttribute('value'), String(bundle.length));
  assert.equal(slot('look').stdout.trim(), 'fell-back');
  await panel.getByText('9.9.9 was not kept: it did not become ready here, or the power was cut before.').waitFor();
  await panel.getByRole('button', { name: 'Delete' }).click();
  await panel.getByLabel('Signed release (.gavel)').waitFor();
  await page.close();
});
