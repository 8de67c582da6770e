/**
 * The page of order auctions in a real browser, with the real sequencer and real solvers: every state of the page, what
 * it tells against what the box answers, deadlines by the box's clock, the log checked by the browser, and what operators do.
 */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Browser } from '../support/browser.mjs';
import { OWNER } from '../support/gaveld.mjs';
import { QUICK, Solver, startClaimedSequencer } from '../support/orders.mjs';
import { inspect, portray, signIn, SIZES } from '../support/pages.mjs';
import { makeTempDir, removeTempDir } from '../support/process.mjs';
import { until } from '../support/wait.mjs';
import { World } from '../support/world.mjs';

const HOUR_MS = 3600000;
const SLOW = { ...QUICK, 'orders.tick_ms': '1000', 'orders.collect_seconds': '4', 'orders.commit_seconds': '8' };

/** @type {Browser} */ let browser;
/** @type {string} */ let dir;

before(async () => {
  browser = await Browser.open({ locale: 'en-US', reducedMotion: 'reduce' });
  dir = makeTempDir('script');
  /* Outbids everybody on every third order, and delivers nothing. */
  writeFileSync(join(dir, 'never'), `* 60 1 60 never\n${[2, 5, 8, 11, 14].map((id) => `${id} 500 1.5 60 never\n`).join('')}`);
});
after(async () => {
  await browser?.close();
  removeTempDir(dir);
});

/** @param {import('../support/gaveld.mjs').Gaveld} box @returns {Solver[]} */
const startSolvers = ({ ports }) => [
  Solver.start('alice', ports, ['--strategy', 'fixed', '--rate', '1.1']),
  Solver.start('bob', ports, ['--strategy', 'random']),
  Solver.start('carol', ports, ['--strategy', 'script', '--script', join(dir, 'never')]),
];

/** @param {import('../support/gaveld.mjs').Gaveld} box @param {{as?: typeof OWNER, prepare?: (page: import('playwright-core').Page) => Promise<any>}} [how] */
async function open(box, { as, prepare } = {}) {
  await browser.context.clearCookies();
  const { page, problems } = await browser.newPage();
  await prepare?.(page);
  await page.setViewportSize(SIZES.desktop);
  await page.goto(`${box.httpsUrl}${as ? '/login?next=/orders' : '/orders'}`);
  if (as) await signIn(page, as);
  await page.getByRole('heading', { name: 'Order auctions', level: 1 }).waitFor();
  return { page, problems };
}

/** @param {import('playwright-core').Page} page */
const link = (page) => page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Orders' });

test('switched off: no link leads here, and the page says how it is switched on', async (context) => {
  const box = await startClaimedSequencer({ 'orders.demo': 'off' });
  context.after(() => box.close());
  const { page, problems } = await open(box);
  await page.getByText('orders.enabled').waitFor();
  await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Statistics' }).waitFor();
  assert.equal(await link(page).count(), 0);
  await inspect(page, 'orders-off');
  await page.close();
  const owner = await open(box, { as: OWNER });
  await owner.page.getByRole('link', { name: 'To the settings' }).click();
  await owner.page.getByRole('heading', { name: 'Settings', level: 1 }).waitFor();
  assert.deepEqual([...problems, ...owner.problems], []);
  await owner.page.close();
});

describe('with solvers at work', () => {
  /** @type {World} */ let world;
  /** @type {import('../support/gaveld.mjs').Gaveld} */ let box;
  /** @type {Solver[]} */ let solvers;

  before(async () => {
    world = await World.start({ settings: { 'orders.demo': 'on', ...SLOW } });
    box = world.gaveld;
    solvers = startSolvers(box);
  });
  after(async () => {
    for (const solver of solvers ?? []) await solver.close();
    await world?.close();
  });

  test('batch, bids, commitments, fills, reassignments and the league appear by themselves', { timeout: 180000 }, async () => {
    const { page, problems } = await open(box);
    await page.getByText('unsafe', { exact: true }).waitFor();
    await link(page).waitFor();
    assert.equal(await page.getByRole('button', { name: 'Add orders' }).count(), 0);
    await page.locator('#batch').getByRole('row', { name: /Sample Order .* \d+ (alice|bob|carol)/ }).first().waitFor();
    await page.locator('#bids').getByRole('row', { name: /#\d+ alice 100 → ≥ 110/ }).first().waitFor();
    const due = page.locator('#commitments').getByRole('row', { name: /#2 .* carol 500 → ≥ 750 .* sec/ });
    await due.waitFor({ timeout: 30000 });
    await page.locator('#fills').getByRole('row', { name: /#2 failed carol/ }).waitFor({ timeout: 60000 });
    await page.locator('#fills').getByRole('row', { name: /#2 reassigned (alice|bob)/ }).waitFor();
    await page.locator('#fills').getByRole('row', { name: /#\d+ fulfilled (alice|bob)/ }).first().waitFor();
    await page.locator('#solvers').getByRole('row', { name: /3\. carol 0 [1-9]\d* 0%/ }).waitFor({ timeout: 30000 });
    const { json } = await box.api.get('/api/v1/orders/solvers');
    const [best] = json.items.sort((a, b) => b.wins - a.wins || a.failures - b.failures);
    await page.locator('#solvers').getByRole('row', { name: new RegExp(`1\\. ${best.id}`) }).waitFor();
    await until('the tile to tell what the box tells', async () => {
      const { since_start: since } = (await box.api.get('/api/v1/orders/status')).json;
      return (await page.locator('#tile-fulfilled .value').textContent()) === `${since.fulfilled}`;
    });
    await inspect(page, 'orders');
    await world.mine(1);
    await page.getByText(`Block ${await world.height()}`).waitFor();
    await portray(page, 'orders', { height: 1500 });
    assert.deepEqual(problems, []);
    await page.close();
  });

  test('deadlines are counted by the box, whatever the browser thinks of the time', { timeout: 60000 }, async () => {
    const { page, problems } = await open(box, {
      prepare: (fresh) => fresh.addInitScript((ahead) => {
        const now = Date.now;
        Date.now = () => now() + ahead;
      }, HOUR_MS),
    });
    const left = page.locator('#batch .gauge .number').first();
    await until('some seconds to be left', async () => /^[1-4] sec$/.test((await left.textContent().catch(() => '')) ?? ''));
    assert.deepEqual(problems, []);
    await page.close();
  });

  test('the browser computes the hashes of the log, and says so when one is wrong', async () => {
    const good = await open(box);
    await good.page.getByText(/\d+ to \d+ verified by this browser/).waitFor();
    await good.page.close();
    const { page } = await open(box, {
      prepare: (fresh) => fresh.route(/orders\/log/, async (route) => {
        const answer = await route.fetch();
        const log = await answer.json();
        log.items[3].json = log.items[3].json.replace(/\d/, '7');
        log.items[3].json += ' ';
        await route.fulfill({ response: answer, json: log });
      }),
    });
    await page.getByText(/\d+ to \d+ do not fit together/).waitFor();
    await page.close();
  });

  test('in German, by keyboard', async () => {
    const { page, problems } = await open(box);
    await page.evaluate(() => localStorage.setItem('gavel.language', 'de'));
    await page.reload();
    await page.getByRole('heading', { name: 'Order-Auktionen', level: 1 }).waitFor();
    await page.getByText('unsicher', { exact: true }).waitFor();
    await page.locator('#log table').waitFor();
    await until('Tab to reach the log', async () => {
      await page.keyboard.press('Tab');
      return page.evaluate(() => document.activeElement?.closest('#log') !== null && document.activeElement?.ariaLabel);
    }, { everyMs: 5 });
    assert.equal(await page.evaluate(() => document.activeElement?.ariaLabel), 'Verkettetes Protokoll');
    await page.evaluate(() => localStorage.removeItem('gavel.language'));
    assert.deepEqual(problems, []);
    await page.close();
  });

  test('while the box does not answer the last known state is called so, then it goes on', { timeout: 120000 }, async () => {
    const { page } = await open(box);
    await page.locator('#bids').getByRole('row', { name: /alice/ }).first().waitFor();
    await box.kill();
    await page.locator('.stale').waitFor({ timeout: 30000 });
    await box.launch();
    for (const solver of solvers) await solver.close();
    solvers = startSolvers(box);
    const { newest_id: newest } = (await box.api.get('/api/v1/orders/status')).json;
    await page.close();
    const again = await open(box);
    await again.page.locator('#bids').getByRole('row', { name: new RegExp(`#${newest + 2} `) }).first().waitFor({ timeout: 30000 });
    await again.page.close();
  });
});

test('an empty book; operators add orders by hand and by table', async (context) => {
  const box = await startClaimedSequencer({ ...QUICK, 'orders.demo': 'off' });
  context.after(() => box.close());
  const { page, problems } = await open(box, { as: OWNER });
  await page.getByText('No order yet').waitFor();
  await inspect(page, 'orders-empty');
  await page.getByRole('button', { name: 'Add orders' }).click();
  const dialog = page.getByRole('dialog', { name: 'Add orders' });
  await dialog.getByRole('button', { name: 'Add orders' }).click();
  await dialog.getByText('Write an order, or choose a file.').waitFor();
  await dialog.getByLabel('Orders', { exact: true }).fill('swap 100 A for B\n\n<img src=x onerror=alert(1)>\n');
  await dialog.getByRole('button', { name: 'Add orders' }).click();
  await page.getByText('2 orders wait for their batch.').waitFor();
  await page.getByRole('button', { name: 'Add orders' }).click();
  await dialog.getByLabel(/Or a CSV file/).setInputFiles({ name: 'orders.csv', mimeType: 'text/csv', buffer: Buffer.from('description\n"one, quoted"\n') });
  await dialog.getByRole('button', { name: 'Add orders' }).click();
  await page.getByText('1 order waits for its batch.').waitFor();
  await page.locator('#log').getByText('one, quoted').waitFor();
  await page.getByRole('button', { name: 'Verify all' }).click();
  await page.getByText(/Verified up to entry \d+/).waitFor();
  const { json } = await box.api.get('/api/v1/orders');
  assert.deepEqual(json.items.map(({ description }) => description), ['one, quoted', '<img src=x onerror=alert(1)>', 'swap 100 A for B']);
  assert.deepEqual(problems, []);
  await page.close();
});

test('operators register and suspend solvers, and book the deposit that fulfils an order', { timeout: 120000 }, async (context) => {
  const box = await startClaimedSequencer({ ...QUICK, 'orders.demo': 'off', 'orders.proof': 'on', 'orders.commit_seconds': '30' });
  context.after(() => box.close());
  const { page, problems } = await open(box, { as: OWNER });
  await page.getByText('An order is fulfilled by a deposit before its deadline.').waitFor();
  await page.getByRole('button', { name: 'Register a solver' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name of the solver').fill('not a name');
  await dialog.getByRole('button', { name: 'Register a solver' }).click();
  await dialog.getByText('A solver id has 1 to 64 characters').waitFor();
  await dialog.getByLabel('Name of the solver').fill('carol');
  await dialog.getByRole('button', { name: 'Register a solver' }).click();
  const secret = await dialog.getByText(/^gvs_/).textContent();
  await dialog.getByRole('button', { name: 'Close' }).click();
  const carol = page.locator('#solvers').getByRole('row', { name: /carol/ });
  await carol.getByRole('button', { name: 'Book a deposit' }).click();
  await dialog.getByLabel('Amount').fill('5000');
  await dialog.getByLabel('What shows it').fill('bank transfer 4711');
  await dialog.getByRole('button', { name: 'Book a deposit' }).click();
  await carol.getByText('5,000').waitFor();
  writeFileSync(join(dir, 'key'), `${secret}\n`);
  const solver = Solver.start('carol', box.ports, ['--strategy', 'script', '--script', join(dir, 'never'), '--key', join(dir, 'key')]);
  context.after(() => solver.close());
  await solver.says(/connected/);
  await box.api.post('/api/v1/orders', { description: 'swap' }, { 'X-API-Key': await box.createKey() });
  const promised = page.locator('#commitments').getByRole('row', { name: /#1 swap carol 60 → ≥ 60/ });
  await promised.getByRole('button', { name: 'Book a deposit' }).click({ timeout: 20000 });
  await dialog.getByLabel('What shows it').fill('txid 00');
  await dialog.getByRole('button', { name: 'Book a deposit' }).click();
  await page.getByText('The deposit is booked.').last().waitFor();
  await inspect(page, 'orders-proof');
  await carol.getByRole('button', { name: 'Suspend' }).click();
  await dialog.getByLabel('For').selectOption({ label: '1 hr' });
  await dialog.getByRole('button', { name: 'Suspend' }).click();
  await carol.getByText(/Suspended, (1 hr|60 min)/).waitFor();
  await carol.getByRole('button', { name: 'End suspension' }).click();
  await carol.getByText('Ready').waitFor();
  assert.deepEqual(problems.filter((text) => !/status of 4\d\d/.test(text)), []);
  await page.close();
});
