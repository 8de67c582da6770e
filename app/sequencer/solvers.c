/* The order port: what every solver is told. */
#include "app/sequencer/state.h"

#include "firmware/base/assert.h"
#include "firmware/base/log.h"

/* A page of a snapshot that was not taken in this time is not waited for: others want to join. */
#define PAGE_MS 5000u
/* What a solver may say in one turn. */
#define READ_MAX 16384u

static char page_text[GV_ORDER_LINES_MAX];
static struct gv_feed_line page_lines[GV_SEQUENCER_PAGE_LINES];
static char feed_text[GV_SEQUENCER_FEED_BYTES];
static struct gv_feed_line feed_lines[GV_SEQUENCER_FEED_LINES];

_Static_assert(sizeof(struct gv_feed_line) <= GV_SEQUENCER_FEED_LINE_BYTES, "see limits.h");
_Static_assert(GV_SEQUENCER_LAG_BYTES >= GV_ORDER_LINES_MAX, "one tick alone makes nobody slow");
_Static_assert(GV_SEQUENCER_FEED_BYTES >= GV_SEQUENCER_LAG_BYTES + GV_ORDER_LINES_MAX,
               "who lags is told before it is lost");

void gv_solvers_init(struct gv_sequencer *s)
{
    gv_feed_init(&s->feed, feed_text, sizeof(feed_text), feed_lines, GV_SEQUENCER_FEED_LINES);
    s->snapshot = (struct gv_order_snapshot){.lines = page_text};
    s->snapshot_open = false;
}

void gv_solvers_read(struct gv_sequencer *s, struct gv_connection *c)
{
    static char thrown_away[4096];
    for (size_t sum = 0; sum < READ_MAX;) {
        size_t got;
        const enum gv_err err = gv_net_recv(&c->net, thrown_away, sizeof(thrown_away), &got);
        if (err == GV_ERR_AGAIN) {
            return;
        }
        if (err != GV_OK) {
            gv_connection_end(s, c);
            return;
        }
        sum += got;
    }
}

/* ---- sending --------------------------------------------------------------------------------------- */

static void send_from(struct gv_sequencer *s, struct gv_connection *c, const struct gv_feed *feed,
                      struct gv_feed_place *place, struct gv_mono now)
{
    while (!c->dead && !c->blocked) {
        const struct gv_view run = gv_feed_peek(feed, place, now);
        size_t sent;
        if (run.n == 0) {
            return;
        }
        const enum gv_err err = gv_net_send(&c->net, run, &sent);
        if (err == GV_ERR_AGAIN) {
            c->blocked = true;
            place->offered = s->config.listeners[c->listener].encrypted ? (uint32_t)run.n : 0;
            gv_connection_watch(s, c);
        } else if (err != GV_OK) {
            gv_connection_end(s, c);
        } else {
            gv_feed_advance(feed, place, sent);
            s->stats.broadcast_bytes += sent;
        }
    }
}

static bool is_slow(const struct gv_sequencer *s, const struct gv_connection *c)
{
    return gv_feed_lost(&s->feed, &c->in_feed) ||
           gv_feed_behind(&s->feed, &c->in_feed) > GV_SEQUENCER_LAG_BYTES ||
           s->feed.next - c->in_feed.line > GV_SEQUENCER_LAG_LINES;
}

static void serve(struct gv_sequencer *s, struct gv_connection *c, struct gv_mono now)
{
    if (c->stage >= GV_SOLVER_JOINS && is_slow(s, c)) {
        gv_log(GV_LOG_UNUSUAL, "orders", "solver dropped: it does not read peer=%s", c->peer.text);
        gv_connection_refuse(s, c, GV_SEQUENCER_SLOW);
    } else if (c->stage == GV_SOLVER_JOINS) {
        send_from(s, c, &s->page, &c->in_snapshot, now);
    } else if (c->stage == GV_SOLVER_FOLLOWS) {
        send_from(s, c, &s->feed, &c->in_feed, now);
    }
}

void gv_solvers_serve(struct gv_sequencer *s, struct gv_mono now)
{
    struct gv_connection **solvers = s->open[GV_SEQUENCER_ORDERS];
    s->stats.queue_bytes = 0;
    for (uint32_t i = 0; i < s->open_n[GV_SEQUENCER_ORDERS]; i++) {
        struct gv_connection *c = solvers[i];
        if (!c->dead) {
            serve(s, c, now);
        }
        if (!c->dead && c->stage == GV_SOLVER_FOLLOWS) {
            s->stats.queue_bytes += gv_feed_behind(&s->feed, &c->in_feed);
        }
    }
}

/* ---- joining --------------------------------------------------------------------------------------- */

/* Number of solvers at a stage, all moved to another one (or the same). */
static uint32_t move(struct gv_sequencer *s, enum gv_solver_stage from, enum gv_solver_stage to)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < s->open_n[GV_SEQUENCER_ORDERS]; i++) {
        struct gv_connection *c = s->open[GV_SEQUENCER_ORDERS][i];
        if (!c->dead && c->stage == from) {
            c->stage = to;
            n++;
        }
    }
    return n;
}

/* Who still owes the page its reading; after PAGE_MS they go. */
static bool page_is_wanted(struct gv_sequencer *s, struct gv_mono now)
{
    bool wanted = false;
    for (uint32_t i = 0; i < s->open_n[GV_SEQUENCER_ORDERS]; i++) {
        struct gv_connection *c = s->open[GV_SEQUENCER_ORDERS][i];
        if (c->dead || c->stage != GV_SOLVER_JOINS ||
            gv_feed_behind(&s->page, &c->in_snapshot) == 0) {
            continue;
        }
        if (now.ms - s->page_since_ms > PAGE_MS) {
            gv_connection_refuse(s, c, GV_SEQUENCER_SLOW);
        } else {
            wanted = true;
        }
    }
    return wanted;
}

static void post(struct gv_sequencer *s)
{
    struct gv_fail fail;
    gv_lend(&s->snapshot_lent, &s->snapshot.call);
    if (s->config.house.snapshot(s->config.house.ctx, &s->snapshot, &fail) != GV_OK) {
        s->snapshot_lent.out = false; /* the next turn tries again */
    }
}

/* A page came: whoever waited joins with the first one. */
static void hand_out(struct gv_sequencer *s, struct gv_mono now)
{
    gv_feed_init(&s->page, page_text, sizeof(page_text), page_lines, GV_SEQUENCER_PAGE_LINES);
    gv_feed_adopt(&s->page, s->snapshot.lines_len, gv_clock_utc(s->config.clock), now);
    s->page_since_ms = now.ms;
    for (uint32_t i = 0; i < s->open_n[GV_SEQUENCER_ORDERS]; i++) {
        struct gv_connection *c = s->open[GV_SEQUENCER_ORDERS][i];
        if (!s->snapshot_open && c->stage == GV_SOLVER_WAITS) {
            c->stage = GV_SOLVER_JOINS;
            c->in_feed = gv_feed_end(&s->feed);
        }
        c->in_snapshot = (struct gv_feed_place){0};
    }
    s->snapshot_open = true;
}

void gv_solvers_collect(struct gv_sequencer *s, struct gv_mono now)
{
    if (!s->snapshot_lent.out || !gv_lent_back(&s->snapshot_lent)) {
        return;
    }
    if (s->snapshot.call.err != GV_OK) {
        s->snapshot.lines_len = 0; /* who joins hears of what comes */
        s->snapshot.more = false;
    }
    hand_out(s, now);
}

void gv_solvers_post(struct gv_sequencer *s, struct gv_mono now)
{
    /* Made before every tick that is not yet told: a later one would tell twice what the tick tells. */
    if (s->tick_lent.out || s->snapshot_lent.out || (s->snapshot_open && page_is_wanted(s, now))) {
        return;
    }
    if (s->snapshot_open && s->snapshot.more && move(s, GV_SOLVER_JOINS, GV_SOLVER_JOINS) > 0) {
        post(s);
        return;
    }
    s->snapshot_open = false;
    (void)move(s, GV_SOLVER_JOINS, GV_SOLVER_FOLLOWS);
    if (move(s, GV_SOLVER_WAITS, GV_SOLVER_WAITS) > 0) {
        s->snapshot.after = 0;
        post(s);
    }
}
