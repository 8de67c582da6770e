/**
 * As much of a PSBT as a page must know: which output it spends, which block it is locked to, what it pays. The box judges
 * it; this only sorts uploads to their rungs. BIP174 and BIP370.
 *
 * @typedef {{txid: string, vout: number, locktime: number, amount: number, signed: boolean}} SellerPsbt
 */

const MAGIC = [0x70, 0x73, 0x62, 0x74, 0xff];
const GLOBAL = { tx: 0x00, fallbackLocktime: 0x03, inputs: 0x04, outputs: 0x05 };
const INPUT = { partialSig: 0x02, finalScriptSig: 0x07, finalWitness: 0x08, txid: 0x0e, vout: 0x0f, heightLock: 0x12, tapKeySig: 0x13 };
const OUTPUT = { amount: 0x03 };
const SIGNATURES = [INPUT.partialSig, INPUT.finalScriptSig, INPUT.finalWitness, INPUT.tapKeySig];

/** @param {string} text @returns {Uint8Array} @throws {DOMException} */
export const fromBase64 = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

/** @param {Uint8Array} bytes */
export function toBase64(bytes) {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}

/** Reads on, and throws a RangeError behind the end. */
class Reader {
  constructor(bytes) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.at = 0;
  }

  take(n) {
    if (!(n <= this.bytes.length - this.at)) throw new RangeError('PSBT cut short');
    this.at += n;
    return this.bytes.subarray(this.at - n, this.at);
  }

  u32() {
    this.take(4);
    return this.view.getUint32(this.at - 4, true);
  }

  amount() {
    this.take(8);
    return Number(this.view.getBigUint64(this.at - 8, true));
  }

  size() {
    const [first] = this.take(1);
    if (first < 0xfd) return first;
    const n = { 0xfd: 2, 0xfe: 4, 0xff: 8 }[first];
    return this.take(n).reduceRight((sum, byte) => sum * 256 + byte, 0);
  }

  /** One map: type to value; a type that repeats keeps its last. */
  map() {
    const map = new Map();
    for (let length = this.size(); length > 0; length = this.size()) {
      const key = this.take(length);
      map.set(key[0], this.take(this.size()));
    }
    return map;
  }
}

const hashText = (bytes) => [...bytes].reverse().map((byte) => byte.toString(16).padStart(2, '0')).join('');

/** The pair of an unsigned transaction of one input and one output. */
function fromTx(bytes) {
  const tx = new Reader(bytes);
  tx.u32();
  if (tx.size() !== 1) throw new RangeError('not one input');
  const txid = hashText(tx.take(32));
  const vout = tx.u32();
  tx.take(tx.size());
  tx.u32();
  if (tx.size() !== 1) throw new RangeError('not one output');
  const amount = tx.amount();
  tx.take(tx.size());
  return { txid, vout, amount, locktime: tx.u32() };
}

function fromMaps(global, input, output) {
  const number = (map, type) => (map.has(type) ? new Reader(map.get(type)).u32() : 0);
  if (!input.has(INPUT.txid) || !output.has(OUTPUT.amount)) throw new RangeError('PSBT without its pair');
  return {
    txid: hashText(input.get(INPUT.txid)),
    vout: number(input, INPUT.vout),
    amount: new Reader(output.get(OUTPUT.amount)).amount(),
    locktime: number(input, INPUT.heightLock) || number(global, GLOBAL.fallbackLocktime),
  };
}

/**
 * @param {Uint8Array} bytes
 * @returns {SellerPsbt|null} null: not a PSBT of one input and one output
 */
export function readSellerPsbt(bytes) {
  if (!MAGIC.every((byte, i) => bytes[i] === byte)) return null;
  try {
    const reader = new Reader(bytes);
    reader.take(MAGIC.length);
    const global = reader.map();
    const input = reader.map();
    const pair = global.has(GLOBAL.tx) ? fromTx(global.get(GLOBAL.tx)) : fromMaps(global, input, reader.map());
    return { ...pair, signed: SIGNATURES.some((type) => input.has(type)) };
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

const isText = (bytes) => bytes.every((byte) => byte === 9 || byte === 10 || byte === 13 || (byte >= 32 && byte < 127));

/** Base64 or hex of a PSBT, wherever it stands between other things: lines, JSON, a shell's output. */
function fromText(text) {
  return [...text.matchAll(/cHNidP[A-Za-z0-9+/]+=*|70736274ff(?:[0-9a-f]{2})+/gi)].flatMap(([found]) => {
    try {
      return [found.startsWith('70') ? Uint8Array.from(found.match(/../g), (byte) => parseInt(byte, 16)) : fromBase64(found)];
    } catch {
      return [];
    }
  });
}

/**
 * Every PSBT in what a person gave: a file as wallets write it, or any text that holds some.
 * @param {Uint8Array|string} given @returns {Uint8Array[]}
 */
export function findPsbts(given) {
  if (typeof given === 'string') return fromText(given);
  if (MAGIC.every((byte, i) => given[i] === byte)) return [given];
  return isText(given) ? fromText(new TextDecoder().decode(given)) : [];
}
