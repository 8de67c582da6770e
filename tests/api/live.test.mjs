/** HTTPS with the box's own certificate authority, and the live stream over WebSocket. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import { after, before, test } from 'node:test';
import tls from 'node:tls';
import { Api } from '../support/api.mjs';
import { buy } from '../support/buyer.mjs';
import { LiveClient } from '../support/live.mjs';
import { sleep, until } from '../support/wait.mjs';
import { World } from '../support/world.mjs';

/** @type {World} */
let world;
/** @type {Api} */
let secure;

before(async () => {
  world = await World.start();
  await world.stockBuyer(6);
  secure = world.keep(new Api(world.gaveld.httpsUrl, { ca: world.gaveld.ca }));
});
after(() => world?.close());

const wsUrl = () => `wss://127.0.0.1:${world.gaveld.httpsPort}/api/v1/ws`;
const openLive = (options) => LiveClient.open(wsUrl(), { ca: world.gaveld.ca, ...options });

/** @param {import('../support/signer.mjs').Plan} plan @param {number} id */
async function buyShown(plan, id) {
  const { json } = await world.currentPsbt(id);
  const tx = buy({
    psbt: json.psbt.psbt_data,
    sold: plan.coin,
    coins: world.buyerCoins(1),
    buyer: world.buyer,
  });
  return world.node.broadcast(tx.toHex());
}

test('HTTPS is trusted with the CA of the box alone, which plain http offers', async () => {
  const { status, json } = await secure.get('/api/health');
  assert.deepEqual([status, json.status], [200, 'healthy']);
  const offered = await world.api.get('/ca.crt');
  assert.equal(offered.text.trim(), world.gaveld.ca.trim());
  const stranger = new Api(world.gaveld.httpsUrl);
  await assert.rejects(stranger.get('/health'), /certificate|self.signed/i);
});

for (const version of /** @type {const} */ (['TLSv1.2', 'TLSv1.3'])) {
  test(`${version} works with ECDSA P-256, and a ticket resumes the session`, async () => {
    const connect = (session) => {
      const socket = tls.connect({
        host: '127.0.0.1',
        port: world.gaveld.httpsPort,
        ca: world.gaveld.ca,
        minVersion: version,
        maxVersion: version,
        session,
      });
      return once(socket, 'secureConnect').then(() => socket);
    };
    const first = await connect();
    assert.equal(first.getProtocol(), version);
    assert.equal(first.getPeerCertificate().asn1Curve ?? first.getPeerCertificate().nistCurve, 'prime256v1');
    const ticket = version === 'TLSv1.3' ? once(first, 'session') : Promise.resolve([first.getSession()]);
    first.resume();
    first.write('GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n');
    const [session] = await ticket;
    await once(first, 'close');
    const second = await connect(session);
    assert.equal(second.isSessionReused(), true);
    second.destroy();
  });
}

test('TLS 1.1 and plain text on the TLS port are refused, and others are served meanwhile', async () => {
  const old = tls.connect({
    host: '127.0.0.1',
    port: world.gaveld.httpsPort,
    ca: world.gaveld.ca,
    minVersion: 'TLSv1.1',
    maxVersion: 'TLSv1.1',
    ciphers: 'DEFAULT@SECLEVEL=0',
  });
  await assert.rejects(once(old, 'secureConnect'));
  const silent = Array.from({ length: 20 }, () => net.connect(world.gaveld.httpsPort, '127.0.0.1'));
  for (const socket of silent) socket.on('error', () => undefined).write('GET / HTTP/1.1\r\n');
  const answer = await secure.get('/health');
  assert.equal(answer.status, 200);
  for (const socket of silent) socket.destroy();
});

test('a listing is told from upcoming to sold, in order', async () => {
  const live = await openLive();
  assert.equal(live.socket.protocol, 'gavel.v1');
  const greeting = await live.frame('the greeting', () => true);
  assert.equal(greeting.v, 1);
  const plan = await world.plan({ start: (await world.height()) + 2 });
  const id = await world.list(plan);
  const about = (status) => (frame) =>
    frame.type === 'listing' && frame.data.id === id && frame.data.status === status;
  const upcoming = await live.frame('upcoming', about('upcoming'));
  assert.equal(upcoming.data.psbt, null);
  await world.mine(1);
  const active = await live.frame('active', about('active'));
  assert.equal(active.data.price_sats, plan.startPrice);
  assert.equal(active.data.psbt, (await world.currentPsbt(id)).json.psbt.psbt_data);
  await world.mine(1);
  await live.frame(
    'the next price',
    (frame) => about('active')(frame) && frame.data.price_sats === plan.startPrice - plan.decrement,
  );
  const txid = await buyShown(plan, id);
  const pending = await live.frame('provisionally sold', about('sold'));
  assert.deepEqual(
    [pending.data.spend.state, pending.data.spend.txid, pending.data.psbt],
    ['pending', txid, null],
  );
  await world.mine(1);
  await live.frame('confirmed', (frame) => about('sold')(frame) && frame.data.spend.state === 'confirmed');
  const order = live.frames.filter((frame) => frame.type !== 'time').map((frame) => frame.seq);
  assert.deepEqual(
    order,
    [...order].sort((a, b) => a - b),
  );
  live.close();
});

test('a tip is told with the height', async () => {
  const live = await openLive();
  await live.frame('the greeting', () => true);
  await world.mine(1);
  const height = await world.height();
  await live.frame('the new height', (frame) => frame.type === 'node' && frame.data.height === height);
  live.close();
});

test('100 clients, 10 of them stalled: the other 90 hear all, and requests are served', async () => {
  const clients = [];
  for (let i = 0; i < 100; i++) clients.push(await openLive());
  const stalled = clients.splice(0, 10);
  for (const client of stalled) client.socket.pause();
  const plans = [];
  for (const coin of await world.assetCoins(20))
    plans.push(await world.plan({ coin, start: (await world.height()) + 1 }));
  for (const plan of plans) await world.list(plan);
  for (let i = 0; i < 5; i++) {
    await world.mine(1);
    const height = await world.height();
    await Promise.all(
      clients.map((client) =>
        client.frame(`height ${height}`, (frame) => frame.type === 'node' && frame.data.height === height),
      ),
    );
    assert.equal((await secure.get('/health')).status, 200);
  }
  for (const client of clients) {
    assert.equal(client.closed, null, 'a client that reads is never dropped');
    /* Rows are told behind the height that was waited for. */
    const snapshots = () => client.frames.filter((frame) => frame.ch === 'market' && frame.type === 'snapshot');
    await until('a block that changes many rows to be told once', () => snapshots().length > 5);
  }
  const { text } = await world.api.get('/metrics');
  assert.match(text, /^gavel_ws_clients\{transport="websocket"\} (9\d|100)$/m);
  for (const client of [...clients, ...stalled]) client.close();
  await until('the clients to be forgotten', async () =>
    /^gavel_ws_clients\{transport="websocket"\} 0$/m.test((await world.api.get('/metrics')).text),
  );
});

test('hostile frames end one connection and nothing else', async () => {
  const observer = await openLive();
  const send = async (action) => {
    const client = await openLive();
    action(client.socket);
    await until('the connection to end', () => client.closed !== null);
    return client.closed;
  };
  assert.equal(await send((socket) => socket.send('x'.repeat(100000))), 1009);
  assert.equal(
    await send((socket) => socket._socket.write(Buffer.from([0x81, 0x05, 1, 2, 3, 4, 5]))),
    1002,
    'an unmasked frame',
  );
  assert.equal(await send((socket) => socket.send(Buffer.from([0xff, 0xfe, 0xfd]), { binary: false })), 1007);
  await send((socket) => socket.close(1000));
  const chatty = await openLive();
  for (const text of ['', '{', '[]', '{"op":"nothing"}', '{"op":"sub","ch":"x"}', 'null', '"'])
    chatty.socket.send(text);
  await sleep(100);
  assert.equal(chatty.closed, null);
  assert.equal(observer.closed, null);
  chatty.close();
  observer.close();
});

test('an upgrade to an unknown path, from a foreign page or without the handshake is refused', async () => {
  await assert.rejects(LiveClient.open(wsUrl().replace('/ws', '/other'), { ca: world.gaveld.ca }), /404/);
  await assert.rejects(openLive({ headers: { Origin: 'https://evil.example' } }), /403/);
  const plain = await secure.get('/api/v1/ws');
  assert.ok(plain.status >= 400 && plain.status < 500, String(plain.status));
});

test('security headers are on every answer', async () => {
  for (const path of ['/', '/app.js', '/api/listings', '/api/v1/nothing']) {
    const { headers } = await secure.get(path);
    assert.equal(headers['x-content-type-options'], 'nosniff', path);
    assert.match(headers['content-security-policy'] ?? '', /default-src 'none'/, path);
    assert.equal(headers['referrer-policy'], 'no-referrer', path);
  }
});

test('a Host that is not ours is refused', async () => {
  const answer = await world.api.get('/api/listings', { Host: 'evil.example' });
  assert.equal(answer.status, 421);
});
