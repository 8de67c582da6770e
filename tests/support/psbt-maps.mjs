/**
 * PSBTs as bare key-value maps (BIP174, BIP370), written and read without judging them, so that
 * tests can make every kind of broken one. Order of keys is kept.
 */

/** @typedef {{key: Uint8Array, value: Uint8Array}} Pair */
/** @typedef {{global: Pair[], inputs: Pair[][], outputs: Pair[][]}} Maps */

export const MAGIC = Uint8Array.of(0x70, 0x73, 0x62, 0x74, 0xff);

export const GLOBAL = {
  UNSIGNED_TX: 0x00,
  TX_VERSION: 0x02,
  FALLBACK_LOCKTIME: 0x03,
  INPUT_COUNT: 0x04,
  OUTPUT_COUNT: 0x05,
  TX_MODIFIABLE: 0x06,
  VERSION: 0xfb,
};
export const IN = {
  NON_WITNESS_UTXO: 0x00,
  WITNESS_UTXO: 0x01,
  PARTIAL_SIG: 0x02,
  SIGHASH_TYPE: 0x03,
  REDEEM_SCRIPT: 0x04,
  WITNESS_SCRIPT: 0x05,
  FINAL_SCRIPTSIG: 0x07,
  FINAL_SCRIPTWITNESS: 0x08,
  PREVIOUS_TXID: 0x0e,
  OUTPUT_INDEX: 0x0f,
  SEQUENCE: 0x10,
  REQUIRED_TIME_LOCKTIME: 0x11,
  REQUIRED_HEIGHT_LOCKTIME: 0x12,
  TAP_KEY_SIG: 0x13,
  TAP_INTERNAL_KEY: 0x17,
};
export const OUT = { AMOUNT: 0x03, SCRIPT: 0x04 };

/** @param {number} n */
export function compactSize(n) {
  if (n < 0xfd) return Uint8Array.of(n);
  if (n <= 0xffff) return Uint8Array.of(0xfd, n & 0xff, n >> 8);
  return Uint8Array.of(0xfe, ...u32(n));
}

/** @param {number} n */
export const u32 = (n) => new Uint8Array(Uint32Array.of(n).buffer);

/** @param {bigint} n */
export const u64 = (n) => new Uint8Array(BigUint64Array.of(n).buffer);

/** @param {Uint8Array} bytes its length first */
export const withLength = (bytes) => concat(compactSize(bytes.length), bytes);

/** @param {...Uint8Array} parts */
export const concat = (...parts) => new Uint8Array(Buffer.concat(parts));

/**
 * @param {number} type @param {Uint8Array} value @param {Uint8Array} [data] of the key
 * @returns {Pair}
 */
export const pair = (type, value, data = new Uint8Array(0)) => ({
  key: concat(compactSize(type), data),
  value,
});

/** @param {Pair[]} map @param {number} type @returns {Pair[]} */
export const ofType = (map, type) => map.filter((entry) => entry.key[0] === type);

/** @param {Pair[]} map @param {number} type */
export const without = (map, type) => map.filter((entry) => entry.key[0] !== type);

/** @param {Uint8Array[]} items */
export const witnessStack = (items) => concat(compactSize(items.length), ...items.map(withLength));

/** @param {Maps} maps */
export function encode({ global, inputs, outputs }) {
  const write = (map) =>
    concat(...map.map((entry) => concat(withLength(entry.key), withLength(entry.value))), Uint8Array.of(0));
  return concat(MAGIC, write(global), ...inputs.map(write), ...outputs.map(write));
}

/** A cursor over bytes. */
class Reader {
  /** @param {Uint8Array} bytes */
  constructor(bytes) {
    this.bytes = bytes;
    this.at = 0;
  }

  take(n) {
    if (this.at + n > this.bytes.length) throw new Error('PSBT is cut off');
    this.at += n;
    return this.bytes.subarray(this.at - n, this.at);
  }

  size() {
    const [first] = this.take(1);
    if (first < 0xfd) return first;
    const raw = this.take(first === 0xfd ? 2 : 4);
    return raw.reduce((sum, byte, i) => sum + byte * 2 ** (8 * i), 0);
  }

  map() {
    const map = [];
    for (;;) {
      const keyLength = this.size();
      if (keyLength === 0) return map;
      const key = this.take(keyLength);
      map.push({ key, value: this.take(this.size()) });
    }
  }
}

/**
 * @param {Uint8Array} bytes a well-formed PSBT of one input and one output, or with counts given
 * @param {number} [inputs] @param {number} [outputs]
 * @returns {Maps}
 */
export function decode(bytes, inputs = 1, outputs = 1) {
  const reader = new Reader(bytes);
  reader.take(MAGIC.length);
  const global = reader.map();
  const maps = { global, inputs: [], outputs: [] };
  for (let i = 0; i < inputs; i++) maps.inputs.push(reader.map());
  for (let i = 0; i < outputs; i++) maps.outputs.push(reader.map());
  if (reader.at !== bytes.length) throw new Error('PSBT has trailing bytes');
  return maps;
}

/** @param {Uint8Array} bytes */
export const toBase64 = (bytes) => Buffer.from(bytes).toString('base64');

/** @param {string} text */
export const fromBase64 = (text) => new Uint8Array(Buffer.from(text, 'base64'));

/** @param {Uint8Array} bytes */
export const toHex = (bytes) => Buffer.from(bytes).toString('hex');

/** @param {string} text */
export const fromHex = (text) => new Uint8Array(Buffer.from(text, 'hex'));
