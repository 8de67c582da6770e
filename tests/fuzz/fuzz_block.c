/* Any bytes as a block. A random merkle root never fits, so the root that the transactions have is
 * put in first: everything behind that check is reached, too. */
#include "app/bitcoin/block.h"
#include "firmware/base/assert.h"

#define BLOCK_MAX 65536u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Root of as many transactions as can be read. */
static bool real_root(struct gv_hash256 *root, struct gv_view txs)
{
    struct gv_merkle merkle;
    struct gv_reader r = gv_reader_of(txs);
    struct gv_tx tx;
    struct gv_hash256 hash;
    gv_merkle_init(&merkle);
    while (r.left != 0 && gv_tx_read(&tx, &r, GV_TX_NETWORK) == GV_WIRE_OK) {
        gv_tx_txid(&hash, &tx);
        gv_merkle_add(&merkle, &hash);
    }
    if (merkle.count == 0) {
        return false;
    }
    gv_merkle_root(root, &merkle);
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t bytes[BLOCK_MAX];
    struct gv_block block;
    struct gv_hash256 root;
    struct gv_tx tx;
    if (size > sizeof bytes || size <= GV_BLOCK_HEADER_BYTES + 1) {
        (void)gv_block_parse(&block, gv_view_of(data, size), NULL);
        return 0;
    }
    memcpy(bytes, data, size);
    const size_t txs_at = GV_BLOCK_HEADER_BYTES + 1;
    if (real_root(&root, gv_view_of(bytes + txs_at, size - txs_at))) {
        memcpy(bytes + 36, root.b, sizeof root.b);
    }
    if (gv_block_parse(&block, gv_view_of(bytes, size), NULL) != GV_OK) {
        return 0;
    }
    uint32_t count = 0;
    struct gv_block_txs it = gv_block_txs(&block);
    while (gv_block_next_tx(&it, &tx)) {
        count++;
    }
    GV_ASSERT(count == block.tx_count);
    return 0;
}
