/* Any bytes as the CSV of a window: whatever is handed over obeys the filter's bounds, the result
 * does not depend on how the text is cut into pieces, and an estimate over it ends. */
#include "app/oracle/csv.h"
#include "app/oracle/estimate.h"
#include "firmware/base/assert.h"

#define VALUES_MAX 4096u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct sums {
    uint64_t sats;
    uint32_t transactions;
    int64_t last_s;
    struct gv_oracle_values *values;
};

static void add(void *ctx, const struct gv_oracle_csv_tx *row)
{
    struct sums *const s = ctx;
    GV_ASSERT(row->time_s >= s->last_s);
    GV_ASSERT(row->tx.value_count <= GV_ORACLE_OUTPUTS);
    GV_ASSERT(row->tx.input_count <= GV_ORACLE_INPUTS_MAX);
    s->last_s = row->time_s;
    s->transactions++;
    for (uint32_t i = 0; i < row->tx.value_count; i++) {
        s->sats += row->tx.sats[i];
        if (s->values != NULL && s->values->count < VALUES_MAX) {
            gv_oracle_values_put(s->values, s->values->count, row->tx.sats[i]);
        }
    }
}

static enum gv_err read_all(struct sums *sums, const uint8_t *data, size_t size, size_t piece)
{
    struct gv_oracle_csv csv;
    gv_oracle_csv_init(&csv, add, sums);
    for (size_t at = 0; at < size; at += piece) {
        const size_t n = size - at < piece ? size - at : piece;
        const enum gv_err err = gv_oracle_csv_feed(&csv, gv_view_of(data + at, n), NULL);
        if (err != GV_OK) {
            return err;
        }
    }
    return gv_oracle_csv_end(&csv, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct gv_oracle_slot slots[VALUES_MAX];
    static double points[GV_ORACLE_POINTS_PER_VALUE * VALUES_MAX];
    static struct gv_oracle_values values;
    static struct gv_oracle_scratch scratch = {.point = points,
                                               .points_max = sizeof points / sizeof points[0]};
    static struct gv_oracle_estimate estimate;
    struct sums whole = {.values = &values};
    struct sums pieces = {.values = NULL};
    gv_oracle_values_init(&values, slots, VALUES_MAX);
    const enum gv_err err = read_all(&whole, data, size, size + 1);
    GV_ASSERT(read_all(&pieces, data, size, 7) == err);
    GV_ASSERT(whole.sats == pieces.sats);
    GV_ASSERT(whole.transactions == pieces.transactions);
    if (gv_oracle_estimate(&estimate, &values, &scratch, NULL) == GV_OK) {
        GV_ASSERT(estimate.near.points > 0);
        GV_ASSERT(estimate.points_on_axis <= estimate.points);
    }
    return 0;
}
