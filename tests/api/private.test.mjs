/**
 * The private channels: what the log and the box say to owners and operators alone, over all three transports, with
 * each kind of credential; cut when it ends.
 */
import assert from 'node:assert/strict';
import https from 'node:http';
import { after, before, test } from 'node:test';
import { Gaveld } from '../support/gaveld.mjs';
import { LiveClient } from '../support/live.mjs';
import { Person } from '../support/person.mjs';
import { until } from '../support/wait.mjs';

const PASSWORD = 'a long enough password';

/** @type {Gaveld} */
let box;
/** @type {Person} */
let owner;
/** @type {LiveClient[]} */
const clients = [];

before(async () => {
  box = await Gaveld.start({ settings: { 'node.url': 'http://127.0.0.1:9' } });
  owner = await Person.owner(box);
  for (const role of ['operator', 'viewer'])
    assert.equal((await owner.send('POST', '/api/v1/users', { name: role, role, password: PASSWORD })).status, 201);
});
after(async () => {
  for (const client of clients) client.close();
  await box?.close();
});

/** @param {Record<string, string>} headers @param {string[]} channels */
async function listen(headers, channels) {
  const client = await LiveClient.open(`ws://127.0.0.1:${box.httpPort}/api/v1/ws`, { headers, channels });
  clients.push(client);
  return client;
}
const told = (client, ch, type, from = 0) =>
  client.frame(`${type} of ${ch}`, (frame) => frame.ch === ch && frame.type === type, from);
const closed = (client) => until('the end of the stream', () => client.closed);
const key = async (scope) => (await box.ctl('apikey', 'create', '--name', 'k', '--scope', scope)).trim();

/** Server-sent events: status, text so far, and whether it has ended. @param {string} path @param {Record<string, string>} headers */
function events(path, headers) {
  const stream = { status: 0, text: '', ended: false };
  https.get(`http://127.0.0.1:${box.httpPort}${path}`, { headers }, (response) => {
    stream.status = response.statusCode ?? 0;
    response.on('data', (part) => (stream.text += part));
    response.on('close', () => (stream.ended = true));
  });
  return stream;
}

test('a session, a token and a key hear that the log grows, and how the box does', async () => {
  const { json } = await owner.send('POST', '/api/v1/session/token');
  const operator = await Person.login(box.api, 'operator', PASSWORD);
  const admin = await key('admin');
  for (const headers of [owner.cookie, operator.cookie, { 'X-API-Key': admin }, { Authorization: `Bearer ${json.token}` }]) {
    const client = await listen(headers, ['logs', 'box']);
    const { data } = await told(client, 'logs', 'snapshot');
    const lines = (await owner.get(`/api/v1/logs?since=${data.last - 1}`)).json;
    assert.equal(lines.items[0].number, data.last);
    const seen = client.frames.length;
    await box.ctl('apikey', 'create', '--name', 'noise', '--scope', 'bids:write'); // logged
    const grown = await told(client, 'logs', 'grown', seen);
    assert.ok(grown.data.last > data.last);
    const facts = await until('the state of the box', () => client.frames.find((frame) => frame.ch === 'box'));
    assert.deepEqual(Object.keys(facts.data), Object.keys((await owner.get('/api/v1/system')).json));
    client.close();
  }
  for (const token of [json.token, admin]) {
    const client = await listen({}, []);
    client.say({ op: 'auth', token });
    client.say({ op: 'sub', ch: 'logs' });
    await told(client, 'logs', 'snapshot');
    client.close();
  }
});

test('others are refused on every transport, and hear the public channels as before', async () => {
  const viewer = await Person.login(box.api, 'viewer', PASSWORD);
  const seller = { 'X-API-Key': await key('auctions:write') };
  for (const ch of ['logs', 'box']) {
    for (const headers of [{}, viewer.cookie, seller, { Cookie: 'gavel_sid=made-up' }]) {
      const client = await listen(headers, [ch]);
      assert.equal(await closed(client), 4001);
      assert.ok(client.frames.every((frame) => frame.ch !== ch));
    }
    for (const path of [`/api/v1/events?ch=${ch}`, `/api/v1/events/poll?ch=node,${ch}&wait=1`]) {
      assert.equal((await box.api.get(path)).status, 401, path);
      for (const headers of [viewer.cookie, seller]) {
        const answer = await box.api.get(path, headers);
        assert.deepEqual([answer.status, answer.json.code], [403, 'live.private'], path);
      }
    }
  }
  const client = await listen(viewer.cookie, ['node']);
  await told(client, 'node', 'snapshot');
});

test('events and long polls tell the same', async () => {
  const stream = events('/api/v1/events?ch=logs,box', owner.cookie);
  await until('both channels', () => /"ch":"logs"/.test(stream.text) && /"ch":"box"/.test(stream.text));
  const { status, json } = await owner.get('/api/v1/events/poll?ch=logs&wait=5');
  assert.equal(status, 200);
  assert.equal(json.items[0].ch, 'logs');
  const next = owner.get(`/api/v1/events/poll?ch=logs&since=${json.seq}&wait=20`);
  await box.ctl('apikey', 'create', '--name', 'noise', '--scope', 'bids:write');
  const [frame] = (await next).json.items;
  assert.equal(frame.type, 'grown');
  assert.ok(frame.data.last > json.items[0].data.last);
});

test('whoever ends a session ends what it hears, and nothing else', async () => {
  const person = await Person.login(box.api, 'operator', PASSWORD);
  const mine = await listen(person.cookie, ['box', 'node']);
  const others = await listen(owner.cookie, ['logs']);
  const stream = events('/api/v1/events?ch=logs', person.cookie);
  await told(mine, 'node', 'snapshot');
  await told(others, 'logs', 'snapshot');
  await until('the stream', () => stream.status === 200 && stream.text.includes('logs'));
  assert.equal((await person.send('DELETE', '/api/v1/session')).status, 204);
  assert.equal(await closed(mine), 4001);
  await until('the end of the events', () => stream.ended);
  const seen = others.frames.length;
  await told(others, 'logs', 'grown', seen);
  assert.equal(others.closed, null);
});

test('a lower role, a locked account and a revoked key are cut, too', async () => {
  const { json } = await owner.get('/api/v1/users');
  const { id } = json.items.find(({ name }) => name === 'operator');
  for (const [change, back] of [[{ role: 'viewer' }, { role: 'operator' }], [{ disabled: true }, { disabled: false }]]) {
    const person = await Person.login(box.api, 'operator', PASSWORD);
    const client = await listen(person.cookie, ['logs']);
    await told(client, 'logs', 'snapshot');
    assert.equal((await owner.send('PATCH', `/api/v1/users/${id}`, change, { 'If-Match': '*' })).status, 200);
    assert.equal(await closed(client), 4001);
    assert.equal((await owner.send('PATCH', `/api/v1/users/${id}`, back, { 'If-Match': '*' })).status, 200);
  }
  const admin = await key('admin');
  const client = await listen({ 'X-API-Key': admin }, ['box']);
  await until('the state of the box', () => client.frames.some((frame) => frame.ch === 'box'));
  await box.ctl('apikey', 'revoke', admin.split('_')[1]);
  assert.equal(await closed(client), 4001);
});
