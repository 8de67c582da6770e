/* Shows that an order auction is all or nothing at every step: the power fails at every sync, and every
 * write is refused once. What was acknowledged is there afterwards, commitments are neither forgotten nor
 * made twice, the log and the ledger are whole, and the auction goes on to its end (cases 25 and 26). */
#include "firmware/base/text.h"
#include "tests/support/orders_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum {
    SEEDS = 2,
    KEEP_S = 100000
};

static const struct gv_engine_orders_config *mode(void)
{
    static struct gv_engine_orders_config config;
    config = gv_orders_claim_mode;
    config.escrow = GV_ORDER_PROOF;
    config.bond_percent = 10;
    config.forfeit = true;
    config.keep_s = KEEP_S;
    return &config;
}

/* ---- the work: two orders; s1 wins both, claims the first and fails the second, which s2 then gets ---- */

static char secrets[2][GV_SOLVER_SECRET_TEXT];
static const char *const names[] = {"s1", "s2"};

static enum gv_err open_world(void)
{
    gv_world_reset();
    gv_world_set_orders(mode());
    return gv_world_open(true);
}

static enum gv_err enlist(unsigned i)
{
    struct gv_solver_id id;
    const enum gv_err parsed = gv_solver_id_parse(&id, gv_view_str(names[i]), NULL);
    assert_int_equal(parsed, GV_OK);
    const enum gv_err err = gv_engine_solver_register(gv_world_engine(), gv_world_actor(), &id,
                                                      gv_view_of(NULL, 0), true, secrets[i], NULL);
    return err != GV_OK ? err
                        : gv_engine_solver_deposit(gv_world_engine(), gv_world_actor(), &id, 1000,
                                                   "receipt", NULL);
}

static enum gv_err enlist_first(void)
{
    return enlist(0);
}

static enum gv_err enlist_second(void)
{
    return enlist(1);
}

static enum gv_err add(void)
{
    return gv_orders_add(2) > 0 ? GV_OK : GV_ERR_STORAGE;
}

static enum gv_err tick_at_once(void)
{
    return gv_orders_tick_after(0);
}

static enum gv_err bid(uint64_t order, unsigned solver, uint64_t amount)
{
    gv_orders_speak_as(names[solver], secrets[solver]);
    return gv_orders_bid(order, names[solver], amount, 100, NULL);
}

static enum gv_err bid_first(void)
{
    return bid(1, 0, 200);
}

static enum gv_err bid_second(void)
{
    return bid(2, 0, 300);
}

static enum gv_err bid_third(void)
{
    return bid(3, 0, 100);
}

static enum gv_err bid_behind(void)
{
    return bid(2, 1, 100);
}

static enum gv_err select_bids(void)
{
    return gv_orders_tick_after(5);
}

static enum gv_err claim_first(void)
{
    gv_orders_speak_as(names[0], secrets[0]);
    return gv_orders_claim(1, names[0], NULL);
}

static enum gv_err judge(void)
{
    return gv_orders_tick_after(13);
}

static enum gv_err judge_second(void)
{
    return gv_orders_tick_after(30);
}

/* Everything is old by now, and deleted. */
static enum gv_err forget(void)
{
    return gv_orders_tick_after(KEEP_S + 1);
}

static enum gv_err (*const steps[])(void) = {
    open_world, enlist_first, enlist_second, add,         tick_at_once, bid_first,
    bid_second, bid_behind,   select_bids,   claim_first, judge,        judge_second,
    forget,     add,          tick_at_once,  bid_third};
#define STEPS (sizeof(steps) / sizeof(steps[0]))

/* ---- what there must be after so many steps ----------------------------------------------------------- */

struct picture {
    uint64_t events;
    uint64_t oldest_event;
    uint64_t newest_id;
    uint32_t open[3];
    uint32_t bids;
    uint32_t selected, reassigned, claims, fulfilled, failed;
    uint64_t money[2][2];
};

static struct picture golden[STEPS + 1];
static uint32_t acknowledged;

static void look(struct picture *picture)
{
    static struct gv_solver_status solvers[GV_SOLVERS_MAX];
    struct gv_orders_status status;
    memset(picture, 0, sizeof(*picture));
    gv_engine_orders_status(gv_world_engine(), &status);
    picture->events = status.newest_event;
    picture->oldest_event = status.oldest_event;
    picture->newest_id = status.newest_id;
    memcpy(picture->open, status.open, sizeof(picture->open));
    picture->bids = gv_orders_events("BidReceived");
    picture->selected = gv_orders_events("BidSelected");
    picture->reassigned = gv_orders_events("OrderReassigned");
    picture->claims = gv_orders_events("ClaimAccepted");
    picture->fulfilled = gv_orders_events("OrderFulfilled");
    picture->failed = gv_orders_events("OrderFailedToFulfill");
    const uint32_t count = gv_engine_solvers(gv_world_engine(), solvers);
    for (uint32_t i = 0; i < count; i++) {
        const unsigned who = solvers[i].solver.id.text[1] == '2';
        picture->money[who][0] = solvers[i].available;
        picture->money[who][1] = solvers[i].locked;
    }
    assert_true(gv_orders_verified());
}

static void record_golden(void)
{
    gv_world_format();
    for (uint32_t i = 0; i < STEPS; i++) {
        const enum gv_err err = steps[i]();
        assert_int_equal(err, GV_OK);
        look(&golden[i + 1]);
    }
    gv_world_close();
    /* Not even the newest event was left when the third order came, and no number was given out twice. */
    assert_int_equal(golden[STEPS].newest_id, 4);
    assert_true(golden[STEPS].oldest_event > golden[1].oldest_event);
}

static void work(void *ctx)
{
    (void)ctx;
    bool good = true;
    acknowledged = 0;
    for (uint32_t i = 0; i < STEPS && good; i++) {
        good = steps[i]() == GV_OK;
        acknowledged += good;
    }
    if (acknowledged > 0) {
        gv_world_close();
    }
}

/* The state is that of the last acknowledged step, or of a step towards the next: a step of several
 * commits (registration and deposit) may be half done, a commit may not. */
static void check(void *ctx)
{
    (void)ctx;
    struct picture now;
    gv_world_set_orders(mode());
    assert_int_equal(gv_world_open(true), GV_OK);
    look(&now);
    const uint32_t next = acknowledged < STEPS ? acknowledged + 1 : acknowledged;
    if (memcmp(&now, &golden[next], sizeof(now)) != 0) {
        assert_memory_equal(&now, &golden[acknowledged], sizeof(now));
    }
    /* And it goes on to its end: nothing stays open, nothing is selected twice. */
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(gv_orders_tick_after(30), GV_OK);
    }
    look(&now);
    assert_int_equal(now.open[0] + now.open[1] + now.open[2], 0);
    assert_true(now.selected <= 2);
    assert_int_equal(now.money[0][1] + now.money[1][1], 0);
    assert_int_equal(now.selected + now.reassigned, now.fulfilled + now.failed);
    gv_world_close();
}

static void nothing_acknowledged_is_lost_when_the_power_fails_at_any_sync(void **state)
{
    (void)state;
    const struct gv_fault_run run = {.work = work, .check = check};
    assert_true(gv_fault_each_sync(&run, SEEDS) > STEPS);
}

static void a_refused_write_changes_nothing(void **state)
{
    (void)state;
    const struct gv_fault_run run = {.work = work, .check = check};
    assert_true(gv_fault_each_write(&run) > STEPS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_acknowledged_is_lost_when_the_power_fails_at_any_sync),
        cmocka_unit_test(a_refused_write_changes_nothing),
    };
    record_golden();
    return cmocka_run_group_tests_name("order_crash", tests, NULL, NULL);
}
