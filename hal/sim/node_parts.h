/* What the files of the scripted node share. Everything here expects the lock to be held. */
#ifndef GV_HAL_SIM_NODE_PARTS_H
#define GV_HAL_SIM_NODE_PARTS_H

#include "firmware/base/json.h"
#include "hal/sim/node.h"

/* ---- node_block.c: making blocks ------------------------------------------------------------ */

/** Keep bytes for ever. Returns: their place in node->bytes. */
uint32_t gv_sim_keep_bytes(struct gv_sim_node *node, struct gv_view bytes);
struct gv_view gv_sim_bytes(const struct gv_sim_node *node, uint32_t at, uint32_t n);

/** Append a block on `previous` (-1: genesis) holding a new coinbase and then these transactions.
 *  It is not active yet. Returns: its index. */
int32_t gv_sim_make_block(struct gv_sim_node *node, int32_t previous, const uint32_t *txs,
                          uint32_t txs_n);

/* ---- node_chain.c: looking things up -------------------------------------------------------- */

/** Index, or -1. */
int32_t gv_sim_find_tx(const struct gv_sim_node *node, const uint8_t txid[32]);
int32_t gv_sim_find_block(const struct gv_sim_node *node, const uint8_t hash[32]);
int32_t gv_sim_block_at(const struct gv_sim_node *node, uint32_t height);
/** The transaction that spends an outpoint, in the active chain or in the mempool; -1: none. */
int32_t gv_sim_spender(const struct gv_sim_node *node, const struct gv_sim_outpoint *outpoint,
                       bool in_mempool);
/** In: tx: index. */
bool gv_sim_block_has(const struct gv_sim_node *node, const struct gv_sim_stored_block *block,
                      uint32_t tx);

/** Store a transaction that is not stored yet. Returns: its index. */
uint32_t gv_sim_store_tx(struct gv_sim_node *node, const struct gv_sim_tx *tx, bool is_coinbase);

static inline const struct gv_sim_stored_block *gv_sim_tip(const struct gv_sim_node *node)
{
    return &node->blocks[node->tip];
}

/* ---- node_feed.c ---------------------------------------------------------------------------- */

void gv_sim_publish_tx(struct gv_sim_node *node, uint32_t tx);
void gv_sim_publish_block(struct gv_sim_node *node, uint32_t block);
/** sequence: 'A' or 'R' with the mempool sequence, which moves on; 'C' or 'D' without. */
void gv_sim_publish_sequence(struct gv_sim_node *node, const uint8_t hash[32], char what);

/* ---- node_methods.c ------------------------------------------------------------------------- */

/** One call. On an error nothing that was written counts.
 *  Returns: 0, or the JSON-RPC error code with its text in *message. */
int gv_sim_call(struct gv_sim_node *node, struct gv_view method, gv_json_ref params,
                struct gv_json_out *out, const char **message);

#endif
