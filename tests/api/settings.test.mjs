/**
 * Settings, logs and system: what the admin pages read and change, over the real daemon, its restart
 * included. Every refusal names the key; no answer holds a secret.
 */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Gaveld } from '../support/gaveld.mjs';
import { until } from '../support/wait.mjs';

const CANARY = 'canary-Pa55word-9f31';

/** @type {Gaveld} */
let box;
/** @type {string} */
let admin;
/** @type {string} */
let writer;

/** @param {string} scope */
async function makeKey(scope) {
  return (await box.ctl('apikey', 'create', '--name', 'ops', '--scope', scope)).trim();
}

before(async () => {
  box = await Gaveld.start({ settings: { 'node.url': 'http://127.0.0.1:9' } });
  admin = await makeKey('admin');
  writer = await makeKey('auctions:write');
});
after(() => box?.close());

const get = (path, key = admin) => box.api.get(path, key ? { 'X-API-Key': key } : {});

/** @param {unknown} body @param {string} [tag] @param {string} [key] */
async function patch(body, tag, key = admin) {
  const match = tag ?? (await get('/api/v1/settings')).headers.etag;
  return box.api.send('PATCH', '/api/v1/settings', {
    body: JSON.stringify(body),
    headers: { 'Content-Type': 'application/json', 'X-API-Key': key, 'If-Match': match },
  });
}

async function setting(key) {
  const { json } = await get('/api/v1/settings');
  return json.items.find((item) => item.key === key);
}

async function restart() {
  const port = box.httpPort;
  const answer = await box.api.post('/api/v1/system/restart', '', { 'X-API-Key': admin });
  assert.equal(answer.status, 202);
  await until('gaveld to come back', async () => {
    const file = join(box.dir, 'ports.json');
    if (!existsSync(file)) return false;
    const seen = JSON.parse(readFileSync(file, 'utf8'));
    if (seen.http === port) return false;
    box.httpPort = seen.http;
    box.api.close();
    box.api = new (box.api.constructor)(`http://127.0.0.1:${seen.http}`);
    return (await box.api.get('/health')).status === 200;
  });
}

test('nobody without the admin scope sees or changes anything', async () => {
  for (const path of ['/api/v1/settings', '/api/v1/logs', '/api/v1/system']) {
    assert.equal((await get(path, '')).status, 401, path);
    assert.equal((await get(path, writer)).status, 403, path);
  }
  assert.equal((await patch({ 'log.level': 'debug' }, '*', writer)).status, 403);
  const answer = await box.api.post('/api/v1/system/restart', '', { 'X-API-Key': writer });
  assert.equal(answer.status, 403);
});

test('the form has every row of the table with type, source and help', async () => {
  const { status, json, headers } = await get('/api/v1/settings');
  assert.equal(status, 200);
  assert.match(headers.etag, /^"[0-9a-f]{16}"$/);
  const printed = (await box.ctl('config', 'show')).split('\n');
  assert.equal(json.items.length, printed.length);
  for (const item of json.items) {
    assert.ok(item.help && item.group && item.type, item.key);
    assert.ok(['default', 'environment', 'flag', 'file', 'stored'].includes(item.source), item.key);
    const files = ['setup.claim_file', 'setup.node_file', 'update.folder'];
    const boot = ['general.data_dir', 'general.require_mount', ...files].includes(item.key);
    assert.equal(item.forced, boot || ['environment', 'flag'].includes(item.source), item.key);
  }
  const level = json.items.find((item) => item.key === 'log.level');
  assert.deepEqual(level.choices, ['trace', 'debug', 'info', 'unusual', 'broken']);
  assert.equal(level.restart, false);
  const depth = json.items.find((item) => item.key === 'auction.final_depth');
  assert.deepEqual([depth.value, depth.default, depth.min, depth.max], [6, 6, 1, 100]);
  const password = json.items.find((item) => item.key === 'node.password');
  assert.equal(password.value, undefined);
  assert.equal(password.set, false);
});

test('a change needs the tag of what was seen', async () => {
  const body = JSON.stringify({ 'log.level': 'debug' });
  const headers = { 'Content-Type': 'application/json', 'X-API-Key': admin };
  assert.equal((await box.api.send('PATCH', '/api/v1/settings', { body, headers })).status, 428);
  const stale = (await get('/api/v1/settings')).headers.etag;
  assert.equal((await patch({ 'auction.final_depth': 7 }, stale)).status, 200);
  const late = await patch({ 'auction.final_depth': 8 }, stale);
  assert.equal(late.status, 412);
  assert.equal((await setting('auction.final_depth')).value, 7);
});

test('refusals name the key and change nothing', async () => {
  const before = readFileSync(join(box.dir, 'settings.conf'), 'utf8');
  const cases = [
    [{ 'no.such': 1 }, 400, '/no.such'],
    [{ 'auction.final_depth': 0 }, 400, '/auction.final_depth'],
    [{ 'auction.final_depth': '3' }, 400, '/auction.final_depth'],
    [{ 'auction.final_depth': 2.5 }, 400, '/auction.final_depth'],
    [{ 'https.tls': 'yes' }, 400, '/https.tls'],
    [{ 'web.hosts': 'a\u0000b' }, 400, '/web.hosts'],
    [{ 'log.level': 'loud' }, 400, '/log.level'],
    [{ 'node.url': 'http://10.0.0.1' }, 409, '/node.url'],
    [{ 'general.data_dir': '/tmp' }, 409, '/general.data_dir'],
    [{ 'setup.claim_file': join(box.dir, 'seal.key') }, 409, '/setup.claim_file'],
    [{ 'auction.final_depth': 9, 'log.level': 'loud' }, 400, '/log.level'],
  ];
  for (const [body, status, pointer] of cases) {
    const answer = await patch(body);
    assert.equal(answer.status, status, answer.text);
    assert.equal(answer.headers['content-type'], 'application/problem+json');
    assert.ok(answer.json.detail.includes(String(pointer).slice(1)), answer.text);
  }
  assert.equal(readFileSync(join(box.dir, 'settings.conf'), 'utf8'), before);
});

test('what is live holds at once, the rest after a restart inside the process', async () => {
  const pid = box.child.pid;
  const changed = await patch({ 'log.level': 'debug', 'oracle.window_hours': 5 });
  assert.equal(changed.status, 200, changed.text);
  assert.equal(changed.json.pending, true);
  assert.equal((await setting('log.level')).pending, false);
  assert.equal((await setting('oracle.window_hours')).pending, true);
  await restart();
  assert.equal(box.child.pid, pid);
  assert.equal(box.child.exit, null);
  const window = await setting('oracle.window_hours');
  assert.deepEqual([window.value, window.source, window.pending], [5, 'stored', false]);
  assert.equal((await patch({ 'oracle.window_hours': null })).status, 200);
  assert.equal((await setting('oracle.window_hours')).value, 3);
});

test('gavelctl changes the same settings', async () => {
  assert.match(await box.ctl('config', 'set', 'auction.final_depth=4'), /auction\.final_depth/);
  assert.equal(await box.ctl('config', 'get', 'auction.final_depth'), '4');
  await assert.rejects(box.ctl('config', 'set', 'auction.final_depth=999'), /1\.\.100/);
  await assert.rejects(box.ctl('config', 'get', 'no.such'));
  await box.ctl('config', 'set', 'auction.final_depth');
  assert.equal(await box.ctl('config', 'get', 'auction.final_depth'), '6');
});

test('config check prints file and line, drop-ins included', async () => {
  const dir = join(box.dir, 'etc');
  mkdirSync(join(dir, 'conf.d'), { recursive: true });
  const file = join(dir, 'gavel.conf');
  writeFileSync(file, '[http]\nport = 8480\n');
  await box.ctl('config', 'check', file);
  writeFileSync(join(dir, 'conf.d', '20-bad.conf'), '; second\n[node]\npoll_seconds = 600\n');
  await assert.rejects(box.ctl('config', 'check', file), /20-bad\.conf:3: node\.poll_seconds/);
});

test('a stored file that cannot be read gives way to its last good copy', async () => {
  assert.equal((await patch({ 'auction.final_depth': 11 })).status, 200);
  await restart(); // now it is the good copy
  writeFileSync(join(box.dir, 'settings.conf'), '[auction]\nfinal_depth = many\n');
  await restart();
  assert.equal((await setting('auction.final_depth')).value, 11);
  assert.match(box.log, /stored settings not used: settings\.conf:2: auction\.final_depth/);
  assert.equal((await patch({ 'auction.final_depth': null })).status, 200);
});

test('a stored file cannot make a start remove one of the box', async () => {
  const victim = join(box.dir, 'seal.key');
  writeFileSync(join(box.dir, 'settings.conf'), `[setup]\nclaim_file = ${victim}\n`);
  await restart(); // a claimed box removes the file of its claim code
  assert.ok(existsSync(victim));
  assert.match(box.log, /stored settings not used: settings\.conf:2: setup\.claim_file/);
});

test('settings that a start fails with are set aside', async () => {
  assert.equal((await patch({ 'counterparty.ca_file': '/nonexistent/ca.pem' })).status, 200);
  await box.halt();
  await assert.rejects(box.launch());
  assert.ok(existsSync(join(box.dir, 'settings.conf.refused')));
  await box.launch();
  assert.equal((await setting('counterparty.ca_file')).value, '');
});

test('logs come structured, filtered and in order', async () => {
  const all = (await get('/api/v1/logs?limit=500')).json;
  assert.ok(all.items.length > 5);
  for (let i = 1; i < all.items.length; i++) assert.equal(all.items[i].number, all.items[i - 1].number + 1);
  const line = all.items.find((item) => item.module === 'boot' && item.text.startsWith('ready'));
  assert.match(line.at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  assert.equal(line.level, 'info');
  const boot = (await get('/api/v1/logs?module=boot&q=READY')).json.items;
  assert.ok(boot.length >= 1 && boot.every((item) => item.module === 'boot'));
  const two = (await get('/api/v1/logs?limit=2&level=info')).json.items;
  assert.equal(two.length, 2);
  assert.deepEqual((await get(`/api/v1/logs?since=${all.last + 100000}`)).json.items, []);
  const since = (await get(`/api/v1/logs?since=${line.number - 1}&limit=1&module=boot&q=ready`)).json;
  assert.equal(since.items[0].number, line.number);
  for (const bad of ['level=loud', 'limit=501', 'limit=-1', 'since=x'])
    assert.equal((await get(`/api/v1/logs?${bad}`)).status, 400, bad);
});

test('a secret that was set is in no answer, no log and no audit row', async () => {
  const changed = await patch({ 'node.user': 'u', 'node.password': CANARY });
  assert.equal(changed.status, 200, changed.text);
  const refused = await patch({ 'node.password': `${CANARY}\n` });
  assert.equal(refused.status, 400);
  const texts = [changed.text, refused.text, box.log];
  for (const path of ['/api/v1/settings', '/api/v1/logs?limit=500', '/api/v1/system', '/metrics'])
    texts.push((await get(path)).text);
  texts.push(await box.ctl('config', 'show'), await box.ctl('config', 'get', 'node.password'));
  for (const text of texts) assert.ok(!text.includes(CANARY));
  assert.equal((await setting('node.password')).set, true);
  assert.ok(readFileSync(join(box.dir, 'settings.conf'), 'utf8').includes(CANARY));
  assert.equal((await patch({ 'node.user': null, 'node.password': null })).status, 200);
  const { json } = await get('/api/v1/audit?kind=settings&limit=5');
  for (const { detail } of json.items) assert.ok(!detail.includes(CANARY), detail);
  assert.match(json.items[0].detail, /^by=key:\w{8} address=127\.0\.0\.1 route=settings_change node\.user node\.password$/);
});

test('system tells pools, threads, disk, wear and certificate', async () => {
  const { status, json } = await get('/api/v1/system');
  assert.equal(status, 200);
  const names = json.threads.map((thread) => thread.name);
  for (const name of ['main', 'engine', 'node', 'control', 'oracle']) assert.ok(names.includes(name), name);
  assert.ok(json.threads.every((thread) => thread.alive_ms_ago < 60000));
  assert.ok(json.pools.some((pool) => pool.name === 'commands' && pool.size > 0));
  assert.ok(json.heaps.some((heap) => heap.name === 'tls'));
  assert.ok(json.memory.resident_bytes > 1e6 && json.memory.resident_bytes < json.memory.budget_bytes);
  assert.ok(json.disk.free_bytes > 0 && json.disk.database_bytes > 0);
  const durable = json.disk.written.find((row) => row.class === 'durable');
  assert.ok(durable.total_bytes > 4096 && durable.day_bytes === durable.total_bytes);
  assert.equal(json.clock_set, true);
  assert.ok(json.certificate.names.includes('localhost') && json.certificate.days_left > 30);
  assert.match(json.certificate.sha256, /^([0-9A-F]{2}:){31}[0-9A-F]{2}$/);
  const ready = (await box.api.get('/ready')).json;
  assert.equal(ready.checks.disk, 'pass');
  const metrics = (await box.api.get('/metrics')).text;
  assert.match(metrics, /gavel_disk_written_bytes_total\{class="durable"\} \d+/);
});
