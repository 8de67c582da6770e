/**
 * Order auctions by REST: adding in every form, pages, one order with its history, the log, solvers and their
 * deposits, with signed lines on the wire; and every refusal. Who may call what is matrix.test.mjs.
 */
import assert from 'node:assert/strict';
import { createHash, randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import * as ecc from 'tiny-secp256k1';
import { assertCovered, operations } from '../support/contract.mjs';
import { assertProblem } from '../support/expect.mjs';
import { Gaveld } from '../support/gaveld.mjs';
import { makeKey, sha256 } from '../support/keys.mjs';
import { bidLine, claimLine, Listener, metricReaches, nowS, QUICK, shot } from '../support/orders.mjs';
import { until } from '../support/wait.mjs';

const KEY = makeKey('solver');
const PUBKEY = Buffer.from(KEY.pubkey.slice(1)).toString('hex');

/** @type {Gaveld} */ let box;
/** @type {Listener} */ let solver;
/** @type {Record<string, string>} */ let operator;
/** @type {Record<string, string>} */ let admin;

before(async () => {
  box = await Gaveld.start({
    settings: {
      ...QUICK,
      'orders.proof': 'on',
      'orders.authenticated': 'on',
      'orders.bond_percent': '10',
      'orders.forfeit': 'on',
      'web.limit_loopback': 'off',
    },
  });
  operator = { 'X-API-Key': await box.createKey() };
  admin = { 'X-API-Key': await box.createKey({ scope: 'admin' }) };
  solver = await Listener.open(box.ports.orders);
});
after(async () => {
  solver?.close();
  await box?.close();
});

const get = (/** @type {string} */ path) => box.api.get(`/api/v1/orders${path}`);
const post = (/** @type {string} */ path, /** @type {unknown} */ body, headers = admin) =>
  box.api.post(`/api/v1/orders${path}`, body, headers);
const add = (/** @type {unknown} */ body, headers = {}) => post('', body, { ...operator, ...headers });
/** @param {string|Buffer} body @param {Record<string, string>} [headers] */
const addTable = (body, headers = {}) =>
  box.api.send('POST', '/api/v1/orders', { body, headers: { 'Content-Type': 'text/csv', ...operator, ...headers } });
const newest = async () => (await get('/status')).json.newest_id;

/** @param {number} first @param {string[]} texts */
async function assertAdded(first, texts) {
  for (const [i, text] of texts.entries()) assert.equal((await get(`/${first + i}`)).json.order.description, text);
}

describe('adding', () => {
  it('one, many, and a table: numbered without a gap, in their order', async () => {
    const one = await add({ description: 'One <b>&amp; "only"' });
    assert.equal(one.status, 201, one.text);
    const first = one.json.first_id;
    assert.deepEqual(one.json, { first_id: first, last_id: first, count: 1 });
    assert.equal(one.headers.location, `/api/v1/orders/${first}`);
    const many = await add([{ description: 'Two' }, { description: 'Three' }]);
    assert.deepEqual(many.json, { first_id: first + 1, last_id: first + 2, count: 2 });
    const table = await addTable('\ufeffdescription,note\r\n"Four, with ""marks""",x\r\nFünf,\r\n');
    assert.deepEqual(table.json, { first_id: first + 3, last_id: first + 4, count: 2 });
    await assertAdded(first, ['One <b>&amp; "only"', 'Two', 'Three', 'Four, with "marks"', 'Fünf']);
  });

  it('the same request twice adds once and answers the same, another one with its key is refused', async () => {
    const idem = { 'Idempotency-Key': randomUUID() };
    const before = await newest();
    const first = await addTable('once\n', idem);
    const again = await addTable('once\n', idem);
    assert.equal(again.status, 201, again.text);
    assert.equal(again.text, first.text);
    assert.equal(again.headers.location, first.headers.location);
    assert.equal(again.headers['idempotency-replayed'], 'true');
    assert.equal(await newest(), before + 1);
    assertProblem(await addTable('twice\n', idem), [409, 422], /^idempotency\./);
    assert.equal(await newest(), before + 1);
  });

  const text = (/** @type {number} */ n) => 'x'.repeat(n);
  for (const [what, body, code] of /** @type {[string, unknown, RegExp][]} */ ([
    ['no order', [], /^orders\.none$/],
    ['a text', 'order', /^json\./],
    ['a number in the place of an order', [1], /^json\./],
    ['no description', {}, /^json\./],
    ['a member that nobody knows', { description: 'x', amount: 1 }, /^json\./],
    ['a description that is a number', { description: 5 }, /^json\./],
    ['an empty description', { description: '' }, /./],
    ['a line end in a description', { description: 'a\nb' }, /^orders\.description$/],
    ['a description of 1025 bytes', { description: text(1025) }, /./],
    ['a bad one behind a good one', [{ description: 'good' }, { description: 'a\u0007' }], /^orders\.description$/],
    ['17 kB of text', Array.from({ length: 17 }, () => ({ description: text(1000) })), /./],
  ]))
    it(`${what}: refused, and nothing was added`, async () => {
      const before = await newest();
      assertProblem(await add(body), [400, 413, 422], code);
      assert.equal(await newest(), before);
    });

  it('a table that is none, an empty one, one of too many, and a body that is neither: refused', async () => {
    const before = await newest();
    assertProblem(await addTable('good\n"open'), [400, 422], /^orders\.csv$/);
    assertProblem(await addTable('description\n'), [400, 422], /^orders\.none$/);
    assertProblem(await addTable('x\n'.repeat(1001)), 413, /^orders\.too_many$/);
    assertProblem(await addTable(Buffer.from([0xff, 0x0a])), [400, 422], /^orders\.description$/);
    assertProblem(await addTable('x', { 'Content-Type': 'text/plain' }), 415);
    assertProblem(await addTable('x', { 'X-API-Key': 'gvl_none' }), 401);
    assert.equal(await newest(), before);
  });
});

describe('reading', () => {
  /** Follow the cursors. @param {string} query @returns {Promise<any[]>} */
  async function pages(query) {
    const items = [];
    for (let cursor = ''; ; ) {
      const { status, json, text } = await get(`?${query}${cursor}`);
      assert.equal(status, 200, text);
      items.push(...json.items);
      if (!json.next_cursor) return items;
      cursor = `&cursor=${json.next_cursor}`;
    }
  }

  it('pages of every size are all orders, newest first', async () => {
    const count = await newest();
    const wanted = Array.from({ length: count }, (_, i) => count - i);
    for (const limit of [1, 3, 200]) {
      const ids = (await pages(`limit=${limit}`)).map(({ id }) => id);
      assert.deepEqual(ids, wanted, `limit ${limit}`);
    }
  });

  it('an order without bids ends, and is found by its state', async () => {
    const { first_id: id } = (await add({ description: 'nobody wants it' })).json;
    await until('its end', () => solver.closures.includes(id));
    assert.ok((await pages('state=expired&limit=7')).some((order) => order.id === id));
    assert.ok(!(await pages('state=fulfilled')).some((order) => order.id === id));
    const { order, commitments, claims } = (await get(`/${id}`)).json;
    assert.deepEqual([order.state, order.commitment, commitments, claims], ['expired', null, [], []]);
    assert.deepEqual((await get(`/${id}/bids`)).json.items, []);
  });

  it('states, cursors and numbers that are none are refused', async () => {
    assertProblem(await get('?state=sold'), [400, 422], /^query\.state$/);
    assertProblem(await get('?limit=0'), [400, 422]);
    assertProblem(await get('?cursor=nonsense'), [400, 422]);
    const { json } = await get('?limit=1');
    assertProblem(await get(`?state=expired&cursor=${json.next_cursor}`), [400, 422]); // of another list
    assertProblem(await get('/log?from=x'), [400, 422]);
    for (const id of ['0', '999999', 'x', '-1', '18446744073709551616'])
      for (const path of ['', '/bids']) assertProblem(await get(`/${id}${path}`), 404, /^orders\.unknown$/);
  });

  it('the log is a chain of hashes over its own bytes, and its verification agrees', async () => {
    /** @type {any[]} */ const events = [];
    for (let from = 1; ; ) {
      const { json } = await get(`/log?from=${from}`);
      events.push(...json.items);
      if (json.items.length === 0) break;
      from = json.next_from;
    }
    for (const [i, event] of events.entries()) {
      assert.equal(event.seq, i + 1);
      assert.equal(event.prev_hash, i === 0 ? '0'.repeat(64) : events[i - 1].hash);
      assert.equal(Object.keys(JSON.parse(event.json))[0], event.kind);
    }
    const { json } = await box.api.get('/api/v1/orders/log/verify', admin);
    assert.equal(json.good, true);
    assert.ok(json.entries >= events.length);
    assertProblem(await box.api.get('/api/v1/orders/log/verify', operator), 403);
  });
});

describe('solvers', () => {
  /** @param {string} id */
  const league = async (id) => (await get('/solvers')).json.items.find((item) => item.id === id);

  /** A line with its signature, as its solver writes it. @param {string} line */
  async function sign(line) {
    const { signing_domain: domain } = (await get('/status')).json;
    const tag = sha256('gavel/order-line');
    const digest = createHash('sha256').update(tag).update(tag).update(domain).update(line.trimEnd()).digest();
    const signature = Buffer.from(ecc.signSchnorr(digest, KEY.secret)).toString('hex');
    return line.replace('}}', `,"auth":"sig:${signature}"}}`);
  }

  it('a secret is shown once; a solver with a public key has none', async () => {
    const keyed = await post('/solvers', { id: 'keyed', secret: true });
    assert.equal(keyed.status, 201, keyed.text);
    assert.match(keyed.json.secret, /^gvs_[A-Za-z0-9_-]{43}$/);
    assert.ok(!JSON.stringify(await league('keyed')).includes(keyed.json.secret));
    assert.ok(!box.log.includes(keyed.json.secret));
    assert.equal((await get('/status')).json.signing_domain, '');
    const signer = await post('/solvers', { id: 'signer', pubkey: PUBKEY });
    assert.equal(signer.json.secret, null);
    assert.equal((await get('/status')).json.signing_domain.length, 22);
    const { registered, pubkey, wins, available } = await league('signer');
    assert.deepEqual([registered, pubkey, wins, available], [true, PUBKEY, 0, 0]);
  });

  for (const [what, body] of /** @type {[string, unknown][]} */ ([
    ['no id', { secret: true }],
    ['an id with a slash', { id: '../x' }],
    ['an id of 65 characters', { id: 'x'.repeat(65) }],
    ['a key that is no hex', { id: 'x', pubkey: 'zz' }],
    ['a key that is no point', { id: 'x', pubkey: 'ff'.repeat(32) }],
    ['neither key nor secret', { id: 'x', secret: false }],
    ['a secret of the own choice', { id: 'x', secret: 'mine' }],
    ['a member that nobody knows', { id: 'x', wins: 5 }],
  ]))
    it(`${what}: no solver is registered`, async () => {
      assertProblem(await post('/solvers', body), [400, 422]);
      assert.equal(await league('x'), undefined);
    });

  it('money goes in and out with its proof, never below nothing', async () => {
    const move = (/** @type {unknown} */ body, id = 'signer') => post(`/solvers/${id}/deposits`, body);
    assert.equal((await move({ amount: 1000, proof: 'txid 1' })).status, 204);
    assert.equal((await move({ amount: -400, proof: 'sent back' })).status, 204);
    assertProblem(await move({ amount: -601, proof: 'too much' }), 409, /^orders\.not_covered$/);
    assertProblem(await move({ amount: 2 ** 53 - 1, proof: 'too much' }), 409, /^orders\.(balance|not_covered)$/);
    for (const body of [
      { amount: 0, proof: 'x' },
      { amount: 1.5, proof: 'x' },
      { amount: '5', proof: 'x' },
      { amount: 1 },
      { amount: 1, proof: '' },
      { amount: 1, proof: 'x'.repeat(96) },
      { amount: 1, proof: 'über' },
    ])
      assertProblem(await move(body), [400, 422]);
    assertProblem(await move({ amount: 1, proof: 'x' }, 'nobody'), 404, /^orders\.solver_unknown$/);
    const { available, available_text: text, locked } = await league('signer');
    assert.deepEqual([available, text, locked], [600, '600', 0]);
  });

  it('a signed bid and a signed claim fulfil out of the deposit; unsigned, changed and stolen ones do not', async () => {
    const { first_id: id } = (await add({ description: 'signed' })).json;
    await until('its announcement', () => solver.orders.includes(id));
    const plain = bidLine({ order_id: id, solver_id: 'signer', max_input: 200, conversion_rate: 1.25 });
    const good = await sign(plain);
    const refused = 'dropped_total{reason="unproven"}';
    await shot(box.ports.bids, plain);
    await shot(box.ports.bids, good.replace(':200', ':201'));
    await shot(box.ports.bids, good.replace('"signer"', '"keyed"'));
    await metricReaches(box, refused, 3);
    await shot(box.ports.bids, good);
    const { min_output_amount: output } = await solver.commitment(id);
    assert.equal(output, 250);
    assert.equal((await league('signer')).locked, 25); // the bond
    await shot(box.ports.claims, claimLine(id, 'signer'));
    await shot(box.ports.claims, (await sign(claimLine(id + 1, 'signer'))).replace(`:${id + 1}`, `:${id}`));
    await metricReaches(box, refused, 5);
    await shot(box.ports.claims, await sign(claimLine(id, 'signer')));
    await until('the end', async () => (await get(`/${id}`)).json.order.state === 'fulfilled', { timeoutMs: 20000 });

    const { commitments, claims } = (await get(`/${id}`)).json;
    const [{ outcome, escrow, bond, deposited }] = commitments;
    assert.deepEqual([outcome, escrow, bond, deposited], ['fulfilled', 'paid', 25, 250]);
    assert.deepEqual(
      claims.map(({ accepted, reason }) => [accepted, reason]),
      [[true, '']],
    );
    const { wins, available, locked } = await league('signer');
    assert.deepEqual([wins, available, locked], [1, 350, 0]);
    const { items } = (await get(`/${id}/bids`)).json;
    assert.deepEqual(
      items.map(({ solver_id: by, rate, min_output: least }) => [by, rate, least]),
      [['signer', '1.25', 250]],
    );
    assert.equal((await box.api.get('/api/v1/orders/log/verify', admin)).json.good, true);
  });

  it("the operator's deposit fulfils in time; without any the bond is gone", async () => {
    const deposit = (/** @type {number} */ id, amount = 240) => post(`/${id}/deposits`, { amount, proof: 'txid 2' });
    const { first_id: paid } = (await add([{ description: 'paid' }, { description: 'unpaid' }])).json;
    const unpaid = paid + 1;
    assertProblem(await deposit(paid), 409, /^orders\.not_committed$/);
    await until('the announcement', () => solver.orders.includes(unpaid));
    for (const id of [paid, unpaid]) await shot(box.ports.bids, await sign(bidLine({ order_id: id, solver_id: 'signer', max_input: 200 })));
    await solver.commitment(paid);
    assert.equal((await deposit(paid, 1)).status, 204);
    assert.equal((await deposit(paid)).status, 204);
    for (const amount of [0, -5]) assertProblem(await deposit(paid, amount), [400, 422], /^orders\.amount$/);
    await until('both ends', async () => (await get(`/${unpaid}`)).json.order.state === 'expired', { timeoutMs: 20000 });
    const rows = await Promise.all([paid, unpaid].map(async (id) => (await get(`/${id}`)).json.commitments[0].escrow));
    assert.deepEqual(rows, ['paid', 'forfeited']);
    assertProblem(await deposit(paid), 404, /^orders\.unknown$/);
    assertProblem(await deposit(999999), 404, /^orders\.unknown$/);
    const { wins, failures, available, locked } = await league('signer');
    assert.deepEqual([wins, failures, available, locked], [2, 1, 350 - 25 + 16 - 25, 0]);
  });

  it('a suspended solver may not bid, until the suspension ends', async () => {
    const suspend = (/** @type {unknown} */ body, id = 'signer', match = '*') =>
      box.api.send('PATCH', `/api/v1/orders/solvers/${id}`, {
        body: JSON.stringify(body),
        headers: { 'Content-Type': 'application/json', 'If-Match': match, ...admin },
      });
    const { etag } = await league('signer');
    const bid = async (/** @type {number} */ id) =>
      shot(box.ports.bids, await sign(bidLine({ order_id: id, solver_id: 'signer', valid_till: nowS() + 60 })));
    assert.equal((await suspend({ suspended_until_s: nowS() + 3600 })).status, 204);
    assert.equal((await league('signer')).suspended, true);
    const { first_id: id } = (await add({ description: 'for others' })).json;
    await until('its announcement', () => solver.orders.includes(id));
    await bid(id);
    await metricReaches(box, 'refused_total{reason="orders.suspended"}', 1);
    assertProblem(await suspend({ suspended_until_s: 0 }, 'signer', etag), 412, /^http\.changed$/);
    assert.equal((await suspend({ suspended_until_s: 0 })).status, 204);
    assert.equal((await league('signer')).suspended, false);
    for (const body of [{}, { suspended_until_s: -1 }, { suspended_until_s: 'x' }, { suspended_until_s: 253402300800 }])
      assertProblem(await suspend(body), [400, 422]);
    assertProblem(await suspend({ suspended_until_s: 0 }, 'nobody'), 404, /^orders\.solver_unknown$/);
    assertProblem(await suspend({ suspended_until_s: 0 }, '%2e%2e'), 404);
  });
});

it('gavelctl adds orders and lists them, page by page, as they are', async () => {
  const before = await newest();
  const texts = Array.from({ length: 12 }, (_, i) => `by hand ${i} "\\ü`);
  assert.match(await box.ctl('orders', 'add', ...texts), new RegExp(`^orders ${before + 1}\\.\\.${before + 12}$`, 'm'));
  const pages = (await box.ctl('--json', 'orders', 'list')).trim().split('\n').map((line) => JSON.parse(line));
  const items = pages.flatMap((page) => page.items);
  assert.deepEqual(
    items.map(({ id }) => id),
    Array.from({ length: before + 12 }, (_, i) => before + 12 - i),
  );
  assert.deepEqual(items.slice(0, 12).map(({ description }) => description), texts.toReversed());
  assert.match(await box.ctl('orders', 'list'), new RegExp(`^ *${before + 12}  (pending|in_auction) .*by hand 11`, 'm'));
  await assert.rejects(box.ctl('orders', 'add', 'good', 'a\nb'), /description/);
  await assert.rejects(box.ctl('orders', 'add'), /DESCRIPTION/);
  assert.equal(await newest(), before + 12);
});

it('a box without order auctions says so', async () => {
  const off = await Gaveld.start({ settings: {} });
  try {
    const key = { 'X-API-Key': await off.createKey() };
    assertProblem(await off.api.post('/api/v1/orders', { description: 'x' }, key), 503, /^orders\.off$/);
    for (const path of ['', '/1', '/1/bids', '/log']) assertProblem(await off.api.get(`/api/v1/orders${path}`), 503, /^orders\.off$/);
    assert.equal((await off.api.get('/api/v1/orders/status')).json.on, false);
    assert.deepEqual((await off.api.get('/api/v1/orders/solvers')).json.items, []);
    const all = { 'X-API-Key': await off.createKey({ scope: 'admin' }) };
    assert.equal((await off.api.get('/api/v1/orders/log/verify', all)).status, 503);
    assertProblem(await off.api.post('/api/v1/orders/solvers', { id: 's', secret: true }, all), 503);
    assertProblem(await off.api.post('/api/v1/orders/solvers/s/deposits', { amount: 1, proof: 'x' }, all), 503);
    assertProblem(await off.api.post('/api/v1/orders/1/deposits', { amount: 1, proof: 'x' }, all), 503);
    const body = JSON.stringify({ suspended_until_s: 0 });
    const json = { 'Content-Type': 'application/json', ...all };
    assertProblem(await off.api.send('PATCH', '/api/v1/orders/solvers/s', { body, headers: { ...json, 'If-Match': '*' } }), 503);
  } finally {
    await off.close();
  }
});

it('every operation that changes something asks for leave', async () => {
  const reader = { 'X-API-Key': await box.createKey({ scope: 'auctions:read' }) };
  for (const { method, pattern, tags, security, requestBody } of operations()) {
    if (!tags.includes('orders') || !security) continue;
    const path = pattern.replace(/\{[^}]+\}/g, '1');
    const body = requestBody ? '{}' : undefined;
    const json = requestBody ? { 'Content-Type': 'application/json' } : {};
    assertProblem(await box.api.send(method, path, { body, headers: json }), 401);
    assertProblem(await box.api.send(method, path, { body, headers: { ...json, ...reader } }), 403);
  }
  assertProblem(await get('/1/bids?limit=0'), 400);
});

it('every described status of every operation was had', () =>
  assertCovered('orders', { 'orders_add 409': 'idempotency.test.mjs' }));
