/* RPC: the calls of Bitcoin Core's JSON-RPC that gavel needs, typed.
 *
 * One gv_rpc per thread; it lends its own buffers. The cookie file is read again on 401. Every call
 * fails closed: an answer that is not exactly what Bitcoin Core documents is GV_ERR_UNAVAILABLE with
 * code "node.*", never a default. Limits: answers of small calls GV_RPC_SMALL_MAX bytes.
 * Set-up also asks getnetworkinfo, and goes without. Every answer is a beat of the thread (firmware/base/beat.h).
 * A user with rpcwhitelist needs: getblock, getblockchaininfo, getblockhash, getblockheader,
 * getmempoolinfo, getrawtransaction, gettxout, gettxspendingprevout, getzmqnotifications (the last
 * only when the ZMQ endpoints are not configured); with the price oracle also getrawmempool and
 * getmempoolentry.
 * Thread: the owner of the gv_rpc. Source: Bitcoin Core RPC documentation, v24 to v31. */
#ifndef GV_APP_NODE_RPC_H
#define GV_APP_NODE_RPC_H

#include "app/bitcoin/address.h"
#include "app/bitcoin/tx_types.h"
#include "firmware/base/json.h"
#include "firmware/base/time.h"
#include "hal/iface/clock.h"
#include "hal/iface/http.h"

#define GV_RPC_SMALL_MAX 65536u
#define GV_RPC_BATCH_MAX 100u

struct gv_rpc_config {
    char url[256];         /* http://127.0.0.1:8332 */
    char cookie_file[256]; /* "" when user_pass is given */
    char user_pass[256];   /* a secret */
    uint32_t connect_timeout_ms;
    uint32_t timeout_ms;
    const struct gv_clock *clock; /* kept; NULL: how long calls take is not counted */
    /* Reads a small text file and terminates it (boot wires the file system in); not called when
     * user_pass is given. */
    enum gv_err (*read_cookie)(void *ctx, const char *path, char *out, size_t cap);
    void *read_cookie_ctx;
};

struct gv_rpc {
    struct gv_http *http;
    const struct gv_rpc_config *config;
    char credentials[256]; /* a secret */
    int64_t id;            /* of the newest request; the answer must carry it */
    char answer[GV_RPC_SMALL_MAX + GV_JSON_PADDING];
    char request[GV_RPC_BATCH_MAX * 128u + 512u];
    _Alignas(16) uint8_t arena[GV_RPC_SMALL_MAX * 4u];
};

/** Keeps both pointers. No request is made. */
void gv_rpc_init(struct gv_rpc *rpc, struct gv_http *http, const struct gv_rpc_config *config);

struct gv_rpc_chain {
    char chain[16]; /* "main", "test", "signet", "regtest" */
    uint32_t blocks, headers, prune_height;
    struct gv_hash256 best_hash;
    struct gv_utc time;
    bool initial_download, pruned;
    double verification_progress;
};
/* Common results: GV_OK; GV_ERR_UNAVAILABLE (refused, 5xx, nonsense, "node.warming_up");
 * GV_ERR_TIMEOUT; GV_ERR_UNAUTHORIZED ("node.unauthorized", "node.forbidden"); GV_ERR_NOT_FOUND
 * where said. All fill fail. */
GV_MUST_USE enum gv_err gv_rpc_blockchain(struct gv_rpc *rpc, struct gv_rpc_chain *chain,
                                          struct gv_fail *fail);

/** The node's version as a number (270000 is 27.0): getnetworkinfo. */
GV_MUST_USE enum gv_err gv_rpc_version(struct gv_rpc *rpc, int64_t *version, struct gv_fail *fail);

struct gv_rpc_txout {
    bool found; /* false: spent or never existed, not told apart */
    uint64_t value_sat;
    struct gv_spk spk;
    bool spk_fits;
    char address[GV_ADDRESS_MAX]; /* "" when the script has none */
    uint32_t confirmations;
    bool coinbase;
    struct gv_hash256 best_hash;
};
GV_MUST_USE enum gv_err gv_rpc_txout(struct gv_rpc *rpc, const struct gv_outpoint *outpoint,
                                     bool include_mempool, struct gv_rpc_txout *txout,
                                     struct gv_fail *fail);

/** Mempool spenders of up to GV_RPC_BATCH_MAX outpoints, in one call. A confirmed spender, which
 *  nodes from v31 on tell when they keep -txospenderindex, counts as none. Outpoints that no
 *  transaction can have count as unspent.
 *  Out: spent[i], txids[i] (only when spent[i]). */
GV_MUST_USE enum gv_err gv_rpc_spenders(struct gv_rpc *rpc, const struct gv_outpoint *outpoints,
                                        uint32_t count, bool *spent, struct gv_hash256 *txids,
                                        struct gv_fail *fail);

/** Hash of the active chain's block. Returns also: GV_ERR_NOT_FOUND (above the tip). */
GV_MUST_USE enum gv_err gv_rpc_block_hash(struct gv_rpc *rpc, uint32_t height,
                                          struct gv_hash256 *hash, struct gv_fail *fail);
/** The serialized block, decoded from hex while it arrives.
 *  Returns also: GV_ERR_NOT_FOUND "node.block_missing" (pruned, or unknown); GV_ERR_TOO_LARGE. */
GV_MUST_USE enum gv_err gv_rpc_block(struct gv_rpc *rpc, const struct gv_hash256 *hash,
                                     uint8_t *block, size_t cap, size_t *len, struct gv_fail *fail);
/** A mempool transaction. Returns also: GV_ERR_NOT_FOUND; GV_ERR_TOO_LARGE. */
GV_MUST_USE enum gv_err gv_rpc_mempool_tx(struct gv_rpc *rpc, const struct gv_hash256 *txid,
                                          uint8_t *tx, size_t cap, size_t *len,
                                          struct gv_fail *fail);
/** Header of any known block (never pruned). Out: prev: zero for the first block.
 *  Returns also: GV_ERR_NOT_FOUND. */
GV_MUST_USE enum gv_err gv_rpc_header(struct gv_rpc *rpc, const struct gv_hash256 *hash,
                                      struct gv_hash256 *prev, struct gv_utc *time,
                                      uint32_t *height, struct gv_fail *fail);
/** First endpoint of a ZMQ topic ("pubrawtx") as getzmqnotifications lists it; "" when it is not
 *  published or does not fit. */
GV_MUST_USE enum gv_err gv_rpc_zmq_endpoint(struct gv_rpc *rpc, const char *topic, char *endpoint,
                                            size_t cap, struct gv_fail *fail);

/** Txids of the mempool, decoded while they arrive; of a larger one the first `cap`, which are those
 *  that pay best. Out: txids, count. */
GV_MUST_USE enum gv_err gv_rpc_mempool_txids(struct gv_rpc *rpc, struct gv_hash256 *txids,
                                             uint32_t cap, uint32_t *count, struct gv_fail *fail);
/** When a transaction entered the mempool. Returns also: GV_ERR_NOT_FOUND. */
GV_MUST_USE enum gv_err gv_rpc_mempool_time(struct gv_rpc *rpc, const struct gv_hash256 *txid,
                                            struct gv_utc *entered, struct gv_fail *fail);

struct gv_rpc_mempool {
    bool loaded; /* false while the node still reads mempool.dat: a missing spend means nothing */
    int64_t count;
};
GV_MUST_USE enum gv_err gv_rpc_mempool(struct gv_rpc *rpc, struct gv_rpc_mempool *mempool,
                                       struct gv_fail *fail);

#endif
