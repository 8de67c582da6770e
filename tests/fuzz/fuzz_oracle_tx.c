/* Any bytes as a transaction for the price oracle: the filter agrees with what it holds, and a window
 * that is fed with it, replaced in, evicted from and expired keeps its sums. */
#include "app/oracle/window.h"
#include "firmware/base/assert.h"

#define TX_MAX 64u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct gv_oracle_tx *tx)
{
    GV_ASSERT(tx->input_count <= GV_ORACLE_INPUTS_MAX);
    GV_ASSERT(tx->value_count <= GV_ORACLE_OUTPUTS);
    GV_ASSERT(tx->broken == 0 || tx->value_count == 0);
    for (uint32_t i = 0; i < tx->value_count; i++) {
        double point[GV_ORACLE_AMOUNTS];
        GV_ASSERT(tx->sats[i] > GV_ORACLE_SAT_ABOVE);
        GV_ASSERT(tx->sats[i] < GV_ORACLE_SAT_BELOW);
        GV_ASSERT(gv_oracle_points_of(point, tx->sats[i], 100000) <= GV_ORACLE_AMOUNTS);
    }
}

/* Many transactions behind one another: each is announced, some are evicted, time goes on. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static _Alignas(16) uint8_t memory[GV_ORACLE_WINDOW_BYTES(TX_MAX)];
    static struct gv_oracle_window window;
    static struct gv_oracle_estimate estimate;
    struct gv_reader r = gv_reader_of(gv_view_of(data, size));
    struct gv_oracle_tx judged;
    struct gv_tx tx;
    int64_t now_ms = 0;
    gv_oracle_window_init(&window, memory, sizeof memory, TX_MAX, GV_ORACLE_HOUR_MS, 1);
    while (r.left > 0 && gv_tx_read(&tx, &r, GV_TX_NETWORK) == GV_WIRE_OK) {
        gv_oracle_filter(&judged, &tx);
        check(&judged);
        now_ms += (int64_t)(tx.locktime % 1000000u);
        (void)gv_oracle_window_add(&window, &judged, now_ms);
        GV_ASSERT(gv_oracle_window_add(&window, &judged, now_ms) == GV_ORACLE_KNOWN);
        if (tx.version % 3 == 0) {
            (void)gv_oracle_window_evict(&window, &judged.txid);
        }
        GV_ASSERT(window.tx_count <= TX_MAX);
        GV_ASSERT(window.values.count <= 2u * window.counted_count);
    }
    if (gv_oracle_window_estimate(&window, &estimate, NULL) == GV_OK) {
        GV_ASSERT(estimate.near.price > 0.0);
    }
    gv_oracle_window_expire(&window, now_ms + GV_ORACLE_HOUR_MS);
    GV_ASSERT(window.tx_count == 0);
    GV_ASSERT(window.values.count == 0);
    GV_ASSERT(window.input_count == 0);
    return 0;
}
