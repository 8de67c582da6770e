/* Blocks: header, transactions one after the other, merkle root.
 *
 * A view over serialised bytes that does not own them. Transactions are read one at a time, so a
 * block of any content takes constant memory: 32 hashes for the merkle root.
 * Limits: GV_BLOCK_BYTES_MAX bytes. Source: Bitcoin Core primitives/block.h, consensus/merkle.cpp.
 * Thread: any (pure). */
#ifndef GV_APP_BITCOIN_BLOCK_H
#define GV_APP_BITCOIN_BLOCK_H

#include "app/bitcoin/tx.h"

#define GV_BLOCK_HEADER_BYTES 80u

struct gv_block_header {
    struct gv_hash256 hash; /* of the header itself, internal byte order */
    struct gv_hash256 prev;
    struct gv_hash256 merkle_root;
    int32_t version;
    uint32_t time; /* UTC seconds */
    uint32_t bits;
    uint32_t nonce;
};

/** In: raw: exactly 80 bytes (asserted). */
void gv_block_header_parse(struct gv_block_header *out, struct gv_view raw);

struct gv_block {
    struct gv_block_header header;
    uint32_t tx_count;
    struct gv_view txs; /* all transactions, behind their count */
};

/** Judge a whole block: every transaction well formed, nothing left over, first and only the first
 *  a coinbase, merkle root right and not ambiguous (CVE-2012-2459). Proof of work is the node's.
 *  Returns: GV_OK; GV_ERR_INVALID "block.size", "block.truncated", "block.trailing", "block.form",
 *           "block.coinbase", "block.merkle". */
GV_MUST_USE enum gv_err gv_block_parse(struct gv_block *block, struct gv_view raw,
                                       struct gv_fail *fail);

struct gv_block_txs {
    struct gv_reader r;
    uint32_t left;
};

/** Stand before the first transaction of a block that gv_block_parse has accepted. */
struct gv_block_txs gv_block_txs(const struct gv_block *block);
/** Returns: false behind the last transaction. */
bool gv_block_next_tx(struct gv_block_txs *it, struct gv_tx *tx);

/* ---- merkle root ---------------------------------------------------------------------------- */

#define GV_MERKLE_LEVELS 32u

/** Hashes of complete subtrees, one per level: bit i of count tells that level i is held. */
struct gv_merkle {
    struct gv_hash256 level[GV_MERKLE_LEVELS];
    uint32_t count;
    bool ambiguous; /* two equal subtrees side by side: another list has the same root */
};

void gv_merkle_init(struct gv_merkle *merkle);
void gv_merkle_add(struct gv_merkle *merkle, const struct gv_hash256 *leaf);
/** In: at least one leaf was added (asserted). */
void gv_merkle_root(struct gv_hash256 *out, struct gv_merkle *merkle);

#endif
