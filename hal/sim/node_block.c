/* Making blocks: coinbase, merkle root, header with the proof of work of regtest. */
#include "hal/sim/node_parts.h"

#include "firmware/base/assert.h"
#include "firmware/base/crypto.h"

#include <string.h>

#define SUBSIDY_SAT     5000000000u
#define BLOCK_SPACING_S 600
#define REGTEST_BITS    0x207fffffu
#define BLOCK_VERSION   0x20000000u
#define COINBASE_MAX    128u
#define OP_TRUE         0x51u

uint32_t gv_sim_keep_bytes(struct gv_sim_node *node, struct gv_view bytes)
{
    GV_ASSERT(bytes.n <= GV_SIM_BYTES_MAX - node->bytes_n);
    uint32_t at = node->bytes_n;
    memcpy(node->bytes + at, bytes.p, bytes.n);
    node->bytes_n += (uint32_t)bytes.n;
    return at;
}

struct gv_view gv_sim_bytes(const struct gv_sim_node *node, uint32_t at, uint32_t n)
{
    return gv_view_of(node->bytes + at, n);
}

/* ---- coinbase ------------------------------------------------------------------------------- */

/* The height first, as BIP34 wants it; then a number that makes blocks of two branches differ. */
static void write_coinbase_script(struct gv_writer *w, uint32_t height, uint32_t unique)
{
    if (height == 0) {
        gv_write_u8(w, 0);
    } else if (height <= 16) {
        gv_write_u8(w, (uint8_t)(0x50u + height)); /* OP_1 .. OP_16 */
    } else {
        uint8_t bytes[4] = {(uint8_t)height, (uint8_t)(height >> 8), (uint8_t)(height >> 16), 0};
        uint8_t n = height < 0x80u ? 1 : height < 0x8000u ? 2 : height < 0x800000u ? 3 : 4;
        gv_write_u8(w, n);
        gv_write_bytes(w, gv_view_of(bytes, n));
    }
    gv_write_u8(w, 4);
    gv_write_u32le(w, unique);
}

static uint32_t make_coinbase(struct gv_sim_node *node, uint32_t height)
{
    static const uint8_t no_hash[32];
    uint8_t script[16];
    uint8_t raw[COINBASE_MAX];
    struct gv_hash256 txid;
    struct gv_writer s = gv_writer_of(script, sizeof(script));
    struct gv_writer w = gv_writer_of(raw, sizeof(raw));
    write_coinbase_script(&s, height, node->blocks_n);
    gv_write_u32le(&w, 1); /* version */
    gv_write_compact(&w, 1);
    gv_write_bytes(&w, gv_view_of(no_hash, sizeof(no_hash)));
    gv_write_u32le(&w, UINT32_MAX);
    gv_write_var_bytes(&w, gv_written(&s));
    gv_write_u32le(&w, UINT32_MAX); /* sequence */
    gv_write_compact(&w, 1);
    gv_write_u64le(&w, SUBSIDY_SAT);
    gv_write_compact(&w, 1);
    gv_write_u8(&w, OP_TRUE);
    gv_write_u32le(&w, 0); /* lock time */
    GV_ASSERT(!s.full);
    GV_ASSERT(!w.full);

    gv_sha256d_of(&txid, gv_written(&w));
    const struct gv_sim_output output = {.sat = SUBSIDY_SAT, .script = {OP_TRUE}, .script_n = 1};
    struct gv_sim_tx tx = {.raw = gv_written(&w), .makes = &output, .makes_n = 1};
    memcpy(tx.txid, txid.b, sizeof(tx.txid));
    return gv_sim_store_tx(node, &tx, true);
}

/* ---- header --------------------------------------------------------------------------------- */

/* Pairs are hashed until one is left; an odd one out is paired with itself. */
static void merkle_root(const struct gv_sim_node *node, const uint32_t *txs, uint32_t n,
                        uint8_t root[32])
{
    static uint8_t level[GV_SIM_BLOCK_TXS_MAX + 1][32]; /* under the node's lock */
    for (uint32_t i = 0; i < n; i++) {
        memcpy(level[i], node->txs[txs[i]].txid, 32);
    }
    while (n > 1) {
        if (n % 2 == 1) {
            memcpy(level[n], level[n - 1], 32);
            n++;
        }
        for (uint32_t i = 0; i < n; i += 2) {
            struct gv_hash256 hash;
            gv_sha256d_of(&hash, gv_view_of(level[i], 64));
            memcpy(level[i / 2], hash.b, 32);
        }
        n /= 2;
    }
    memcpy(root, level[0], 32);
}

/* Regtest's target is 7fffff followed by zeros: about every second nonce is good. */
static void find_nonce(struct gv_sim_stored_block *block)
{
    for (uint32_t nonce = 0;; nonce++) {
        struct gv_hash256 hash;
        struct gv_writer w = gv_writer_of(block->header + 76, 4);
        gv_write_u32le(&w, nonce);
        gv_sha256d_of(&hash, gv_view_of(block->header, sizeof(block->header)));
        if (hash.b[31] < 0x7f) {
            memcpy(block->hash, hash.b, sizeof(block->hash));
            return;
        }
    }
}

static void make_header(const struct gv_sim_node *node, struct gv_sim_stored_block *block)
{
    static const uint8_t no_hash[32];
    uint8_t root[32];
    struct gv_writer w = gv_writer_of(block->header, sizeof(block->header));
    int64_t time_s = node->start_s + (int64_t)block->height * BLOCK_SPACING_S;
    merkle_root(node, node->block_txs + block->txs_at, block->txs_n, root);
    gv_write_u32le(&w, BLOCK_VERSION);
    gv_write_bytes(
        &w, gv_view_of(block->previous < 0 ? no_hash : node->blocks[block->previous].hash, 32));
    gv_write_bytes(&w, gv_view_of(root, sizeof(root)));
    gv_write_u32le(&w, (uint32_t)time_s);
    gv_write_u32le(&w, REGTEST_BITS);
    gv_write_u32le(&w, 0);
    GV_ASSERT(!w.full);
    find_nonce(block);
}

static void list_tx(struct gv_sim_node *node, struct gv_sim_stored_block *block, uint32_t tx)
{
    GV_ASSERT(node->block_txs_n < sizeof(node->block_txs) / sizeof(node->block_txs[0]));
    node->block_txs[node->block_txs_n++] = tx;
    block->txs_n++;
}

int32_t gv_sim_make_block(struct gv_sim_node *node, int32_t previous, const uint32_t *txs,
                          uint32_t txs_n)
{
    GV_ASSERT(node->blocks_n < GV_SIM_BLOCKS_MAX);
    GV_ASSERT(txs_n < GV_SIM_BLOCK_TXS_MAX);
    struct gv_sim_stored_block *block = &node->blocks[node->blocks_n];
    *block = (struct gv_sim_stored_block){
        .previous = previous,
        .height = previous < 0 ? 0 : node->blocks[previous].height + 1,
        .txs_at = node->block_txs_n,
    };
    list_tx(node, block, make_coinbase(node, block->height));
    for (uint32_t i = 0; i < txs_n; i++) {
        list_tx(node, block, txs[i]);
    }
    make_header(node, block);

    uint8_t count[9];
    struct gv_writer w = gv_writer_of(count, sizeof(count));
    gv_write_compact(&w, block->txs_n);
    block->raw_at = gv_sim_keep_bytes(node, gv_view_of(block->header, sizeof(block->header)));
    (void)gv_sim_keep_bytes(node, gv_written(&w));
    for (uint32_t i = 0; i < block->txs_n; i++) {
        const struct gv_sim_stored_tx *tx = &node->txs[node->block_txs[block->txs_at + i]];
        (void)gv_sim_keep_bytes(node, gv_sim_bytes(node, tx->raw_at, tx->raw_n));
    }
    block->raw_n = node->bytes_n - block->raw_at;
    GV_ASSERT(block->raw_n <= GV_SIM_BLOCK_BYTES_MAX);
    return (int32_t)node->blocks_n++;
}
