/** Lists of listings: pages, filters, sort, tags; and the description of the API beside what is served. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { assertProblem } from '../support/expect.mjs';
import { World } from '../support/world.mjs';

const COUNT = 7;

/** @type {World} */
let world;
/** Plans by id. @type {Map<number, any>} */
const plans = new Map();

before(async () => {
  world = await World.start();
  for (let i = 0; i < COUNT; i++) await listOne(i);
});
after(() => world?.close());

/** Prices and ends in an order that is not the order of the ids. @param {number} i */
async function listOne(i) {
  const start = (await world.height()) + 2;
  const startPrice = 100000 + ((i * 3) % COUNT) * 20000;
  const plan = await world.plan({ start, end: start + 3 + ((i * 2) % COUNT), startPrice });
  plans.set(await world.list(plan), plan);
}

/** All pages of a list. @param {string} query @param {(page: number) => Promise<void>} [between] */
async function pages(query, between) {
  const items = [];
  let path = `/api/v1/dutch?${query}`;
  for (let page = 0; ; page++) {
    const { status, json, text, headers } = await world.api.get(path);
    assert.equal(status, 200, text);
    items.push(...json.items);
    assert.equal(headers.link !== undefined, json.next_cursor !== null);
    if (!json.next_cursor) return items;
    const link = /^<([^>]+)>; rel="next"$/.exec(headers.link ?? '');
    assert.ok(link, headers.link);
    path = link[1];
    assert.ok(path.endsWith(`cursor=${json.next_cursor}`), path);
    await between?.(page);
  }
}

const ids = (items) => items.map(({ id }) => id);
const newestFirst = () => [...plans.keys()].sort((a, b) => b - a);

test('pages of every size, joined by their links, are the whole list', async () => {
  for (const limit of [1, 2, COUNT - 1, COUNT, COUNT + 1, 200])
    assert.deepEqual(ids(await pages(`limit=${limit}`)), newestFirst(), `limit ${limit}`);
});

test('a listing that comes while one reads neither repeats a row nor hides one', async () => {
  const wanted = newestFirst();
  const read = await pages('limit=3', async (page) => {
    if (page === 0) await listOne(COUNT);
  });
  assert.deepEqual(ids(read), wanted);
});

test('sorts: ending soonest, price up and down; what has no price comes last', async () => {
  const ends = (await pages('limit=2&sort=ending')).map(({ end_block }) => end_block);
  assert.deepEqual(
    ends,
    [...ends].sort((a, b) => a - b),
  );
  assert.equal(ends.length, plans.size);
  for (const [sort, sign] of [
    ['price', 1],
    ['-price', -1],
  ]) {
    const items = await pages(`limit=3&sort=${sort}`);
    const prices = items.map(({ price_sats: price }) => price ?? sign * Infinity);
    assert.deepEqual(
      prices,
      [...prices].sort((a, b) => sign * (a - b)),
      sort,
    );
    assert.equal(items.length, plans.size);
  }
});

test('filters: price, asset, part of a name, seller, blocks, time, and several at once', async () => {
  const all = await pages('limit=200');
  const same = async (query, keep) => assert.deepEqual(ids(await pages(query)), ids(all.filter(keep)), query);
  const middle = all.map(({ price_sats: p }) => p).sort((a, b) => a - b)[3];
  const { asset, seller, created_at: created, end_block: end } = all[2];
  const createdSeconds = Date.parse(created) / 1000;
  await same(`min_price_sats=${middle}`, ({ price_sats: p }) => p >= middle);
  await same(`max_price_sats=${middle}&limit=1`, ({ price_sats: p }) => p <= middle);
  await same(`asset=${asset}`, () => true);
  await same('asset=NOSUCH', () => false);
  await same(`q=${asset.slice(1, 4).toLowerCase()}`, () => true);
  await same('q=%25_*', () => false);
  await same(`seller=${seller}`, (item) => item.seller === seller);
  await same(`from_block=${end}`, (item) => item.end_block >= end);
  await same(`to_block=${all[3].start_block}`, (item) => item.start_block <= all[3].start_block);
  await same(
    `created_from=${createdSeconds}`,
    (item) => Date.parse(item.created_at) / 1000 >= createdSeconds,
  );
  await same(
    `created_to=${createdSeconds - 1}`,
    (item) => Date.parse(item.created_at) / 1000 < createdSeconds,
  );
  await same(`status=upcoming,active&from_block=${end}&max_price_sats=${middle}`, (item) => {
    const open = ['upcoming', 'active'].includes(item.status);
    return open && item.end_block >= end && item.price_sats <= middle;
  });
});

test('what a query cannot mean is refused', async () => {
  const { json } = await world.api.get('/api/v1/dutch?limit=1');
  const bad = {
    'limit=0': /^query\.limit$/,
    'limit=201': /^query\.limit$/,
    'limit=x': /^query\.limit$/,
    'limit=-1': /^query\.limit$/,
    'cursor=': /^query\.cursor$/,
    'cursor=AAAA': /^query\.cursor$/,
    [`cursor=${json.next_cursor}&sort=price`]: /^query\.cursor$/,
    [`cursor=${json.next_cursor}&status=active`]: /^query\.cursor$/,
    'sort=id': /^query\.sort$/,
    'min_price_sats=1.5': /^query\.number$/,
    'max_price_sats=2100000000000001': /^query\.number$/,
    'limit=1&limit=2': /^query\.(limit|encoding)$/,
    [`q=${'a'.repeat(65)}`]: /^query\.too_long$/,
    'q=%zz': /^query\.encoding$/,
  };
  for (const [query, code] of Object.entries(bad))
    assertProblem(await world.api.get(`/api/v1/dutch?${query}`), 400, code);
});

test('a cursor holds while blocks come and prices move', async () => {
  const first = await world.api.get('/api/v1/dutch?limit=3');
  await world.mine(2);
  const rest = await world.api.get(`/api/v1/dutch?limit=200&cursor=${first.json.next_cursor}`);
  assert.deepEqual([...ids(first.json.items), ...ids(rest.json.items)], newestFirst());
});

test('a page has a tag of its own, and the list of all kinds tells the kind', async () => {
  const path = '/api/v1/auctions?limit=2&sort=price';
  const first = await world.api.get(path);
  assert.deepEqual(new Set(first.json.items.map(({ kind }) => kind)), new Set(['dutch']));
  assert.match(first.headers.link, /^<\/api\/v1\/auctions\?limit=2&sort=price&cursor=/);
  const again = await world.api.get(path, { 'If-None-Match': first.headers.etag });
  assert.equal(again.status, 304);
  assert.equal(again.headers.etag, first.headers.etag);
});

test('HEAD of a list has the headers of its GET', async () => {
  const { headers } = await world.api.get('/api/v1/dutch?limit=2');
  const head = await world.api.send('HEAD', '/api/v1/dutch?limit=2');
  assert.equal(head.text, '');
  for (const name of ['etag', 'link', 'content-type']) assert.equal(head.headers[name], headers[name], name);
});
