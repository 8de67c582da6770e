/** Bytes of PSBTs and base64 that are broken in every place: refused, no crash, no large memory. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { assertRefused } from '../support/expect.mjs';
import { MAGIC, concat, fromBase64, pair, toBase64 } from '../support/psbt-maps.mjs';
import { makeBody } from '../support/signer.mjs';
import { World } from '../support/world.mjs';

/** @type {World} */
let world;
/** Body of a fixed price listing that would be taken. @type {Record<string, any>} */
let honest;

before(async () => {
  world = await World.start();
  const coin = await world.assetCoin();
  const start = (await world.height()) + 10;
  honest = makeBody(await world.plan({ coin, start, end: start, decrement: 0 }));
});
after(() => world?.close());

/** @param {string} text as psbt_data @param {number|number[]} [status] */
async function refusesText(what, text, status = 400) {
  const body = { ...honest, psbts: [{ ...honest.psbts[0], psbt_data: text }] };
  assertRefused(await world.post(body), status, undefined, what);
}

/** @param {string} what @param {Uint8Array} bytes */
const refusesBytes = (what, bytes) => refusesText(what, toBase64(bytes));

const honestBytes = () => fromBase64(honest.psbts[0].psbt_data);

test('row 27: a PSBT cut off at any byte is refused', async () => {
  const bytes = honestBytes();
  for (let length = 0; length < bytes.length; length++)
    await refusesBytes(`cut at ${length}`, bytes.subarray(0, length));
});

test('row 27: one trailing byte is refused', async () => {
  for (const byte of [0x00, 0x01, 0xff])
    await refusesBytes(`trailing ${byte}`, concat(honestBytes(), Uint8Array.of(byte)));
});

test('row 28: sizes that are not minimal, or as large as 2^64-1, are refused without taking memory', async () => {
  const bytes = honestBytes();
  const afterMagic = bytes.subarray(MAGIC.length);
  const before = world.gaveld.residentBytes();
  await refusesBytes(
    'key length in 3 bytes',
    concat(MAGIC, Uint8Array.of(0xfd, 0x01, 0x00), afterMagic.subarray(1)),
  );
  await refusesBytes(
    'key length in 9 bytes',
    concat(MAGIC, Uint8Array.of(0xff, 1, 0, 0, 0, 0, 0, 0, 0), afterMagic.subarray(1)),
  );
  const huge = Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff);
  await refusesBytes('key of 2^64-1', concat(MAGIC, huge, afterMagic.subarray(1)));
  await refusesBytes(
    'value of 2^64-1',
    concat(MAGIC, afterMagic.subarray(0, 2), huge, afterMagic.subarray(3)),
  );
  const counts = concat(Uint8Array.of(2, 0, 0, 0), huge, new Uint8Array(4));
  await refusesBytes(
    '2^64-1 inputs',
    concat(MAGIC, Uint8Array.of(1, 0, counts.length), counts, Uint8Array.of(0)),
  );
  const grown = world.gaveld.residentBytes() - before;
  assert.ok(grown < 2 * 1024 * 1024, `resident memory grew by ${grown} bytes`);
});

/** The honest PSBT with so many bytes more that its base64 ends in `padding` signs. */
function withPadding(padding) {
  const bytes = honestBytes();
  for (let extra = 0; ; extra++) {
    // An unknown input field behind the honest ones; the last two zero bytes end the two maps.
    const { key, value } = pair(0xf0, new Uint8Array(extra));
    const field = concat(Uint8Array.of(key.length), key, Uint8Array.of(value.length), value);
    const longer = concat(bytes.subarray(0, -2), field, Uint8Array.of(0, 0));
    if ((3 - (longer.length % 3)) % 3 === padding) return toBase64(longer);
  }
}

test('row 29: base64 that is not canonical is refused', async () => {
  const text = honest.psbts[0].psbt_data;
  await refusesText('space', `${text.slice(0, 40)} ${text.slice(40)}`);
  await refusesText('newline', `${text}\n`);
  await refusesText('leading space', ` ${text}`);
  assert.match(text, /[+/]/, 'the PSBT has a letter that the URL alphabet writes otherwise');
  await refusesText('URL alphabet', text.replaceAll('+', '-').replaceAll('/', '_'));
  const two = withPadding(2);
  await refusesText('no padding', two.slice(0, -2));
  await refusesText('half the padding', two.slice(0, -1));
  await refusesText('padding too much', `${text}====`);
  const last = two.at(-3);
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
  await refusesText('spare bits', `${two.slice(0, -3)}${alphabet[alphabet.indexOf(last) + 1]}==`);
  await refusesText('NUL', `${text.slice(0, 40)}\u0000${text.slice(41)}`);
  await refusesText('NUL at the end', `${text}\u0000`);
  await refusesText('empty', '');
  await refusesText('hex', Buffer.from(honestBytes()).toString('hex'));
});

test('row 29: the same PSBT with one or two padding signs is well-formed', async () => {
  for (const padding of [0, 1, 2]) {
    const body = { ...honest, psbts: [{ ...honest.psbts[0], psbt_data: withPadding(padding) }] };
    const { status, json } = await world.api.post('/api/v1/dutch/check', body, { 'X-API-Key': world.key });
    assert.equal(status, 200, JSON.stringify(json));
  }
});

test('row 30: a PSBT over the cap is refused', async () => {
  const bytes = honestBytes();
  const filler = new Uint8Array(16384);
  const field = concat(Uint8Array.of(1, 0xf0, 0xfd, 0x00, 0x40), filler);
  await refusesText(
    'over 16 KiB',
    toBase64(concat(bytes.subarray(0, -2), field, Uint8Array.of(0, 0))),
    [400, 413],
  );
});

test('row 30: 2,017 PSBTs are refused', async () => {
  const rung = honest.psbts[0];
  const psbts = Array.from({ length: 2017 }, (_, i) => ({ ...rung, block_number: rung.block_number + i }));
  assertRefused(await world.post({ ...honest, psbts }), [400, 413], /2,?016|psbt/i);
});

test('row 30: a body over the cap, and one of 100,001 PSBTs, are refused', async () => {
  assertRefused(await world.post({ ...honest, asset_name: 'A'.repeat(4 * 1024 * 1024) }), 413);
  const psbts = Array.from({ length: 100001 }, () => ({
    block_number: 1,
    price_sats: 1,
    psbt_data: 'cHNidP8=',
  }));
  assertRefused(await world.post({ ...honest, psbts }), [400, 413]);
});

test('after all this the daemon still serves, and the honest ladder is taken', async () => {
  const answer = await world.post(honest);
  assert.equal(answer.status, 201, answer.text);
});
