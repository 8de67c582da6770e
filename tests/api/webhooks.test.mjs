/**
 * Webhooks over the real daemon, node and receivers: what is told, signed how, to whom not, and that a
 * killed daemon still tells what it had committed.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { assertCovered } from '../support/contract.mjs';
import { makeTempDir, removeTempDir } from '../support/process.mjs';
import { Receiver, signatureOf } from '../support/receiver.mjs';
import { until } from '../support/wait.mjs';
import { World } from '../support/world.mjs';

/** @type {World} */
let world;
/** @type {string} */
let admin;
/** @type {string} */
let certs;
/** @type {{key: string, cert: string}} */
let tls;
/** @type {Receiver[]} */
const receivers = [];

function makeCertificate() {
  certs = makeTempDir('receiver');
  execFileSync(
    'openssl',
    // prettier-ignore
    ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2',
      '-subj', '/CN=receiver', '-addext', 'subjectAltName=IP:127.0.0.1',
      '-keyout', join(certs, 'key.pem'), '-out', join(certs, 'cert.pem')],
    { stdio: 'ignore' },
  );
  tls = {
    key: readFileSync(join(certs, 'key.pem'), 'utf8'),
    cert: readFileSync(join(certs, 'cert.pem'), 'utf8'),
  };
}

before(async () => {
  makeCertificate();
  world = await World.start({
    settings: { 'webhooks.ca_file': join(certs, 'cert.pem'), 'log.level': 'debug' },
  });
  admin = (await world.gaveld.ctl('apikey', 'create', '--name', 'ops', '--scope', 'admin')).trim();
});
after(async () => {
  await Promise.all(receivers.map((receiver) => receiver.close()));
  await world?.close();
  removeTempDir(certs);
});

const auth = () => ({ 'X-API-Key': admin });
const get = (path) => world.api.get(path, auth());
const post = (path, body) => world.api.post(path, body, auth());
const send = (method, path, body, match = '*') =>
  world.api.send(method, path, {
    body: body && JSON.stringify(body),
    headers: {
      ...auth(),
      ...(body && { 'Content-Type': 'application/json' }),
      ...(method === 'PATCH' && match && { 'If-Match': match }),
    },
  });

/** @param {{tls?: {key: string, cert: string}}} [options] */
async function receiver(options) {
  const made = await Receiver.start(options);
  receivers.push(made);
  return made;
}

/** @param {Receiver} to @param {object} [more] */
async function hook(to, more = {}) {
  const answer = await post('/api/v1/webhooks', { name: 'shop', url: to.url, ...more });
  assert.equal(answer.status, 201, answer.text);
  return answer.json;
}

async function allowPrivate(allowed) {
  const { headers } = await get('/api/v1/settings');
  const answer = await world.api.send('PATCH', '/api/v1/settings', {
    body: JSON.stringify({ 'webhooks.private_targets': allowed }),
    headers: { ...auth(), 'Content-Type': 'application/json', 'If-Match': headers.etag },
  });
  assert.equal(answer.status, 200, answer.text);
}

const deliveries = async (id) => (await get(`/api/v1/webhooks/${id}/deliveries`)).json.items;

test('a receiver in a private range gets nothing until the owner opts in', async () => {
  const to = await receiver();
  for (const url of [to.url, to.url.replace('127.0.0.1', 'localhost')]) {
    const { id } = await hook({ url });
    assert.equal((await post(`/api/v1/webhooks/${id}/test`, '')).status, 202);
    const [row] = await until('an attempt', async () => {
      const rows = await deliveries(id);
      return rows[0].attempts > 0 && rows;
    });
    assert.match(row.error, /private or special range/);
    assert.equal(row.status, null);
    assert.equal((await send('DELETE', `/api/v1/webhooks/${id}`)).status, 204);
  }
  assert.equal(to.got.length, 0);
  await allowPrivate(true);
});

test('a sale is told in order over https, signed with the secret that was shown once', async () => {
  const to = await receiver({ tls });
  const made = await hook(to);
  assert.match(made.secret, /^whsec_[A-Za-z0-9_-]{43}$/);
  await world.stockBuyer(1);
  const plan = await world.plan();
  const id = await world.list(plan);
  await until('created', () => to.got.length === 1);
  await world.mineTo(plan.start);
  await until('revealed', () => to.got.length === 2);
  await world.mine(2); // further rungs are not worth an event
  assert.deepEqual(
    to.events.map((event) => [event.type, event.data.listing_id]),
    [
      ['listing.created', id],
      ['listing.revealed', id],
    ],
  );
  const first = to.got[0];
  const [, t] = /^t=(\d+),v1=/.exec(String(first.headers['gavel-signature']));
  assert.ok(Math.abs(Number(t) - Date.now() / 1000) < 60);
  assert.equal(first.headers['gavel-signature'], signatureOf(made.secret, t, first.body));
  assert.match(String(first.headers['gavel-delivery']), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab]/);
  assert.equal(first.headers['content-type'], 'application/json');
  assert.equal(new Set(to.got.map(({ headers }) => headers['gavel-delivery'])).size, 2);
  for (const { body } of to.got) assert.ok(!/psbt|cHNidP/i.test(body));
  const texts = [(await get('/api/v1/webhooks')).text, (await get('/api/v1/logs?limit=500')).text, world.gaveld.log];
  for (const text of texts) assert.ok(!text.includes(made.secret));
  await send('DELETE', `/api/v1/webhooks/${made.id}`);
});

test('what was committed before a kill is told after it, what failed is tried again', async () => {
  const to = await receiver();
  to.status = 500;
  const { id } = await hook(to, { events: ['listing.created'] });
  const listing = await world.list(await world.plan());
  await until('a refused attempt', () => to.got.length >= 1);
  await world.gaveld.kill();
  to.status = 204;
  await world.gaveld.launch();
  await world.synced();
  await until('the delivery', async () => (await deliveries(id))[0].state === 'delivered', { timeoutMs: 30000 });
  const [last] = to.events.slice(-1);
  assert.equal(last.data.listing_id, listing);
  assert.equal(new Set(to.events.map((event) => event.id)).size, 1);
  assert.equal(new Set(to.got.map(({ headers }) => headers['gavel-delivery'])).size, 1);
  await send('DELETE', `/api/v1/webhooks/${id}`);
});

test('a receiver that never answers delays no other, and a redirect is not followed', async () => {
  const dead = await receiver();
  dead.status = 0;
  const moved = await receiver();
  moved.status = 302;
  const alive = await receiver();
  const hooks = [];
  for (const to of [dead, moved, alive]) hooks.push(await hook(to));
  await post(`/api/v1/webhooks/${hooks[0].id}/test`, '');
  await post(`/api/v1/webhooks/${hooks[1].id}/test`, '');
  await until('both to fail', async () => {
    const { items } = (await get('/api/v1/webhooks')).json;
    return items[0].attempts > 0 && items[1].attempts > 0;
  }, { timeoutMs: 30000 });
  assert.match((await deliveries(hooks[1].id))[0].error, /302/);
  assert.equal(moved.got.length, 1);
  // The dead one is due again now and holds the slow lane while five events go to the living one.
  for (let i = 0; i < 5; i++) {
    await post(`/api/v1/webhooks/${hooks[2].id}/test`, '');
    await until('the ping', () => alive.got.length === i + 1, { timeoutMs: 3000 });
  }
  const health = await world.api.get('/health');
  assert.equal(health.status, 200);
  for (const { id } of hooks) await send('DELETE', `/api/v1/webhooks/${id}`);
});

test('deliveries can be listed, sent again, and follow their webhook', async () => {
  const to = await receiver();
  const { id } = await hook(to, { events: ['listing.sold'] });
  const ping = (await post(`/api/v1/webhooks/${id}/test`, '')).json.delivery_id;
  await until('delivered', async () => (await deliveries(id))[0].state === 'delivered');
  const again = await post(`/api/v1/deliveries/${ping}/redeliver`, '');
  assert.equal(again.status, 202);
  await until('the copy', () => to.got.length === 2);
  assert.equal(to.events[0].id, to.events[1].id);
  assert.notEqual(to.got[0].headers['gavel-delivery'], to.got[1].headers['gavel-delivery']);
  const page = (await get(`/api/v1/webhooks/${id}/deliveries?limit=1`)).json;
  assert.equal(page.items[0].id, again.json.delivery_id);
  const next = (await get(`/api/v1/webhooks/${id}/deliveries?limit=1&cursor=${page.next_cursor}`)).json;
  assert.deepEqual([next.items[0].id, next.next_cursor], [ping, null]);

  assert.equal((await send('PATCH', `/api/v1/webhooks/${id}`, { enabled: false })).json.enabled, false);
  assert.equal((await post(`/api/v1/webhooks/${id}/test`, '')).status, 409);
  assert.equal((await post(`/api/v1/deliveries/${ping}/redeliver`, '')).status, 409);
  const changed = await send('PATCH', `/api/v1/webhooks/${id}`, { enabled: true, name: 'till', events: ['listing.closed'] });
  assert.deepEqual([changed.json.enabled, changed.json.name, changed.json.secret], [true, 'till', undefined]);
  assert.equal((await send('DELETE', `/api/v1/webhooks/${id}`)).status, 204);
  for (const [method, path] of [
    ['GET', `/api/v1/webhooks/${id}/deliveries`],
    ['PATCH', `/api/v1/webhooks/${id}`],
    ['DELETE', `/api/v1/webhooks/${id}`],
    ['POST', `/api/v1/webhooks/${id}/test`],
    ['POST', `/api/v1/deliveries/${ping}/redeliver`],
  ]) {
    const body = method === 'PATCH' ? { enabled: true } : undefined;
    assert.equal((await send(method, path, body)).status, 404, path);
  }
});

test('bad webhooks are refused by name, and there are eight at most', async () => {
  const url = 'https://shop.example/hook';
  for (const [body, pointer] of [
    [{ name: '', url }, '/name'],
    [{ name: 'a', url: 'ftp://x' }, '/url'],
    [{ name: 'a', url: 'https://u:p@x' }, '/url'],
    [{ name: 'a', url: 5 }, '/url'],
    [{ name: 'a', url, events: [] }, '/events'],
    [{ name: 'a', url, events: ['ping'] }, '/events'],
    [{ name: 'a', url, events: 'listing.sold' }, '/events'],
    [{ name: 'a', url, enabled: 1 }, '/enabled'],
  ]) {
    const answer = await post('/api/v1/webhooks', body);
    assert.equal(answer.status, 400, answer.text);
    assert.equal(answer.json.errors[0].pointer, pointer, answer.text);
  }
  assert.equal((await send('DELETE', '/api/v1/webhooks/x')).status, 404);
  const made = [];
  for (let i = 0; i < 8; i++) made.push((await post('/api/v1/webhooks', { name: 'a', url })).json.id);
  assert.equal((await post('/api/v1/webhooks', { name: 'a', url })).status, 503);
  const [first] = made;
  assert.equal((await send('PATCH', `/api/v1/webhooks/${first}`, { url: 'ftp://x' })).status, 400);
  assert.equal((await send('GET', `/api/v1/webhooks/${first}/deliveries?limit=0`)).status, 400);
  for (const id of made) await send('DELETE', `/api/v1/webhooks/${id}`);
});

test('a change names what it changes: an older version, or none, is refused', async () => {
  const made = (await post('/api/v1/webhooks', { name: 'till', url: 'https://shop.example/hook' })).json;
  const path = `/api/v1/webhooks/${made.id}`;
  assert.equal((await send('PATCH', path, { name: 'shop' }, '')).status, 428);
  const changed = await send('PATCH', path, { name: 'shop' }, made.etag);
  assert.equal(changed.status, 200, changed.text);
  assert.notEqual(changed.json.etag, made.etag);
  const late = await send('PATCH', path, { name: 'stall' }, made.etag);
  assert.deepEqual([late.status, late.json.code], [412, 'http.changed']);
  const { items } = (await get('/api/v1/webhooks')).json;
  const [one] = items.filter(({ id }) => id === made.id);
  assert.deepEqual([one.name, one.etag], ['shop', changed.json.etag]);
  assert.equal((await send('DELETE', path)).status, 204);
});

test('without the admin scope nothing of it can be seen or done', async () => {
  for (const [method, path] of [
    ['GET', '/api/v1/webhooks'],
    ['POST', '/api/v1/webhooks'],
    ['PATCH', '/api/v1/webhooks/1'],
    ['DELETE', '/api/v1/webhooks/1'],
    ['POST', '/api/v1/webhooks/1/test'],
    ['GET', '/api/v1/webhooks/1/deliveries'],
    ['POST', '/api/v1/deliveries/1/redeliver'],
  ]) {
    const body = method === 'PATCH' || path.endsWith('webhooks') ? (method === 'GET' ? undefined : '{}') : undefined;
    const headers = { 'Content-Type': 'application/json' };
    assert.equal((await world.api.send(method, path, { body, headers })).status, 401, path);
    const scoped = { ...headers, 'X-API-Key': world.key };
    assert.equal((await world.api.send(method, path, { body, headers: scoped })).status, 403, path);
  }
});

test('every status that the description names was seen', () => {
  assertCovered('webhooks');
});
