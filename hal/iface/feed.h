/* Feed: notifications of the node (ZMQ PUB), as they come and without any promise.
 *
 * The publisher drops what we do not read in time, so every message carries its counter and the
 * consumer must treat a message as a hint. Thread: the node thread. */
#ifndef GV_HAL_IFACE_FEED_H
#define GV_HAL_IFACE_FEED_H

#include "firmware/base/bytes.h"

struct gv_feed_message {
    struct gv_view topic; /* "rawtx", "rawblock", "sequence" */
    struct gv_view body;  /* valid until the next recv */
    uint32_t counter;     /* per topic, starts at 0, restarts with the node */
};

struct gv_feed_ops {
    /* (Re)connect to one endpoint and subscribe to a topic; may be called for several. */
    enum gv_err (*subscribe)(void *ctx, const char *endpoint, const char *topic,
                             struct gv_fail *fail);
    enum gv_err (*recv)(void *ctx, struct gv_feed_message *message, uint32_t timeout_ms);
    void (*close)(void *ctx); /* drop all subscriptions */
};

struct gv_feed {
    const struct gv_feed_ops *ops;
    void *ctx;
};

/** In: endpoint like "tcp://127.0.0.1:28332". Returns: GV_OK; GV_ERR_INVALID (endpoint);
 *  GV_ERR_FULL. */
GV_MUST_USE static inline enum gv_err gv_feed_subscribe(struct gv_feed *feed, const char *endpoint,
                                                        const char *topic, struct gv_fail *fail)
{
    return feed->ops->subscribe(feed->ctx, endpoint, topic, fail);
}

/** Returns: GV_OK; GV_ERR_AGAIN after timeout_ms without a message; GV_ERR_INVALID for a message
 *  that is not topic, body, 4-byte counter or is over the size cap (dropped, counted by caller). */
GV_MUST_USE static inline enum gv_err
gv_feed_recv(struct gv_feed *feed, struct gv_feed_message *message, uint32_t timeout_ms)
{
    return feed->ops->recv(feed->ctx, message, timeout_ms);
}

static inline void gv_feed_close(struct gv_feed *feed)
{
    feed->ops->close(feed->ctx);
}

#endif
