/* Live: every long-lived client of the box in one thread and one poll loop.
 *
 *   worker ──take──► inbox ──► live thread (epoll) ◄──wake── publish (engine thread)
 *                                │ one seat per client: net, frame reader, ring of message pointers
 *                                └─► send without blocking; who cannot follow is closed (4008)
 *
 * A message is copied and framed once into a shared, reference-counted slot; each client's ring holds a
 * pointer. Nobody ever waits for a client: a full ring closes it, a full message pool makes every
 * client start again from a fresh greeting. WebSocket now; SSE and long poll are further kinds of the
 * same seat.
 * Clients of different routes are different channels: a message goes to all clients or to those of one
 * channel. What names a channel is the `extra` of the route, or what config.channel makes of the
 * request; NULL is one too.
 * Limits: limits.h "Live". One per process. Thread: stated per function. */
#ifndef GV_WEB_LIVE_LIVE_H
#define GV_WEB_LIVE_LIVE_H

#include "web/server/server.h"

enum gv_live_kind {
    GV_LIVE_WEBSOCKET,
    GV_LIVE_SSE,
    GV_LIVE_POLL
};

/** Why a client ended; also the label of the metric. */
#define GV_LIVE_END_LIST(X)                                                                        \
    X(GV_LIVE_END_CLOSED, "closed")     /* the client closed or went away */                       \
    X(GV_LIVE_END_SLOW, "slow")         /* 4008: its ring was full */                              \
    X(GV_LIVE_END_SILENT, "silent")     /* no pong in time, or a frame never finished */           \
    X(GV_LIVE_END_PROTOCOL, "protocol") /* 1002, 1007, 1009: broken or oversized frames */         \
    X(GV_LIVE_END_REFUSED, "refused")   /* 1013: full, or the message handler said so */           \
    X(GV_LIVE_END_STOP, "stop")         /* 1001: we are stopping */

enum gv_live_end {
#define GV_LIVE_END_ENUM(name, text) name,
    GV_LIVE_END_LIST(GV_LIVE_END_ENUM)
#undef GV_LIVE_END_ENUM
    GV_LIVE_ENDS
};

/** The first message of a client (and the one after a loss): the state now, as JSON.
 *  In:  route_extra: the channel of the client: `extra` of its route row, or config.channel's.
 *  Returns: its length, 0 for none; at most `cap` = GV_LIVE_FRAME_OUT_MAX.  Thread: live; must not block. */
typedef size_t gv_live_greet(void *ctx, const void *route_extra, char *buf, size_t cap);
/** What else belongs to the greeting: asked for part = 1, 2, .. until it returns 0. */
typedef size_t gv_live_greet_more(void *ctx, const void *route_extra, unsigned part, char *buf,
                                  size_t cap);
/** The channel of a client that comes, instead of the route's `extra`. Thread: worker. */
typedef const void *gv_live_channel(void *ctx, const struct gv_exchange *x);
/** A whole text message of a client. Returns: length of the answer in `reply`, 0 for none.
 *  Thread: live; must not block. */
typedef size_t gv_live_on_message(void *ctx, const void *route_extra, uint64_t client_id,
                                  struct gv_view text, char *reply, size_t cap);

struct gv_live_config {
    gv_live_greet *greet;           /* may be NULL */
    gv_live_greet_more *greet_more; /* may be NULL */
    gv_live_channel *channel;       /* may be NULL */
    gv_live_on_message *on_message; /* may be NULL: messages are read and dropped */
    void *ctx;
    uint32_t clients_max; /* 1..GV_LIVE_CLIENTS_MAX; 0: GV_LIVE_CLIENTS_MAX */
    uint32_t per_address; /* 0: GV_LIVE_PER_ADDRESS */
    bool cap_loopback;    /* loopback peers count too (they are exempt otherwise) */
    uint32_t ping_ms;     /* 0: 20,000 */
    uint32_t silence_ms;  /* without a complete pong or message; 0: 40,000 */
    uint32_t frame_ms;    /* from a message's first byte to its last; 0: 10,000 */
};

struct gv_live;

/** Start the thread. Keeps ctx. Returns GV_OK; GV_ERR_STATE when one runs; GV_ERR_IO.
 *  Thread: main, before the memory seal. */
GV_MUST_USE enum gv_err gv_live_start(struct gv_live **live, const struct gv_live_config *config,
                                      struct gv_fail *fail);
/** Close every client (1001), end the thread. Before gv_server_stop. Connections handed over
 *  afterwards are closed at once; the seats stay valid until the process ends. */
void gv_live_stop(struct gv_live *live);

/** For gv_server_config.upgrade. */
struct gv_upgrade gv_live_upgrade(struct gv_live *live);

/** Send `json` (1 to GV_LIVE_FRAME_OUT_MAX bytes) to every client. Copies; never blocks.
 *  Returns: GV_OK; GV_ERR_FULL: no message slot, every client will be greeted anew instead;
 *  GV_ERR_TOO_LARGE; GV_ERR_CLOSED after stop.  Thread: any. */
GV_MUST_USE enum gv_err gv_live_publish(struct gv_live *live, struct gv_view json);
/** As gv_live_publish, to the clients of one channel. */
GV_MUST_USE enum gv_err gv_live_publish_to(struct gv_live *live, const void *channel,
                                           struct gv_view json);

struct gv_live_stats {
    uint32_t clients;  /* now */
    uint64_t accepted; /* since start */
    uint64_t ended[GV_LIVE_ENDS];
    uint64_t messages_published;
    uint64_t messages_lost; /* publish found no slot */
    uint64_t messages_sent; /* to clients, each counted */
    uint64_t messages_received;
};

void gv_live_stats(const struct gv_live *live, struct gv_live_stats *stats);
const char *gv_live_end_name(enum gv_live_end end);

#endif
