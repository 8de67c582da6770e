#include "hal/linux/zmq_feed.h"

#include "firmware/base/assert.h"
#include "firmware/base/limits.h"
#include "firmware/base/log.h"
#include "firmware/base/text.h"
#include "hal/linux/clock.h"

#include <errno.h>
#include <string.h>
#include <zmq.h>

#define COUNTER_BYTES     4u
#define MESSAGE_BYTES_MAX (GV_BLOCK_BYTES_MAX + 1024u)

_Static_assert(sizeof(zmq_msg_t) <= sizeof(((struct gv_zmq *)0)->frames[0]), "frame storage");

static zmq_msg_t *frame(struct gv_zmq *zmq, size_t i)
{
    return (zmq_msg_t *)(void *)zmq->frames[i];
}

static uint64_t now_ms(void)
{
    struct gv_clock clock = gv_linux_clock();
    return gv_clock_mono(&clock).ms;
}

/* ---- the socket ----------------------------------------------------------------------------- */

static bool set_int(void *socket, int option, int value)
{
    return zmq_setsockopt(socket, option, &value, sizeof(value)) == 0;
}

static bool set_options(void *socket)
{
    int64_t message_bytes_max = MESSAGE_BYTES_MAX;
    return set_int(socket, ZMQ_RCVHWM, GV_ZMQ_QUEUE_MAX) &&
           zmq_setsockopt(socket, ZMQ_MAXMSGSIZE, &message_bytes_max, sizeof(message_bytes_max)) ==
               0 &&
           set_int(socket, ZMQ_LINGER, 0) &&               /* closing never waits */
           set_int(socket, ZMQ_IPV6, 1) &&                 /* IPv4 works as well */
           set_int(socket, ZMQ_RECONNECT_IVL, 250) &&      /* ms, doubling up to ... */
           set_int(socket, ZMQ_RECONNECT_IVL_MAX, 5000) && /* ... this */
           set_int(socket, ZMQ_CONNECT_TIMEOUT, 5000) &&   /* ms */
           set_int(socket, ZMQ_HEARTBEAT_IVL, 15000) &&    /* ms; a silent peer is found dead ... */
           set_int(socket, ZMQ_HEARTBEAT_TIMEOUT, 30000) && /* ... after this and redialled */
           set_int(socket, ZMQ_TCP_KEEPALIVE, 1);
}

static enum gv_err open_socket(struct gv_zmq *zmq, struct gv_fail *fail)
{
    if (zmq->socket != NULL) {
        return GV_OK;
    }
    zmq->socket = zmq_socket(zmq->context, ZMQ_SUB);
    if (zmq->socket == NULL) {
        return gv_fail(fail, GV_ERR_FULL, "feed.socket", "cannot make a ZMQ socket: %s",
                       zmq_strerror(errno));
    }
    GV_ASSERT(set_options(zmq->socket)); /* constants: a refusal is our mistake */
    zmq->heard_ms = now_ms();
    return GV_OK;
}

static void close_socket(struct gv_zmq *zmq)
{
    if (zmq->socket != NULL) {
        GV_ASSERT(zmq_close(zmq->socket) == 0);
        zmq->socket = NULL;
    }
}

static enum gv_err add_endpoint(struct gv_zmq *zmq, const char *endpoint, struct gv_fail *fail)
{
    for (uint32_t i = 0; i < zmq->endpoints_n; i++) {
        if (strcmp(zmq->endpoints[i], endpoint) == 0) {
            return GV_OK;
        }
    }
    if (zmq->endpoints_n == GV_ZMQ_ENDPOINTS_MAX) {
        return gv_fail(fail, GV_ERR_FULL, "feed.endpoints", "more than %d ZMQ endpoints",
                       GV_ZMQ_ENDPOINTS_MAX);
    }
    if (!gv_text_copy(zmq->endpoints[zmq->endpoints_n], GV_ZMQ_ENDPOINT_LEN, endpoint) ||
        (strncmp(endpoint, "tcp://", 6) != 0 && strncmp(endpoint, "ipc://", 6) != 0) ||
        zmq_connect(zmq->socket, endpoint) != 0) {
        return gv_fail(fail, GV_ERR_INVALID, "feed.endpoint",
                       "not a ZMQ endpoint like tcp://127.0.0.1:28332: %s", endpoint);
    }
    zmq->endpoints_n++;
    return GV_OK;
}

static enum gv_err add_topic(struct gv_zmq *zmq, const char *topic, struct gv_fail *fail)
{
    for (uint32_t i = 0; i < zmq->topics_n; i++) {
        if (strcmp(zmq->topics[i], topic) == 0) {
            return GV_OK;
        }
    }
    if (zmq->topics_n == GV_ZMQ_TOPICS_MAX ||
        !gv_text_copy(zmq->topics[zmq->topics_n], GV_ZMQ_TOPIC_LEN, topic) ||
        zmq_setsockopt(zmq->socket, ZMQ_SUBSCRIBE, topic, strlen(topic)) != 0) {
        return gv_fail(fail, GV_ERR_FULL, "feed.subscribe", "cannot subscribe to %s", topic);
    }
    zmq->topics_n++;
    return GV_OK;
}

static enum gv_err op_subscribe(void *ctx, const char *endpoint, const char *topic,
                                struct gv_fail *fail)
{
    struct gv_zmq *zmq = ctx;
    enum gv_err err = open_socket(zmq, fail);
    if (err == GV_OK) {
        err = add_endpoint(zmq, endpoint, fail);
    }
    return err == GV_OK ? add_topic(zmq, topic, fail) : err;
}

/* A new socket with the same endpoints and topics. Without descriptors it is tried again later. */
static void dial_anew(struct gv_zmq *zmq)
{
    struct gv_fail fail;
    close_socket(zmq);
    if (open_socket(zmq, &fail) != GV_OK) {
        gv_log(GV_LOG_BROKEN, "feed", "cannot dial: %s", fail.text);
        return;
    }
    for (uint32_t i = 0; i < zmq->endpoints_n; i++) {
        GV_ASSERT(zmq_connect(zmq->socket, zmq->endpoints[i]) == 0); /* it was accepted before */
    }
    for (uint32_t i = 0; i < zmq->topics_n; i++) {
        GV_ASSERT(zmq_setsockopt(zmq->socket, ZMQ_SUBSCRIBE, zmq->topics[i],
                                 strlen(zmq->topics[i])) == 0);
    }
    gv_log(GV_LOG_DEBUG, "feed", "silent for %u ms, dialled anew", zmq->silence_ms);
}

/* ---- receiving ------------------------------------------------------------------------------ */

static void release_frames(struct gv_zmq *zmq)
{
    for (size_t i = 0; i < GV_ZMQ_FRAMES; i++) {
        GV_ASSERT(zmq_msg_close(frame(zmq, i)) == 0);
        GV_ASSERT(zmq_msg_init(frame(zmq, i)) == 0);
    }
}

/* A multipart message arrives whole or not at all, so the parts after the first are there. */
static size_t receive_frames(struct gv_zmq *zmq)
{
    size_t n = 0;
    bool more = true;
    zmq_msg_t surplus;
    GV_ASSERT(zmq_msg_init(&surplus) == 0);
    while (more) {
        zmq_msg_t *part = n < GV_ZMQ_FRAMES ? frame(zmq, n) : &surplus;
        if (zmq_msg_recv(part, zmq->socket, ZMQ_DONTWAIT) < 0) {
            break;
        }
        more = zmq_msg_more(part) != 0;
        n++;
    }
    GV_ASSERT(zmq_msg_close(&surplus) == 0);
    return n;
}

static struct gv_view frame_view(struct gv_zmq *zmq, size_t i)
{
    return gv_view_of(zmq_msg_data(frame(zmq, i)), zmq_msg_size(frame(zmq, i)));
}

static enum gv_err op_recv(void *ctx, struct gv_feed_message *message, uint32_t timeout_ms)
{
    struct gv_zmq *zmq = ctx;
    release_frames(zmq);
    if (zmq->endpoints_n > 0 &&
        (zmq->socket == NULL || now_ms() - zmq->heard_ms >= zmq->silence_ms)) {
        dial_anew(zmq);
    }
    if (zmq->socket == NULL) {
        (void)zmq_poll(NULL, 0, (long)timeout_ms); /* nothing to hear: only time passes */
        return GV_ERR_AGAIN;
    }
    zmq_pollitem_t item = {.socket = zmq->socket, .events = ZMQ_POLLIN};
    if (zmq_poll(&item, 1, (long)timeout_ms) <= 0) {
        return GV_ERR_AGAIN; /* also when a signal interrupted the wait */
    }
    size_t frames_n = receive_frames(zmq);
    if (frames_n == 0) {
        return GV_ERR_AGAIN;
    }
    zmq->heard_ms = now_ms();
    if (frames_n != GV_ZMQ_FRAMES || frame_view(zmq, 0).n == 0 ||
        frame_view(zmq, 0).n >= GV_ZMQ_TOPIC_LEN || frame_view(zmq, 1).n > MESSAGE_BYTES_MAX ||
        frame_view(zmq, 2).n != COUNTER_BYTES) {
        return GV_ERR_INVALID;
    }
    struct gv_reader counter = gv_reader_of(frame_view(zmq, 2));
    message->topic = frame_view(zmq, 0);
    message->body = frame_view(zmq, 1);
    message->counter = gv_read_u32le(&counter);
    return GV_OK;
}

/* ---- open and close ------------------------------------------------------------------------- */

static void op_close(void *ctx)
{
    struct gv_zmq *zmq = ctx;
    release_frames(zmq);
    close_socket(zmq);
    zmq->endpoints_n = 0;
    zmq->topics_n = 0;
}

static const struct gv_feed_ops feed_ops = {
    .subscribe = op_subscribe,
    .recv = op_recv,
    .close = op_close,
};

enum gv_err gv_zmq_open(struct gv_zmq *zmq, struct gv_fail *fail)
{
    *zmq = (struct gv_zmq){.silence_ms = GV_ZMQ_SILENCE_MS};
    zmq->context = zmq_ctx_new();
    /* The I/O thread starts with the first socket: make one now, before the memory is sealed. */
    void *first = zmq->context == NULL ? NULL : zmq_socket(zmq->context, ZMQ_SUB);
    if (first == NULL) {
        enum gv_err err = gv_fail(fail, GV_ERR_FULL, "feed.start", "cannot start libzmq: %s",
                                  zmq_strerror(errno));
        if (zmq->context != NULL) {
            (void)zmq_ctx_term(zmq->context);
            zmq->context = NULL;
        }
        return err;
    }
    GV_ASSERT(zmq_close(first) == 0);
    for (size_t i = 0; i < GV_ZMQ_FRAMES; i++) {
        GV_ASSERT(zmq_msg_init(frame(zmq, i)) == 0);
    }
    return GV_OK;
}

void gv_zmq_close(struct gv_zmq *zmq)
{
    if (zmq->context == NULL) {
        return;
    }
    op_close(zmq);
    while (zmq_ctx_term(zmq->context) != 0 && errno == EINTR) {
    }
    zmq->context = NULL;
}

struct gv_feed gv_zmq_feed(struct gv_zmq *zmq)
{
    return (struct gv_feed){.ops = &feed_ops, .ctx = zmq};
}
