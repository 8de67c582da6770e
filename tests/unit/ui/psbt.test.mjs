/**
 * Shows: lib/psbt.js finds the PSBTs in what wallets give, and reads which output they spend, which block they are locked to
 * and what they pay; what is none of that is null, never an exception. How: PSBTs of the tests' own signer, cut at every byte.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findPsbts, fromBase64, readSellerPsbt, toBase64 } from '../../../web/ui/lib/psbt.js';
import { makeWallet } from '../../support/keys.mjs';
import { makePlan, makeRung } from '../../support/signer.mjs';

const coin = { txid: '5e'.repeat(31) + '07', vout: 3, value: 10000n, wallet: makeWallet('p2wpkh', 'seller'), prevTx: new Uint8Array() };
const plan = makePlan({ coin, start: 930100, startPrice: 123456 });
const rung = (options) => makeRung(plan, 930100, 123456, options);
const told = { txid: coin.txid, vout: 3, amount: 123456, locktime: 930100, signed: true };

test('both versions, partial and final signatures tell the same', () => {
  for (const options of [{}, { finalized: true }, { psbtVersion: 2 }]) assert.deepEqual(readSellerPsbt(rung(options)), told);
});

test('a PSBT cut at any byte, or of another shape, is null', () => {
  for (const psbt of [rung(), rung({ psbtVersion: 2 })]) {
    const whole = psbt.length;
    for (let n = 0; n < whole - 40; n++) {
      const cut = readSellerPsbt(psbt.subarray(0, n));
      assert.ok(cut === null || cut.amount === 123456, `cut at ${n}`);
    }
  }
  assert.equal(readSellerPsbt(rung({ beforeSigning: (tx) => tx.addOutput(plan.payTo, 1000n) })), null);
  assert.equal(readSellerPsbt(new Uint8Array(100)), null);
});

test('files are found as bytes, base64, hex, lines and JSON', () => {
  const [a, b] = [rung(), rung({ finalized: true })];
  const hex = Buffer.from(a).toString('hex');
  assert.deepEqual(findPsbts(a), [a]);
  for (const text of [toBase64(a), hex, hex.toUpperCase(), ` ${toBase64(a)}\r\n`]) {
    assert.deepEqual(findPsbts(text).map(toBase64), [toBase64(a)]);
    assert.deepEqual(findPsbts(new TextEncoder().encode(text)).map(toBase64), [toBase64(a)]);
  }
  const both = [toBase64(a), toBase64(b)];
  assert.deepEqual(findPsbts(both.join('\n')).map(toBase64), both);
  assert.deepEqual(findPsbts(JSON.stringify({ psbts: both.map((psbt_data) => ({ psbt_data })) })).map(toBase64), both);
  assert.deepEqual(findPsbts('nothing of the kind'), []);
  assert.deepEqual(findPsbts(new Uint8Array([0, 255, 1])), []);
  assert.deepEqual(fromBase64(toBase64(a)), a);
});
