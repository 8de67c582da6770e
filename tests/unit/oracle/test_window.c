/* The rolling window: against the recorded stream of six hours, against a model that is obviously
 * right, and for a simulated day of everything a mempool does. */
#include "tests/unit/oracle/cases.h"

#include "app/oracle/window.h"
#include "tests/unit/bitcoin/cmocka_include.h"

#include <stdlib.h>

#define BIG_TX_MAX   65536u
#define SMALL_TX_MAX 64u
#define SECOND_MS    1000

static _Alignas(16) uint8_t big_memory[GV_ORACLE_WINDOW_BYTES(BIG_TX_MAX)];
static _Alignas(16) uint8_t small_memory[GV_ORACLE_WINDOW_BYTES(SMALL_TX_MAX)];
static struct gv_oracle_window window;
static struct gv_oracle_estimate estimate;

static void start(uint32_t tx_max)
{
    const bool big = tx_max == BIG_TX_MAX;
    gv_oracle_window_init(&window, big ? big_memory : small_memory,
                          big ? sizeof big_memory : sizeof small_memory, tx_max,
                          GV_ORACLE_WINDOW_MS, 0x1234567890abcdefu);
}

/* ---- the recorded stream -------------------------------------------------------------------------- */

struct stream {
    gv_json_ref evaluation[32];
    uint32_t evaluations;
    uint32_t next;
};

static void evaluate(const struct stream *stream)
{
    gv_json_ref expected = stream->evaluation[stream->next];
    struct gv_fail fail;
    gv_oracle_window_expire(&window, cases_int(expected, "at") * SECOND_MS);
    if (gv_oracle_window_estimate(&window, &estimate, &fail) != GV_OK) {
        fail_msg("%s", fail.text);
    }
    assert_int_equal(window.tx_count, cases_int(expected, "window_transactions"));
    assert_int_equal(window.counted_count, cases_int(expected, "passing_transactions"));
    assert_int_equal(estimate.outputs, cases_int(expected, "filtered_outputs"));
    assert_int_equal(estimate.slide.rough_usd, cases_int(expected, "rough_price"));
    assert_int_equal(estimate.slide.best, cases_int(expected, "best_slide"));
    assert_int_equal(estimate.slide.neighbour, cases_int(expected, "best_neighbor"));
    assert_int_equal(estimate.points, cases_int(expected, "price_points"));
    assert_same_bits(estimate.near.price, cases_double(expected, "central_price"));
}

static void flow(void *ctx, const struct gv_oracle_csv_tx *row)
{
    struct stream *const stream = ctx;
    while (stream->next < stream->evaluations &&
           row->time_s > cases_int(stream->evaluation[stream->next], "at")) {
        evaluate(stream);
        stream->next++;
    }
    assert_true(gv_oracle_window_add(&window, &row->tx, row->time_s * SECOND_MS) !=
                GV_ORACLE_KNOWN);
    /* The block that takes it in announces it again. */
    assert_int_equal(gv_oracle_window_add(&window, &row->tx, row->time_s * SECOND_MS),
                     GV_ORACLE_KNOWN);
}

static void stream_of_6_hours_gives_the_reference_results(void **state)
{
    (void)state;
    struct stream stream = {.evaluations = 0};
    struct gv_json_iter it;
    gv_json_ref list = gv_json_get(vectors_json("oracle/roll6h-98000.json"), "evaluations");
    for (gv_json_ref e = gv_json_first(&it, list); e != NULL; e = gv_json_next(&it)) {
        assert_true(stream.evaluations < 32);
        stream.evaluation[stream.evaluations++] = e;
    }
    start(BIG_TX_MAX);
    cases_read("roll6h-98000", flow, &stream);
    while (stream.next < stream.evaluations) {
        evaluate(&stream);
        stream.next++;
    }
    assert_int_equal(stream.next, 24);
    assert_int_equal(window.stats.displaced, 0);
}

/* ---- single rules ---------------------------------------------------------------------------------- */

/* Transaction `id` of two payments that spends output `spent` of transaction `parent`. */
static struct gv_oracle_tx payment(uint32_t id, uint32_t parent, uint32_t spent)
{
    struct gv_oracle_tx tx = {.value_count = 2, .input_count = 1};
    tx.sats[0] = 100001 + 17 * (uint64_t)id;
    tx.sats[1] = 5000001 + 1001 * (uint64_t)id;
    gv_sha256_of(&tx.txid, gv_view_of(&id, sizeof id));
    gv_sha256_of(&tx.input[0].txid, gv_view_of(&parent, sizeof parent));
    tx.input[0].vout = spent;
    return tx;
}

#define OUTSIDE 1000000u /* parents from here on are never in the window */

static enum gv_oracle_arrival add(uint32_t id, uint32_t parent, uint32_t spent, int64_t time_ms)
{
    const struct gv_oracle_tx tx = payment(id, parent, spent);
    return gv_oracle_window_add(&window, &tx, time_ms);
}

static bool has(uint32_t id)
{
    const struct gv_oracle_tx tx = payment(id, 0, 0);
    return gv_oracle_window_has(&window, &tx.txid);
}

static bool evict(uint32_t id)
{
    const struct gv_oracle_tx tx = payment(id, 0, 0);
    return gv_oracle_window_evict(&window, &tx.txid);
}

static void a_transaction_counts_from_its_arrival_until_exactly_the_length_later(void **state)
{
    (void)state;
    start(SMALL_TX_MAX);
    assert_int_equal(add(1, OUTSIDE, 1, 5000), GV_ORACLE_COUNTED);
    gv_oracle_window_expire(&window, 5000 + GV_ORACLE_WINDOW_MS - 1);
    assert_int_equal(window.values.count, 2);
    gv_oracle_window_expire(&window, 5000 + GV_ORACLE_WINDOW_MS);
    assert_int_equal(window.values.count, 0);
    assert_false(has(1));
    assert_int_equal(add(2, OUTSIDE, 2, 5000), GV_ORACLE_TOO_OLD);
}

static void a_child_fails_only_while_its_parent_is_in_the_window(void **state)
{
    (void)state;
    start(SMALL_TX_MAX);
    assert_int_equal(add(1, OUTSIDE, 1, 1000), GV_ORACLE_COUNTED);
    assert_int_equal(add(2, 1, 0, 2000), GV_ORACLE_HAS_PARENT);
    assert_int_equal(add(3, 2, 0, 3000), GV_ORACLE_HAS_PARENT);
    assert_int_equal(add(4, 1, 1, 1000 + GV_ORACLE_WINDOW_MS), GV_ORACLE_COUNTED);
    assert_int_equal(add(5, 2, 1, 1999 + GV_ORACLE_WINDOW_MS), GV_ORACLE_HAS_PARENT);
}

static void a_transaction_that_breaks_a_rule_is_still_a_parent(void **state)
{
    (void)state;
    start(SMALL_TX_MAX);
    struct gv_oracle_tx tx = payment(1, OUTSIDE, 1);
    tx.broken = GV_ORACLE_RULE_DATA;
    tx.value_count = 0;
    assert_int_equal(gv_oracle_window_add(&window, &tx, 1000), GV_ORACLE_BREAKS_RULE);
    assert_int_equal(window.values.count, 0);
    assert_int_equal(add(2, 1, 0, 2000), GV_ORACLE_HAS_PARENT);
}

static void a_replacement_takes_the_old_amounts_out_at_once(void **state)
{
    (void)state;
    start(SMALL_TX_MAX);
    assert_int_equal(add(1, OUTSIDE, 7, 1000), GV_ORACLE_COUNTED);
    assert_int_equal(add(2, OUTSIDE, 8, 1000), GV_ORACLE_COUNTED);
    assert_int_equal(add(3, OUTSIDE, 7, 2000), GV_ORACLE_COUNTED);
    assert_false(has(1));
    assert_true(has(2));
    assert_int_equal(window.values.count, 4);
    assert_int_equal(window.stats.replaced, 1);
    /* A large transaction replaces with an input that the filter does not hold. */
    const struct gv_oracle_tx large = payment(4, OUTSIDE, 8);
    assert_int_equal(gv_oracle_window_spend(&window, &large.txid, large.input, 1), 1);
    assert_false(has(2));
    /* One that was replaced and comes back replaces in turn. */
    assert_int_equal(add(1, OUTSIDE, 7, 3000), GV_ORACLE_COUNTED);
    assert_false(has(3));
}

static void an_evicted_transaction_goes_and_a_confirmed_one_stays(void **state)
{
    (void)state;
    start(SMALL_TX_MAX);
    assert_int_equal(add(1, OUTSIDE, 1, 1000), GV_ORACLE_COUNTED);
    assert_int_equal(add(2, OUTSIDE, 2, 1000), GV_ORACLE_COUNTED);
    const struct gv_oracle_tx first = payment(1, 0, 0);
    assert_true(gv_oracle_window_confirm(&window, &first.txid, true));
    assert_false(evict(1));
    assert_true(evict(2));
    assert_false(evict(2));
    assert_int_equal(window.values.count, 2);
    assert_true(gv_oracle_window_confirm(&window, &first.txid, false));
    assert_true(evict(1));
    assert_int_equal(window.values.count, 0);
    assert_false(gv_oracle_window_confirm(&window, &first.txid, true));
}

static void a_full_window_drops_the_oldest_first_and_counts_it(void **state)
{
    (void)state;
    start(SMALL_TX_MAX);
    for (uint32_t id = 1; id <= SMALL_TX_MAX; id++) {
        assert_int_equal(add(id, OUTSIDE, id, 1000 + (int64_t)id), GV_ORACLE_COUNTED);
        assert_true(window.counted_count <= GV_ORACLE_COUNTED_OF(SMALL_TX_MAX));
    }
    assert_int_equal(window.stats.displaced, SMALL_TX_MAX - GV_ORACLE_COUNTED_OF(SMALL_TX_MAX));
    assert_false(has(GV_ORACLE_COUNTED_OF(SMALL_TX_MAX)));
    assert_true(has(GV_ORACLE_COUNTED_OF(SMALL_TX_MAX) + 1));
    assert_int_equal(window.values.count, GV_ORACLE_SLOTS_OF(SMALL_TX_MAX));
}

static void a_newcomer_that_counts_nothing_displaces_no_counted_one(void **state)
{
    (void)state;
    start(SMALL_TX_MAX);
    const uint32_t counted = GV_ORACLE_COUNTED_OF(SMALL_TX_MAX);
    for (uint32_t id = 1; id <= counted; id++) {
        assert_int_equal(add(id, OUTSIDE, id, 1000 + (int64_t)id), GV_ORACLE_COUNTED);
    }
    struct gv_oracle_tx tx = payment(counted + 1, OUTSIDE, counted + 1);
    tx.broken = GV_ORACLE_RULE_DATA;
    tx.value_count = 0;
    assert_int_equal(gv_oracle_window_add(&window, &tx, 2000), GV_ORACLE_BREAKS_RULE);
    assert_int_equal(add(counted + 2, 1, 0, 2000), GV_ORACLE_HAS_PARENT);
    assert_int_equal(window.stats.displaced, 0);
    assert_int_equal(window.counted_count, counted);
    assert_int_equal(add(counted + 3, OUTSIDE, counted + 3, 2000), GV_ORACLE_COUNTED);
    assert_int_equal(window.stats.displaced, 1);
    assert_false(has(1));
}

static void a_newcomer_older_than_all_of_a_full_window_stays_outside(void **state)
{
    (void)state;
    start(SMALL_TX_MAX);
    for (uint32_t id = 1; id <= GV_ORACLE_COUNTED_OF(SMALL_TX_MAX); id++) {
        assert_int_equal(add(id, OUTSIDE, id, 2000 + (int64_t)id), GV_ORACLE_COUNTED);
    }
    assert_int_equal(add(100, OUTSIDE, 100, 2000), GV_ORACLE_TOO_OLD);
    assert_true(has(1) && !has(100));
    assert_int_equal(window.stats.displaced, 1);
}

#define FILL_TX 50000u

/* Place in time of the i-th arrival: ascending, or in an order that has nothing to do with time. */
static uint32_t fill_place(uint32_t i, bool shuffled)
{
    const uint64_t prime = 32003;
    return shuffled ? (uint32_t)(i * prime % FILL_TX) : i;
}

static void fill_and_estimate(bool shuffled)
{
    struct gv_oracle_payment paid;
    int64_t newer_ms = INT64_MAX;
    uint32_t walked = 0;
    start(BIG_TX_MAX);
    gv_oracle_window_expire(&window, GV_ORACLE_WINDOW_MS);
    for (uint32_t i = 0; i < FILL_TX; i++) {
        const uint32_t id = 1 + fill_place(i, shuffled);
        const int64_t time_ms = (int64_t)id * GV_ORACLE_WINDOW_MS / FILL_TX;
        struct gv_oracle_tx tx = payment(id, OUTSIDE, id);
        tx.broken = id % 2 == 0 ? 0 : GV_ORACLE_RULE_OUTPUTS;
        tx.value_count = id % 2 == 0 ? 2 : 0;
        assert_true(gv_oracle_window_add(&window, &tx, time_ms) <= GV_ORACLE_BREAKS_RULE);
    }
    for (uint32_t at = window.newest; gv_oracle_window_next(&window, &at, &paid); walked++) {
        assert_true(paid.time_ms < newer_ms);
        newer_ms = paid.time_ms;
    }
    assert_int_equal(walked, window.counted_count);
    struct gv_fail why = {0};
    if (gv_oracle_window_estimate(&window, &estimate, &why) != GV_OK) {
        fail_msg("%s", why.text);
    }
}

static void fifty_thousand_in_any_order_of_time_give_the_same_window(void **state)
{
    (void)state;
    fill_and_estimate(false);
    const struct gv_oracle_estimate in_order = estimate;
    const uint32_t counted = window.counted_count;
    fill_and_estimate(true);
    assert_int_equal(window.tx_count, FILL_TX);
    assert_int_equal(window.counted_count, counted);
    assert_same_bits(estimate.near.price, in_order.near.price);
    assert_same_bits(estimate.wide.deviation, in_order.wide.deviation);
}

/* ---- against a model ------------------------------------------------------------------------------- */

#define MODEL_TX 3000u

/* What the model remembers of each transaction: nothing but the facts. */
struct model {
    bool in;
    bool counted;
    bool confirmed;
    uint32_t parent;
    uint32_t spent;
    int64_t time_ms;
};

static struct model model[MODEL_TX];
static uint64_t random_state;

static uint32_t random_below(uint32_t n)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(((random_state >> 33) * n) >> 31);
}

static void model_expire(int64_t now_ms)
{
    for (uint32_t i = 0; i < MODEL_TX; i++) {
        if (model[i].time_ms <= now_ms - GV_ORACLE_WINDOW_MS) {
            model[i].in = false;
        }
    }
}

static void model_add(uint32_t id, uint32_t parent, uint32_t spent, int64_t time_ms)
{
    if (model[id].in) {
        return;
    }
    for (uint32_t i = 0; i < MODEL_TX; i++) {
        if (model[i].in && model[i].counted && model[i].parent == parent &&
            model[i].spent == spent) {
            model[i].in = false;
        }
    }
    model[id] = (struct model){.in = true,
                               .counted = parent >= MODEL_TX || !model[parent].in,
                               .parent = parent,
                               .spent = spent,
                               .time_ms = time_ms};
}

/* Same amounts, bin by bin, and the same bits as a window that was given only what is left. */
static void compare_with_fresh(void)
{
    static struct gv_oracle_values fresh;
    struct gv_oracle_estimate expected;
    uint32_t slot = 0;
    uint32_t in = 0;
    cases_values(&fresh);
    for (uint32_t i = MODEL_TX; i-- > 0;) {
        in += model[i].in;
        if (model[i].in && model[i].counted) {
            const struct gv_oracle_tx tx = payment(i, 0, 0);
            gv_oracle_values_put(&fresh, slot++, tx.sats[0]);
            gv_oracle_values_put(&fresh, slot++, tx.sats[1]);
        }
        assert_int_equal(has(i), model[i].in);
    }
    assert_int_equal(window.tx_count, in);
    assert_memory_equal(window.values.counts, fresh.counts, sizeof fresh.counts);
    assert_memory_equal(window.values.chained, fresh.chained, sizeof fresh.chained);
    const enum gv_err err = gv_oracle_estimate(&expected, &fresh, cases_scratch(), NULL);
    assert_int_equal(gv_oracle_window_estimate(&window, &estimate, NULL), err);
    if (err == GV_OK) {
        assert_same_bits(estimate.near.price, expected.near.price);
        assert_same_bits(estimate.near.deviation, expected.near.deviation);
        assert_same_bits(estimate.wide.deviation, expected.wide.deviation);
        assert_same_bits(estimate.slide.total, expected.slide.total);
        assert_int_equal(estimate.points, expected.points);
        assert_int_equal(estimate.points_on_axis, expected.points_on_axis);
    }
}

static void step(int64_t now_ms)
{
    const uint32_t id = random_below(MODEL_TX);
    const uint32_t what = random_below(100);
    if (what < 80) {
        const bool inside = random_below(4) == 0;
        const uint32_t parent = inside ? random_below(MODEL_TX) : OUTSIDE + random_below(2000);
        if (parent != id) {
            /* A fill brings what arrived at any time of the window. */
            const bool filled = random_below(3) == 0;
            const int64_t time_ms =
                now_ms - (filled ? (int64_t)random_below((uint32_t)GV_ORACLE_WINDOW_MS) : 0);
            (void)add(id, parent, 0, time_ms);
            model_add(id, parent, 0, time_ms);
        }
    } else if (what < 95) {
        assert_int_equal(evict(id), model[id].in && !model[id].confirmed);
        model[id].in = model[id].in && model[id].confirmed;
    } else {
        const struct gv_oracle_tx tx = payment(id, 0, 0);
        const bool confirmed = random_below(4) != 0; /* sometimes a reorg */
        assert_int_equal(gv_oracle_window_confirm(&window, &tx.txid, confirmed), model[id].in);
        model[id].confirmed = confirmed;
    }
}

static void any_order_of_events_leaves_what_a_fresh_window_has(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 4; seed++) {
        int64_t now_ms = 0;
        random_state = seed;
        memset(model, 0, sizeof model);
        start(BIG_TX_MAX);
        /* A day of arrivals, evictions, blocks and reorgs, with a gap of hours now and then. */
        for (uint32_t i = 0; now_ms < 24 * (int64_t)GV_ORACLE_HOUR_MS; i++) {
            now_ms += random_below(20000);
            now_ms += random_below(1500) == 0 ? 2 * GV_ORACLE_HOUR_MS : 0;
            gv_oracle_window_expire(&window, now_ms);
            model_expire(now_ms);
            step(now_ms);
            if (i % 250 == 0) {
                compare_with_fresh();
            }
        }
        compare_with_fresh();
        gv_oracle_window_expire(&window, now_ms + GV_ORACLE_WINDOW_MS);
        assert_int_equal(window.tx_count, 0);
        assert_int_equal(window.values.count, 0);
        assert_int_equal(window.input_count, 0);
    }
}

static void arrivals_out_of_order_leave_in_order_of_time(void **state)
{
    (void)state;
    start(SMALL_TX_MAX);
    assert_int_equal(add(1, OUTSIDE, 1, 9000), GV_ORACLE_COUNTED);
    assert_int_equal(add(2, OUTSIDE, 2, 7000), GV_ORACLE_COUNTED);
    assert_int_equal(add(3, OUTSIDE, 3, 8000), GV_ORACLE_COUNTED);
    gv_oracle_window_expire(&window, 7000 + GV_ORACLE_WINDOW_MS);
    assert_true(has(1) && !has(2) && has(3));
    uint32_t at = window.newest;
    struct gv_oracle_payment paid;
    assert_true(gv_oracle_window_next(&window, &at, &paid));
    assert_int_equal(paid.time_ms, 9000);
    assert_int_equal(paid.value_count, 2);
    assert_true(gv_oracle_window_next(&window, &at, &paid));
    assert_int_equal(paid.time_ms, 8000);
    assert_false(gv_oracle_window_next(&window, &at, &paid));
}

static void times_set_back_keep_the_order_and_the_ages(void **state)
{
    (void)state;
    const int64_t back_ms = 4 * GV_ORACLE_WINDOW_MS + 12345;
    start(SMALL_TX_MAX);
    (void)add(1, OUTSIDE + 1, 0, back_ms + 9000);
    (void)add(2, OUTSIDE + 2, 0, back_ms + 2000);
    (void)add(3, OUTSIDE + 3, 0, back_ms + 8000);
    gv_oracle_window_set_back(&window, back_ms);
    assert_int_equal(window.now_ms, 9000);
    assert_int_equal(add(4, OUTSIDE + 4, 0, 2500), GV_ORACLE_COUNTED); /* finds its place */
    uint32_t at = window.newest;
    struct gv_oracle_payment paid;
    static const int64_t times[] = {9000, 8000, 2500, 2000};
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
        assert_true(gv_oracle_window_next(&window, &at, &paid));
        assert_int_equal(paid.time_ms, times[i]);
    }
    assert_false(gv_oracle_window_next(&window, &at, &paid));
    gv_oracle_window_expire(&window, 2500 + GV_ORACLE_WINDOW_MS);
    assert_true(has(1) && !has(2) && has(3) && !has(4));
    assert_true(evict(1) && evict(3));
    assert_int_equal(window.newest, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stream_of_6_hours_gives_the_reference_results),
        cmocka_unit_test(a_transaction_counts_from_its_arrival_until_exactly_the_length_later),
        cmocka_unit_test(a_child_fails_only_while_its_parent_is_in_the_window),
        cmocka_unit_test(a_transaction_that_breaks_a_rule_is_still_a_parent),
        cmocka_unit_test(a_replacement_takes_the_old_amounts_out_at_once),
        cmocka_unit_test(an_evicted_transaction_goes_and_a_confirmed_one_stays),
        cmocka_unit_test(a_full_window_drops_the_oldest_first_and_counts_it),
        cmocka_unit_test(a_newcomer_that_counts_nothing_displaces_no_counted_one),
        cmocka_unit_test(a_newcomer_older_than_all_of_a_full_window_stays_outside),
        cmocka_unit_test(fifty_thousand_in_any_order_of_time_give_the_same_window),
        cmocka_unit_test(any_order_of_events_leaves_what_a_fresh_window_has),
        cmocka_unit_test(arrivals_out_of_order_leave_in_order_of_time),
        cmocka_unit_test(times_set_back_keep_the_order_and_the_ages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
