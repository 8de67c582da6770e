/* Shows: the engine's order auctions agree with a naive model after every sequence of bids, claims, ticks
 * and restarts in a tiny world of two orders and three solvers: in every verdict, every line that is to be
 * sent, every row of storage and the number of events in the log.
 * How: world A begins with two announced orders, world B with both committed and all solvers' bids known,
 * so that failures, late claims and second rounds are within reach. Every sequence gets orders of its own on
 * a disk that it shares with others. The model keeps no storage: a restart is nothing to it. */
#include "firmware/base/log.h"
#include "firmware/base/text.h"
#include "tests/support/orders_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum {
    ORDERS = 2,
    SOLVERS = 3,
    PAIRS = ORDERS * SOLVERS,
    DEPTH_STANDARD = 4,
    DEPTH_MAX = 7,
    TICK_S = 3,
    LONG_S = 100, /* whatever is open ends */
    SEQUENCES_PER_DISK = 64,
};

/* Solvers 0 and 1 promise the same. The bid of 1 ends before a full commitment does, that of 2 so early
 * that his time is over while he is still waited for. */
static const uint64_t outputs[SOLVERS] = {10, 10, 5};
static const int64_t lasts_s[SOLVERS] = {14, 6, 5};
static const char *const names[SOLVERS] = {"s0", "s1", "s2"};

static const struct gv_order_rules rules = {
    .batch = ORDERS, .collect_s = 2, .commit_s = 4, .grace_s = 2, .work_s = 2};

/* Actions: a bid or a claim of each solver for each order, a tick, a restart. */
enum {
    FIRST_BID = 0,
    FIRST_CLAIM = PAIRS,
    TICK = 2 * PAIRS,
    RESTART,
    ACTIONS,
};

/* ---- the model -------------------------------------------------------------------------------------- */

struct model_bid {
    uint32_t order;
    uint32_t solver;
    int64_t valid_till_s;
};

struct model_order {
    enum gv_order_state state;
    uint32_t round;
    uint32_t solver;
    int64_t deadline_s;
    bool claimed;
    bool failed[SOLVERS];
};

struct model {
    uint64_t first_id;
    int64_t began_s;
    int64_t now_s;
    uint64_t events;
    uint32_t bid_count;
    struct model_bid bids[PAIRS + DEPTH_MAX];
    struct model_order orders[ORDERS];
    char lines[2048]; /* of the last tick */
};

static bool is_open(const struct model *m, uint32_t order)
{
    return m->orders[order].state <= GV_ORDER_COMMITTED;
}

static void say(struct model *m, const char *line)
{
    const size_t n = strlen(m->lines);
    gv_format_cut(m->lines + n, sizeof(m->lines) - n, "%s\n", line);
}

static void say_commitment(struct model *m, uint32_t order)
{
    char line[256];
    const struct model_order *o = &m->orders[order];
    gv_format_cut(line, sizeof(line),
                  "{\"CommitmentNotification\":{\"order_id\":%u,\"solver_id\":\"%s\","
                  "\"input_amount\":%u,\"min_output_amount\":%u,\"deadline\":%lld}}",
                  (unsigned)m->first_id + order, names[o->solver], (unsigned)outputs[o->solver],
                  (unsigned)outputs[o->solver], (long long)o->deadline_s);
    say(m, line);
}

/* Is bid a good for its order now, and better than b? */
static bool is_good(const struct model *m, uint32_t a)
{
    const struct model_bid *bid = &m->bids[a];
    return bid->valid_till_s >= m->now_s + rules.work_s &&
           !m->orders[bid->order].failed[bid->solver];
}

static bool beats(const struct model *m, uint32_t a, uint32_t b, bool first)
{
    const struct model_bid *x = &m->bids[a];
    const struct model_bid *y = &m->bids[b];
    if (outputs[x->solver] != outputs[y->solver]) {
        return outputs[x->solver] > outputs[y->solver];
    }
    if (first && x->valid_till_s != y->valid_till_s) {
        return x->valid_till_s < y->valid_till_s;
    }
    return a > b;
}

/* The bid that no other one beats. Returns: false when there is none. */
static bool commit_to_best(struct model *m, uint32_t order)
{
    struct model_order *o = &m->orders[order];
    for (uint32_t i = 0; i < m->bid_count; i++) {
        bool best = m->bids[i].order == order && is_good(m, i);
        for (uint32_t k = 0; best && k < m->bid_count; k++) {
            best = k == i || m->bids[k].order != order || !is_good(m, k) ||
                   beats(m, i, k, o->round == 0);
        }
        if (best) {
            const int64_t full_s = m->now_s + rules.commit_s;
            o->state = GV_ORDER_COMMITTED;
            o->round++;
            o->solver = m->bids[i].solver;
            o->deadline_s = m->bids[i].valid_till_s < full_s ? m->bids[i].valid_till_s : full_s;
            m->events++; /* BidSelected, OrderReassigned */
            say_commitment(m, order);
            return true;
        }
    }
    o->state = GV_ORDER_EXPIRED;
    m->events++; /* OrderExpired */
    return false;
}

static void say_closed(struct model *m, const bool closed[ORDERS])
{
    for (uint32_t i = 0; i < ORDERS; i++) {
        char line[64];
        if (closed[i]) {
            gv_format_cut(line, sizeof(line), "{\"AuctionClosedNoWinner\":%u}",
                          (unsigned)m->first_id + i);
            say(m, line);
        }
    }
}

static void tick_model(struct model *m, uint32_t seconds)
{
    bool closed[ORDERS] = {false};
    m->now_s += seconds;
    m->lines[0] = '\0';
    for (uint32_t i = 0; i < ORDERS; i++) {
        if (m->orders[i].state == GV_ORDER_IN_AUCTION && m->now_s >= m->began_s + rules.collect_s) {
            closed[i] = !commit_to_best(m, i);
        }
    }
    say_closed(m, closed);
    memset(closed, 0, sizeof(closed));
    for (uint32_t i = 0; i < ORDERS; i++) {
        struct model_order *o = &m->orders[i];
        if (o->state != GV_ORDER_COMMITTED || m->now_s <= o->deadline_s + rules.grace_s) {
            continue;
        }
        m->events++; /* OrderFulfilled, OrderFailedToFulfill */
        if (o->claimed) {
            o->state = GV_ORDER_FULFILLED;
        } else {
            o->failed[o->solver] = true;
            closed[i] = !commit_to_best(m, i);
        }
    }
    say_closed(m, closed);
}

static const char *bid_in_model(struct model *m, uint32_t order, uint32_t solver)
{
    const struct model_order *o = &m->orders[order];
    if (!is_open(m, order)) {
        return "orders.unknown";
    }
    if (o->failed[solver]) {
        return "orders.solver_failed";
    }
    m->bids[m->bid_count++] = (struct model_bid){order, solver, m->now_s + lasts_s[solver]};
    m->events++; /* BidReceived */
    return "";
}

static const char *claim_in_model(struct model *m, uint32_t order, uint32_t solver)
{
    struct model_order *o = &m->orders[order];
    if (!is_open(m, order)) {
        return "orders.unknown";
    }
    if (o->state != GV_ORDER_COMMITTED) {
        return "orders.not_committed";
    }
    if (o->solver != solver) {
        return "orders.other_solver";
    }
    if (!o->claimed && m->now_s > o->deadline_s) {
        return "orders.late";
    }
    m->events += !o->claimed; /* ClaimAccepted */
    o->claimed = true;
    return "";
}

static uint32_t order_of(uint8_t action)
{
    return action % PAIRS / SOLVERS;
}

/* Returns: the verdict, "" for a good one. */
static const char *apply_to_model(struct model *m, uint8_t action)
{
    if (action < FIRST_CLAIM) {
        return bid_in_model(m, order_of(action), action % SOLVERS);
    }
    if (action < TICK) {
        return claim_in_model(m, order_of(action), action % SOLVERS);
    }
    if (action == TICK) {
        tick_model(m, TICK_S);
    }
    return "";
}

static void begin_model(struct model *m, uint64_t first_id, int64_t now_s, uint64_t events)
{
    memset(m, 0, sizeof(*m));
    m->first_id = first_id;
    m->began_s = m->now_s = now_s;
    m->events = events;
    for (uint32_t i = 0; i < ORDERS; i++) {
        m->orders[i].state = GV_ORDER_IN_AUCTION;
    }
}

/* ---- the engine --------------------------------------------------------------------------------------- */

static uint64_t newest_event(void)
{
    struct gv_orders_status status;
    gv_engine_orders_status(gv_world_engine(), &status);
    return status.newest_event;
}

static void compare(const struct model *m)
{
    for (uint32_t i = 0; i < ORDERS; i++) {
        const struct gv_order_row row = gv_orders_row(m->first_id + i);
        const struct model_order *o = &m->orders[i];
        assert_int_equal(row.order.state, o->state);
        assert_int_equal(row.order.commitment.round, o->round);
        assert_int_equal(row.order.claimed, o->claimed);
        if (o->round > 0) {
            assert_string_equal(row.order.commitment.solver.text, names[o->solver]);
            assert_int_equal(row.order.commitment.deadline_s, o->deadline_s);
            assert_int_equal(row.order.commitment.output, outputs[o->solver]);
        }
    }
    assert_int_equal(newest_event(), m->events);
}

static void apply(struct model *m, uint8_t action)
{
    const uint64_t id = m->first_id + order_of(action);
    const uint32_t solver = action % SOLVERS;
    const char *code = "";
    if (action < FIRST_CLAIM) {
        (void)gv_orders_bid(id, names[solver], outputs[solver], lasts_s[solver], &code);
    } else if (action < TICK) {
        (void)gv_orders_claim(id, names[solver], &code);
    } else if (action == TICK) {
        assert_int_equal(gv_orders_tick_after(TICK_S), GV_OK);
    } else {
        gv_world_close();
        assert_int_equal(gv_world_open(true), GV_OK);
    }
    assert_string_equal(code, apply_to_model(m, action));
    if (action == TICK) {
        assert_string_equal(gv_orders_lines(), m->lines);
    }
}

/* Is it refused now, or a claim that was made before? Then it changes nothing. */
static bool changes_nothing(const struct model *m, uint8_t action)
{
    struct model copy = *m;
    (void)apply_to_model(&copy, action);
    return action < TICK && copy.events == m->events;
}

static void refuse_all(struct model *m)
{
    for (uint8_t action = 0; action < TICK; action++) {
        if (changes_nothing(m, action)) {
            apply(m, action);
        }
    }
}

static void end_all(struct model *m)
{
    assert_int_equal(gv_orders_tick_after(LONG_S), GV_OK);
    tick_model(m, LONG_S);
    assert_string_equal(gv_orders_lines(), m->lines);
    compare(m);
}

/* ---- all sequences -------------------------------------------------------------------------------------- */

static struct gv_engine_orders_config config;
static uint32_t sequences;
static uint32_t reached[GV_ORDER_STATES];
static uint32_t second_rounds;

static void fresh_disk(void)
{
    if (sequences > 0) {
        assert_true(gv_orders_verified());
        gv_world_close();
    }
    gv_world_format();
    gv_world_set_orders(&config);
    assert_int_equal(gv_world_open(true), GV_OK);
}

static void play(const uint8_t *before, uint32_t before_count, const uint8_t *actions,
                 uint32_t count)
{
    if (sequences % SEQUENCES_PER_DISK == 0) {
        fresh_disk();
    }
    sequences++;
    struct model m;
    const uint64_t first_id = gv_orders_add(ORDERS);
    assert_int_equal(gv_orders_tick_after(0), GV_OK);
    begin_model(&m, first_id, gv_clock_utc(gv_world_time()).s, newest_event());
    for (uint32_t i = 0; i < before_count; i++) {
        apply(&m, before[i]);
    }
    for (uint32_t i = 0; i < count; i++) {
        apply(&m, actions[i]);
    }
    refuse_all(&m);
    compare(&m);
    end_all(&m);
    for (uint32_t i = 0; i < ORDERS; i++) {
        reached[m.orders[i].state]++;
        second_rounds += m.orders[i].round > 1;
    }
}

static uint8_t playing[DEPTH_MAX];
static uint32_t depth;
static bool completed;

/* What changes nothing is tried at the end of every sequence; actions for different orders between two
 * ticks may change places; one restart shows as much as two. */
static bool is_worth_it(const uint8_t *before, uint32_t before_count)
{
    struct model m;
    uint32_t restarts = 0;
    begin_model(&m, 1, 0, 0);
    for (uint32_t i = 0; i < before_count; i++) {
        (void)apply_to_model(&m, before[i]);
    }
    for (uint32_t i = 0; i < depth; i++) {
        const uint8_t action = playing[i];
        const uint8_t prev = i > 0 ? playing[i - 1] : TICK;
        restarts += action == RESTART;
        if (restarts > 1 || changes_nothing(&m, action)) {
            return false;
        }
        if (prev < TICK && action < TICK && order_of(prev) > order_of(action)) {
            return false;
        }
        (void)apply_to_model(&m, action);
    }
    return true;
}

static void play_all(const uint8_t *before, uint32_t before_count)
{
    memset(playing, 0, sizeof(playing));
    completed = false;
    for (;;) {
        uint32_t at = 0;
        if (is_worth_it(before, before_count)) {
            play(before, before_count, playing, depth);
        }
        while (at < depth && playing[at] == ACTIONS - 1) {
            playing[at++] = 0;
        }
        if (at == depth) {
            break;
        }
        playing[at]++;
    }
    completed = true;
}

static void two_announced_orders_agree_with_the_model(void **state)
{
    (void)state;
    play_all(NULL, 0);
    assert_true(reached[GV_ORDER_FULFILLED] > 0);
    assert_true(reached[GV_ORDER_EXPIRED] > 0);
}

static void two_committed_orders_agree_with_the_model(void **state)
{
    (void)state;
    static const uint8_t before[] = {0, 1, 2, 3, 4, 5, TICK};
    const uint32_t rounds = second_rounds;
    play_all(before, sizeof(before));
    assert_true(second_rounds > rounds);
    print_message("%u sequences of %u actions\n", sequences, depth);
}

static int report(void **state)
{
    (void)state;
    for (uint32_t i = 0; !completed && i < depth; i++) {
        print_error("%s%u%s", i == 0 ? "failed sequence: " : " ", playing[i],
                    i + 1 == depth ? "\n" : "");
    }
    gv_world_close();
    sequences = 0;
    return 0;
}

int main(void)
{
    const char *wanted = getenv("GAVEL_EXHAUSTIVE_DEPTH");
    depth = wanted != NULL ? (uint32_t)strtoul(wanted, NULL, 10) : DEPTH_STANDARD;
    if (depth < 3 || depth > DEPTH_MAX) {
        (void)fprintf(stderr, "GAVEL_EXHAUSTIVE_DEPTH: 3 .. %d\n", DEPTH_MAX);
        return 1;
    }
    config = gv_orders_claim_mode;
    config.rules = rules;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(two_announced_orders_agree_with_the_model, report),
        cmocka_unit_test_teardown(two_committed_orders_agree_with_the_model, report),
    };
    gv_log_set_level(GV_LOG_BROKEN);
    return cmocka_run_group_tests_name("order_engine", tests, NULL, NULL);
}
