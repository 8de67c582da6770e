/** Requests that mean harm, byte by byte: paths, lengths, hosts, headers; the daemon answers and lives. */
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import { assertProblem } from '../support/expect.mjs';
import { Gaveld } from '../support/gaveld.mjs';

/** @type {Gaveld} */
let gaveld;

before(async () => {
  gaveld = await Gaveld.start({
    settings: {
      'node.url': 'http://127.0.0.1:1',
      'node.user': 'a',
      'node.password': 'b',
      'oracle.enabled': 'off',
      'web.hosts': 'market.example',
    },
  });
});
after(() => gaveld?.close());

/**
 * Send bytes, hear everything until the other side closes or falls silent after an answer.
 * @param {string|Buffer} bytes @returns {Promise<string>}
 */
function exchange(bytes) {
  const { hostname, port } = new URL(gaveld.api.base);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname);
    const parts = [];
    const done = () => {
      socket.destroy();
      resolve(Buffer.concat(parts).toString('latin1'));
    };
    socket.setTimeout(300, () => parts.length && done());
    socket.on('data', (part) => parts.push(part));
    socket.on('close', done);
    socket.on('error', (error) => (parts.length ? done() : reject(error)));
    socket.write(bytes);
  });
}

/** Status codes of all answers in a stream of bytes. @param {string} text */
const statuses = (text) => [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, code]) => Number(code));

const host = () => new URL(gaveld.api.base).host;
const get = (path, more = '') => `GET ${path} HTTP/1.1\r\nHost: ${host()}\r\n${more}\r\n`;

const first = async (bytes) => statuses(await exchange(bytes))[0];

test('paths with tricks reach nothing: not decoded twice, not climbed, not cut', async () => {
  const nowhere = [
    '/../etc/passwd',
    '/..%2f..%2fetc/passwd',
    '/%2e%2e/%2e%2e/etc/passwd',
    '/%252e%252e/etc/passwd',
    '/api/v1/../../gavel.db',
    '/api/v1/./node',
    '/api//v1/node',
    '//api/v1/node',
    '/api/v1/node/',
    '/api/v1/node%00',
    '/api/v1/node%00.js',
    '/api/v1/node;x=1',
    '/api\\v1\\node',
    '/api/v1/%6eode%2f',
    '/API/V1/NODE',
    '/lib/../app.js',
    '/lib/%2e%2e/app.js',
    '/lib/..',
    '/gavel.db',
    '/tls/ca.key',
    '/.well-known/../gavel.db',
    '/%c0%ae%c0%ae/etc/passwd',
    '/api/v1/dutch/1%0d%0aX-Evil:%20yes',
    '/problems/..%2f..%2f',
    '/problems/%0d%0aSet-Cookie:a=b',
    '/problems/https:',
  ];
  for (const path of nowhere) {
    const answer = await exchange(get(path, 'Connection: close\r\n'));
    assert.ok([400, 404].includes(statuses(answer)[0]), `${path} ${answer.slice(0, 60)}`);
    assert.equal(statuses(answer).length, 1, path);
    assert.doesNotMatch(answer, /root:|SQLite|X-Evil|Set-Cookie/, path);
  }
  const encoded = await exchange(get('/api/v1/%6e%6Fde', 'Connection: close\r\n'));
  assert.equal(statuses(encoded)[0], 200, 'decoded once, it is the same path');
});

test('a request of two lengths, or of none that is clear, ends the connection: nothing is smuggled', async () => {
  const inner = get('/api/v1/node');
  const post = (headers, body) =>
    `POST /api/v1/dutch/ladder HTTP/1.1\r\nHost: ${host()}\r\n${headers}\r\n${body}`;
  const tricks = [
    post(`Content-Length: 5\r\nTransfer-Encoding: chunked\r\n`, `0\r\n\r\n${inner}`),
    post(`Transfer-Encoding: chunked\r\nContent-Length: 5\r\n`, `0\r\n\r\n${inner}`),
    post(`Content-Length: 0\r\nContent-Length: ${inner.length}\r\n`, inner),
    post(`Content-Length: 0, ${inner.length}\r\n`, inner),
    post(`Content-Length: +0\r\n`, inner),
    post(`Content-Length: 0x0\r\n`, inner),
    post(`Content-Length: -1\r\n`, inner),
    post(`Content-Length: 99999999999999999999\r\n`, inner),
    post(`Transfer-Encoding: chunked\r\n`, `0\r\n\r\n${inner}`),
    post(`Transfer-Encoding: xchunked\r\n`, inner),
    post(`Transfer-Encoding: identity\r\n`, inner),
    post(`Content-Length : 0\r\n`, inner),
    post(`Content-Length\t: 0\r\n`, inner),
    post(`X-Folded: a\r\n Content-Length: ${inner.length}\r\n`, inner),
    post(`X-Folded: a\r\n b\r\nContent-Length: ${inner.length}\r\n`, inner),
    post(`X-Cut: a\nContent-Length: ${inner.length}\r\n`, inner),
    post(`X-Cut: a\rContent-Length: ${inner.length}\r\n`, inner),
    post(`Content-Length: 0\r\nX-Nothing\r\n`, inner),
    post(`Content-Length: 0\r\n: nameless\r\n`, inner),
    `POST /api/v1/dutch/ladder HTTP/1.1\r\nHost: ${host()}\r\n Content-Length: 0\r\n\r\n${inner}`,
  ];
  for (const bytes of tricks) {
    const seen = statuses(await exchange(bytes));
    assert.equal(seen.length, 1, `${JSON.stringify(bytes.slice(0, 140))} ${seen}`);
    assert.ok(seen[0] >= 400 && seen[0] < 500, `${JSON.stringify(bytes.slice(0, 140))} ${seen}`);
  }
});

test('the body of a request that was refused is never the next request', async () => {
  const inner = get('/api/v1/node');
  const refused = (method, path, headers = '', name = host()) =>
    `${method} ${path} HTTP/1.1\r\nHost: ${name}\r\n${headers}Content-Length: ${inner.length}\r\n\r\n${inner}`;
  const cases = [
    [400, refused('POST', '/api/v1/session', 'Content-Type: application/json\r\nExpect: a-miracle\r\n')],
    [401, refused('POST', '/api/v1/keys')],
    [403, refused('POST', '/api/v1/session', 'Origin: http://evil.example\r\n')],
    [404, refused('POST', '/api/v1/nothing')],
    [405, refused('PUT', '/api/v1/node')],
    [413, refused('GET', '/api/v1/node')],
    [415, refused('POST', '/api/v1/session', 'Content-Type: text/plain\r\n')],
    [421, refused('POST', '/api/v1/session', '', 'evil.example')],
  ];
  for (const [status, bytes] of cases) assert.deepEqual(statuses(await exchange(bytes)), [status]);
});

test('only names of this box and addresses are served: another name that leads here is misdirected', async () => {
  const port = new URL(gaveld.api.base).port;
  const ask = (name) => first(`GET /api/v1/node HTTP/1.1\r\nHost: ${name}\r\nConnection: close\r\n\r\n`);
  const addresses = ['203.0.113.7', `203.0.113.7:${port}`, '[2001:db8::7]', `[2001:db8::7]:${port}`];
  for (const name of [host(), `localhost:${port}`, 'market.example', `MARKET.example:${port}`, ...addresses])
    assert.equal(await ask(name), 200, name);
  for (const name of [
    'evil.example',
    `evil.example:${port}`,
    'market.example.evil.example',
    'xmarket.example',
    'market.example.',
    '127.0.0.1.evil.example',
    '2130706433',
    '0x7f.1',
    '127.1',
    '203.0.113.256',
    '203.0.113.7.',
    '203.0.113.7:80:80',
    '2001:db8::7',
    '[2001:db8::7',
    '[evil.example]',
    '[::1]evil.example',
    '[::1',
    '[]',
    ':80',
    'localhost:80:evil',
    'localhost:evil',
  ])
    assert.equal(await ask(name), 421, name);
  for (const name of ['', 'a b', 'a,b', 'market.example/', 'user@market.example', 'market.example\0'])
    assert.equal(await ask(name), 400, JSON.stringify(name));
  assert.equal(await first('GET /api/v1/node HTTP/1.1\r\n\r\n'), 400, 'no Host');
  assert.equal(
    await first(`GET /api/v1/node HTTP/1.1\r\nHost: ${host()}\r\nHost: evil.example\r\n\r\n`),
    400,
    'two Hosts',
  );
  const proxied = await exchange(`GET http://evil.example/api/v1/node HTTP/1.1\r\nHost: ${host()}\r\n\r\n`);
  assert.ok(!statuses(proxied).includes(200), `a proxy request: ${proxied.slice(0, 60)}`);
});

test('a page that was rebound to this address can neither read nor write', async () => {
  const headers = `Host: evil.example\r\nOrigin: http://evil.example\r\nConnection: close\r\n`;
  assert.equal(await first(`GET /api/v1/dutch HTTP/1.1\r\n${headers}\r\n`), 421);
  assert.equal(
    await first(`POST /api/v1/dutch/ladder HTTP/1.1\r\n${headers}Content-Length: 2\r\n\r\n{}`),
    421,
  );
  const socket = `${headers}Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n`;
  assert.equal(await first(`GET /api/v1/ws HTTP/1.1\r\n${socket}\r\n`), 421);
  const ours = `Host: ${host()}\r\nOrigin: http://evil.example\r\nConnection: close\r\n`;
  assert.equal(
    await first(`POST /api/v1/dutch/ladder HTTP/1.1\r\n${ours}Content-Length: 2\r\n\r\n{}`),
    403,
    'nor can a page of a stranger that names us',
  );
});

test('everything may be too large: line, header, count of headers, body, query, key', async () => {
  const long = (n) => 'a'.repeat(n);
  assert.equal(await first(get(`/${long(300)}`)), 414);
  assert.equal(await first(get(`/${long(9000)}`)), 431);
  assert.equal(await first(get('/api/v1/node', `X-Long: ${long(9000)}\r\n`)), 431);
  assert.equal(await first(get('/api/v1/node', 'X-A: b\r\n'.repeat(70))), 431);
  const { api } = gaveld;
  assertProblem(await api.get(`/api/v1/dutch?q=${long(4000)}`), 400, /^query\.too_long$/);
  assertProblem(await api.get(`/api/v1/dutch?cursor=${long(4000)}`), 400, /^query\.too_long$/);
  assertProblem(await api.get(`/api/v1/dutch/${'9'.repeat(200)}`), 404);
  assert.equal((await api.get('/api/v1/node', { 'X-API-Key': long(4000) })).status, 200, 'a public route');
  const big = `POST /api/v1/dutch/ladder HTTP/1.1\r\nHost: ${host()}\r\nContent-Type: application/json\r\nContent-Length: 99999999\r\n\r\n`;
  assert.equal(await first(big), 413, 'before a byte of it was sent');
  assert.equal(
    await first(`GET /api/v1/node HTTP/1.1\r\nHost: ${host()}\r\nContent-Length: 5\r\n\r\nhello`),
    413,
  );
});

test('bytes that are no request are refused, and the daemon goes on', async () => {
  const noise = [
    '\r\n\r\n',
    'GET\r\n\r\n',
    'GET /\r\n\r\n',
    'GET / HTTP/9.9\r\n\r\n',
    'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
    `TRACE / HTTP/1.1\r\nHost: ${host()}\r\n\r\n`,
    `CONNECT evil.example:443 HTTP/1.1\r\nHost: ${host()}\r\n\r\n`,
    `get /api/v1/node HTTP/1.1\r\nHost: ${host()}\r\n\r\n`,
  ];
  for (const bytes of noise) {
    const seen = statuses(await exchange(Buffer.from(bytes, 'latin1')));
    assert.ok(seen.length === 1 && seen[0] >= 400, `${JSON.stringify(bytes)} ${seen}`);
  }
  assert.equal((await gaveld.api.get('/api/v1/node')).status, 200);
});

test('every answer carries the headers that keep a page in its place', async () => {
  for (const path of ['/', '/app.js', '/api/v1/node', '/api/health', '/api/v1/nothing', '/health', '/docs']) {
    const { headers } = await gaveld.api.get(path);
    assert.equal(headers['x-content-type-options'], 'nosniff', path);
    assert.equal(headers['referrer-policy'], 'no-referrer', path);
    assert.equal(headers['cross-origin-opener-policy'], 'same-origin', path);
    assert.equal(headers['cross-origin-resource-policy'], 'same-origin', path);
    assert.equal(headers['permissions-policy'], 'camera=(self), geolocation=()', path);
    assert.equal(
      headers['content-security-policy'],
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
        `connect-src 'self' ws://${host()}; font-src 'self'; media-src 'self' blob:; form-action 'self'; ` +
        "base-uri 'none'; frame-ancestors 'none'",
      path,
    );
    assert.equal(headers['strict-transport-security'], undefined, path);
  }
});
