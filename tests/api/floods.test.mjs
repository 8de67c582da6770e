/** Floods over the network: the API answers, the stream delivers, and one address cannot take all. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Api } from '../support/api.mjs';
import { dripFlood, halfOpenFlood, idleFlood } from '../support/floods.mjs';
import { LiveClient } from '../support/live.mjs';
import { until } from '../support/wait.mjs';
import { World } from '../support/world.mjs';

const IDLE = 1000;
const HALF_OPEN = 200;
const DRIPS = 40;
/** As the table of caps in web/README.md says. */
const PER_ADDRESS = 8;

/** @type {World} */
let world;

before(async () => {
  world = await World.start();
});
after(() => world?.close());

/** As a browser does: this process floods as well, and whoever is silent for 50 ms in a crowd is sent away. */
async function comesAgain(come, left = 4) {
  try {
    return await come();
  } catch (error) {
    if (error.code !== 'ECONNRESET' || left === 0) throw error;
    return comesAgain(come, left - 1);
  }
}

const wsUrl = () => `wss://127.0.0.1:${world.gaveld.httpsPort}/api/v1/ws`;

test(`${IDLE} idle connections, ${HALF_OPEN} half-open handshakes and ${DRIPS} slow bodies: the API answers, the stream delivers`, async () => {
  const { httpsPort: port, ca } = world.gaveld;
  const live = await LiveClient.open(wsUrl(), { ca });
  await live.frame('the greeting', () => true);
  const floods = [idleFlood(IDLE, port), await halfOpenFlood(HALF_OPEN, port), dripFlood(DRIPS, port, ca)];
  try {
    await until('the floods to have come', () => floods.every((flood) => flood.began >= flood.count));
    for (let i = 0; i < 10; i++) {
      const newcomer = new Api(world.gaveld.httpsUrl, { ca });
      assert.equal((await comesAgain(() => newcomer.get('/api/v1/node'))).status, 200);
      newcomer.close();
    }
    await world.mine(1);
    const height = await world.height();
    await live.frame('the new height', (frame) => frame.type === 'node' && frame.data.height === height);
    const late = await comesAgain(() => LiveClient.open(wsUrl(), { ca }));
    await late.frame('the greeting', () => true);
    assert.equal(live.closed, null);
    late.close();
  } finally {
    for (const flood of floods) flood.close();
    live.close();
  }
});

// This machine is exempt; behind a proxy it speaks for others. (Caps of the entrance: tests/unit/web.)
test('one address has 8 live clients; the next is told 503, and another address is welcome', async () => {
  world.gaveld.settings['web.trusted_proxies'] = '127.0.0.1';
  await world.gaveld.halt();
  await world.gaveld.launch();
  const { ca } = world.gaveld;
  const from = (address) => LiveClient.open(wsUrl(), { ca, headers: { 'X-Forwarded-For': address } });
  const clients = [];
  for (let i = 0; i < PER_ADDRESS; i++) clients.push(await from('203.0.113.7'));
  await assert.rejects(from('203.0.113.7'), /503/);
  clients.push(await from('203.0.113.8'));
  for (const client of clients) client.close();
  await until('the address to be welcome again', async () => {
    (await from('203.0.113.7')).close();
    return true;
  });
});
