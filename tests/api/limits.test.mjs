/** How often one may ask, and which pages may ask at all: rate limits and CORS, at a box whose node is away. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { assertProblem, assertRefused } from '../support/expect.mjs';
import { Gaveld } from '../support/gaveld.mjs';

const SHOP = 'https://shop.example';

/** @type {Gaveld} */
let strict;
/** @type {Gaveld} */
let open;

/** @param {Record<string, string>} settings */
const box = (settings) =>
  Gaveld.start({
    settings: {
      'node.url': 'http://127.0.0.1:1',
      'node.user': 'nobody',
      'node.password': 'here',
      'oracle.enabled': 'off',
      ...settings,
    },
  });

before(async () => {
  strict = await box({ 'web.limit_loopback': 'on', 'web.cors_origins': `${SHOP},http://other.example:8080` });
  open = await box({});
});
after(async () => {
  await strict?.close();
  await open?.close();
});

/** @param {number} times @param {() => Promise<import('../support/api.mjs').Answer>} ask */
async function repeat(times, ask) {
  const answers = [];
  for (let i = 0; i < times; i++) answers.push(await ask());
  return answers;
}

test('every answer tells the limit, and what is over it is refused at once with the time to wait', async () => {
  const key = await strict.createKey();
  const ask = () => strict.api.get('/api/v1/node', { 'X-API-Key': key });
  const answers = await repeat(130, ask);
  const [first] = answers;
  assert.equal(first.status, 200);
  assert.equal(first.headers['ratelimit-policy'], '"read";q=120;w=60');
  assert.match(first.headers.ratelimit, /^"read";r=119;t=1$/);
  const refused = answers.filter(({ status }) => status === 429);
  assert.ok(refused.length > 0 && refused.length <= 10, `${refused.length} refused`);
  for (const answer of refused) {
    assertProblem(answer, 429, /^rate\.limited$/);
    assert.match(answer.headers['retry-after'], /^[1-9]\d*$/);
    assert.match(answer.headers.ratelimit, /^"read";r=0;t=(59|60)$/);
  }
  const other = await strict.api.get('/api/v1/node');
  assert.equal(other.status, 200, 'another client has its own bucket');
});

test('a key that is none counts as its address', async () => {
  const answers = await repeat(25, () =>
    strict.api.post('/api/v1/dutch/ladder', {}, { 'X-API-Key': `gvl_${Math.random()}` }),
  );
  const statuses = answers.map(({ status }) => status);
  assert.deepEqual(statuses.slice(0, 20), Array(20).fill(400));
  assert.ok(statuses.includes(429), String(statuses));
});

test('the original routes are limited too, in their own words', async () => {
  const answers = await repeat(25, () => strict.api.post('/api/listings', {}));
  assertRefused(answers.at(-1), 429);
});

test('health, certificates and the page are free', async () => {
  for (const path of ['/health', '/ca.crt', '/app.js']) {
    const answers = await repeat(125, () => strict.api.get(path));
    assert.ok(
      answers.every(({ status }) => status === 200),
      path,
    );
    assert.equal(answers[0].headers.ratelimit, undefined);
  }
});

test('who looks for paths that are not there is counted', async () => {
  const key = await strict.createKey();
  const answer = await strict.api.get('/api/v1/nothing', { 'X-API-Key': key });
  assertProblem(answer, 404);
  assert.match(answer.headers.ratelimit, /^"read";r=119;/);
});

test('the setting lifts the limits for this machine, and for nobody behind a proxy on it', async () => {
  const ask = (headers = {}) => open.api.get('/api/v1/node', headers);
  const lifted = await repeat(150, () => ask());
  assert.ok(
    lifted.every(({ status, headers }) => status === 200 && headers.ratelimit === '"read";r=120;t=0'),
  );
  const proxied = await repeat(125, () => ask({ 'X-Forwarded-For': '203.0.113.9' }));
  assert.equal(proxied.at(-1).status, 429);
});

test('a page of a configured origin may read and write; the answer never offers credentials', async () => {
  const key = await strict.createKey();
  const read = await strict.api.get('/api/v1/oracle', { Origin: SHOP, 'X-API-Key': key });
  assert.equal(read.headers['access-control-allow-origin'], SHOP);
  assert.equal(read.headers.vary, 'Origin');
  assert.equal(read.headers['access-control-allow-credentials'], undefined);
  assert.match(read.headers['access-control-expose-headers'], /\bETag\b/);
  const write = await strict.api.post('/api/v1/dutch/check', {}, { Origin: SHOP, 'X-API-Key': key });
  assert.notEqual(write.status, 403, write.text);
  assert.equal(write.headers['access-control-allow-origin'], SHOP);
});

test('a preflight of a configured origin is answered for ten minutes', async () => {
  const key = await strict.createKey();
  const ask = (origin, path = '/api/v1/dutch') =>
    strict.api.send('OPTIONS', path, {
      headers: { Origin: origin, 'Access-Control-Request-Method': 'POST', 'X-API-Key': key },
    });
  const answer = await ask('http://other.example:8080');
  assert.equal(answer.status, 204, answer.text);
  assert.equal(answer.headers['access-control-allow-origin'], 'http://other.example:8080');
  assert.equal(answer.headers['access-control-max-age'], '600');
  assert.equal(answer.headers['access-control-allow-methods'], 'GET, HEAD, POST');
  assert.match(answer.headers['access-control-allow-headers'], /\bIdempotency-Key\b/);
  assert.doesNotMatch(answer.headers['access-control-allow-headers'], /\*/);
  assert.equal((await ask(SHOP, '/api/v1/nothing')).status, 404);
});

test('origins that merely look alike, and the word null, are strangers', async () => {
  const key = await strict.createKey();
  const like = [
    'null',
    'http://shop.example',
    `${SHOP}:443`,
    `${SHOP}.evil.example`,
    'https://SHOP.example',
    `${SHOP}/`,
  ];
  for (const origin of like) {
    const read = await strict.api.get('/api/v1/oracle', { Origin: origin, 'X-API-Key': key });
    assert.equal(read.headers['access-control-allow-origin'], undefined, origin);
    assert.equal(read.headers.vary, 'Origin', origin);
    const write = await strict.api.post('/api/v1/dutch/check', {}, { Origin: origin, 'X-API-Key': key });
    assert.ok([403, 429].includes(write.status), `${origin} ${write.status}`);
  }
});

test('without configured origins no answer speaks of them', async () => {
  const read = await open.api.get('/api/v1/oracle', { Origin: SHOP });
  assert.equal(read.headers['access-control-allow-origin'], undefined);
  assert.equal(read.headers.vary, undefined);
  const preflight = await open.api.send('OPTIONS', '/api/v1/dutch', {
    headers: { Origin: SHOP, 'Access-Control-Request-Method': 'POST' },
  });
  assertProblem(preflight, 403);
});
