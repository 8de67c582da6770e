/**
 * The image itself, as its owner meets it: text on the card, first start, claim code from the card, a claim over HTTPS,
 * a sale listed against the box's own node; then the plug is pulled, and after the next start all of it is there.
 * On qemu's virt board with 512 MB, the smallest board's memory. The node runs regtest because it needs no network.
 */
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Api } from '../support/api.mjs';
import { Bitcoind } from '../support/bitcoind.mjs';
import { Browser } from '../support/browser.mjs';
import { Box } from '../support/box.mjs';
import { CounterpartyStandIn } from '../support/counterparty.mjs';
import { Faucet } from '../support/faucet.mjs';
import { OWNER } from '../support/gaveld.mjs';
import { imageFile } from '../support/image.mjs';
import { makeWallet } from '../support/keys.mjs';
import { SIZES } from '../support/pages.mjs';
import { Person } from '../support/person.mjs';
import { BUILD_DIR } from '../support/process.mjs';
import { World } from '../support/world.mjs';

/** A quiet machine needs a minute; one that compiles beside it, five. */
const BOOT_MS = 420000;
const STEP_MS = 120000;
const NODE_RPC = 8332;
/** How the box reaches a server of this machine. */
const HOST_SEEN_FROM_BOX = '10.0.2.2';

/** @type {Box} */
let box;
/** @type {World} */
let world;
/** What the box must still know after the power cut. */
const kept = { id: 0, ca: '', machineId: '' };


before(() => {
  box = Box.insert(imageFile());
});
after(async () => {
  await world?.close();
  await box?.close();
});

/** Power on, and wait for the page; over HTTPS, as everybody but the box itself must come. @param {import('node:test').TestContext} t */
async function boot(t) {
  const started = Date.now();
  await box.start();
  const plain = new Api(box.httpUrl);
  const ca = await box.machine.until('GET /ca.crt', async () => {
    const { status, text } = await plain.get('/ca.crt');
    return status === 200 && text;
  }, BOOT_MS);
  plain.close();
  const api = new Api(box.httpsUrl, { ca });
  assert.equal((await api.get('/')).status, 200);
  t.diagnostic(`power to the first page: ${box.spent(started)}`);
  return { api, ca };
}

/** What its owner sees first; README.md shows the picture. */
async function photograph() {
  const browser = await Browser.open({ locale: 'en-US' });
  const { page } = await browser.newPage();
  page.setDefaultTimeout(STEP_MS);
  await page.setViewportSize(SIZES.desktop);
  await page.goto(box.httpsUrl, { timeout: STEP_MS });
  await page.getByRole('heading', { name: 'Make this box yours' }).waitFor();
  mkdirSync(join(BUILD_DIR, 'screenshots'), { recursive: true });
  await page.screenshot({ path: join(BUILD_DIR, 'screenshots', 'first-page.png') });
  await browser.close();
}

/** @param {string} what @param {() => any} probe */
const eventually = (what, probe) => box.machine.until(what, probe, STEP_MS);

test('the first start takes over the text on the card, and keeps no secret there', async (t) => {
  box.write('gavel.txt', `host_name = testbox\nssh_key = ${box.publicKey}\n`);
  const { api, ca } = await boot(t);
  api.close();
  kept.ca = ca;
  await photograph();
  const name = await eventually('a login by SSH', () => box.shell('hostname'));
  assert.equal(name, 'testbox');
  assert.doesNotMatch(box.read('gavel.txt') ?? '', /^[^#]/m);
  assert.equal(box.read('gavel-error.txt'), null);
  kept.machineId = await box.shell('cat /etc/machine-id');
});

test('data is a disk of its own that has grown, nothing failed, no password opens it, the wall stands', async () => {
  const [device, blocks] = (await box.shell('df -k --output=source,size /var/lib/gavel | tail -n 1')).split(/\s+/);
  assert.equal(device, '/dev/vda4');
  assert.ok(Number(blocks) > 6 * 1024 * 1024, `${blocks} KiB`);
  await eventually('all services', async () => (await box.shell('systemctl is-system-running || true')) === 'running');
  assert.equal(await box.shell('systemctl --failed --no-legend'), '');
  assert.match(await box.shell('grep ^root: /etc/shadow'), /^root:\*:/);
  assert.match(await box.shell('nft list chain inet filter input'), /policy drop/);
});

test('its owner claims it over HTTPS with the code from the card', async () => {
  const code = await eventually('a claim code on the card', () => /\b(\d{8})\b/.exec(box.read('gavel-setup.txt') ?? '')?.[1]);
  const secure = new Api(box.httpsUrl, { ca: kept.ca });
  const { status, text } = await secure.post('/api/v1/setup/claim', { code, ...OWNER, language: 'en' });
  assert.equal(status, 201, text);
  await eventually('the code to go from the card', () => box.read('gavel-setup.txt') === null);
  secure.close();
});

test('its owner asks for the node of the box: one of the main chain does not fit, one for tests starts', async () => {
  const secure = new Api(box.httpsUrl, { ca: kept.ca });
  const person = await Person.login(secure, OWNER.name, OWNER.password);
  assert.equal(await box.shell('systemctl is-active bitcoin-knots || true'), 'inactive');
  const main = await person.send('POST', '/api/v1/setup/node/own', { network: 'main' });
  assert.deepEqual([main.status, main.json.code], [409, 'setup.node_memory'], main.text);
  const regtest = await person.send('POST', '/api/v1/setup/node/own', { network: 'regtest' });
  assert.equal(regtest.status, 202, regtest.text);
  await eventually('the node to run', async () => (await box.shell('systemctl is-active bitcoin-knots || true')) === 'active');
  await eventually('the wish to be taken up', async () => (await box.shell('ls /var/lib/gavel/node-wanted 2>&1 || true')).includes('No such'));
  secure.close();
});

test('a sale is listed against the node of the box', async () => {
  const cookie = await eventually('the node of the box', () => box.shell('cat /run/bitcoind/cookie'));
  const node = Bitcoind.reached(await box.tunnel(NODE_RPC), cookie);
  await eventually('its RPC', () => node.rpc('getblockchaininfo'));
  world = new World();
  world.closers = [];
  world.node = node;
  world.faucet = await Faucet.open(node, { coinbases: 2 });
  world.counterparty = world.keep(await CounterpartyStandIn.start(node));
  const url = world.counterparty.url.replace('127.0.0.1', HOST_SEEN_FROM_BOX);
  await box.shell(`gavelctl config set counterparty.url=${url} orders.enabled=on oracle.enabled=on && systemctl restart gavel`);
  const api = new Api(box.httpsUrl, { ca: kept.ca });
  world.keep(api);
  world.gaveld = /** @type {any} */ ({ api });
  const printed = await box.shell('gavelctl apikey create --name test --scope auctions:write --legacy-unlocked');
  world.legacyKey = /gvl_\S+/.exec(printed)?.[0] ?? assert.fail(printed);
  world.key = world.legacyKey;
  world.buyer = makeWallet('p2wpkh', 'buyer');
  await eventually('gaveld on the tip', () => world.synced().then(() => true));
  const ready = await api.get('/ready');
  assert.ok(['pass', 'warn', 'ok'].includes(ready.json.status), ready.text);
  kept.id = await world.list(await world.plan());
  assert.equal((await world.listing(kept.id)).id, kept.id);
  await node.rpc('gettxoutsetinfo'); // what bitcoind writes to disk only now and then
});

test('with every module on and the node beside it, nothing of 512 MB is swapped', async (t) => {
  const memory = await box.shell('grep -E "MemTotal|MemAvailable|SwapTotal|SwapFree" /proc/meminfo | tr -s " \\n" " "');
  t.diagnostic(memory);
  const services =
    'for s in $(systemctl list-units --type=service --state=running --no-legend --plain | cut -d" " -f1); do' +
    ' p=$(systemctl show -p MainPID --value $s); echo "$s $(sed -n "s/VmRSS:[^0-9]*//p" /proc/$p/status)"; done';
  for (const line of (await box.shell(services)).split('\n')) t.diagnostic(line);
  const [total, free] = ['SwapTotal', 'SwapFree'].map((name) => Number(new RegExp(`${name}: (\\d+)`).exec(memory)?.[1]));
  assert.ok(total > 0);
  assert.equal(free, total);
});

test('the plug is pulled: after the next start everything is there', async (t) => {
  await box.cut();
  const { api, ca } = await boot(t);
  assert.equal(ca, kept.ca);
  const { status, json } = await api.get(`/api/listings/${kept.id}`);
  assert.equal(status, 200);
  assert.equal(json.listing.id, kept.id);
  const person = await Person.login(api, OWNER.name, OWNER.password);
  assert.equal(person.user.name ?? person.user, OWNER.name);
  api.close();
  await eventually('a login by SSH', async () => (await box.shell('hostname')) === 'testbox');
  assert.equal(await box.shell('cat /etc/machine-id'), kept.machineId);
  assert.equal(box.read('gavel-setup.txt'), null);
});
