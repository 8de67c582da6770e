/* The notifications of the scripted node. */
#include "hal/sim/node_parts.h"

#include "firmware/base/assert.h"
#include "firmware/base/text.h"
#include "firmware/base/wait.h"

#include <string.h>

static const char *const topic_names[GV_SIM_TOPICS] = {"rawtx", "rawblock", "sequence"};

/* ---- publishing ----------------------------------------------------------------------------- */

/* Counters count whether anyone listens or not; a full queue loses the newest. */
static void publish(struct gv_sim_node *node, struct gv_sim_message message)
{
    message.counter = node->counters[message.topic]++;
    if (!node->subscribed[message.topic] || node->switches.drops_feed ||
        node->switches.unreachable || node->feed_n == GV_SIM_FEED_MAX) {
        return;
    }
    node->feed[(node->feed_head + node->feed_n) % GV_SIM_FEED_MAX] = message;
    node->feed_n++;
    GV_ASSERT(pthread_cond_signal(&node->published) == 0);
}

void gv_sim_publish_tx(struct gv_sim_node *node, uint32_t tx)
{
    publish(node, (struct gv_sim_message){
                      .topic = GV_SIM_RAWTX, .at = node->txs[tx].raw_at, .n = node->txs[tx].raw_n});
}

void gv_sim_publish_block(struct gv_sim_node *node, uint32_t block)
{
    publish(node, (struct gv_sim_message){.topic = GV_SIM_RAWBLOCK,
                                          .at = node->blocks[block].raw_at,
                                          .n = node->blocks[block].raw_n});
}

void gv_sim_publish_sequence(struct gv_sim_node *node, const uint8_t hash[32], char what)
{
    struct gv_sim_message message = {.topic = GV_SIM_SEQUENCE};
    struct gv_writer w = gv_writer_of(message.short_body, sizeof(message.short_body));
    for (size_t i = 0; i < 32; i++) {
        gv_write_u8(&w, hash[31 - i]); /* as people write it */
    }
    gv_write_u8(&w, (uint8_t)what);
    if (what == 'A' || what == 'R') {
        gv_write_u64le(&w, node->mempool_sequence++);
    }
    GV_ASSERT(!w.full);
    message.short_n = (uint8_t)w.n;
    publish(node, message);
}

/* ---- the interface -------------------------------------------------------------------------- */

static enum gv_err op_subscribe(void *ctx, const char *endpoint, const char *topic,
                                struct gv_fail *fail)
{
    struct gv_sim_node *node = ctx;
    enum gv_err err = gv_fail(fail, GV_ERR_INVALID, "feed.topic", "no such topic: %s", topic);
    (void)endpoint;
    pthread_mutex_lock(&node->lock);
    for (size_t i = 0; i < GV_SIM_TOPICS; i++) {
        if (strcmp(topic_names[i], topic) == 0) {
            node->subscribed[i] = true;
            err = GV_OK;
        }
    }
    pthread_mutex_unlock(&node->lock);
    return err;
}

static void take(struct gv_sim_node *node, struct gv_feed_message *out)
{
    const struct gv_sim_message *message = &node->feed[node->feed_head];
    out->topic = gv_view_str(topic_names[message->topic]);
    out->counter = message->counter;
    if (message->short_n > 0) {
        memcpy(node->feed_body, message->short_body, message->short_n);
        out->body = gv_view_of(node->feed_body, message->short_n);
    } else {
        out->body = gv_sim_bytes(node, message->at, message->n);
    }
    node->feed_head = (node->feed_head + 1) % GV_SIM_FEED_MAX;
    node->feed_n--;
}

/* timeout_ms 0 never waits, which is what a simulation in one thread wants. */
static enum gv_err op_recv(void *ctx, struct gv_feed_message *message, uint32_t timeout_ms)
{
    struct gv_sim_node *node = ctx;
    struct timespec deadline = gv_wait_until(timeout_ms);
    enum gv_err err = GV_OK;
    pthread_mutex_lock(&node->lock);
    while (node->feed_n == 0 && err == GV_OK) {
        if (timeout_ms == 0 ||
            pthread_cond_timedwait(&node->published, &node->lock, &deadline) != 0) {
            err = GV_ERR_AGAIN;
        }
    }
    if (node->feed_n > 0) {
        take(node, message);
        err = GV_OK;
    }
    pthread_mutex_unlock(&node->lock);
    return err;
}

static void op_close(void *ctx)
{
    struct gv_sim_node *node = ctx;
    pthread_mutex_lock(&node->lock);
    memset(node->subscribed, 0, sizeof(node->subscribed));
    node->feed_n = 0;
    pthread_mutex_unlock(&node->lock);
}

struct gv_feed gv_sim_node_feed(struct gv_sim_node *node)
{
    static const struct gv_feed_ops feed_ops = {
        .subscribe = op_subscribe,
        .recv = op_recv,
        .close = op_close,
    };
    return (struct gv_feed){.ops = &feed_ops, .ctx = node};
}
