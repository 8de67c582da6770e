/* Live: every long-lived client of the box in one thread and one poll loop.
 *
 *   publish (any thread) ──► shared ring of events ──wake──► live thread (epoll)
 *   worker ──take──► inbox ─────────────────────────────────►  │ one seat per client: net, subscriptions,
 *                                                              │ a place in the ring, one frame on its way
 *                                                              └─► send without blocking
 *
 * One protocol, gavel.v1, over three transports: WebSocket, server-sent events, long poll. An event
 * lies once in the ring, which gives it its number; a client is a place in the ring, so the one that
 * comes back names the last number it has and gets what it missed. What lies too far back, and the first
 * frame of a channel, is a snapshot: the state now.
 *
 *   {"v":1,"ch":"auction:42","seq":1094,"type":"listing","ts":"2026-11-20T21:31:17.120Z","data":{...}}
 *
 * Nobody waits for a client: one that lags more than GV_LIVE_LAG_EVENTS frames is closed (4008).
 * Topics marked raw are streams of other programs: their events go out as they are published, to the
 * clients of their own route, through a ring of their own.
 * Limits: limits.h "Live". One per process. Thread: stated per function. */
#ifndef GV_WEB_LIVE_LIVE_H
#define GV_WEB_LIVE_LIVE_H

#include "web/server/server.h"

/** Why a client ended; also the label of the metric. */
#define GV_LIVE_END_LIST(X)                                                                        \
    X(GV_LIVE_END_CLOSED, "closed")     /* the client closed or went away */                       \
    X(GV_LIVE_END_ANSWERED, "answered") /* a long poll that got its answer */                      \
    X(GV_LIVE_END_SLOW, "slow")         /* 4008: it could not follow */                            \
    X(GV_LIVE_END_SILENT, "silent") /* no pong or progress in time, or a frame never finished */   \
    X(GV_LIVE_END_PROTOCOL, "protocol") /* 1002, 1007, 1009: broken or oversized frames */         \
    X(GV_LIVE_END_DENIED, "denied")   /* 4001: it may not hear what it asked for, or no longer */  \
    X(GV_LIVE_END_REFUSED, "refused") /* 1013: full */                                             \
    X(GV_LIVE_END_STOP, "stop")       /* 1001: we are stopping */

enum gv_live_end {
#define GV_LIVE_END_ENUM(name, text) name,
    GV_LIVE_END_LIST(GV_LIVE_END_ENUM)
#undef GV_LIVE_END_ENUM
    GV_LIVE_ENDS
};

/* ---- Channels -------------------------------------------------------------------------------- */

#define GV_LIVE_TOPICS_MAX 16u

/** One kind of channel. Static memory of the caller, kept. */
struct gv_live_topic {
    const char *name; /* "market", or "auction" for auction:1, auction:2, .. */
    bool has_id;
    bool is_private; /* heard only by those whom config.authorize admits */
    bool is_raw;     /* not part of gavel.v1: cannot be named by a client */
};

/** The channel of a topic (its index in config.topics). id: 0 without has_id, below 2^56. */
static inline uint64_t gv_live_channel(unsigned topic, uint64_t id)
{
    return (uint64_t)(topic + 1u) << 56 | id;
}
static inline unsigned gv_live_channel_topic(uint64_t channel)
{
    return (unsigned)(channel >> 56) - 1u;
}
static inline uint64_t gv_live_channel_id(uint64_t channel)
{
    return channel & ((UINT64_C(1) << 56) - 1u);
}

/* ---- What the API layer lends ---------------------------------------------------------------- */

/** The state of a channel now, as JSON: `data` of a snapshot. Everything published before the call is
 *  in it. For raw channels whole messages, asked for until it says there are no more.
 *  In/Out:  next: 0 at first; 0 again when that was all, else anything, given back for the next part.
 *           Only raw channels have parts.
 *  Returns: length, at most `cap`; 0: nothing to say.  Thread: live; must not block. */
typedef size_t gv_live_snapshot(void *ctx, uint64_t channel, uint64_t *next, char *buf, size_t cap);

/** What a client has shown of itself: one of the three. */
struct gv_live_credentials {
    const struct gv_exchange *x; /* its request, with all that is in it; else NULL */
    struct gv_view token;        /* of {"op":"auth"} */
    uint64_t subject;            /* what an earlier call made of these two; 0: nobody */
};
/** Who is this, and may it hear `channel`? With channel 0 only the first question.
 *  Called at the request (x, channel 0), at {"op":"auth"} (token, channel 0), at each subscription to a
 *  private channel and at every tick while it lasts (subject): who may no longer hear it is closed.
 *  Returns: the subject, 0 for no.  Thread: worker at the request, then live; must not block. */
typedef uint64_t gv_live_authorize(void *ctx, uint64_t channel,
                                   const struct gv_live_credentials *credentials);
/** The raw channel that a client of this request hears; 0: it speaks gavel.v1. Thread: worker. */
typedef uint64_t gv_live_raw(void *ctx, const struct gv_exchange *x);

struct gv_live_config {
    const struct gv_live_topic *topics;
    unsigned topics_n; /* at most GV_LIVE_TOPICS_MAX */
    gv_live_snapshot *snapshot;
    gv_live_authorize *authorize; /* NULL: private channels are for nobody */
    gv_live_raw *raw;             /* NULL: everybody speaks gavel.v1 */
    void *ctx;
    uint32_t clients_max; /* 1..GV_LIVE_CLIENTS_MAX; 0: GV_LIVE_CLIENTS_MAX */
    uint32_t per_address; /* 0: GV_LIVE_PER_ADDRESS */
    bool cap_loopback;    /* loopback peers count too (they are exempt otherwise) */
    uint32_t ping_ms;     /* 0: 20,000 */
    uint32_t silence_ms;  /* without a complete pong or message; 0: 40,000 */
    uint32_t frame_ms;    /* from a message's first byte to its last; 0: 10,000 */
    uint32_t auth_ms;     /* for {"op":"auth"}, from the upgrade; 0: 5,000 */
    uint32_t time_ms;     /* between time frames; 0: 10,000 */
    uint32_t ring_ms;     /* events older than this cannot be resumed from; 0: 600,000 */
};

struct gv_live;

/** Start the thread. Keeps ctx and topics. Events are numbered from the wall clock's milliseconds on:
 *  a number of an earlier run is never taken for one of this. Returns GV_OK; GV_ERR_STATE when one runs;
 *  GV_ERR_IO.  Thread: main, before the memory seal. */
GV_MUST_USE enum gv_err gv_live_start(struct gv_live **live, const struct gv_live_config *config,
                                      struct gv_fail *fail);
/** Close every client (1001), end the thread. Before gv_server_stop. Connections handed over
 *  afterwards are closed at once; the seats stay valid until the process ends. */
void gv_live_stop(struct gv_live *live);

/** For gv_server_config.upgrade. */
struct gv_upgrade gv_live_upgrade(struct gv_live *live);

/* ---- Publishing ------------------------------------------------------------------------------ */

struct gv_live_event {
    uint64_t channel;
    const char *type; /* of the envelope; raw channels have none */
    unsigned
        newest_of; /* not 0: only the newest event of the channel with this number counts, and a
                          * client that lags is spared the older ones (prices, presence; never bids) */
    struct gv_view data; /* JSON, 1 to GV_LIVE_DATA_MAX bytes */
};
/* The envelope around it takes the rest of a frame. */
#define GV_LIVE_DATA_MAX (GV_LIVE_FRAME_OUT_MAX - 192u)

/** Put an event into the ring. Copies; never waits for a client.
 *  Returns: GV_OK; GV_ERR_TOO_LARGE; GV_ERR_CLOSED after stop.  Thread: any. */
GV_MUST_USE enum gv_err gv_live_publish(struct gv_live *live, const struct gv_live_event *event);
/** Everybody on this channel starts again from a snapshot, as do those who resume from before this.
 *  For a topic with ids, id 0 means all its channels.  Thread: any. */
void gv_live_reset(struct gv_live *live, uint64_t channel);

/** How many subscriptions to channels of a topic there are: what nobody hears need not be made.
 *  Thread: any. */
uint32_t gv_live_hearers(const struct gv_live *live, unsigned topic);

/* ---- Numbers --------------------------------------------------------------------------------- */

enum gv_live_kind {
    GV_LIVE_WEBSOCKET,
    GV_LIVE_SSE,
    GV_LIVE_POLL,
    GV_LIVE_KINDS
};

struct gv_live_stats {
    uint32_t clients;                /* now */
    uint32_t by_kind[GV_LIVE_KINDS]; /* of them */
    uint64_t accepted;               /* since start */
    uint64_t ended[GV_LIVE_ENDS];
    uint64_t events_published;
    uint64_t frames_sent;       /* to clients, each counted */
    uint64_t messages_received; /* text messages of clients */
};

void gv_live_stats(const struct gv_live *live, struct gv_live_stats *stats);
const char *gv_live_end_name(enum gv_live_end end);
/** "websocket", "sse", "poll" */
const char *gv_live_kind_name(enum gv_live_kind kind);

#endif
