/**
 * What a seller plans, as typed and as the box takes it; and which upload belongs to which step of it.
 *
 * @typedef {Object<string, string>} Plan fields of the form, as they were typed
 * @typedef {{block: number, price: number, psbt: string, signed: boolean}} Placed
 */
import { decrementOf, priceAt } from './lots.js';
import { findPsbts, readSellerPsbt, toBase64 } from './psbt.js';

const OUTPOINT = /^\s*([0-9a-f]{64}):(\d{1,10})\s*$/i;
const NUMBERS = ['start_block', 'end_block', 'start_price_sats', 'end_price_sats', 'blocks_after_end'];
export const RUNGS_MAX = 2016;

/** @param {string} text @returns {number} NaN when it is not a whole number */
export const wholeNumber = (text) => (/^\s*\d{1,16}\s*$/.test(text ?? '') ? Number(text) : NaN);

/** @param {string} text @returns {{txid: string, vout: number}|null} */
export function readOutpoint(text) {
  const [, txid, vout] = OUTPOINT.exec(text ?? '') ?? [];
  return txid ? { txid: txid.toLowerCase(), vout: Number(vout) } : null;
}

/** @param {string} text @returns {string|null} as JSON writes it; null when it is no quantity */
export function readQuantity(text) {
  const plain = (text ?? '').trim().replace(',', '.');
  return /^(0|[1-9]\d{0,18})(\.\d{1,8})?$/.test(plain) && /[1-9]/.test(plain) ? plain : null;
}

/** The numbers of a ladder that can be drawn, or null. @param {Plan} plan */
export function ladderOf(plan) {
  const numbers = Object.fromEntries(NUMBERS.map((name) => [name, wholeNumber(plan[name])]));
  const { start_block: start, end_block: end, start_price_sats: top, end_price_sats: low } = numbers;
  const drawable = start > 0 && end >= start && end - start < RUNGS_MAX && low > 0 && top >= low;
  return drawable ? { ...numbers, price_decrement: decrementOf(numbers), status: 'upcoming', price_sats: null, spend: null } : null;
}

/** Body for the ladder route. @param {Plan} plan */
export function ladderRequest(plan) {
  const { txid, vout } = readOutpoint(plan.utxo);
  const { start_block, end_block, start_price_sats, end_price_sats } = ladderOf(plan);
  return { utxo_txid: txid, utxo_vout: vout, start_block, end_block, start_price_sats, end_price_sats, payout_address: plan.payout_address.trim() };
}

/** Body for check and listing. @param {Plan} plan @param {number} decrement as the box made it @param {Map<number, Placed>} placed */
export function offerOf(plan, decrement, placed) {
  const { payout_address: _, ...terms } = ladderRequest(plan);
  return {
    asset_name: plan.asset_name.trim(),
    asset_qty: readQuantity(plan.asset_qty),
    ...terms,
    blocks_after_end: wholeNumber(plan.blocks_after_end),
    price_decrement: decrement,
    psbts: [...placed.values()].sort((a, b) => a.block - b.block).map(({ block, price, psbt }) => ({ block_number: block, price_sats: price, psbt_data: psbt })),
  };
}

/** The step a PSBT is for: the block it is locked to, else the only step of its price. */
function blockFor(lot, { locktime, amount }) {
  if (locktime >= lot.start_block && locktime <= lot.end_block) return locktime;
  if (locktime !== 0) return null;
  const steps = [];
  for (let block = lot.start_block; block <= lot.end_block; block++) if (priceAt(lot, block) === amount) steps.push(block);
  return steps.length === 1 ? steps[0] : null;
}

/**
 * Sort what a person gave to the steps of the ladder. A later PSBT for the same step takes the place of an earlier one.
 * @param {(Uint8Array|string)[]} given files or text @param {Plan} plan @param {Map<number, Placed>} placed filled
 * @returns {{none: number, unreadable: number, otherOutput: number, noStep: number}} what could not be used: files without a PSBT, PSBTs
 */
export function place(given, plan, placed) {
  const lot = ladderOf(plan);
  const { txid, vout } = readOutpoint(plan.utxo);
  const left = { none: 0, unreadable: 0, otherOutput: 0, noStep: 0 };
  for (const item of given) {
    const found = findPsbts(item);
    if (found.length === 0) left.none += 1;
    for (const bytes of found) {
      const psbt = readSellerPsbt(bytes);
      const block = psbt && blockFor(lot, psbt);
      if (!psbt) left.unreadable += 1;
      else if (psbt.txid !== txid || psbt.vout !== vout) left.otherOutput += 1;
      else if (block === null) left.noStep += 1;
      else placed.set(block, { block, price: priceAt(lot, block), psbt: toBase64(bytes), signed: psbt.signed });
    }
  }
  return left;
}

/** For a shell beside Bitcoin Core: every line is signed by the wallet of the node, and its PSBT kept. @param {string} from @param {string} to files */
export const coreCommand = (from, to) =>
  `while read -r psbt; do bitcoin-cli walletprocesspsbt "$psbt" true "SINGLE|ANYONECANPAY" | sed -n 's/.*"psbt": "\\([^"]*\\)".*/\\1/p'; done < ${from} > ${to}`;
