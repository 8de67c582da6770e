/* State of the sequencer's thread. Internal to app/sequencer. Thread: the sequencer's, unless said
 * otherwise. */
#ifndef GV_APP_SEQUENCER_STATE_H
#define GV_APP_SEQUENCER_STATE_H

#include "app/sequencer/feed.h"
#include "app/sequencer/sequencer.h"
#include "firmware/base/pool.h"

#include <stdatomic.h>

/* What the order port has still to tell a solver. */
enum gv_solver_stage {
    GV_SOLVER_ARRIVES, /* and is not yet greeted */
    GV_SOLVER_WAITS,   /* for the next snapshot to begin */
    GV_SOLVER_JOINS,   /* is being sent the snapshot */
    GV_SOLVER_FOLLOWS  /* the feed */
};

struct gv_connection {
    struct gv_net net;
    struct gv_tcp_peer peer;
    enum gv_sequencer_port port;
    uint32_t listener;
    bool greeted;
    bool dead; /* freed at the end of this turn: no event of it can name the slot any more */
    uint64_t opened_ms;

    /* order port */
    enum gv_solver_stage stage;
    struct gv_feed_place in_snapshot;
    struct gv_feed_place in_feed;
    bool blocked; /* the socket takes no more */

    /* bid and claim port */
    char *line; /* `line_short`, or a long one */
    uint32_t n;
    char line_short[GV_SEQUENCER_LINE_SHORT + GV_JSON_PADDING];
};

/* A call is lent to the engine from post to done. */
struct gv_lent {
    struct gv_sequencer *sequencer;
    bool out;         /* the engine has it */
    atomic_bool done; /* and gives it back: set by the engine's thread */
};

struct gv_sequencer {
    struct gv_sequencer_config config;
    atomic_bool stop;
    pthread_mutex_t lock; /* `back`, and `published` */
    pthread_cond_t back;  /* a lent call is done */
    struct gv_sequencer_stats published;

    struct gv_sequencer_stats stats;
    struct gv_connection *open[GV_SEQUENCER_PORTS][GV_SEQUENCER_CONNECTIONS_MAX];
    uint32_t open_n[GV_SEQUENCER_PORTS];
    uint32_t held[GV_SEQUENCER_LISTENERS_MAX]; /* connections of each listener */
    uint32_t greets;                           /* steps of handshakes in this turn */
    bool any_dead;
    uint64_t swept_ms;

    struct gv_order_intake intakes[2];
    struct gv_lent intake_lent[2];
    unsigned filling; /* which of the two is being filled */

    struct gv_order_tick tick;
    struct gv_lent tick_lent;
    uint64_t tick_due_ms;     /* the next one */
    uint64_t tick_was_due_ms; /* the one that is out */
    bool tick_more;           /* the last one left something */
    bool tick_is_news;        /* the last one is not yet sent */
    bool ticked_last;         /* the engine was given no lines since */

    struct gv_order_snapshot snapshot;
    struct gv_lent snapshot_lent;
    bool snapshot_open;     /* from its first page until the last joiner has it */
    uint64_t page_since_ms; /* the page that is being sent came then */
    struct gv_feed page;    /* of the snapshot */
    struct gv_feed feed;
};

/* ---- connections.c ---- */

/** Once per process, before the memory seal. */
void gv_connections_init(struct gv_sequencer *s);
void gv_connections_deinit(void);
/** Take in whoever waits at a listener. */
void gv_connections_accept(struct gv_sequencer *s, uint32_t listener, struct gv_mono now);
/** Go on with its handshake as far as this turn allows. Returns: whether bytes may flow. */
GV_MUST_USE bool gv_connection_greet(struct gv_sequencer *s, struct gv_connection *c);
/** End one, or count why. Idempotent. */
void gv_connection_end(struct gv_sequencer *s, struct gv_connection *c);
void gv_connection_refuse(struct gv_sequencer *s, struct gv_connection *c,
                          enum gv_sequencer_refusal why);
/** Be told when there is something to read, and to write when it is blocked. */
void gv_connection_watch(struct gv_sequencer *s, struct gv_connection *c);
/** The connection behind a token; NULL when it has ended. */
struct gv_connection *gv_connection_of(uint32_t token);
/** Free the dead. */
void gv_connections_bury(struct gv_sequencer *s);

/* ---- intake.c ---- */

void gv_intake_init(struct gv_sequencer *s);
void gv_intake_deinit(void);
/** Read from a connection of the bid or claim port. */
void gv_intake_read(struct gv_sequencer *s, struct gv_connection *c);
/** Give the lines of this turn to the engine, unless it still has the other half. Returns: whether it took
 *  some. */
bool gv_intake_post(struct gv_sequencer *s);
/** Take back what the engine has judged. */
void gv_intake_collect(struct gv_sequencer *s);
/** Give back a long line. */
void gv_intake_drop_line(struct gv_connection *c);

/* ---- solvers.c ---- */

void gv_solvers_init(struct gv_sequencer *s);
/** Read and forget what a solver says; end it when it has ended. */
void gv_solvers_read(struct gv_sequencer *s, struct gv_connection *c);
/** Send every solver what it has not yet had, as far as its socket takes it. */
void gv_solvers_serve(struct gv_sequencer *s, struct gv_mono now);
/** Hand out a page of a snapshot that came. Before anything is appended to the feed that the engine did
 *  after it. */
void gv_solvers_collect(struct gv_sequencer *s, struct gv_mono now);
/** Ask for the next page, or for a snapshot when somebody waits for one. */
void gv_solvers_post(struct gv_sequencer *s, struct gv_mono now);

/* ---- sequencer.c ---- */

/** Both halves are full: wait for the engine's next answer and give it what is due, a tick first. Returns:
 *  false: there is nothing to wait for, the engine takes no more. */
GV_MUST_USE bool gv_sequencer_make_room(struct gv_sequencer *s);

/** Prepare a call for lending; `done` and `ctx` of it are set. */
void gv_lend(struct gv_lent *lent, struct gv_order_call *call);
/** Was a lent call given back? Then it is ours again. */
GV_MUST_USE bool gv_lent_back(struct gv_lent *lent);
/** Wait until it is given back. */
void gv_lent_wait(struct gv_lent *lent);

#endif
