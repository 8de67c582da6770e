/* The price's window beside the scripted node: the real follower with the real tap, the real service,
 * stepped by hand. Whatever the node does, and whatever its feed loses, the window holds what the mempool
 * and the chain hold; while nothing is lost, it holds no payment that was replaced or evicted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app/oracle/service.c"
#include "firmware/boot/oracle_thread.c"
#include "hal/sim/entropy.h"
#include "tests/sim/sim_world.h"

#define START_HEIGHT 110u
#define STEPS        150u
#define MADE_MAX     512u
/* A fill that is due after lost messages waits for a minute at most, and takes a turn for each block. */
#define MEND_WAIT_TURNS 65u
#define MEND_TURNS      400u
#define TURN_MS         1000u

static struct gv_sim_random dice;
static const struct sim_tx *made[MADE_MAX];
static bool mined_once[MADE_MAX];
static uint32_t made_n;

/* No thread: the test takes its steps. */
enum gv_err gv_thread_start(pthread_t *thread, const char *name, void *(*run)(void *ctx), void *ctx,
                            struct gv_fail *fail)
{
    (void)thread;
    (void)name;
    (void)run;
    (void)ctx;
    (void)fail;
    return GV_OK;
}

static uint32_t below(uint32_t n)
{
    return gv_sim_random_below(&dice, n);
}

static void turn(uint32_t ms)
{
    gv_sim_turn(ms);
    while (gv_oracle_service_take(self.service, 0)) {
    }
    (void)gv_oracle_service_tick(self.service, read_clock(&self.own_stamp));
}

static void turns(uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        turn(TURN_MS);
    }
}

static void mend(void)
{
    turns(MEND_WAIT_TURNS);
    for (uint32_t i = 0; i < MEND_TURNS; i++) {
        turn(1);
    }
}

static int set_up(void **state)
{
    (void)state;
    const struct gv_oracle_service_config config = {.window_hours = 3, .seed = 5};
    gv_sim_open(1, START_HEIGHT);
    assert_int_equal(gv_oracle_thread_start(&config, gv_world_time(), NULL), GV_OK);
    gv_sim_use_tap(gv_oracle_thread_tap());
    made_n = 0;
    memset(mined_once, 0, sizeof(mined_once));
    mend();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    self.service = NULL; /* there is no thread to join */
    gv_sim_node_switch(&gv_sim_node, (struct gv_sim_switches){.in_ibd = false});
    gv_sim_use_tap(NULL);
    gv_sim_close();
    return 0;
}

static const struct sim_tx *make(uint32_t coin)
{
    assert_true(made_n < MADE_MAX);
    made[made_n] = gv_sim_make_spend(coin, 0, below(3));
    return made[made_n++];
}

static const struct gv_sim_stored_tx *stored(const struct sim_tx *tx)
{
    for (uint32_t i = 0; i < gv_sim_node.txs_n; i++) {
        if (memcmp(gv_sim_node.txs[i].txid, tx->txid.b, 32) == 0) {
            return &gv_sim_node.txs[i];
        }
    }
    return NULL;
}

static bool in_window(const struct sim_tx *tx)
{
    return gv_oracle_window_has(&self.service->window, &tx->txid);
}

/* What has been in a block was a payment; a reorg does not take it back. */
static void note_mined(void)
{
    for (uint32_t i = 0; i < made_n; i++) {
        const struct gv_sim_stored_tx *const tx = stored(made[i]);
        mined_once[i] = mined_once[i] || (tx != NULL && tx->block >= 0);
    }
}

static void check(bool nothing_lost)
{
    for (uint32_t i = 0; i < made_n; i++) {
        const struct gv_sim_stored_tx *const tx = stored(made[i]);
        const bool held = tx != NULL && (tx->in_mempool || tx->block >= 0);
        if (held && !in_window(made[i])) {
            gv_sim_fail("payment %u is not in the window", i);
        }
        if (nothing_lost && !held && !mined_once[i] && in_window(made[i])) {
            gv_sim_fail("payment %u is still in the window", i);
        }
    }
}

/* ---- stories ------------------------------------------------------------------------------------- */

static void the_fill_tells_what_was_there_before(void **state)
{
    (void)state;
    assert_int_equal(self.service->fill_permille, 1000);
    assert_true(self.service->node_in_step);
    /* The coinbases of all blocks that the node holds, and the funding. */
    assert_int_equal(self.service->window.tx_count, START_HEIGHT + 1);
    assert_int_equal(self.service->inbox.stats.refused, 0);
}

static void a_payment_is_counted_replaced_and_kept_by_its_block(void **state)
{
    (void)state;
    turn(4 * 3600000); /* the funding leaves the window: what spends it is no child any more */
    turns(2);
    const struct sim_tx *const first = make(0);
    assert_true(gv_sim_send(first));
    turn(1);
    assert_true(in_window(first));
    const uint32_t counted = self.service->window.counted_count;
    assert_true(counted > 0);
    const struct sim_tx *const second = make(0);
    assert_true(gv_sim_send(second));
    turn(1);
    assert_true(in_window(second) && !in_window(first));
    assert_int_equal(self.service->window.counted_count, counted);
    gv_sim_node_mine(&gv_sim_node, true, NULL, 0);
    turns(2);
    assert_true(in_window(second));
    assert_false(gv_sim_node_evict(&gv_sim_node, second->txid.b));
    gv_sim_node_disconnect(&gv_sim_node, 1);
    turns(2);
    check(true);
}

static void happen(void)
{
    const uint32_t coin = below(SIM_COINS_MAX);
    const uint32_t what = below(100);
    if (what < 55) {
        (void)gv_sim_send(make(coin));
    } else if (what < 70) {
        gv_sim_node_mine(&gv_sim_node, below(4) != 0, NULL, 0);
    } else if (what < 78 && gv_sim_truth(coin).kind != SIM_IN_BLOCK) { /* else it were invalid */
        const struct gv_sim_tx unseen = gv_sim_tx_of(make(coin));
        gv_sim_node_mine(&gv_sim_node, false, &unseen, 1);
    } else if (what < 88 && made_n > 0) {
        (void)gv_sim_node_evict(&gv_sim_node, made[below(made_n)]->txid.b);
    } else if (what < 94) {
        gv_sim_node_reorg(&gv_sim_node, 1 + below(3), NULL, 0);
    } else {
        gv_sim_node_disconnect(&gv_sim_node, 1 + below(2));
    }
}

static void whatever_happens_the_window_holds_what_the_node_holds(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < STEPS; i++) {
        gv_sim_set_step(i);
        happen();
        note_mined();
        turn(1 + below(3000));
        if (i % 5 == 0) {
            turns(SIM_POLL_MS / TURN_MS + 3);
            check(true);
        }
    }
}

static void what_the_feed_loses_is_found_by_a_fill(void **state)
{
    (void)state;
    assert_true(gv_sim_send(make(0))); /* gaps are gaps behind a first message */
    turn(1);
    for (uint32_t i = 0; i < STEPS; i++) {
        gv_sim_set_step(i);
        gv_sim_node_switch(&gv_sim_node, (struct gv_sim_switches){.drops_feed = below(3) == 0});
        if (below(30) == 0) {
            gv_sim_node_restart(&gv_sim_node);
        }
        happen();
        turn(1 + below(3000));
        if (i % 15 == 0) {
            gv_sim_node_switch(&gv_sim_node, (struct gv_sim_switches){.drops_feed = false});
            gv_sim_node_mine(&gv_sim_node, false, NULL, 0); /* its counters show the gap */
            mend();
            check(false);
        }
    }
}

static void a_clock_that_is_set_is_followed_by_a_fill(void **state)
{
    (void)state;
    const uint32_t known = self.service->window.tx_count;
    assert_int_equal(known, START_HEIGHT + 1);
    const int64_t right_s = gv_clock_utc(gv_world_time()).s;
    gv_sim_clock_set_utc(gv_world_clock(), (struct gv_utc){right_s + 48 * 3600});
    mend();
    assert_int_equal(self.service->window.tx_count, 0);
    gv_sim_clock_set_utc(gv_world_clock(), (struct gv_utc){right_s + 120});
    mend();
    assert_int_equal(self.service->window.tx_count, known);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    dice = gv_sim_random_of(20261121);
    const struct CMUnitTest tests[] = {
        CASE(the_fill_tells_what_was_there_before),
        CASE(a_payment_is_counted_replaced_and_kept_by_its_block),
        CASE(whatever_happens_the_window_holds_what_the_node_holds),
        CASE(what_the_feed_loses_is_found_by_a_fill),
        CASE(a_clock_that_is_set_is_followed_by_a_fill),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
