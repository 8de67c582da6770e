/**
 * Behind a proxy: what a trusted one says of its client counts, for lockout, limits, audit, cookies and the Host check;
 * from everybody else the same headers are nothing but text. 127.0.0.40 and .41 are the proxies here.
 */
import assert from 'node:assert/strict';
import http from 'node:http';
import { after, before, test } from 'node:test';
import { Api } from '../support/api.mjs';
import { Gaveld, OWNER } from '../support/gaveld.mjs';
import { sleep, until } from '../support/wait.mjs';

const NAME = 'box.example';
const CLIENT = '203.0.113.5';
const right = { name: OWNER.name, password: OWNER.password };
const wrong = { name: OWNER.name, password: 'something else entirely' };

/** @type {Gaveld} */
let box;
/** @type {string} */
let admin;
/** @type {Api[]} */
const apis = [];

before(async () => {
  box = await Gaveld.start({
    settings: { 'node.url': 'http://127.0.0.1:9', 'web.trusted_proxies': '127.0.0.40/31, fd00::/8', 'web.hosts': NAME },
  });
  admin = (await box.ctl('apikey', 'create', '--name', 'k', '--scope', 'admin')).trim();
});
after(async () => {
  for (const api of apis) api.close();
  await box?.close();
});

/** @param {string} localAddress of this machine */
function from(localAddress) {
  const api = new Api(`http://127.0.0.1:${box.httpPort}`);
  api.agent.destroy();
  api.agent = new http.Agent({ keepAlive: true, localAddress });
  apis.push(api);
  return api;
}
/** One try a second is allowed to all together, and a try that came too soon counts for its address all the same. */
async function login(api, headers, body = right) {
  await sleep(1100);
  return api.post('/api/v1/session', body, headers);
}
const forwarded = (client, more = {}) => ({ 'X-Forwarded-For': client, 'X-Forwarded-Proto': 'https', ...more });

/** Where the newest rows of failed logins say that they came from. */
async function failures() {
  const { json } = await box.api.get('/api/v1/audit?kind=login&limit=50', { 'X-API-Key': admin });
  return json.items.map(({ detail }) => /address=(\S+)/.exec(detail)?.[1]);
}
const noted = (address) => until(`a failed login of ${address}`, async () => (await failures()).includes(address));

/** Guesses until the limit of five a minute, three of them at once, is felt: one more is let in every 12 seconds. */
async function guess(api, headersOf) {
  for (let i = 0; i < 10; i++) if ((await login(api, headersOf(i), wrong)).status === 429) return;
  assert.fail('ten guesses were all let in');
}

test('who guesses behind the proxy is held up himself, not everybody behind it', async () => {
  const proxy = from('127.0.0.40');
  await guess(proxy, () => forwarded(CLIENT));
  assert.equal((await login(proxy, forwarded('203.0.113.6'))).status, 201);
  await noted(CLIENT);
});

test('the client is whom the trusted proxy saw, whatever stood in the header before', async () => {
  const proxy = from('127.0.0.40');
  const seen = {
    '203.0.113.20': '198.51.100.9, 203.0.113.20',
    '203.0.113.21': '127.0.0.1,203.0.113.21',
    '203.0.113.22': 'nonsense, 1.2.3.4:5, 203.0.113.22',
    '203.0.113.23': '203.0.113.23, 127.0.0.41',
    '203.0.113.24': '203.0.113.24, fd00::7, 127.0.0.41',
    '203.0.113.25': `${CLIENT}, 203.0.113.25`,
    '2001:db8::5': '2001:db8::5',
  };
  for (const [client, list] of Object.entries(seen)) {
    assert.equal((await login(proxy, forwarded(list), wrong)).status, 401, list);
    await noted(client);
  }
});

test('whoever is no trusted proxy is who he is', async () => {
  await guess(from('127.0.0.50'), (i) => forwarded(`198.51.100.${i}`));
  await noted('127.0.0.50');
  assert.ok(!(await failures()).some((address) => address?.startsWith('198.51.100.')));
  const secure = await login(from('127.0.0.51'), { 'X-Forwarded-Proto': 'https', 'X-Forwarded-Host': 'evil.example' });
  assert.equal(secure.status, 201);
  assert.ok(!/Secure/.test(String(secure.headers['set-cookie'])));
});

test('who came to the proxy by TLS is served with a Secure cookie, who came without is sent to TLS', async () => {
  const proxy = from('127.0.0.41');
  const come = (scheme) => login(proxy, forwarded('203.0.113.8', { 'X-Forwarded-Proto': scheme }));
  assert.match(String((await come('https')).headers['set-cookie']), /; Secure/);
  const plain = await come('http');
  assert.deepEqual([plain.status, plain.headers['set-cookie']], [403, undefined]);
});

test('the name that the client used is checked in place of the proxy\'s', async () => {
  const proxy = from('127.0.0.40');
  const ask = async (name, origin) =>
    (await login(proxy, forwarded('203.0.113.9', { 'X-Forwarded-Host': name, ...(origin ? { Origin: origin } : {}) }))).status;
  assert.equal(await ask(NAME, `https://${NAME}`), 201);
  assert.equal(await ask(NAME, 'https://evil.example'), 403);
  assert.equal(await ask('evil.example'), 421);
  assert.equal(await ask('evil.example', 'https://evil.example'), 421);
});

test('the address that the client used is served as it is, to pages of its own', async () => {
  const proxy = from('127.0.0.40');
  const ask = async (address, origin) =>
    (await login(proxy, forwarded('203.0.113.10', { 'X-Forwarded-Host': address, Origin: `https://${origin}` }))).status;
  assert.equal(await ask('192.168.1.5:8480', '192.168.1.5:8480'), 201);
  assert.equal(await ask('[fd00::5]:8480', '[fd00::5]:8480'), 201);
  assert.equal(await ask('192.168.1.5:8480', '192.168.1.6:8480'), 403);
  assert.equal(await ask('192.168.1.5.evil.example', '192.168.1.5.evil.example'), 421);
});

test('a trusted proxy that cannot be understood is refused', async () => {
  const proxy = from('127.0.0.40');
  for (const headers of [
    { 'X-Forwarded-For': 'unknown' },
    { 'X-Forwarded-For': '' },
    { 'X-Forwarded-For': `${CLIENT}, ` },
    { 'X-Forwarded-For': `${CLIENT}:443` },
    { 'X-Forwarded-For': [CLIENT, CLIENT] },
    { 'X-Forwarded-Proto': 'gopher' },
    { 'X-Forwarded-Proto': 'https, http' },
    { 'X-Forwarded-Host': 'a b' },
    { 'X-Forwarded-Host': `${NAME}, ${NAME}` },
  ]) {
    const status = await new Promise((resolve, reject) => {
      http.get({ host: '127.0.0.1', port: box.httpPort, path: '/health', localAddress: '127.0.0.40', headers }, (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      }).on('error', reject);
    });
    assert.equal(status, 400, JSON.stringify(headers));
  }
  assert.equal((await proxy.get('/health')).status, 200);
});

test('whoever comes by the proxy is no program of this machine', async () => {
  const proxy = from('127.0.0.40');
  assert.equal((await proxy.get('/metrics', forwarded('127.0.0.1'))).status, 401);
  assert.equal((await box.api.get('/metrics')).status, 200);
});
