/* Feed on libzmq: one SUB socket for all endpoints and topics of one node.
 *
 * libzmq reconnects by itself when the publisher goes away; what was published meanwhile is lost,
 * which the counters show. After a protocol error (also a message over the size cap) it gives the
 * connection up for ever, so after GV_ZMQ_SILENCE_MS without a message all endpoints are dialled
 * anew. All of this happens inside recv: call it steadily.
 * Limits: GV_ZMQ_ENDPOINTS_MAX endpoints, GV_ZMQ_QUEUE_MAX messages waiting. libzmq keeps them on
 * the C library's heap: the publisher is our own node, so the bound is count, not bytes.
 * Thread: open and close main, before and after the others; the feed belongs to the node thread. */
#ifndef GV_HAL_LINUX_ZMQ_FEED_H
#define GV_HAL_LINUX_ZMQ_FEED_H

#include "hal/iface/feed.h"

#define GV_ZMQ_ENDPOINTS_MAX 4
#define GV_ZMQ_TOPICS_MAX    4
#define GV_ZMQ_TOPIC_LEN     32 /* with the end mark */
#define GV_ZMQ_ENDPOINT_LEN  128
/* A full block publishes up to 8,000 transactions within a second; two blocks and some. */
#define GV_ZMQ_QUEUE_MAX  20000
#define GV_ZMQ_SILENCE_MS 60000u
/* topic, body, counter */
#define GV_ZMQ_FRAMES 3

/** Caller's storage; the members are private. */
struct gv_zmq {
    void *context;
    void *socket; /* NULL until the first subscribe */
    char endpoints[GV_ZMQ_ENDPOINTS_MAX][GV_ZMQ_ENDPOINT_LEN];
    uint32_t endpoints_n;
    char topics[GV_ZMQ_TOPICS_MAX][GV_ZMQ_TOPIC_LEN];
    uint32_t topics_n;
    uint32_t silence_ms; /* GV_ZMQ_SILENCE_MS; tests shorten it after open */
    uint64_t heard_ms;   /* when the last message or dial was */
    _Alignas(8) uint8_t frames[GV_ZMQ_FRAMES][64]; /* zmq_msg_t, kept until the next recv */
};

/** Start libzmq's I/O thread.
 *  Returns: GV_OK; GV_ERR_FULL (no threads or descriptors left). */
GV_MUST_USE enum gv_err gv_zmq_open(struct gv_zmq *zmq, struct gv_fail *fail);
/** Drop everything and stop the I/O thread. */
void gv_zmq_close(struct gv_zmq *zmq);

/** The open object behind the feed interface. Keeps `zmq`. */
struct gv_feed gv_zmq_feed(struct gv_zmq *zmq);

#endif
