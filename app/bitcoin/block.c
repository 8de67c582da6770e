#include "app/bitcoin/block.h"

#include "firmware/base/assert.h"

/* The smallest transaction: version, no inputs, no outputs, lock time. */
#define TX_BYTES_MIN 10u

void gv_block_header_parse(struct gv_block_header *out, struct gv_view raw)
{
    GV_ASSERT(raw.n == GV_BLOCK_HEADER_BYTES);
    struct gv_reader r = gv_reader_of(raw);
    const uint32_t version = gv_read_u32le(&r);
    memcpy(&out->version, &version, sizeof out->version);
    memcpy(out->prev.b, gv_read_bytes(&r, 32).p, 32);
    memcpy(out->merkle_root.b, gv_read_bytes(&r, 32).p, 32);
    out->time = gv_read_u32le(&r);
    out->bits = gv_read_u32le(&r);
    out->nonce = gv_read_u32le(&r);
    gv_sha256d_of(&out->hash, raw);
}

/* ---- merkle root ---------------------------------------------------------------------------- */

void gv_merkle_init(struct gv_merkle *merkle)
{
    merkle->count = 0;
    merkle->ambiguous = false;
}

static void merge(struct gv_hash256 *right, const struct gv_hash256 *left)
{
    struct gv_sha256 ctx;
    gv_sha256_init(&ctx);
    gv_sha256_add(&ctx, gv_view_of(left->b, sizeof left->b));
    gv_sha256_add(&ctx, gv_view_of(right->b, sizeof right->b));
    gv_sha256d_finish(&ctx, right);
}

void gv_merkle_add(struct gv_merkle *merkle, const struct gv_hash256 *leaf)
{
    struct gv_hash256 node = *leaf;
    uint32_t level = 0;
    while ((merkle->count >> level & 1u) != 0) {
        merkle->ambiguous = merkle->ambiguous || gv_hash256_equal(&node, &merkle->level[level]);
        merge(&node, &merkle->level[level]);
        level++;
    }
    merkle->level[level] = node;
    merkle->count++;
    GV_ASSERT(merkle->count != 0);
}

/* A level with an odd number of nodes pairs its last node with itself, up to the root. */
void gv_merkle_root(struct gv_hash256 *out, struct gv_merkle *merkle)
{
    GV_ASSERT(merkle->count != 0);
    uint32_t level = 0;
    while ((merkle->count >> level & 1u) == 0) {
        level++;
    }
    struct gv_hash256 node = merkle->level[level];
    uint32_t rest = merkle->count >> level;
    while (rest > 1) {
        /* node is the last of an odd row */
        merge(&node, &node);
        rest = (rest + 1) >> 1;
        level++;
        while (rest > 1 && (rest & 1u) == 0) {
            merge(&node, &merkle->level[level]);
            rest >>= 1;
            level++;
        }
    }
    *out = node;
}

/* ---- the block ------------------------------------------------------------------------------ */

static enum gv_err wire_fail(struct gv_fail *fail, enum gv_wire wire)
{
    switch (wire) {
    case GV_WIRE_OK:
        return GV_OK;
    case GV_WIRE_TRUNCATED:
        return gv_fail(fail, GV_ERR_INVALID, "block.truncated", "block: %s", gv_wire_text(wire));
    case GV_WIRE_SIZE:
        return gv_fail(fail, GV_ERR_INVALID, "block.size", "block: %s", gv_wire_text(wire));
    case GV_WIRE_TRAILING:
        return gv_fail(fail, GV_ERR_INVALID, "block.trailing", "block: %s", gv_wire_text(wire));
    case GV_WIRE_FORM:
        break;
    }
    return gv_fail(fail, GV_ERR_INVALID, "block.form", "block: %s", gv_wire_text(wire));
}

static enum gv_err check_txs(struct gv_block *block, struct gv_reader *r, struct gv_fail *fail)
{
    struct gv_merkle merkle;
    struct gv_hash256 hash;
    struct gv_tx tx;
    gv_merkle_init(&merkle);
    for (uint32_t i = 0; i < block->tx_count; i++) {
        const enum gv_wire wire = gv_tx_read(&tx, r, GV_TX_NETWORK);
        if (wire != GV_WIRE_OK) {
            return wire_fail(fail, wire);
        }
        if (gv_tx_is_coinbase(&tx) != (i == 0)) {
            return gv_fail(fail, GV_ERR_INVALID, "block.coinbase",
                           "the first transaction, and no other, must be a coinbase");
        }
        gv_tx_txid(&hash, &tx);
        gv_merkle_add(&merkle, &hash);
    }
    if (block->tx_count == 0) {
        return gv_fail(fail, GV_ERR_INVALID, "block.coinbase", "the block has no transaction");
    }
    gv_merkle_root(&hash, &merkle);
    if (merkle.ambiguous || !gv_hash256_equal(&hash, &block->header.merkle_root)) {
        return gv_fail(fail, GV_ERR_INVALID, "block.merkle",
                       "the transactions do not have the merkle root of the header");
    }
    return GV_OK;
}

enum gv_err gv_block_parse(struct gv_block *block, struct gv_view raw, struct gv_fail *fail)
{
    if (raw.n > GV_BLOCK_BYTES_MAX) {
        return wire_fail(fail, GV_WIRE_SIZE);
    }
    if (raw.n < GV_BLOCK_HEADER_BYTES) {
        return wire_fail(fail, GV_WIRE_TRUNCATED);
    }
    struct gv_reader r = gv_reader_of(raw);
    gv_block_header_parse(&block->header, gv_read_bytes(&r, GV_BLOCK_HEADER_BYTES));
    const enum gv_wire wire = gv_wire_count(&r, &block->tx_count, TX_BYTES_MIN);
    if (wire != GV_WIRE_OK) {
        return wire_fail(fail, wire);
    }
    block->txs = gv_view_of(r.p, r.left);
    const enum gv_err err = check_txs(block, &r, fail);
    if (err != GV_OK) {
        return err;
    }
    return r.left == 0 ? GV_OK : wire_fail(fail, GV_WIRE_TRAILING);
}

struct gv_block_txs gv_block_txs(const struct gv_block *block)
{
    return (struct gv_block_txs){.r = gv_reader_of(block->txs), .left = block->tx_count};
}

bool gv_block_next_tx(struct gv_block_txs *it, struct gv_tx *tx)
{
    if (it->left == 0) {
        return false;
    }
    it->left--;
    const enum gv_wire wire = gv_tx_read(tx, &it->r, GV_TX_NETWORK);
    GV_ASSERT(wire == GV_WIRE_OK);
    return true;
}
