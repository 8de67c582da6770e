/* Sequencer: the three ports of the order auction, in one thread and one poll loop.
 *
 *   order port  ◄── batches, commitments, closures ── feed ◄── tick, snapshot ─┐
 *   bid port    ── one line, then closed ──► intake (two, by turns) ───────────┼── engine
 *   claim port  ── one line, then closed ──► ................................. ┘
 *
 * It owns the connections and nothing else: what a line means the engine judges, what is told the engine
 * has written, after the commit. All lines of a poll round go to it as one lent batch; while that is
 * being committed, the next ones are read into the other. When both are full nobody is read from.
 * A due tick goes before the lines and is committed without them: it waits for one commit at most.
 * A connection is closed as soon as its line was read: that tells nothing, as in the original.
 *
 * Hostile peers: a line ends at 64 KiB and after read_ms; a blank line ends a connection; each port has
 * its own places, an address takes a quarter of them (this machine: all). Lines longer than
 * GV_SEQUENCER_LINE_SHORT share a few long buffers. What a solver writes on the order port is read and
 * thrown away; one that lags more than GV_SEQUENCER_LAG_BYTES is dropped, and no other waits for it.
 * Encrypted ports: a connection is greeted first (the handshake, which costs milliseconds), within read_ms
 * too, at most GV_SEQUENCER_GREETS_MAX steps in a turn, so that a tick waits for a few at most. Bids and
 * claims must be proven there. The order port is heard by whoever comes in.
 * Limits: limits.h "Order auctions". Memory: one static instance, untouched while the module is off.
 * Thread: stated per function. Source: app/auction/orders/wire.h. */
#ifndef GV_APP_SEQUENCER_SEQUENCER_H
#define GV_APP_SEQUENCER_SEQUENCER_H

#include "app/engine/orders.h"
#include "hal/iface/clock.h"
#include "hal/iface/tcp.h"

enum gv_sequencer_port {
    GV_SEQUENCER_ORDERS,
    GV_SEQUENCER_BIDS,
    GV_SEQUENCER_CLAIMS,
    GV_SEQUENCER_PORTS
};
/** "orders", "bids", "claims": the label of metrics. */
const char *gv_sequencer_port_text(enum gv_sequencer_port port);

/** What stands between a socket and the engine. Also the label of the metric. */
#define GV_SEQUENCER_REFUSAL_LIST(X)                                                               \
    X(GV_SEQUENCER_CROWDED, "crowded")   /* too many connections of one address */                 \
    X(GV_SEQUENCER_FULL, "full")         /* too many connections, or no socket */                  \
    X(GV_SEQUENCER_TOO_LONG, "too_long") /* no line within 64 KiB, or no long buffer is free */    \
    X(GV_SEQUENCER_SILENT, "silent")     /* no line in time */                                     \
    X(GV_SEQUENCER_BLANK, "blank")       /* a blank line, or none */                               \
    X(GV_SEQUENCER_SYNTAX, "syntax")     /* no JSON, no message, a member missing or wrong */      \
    X(GV_SEQUENCER_PORT, "port")         /* a message of another port */                           \
    X(GV_SEQUENCER_UNPROVEN, "unproven") /* an authenticated port, and not its solver's line */    \
    X(GV_SEQUENCER_SLOW, "slow")         /* a solver that did not keep up */                       \
    X(GV_SEQUENCER_GREETING, "greeting") /* a handshake that failed */                             \
    X(GV_SEQUENCER_STORAGE, "storage")   /* good, but not stored: the database refused */

enum gv_sequencer_refusal {
#define GV_SEQUENCER_REFUSAL_ENUM(name, text) name,
    GV_SEQUENCER_REFUSAL_LIST(GV_SEQUENCER_REFUSAL_ENUM)
#undef GV_SEQUENCER_REFUSAL_ENUM
    GV_SEQUENCER_REFUSALS
};
const char *gv_sequencer_refusal_text(enum gv_sequencer_refusal refusal);

/** The engine, as far as the sequencer needs it: app/engine/orders.h, solvers.h. */
struct gv_sequencer_house {
    enum gv_err (*intake)(void *ctx, struct gv_order_intake *intake, struct gv_fail *fail);
    enum gv_err (*tick)(void *ctx, struct gv_order_tick *tick, struct gv_fail *fail);
    enum gv_err (*snapshot)(void *ctx, struct gv_order_snapshot *snapshot, struct gv_fail *fail);
    bool (*proven)(void *ctx, const struct gv_order_item *item);
    void *ctx;
};

#define GV_SEQUENCER_LISTENERS_MAX 6u
/* Steps of handshakes in a turn. */
#define GV_SEQUENCER_GREETS_MAX 2u

struct gv_sequencer_listener {
    enum gv_sequencer_port port;
    bool authenticated; /* takes proven lines only */
    bool encrypted;     /* its connections are greeted; places of their own */
};

struct gv_sequencer_config {
    struct gv_tcp tcp;
    const struct gv_clock *clock; /* kept */
    struct gv_sequencer_house house;
    struct gv_sequencer_listener listeners[GV_SEQUENCER_LISTENERS_MAX]; /* by number in tcp */
    uint32_t listeners_n;
    uint32_t tick_ms;
    uint32_t read_ms; /* from a connection's begin to its line */
    bool many_lines;  /* bids and claims: read on behind the first line */
};

struct gv_sequencer;

/** The one instance (static memory). */
struct gv_sequencer *gv_sequencer_instance(void);
/** Thread: main, before the memory seal. */
void gv_sequencer_init(struct gv_sequencer *sequencer, const struct gv_sequencer_config *config);
/** Forget it: tests that make several in one process. */
void gv_sequencer_deinit(struct gv_sequencer *sequencer);
/** One turn: wait, at most until the next tick and timeout_ms; serve; hand over. Thread: its own. */
void gv_sequencer_step(struct gv_sequencer *sequencer, uint32_t timeout_ms);
/** Turns until gv_sequencer_stop; then ends every connection and waits for the engine to give back what
 *  it was lent: the engine must still run. */
void gv_sequencer_run(struct gv_sequencer *sequencer);
/** Thread: any. */
void gv_sequencer_stop(struct gv_sequencer *sequencer);

/* Upper bounds of a tick's time, in ms; the last bucket has none. Fine around the goal of 20 ms. */
#define GV_SEQUENCER_BUCKETS 17u
extern const uint32_t gv_sequencer_bucket_ms[GV_SEQUENCER_BUCKETS - 1u];

struct gv_sequencer_stats {
    uint32_t connections[GV_SEQUENCER_PORTS]; /* now */
    uint64_t accepted[GV_SEQUENCER_PORTS];    /* connections, since the start */
    uint64_t lines[GV_SEQUENCER_PORTS];       /* handed to the engine */
    uint64_t refused[GV_SEQUENCER_REFUSALS];
    uint64_t batches;     /* of lines */
    uint64_t queue_bytes; /* not yet sent, of all solvers */
    uint64_t broadcast_bytes;
    uint64_t ticks;
    uint64_t tick_buckets[GV_SEQUENCER_BUCKETS]; /* from when it was due to when it was sent */
    uint64_t tick_ms_sum;
    uint64_t tick_late_ms; /* how late the last one began */
    uint64_t tick_late_ms_max;
};
/** Thread: any. */
void gv_sequencer_stats(struct gv_sequencer *sequencer, struct gv_sequencer_stats *stats);

#endif
