/**
 * Every HTTP call of the page, declared once.
 * @module
 *
 * @typedef {Object} Listing
 * @property {number} id
 * @property {string} asset
 * @property {string} quantity base units
 * @property {boolean} divisible
 * @property {{txid: string, vout: number, value_sats: number}} utxo
 * @property {number} start_block
 * @property {number} end_block
 * @property {number} blocks_after_end
 * @property {number} start_price_sats
 * @property {number} end_price_sats
 * @property {number} price_decrement
 * @property {boolean} locked
 * @property {'upcoming'|'active'|'sold'|'closed'|'finished'|'expired'} status
 * @property {number|null} price_sats
 * @property {string|null} seller
 * @property {string} created_at
 * @property {{kind: string, block_number: number|null}} reveal
 * @property {string|null} psbt
 * @property {Spend|null} spend
 *
 * @typedef {Object} Spend
 * @property {'pending'|'confirmed'|'unknown'} state
 * @property {string|null} txid
 * @property {number|null} block
 * @property {number|null} price_sats
 * @property {number|null} rung block number of the PSBT that was used
 * @property {string|null} recipient
 * @property {boolean} asset_returned
 * @property {number} confirmations
 *
 * @typedef {Object} NodeState
 * @property {number} height
 * @property {number} headers
 * @property {boolean} live
 * @property {boolean} reachable
 * @property {boolean} initial_download
 * @property {boolean} pruned
 * @property {string} network
 * @property {string} tip_time
 * @property {number|null} mempool_txs
 * @property {number} verification_progress
 * @property {string|null} error
 * @property {{enabled: boolean, alive: boolean}} feed
 * @property {{reachable: boolean, ready: boolean, height: number}} indexer
 */

/** @param {string} path @returns {Promise<any>} */
async function get(path) {
  const answer = await fetch(path, { headers: { Accept: 'application/json' }, cache: 'no-cache' });
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return answer.json();
}

/** @returns {Promise<{items: Listing[], sequence: number}>} */
export const listListings = () => get('/api/v1/dutch');

/** @returns {Promise<NodeState>} */
export const readNode = () => get('/api/v1/node');

/** @returns {Promise<any>} the price now, see /api/v1/oracle */
export const readOracle = () => get('/api/v1/oracle');
