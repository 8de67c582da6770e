/* The oracle as a service, step by step with a clock of the test: what comes in through the inbox,
 * what readers see, and when. */
#include "tests/unit/oracle/cases.h"

#include "app/oracle/service.h"
#include "tests/unit/bitcoin/cmocka_include.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define T0_MS 1700000000000

static struct gv_oracle_service *service;
static struct gv_oracle_view view;
static struct gv_oracle_now now;
static uint32_t published;
static struct gv_oracle_point points[GV_ORACLE_TRAIL];

static void count_publication(void *ctx)
{
    (*(uint32_t *)ctx)++;
}

static void pass(uint32_t ms)
{
    now.mono.ms += ms;
    now.utc_ms += ms;
}

static void push(enum gv_oracle_item_kind kind, uint32_t value, const struct gv_oracle_tx *tx,
                 int64_t time_ms)
{
    struct gv_oracle_item item = {.kind = kind, .value = value, .time_ms = time_ms};
    if (tx != NULL) {
        item.tx = *tx;
    }
    gv_oracle_service_push(service, &item);
}

static void take_all(void)
{
    while (gv_oracle_service_take(service, 0)) {
    }
}

static void look(void)
{
    take_all();
    (void)gv_oracle_service_tick(service, now);
    gv_oracle_service_view(service, &view);
}

static int start(void **state)
{
    (void)state;
    const struct gv_oracle_service_config config = {
        .window_hours = 3, .seed = 7, .published = count_publication, .ctx = &published};
    service = gv_oracle_service_instance();
    published = 0;
    now = (struct gv_oracle_now){.mono = {.ms = 1000}, .utc_ms = T0_MS};
    gv_oracle_service_init(service, &config, now);
    return 0;
}

static void live(void)
{
    push(GV_ORACLE_ITEM_NODE, 1, NULL, 0);
    push(GV_ORACLE_ITEM_FILL, 1000, NULL, 0);
}

/* ---- made-up transactions ------------------------------------------------------------------------- */

static struct gv_oracle_tx payment(uint32_t number, uint64_t a, uint64_t b)
{
    struct gv_oracle_tx tx = {.value_count = 2, .input_count = 1, .sats = {a, b}};
    memcpy(tx.txid.b, &number, sizeof(number));
    tx.txid.b[31] = 1; /* not carried by the inbox */
    memcpy(tx.input[0].txid.b, &number, sizeof(number));
    tx.input[0].txid.b[15] = 2;
    return tx;
}

/* ---- a recorded window ------------------------------------------------------------------------------ */

static int64_t last_s;

/* In: ctx: NULL: as recorded. Else number of another set of transactions, of about a third of the
 * amounts, all at the end of the recorded window. */
static void feed(void *ctx, const struct gv_oracle_csv_tx *row)
{
    struct gv_oracle_tx tx = row->tx;
    if (ctx == NULL) {
        last_s = row->time_s;
    } else {
        const uint8_t set = *(const uint8_t *)ctx;
        tx.txid.b[8] ^= set;
        for (uint32_t i = 0; i < tx.input_count; i++) {
            tx.input[i].txid.b[8] ^= set;
        }
        for (uint32_t i = 0; i < tx.value_count; i++) {
            tx.sats[i] = tx.sats[i] / 3 + GV_ORACLE_SAT_ABOVE;
        }
    }
    push(GV_ORACLE_ITEM_TX, 0, &tx, last_s * 1000);
    take_all();
}

/* The clock stands at the end of the recorded window. */
static gv_json_ref play(const char *name)
{
    char path[64];
    (void)snprintf(path, sizeof(path), "oracle/%s.json", name);
    gv_json_ref expected = vectors_json(path);
    cases_read(name, feed, NULL);
    now.utc_ms = last_s * 1000;
    return expected;
}

static void a_recorded_window_gives_the_reference_price(void **state)
{
    (void)state;
    if (GV_ORACLE_TX_MAX < 50000u) {
        print_message("this board's window holds fewer transactions than the record\n");
        skip();
    }
    live();
    gv_json_ref expected = gv_json_get(play("w3h-113600"), "reference");
    look();
    assert_true(view.has_price);
    assert_same_bits(view.price, cases_double(expected, "central_price"));
    assert_int_equal(view.rough_usd, cases_int(expected, "rough_price"));
    assert_int_equal(view.outputs, cases_int(expected, "filtered_outputs"));
    assert_int_equal(view.state, GV_ORACLE_OK);
    assert_int_equal(view.inbox.refused, 0);
    assert_true(view.judgement.has_spot);
    assert_true(view.judgement.interval.low < view.judgement.spot);
    assert_true(view.judgement.spot < view.judgement.interval.high);
    assert_true(view.confidence > 0.9);
}

static void the_newest_points_are_those_of_the_chart(void **state)
{
    (void)state;
    live();
    (void)play("w3h-113600");
    look();
    uint64_t from = 0;
    const uint32_t n = gv_oracle_service_points(service, &from, points, GV_ORACLE_TRAIL);
    assert_int_equal(n, GV_ORACLE_TRAIL);
    assert_int_equal(from, view.trail_next);
    for (uint32_t i = 0; i < n; i++) {
        assert_true(view.low < points[i].price && points[i].price < view.high);
        assert_true(i == 0 || points[i - 1].time_ms <= points[i].time_ms);
    }
    assert_true(points[n - 1].time_ms <= now.utc_ms);
    assert_int_equal(gv_oracle_service_points(service, &from, points, GV_ORACLE_TRAIL), 0);
    /* 0.001 BTC at the price of the window: 113.6 dollars are no USD amount, 100 dollars are. */
    const struct gv_oracle_tx tx = payment(1, (uint64_t)(100.0 / view.price * 1e8), 5000000000);
    pass(500);
    push(GV_ORACLE_ITEM_TX, 0, &tx, now.utc_ms);
    look();
    assert_int_equal(gv_oracle_service_points(service, &from, points, GV_ORACLE_TRAIL), 1);
    assert_int_equal(points[0].time_ms, now.utc_ms);
    assert_true(points[0].price > view.price * 0.999 && points[0].price < view.price * 1.001);
}

/* ---- times -------------------------------------------------------------------------------------------- */

static void estimates_come_at_most_every_half_second(void **state)
{
    (void)state;
    live();
    (void)play("w3h-113600");
    look();
    const uint64_t before = view.estimates;
    for (uint32_t i = 0; i < 100; i++) {
        const struct gv_oracle_tx tx = payment(i, 123456 + i, 654321 + i);
        pass(100);
        push(GV_ORACLE_ITEM_TX, 0, &tx, now.utc_ms);
        look();
    }
    assert_int_equal(view.estimates - before, 100 / 5);
}

static void without_news_nothing_is_estimated_but_ages_are_published(void **state)
{
    (void)state;
    live();
    look();
    const uint32_t before = published;
    for (uint32_t i = 0; i < 100; i++) {
        pass(100);
        look();
    }
    assert_int_equal(view.estimates, 0);
    assert_int_equal(published - before, 10);
}

static void a_price_without_news_becomes_stale_and_then_leaves_the_window(void **state)
{
    (void)state;
    live();
    (void)play("w3h-113600");
    look();
    pass(GV_ORACLE_STALE_MS);
    look();
    assert_int_equal(view.state, GV_ORACLE_OK);
    pass(1000);
    look();
    assert_int_equal(view.state, GV_ORACLE_STALE);
    const int64_t stale_ms = now.utc_ms;
    pass(5000);
    look();
    assert_int_equal(view.state_since_ms, stale_ms);
    pass(3 * 3600 * 1000);
    look();
    assert_false(view.has_price);
    assert_int_equal(view.state, GV_ORACLE_FILLING);
    assert_int_equal(view.state_since_ms, now.utc_ms);
    assert_int_equal(view.transactions, 0);
}

static void a_clock_that_is_set_back_keeps_the_price_and_stops_nothing(void **state)
{
    (void)state;
    const int64_t back_ms = 5 * GV_ORACLE_HOUR_MS;
    live();
    (void)play("w3h-113600");
    look();
    const double price = view.price;
    const uint32_t active = view.active;
    assert_int_equal(view.state, GV_ORACLE_OK);
    now.utc_ms -= back_ms;
    now.mono.ms += 1000;
    look();
    assert_same_bits(view.price, price);
    assert_int_equal(view.active, active);
    assert_int_equal(view.state, GV_ORACLE_OK);
    assert_in_range(now.utc_ms - view.newest_ms, 0, 1000);
    assert_true(view.estimated_ms <= now.utc_ms);
    assert_true(view.state_since_ms <= now.utc_ms);
    uint64_t from = 0;
    const uint32_t n = gv_oracle_service_points(service, &from, points, GV_ORACLE_TRAIL);
    assert_true(n > 0);
    assert_true(points[n - 1].time_ms <= now.utc_ms);
    const struct gv_oracle_tx tx = payment(1, 123456, 654321);
    const uint64_t passed = view.window.passed;
    pass(1000);
    push(GV_ORACLE_ITEM_TX, 0, &tx, now.utc_ms);
    look();
    assert_int_equal(view.window.passed - passed, 1);
    pass(GV_ORACLE_STALE_MS + 1000);
    look();
    assert_int_equal(view.state, GV_ORACLE_STALE);
    pass((uint32_t)GV_ORACLE_WINDOW_MS);
    look();
    assert_int_equal(view.transactions, 0);
}

/* ---- states --------------------------------------------------------------------------------------------- */

static void the_node_and_the_fill_are_seen_in_the_state(void **state)
{
    (void)state;
    (void)play("w3h-113600");
    look();
    assert_int_equal(view.state, GV_ORACLE_NODE_BEHIND);
    push(GV_ORACLE_ITEM_NODE, 1, NULL, 0);
    push(GV_ORACLE_ITEM_FILL, 250, NULL, 0);
    pass(1000);
    look();
    assert_int_equal(view.state, GV_ORACLE_FILLING);
    assert_int_equal(view.fill_permille, 250);
    push(GV_ORACLE_ITEM_FILL, 1000, NULL, 0);
    pass(1000);
    look();
    assert_int_equal(view.state, GV_ORACLE_OK);
    push(GV_ORACLE_ITEM_NODE, 0, NULL, 0);
    pass(1000);
    look();
    assert_int_equal(view.state, GV_ORACLE_NODE_BEHIND);
    assert_true(view.has_price);
}

/* The published algorithm gives five times the true price there. */
static void a_price_below_the_range_is_uncertain_and_the_wide_search_finds_it(void **state)
{
    (void)state;
    live();
    (void)play("w3h-8000");
    look();
    assert_true(view.has_price);
    assert_true(view.price > 30000);
    assert_int_equal(view.state, GV_ORACLE_UNCERTAIN);
    assert_true(view.judgement.has_wide);
    assert_true(view.judgement.wide > 7900 && view.judgement.wide < 8100);
    assert_false(view.judgement.has_spot); /* no interval around a price that is not trusted */
}

static void a_leap_from_a_good_price_is_uncertain(void **state)
{
    (void)state;
    live();
    (void)play("w3h-113600");
    look();
    assert_int_equal(view.state, GV_ORACLE_OK);
    /* Five times as many payments at about three times the price. */
    for (uint8_t i = 1; i <= 5; i++) {
        cases_read("w3h-113600", feed, &i);
    }
    pass(1000);
    look();
    assert_true(view.price > 200000);
    assert_int_equal(view.state, GV_ORACLE_UNCERTAIN);
    assert_false(view.judgement.has_spot);
}

/* ---- the life of a transaction ----------------------------------------------------------------------------- */

static void a_transaction_counts_once_and_leaves_when_the_node_drops_it(void **state)
{
    (void)state;
    const struct gv_oracle_tx tx = payment(9, 12345, 67890);
    live();
    push(GV_ORACLE_ITEM_TX, 0, &tx, now.utc_ms);
    push(GV_ORACLE_ITEM_TX, 0, &tx, now.utc_ms + 5);
    look();
    assert_int_equal(view.active, 1);
    assert_int_equal(view.outputs, 2);
    assert_int_equal(view.window.repeated, 1);
    push(GV_ORACLE_ITEM_REMOVED, 0, &tx, 0);
    pass(1000);
    look();
    assert_int_equal(view.active, 0);
    assert_int_equal(view.outputs, 0);
    assert_int_equal(view.window.evicted, 1);
}

static void a_replacement_takes_the_place_of_what_it_replaces(void **state)
{
    (void)state;
    const struct gv_oracle_tx first = payment(1, 12345, 67890);
    struct gv_oracle_tx second = payment(2, 22222, 33333);
    second.input[0] = first.input[0];
    live();
    push(GV_ORACLE_ITEM_TX, 0, &first, now.utc_ms);
    push(GV_ORACLE_ITEM_TX, 0, &second, now.utc_ms);
    look();
    assert_int_equal(view.active, 1);
    assert_int_equal(view.window.replaced, 1);
}

static void every_input_of_a_large_transaction_replaces(void **state)
{
    (void)state;
    const struct gv_oracle_tx small = payment(1, 12345, 67890);
    struct gv_oracle_tx large = payment(2, 0, 0);
    large.broken = GV_ORACLE_RULE_INPUTS;
    large.value_count = 0;
    struct gv_oracle_tx rest = large;
    rest.input[0] = small.input[0];
    live();
    push(GV_ORACLE_ITEM_TX, 0, &small, now.utc_ms);
    push(GV_ORACLE_ITEM_SPENDS, 0, &rest, 0); /* of one that is not in the window */
    look();
    assert_int_equal(view.active, 1);
    push(GV_ORACLE_ITEM_TX, 0, &large, now.utc_ms);
    push(GV_ORACLE_ITEM_SPENDS, 0, &rest, 0);
    pass(GV_ORACLE_ESTIMATE_EVERY_MS);
    look();
    assert_int_equal(view.active, 0);
    assert_int_equal(view.outputs, 0);
    assert_int_equal(view.window.replaced, 1);
}

static void a_mined_transaction_stays_and_a_block_brings_what_was_never_seen(void **state)
{
    (void)state;
    const struct gv_oracle_tx known = payment(1, 12345, 67890);
    const struct gv_oracle_tx unseen = payment(2, 22222, 33333);
    live();
    push(GV_ORACLE_ITEM_TX, 0, &known, now.utc_ms);
    push(GV_ORACLE_ITEM_MINED, 0, &known, now.utc_ms);
    push(GV_ORACLE_ITEM_MINED, 0, &unseen, now.utc_ms);
    push(GV_ORACLE_ITEM_REMOVED, 0, &known, 0);
    push(GV_ORACLE_ITEM_REMOVED, 0, &unseen, 0);
    look();
    assert_int_equal(view.active, 2);
    assert_int_equal(view.window.evicted, 0);
}

/* ---- the inbox ----------------------------------------------------------------------------------------------- */

static struct gv_oracle_tx largest(uint32_t number)
{
    struct gv_oracle_tx tx = payment(number, 12345, 67890);
    tx.input_count = GV_ORACLE_INPUTS_MAX;
    for (uint32_t i = 1; i < GV_ORACLE_INPUTS_MAX; i++) {
        tx.input[i] = tx.input[0];
        tx.input[i].vout = i;
    }
    return tx;
}

static void a_burst_of_the_largest_items_is_kept_and_one_more_is_counted(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < GV_ORACLE_INBOX_ITEMS; i++) {
        const struct gv_oracle_tx tx = largest(i);
        push(GV_ORACLE_ITEM_TX, 0, &tx, now.utc_ms);
    }
    const struct gv_oracle_tx late = largest(GV_ORACLE_INBOX_ITEMS);
    push(GV_ORACLE_ITEM_TX, 0, &late, now.utc_ms);
    look();
    assert_int_equal(view.inbox.pushed, GV_ORACLE_INBOX_ITEMS);
    assert_int_equal(view.inbox.refused, 1);
    /* Five inputs each are more than the window has places for; the oldest went. */
    assert_int_equal(view.active + view.window.displaced, GV_ORACLE_INBOX_ITEMS);
}

static void states_find_room_in_a_full_inbox(void **state)
{
    (void)state;
    for (uint32_t i = 0; i <= GV_ORACLE_INBOX_ITEMS; i++) {
        const struct gv_oracle_tx tx = largest(i);
        push(GV_ORACLE_ITEM_TX, 0, &tx, now.utc_ms);
    }
    live();
    push(GV_ORACLE_ITEM_BLOCK, 5000000, NULL, 0);
    look();
    assert_int_equal(view.inbox.refused, 1);
    assert_int_equal(view.fill_permille, 1000);
    assert_int_equal(view.block_cents, 5000000);
    assert_true(view.state != GV_ORACLE_NODE_BEHIND);
}

static void items_come_out_as_they_went_in_wherever_the_ring_ends(void **state)
{
    static struct gv_oracle_inbox inbox;
    (void)state;
    gv_oracle_inbox_init(&inbox);
    struct gv_oracle_item out;
    uint32_t in_n = 0;
    uint32_t out_n = 0;
    /* The ring is kept half full, so that it goes round several times. */
    while (out_n < 5 * GV_ORACLE_INBOX_ITEMS) {
        const bool fill = in_n - out_n < GV_ORACLE_INBOX_ITEMS / 2;
        if (fill) {
            const struct gv_oracle_item item = {.kind = GV_ORACLE_ITEM_TX,
                                                .time_ms = -(int64_t)in_n,
                                                .tx = in_n % 3 == 0 ? largest(in_n)
                                                                    : payment(in_n, in_n, 7)};
            assert_int_equal(gv_oracle_inbox_push(&inbox, &item), GV_OK);
            in_n++;
            continue;
        }
        struct gv_oracle_tx tx = out_n % 3 == 0 ? largest(out_n) : payment(out_n, out_n, 7);
        tx.txid.b[31] = 0;
        assert_true(gv_oracle_inbox_pop(&inbox, &out, 0));
        assert_int_equal(out.time_ms, -(int64_t)out_n);
        assert_memory_equal(&out.tx, &tx, sizeof(tx));
        out_n++;
    }
}

static void a_closed_inbox_gives_what_it_holds_and_takes_no_more(void **state)
{
    (void)state;
    live();
    gv_oracle_service_close(service);
    live();
    assert_true(gv_oracle_service_take(service, 60000));
    assert_true(gv_oracle_service_take(service, 60000));
    assert_false(gv_oracle_service_take(service, 60000));
}

/* ---- memory ---------------------------------------------------------------------------------------------------- */

/* Bytes of the service's memory that the system holds for it. */
static size_t resident_bytes(void)
{
    static unsigned char page_state[GV_ORACLE_BYTES / 4096 + 2];
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    uint8_t *const from = (uint8_t *)service - (uintptr_t)service % page;
    size_t resident = 0;
    assert_int_equal(mincore(from, GV_ORACLE_BYTES, page_state), 0);
    for (size_t i = 0; i < (GV_ORACLE_BYTES + page - 1) / page; i++) {
        resident += (page_state[i] & 1u) != 0 ? page : 0;
    }
    return resident;
}

static void fifty_thousand_transactions_take_less_than_six_megabytes(void **state)
{
    (void)state;
    live();
    for (uint32_t i = 0; i < GV_ORACLE_TX_MAX; i++) {
        struct gv_oracle_tx tx = payment(i, 2000 + i, 90000 + 7 * i);
        const bool passes = i % 5 < 2; /* as of real ones */
        tx.broken = passes ? 0 : GV_ORACLE_RULE_OUTPUTS;
        tx.value_count = passes ? 2 : 0;
        push(GV_ORACLE_ITEM_TX, 0, &tx, now.utc_ms);
        if (i % 8000 == 0) {
            take_all(); /* as bursts of blocks come */
        }
    }
    look();
    assert_int_equal(view.transactions, GV_ORACLE_TX_MAX);
    assert_int_equal(view.active, GV_ORACLE_TX_MAX / 5 * 2);
    assert_int_equal(view.inbox.refused, 0);
    const size_t resident = resident_bytes();
    print_message("resident %zu bytes\n", resident);
    assert_true(resident < 6000000);
}

/* ---- history --------------------------------------------------------------------------------------------------- */

static void history_keeps_each_grain_as_long_as_promised(void **state)
{
    static struct gv_oracle_history history;
    (void)state;
    memset(&history, 0, sizeof(history));
    const int64_t from_s = T0_MS / 1000;
    struct gv_oracle_past past;
    for (uint32_t i = 0; i < 2 * GV_ORACLE_SECONDS; i++) {
        past = (struct gv_oracle_past){.price_cents = 1000 + i, .confidence_permille = i % 1001};
        gv_oracle_history_put(&history, from_s + i, &past);
    }
    const int64_t last = from_s + 2 * GV_ORACLE_SECONDS - 1;
    assert_true(gv_oracle_history_get(&history, GV_ORACLE_STEP_SECOND, last, &past));
    assert_int_equal(past.price_cents, 1000 + 2 * GV_ORACLE_SECONDS - 1);
    assert_int_equal(past.confidence_permille, (2 * GV_ORACLE_SECONDS - 1) % 1001);
    assert_true(gv_oracle_history_get(&history, GV_ORACLE_STEP_SECOND, last - GV_ORACLE_SECONDS + 1,
                                      &past));
    assert_false(
        gv_oracle_history_get(&history, GV_ORACLE_STEP_SECOND, last - GV_ORACLE_SECONDS, &past));
    assert_false(gv_oracle_history_get(&history, GV_ORACLE_STEP_SECOND, last + 1, &past));
    assert_true(gv_oracle_history_get(&history, GV_ORACLE_STEP_MINUTE, from_s, &past));
    assert_true(gv_oracle_history_get(&history, GV_ORACLE_STEP_HOUR, from_s, &past));
    assert_false(gv_oracle_history_get(&history, GV_ORACLE_STEP_HOUR, from_s - 3600, &past));
    assert_false(gv_oracle_history_get(&history, GV_ORACLE_STEP_HOUR, -1, &past));
}

static void only_prices_that_stand_are_kept(void **state)
{
    (void)state;
    struct gv_oracle_past past[2];
    (void)play("w3h-113600");
    look();
    gv_oracle_service_history(service, GV_ORACLE_STEP_SECOND, now.utc_ms / 1000 - 1, past, 2);
    assert_int_equal(past[1].price_cents, 0);
    live();
    pass(1000);
    look();
    gv_oracle_service_history(service, GV_ORACLE_STEP_SECOND, now.utc_ms / 1000 - 1, past, 2);
    assert_int_equal(past[0].price_cents, 0);
    assert_int_equal(past[1].price_cents, (uint32_t)(view.price * 100.0 + 0.5));
}

#define CASE(name) cmocka_unit_test_setup(name, start)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_recorded_window_gives_the_reference_price),
        CASE(the_newest_points_are_those_of_the_chart),
        CASE(estimates_come_at_most_every_half_second),
        CASE(without_news_nothing_is_estimated_but_ages_are_published),
        CASE(a_price_without_news_becomes_stale_and_then_leaves_the_window),
        CASE(a_clock_that_is_set_back_keeps_the_price_and_stops_nothing),
        CASE(the_node_and_the_fill_are_seen_in_the_state),
        CASE(a_price_below_the_range_is_uncertain_and_the_wide_search_finds_it),
        CASE(a_leap_from_a_good_price_is_uncertain),
        CASE(a_transaction_counts_once_and_leaves_when_the_node_drops_it),
        CASE(a_replacement_takes_the_place_of_what_it_replaces),
        CASE(every_input_of_a_large_transaction_replaces),
        CASE(a_mined_transaction_stays_and_a_block_brings_what_was_never_seen),
        CASE(a_burst_of_the_largest_items_is_kept_and_one_more_is_counted),
        CASE(states_find_room_in_a_full_inbox),
        CASE(items_come_out_as_they_went_in_wherever_the_ring_ends),
        CASE(a_closed_inbox_gives_what_it_holds_and_takes_no_more),
        CASE(fifty_thousand_transactions_take_less_than_six_megabytes),
        CASE(history_keeps_each_grain_as_long_as_promised),
        CASE(only_prices_that_stand_are_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
