/* Any bytes as a transaction for the price oracle: the filter agrees with what it holds, its further
 * inputs are all told, and a window that is fed with it in any order of time, replaced in, evicted from
 * and expired keeps its sums and its order. */
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

static void spend_all(struct gv_oracle_window *window, const struct gv_tx *tx,
                      const struct gv_oracle_tx *judged)
{
    struct gv_tx_inputs inputs = gv_tx_inputs(tx);
    struct gv_oracle_tx part;
    uint64_t told = 0;
    while (gv_oracle_filter_inputs(&part, &inputs)) {
        GV_ASSERT(part.input_count <= GV_ORACLE_INPUTS_MAX);
        told += part.input_count;
        (void)gv_oracle_window_spend(window, &judged->txid, part.input, part.input_count);
    }
    GV_ASSERT(told == tx->input_count);
}

static void check_order(const struct gv_oracle_window *window)
{
    struct gv_oracle_payment payment;
    int64_t newer_ms = INT64_MAX;
    uint32_t n = 0;
    for (uint32_t at = window->newest; gv_oracle_window_next(window, &at, &payment); n++) {
        GV_ASSERT(payment.time_ms <= newer_ms);
        newer_ms = payment.time_ms;
    }
    GV_ASSERT(n == window->counted_count);
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
        const int64_t time_ms = now_ms - (int64_t)(tx.locktime >> 8) % (2 * GV_ORACLE_HOUR_MS);
        const enum gv_oracle_arrival arrival = gv_oracle_window_add(&window, &judged, time_ms);
        GV_ASSERT(arrival == GV_ORACLE_TOO_OLD ||
                  gv_oracle_window_add(&window, &judged, time_ms) == GV_ORACLE_KNOWN);
        spend_all(&window, &tx, &judged);
        check_order(&window);
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
