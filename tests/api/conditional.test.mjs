/**
 * Conditional requests: what a client has already is not sent again, and of two who change what both saw
 * alike one wins.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { operations } from '../support/contract.mjs';
import { Person } from '../support/person.mjs';
import { World } from '../support/world.mjs';

/** @type {World} */
let world;
/** @type {Person} */
let owner;
/** @type {string} */
let hook;
/** @type {string} */
let user;
/** What stands for {id} in the paths that have one. @type {Record<string, string>} */
const ids = {};

before(async () => {
  world = await World.start({ settings: { 'web.limit_loopback': 'off' } });
  owner = await Person.owner(world.gaveld);
  const lot = String(await world.list(await world.plan()));
  ids['/api/v1/dutch/{id}'] = lot;
  ids['/api/v1/dutch/{id}/events'] = lot;
  const made = await owner.send('POST', '/api/v1/webhooks', { name: 'shop', url: 'https://192.0.2.1/' });
  ids['/api/v1/webhooks/{id}/deliveries'] = String(made.json.id);
  hook = `/api/v1/webhooks/${made.json.id}`;
  const bob = await owner.send('POST', '/api/v1/users', { name: 'bob', role: 'viewer', password: 'a long enough one' });
  user = `/api/v1/users/${bob.json.id}`;
});
after(() => world?.close());

/** The answer, and the answer to whoever has that one. @param {string} path */
async function twice(path) {
  const first = await owner.get(path);
  return { first, second: await owner.get(path, { 'If-None-Match': first.headers.etag }) };
}

test('every read that can be spared is spared', async () => {
  const spared = operations().filter(({ method, responses }) => method === 'GET' && '304' in responses);
  assert.ok(spared.length >= 15);
  for (const { pattern } of spared) {
    const path = ids[pattern] ? pattern.replace('{id}', ids[pattern]) : pattern;
    let { first, second } = await twice(path);
    /* Something of the box may have changed in between: a session was used, a block price was found. */
    for (let i = 0; i < 5 && second.status === 200; i++) ({ first, second } = await twice(path));
    assert.equal(first.status, 200, `${path}: ${first.text}`);
    assert.match(first.headers.etag, /^"[\w-]+"$/, path);
    assert.deepEqual([second.status, second.text], [304, ''], path);
    assert.equal(second.headers.etag, first.headers.etag, path);
    assert.equal(second.headers['cache-control'], first.headers['cache-control'], path);
  }
});

test('what only some may read is kept by no cache', async () => {
  for (const { method, pattern, security, responses } of operations()) {
    if (method !== 'GET' || !security || !('304' in responses)) continue;
    const path = ids[pattern] ? pattern.replace('{id}', ids[pattern]) : pattern;
    assert.equal((await owner.get(path)).headers['cache-control'], 'no-store', path);
  }
});

/** Two changes sent at once, both made from the same reading. */
async function race(path, etag, changes) {
  const answers = await Promise.all(
    changes.map((change) => owner.send('PATCH', path, change, { 'If-Match': etag })),
  );
  const won = answers.filter(({ status }) => status === 200);
  const lost = answers.filter(({ status }) => status === 412);
  assert.deepEqual([won.length, lost.length], [1, 1], answers.map(({ text }) => text).join('\n'));
  assert.match(lost[0].json.code, /^(http|config)\.changed$/);
  return won[0];
}

test('of two changes to what both saw, one wins: people', async () => {
  const { items } = (await owner.get('/api/v1/users')).json;
  let { etag } = items.find(({ name }) => name === 'bob');
  for (let round = 0; round < 4; round++) {
    const disabled = round % 2 === 0;
    ({ etag } = (await race(user, etag, [{ role: 'host', disabled }, { role: 'operator', disabled }])).json);
  }
});

test('of two changes to what both saw, one wins: webhooks', async () => {
  let { etag } = (await owner.get('/api/v1/webhooks')).json.items[0];
  for (let round = 0; round < 4; round++)
    ({ etag } = (await race(hook, etag, [{ name: `a${round}` }, { name: `b${round}` }])).json);
});

test('of two changes to what both saw, one wins: settings', async () => {
  for (let round = 0; round < 4; round++) {
    const { etag } = (await owner.get('/api/v1/settings')).headers;
    const depths = [{ 'auction.final_depth': 10 + 2 * round }, { 'auction.final_depth': 11 + 2 * round }];
    await race('/api/v1/settings', etag, depths);
  }
});

test('If-Match is read as RFC 9110 has it', async () => {
  const change = (match) => owner.send('PATCH', hook, { name: 'shop' }, match && { 'If-Match': match });
  const { etag } = (await change('*')).json;
  for (const match of [etag, `"other", ${etag}`, `W/"0123456789abcdef" ,,${etag}`, ` ${etag} `])
    assert.equal((await change(match)).status, 200, match);
  assert.deepEqual([(await change()).status, (await change()).json.code], [428, 'http.if_match']);
  const stale = [`W/${etag}`, '""', '"', 'W/', etag.slice(1, -1), etag.slice(0, -1), '"0000000000000000"', `"${'x'.repeat(400)}"`];
  for (const match of stale) {
    const answer = await change(match);
    assert.deepEqual([answer.status, answer.json.code], [412, 'http.changed'], match);
  }
});

test('who deletes may say what he saw', async () => {
  for (const path of [hook, user]) {
    assert.equal((await owner.send('DELETE', path, undefined, { 'If-Match': '"0000000000000000"' })).status, 412);
    assert.equal((await owner.send('DELETE', path)).status, 204);
  }
});
