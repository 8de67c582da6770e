/** gavelctl psbt check over every vector: verdicts, codes and exit codes. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { GAVELCTL } from '../support/gaveld.mjs';
import { ROOT } from '../support/process.mjs';

const EXIT = { LISTABLE: 0, INVALID: 1, NOT_LISTABLE: 2, USAGE: 64 };
const LISTABLE_TYPES = ['p2wpkh', 'p2sh-p2wpkh', 'p2tr', 'p2wsh-2of3', 'p2sh-p2wsh-2of3'];
const LISTING_BYTES_MAX = 16384;
/** Hostile for a listing or for the chain, but sound in shape, signature and UTXO. */
const SOUND = new Set([
  'dust-output',
  'locktime',
  'relative-locktime',
  'utxo-spent',
  'utxo-spent-unconfirmed',
]);

/** @param {string} name */
const vectors = (name) => JSON.parse(readFileSync(join(ROOT, `tests/vectors/psbt/${name}.json`), 'utf8'));

/** @param {string[]} args @param {string} [input] @returns {Promise<{code: number, stdout: string, stderr: string}>} */
function gavelctl(args, input = '') {
  return new Promise((resolve, reject) => {
    const child = spawn(GAVELCTL, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    const result = { stdout: '', stderr: '' };
    child.stdout.on('data', (chunk) => {
      result.stdout += chunk;
    });
    child.stderr.on('data', (chunk) => {
      result.stderr += chunk;
    });
    child.stdin.on('error', () => undefined);
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, ...result }));
    child.stdin.end(input);
  });
}

/** @param {any} vector @param {string[]} [more] */
function check(vector, more = ['--json']) {
  const { txid, vout, scriptPubKey, amount_sat: amount } = vector.prevout;
  const args = [
    '--txid',
    txid,
    '--vout',
    String(vout),
    '--script',
    scriptPubKey,
    '--amount',
    String(amount),
    '--price',
    String(vector.price_sat),
  ];
  return gavelctl(['psbt', 'check', ...args, '--network', vector.network, ...more, '-'], vector.psbt);
}

/** @param {any} vector a sound one: is it also fit for a listing? */
function fitsListing(vector) {
  const { type, amount_sat: amount } = vector.prevout;
  const size = Buffer.from(vector.psbt, 'base64').length;
  return LISTABLE_TYPES.includes(type) && vector.price_sat >= amount && size <= LISTING_BYTES_MAX;
}

for (const vector of [...vectors('valid'), ...vectors('hostile')]) {
  test(`${vector.verdict} ${vector.id}: ${vector.reason ?? vector.prevout.type}`, async () => {
    const { code, stdout, stderr } = await check(vector);
    const verdict = JSON.parse(stdout);
    const shown = `${stdout} ${stderr}`;
    for (const [member, type] of [
      ['valid', 'boolean'],
      ['listable', 'boolean'],
      ['locked', 'boolean'],
      ['code', 'string'],
      ['detail', 'string'],
    ]) {
      assert.equal(typeof verdict[member], type, `${member}: ${shown}`);
    }
    const sound = vector.verdict === 'valid' || SOUND.has(vector.reason);
    assert.equal(verdict.valid, sound, shown);
    assert.equal(code, verdict.listable ? EXIT.LISTABLE : sound ? EXIT.NOT_LISTABLE : EXIT.INVALID, shown);
    if (!sound) {
      assert.equal(verdict.code, `psbt.${vector.reason.replaceAll('-', '_')}`, shown);
    } else if (vector.verdict === 'valid') {
      assert.equal(verdict.listable, fitsListing(vector), shown);
    } else if (['dust-output', 'relative-locktime'].includes(vector.reason)) {
      assert.equal(verdict.listable, false, shown);
      assert.equal(verdict.code, `psbt.${vector.reason.replaceAll('-', '_')}`);
    }
  });
}

test('a height lock is judged only when the block is given', async () => {
  const vector = vectors('hostile').find(({ reason }) => reason === 'locktime');
  assert.equal(JSON.parse((await check(vector)).stdout).valid, true);
  const early = await check(vector, ['--json', '--block', '1']);
  assert.equal(JSON.parse(early.stdout).code, 'psbt.locktime');
  assert.equal(early.code, EXIT.NOT_LISTABLE);
});

test('without --json the verdict is plain words', async () => {
  const [good] = vectors('valid').filter(fitsListing);
  const bad = vectors('hostile').find(({ id }) => id === 'sighash-all');
  const yes = await check(good, []);
  assert.equal(yes.code, EXIT.LISTABLE);
  assert.doesNotMatch(yes.stdout, /[{}]/);
  const no = await check(bad, []);
  assert.equal(no.code, EXIT.INVALID);
  assert.match(no.stdout + no.stderr, /0x83|SINGLE/i);
});

test('wrong usage ends with 64 and says what is wrong', async () => {
  const [good] = vectors('valid');
  const usages = [
    [],
    ['psbt'],
    ['psbt', 'check'],
    ['psbt', 'check', '--txid', 'zz'],
    ['nothing'],
    ['psbt', 'check', '--bogus'],
    [
      'psbt',
      'check',
      '--txid',
      good.prevout.txid,
      '--vout',
      '-1',
      '--script',
      '00',
      '--amount',
      '1',
      '--price',
      '1',
      '-',
    ],
    [
      'psbt',
      'check',
      '--txid',
      good.prevout.txid,
      '--vout',
      '0',
      '--script',
      '0',
      '--amount',
      '1',
      '--price',
      '1',
      '-',
    ],
    [
      'psbt',
      'check',
      '--txid',
      good.prevout.txid,
      '--vout',
      '0',
      '--script',
      '00',
      '--amount',
      '2100000000000001',
      '--price',
      '1',
      '-',
    ],
    [
      'psbt',
      'check',
      '--txid',
      good.prevout.txid,
      '--vout',
      '0',
      '--script',
      '00',
      '--amount',
      '1',
      '--price',
      '1',
      '--network',
      'moon',
      '-',
    ],
  ];
  for (const args of usages) {
    const { code, stdout, stderr } = await gavelctl(args, good.psbt);
    assert.equal(code, EXIT.USAGE, `${args.join(' ')}: ${stdout}${stderr}`);
    assert.ok(stderr.length > 0, args.join(' '));
  }
});

test('a price of 0 is data, and input over 128 KiB is refused', async () => {
  const [good] = vectors('valid').filter(fitsListing);
  assert.equal((await check({ ...good, price_sat: 0 })).code, EXIT.INVALID);
  const long = await check({ ...good, psbt: 'A'.repeat(200000) });
  assert.equal(long.code, EXIT.INVALID);
});

test('help is there', async () => {
  const { code, stdout } = await gavelctl(['--help']);
  assert.equal(code, 0);
  assert.match(stdout, /psbt check/);
});
