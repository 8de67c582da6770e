/* The sequencer's thread between simulated peers and an engine that does what the test says. */
#ifndef GV_TESTS_UNIT_SEQUENCER_HOUSE_H
#define GV_TESTS_UNIT_SEQUENCER_HOUSE_H

#include "app/sequencer/sequencer.h"
#include "firmware/base/mem.h"
#include "hal/sim/clock.h"
#include "hal/sim/tcp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define LOOPBACK 0x7f000001u
#define FAR      0x0a000001u

enum {
    ORDERS,
    BIDS,
    CLAIMS,
    PROVEN_BIDS,
    SECRET_BIDS,
    SECRET_ORDERS
};

static struct gv_sim_tcp sim;
static struct gv_sim_clock sim_clock;
static struct gv_clock simulated_clock;
static struct gv_sequencer *s;
static bool claims_must_be_proven; /* as the next one begins */

/* The engine: gives back at once unless it holds; keeps a copy of what it was handed. */
static struct {
    bool holds;
    bool full;
    enum gv_err answers; /* what it says of intakes and ticks when it gives them back */
    struct gv_order_intake *held_intake;
    struct gv_order_item items[2048];
    uint32_t items_n;
    uint32_t batches;
    uint32_t ticks;
    const char *tick_lines;
    bool tick_more;
    uint32_t snapshots;
    const char *pages[3];
    bool holds_ticks;
    struct gv_order_tick *held_tick;
    bool holds_snapshot;
    struct gv_order_snapshot *held_snapshot;
    char posts[16]; /* what came in which order: 'i'ntakes, 't'icks */
    bool proves;
} house;

static inline void note_post(char what)
{
    const size_t n = strlen(house.posts);
    if (n + 1 < sizeof(house.posts)) {
        house.posts[n] = what;
    }
}

static inline enum gv_err take_intake(void *ctx, struct gv_order_intake *intake,
                                      struct gv_fail *fail)
{
    (void)ctx;
    if (house.full) {
        return gv_fail(fail, GV_ERR_FULL, "engine.busy", "full");
    }
    house.batches++;
    note_post('i');
    for (uint32_t i = 0; i < intake->count; i++) {
        house.items[house.items_n++] = intake->items[i];
    }
    intake->call.err = house.answers;
    if (house.holds) {
        house.held_intake = intake;
    } else {
        intake->call.done(intake->call.ctx, &intake->call);
    }
    return GV_OK;
}

static inline void give_back_intake(void)
{
    struct gv_order_intake *intake = house.held_intake;
    house.held_intake = NULL;
    intake->call.done(intake->call.ctx, &intake->call);
}

static inline size_t fill(char *out, const char *text)
{
    const size_t n = text != NULL ? strlen(text) : 0;
    if (n > 0) {
        memcpy(out, text, n);
    }
    return n;
}

static inline enum gv_err take_tick(void *ctx, struct gv_order_tick *tick, struct gv_fail *fail)
{
    (void)ctx;
    (void)fail;
    house.ticks++;
    note_post('t');
    tick->lines_len = fill(tick->lines, house.tick_lines);
    tick->more = house.tick_more;
    house.tick_more = false;
    house.tick_lines = NULL;
    tick->call.err = house.answers;
    if (house.holds_ticks) {
        house.held_tick = tick;
    } else {
        tick->call.done(tick->call.ctx, &tick->call);
    }
    return GV_OK;
}

static inline void give_back_tick(void)
{
    struct gv_order_tick *tick = house.held_tick;
    house.held_tick = NULL;
    tick->call.done(tick->call.ctx, &tick->call);
}

static inline enum gv_err take_snapshot(void *ctx, struct gv_order_snapshot *snapshot,
                                        struct gv_fail *fail)
{
    (void)ctx;
    (void)fail;
    house.snapshots++;
    snapshot->lines_len = fill(snapshot->lines, house.pages[snapshot->after]);
    snapshot->after++;
    snapshot->more = snapshot->after < 3 && house.pages[snapshot->after] != NULL;
    if (house.holds_snapshot) {
        house.held_snapshot = snapshot;
    } else {
        snapshot->call.done(snapshot->call.ctx, &snapshot->call);
    }
    return GV_OK;
}

static inline void give_back_snapshot(void)
{
    struct gv_order_snapshot *snapshot = house.held_snapshot;
    house.held_snapshot = NULL;
    snapshot->call.done(snapshot->call.ctx, &snapshot->call);
}

static inline bool is_proven(void *ctx, const struct gv_order_item *item)
{
    (void)ctx;
    (void)item;
    return house.proves;
}

static inline void begin(bool many_lines)
{
    memset(&house, 0, sizeof(house));
    gv_mem_unseal();
    simulated_clock =
        gv_sim_clock_init(&sim_clock, (struct gv_mono){5000}, (struct gv_utc){1795210487});
    struct gv_sequencer_config config = {
        .clock = &simulated_clock,
        .house = {.intake = take_intake,
                  .tick = take_tick,
                  .snapshot = take_snapshot,
                  .proven = is_proven},
        .listeners = {{.port = GV_SEQUENCER_ORDERS},
                      {.port = GV_SEQUENCER_BIDS},
                      {.port = GV_SEQUENCER_CLAIMS, .authenticated = claims_must_be_proven},
                      {.port = GV_SEQUENCER_BIDS, .authenticated = true},
                      {.port = GV_SEQUENCER_BIDS, .encrypted = true},
                      {.port = GV_SEQUENCER_ORDERS, .encrypted = true}},
        .listeners_n = 6,
        .tick_ms = 2000,
        .read_ms = 5000,
        .many_lines = many_lines,
    };
    gv_sim_tcp_init(&config.tcp, &sim);
    s = gv_sequencer_instance();
    gv_sequencer_init(s, &config);
}

static inline int setup(void **state)
{
    (void)state;
    begin(false);
    return 0;
}

static inline int teardown(void **state)
{
    (void)state;
    if (house.held_intake != NULL) {
        give_back_intake();
    }
    if (house.held_tick != NULL) {
        give_back_tick();
    }
    gv_sequencer_deinit(s);
    return 0;
}

static inline void steps(unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        gv_sequencer_step(s, 0);
    }
}

static inline uint64_t refused(enum gv_sequencer_refusal why)
{
    struct gv_sequencer_stats stats;
    gv_sequencer_stats(s, &stats);
    return stats.refused[why];
}

static inline uint32_t connected(enum gv_sequencer_port port)
{
    struct gv_sequencer_stats stats;
    gv_sequencer_stats(s, &stats);
    return stats.connections[port];
}

static inline void say(struct gv_sim_peer *peer, const char *text)
{
    assert_int_equal(gv_sim_say(peer, text, strlen(text)), strlen(text));
}

#define BID(order)                                                                                 \
    "{\"SubmitBid\":{\"order_id\":" order ",\"solver_id\":\"s1\",\"max_input\":174,"               \
    "\"conversion_rate\":0.9646770440214334,\"valid_till\":1795210509}}"
#define CLAIM "{\"FulfillmentComplete\":{\"order_id\":3,\"solver_id\":\"s1\"}}"

#endif
