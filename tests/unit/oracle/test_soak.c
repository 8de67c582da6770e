/* A day of simulated time through the whole service: inbox, window, estimates. Payments come, are
 * replaced, evicted, mined, reorganised away and announced again; the feed has gaps, after which a fill
 * brings what is left in no order of time. A model that only knows the facts says what must be counted;
 * again and again the service is compared with a fresh window that was given just that. */
#include "tests/unit/oracle/cases.h"

#include "app/oracle/service.c"
#include "tests/unit/bitcoin/cmocka_include.h"

#define T0_MS     1700000000000
#define SECOND_MS 1000
#define HOUR_MS   3600000
#define DAY_MS    (24 * (int64_t)HOUR_MS)
/* All payments of the day, one in five seconds. */
#define TX_MAX     20000u
#define STEP_MS    10000u
#define TICK_STEPS 24u
#define OUTSIDE    1000000u /* parents from here on are never seen */
#define BLOCK_MS   600000
#define GAP_MS     (5 * (int64_t)HOUR_MS)
#define COMPARE_MS 1800000

struct fact {
    struct gv_oracle_tx tx;
    int64_t time_ms;
    uint32_t parent;
    bool known; /* the service holds it */
    bool counted;
    bool confirmed;
};

static struct gv_oracle_service *service;
static struct fact fact[TX_MAX];
static uint32_t facts;
static uint32_t oldest; /* none before it is in the window any more */
static struct gv_oracle_now now;
static uint64_t random_state;
static uint32_t replaced;
static _Alignas(16) uint8_t fresh_memory[GV_ORACLE_WINDOW_BYTES(TX_MAX)];

static uint32_t random_below(uint32_t n)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(((random_state >> 33) * n) >> 31);
}

static struct gv_hash256 txid_of(uint32_t number)
{
    struct gv_hash256 txid;
    memset(&txid, 0, sizeof txid);
    memcpy(txid.b, &number, sizeof number);
    return txid;
}

/* ---- the model ------------------------------------------------------------------------------------ */

static void model_expire(void)
{
    for (uint32_t i = oldest; i < facts; i++) {
        fact[i].known = fact[i].known && fact[i].time_ms > now.utc_ms - GV_ORACLE_WINDOW_MS;
    }
}

static bool is_known(uint32_t number)
{
    return number < facts && fact[number].known;
}

static bool spends_same(const struct gv_oracle_tx *a, const struct gv_outpoint *outpoint)
{
    for (uint32_t i = 0; i < a->input_count; i++) {
        if (gv_outpoint_equal(&a->input[i], outpoint)) {
            return true;
        }
    }
    return false;
}

static void model_spend(uint32_t spender, const struct gv_outpoint *outpoint)
{
    for (uint32_t i = oldest; i < facts; i++) {
        if (i != spender && fact[i].known && fact[i].counted &&
            spends_same(&fact[i].tx, outpoint)) {
            fact[i].known = false;
            replaced++;
        }
    }
}

static void model_arrive(uint32_t number, int64_t time_ms, bool mined)
{
    struct fact *const f = &fact[number];
    if (!f->known && time_ms > now.utc_ms - GV_ORACLE_WINDOW_MS) {
        for (uint32_t i = 0; i < f->tx.input_count; i++) {
            model_spend(number, &f->tx.input[i]);
        }
        f->counted = f->tx.broken == 0 && !is_known(f->parent);
        f->known = true;
        f->confirmed = false;
        f->time_ms = time_ms;
    }
    f->confirmed = f->confirmed || (f->known && mined);
}

/* ---- what happens --------------------------------------------------------------------------------- */

static void push(const struct gv_oracle_item *item)
{
    gv_oracle_service_push(service, item);
}

static void drain(void)
{
    while (gv_oracle_service_take(service, 0)) {
    }
}

static void arrive(uint32_t number, int64_t time_ms, bool mined)
{
    const struct gv_oracle_item item = {.kind = mined ? GV_ORACLE_ITEM_MINED : GV_ORACLE_ITEM_TX,
                                        .time_ms = time_ms,
                                        .tx = fact[number].tx};
    push(&item);
    model_arrive(number, time_ms, mined);
}

static uint64_t random_sats(void)
{
    static const uint32_t usd[] = {5, 10, 20, 50, 100, 100, 200, 500};
    if (random_below(3) == 0) {
        return 2000 + (uint64_t)random_below(1u << 14) * random_below(1u << 14);
    }
    /* At 64,000 USD, give or take half a percent. */
    return (uint64_t)usd[random_below(8)] * 100000000u / (63680u + random_below(640));
}

/* A new payment. In: outpoint: what it spends. */
static uint32_t make(uint32_t parent, struct gv_outpoint outpoint)
{
    assert_true(facts < TX_MAX);
    struct fact *const f = &fact[facts];
    memset(f, 0, sizeof *f);
    f->parent = parent;
    f->tx.txid = txid_of(facts);
    f->tx.input[0] = outpoint;
    f->tx.input_count = 1;
    f->tx.broken = random_below(5) < 2 ? GV_ORACLE_RULE_OUTPUTS : 0;
    for (; f->tx.broken == 0 && f->tx.value_count < GV_ORACLE_OUTPUTS; f->tx.value_count++) {
        f->tx.sats[f->tx.value_count] = random_sats();
    }
    return facts++;
}

/* One of the last hours, more often one of the last minutes. */
static uint32_t any_recent(void)
{
    const uint32_t all = facts - oldest;
    const uint32_t last = all < 50 ? all : 50;
    return facts - 1u - random_below(random_below(4) == 0 ? all : last);
}

static uint32_t make_any(void)
{
    const bool child = facts > oldest && random_below(6) == 0;
    const bool replaces = facts > oldest && random_below(10) == 0;
    if (replaces) {
        const struct fact *const other = &fact[any_recent()];
        if (!other->confirmed) {
            return make(other->parent, other->tx.input[0]);
        }
    }
    const uint32_t parent = child ? any_recent() : OUTSIDE + facts;
    return make(parent, (struct gv_outpoint){.txid = txid_of(parent), .vout = facts});
}

/* One with many inputs: it breaks a rule itself, and replaces by inputs that follow in an item. */
static void arrive_large(void)
{
    const uint32_t victim = any_recent();
    const uint32_t parent = OUTSIDE + facts;
    const uint32_t number = make(parent, (struct gv_outpoint){.txid = txid_of(parent)});
    struct gv_oracle_item rest = {.kind = GV_ORACLE_ITEM_SPENDS, .tx = fact[number].tx};
    fact[number].tx.broken = GV_ORACLE_RULE_INPUTS;
    fact[number].tx.value_count = 0;
    fact[number].tx.input_count = 0;
    if (fact[victim].confirmed) {
        return;
    }
    arrive(number, now.utc_ms, false);
    rest.tx.value_count = 0;
    rest.tx.input[0] = fact[victim].tx.input[0];
    push(&rest);
    model_spend(number, &rest.tx.input[0]);
}

static void evict(void)
{
    const uint32_t number = any_recent();
    const struct gv_oracle_item item = {.kind = GV_ORACLE_ITEM_REMOVED, .tx = fact[number].tx};
    push(&item);
    fact[number].known = fact[number].known && fact[number].confirmed;
}

/* A block takes most of what waits, announces each again, and brings some that nobody has seen. Now and
 * then another block of the same height takes its place. */
static void mine(void)
{
    const bool reorg = random_below(8) == 0;
    for (uint32_t pass = 0; pass < (reorg ? 2u : 1u); pass++) {
        for (uint32_t i = oldest; i < facts; i++) {
            if (fact[i].known && (pass == 1 || !fact[i].confirmed) && random_below(10) < 8) {
                arrive(i, now.utc_ms, false);
                arrive(i, now.utc_ms - random_below(60000), true);
            }
        }
        for (uint32_t i = random_below(4); i > 0; i--) {
            const uint32_t parent = OUTSIDE + facts;
            arrive(make(parent, (struct gv_outpoint){.txid = txid_of(parent)}), now.utc_ms, true);
        }
    }
}

/* Hours without a message; then the fill tells what the mempool holds, each with its own time. */
static void gap(void)
{
    const uint32_t first = facts;
    const uint32_t length_ms = (uint32_t)HOUR_MS / 2 + random_below(2 * HOUR_MS);
    for (uint32_t ms = 0; ms < length_ms; ms += STEP_MS) {
        if (random_below(2) == 0) {
            (void)make_any();
        }
    }
    drain();
    now.mono.ms += length_ms;
    now.utc_ms += length_ms;
    (void)gv_oracle_service_tick(service, now);
    model_expire();
    for (uint32_t i = first; i < facts; i++) {
        const int64_t entered_ms = now.utc_ms - (int64_t)random_below(length_ms);
        arrive(i, entered_ms / SECOND_MS * SECOND_MS, false);
    }
}

/* ---- comparing -------------------------------------------------------------------------------------- */

static void compare(void)
{
    static struct gv_oracle_window fresh;
    static struct gv_oracle_estimate expected;
    static struct gv_oracle_view view;
    uint32_t known = 0;
    drain();
    now.mono.ms += 2u * GV_ORACLE_ESTIMATE_EVERY_MS;
    now.utc_ms += 2 * GV_ORACLE_ESTIMATE_EVERY_MS;
    (void)gv_oracle_service_tick(service, now);
    gv_oracle_service_view(service, &view);
    model_expire();
    gv_oracle_window_init(&fresh, fresh_memory, sizeof fresh_memory, TX_MAX, GV_ORACLE_WINDOW_MS,
                          random_state);
    gv_oracle_window_expire(&fresh, now.utc_ms);
    for (uint32_t i = oldest; i < facts; i++) {
        struct gv_oracle_tx alone = fact[i].tx;
        alone.input_count = 0;
        known += fact[i].known;
        if (fact[i].known && fact[i].counted) {
            assert_int_equal(gv_oracle_window_add(&fresh, &alone, fact[i].time_ms),
                             GV_ORACLE_COUNTED);
        }
        assert_int_equal(gv_oracle_window_has(&service->window, &fact[i].tx.txid), fact[i].known);
    }
    assert_int_equal(view.transactions, known);
    assert_int_equal(view.active, fresh.counted_count);
    assert_int_equal(view.window.replaced, replaced);
    assert_memory_equal(service->window.values.counts, fresh.values.counts,
                        sizeof fresh.values.counts);
    const enum gv_err err = gv_oracle_window_estimate(&fresh, &expected, NULL);
    if (fresh.values.count >= GV_ORACLE_OUTPUTS_LEAST) {
        assert_int_equal(view.has_price, err == GV_OK);
    }
    if (view.has_price) {
        assert_same_bits(view.price, expected.near.price);
        assert_same_bits(view.deviation, expected.spread);
    }
    while (oldest < facts && fact[oldest].time_ms <= now.utc_ms - 2 * GV_ORACLE_WINDOW_MS) {
        assert_false(fact[oldest].known);
        oldest++;
    }
}

static void step(void)
{
    const uint32_t what = random_below(100);
    if (facts == oldest || what < 85) {
        arrive(make_any(), now.utc_ms, false);
    } else if (what < 87) {
        arrive_large();
    } else {
        evict();
    }
}

static void a_day_of_everything_is_counted_as_a_fresh_window_counts_it(void **state)
{
    (void)state;
    const struct gv_oracle_service_config config = {.window_hours = 3, .seed = 7};
    int64_t block_ms = T0_MS + BLOCK_MS;
    int64_t gap_ms = T0_MS + GAP_MS;
    int64_t compare_ms = T0_MS;
    random_state = 20261121;
    service = gv_oracle_service_instance();
    now = (struct gv_oracle_now){.mono = {.ms = 1000}, .utc_ms = T0_MS};
    gv_oracle_service_init(service, &config, now);
    while (now.utc_ms < T0_MS + DAY_MS) {
        const uint32_t ms = random_below(STEP_MS);
        now.mono.ms += ms;
        now.utc_ms += ms;
        model_expire();
        step();
        if (random_below(TICK_STEPS) == 0) {
            drain();
            (void)gv_oracle_service_tick(service, now);
        }
        if (now.utc_ms >= block_ms) {
            mine();
            block_ms += 1 + random_below(2 * BLOCK_MS);
        }
        if (now.utc_ms >= gap_ms) {
            gap();
            gap_ms = now.utc_ms + GAP_MS;
        }
        drain();
        if (now.utc_ms >= compare_ms) {
            compare();
            compare_ms += COMPARE_MS;
        }
    }
    compare();
    assert_in_range(replaced, 200, TX_MAX);
    assert_int_equal(service->window.stats.displaced, 0);
    assert_int_equal(service->inbox.stats.refused, 0);
    now.utc_ms += GV_ORACLE_WINDOW_MS;
    compare();
    assert_int_equal(service->window.tx_count, 0);
    assert_int_equal(service->window.input_count, 0);
    assert_int_equal(service->window.values.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_day_of_everything_is_counted_as_a_fresh_window_counts_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
