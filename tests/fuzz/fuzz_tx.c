/* Any bytes as a transaction: what is accepted must be walkable, measurable, hashable under all
 * three digests, and its evidence must be cuttable. */
#include "app/bitcoin/evidence.h"
#include "app/bitcoin/sighash.h"
#include "app/bitcoin/tx.h"
#include "firmware/base/assert.h"

#define DIGESTS_MAX 4u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void digest(const struct gv_tx *tx, uint32_t index, uint8_t hash_type)
{
    static struct gv_tx_output prevouts[65536];
    struct gv_hash256 hash;
    const struct gv_view script = gv_view_of(tx->raw.p, tx->raw.n < 64 ? tx->raw.n : 64);
    gv_sighash_legacy(&hash, tx, index, script, hash_type);
    gv_sighash_segwit_v0(&hash, tx, index, script, 1000, hash_type);
    if (tx->input_count <= sizeof prevouts / sizeof prevouts[0]) {
        (void)gv_sighash_taproot(&hash, tx, index, prevouts, script, NULL, hash_type);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct gv_tx tx;
    struct gv_tx_input in;
    struct gv_stack stack;
    struct gv_spend_evidence evidence;
    struct gv_hash256 hash;
    if (gv_tx_parse(&tx, gv_view_of(data, size), NULL) != GV_OK) {
        return 0;
    }
    gv_tx_txid(&hash, &tx);
    GV_ASSERT(gv_tx_vsize(&tx) <= size);
    GV_ASSERT(gv_tx_weight(&tx) <= 4 * size);
    struct gv_tx_inputs it = gv_tx_inputs(&tx);
    for (uint32_t i = 0; gv_tx_next_input(&it, &in); i++) {
        if (in.witness.n != 0) {
            GV_ASSERT(gv_stack_parse(&stack, in.witness) == GV_WIRE_OK);
        }
        if (i < DIGESTS_MAX) {
            digest(&tx, i, data[size - 1]);
            gv_evidence_of(&evidence, &tx, i);
        }
    }
    return 0;
}
