/**
 * openapi.json and the live server say the same. That every row of the route table has its operation is
 * shown by tests/unit/api/test_openapi.c; that every answer in every test is a described one, by the
 * client that all tests use (support/contract.mjs). Here: every described status can be had.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { assertCovered, operations, SPEC, validatorOf } from '../support/contract.mjs';
import { Gaveld } from '../support/gaveld.mjs';
import { makeBody } from '../support/signer.mjs';
import { until } from '../support/wait.mjs';
import { World } from '../support/world.mjs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Statuses that no ordinary request brings about; where they are tested instead. */
const ELSEWHERE = {
  'ws 101': 'live.test.mjs',
  'dutch_extend 200': 'extend.test.mjs',
  'dutch_extend 409': 'extend.test.mjs',
  'dutch_extend 422': 'extend.test.mjs',
  'events 200': 'live.test.mjs',
  'ws_mempool 101': 'oracle.test.mjs',
  'ready 503': 'facts.test.mjs',
  'acme_challenge 200': 'certificates.test.mjs',
  'own_cert_install 200': 'certificates.test.mjs',
  'own_cert_install 400': 'certificates.test.mjs',
  'own_cert_remove 204': 'certificates.test.mjs',
  'own_cert_remove 404': 'certificates.test.mjs',
  'system_restart 202': 'settings.test.mjs',
  'jwks 200': 'accounts.test.mjs',
  'session 200': 'accounts.test.mjs',
  'session_open 201': 'accounts.test.mjs',
  'session_close 204': 'accounts.test.mjs',
  'session_token 201': 'accounts.test.mjs',
  'sessions 200': 'accounts.test.mjs',
  'session_end 204': 'accounts.test.mjs',
  'setup_claim 201': 'setup.test.mjs',
  'setup_step 200': 'setup.test.mjs',
  'setup_discover 200': 'setup-node.test.mjs',
  'setup_own_node 202': 'setup-node.test.mjs',
  'setup_own_node 400': 'setup-node.test.mjs',
  'setup_own_node 409': 'setup-node.test.mjs',
  'setup_node_test 200': 'setup-node.test.mjs',
  'account_password 204': 'people.test.mjs',
  'account_totp_offer 201': 'people.test.mjs',
  'account_totp_confirm 204': 'people.test.mjs',
  'account_totp_clear 204': 'people.test.mjs',
  'users 200': 'people.test.mjs',
  'user_create 201': 'people.test.mjs',
  'user_change 200': 'people.test.mjs',
  'user_delete 204': 'people.test.mjs',
  'keys 200': 'people.test.mjs',
  'key_create 201': 'people.test.mjs',
  'key_revoke 204': 'people.test.mjs',
  'audit 200': 'people.test.mjs',
  'audit_verify 200': 'people.test.mjs',
};

/** Tags whose own tests call assertCovered. */
const COVERED_BY = {
  backups: 'backups.test.mjs',
  updates: 'update.test.mjs',
  orders: 'orders-rest.test.mjs',
  webhooks: 'webhooks.test.mjs',
};

/** @type {World} */
let world;
/** Without node and price. @type {Gaveld} */
let bare;

before(async () => {
  world = await World.start();
  await world.stockBuyer(2);
  bare = await Gaveld.start({
    settings: {
      'node.url': 'http://127.0.0.1:1',
      'node.user': 'a',
      'node.password': 'b',
      'oracle.enabled': 'off',
    },
  });
});
after(async () => {
  await bare?.close();
  await world?.close();
});

const auth = () => ({ 'X-API-Key': world.key });

test('what is served is what was built, and every schema in it is a schema', async () => {
  const { status, json, headers } = await world.api.get('/api/v1/openapi.json');
  assert.equal(status, 200);
  assert.deepEqual(json, SPEC);
  assert.equal(json.openapi, '3.1.0');
  const again = await world.api.get('/api/v1/openapi.json', { 'If-None-Match': headers.etag });
  assert.equal(again.status, 304);
  for (const name of Object.keys(SPEC.components.schemas)) validatorOf(['components', 'schemas', name]);
});

test('ids, tags and references of the description hold', () => {
  const all = operations();
  assert.equal(new Set(all.map(({ operationId }) => operationId)).size, all.length);
  const tags = new Set(SPEC.tags.map(({ name }) => name));
  for (const { operationId, tags: mine, summary } of all) {
    assert.ok(mine?.length === 1 && tags.has(mine[0]), `${operationId}: one known tag`);
    assert.ok(summary, `${operationId}: a summary`);
  }
  const check = (value, at) => {
    if (value === null || typeof value !== 'object') return;
    if (typeof value.$ref === 'string') {
      const target = value.$ref
        .slice(2)
        .split('/')
        .reduce((node, part) => node?.[part], SPEC);
      assert.ok(target, `${at}: ${value.$ref} leads nowhere`);
    }
    for (const [key, inner] of Object.entries(value)) check(inner, `${at}/${key}`);
  };
  check(SPEC, '');
});

test('examples are what the schemas beside them take', () => {
  let count = 0;
  const check = (value, place) => {
    if (value === null || typeof value !== 'object') return;
    if (value.schema && value.example !== undefined) {
      const validate = validatorOf([...place, 'schema']);
      assert.ok(validate(value.example), `${place.join('/')}: ${JSON.stringify(validate.errors)}`);
      count++;
    }
    for (const [key, inner] of Object.entries(value)) check(inner, [...place, key]);
  };
  check(SPEC.paths, ['paths']);
  check(SPEC.components, ['components']);
  assert.ok(count > 0);
});

test('every described status of every operation can be had', async () => {
  const { api } = world;
  const coin = await world.assetCoin();
  const plan = await world.plan({ coin, start: (await world.height()) + 3 });
  const body = makeBody(plan);
  const reader = await world.gaveld.createKey({ scope: 'auctions:read' });
  const both = ['auctions', 'listings'];

  for (const path of ['/api/auctions', '/api/listings', '/api/v1/dutch']) {
    await api.post(path, body);
    await api.post(path, body, { 'X-API-Key': reader });
    await api.post(path, 'x', { ...auth(), 'Content-Type': 'text/plain' });
    await api.post(path, {}, auth());
    await api.post(path, ' '.repeat(4194305), auth()).catch(() => undefined);
    await bare.api.post(path, body, { 'X-API-Key': await bare.createKey() });
  }
  const once = { ...auth(), 'Idempotency-Key': 'openapi-test' };
  const { json, text } = await api.post('/api/v1/dutch', body, once);
  await api.post('/api/v1/dutch', {}, once);
  assert.ok(json.id, text);
  for (const path of ['/api/auctions', '/api/listings', '/api/v1/dutch']) await api.post(path, body, auth());
  for (const name of both) {
    const other = makeBody(await world.plan());
    await api.post(`/api/${name}`, other, auth());
  }
  await world.mineTo(plan.start);

  await api.post('/api/v1/dutch/batch', { items: [{}] }, auth());
  await api.post('/api/v1/dutch/batch', { items: [] }, auth());
  await api.post('/api/v1/dutch/check', body);
  await api.post('/api/v1/dutch/check', body, auth());
  await api.post('/api/v1/dutch/check', '{', auth());
  await api.post('/api/v1/dutch/ladder', {});
  await api.post('/api/v1/dutch/ladder', {
    utxo_txid: plan.coin.txid,
    utxo_vout: plan.coin.vout,
    start_block: plan.start,
    end_block: plan.end,
    start_price_sats: 100000,
    end_price_sats: 50000,
    payout_address: world.buyer.address,
  });
  const purchase = (/** @type {any} */ id, more = {}) =>
    api.post(`/api/v1/dutch/${id}/purchase`, {
      inputs: world.purse.slice(0, 1).map(({ txid, vout }) => ({ txid, vout })),
      receive_address: world.buyer.address,
      change_address: world.buyer.address,
      fee_rate_sat_vb: 2,
      ...more,
    });
  await purchase(json.id);
  await purchase(json.id, { more: 1 });
  await purchase(999);
  const upcoming = await world.list(await world.plan());
  await purchase(upcoming);
  for (const prefix of [...both.map((name) => `/api/${name}`), '/api/v1/dutch']) {
    await api.get(`${prefix}?status=nothing`);
    await api.get(prefix);
    const one = await api.get(`${prefix}/${json.id}`);
    await api.get(`${prefix}/${json.id}`, { 'If-None-Match': one.headers.etag ?? '' });
    await api.get(`${prefix}/999`);
    await api.get(`${prefix}/${json.id}/current-psbt`);
    await api.get(`${prefix}/999/current-psbt`);
  }
  for (const path of ['/api/v1/dutch', '/api/v1/auctions']) {
    const { headers } = await api.get(path);
    await api.get(path, { 'If-None-Match': headers.etag });
    await api.get(`${path}?limit=0`);
  }
  await api.get(`/api/address/${plan.coin.address ?? world.buyer.address}`);
  await api.get('/api/address/x');
  for (const path of ['/api/health', '/health', '/ready', '/metrics', '/ca.crt', '/ca.mobileconfig', '/api/v1/node'])
    await api.get(path);
  await api.get('/metrics', { 'X-Forwarded-For': '203.0.113.1' });
  for (const path of [
    '/api/v1/oracle',
    '/api/v1/oracle/history',
    '/api/v1/oracle/blocks',
    '/api/v1/oracle/days',
  ]) {
    await api.get(path);
    await bare.api.get(path);
    await api.get(`${path}?from=x`);
  }
  await withoutLeave(reader);
  await system(await world.gaveld.createKey({ scope: 'admin' }));
  const lengthen = (id, more) => api.post(`/api/v1/dutch/${id}/extend`, more, auth());
  await lengthen(json.id, {});
  await lengthen(999, { end_block: 1, psbts: [] });
  await api.get(`/api/v1/dutch/${json.id}/events`);
  await api.get('/api/v1/dutch/999/events');
  await api.get('/api/v1/stats');
  await api.get('/api/v1/stats?window=1');
  await api.get('/api/v1/ws');
  await api.get('/api/v1/events');
  await api.get('/api/v1/events/poll?ch=nothing');
  await api.get('/api/v1/events/poll?ch=market,node');
  await api.get('/problems/psbt-wrong-sighash');
  await world.node.halt();
  await until('the missing node to be noticed', async () => !(await api.get('/api/v1/node')).json.live);
  for (const prefix of [...both.map((name) => `/api/${name}`), '/api/v1/dutch'])
    await api.get(`${prefix}/${json.id}/current-psbt`);
  await purchase(json.id);
  await lengthen(json.id, {});

  for (const { name } of SPEC.tags) if (!(name in COVERED_BY)) assertCovered(name, ELSEWHERE);
});

test('the other tags are covered by their own tests', () => {
  for (const [tag, file] of Object.entries(COVERED_BY))
    assert.ok(readFileSync(join(ROOT, 'tests/api', file), 'utf8').includes(`assertCovered('${tag}'`), file);
});

/** Every operation that needs a key: without one, and with one that may not. @param {string} reader */
async function withoutLeave(reader) {
  for (const { method, pattern, security, requestBody } of operations()) {
    if (!security) continue;
    const path = pattern.replace(/\{[^}]+\}/g, '1');
    const more = requestBody
      ? { body: '{}', headers: { 'Content-Type': 'application/json' } }
      : { headers: {} };
    await world.api.send(method, path, more);
    await world.api.send(method, path, { ...more, headers: { ...more.headers, 'X-API-Key': reader } });
  }
}

/** The routes of the owner. @param {string} admin */
async function system(admin) {
  const { api } = world;
  const key = { 'X-API-Key': admin };
  const { headers } = await api.get('/api/v1/settings', key);
  await api.get('/api/v1/settings', { ...key, 'If-None-Match': headers.etag });
  const change = (body, more) =>
    api.send('PATCH', '/api/v1/settings', {
      body: JSON.stringify(body),
      headers: { ...key, 'Content-Type': 'application/json', ...more },
    });
  await change({});
  await change({}, { 'If-Match': '"x"' });
  await change({ 'log.level': 'loud' }, { 'If-Match': '*' });
  await change({ 'http.port': 1 }, { 'If-Match': '*' });
  await change({ 'log.level': 'info' }, { 'If-Match': '*' });
  await api.get('/api/v1/logs?limit=1', key);
  await api.get('/api/v1/logs?level=loud', key);
  await api.get('/api/v1/system', key);
}

/** Sources whose problems reach a client of the API. */
const SOURCES = [
  'web/api',
  'web/server',
  'web/live',
  'app/account',
  'app/engine',
  'app/auction/dutch',
  'app/counterparty',
  'app/node',
  'app/bitcoin',
];
/** Codes of these sources that reach none: found at start, by the command line, or in a log. */
const INSIDE =
  /^(server\.(bind|route|running|tls.*)|live\.(running|start)|feed\.|key\.environment|jwks\.|jwt\.(alg|form|claims)|engine\.refused|store\.|audit\.|listing\.|spend\.|block\.|tx\.|node\.(bad_block|block_missing|wrong_network)|ladder\.full|purchase\.full|sign\.)/;

test('every code that the sources can answer is in the table of problems', () => {
  const unknown = new Set();
  for (const folder of SOURCES)
    for (const name of readdirSync(join(ROOT, folder), { recursive: true }).map(String)) {
      if (!name.endsWith('.c')) continue;
      const source = readFileSync(join(ROOT, folder, name), 'utf8');
      for (const [, code] of source.matchAll(
        /GV_ERR_[A-Z_]+,\s*(?:[a-z_>.()[\]-]+,\s*)?"([a-z_]+\.[a-z_0-9]+)"/g,
      ))
        if (!SPEC['x-problems'][code] && !INSIDE.test(code)) unknown.add(`${code} (${folder}/${name})`);
    }
  assert.deepEqual([...unknown], [], 'describe it under "problems" in web/api/openapi');
});
