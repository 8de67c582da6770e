/**
 * Selling in a real browser: a plan becomes PSBTs, the seller's wallet signs them, the check says in plain words what is
 * wrong, the lot is listed, revealed block by block and bought in its page. Text of strangers stays text everywhere.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { Browser } from '../support/browser.mjs';
import { signCombined } from '../support/buyer.mjs';
import { OWNER } from '../support/gaveld.mjs';
import { SIGHASH_ALL } from '../support/keys.mjs';
import { inspect, signIn, SIZES } from '../support/pages.mjs';
import { fromBase64, toBase64 } from '../support/psbt-maps.mjs';
import { makePlan, makeRung, signRung } from '../support/signer.mjs';
import { until } from '../support/wait.mjs';
import { World } from '../support/world.mjs';

/** @type {World} */
let world;
/** @type {Browser} */
let browser;

before(async () => {
  world = await World.start();
  await world.stockBuyer(4);
  browser = world.keep(await Browser.open({ locale: 'en-US' }));
});
after(() => world?.close());

const shown = (n) => n.toLocaleString('en');

async function open(path = '/sell') {
  const { page, problems } = await browser.newPage();
  await page.setViewportSize(SIZES.desktop);
  await page.goto(`${world.gaveld.httpsUrl}${path}`);
  await page.getByRole('heading', { level: 1 }).waitFor();
  return { page, problems };
}

/** @param {import('playwright-core').Page} page @param {import('../support/signer.mjs').Plan} plan */
async function fillPlan(page, plan, more = {}) {
  const fields = {
    Asset: plan.asset,
    Quantity: String(plan.quantity),
    'Output that carries it': `${plan.coin.txid}:${plan.coin.vout}`,
    'Address for your money': world.buyer.address,
    'First price': String(plan.startPrice),
    'Last price': String(plan.endPrice),
    'First block': String(plan.start),
    'Last block': String(plan.end),
    'Blocks the last price stays': String(plan.after),
    ...more,
  };
  for (const [label, text] of Object.entries(fields)) await page.getByLabel(label, { exact: true }).fill(text);
}

/** The file with all PSBTs, as a seller downloads it. @returns {Promise<string[]>} */
async function downloadLadder(page) {
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Download all, one per line' }).click(),
  ]);
  return readFileSync(await download.path(), 'utf8').trim().split('\n');
}

const asFile = (psbt, i) => ({ name: `wallet-${i}.psbt`, mimeType: 'application/octet-stream', buffer: Buffer.from(fromBase64(psbt)) });

test('an asset is planned, signed, checked, listed, revealed block by block and bought, all in the page', async () => {
  const plan = await world.plan({ start: (await world.height()) + 3, end: (await world.height()) + 7, startPrice: 60000, decrement: 5000 });
  const { page, problems } = await open();
  await page.getByText('Listing needs a sign-in.').waitFor();
  await inspect(page, 'sell-empty');
  await fillPlan(page, plan);
  await page.getByText('5 prices, one PSBT each').waitFor();
  await inspect(page, 'sell-plan');
  await page.getByRole('main').getByRole('link', { name: 'Sign in' }).click();
  await signIn(page, OWNER);
  await page.getByRole('heading', { name: 'Sell an asset' }).waitFor();
  assert.equal(await page.getByLabel('First price').inputValue(), '60000', 'the plan survives the sign-in');
  await page.getByRole('button', { name: 'Make the PSBTs' }).click();
  const unsigned = await downloadLadder(page);
  assert.equal(unsigned.length, 5);
  await page.getByText('One by one, also as QR codes').click();
  await page.getByText('Show as QR codes').click();
  await page.getByText('Which wallets can sign this?').click();
  await inspect(page, 'sell-sign');

  const [first, ...rest] = unsigned.map((psbt) => signRung(psbt, plan.coin));
  await page.getByLabel('Files').setInputFiles([...rest].reverse().map(asFile));
  await page.getByText('4 of 5').waitFor();
  assert.equal(await page.getByRole('button', { name: 'Go on to the check' }).isDisabled(), true);
  await page.getByLabel('Or paste them here').fill(`{"psbt": "${first}"}`);
  await page.getByRole('button', { name: 'Add', exact: true }).click();
  await page.getByText('5 of 5').waitFor();
  await page.getByRole('button', { name: 'Go on to the check' }).click();
  await page.getByRole('button', { name: 'Check it' }).click();
  await page.getByText('Everything is right.').waitFor();
  await page.getByText('I know that I cannot take a revealed price back').click();
  await inspect(page, 'sell-check');
  await page.getByRole('button', { name: 'List it now' }).click();
  await page.waitForURL(/\/lots\/\d+$/);
  await page.getByText(/Starts in/).waitFor();
  await inspect(page, 'sell-listed');

  await world.mineTo(plan.start);
  for (let i = 0; i < 2; i++) {
    await page.locator('#price .price').getByText(shown(60000 - 5000 * i)).waitFor();
    await page.getByText(`Price of block ${plan.start + i} revealed, the newest`).waitFor();
    await world.mine(1);
  }
  const coins = world.buyerCoins(1);
  await page.getByLabel('UTXOs that pay').fill(`${coins[0].txid}:${coins[0].vout}`);
  await page.getByLabel('Address for the asset').fill(world.buyer.address);
  await page.getByLabel('Fee rate').fill('3');
  await page.getByRole('button', { name: 'Build the transaction' }).click();
  await page.locator('#purchase-psbt').waitFor();
  await world.node.broadcast(signCombined(await page.locator('#purchase-psbt').inputValue(), coins).toHex());
  await page.getByText('Your purchase was seen in the mempool.').waitFor();
  await world.mine(1);
  await page.getByText('Your purchase is in a block.').waitFor();
  await page.locator('#price .badge').getByText('Sold').waitFor();
  assert.deepEqual(problems, []);
  await page.close();
});

test('what is wrong with each PSBT is said in plain words, with what to do', async () => {
  const plan = await world.plan({ start: (await world.height()) + 30, end: (await world.height()) + 33, startPrice: 60000, decrement: 5000 });
  const { page, problems } = await open();
  await fillPlan(page, plan);
  await page.getByRole('button', { name: 'Make the PSBTs' }).click();
  const unsigned = await downloadLadder(page);
  const wrongType = (block) => toBase64(makeRung({ ...plan, payTo: world.buyer.script }, block, undefined, { sighash: SIGHASH_ALL }));
  const other = makePlan({ coin: await world.assetCoin(), start: plan.start, end: plan.end });
  await page.getByLabel('Or paste them here').fill([
    signRung(unsigned[0], plan.coin), wrongType(plan.start + 1), unsigned[2], signRung(unsigned[3], plan.coin),
    toBase64(makeRung(other, plan.start)),
  ].join('\n'));
  await page.getByRole('button', { name: 'Add', exact: true }).click();
  await page.getByText('One PSBT spends another output.').waitFor();
  await page.getByText('One PSBT is not signed.').waitFor();
  await inspect(page, 'sell-upload-wrong');
  await page.getByRole('button', { name: 'Go on to the check' }).click();
  await page.getByRole('button', { name: 'Check it' }).click();
  await page.getByText('2 PSBTs are wrong').waitFor();
  await page.getByText('It is signed with another signature type').waitFor();
  await page.getByText('choose SINGLE|ANYONECANPAY in the wallet').waitFor();
  await page.getByText('It is not signed.').waitFor();
  assert.equal(await page.getByRole('button', { name: 'List it now' }).count(), 0);
  await inspect(page, 'sell-check-wrong');
  assert.deepEqual(problems, []);
  await page.close();
});

test('what cannot be planned is said at its field, before and by the box', async () => {
  const plan = await world.plan({ start: (await world.height()) + 30 });
  const { page } = await open();
  await fillPlan(page, plan, { 'First block': '1', 'Last price': '999999999', Quantity: '0', 'Output that carries it': 'abc' });
  await page.getByRole('button', { name: 'Make the PSBTs' }).click();
  for (const text of [/It must lie above block/, /A price falls/, /A number above 0/, /64 hex digits/]) await page.getByText(text).waitFor();
  await inspect(page, 'sell-plan-wrong');
  await fillPlan(page, plan, { 'Output that carries it': `${'ab'.repeat(32)}:0` });
  await page.getByRole('button', { name: 'Make the PSBTs' }).click();
  await page.getByText('This output is spent or never existed.').waitFor();
  await page.close();
});

test('an API key checks and lists without a sign-in', async () => {
  const guest = await Browser.open({ locale: 'en-US' });
  const plan = await world.plan({ start: (await world.height()) + 30, end: (await world.height()) + 31 });
  const { page, problems } = await guest.newPage();
  await page.goto(`${world.gaveld.httpsUrl}/sell`);
  await page.getByText('I have an API key').click();
  await page.getByLabel('API key', { exact: true }).fill(world.key);
  await page.getByRole('button', { name: 'Use this key' }).click();
  await fillPlan(page, plan);
  await page.getByRole('button', { name: 'Make the PSBTs' }).click();
  const signed = (await downloadLadder(page)).map((psbt) => signRung(psbt, plan.coin));
  await page.getByLabel('Or paste them here').fill(signed.join('\n'));
  await page.getByRole('button', { name: 'Add', exact: true }).click();
  await page.getByRole('button', { name: 'Go on to the check' }).click();
  await page.getByRole('button', { name: 'Check it' }).click();
  await page.getByText('I know that I cannot take a revealed price back').click();
  await page.getByRole('button', { name: 'List it now' }).click();
  await page.waitForURL(/\/lots\/\d+$/);
  assert.deepEqual(problems, []);
  await guest.close();
});

const XSS = [
  '<img src=x onerror="window.hit=1">',
  '"><script>window.hit=1</script>',
  "javascript:window.hit=1//'",
  '<svg/onload=window.hit=1>',
  '\u202eGNIKGORF\u2066\u200b{{window.hit=1}}${window.hit=1}',
];

test('text of strangers stays text in every place it is shown', async () => {
  const { json } = await world.api.get('/api/v1/dutch?limit=1');
  const [lot] = json.items;
  for (const evil of XSS) {
    const hostile = { ...lot, asset: evil, seller: evil, status: 'sold', spend: { state: 'confirmed', txid: evil, block: 1, price_sats: 1, rung: lot.start_block, recipient: evil, asset_returned: true, confirmations: 1, early_leak: false } };
    const { page, problems } = await browser.newPage();
    await page.route(/\/api\/v1\/dutch(\?|\/)/, (route) => {
      const one = /\/dutch\/\d+$/.test(new URL(route.request().url()).pathname);
      return route.fulfill({ json: one ? hostile : { items: [hostile], next_cursor: null } });
    });
    for (const path of ['/?show=all', '/?show=all&as=table', `/lots/${lot.id}`, `/?q=${encodeURIComponent(evil)}&seller=${encodeURIComponent(evil)}`]) {
      await page.goto(`${world.gaveld.httpsUrl}${path}`);
      await page.getByRole('heading', { level: 1 }).waitFor();
      await page.waitForTimeout(150);
      assert.equal(await page.evaluate(() => window.hit), undefined, `${path}: ${evil}`);
      assert.equal(await page.locator('main img, main script, main [onerror], main [onload]').count(), 0);
      const text = await page.locator('main').innerText();
      assert.doesNotMatch(text, /[\u202e\u2066\u200b]/, 'no character that hides or reorders');
    }
    assert.deepEqual(problems, []);
    await page.close();
  }
  const { page, problems } = await open();
  for (const label of ['Asset', 'Quantity', 'Output that carries it', 'Address for your money']) await page.getByLabel(label, { exact: true }).fill(XSS[0]);
  await page.getByRole('button', { name: 'Make the PSBTs' }).click();
  await page.reload();
  await until('the draft', async () => (await page.getByLabel('Asset', { exact: true }).inputValue()) === XSS[0]);
  assert.equal(await page.evaluate(() => window.hit), undefined);
  assert.deepEqual(problems, []);
  await page.close();
});
