/**
 * PSBTs that must be refused: wrong signatures, lies about the spent output, broken bytes. One
 * asset output serves them all, because nothing of it may be stored; at the end it is listed.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import * as ecc from 'tiny-secp256k1';
import { assertRefused } from '../support/expect.mjs';
import { digest, makeWallet, signInput, tapTweak } from '../support/keys.mjs';
import {
  GLOBAL,
  IN,
  concat,
  pair,
  u32,
  u64,
  withLength,
  witnessStack,
  without,
} from '../support/psbt-maps.mjs';
import { makeBody } from '../support/signer.mjs';
import { highS, paddedDer, uncompressedWallet } from '../support/tricks.mjs';
import { World } from '../support/world.mjs';

/** @type {World} */
let world;
/** One output per script type. @type {Record<string, import('../support/payment.mjs').Coin>} */
const coins = {};
let start;

before(async () => {
  world = await World.start();
  for (const type of ['p2wpkh', 'p2tr', 'p2wsh', 'p2pkh', 'p2sh', 'p2sh-p2wpkh'])
    coins[type] = await world.assetCoin(type);
  start = (await world.height()) + 10;
});
after(() => world?.close());

/** A fixed price listing, so that one PSBT is the whole ladder. */
const planFor = (type, wanted) =>
  world.plan({ coin: coins[type], start, end: start, decrement: 0, ...wanted });

/**
 * @param {string} what
 * @param {import('../support/signer.mjs').RungOptions} options
 * @param {{type?: string, reason?: RegExp, plan?: object, key?: string}} [more]
 */
async function refuses(what, options, { type = 'p2wpkh', reason, plan, key = world.legacyKey } = {}) {
  const body = makeBody(await planFor(type, plan), options);
  assertRefused(await world.post(body, key), 400, reason, what);
}

const replaceField = (type, value, data) => (maps) => {
  maps.inputs[0] = [...without(maps.inputs[0], type), pair(type, value, data)];
};

test('row 9: a sighash field other than 0x83 is refused', async () => {
  for (const field of [0x01, 0x03, 0x81, 0x01000083])
    await refuses(`field ${field}`, { sighashField: field }, { reason: /sighash/i });
});

test('row 10: a signature that ends in 0x81 under the field 0x83 is refused', async () => {
  await refuses('0x81', { sighash: 0x81, sighashField: 0x83 }, { reason: /sighash|0x81/i });
});

test('row 11: without the field, a signature of type 0x01 is refused', async () => {
  await refuses('0x01', { sighash: 0x01, sighashField: null }, { reason: /sighash|0x01/i });
});

test('row 12: Schnorr signatures of 64 bytes, or with 0x00 or 0x01 behind, are refused', async () => {
  await refuses('64 bytes', { sighash: 0x00, sighashField: null }, { type: 'p2tr' });
  const withZero = (signatures) =>
    signatures.map((s) => ({ ...s, signature: concat(s.signature, Uint8Array.of(0)) }));
  await refuses('0x00', { sighash: 0x00, sighashField: null, signatures: withZero }, { type: 'p2tr' });
  await refuses('0x01', { sighash: 0x01, sighashField: null }, { type: 'p2tr' });
});

test('row 13: a signature valid for another price is refused', async () => {
  for (const type of ['p2wpkh', 'p2tr', 'p2wsh', 'p2sh-p2wpkh']) {
    await refuses(
      type,
      {
        beforeSigning: (tx) => {
          tx.outs[0].value -= 1n;
        },
        afterSigning: (tx) => {
          tx.outs[0].value += 1n;
        },
      },
      { type, reason: /signature/i },
    );
  }
});

test('row 14: an output value one satoshi off the price is refused', async () => {
  for (const delta of [1n, -1n])
    await refuses(
      `delta ${delta}`,
      {
        beforeSigning: (tx) => {
          tx.outs[0].value += delta;
        },
      },
      { reason: /price|value/i },
    );
});

test('row 14: a price one satoshi below the value of the output is refused', async () => {
  await refuses(
    'below the value',
    {},
    { plan: { startPrice: 9999, endPrice: 9999 }, reason: /less than the 10000 sat of the UTXO/ },
  );
});

test('row 15: payout scripts that differ between two PSBTs are refused', async () => {
  const plan = await world.plan({ coin: coins.p2wpkh, start, end: start + 1 });
  const body = makeBody(plan);
  body.psbts[1] = makeBody(plan, { payTo: makeWallet('p2wpkh', 'other payout').script }).psbts[1];
  assertRefused(await world.post(body), 400, /script|payout/i);
});

test('row 16: an output replaced after signing is refused', async () => {
  await refuses(
    'script',
    {
      afterSigning: (tx) => {
        tx.outs[0].script = makeWallet('p2wpkh', 'thief').script;
      },
    },
    { reason: /signature/i },
  );
});

test('row 17: another outpoint in the PSBT is refused', async () => {
  await refuses('other txid', { txid: '11'.repeat(32) }, { reason: /outpoint|utxo|input/i });
  await refuses('other vout', { vout: coins.p2wpkh.vout + 1 }, { reason: /outpoint|utxo|input/i });
});

test('row 18: a witness UTXO that lies is refused, though the signature fits the lie', async () => {
  const coin = coins.p2wpkh;
  const more = coin.value + 1n;
  await refuses('amount', { signedValue: more, witnessUtxo: { value: more, script: coin.wallet.script } });
  const liar = makeWallet('p2wpkh', 'liar');
  await refuses('script', { signer: liar, witnessUtxo: { value: coin.value, script: liar.script } });
});

test('row 19: a previous transaction with another id is refused', async () => {
  const wrong = (maps) => {
    const field = maps.inputs[0].find((entry) => entry.key[0] === IN.NON_WITNESS_UTXO);
    field.value = field.value.map((byte, i) => (i === field.value.length - 1 ? byte ^ 1 : byte));
  };
  await refuses('txid', { nonWitnessUtxo: true, maps: wrong });
});

test('row 20: two inputs, two outputs or no output are refused', async () => {
  await refuses(
    'two inputs',
    { beforeSigning: (tx) => tx.addInput(new Uint8Array(32).fill(7), 0) },
    { reason: /input/i },
  );
  await refuses(
    'two outputs',
    { beforeSigning: (tx) => tx.addOutput(coins.p2wpkh.wallet.script, 1000n) },
    { reason: /output/i },
  );
  await refuses(
    'no output',
    {
      beforeSigning: (tx) => {
        tx.outs = [];
      },
    },
    { reason: /output/i },
  );
});

test('row 21: P2PKH and legacy P2SH at index 0 are refused with the reason', async () => {
  for (const type of ['p2pkh', 'p2sh']) await refuses(type, {}, { type, reason: /index|legacy|asset/i });
});

test('row 22: a P2PKH template with the pair at index 1 is refused as not one input and one output', async () => {
  const placeholder = (tx) => {
    tx.ins.unshift({
      hash: new Uint8Array(32).fill(9),
      index: 0,
      script: new Uint8Array(0),
      sequence: 0xfffffffd,
      witness: [],
    });
    tx.outs.unshift({ script: coins.p2pkh.wallet.script, value: 546n });
  };
  await refuses('template', { beforeSigning: placeholder, index: 1 }, { type: 'p2pkh', reason: /input/i });
});

test('row 23: high S, sloppy DER and an uncompressed key are refused', async () => {
  await refuses(
    'high S',
    { signatures: (list) => list.map((s) => ({ ...s, signature: highS(s.signature) })) },
    { reason: /high|low/i },
  );
  await refuses(
    'DER',
    { signatures: (list) => list.map((s) => ({ ...s, signature: paddedDer(s.signature) })) },
    { reason: /DER|encod/i },
  );
  const [coin] = await world.faucet.pay([{ wallet: uncompressedWallet('sloppy'), value: 10000n }]);
  world.attachOne(coin);
  await world.synced();
  const body = makeBody(await world.plan({ coin, start, end: start, decrement: 0 }));
  assertRefused(await world.post(body), 400, /key|compressed/i);
});

test('row 24: a key that does not hash to the script, and a second signature, are refused', async () => {
  const stranger = makeWallet('p2wpkh', 'stranger');
  const byStranger = (tx) =>
    signInput(stranger, tx, 0, [{ value: coins.p2wpkh.value, script: stranger.script }], 0x83);
  await refuses('stranger', { signatures: (_honest, tx) => byStranger(tx) });
  await refuses('two', { signatures: (honest, tx) => [...honest, ...byStranger(tx)] });
});

test('row 25: a taproot signature of the untweaked key is refused', async () => {
  const { wallet, value } = coins.p2tr;
  const untweaked = (_honest, tx) => {
    const hash = digest(wallet, tx, 0, [{ value, script: wallet.script }], 0x83);
    return [
      {
        pubkey: wallet.keys[0].pubkey,
        signature: concat(ecc.signSchnorr(hash, wallet.keys[0].secret), Uint8Array.of(0x83)),
      },
    ];
  };
  await refuses('untweaked', { signatures: untweaked }, { type: 'p2tr', reason: /signature/i });
});

test('row 25: an annex or a script path witness is refused', async () => {
  const { wallet } = coins.p2tr;
  const finalWitness = (items) => ({
    finalized: true,
    maps: replaceField(IN.FINAL_SCRIPTWITNESS, witnessStack(items)),
  });
  const signature = concat(
    ecc.signSchnorr(new Uint8Array(32).fill(1), tapTweak(wallet.keys[0]).secret),
    Uint8Array.of(0x83),
  );
  await refuses('annex', finalWitness([signature, Uint8Array.of(0x50, 1)]), { type: 'p2tr' });
  const script = concat(Uint8Array.of(32), wallet.internalKey, Uint8Array.of(0xac));
  const control = concat(Uint8Array.of(0xc0), wallet.internalKey);
  await refuses('script path', finalWitness([signature, script, control]), { type: 'p2tr' });
});

test('row 26: a duplicate key and key data on the sighash field are refused', async () => {
  await refuses(
    'duplicate',
    { maps: (maps) => maps.inputs[0].push({ ...maps.inputs[0][0] }) },
    { reason: /duplicate|twice/i },
  );
  const keydata = (maps) => {
    maps.inputs[0] = [
      ...without(maps.inputs[0], IN.SIGHASH_TYPE),
      pair(IN.SIGHASH_TYPE, u32(0x83), Uint8Array.of(1)),
    ];
  };
  await refuses('key data', { maps: keydata });
});

test('row 31: versions 1 and 3, version 0 with v2 fields, version 2 with an unsigned tx are refused', async () => {
  const version = (n) => (maps) => maps.global.push(pair(GLOBAL.VERSION, u32(n)));
  for (const n of [1, 3]) await refuses(`version ${n}`, { maps: version(n) }, { reason: /version/i });
  await refuses('v0 with TX_VERSION', { maps: (maps) => maps.global.push(pair(GLOBAL.TX_VERSION, u32(2))) });
  await refuses('v0 with OUTPUT_INDEX', {
    maps: (maps) => maps.inputs[0].push(pair(IN.OUTPUT_INDEX, u32(0))),
  });
  const withTx = (maps) => maps.global.unshift(pair(GLOBAL.UNSIGNED_TX, new Uint8Array(10)));
  await refuses('v2 with UNSIGNED_TX', { psbtVersion: 2, maps: withTx });
});

test('row 32: a lock above the block, a time lock and a relative lock are refused', async () => {
  await refuses('B + 1', { locktime: start + 1 }, { reason: /lock/i });
  await refuses('time', { locktime: 1700000000 }, { reason: /lock/i });
  await refuses('relative', { sequence: 144, txVersion: 2 }, { reason: /sequence|lock/i });
  await refuses(
    'relative, unlocked',
    { sequence: 144, locktime: 0, txVersion: 2 },
    { reason: /sequence|lock/i },
  );
});

test('a transaction version other than 1 or 2 is refused', async () => {
  for (const txVersion of [0, 3]) await refuses(`version ${txVersion}`, { txVersion });
});

test('an OP_RETURN, an unknown and a dust payout are refused', async () => {
  await refuses('OP_RETURN', { payTo: Uint8Array.of(0x6a, 1, 1) });
  await refuses('unknown script', { payTo: Uint8Array.of(0x51, 0x51) });
  const [small] = await world.faucet.pay([{ wallet: makeWallet('p2wpkh', 'seller'), value: 294n }]);
  world.attachOne(small);
  await world.synced();
  const plan = await world.plan({
    coin: small,
    start,
    end: start,
    decrement: 0,
    startPrice: 300,
    endPrice: 300,
    payTo: makeWallet('p2pkh', 'payout').script,
  });
  assertRefused(await world.post(makeBody(plan)), 400, /300 sat, less than the 546/);
});

test('an unsigned PSBT, one without the UTXO and one of a stranger amount are refused', async () => {
  await refuses('unsigned', { signatures: () => [] }, { reason: /sign/i });
  await refuses('no UTXO', { witnessUtxo: null }, { reason: /nothing about what it spends/ });
  const negative = replaceField(
    IN.WITNESS_UTXO,
    concat(u64(0xffffffffffffffffn), withLength(coins.p2wpkh.wallet.script)),
  );
  await refuses('negative amount', { maps: negative });
});

test('nothing of all this was stored: the same outputs can still be listed', async () => {
  const { json } = await world.api.get('/api/listings');
  assert.equal(json.count, 0);
  for (const type of ['p2wpkh', 'p2tr', 'p2wsh', 'p2sh-p2wpkh']) await world.list(await planFor(type));
});
