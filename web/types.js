/**
 * Shapes of the API's answers, as the comments of web/ui name them. For editors and readers: nothing here is served, and
 * since nothing is exported either, the names hold everywhere. What the box really answers is web/api/openapi.
 */

/* ---- lib/api.js ---- */

/**
 * @typedef {Object} Listing
 * @property {number} id
 * @property {'dutch'} kind
 * @property {string} asset
 * @property {string} quantity base units
 * @property {boolean} divisible
 * @property {Amount[]} assets all that is sold; more than one: a bundle
 * @property {{txid: string, vout: number, value_sats: number}} utxo
 * @property {number} start_block
 * @property {number} end_block
 * @property {number} blocks_after_end
 * @property {number} start_price_sats
 * @property {number|null} end_price_sats null: hidden by a reserve
 * @property {number|null} price_decrement null: hidden by a reserve
 * @property {{reached: boolean}|null} reserve
 * @property {boolean} locked
 * @property {'upcoming'|'active'|'sold'|'closed'|'finished'|'expired'} status
 * @property {number|null} price_sats
 * @property {string|null} seller
 * @property {string} created_at
 * @property {{kind: string, block_number: number|null}} reveal
 * @property {string|null} psbt
 * @property {Spend|null} spend
 *
 * @typedef {Object} Amount
 * @property {string} asset
 * @property {string} quantity base units
 * @property {boolean} divisible
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
 *
 * @typedef {Object} Session
 * @property {{id: number, name: string, role: 'owner'|'operator'|'host'|'bidder'|'viewer'}} user
 * @property {string[]} scopes
 * @property {string} csrf
 * @property {string} expires_at
 *
 * @typedef {Object} Setup
 * @property {boolean} claimed
 * @property {string} step where the wizard was left
 * @property {string} language
 * @property {string[]} steps
 *
 * @typedef {Object} NodeTest
 * @property {{ok: boolean, code: string, detail: string}} rpc
 * @property {{topic: string, ok: boolean, detail: string}[]} zmq
 * @property {string[]} missing lines for bitcoin.conf
 * @property {{network: string, height: number, headers: number, pruned: boolean, ibd: boolean, version: number}|null} chain version: 300000 is 30.0.0, 0 untold
 */

/**
 * @typedef {{asked: boolean, memory_mib: number, memory_mib_min: number, disk_mib: number, disk_mib_min: number}} OwnNode
 */

/**
 * @typedef {Object} Setting
 * @property {string} key "node.url"
 * @property {string} group
 * @property {'text'|'path'|'url'|'endpoints'|'origins'|'number'|'switch'|'choice'} type
 * @property {string|number|boolean} [value] a secret has `set` instead
 * @property {boolean} [set]
 * @property {string|number|boolean} [default]
 * @property {number} [min]
 * @property {number} [max]
 * @property {string[]} [choices]
 * @property {string} help
 * @property {'default'|'file'|'stored'|'environment'|'flag'} source
 * @property {boolean} restart takes effect at the next start
 * @property {boolean} secret
 * @property {boolean} forced cannot be changed here
 * @property {boolean} pending differs from what runs
 */

/* ---- lib/api-market.js ---- */

/**
 *
 * @typedef {Object} LotPage
 * @property {Listing[]} items
 * @property {string|null} next_cursor
 *
 * @typedef {Object} Purchase
 * @property {string} psbt base64, the buyer's pair first
 * @property {number} block_number of the seller's half
 * @property {number} price_sats
 * @property {number} receive_sats on the output that takes the asset
 * @property {number} fee_sats
 * @property {number} change_sats
 * @property {number} vsize
 *
 * @typedef {{block_number: number, price_sats: number, psbt_data: string}} Rung
 * @typedef {{at: string, type: string, outcome: string|null, txid: string|null, block: number|null}} LotEvent
 *
 * @typedef {Object} Report of a preflight
 * @property {{pointer: string, code: string, detail: string}[]} problems
 * @property {string[]} warnings
 * @property {{block_number: number, price_sats: number, valid: boolean, listable: boolean, locked: boolean, code: string, detail: string}[]} rungs
 * @property {boolean} listable
 */

/* ---- lib/api-orders.js ---- */

/**
 * @typedef {{round: number, solver_id: string, input: number, min_output: number, deadline_s: number, claimed: boolean}} Commitment
 * @typedef {'pending'|'in_auction'|'committed'|'fulfilled'|'expired'} OrderState
 * @typedef {{id: number, description: string, state: OrderState, created_s: number, updated_s: number, commitment: Commitment|null}} Order
 * @typedef {{solver_id: string, max_input: number, min_output: number, valid_till_s: number, at_s: number}} Bid
 * @typedef {{seq: number, at_s: number, kind: string, json: string, prev_hash: string, hash: string}} LogEntry
 * @typedef {{id: string, registered: boolean, wins: number, failures: number, suspended: boolean, suspended_until_s: number,
 *   cool_until_s: number, available: number, locked: number}} Solver
 */

/* ---- lib/api-oracle.js ---- */

/**
 * @typedef {'filling'|'ok'|'uncertain'|'stale'|'node_behind'} PriceState
 *
 * @typedef {Object} PriceHint dollars beside satoshi
 * @property {number} usd_per_btc
 * @property {number} age_s when it was sent
 * @property {number} time seconds since 1970
 * @property {PriceState} state
 *
 * @typedef {Object} Oracle the price now
 * @property {PriceState} state
 * @property {number} state_since seconds since 1970
 * @property {number|null} price median of the window
 * @property {number|null} spot of this moment
 * @property {{low: number, high: number, coverage: number}|null} interval of spot
 * @property {{low: number, high: number}|null} chart limits of the algorithm's axis
 * @property {number} confidence 0..1
 * @property {number|null} wide price by the wide search
 * @property {number|null} age_s
 * @property {number} filled 0..1
 * @property {Object<string, number>} window
 * @property {BlockPrice} [block]
 * @property {PriceHint|null} price_hint
 * @property {number} server_time_ms
 *
 * @typedef {Object} BlockPrice price of the last `of` blocks
 * @property {'off'|'filling'|'ok'|'short'|'node_behind'} state
 * @property {number|null} price
 * @property {number} confidence
 * @property {number} height
 * @property {number} blocks
 * @property {number} of
 * @property {number} progress 0..1
 * @property {number} time
 *
 * @typedef {{height: number, time: number, price: number}} BlockTip price after that block
 *
 * @typedef {Object} Day
 * @property {string} date
 * @property {number} price
 * @property {number} confidence
 * @property {number} blocks
 * @property {boolean} complete
 */

/* ---- lib/api-admin.js ---- */

/**
 * @typedef {'owner'|'operator'|'host'|'bidder'|'viewer'} Role
 *
 * @typedef {Object} User
 * @property {string} etag of what can be changed
 * @property {string} id
 * @property {string} name
 * @property {Role} role
 * @property {string} created_at
 * @property {string|null} last_login_at
 * @property {boolean} totp
 * @property {boolean} disabled
 *
 * @typedef {Object} Key
 * @property {string} id
 * @property {string} name
 * @property {string[]} scopes
 * @property {boolean} legacy_unlocked
 * @property {string} created_at
 * @property {string|null} expires_at
 * @property {string|null} last_used_at
 * @property {string|null} revoked_at
 * @property {string} [key] its text: once, in the answer to its creation
 *
 * @typedef {{id: number, at: string, kind: string, subject: string, detail: string, hash: string}} AuditRow
 * @typedef {{number: number, at: string, level: string, module: string, text: string}} LogLine
 *
 * @typedef {Object} Webhook
 * @property {string} etag of what can be changed
 * @property {number} id
 * @property {string} name
 * @property {string} url
 * @property {string[]} events
 * @property {string} created_at
 * @property {boolean} enabled
 * @property {string|null} disabled_at
 * @property {string} disabled_reason
 * @property {number} pending
 * @property {number} attempts
 * @property {string} [secret] once, in the answer to its creation
 *
 * @typedef {Object} Delivery
 * @property {number} id
 * @property {string} uuid
 * @property {string} event
 * @property {'pending'|'delivered'} state
 * @property {string} created_at
 * @property {number} attempts
 * @property {string|null} next_at
 * @property {string|null} delivered_at
 * @property {number|null} status
 * @property {string} error
 */

/**
 * @typedef {Object} Backup
 * @property {string} id
 * @property {string} created_at
 * @property {number} bytes
 * @property {boolean} automatic
 * @property {string|null} verified_at
 * @property {boolean|null} verified of the last trial restore
 *
 * @typedef {Object} BackupJob
 * @property {'create'|'verify'|'restore'} work
 * @property {'running'|'done'|'failed'} state
 * @property {string} step
 * @property {number} done
 * @property {number|null} all
 * @property {string|null} id
 * @property {string} [code]
 * @property {string} [error]
 */

/**
 * @typedef {{code: string, error: string}} Refusal
 * @typedef {Object} Update
 * @property {boolean} trusts a release key is pinned in this build
 * @property {{version: string, bytes: number}|null} staged
 * @property {{phase: string, done: number, all: number|null, last: {version: string, confirmed: boolean}|null, failed: Refusal|null, blocked: Refusal|null}|null} here
 */
