/* The loop: what is ready, what came back, what is due. */
#include "app/sequencer/state.h"

#include "firmware/base/assert.h"
#include "firmware/base/beat.h"
#include "firmware/base/log.h"

#include <string.h>

#define READY_MAX 128u
#define SWEEP_MS  250u

static struct gv_sequencer the_sequencer;
static char tick_lines[GV_ORDER_LINES_MAX];

const uint32_t gv_sequencer_bucket_ms[GV_SEQUENCER_BUCKETS - 1u] = {
    1, 2, 4, 6, 8, 10, 12, 14, 16, 20, 25, 35, 50, 100, 250, 1000};

struct gv_sequencer *gv_sequencer_instance(void)
{
    return &the_sequencer;
}

const char *gv_sequencer_port_text(enum gv_sequencer_port port)
{
    static const char *const texts[GV_SEQUENCER_PORTS] = {"orders", "bids", "claims"};
    GV_ASSERT(port < GV_SEQUENCER_PORTS);
    return texts[port];
}

const char *gv_sequencer_refusal_text(enum gv_sequencer_refusal refusal)
{
    static const char *const texts[GV_SEQUENCER_REFUSALS] = {
#define REFUSAL_TEXT(name, text) text,
        GV_SEQUENCER_REFUSAL_LIST(REFUSAL_TEXT)
#undef REFUSAL_TEXT
    };
    GV_ASSERT(refusal < GV_SEQUENCER_REFUSALS);
    return texts[refusal];
}

/* ---- lending --------------------------------------------------------------------------------------- */

/* Thread: engine. */
static void on_done(void *ctx, struct gv_order_call *call)
{
    struct gv_lent *lent = ctx;
    struct gv_sequencer *s = lent->sequencer;
    (void)call;
    pthread_mutex_lock(&s->lock);
    atomic_store(&lent->done, true);
    pthread_cond_signal(&s->back);
    pthread_mutex_unlock(&s->lock);
    gv_tcp_wake(&s->config.tcp);
}

void gv_lend(struct gv_lent *lent, struct gv_order_call *call)
{
    GV_ASSERT(!lent->out);
    lent->out = true;
    atomic_store(&lent->done, false);
    *call = (struct gv_order_call){.done = on_done, .ctx = lent};
}

bool gv_lent_back(struct gv_lent *lent)
{
    GV_ASSERT(lent->out);
    lent->out = !atomic_load(&lent->done);
    return !lent->out;
}

void gv_lent_wait(struct gv_lent *lent)
{
    struct gv_sequencer *s = lent->sequencer;
    pthread_mutex_lock(&s->lock);
    while (!atomic_load(&lent->done)) {
        pthread_cond_wait(&s->back, &s->lock);
    }
    pthread_mutex_unlock(&s->lock);
}

/* ---- ticks ----------------------------------------------------------------------------------------- */

static void note_tick(struct gv_sequencer *s, uint64_t took_ms)
{
    unsigned bucket = 0;
    while (bucket + 1u < GV_SEQUENCER_BUCKETS && took_ms > gv_sequencer_bucket_ms[bucket]) {
        bucket++;
    }
    s->stats.tick_buckets[bucket]++;
    s->stats.tick_ms_sum += took_ms;
    s->stats.ticks++;
}

static void collect_tick(struct gv_sequencer *s, struct gv_mono now)
{
    if (s->tick.call.err != GV_OK) {
        gv_log(GV_LOG_BROKEN, "orders", "tick failed code=%s", s->tick.call.fail.code);
        return; /* nothing has happened: the next one does it all */
    }
    gv_feed_append(&s->feed, gv_view_of(s->tick.lines, s->tick.lines_len),
                   gv_clock_utc(s->config.clock), now);
    s->tick_more = s->tick.more;
    s->tick_is_news = true;
}

/* The schedule is absolute: a late tick does not delay the next; those that were slept through are one.
 * What one tick has left over, the next does at once. */
static void post_tick(struct gv_sequencer *s, struct gv_mono now)
{
    struct gv_fail fail;
    const bool due = now.ms >= s->tick_due_ms;
    if (s->tick_lent.out || (!due && !s->tick_more)) {
        return;
    }
    gv_lend(&s->tick_lent, &s->tick.call);
    if (s->config.house.tick(s->config.house.ctx, &s->tick, &fail) != GV_OK) {
        s->tick_lent.out = false; /* the next turn tries again */
        return;
    }
    s->tick_more = false;
    s->ticked_last = true;
    s->tick_was_due_ms = now.ms;
    if (due) {
        const uint64_t late_ms = now.ms - s->tick_due_ms;
        s->stats.tick_late_ms = late_ms;
        s->stats.tick_late_ms_max =
            late_ms > s->stats.tick_late_ms_max ? late_ms : s->stats.tick_late_ms_max;
        s->tick_was_due_ms = s->tick_due_ms;
        s->tick_due_ms += (late_ms / s->config.tick_ms + 1u) * s->config.tick_ms;
    }
}

/* Send what there is. A tick's time ends when every solver that reads has been sent it. */
static void serve_solvers(struct gv_sequencer *s)
{
    gv_solvers_serve(s, gv_clock_mono(s->config.clock));
    if (s->tick_is_news) {
        note_tick(s, gv_clock_mono(s->config.clock).ms - s->tick_was_due_ms);
        s->tick_is_news = false;
    }
}

/* ---- the engine's answers -------------------------------------------------------------------------- */

/* The engine gives back in the order in which it worked: what it did before a tick is taken up before. */
static void collect(struct gv_sequencer *s, struct gv_mono now)
{
    const bool tick_is_back = s->tick_lent.out && gv_lent_back(&s->tick_lent);
    gv_intake_collect(s);
    gv_solvers_collect(s, now);
    if (tick_is_back) {
        collect_tick(s, now);
    }
}

/* A due tick goes before the lines and is committed without them, so it waits for one commit at most.
 * After a tick the lines go first: ticks that take longer than their period do not shut them out. */
static void post(struct gv_sequencer *s, struct gv_mono now)
{
    if (!s->ticked_last) {
        post_tick(s, now);
    }
    if (!s->tick_lent.out && gv_intake_post(s)) {
        s->ticked_last = false;
    }
    post_tick(s, now);
}

bool gv_sequencer_make_room(struct gv_sequencer *s)
{
    struct gv_lent *lent = s->tick_lent.out ? &s->tick_lent : &s->intake_lent[1u - s->filling];
    const bool waits = lent->out;
    if (waits) {
        gv_lent_wait(lent);
    }
    const struct gv_mono now = gv_clock_mono(s->config.clock);
    collect(s, now);
    serve_solvers(s);
    post(s, now);
    return waits || s->tick_lent.out;
}

/* ---- a turn ---------------------------------------------------------------------------------------- */

static void on_ready(struct gv_sequencer *s, const struct gv_tcp_ready *ready, struct gv_mono now)
{
    if (ready->token >= GV_TCP_LISTENER) {
        gv_connections_accept(s, ready->token - GV_TCP_LISTENER, now);
        return;
    }
    struct gv_connection *c = gv_connection_of(ready->token);
    if (c == NULL) {
        return;
    }
    if (c->blocked && (ready->what & GV_TCP_WRITE) != 0) {
        c->blocked = false;
        gv_connection_watch(s, c);
    }
    if ((ready->what & GV_TCP_READ) == 0 || !gv_connection_greet(s, c)) {
        return;
    }
    if (c->port == GV_SEQUENCER_ORDERS) {
        gv_solvers_read(s, c);
    } else {
        gv_intake_read(s, c);
    }
}

/* Whoever was to send a line, or to be greeted, and was not. */
static void sweep(struct gv_sequencer *s, struct gv_mono now)
{
    if (now.ms - s->swept_ms < SWEEP_MS) {
        return;
    }
    s->swept_ms = now.ms;
    for (unsigned port = 0; port < GV_SEQUENCER_PORTS; port++) {
        for (uint32_t i = 0; i < s->open_n[port]; i++) {
            struct gv_connection *c = s->open[port][i];
            const bool waited_for = port != GV_SEQUENCER_ORDERS || !c->greeted;
            if (!c->dead && waited_for && now.ms - c->opened_ms >= s->config.read_ms) {
                gv_connection_refuse(s, c, GV_SEQUENCER_SILENT);
            }
        }
    }
}

static void publish(struct gv_sequencer *s)
{
    memcpy(s->stats.connections, s->open_n, sizeof(s->stats.connections));
    pthread_mutex_lock(&s->lock);
    s->published = s->stats;
    pthread_mutex_unlock(&s->lock);
}

static uint32_t time_to_wait(const struct gv_sequencer *s, uint32_t timeout_ms, struct gv_mono now)
{
    const uint64_t to_tick = s->tick_due_ms > now.ms ? s->tick_due_ms - now.ms : 0;
    const uint64_t wait_ms = !s->tick_lent.out && to_tick < timeout_ms ? to_tick : timeout_ms;
    return wait_ms < SWEEP_MS ? (uint32_t)wait_ms : SWEEP_MS;
}

void gv_sequencer_step(struct gv_sequencer *s, uint32_t timeout_ms)
{
    struct gv_tcp_ready ready[READY_MAX];
    const uint32_t wait_ms = time_to_wait(s, timeout_ms, gv_clock_mono(s->config.clock));
    const uint32_t n = gv_tcp_wait(&s->config.tcp, ready, READY_MAX, wait_ms);
    const struct gv_mono now = gv_clock_mono(s->config.clock);
    s->greets = 0;
    for (uint32_t i = 0; i < n; i++) {
        on_ready(s, &ready[i], now);
    }
    sweep(s, now);
    collect(s, now);
    gv_solvers_post(s, now);
    serve_solvers(s);
    post(s, now);
    gv_connections_bury(s);
    publish(s);
}

/* ---- life ------------------------------------------------------------------------------------------ */

void gv_sequencer_init(struct gv_sequencer *s, const struct gv_sequencer_config *config)
{
    GV_ASSERT(config->tick_ms > 0);
    GV_ASSERT(config->listeners_n <= GV_SEQUENCER_LISTENERS_MAX);
    memset(s, 0, sizeof(*s));
    s->config = *config;
    GV_ASSERT(pthread_mutex_init(&s->lock, NULL) == 0);
    GV_ASSERT(pthread_cond_init(&s->back, NULL) == 0);
    struct gv_lent *lent[] = {&s->intake_lent[0], &s->intake_lent[1], &s->tick_lent,
                              &s->snapshot_lent};
    for (size_t i = 0; i < sizeof(lent) / sizeof(lent[0]); i++) {
        lent[i]->sequencer = s;
    }
    s->tick = (struct gv_order_tick){.lines = tick_lines};
    gv_connections_init(s);
    gv_intake_init(s);
    gv_solvers_init(s);
    s->swept_ms = gv_clock_mono(config->clock).ms;
    s->tick_due_ms = s->swept_ms + config->tick_ms;
}

static void end_all(struct gv_sequencer *s)
{
    for (unsigned port = 0; port < GV_SEQUENCER_PORTS; port++) {
        for (uint32_t i = 0; i < s->open_n[port]; i++) {
            gv_connection_end(s, s->open[port][i]);
        }
    }
    gv_connections_bury(s);
}

static void await_lent(struct gv_sequencer *s)
{
    struct gv_lent *lent[] = {&s->intake_lent[0], &s->intake_lent[1], &s->tick_lent,
                              &s->snapshot_lent};
    for (size_t i = 0; i < sizeof(lent) / sizeof(lent[0]); i++) {
        if (lent[i]->out) {
            gv_lent_wait(lent[i]);
            lent[i]->out = false;
        }
    }
}

void gv_sequencer_deinit(struct gv_sequencer *s)
{
    end_all(s);
    await_lent(s);
    gv_intake_deinit();
    gv_connections_deinit();
    pthread_cond_destroy(&s->back);
    pthread_mutex_destroy(&s->lock);
}

void gv_sequencer_run(struct gv_sequencer *s)
{
    while (!atomic_load(&s->stop)) {
        gv_beat();
        gv_sequencer_step(s, SWEEP_MS);
    }
    end_all(s);
    await_lent(s);
    publish(s);
}

void gv_sequencer_stop(struct gv_sequencer *s)
{
    atomic_store(&s->stop, true);
    gv_tcp_wake(&s->config.tcp);
}

void gv_sequencer_stats(struct gv_sequencer *s, struct gv_sequencer_stats *stats)
{
    pthread_mutex_lock(&s->lock);
    *stats = s->published;
    pthread_mutex_unlock(&s->lock);
}
