#include "app/node/notify.h"

#include "firmware/base/text.h"

#include <string.h>

enum topic {
    TOPIC_RAWTX,
    TOPIC_RAWBLOCK,
    TOPIC_HASHBLOCK,
    TOPIC_SEQUENCE,
    TOPIC_NONE,
};
_Static_assert(TOPIC_NONE == GV_FEED_TOPICS, "one counter for each topic");

/* A transaction has at least version, two counts and lock time; a block at least its header. */
#define TX_BYTES_MIN    10u
#define BLOCK_BYTES_MIN 81u

void gv_notify_restart(struct gv_notify *notify)
{
    memset(notify->topics, 0, sizeof(notify->topics));
}

static const char *const names[GV_FEED_TOPICS] = {
    [TOPIC_RAWTX] = "rawtx",
    [TOPIC_RAWBLOCK] = "rawblock",
    [TOPIC_HASHBLOCK] = "hashblock",
    [TOPIC_SEQUENCE] = "sequence",
};

const char *gv_notify_topic_name(unsigned topic)
{
    return names[topic];
}

static enum topic topic_of(struct gv_view name)
{
    for (unsigned i = 0; i < GV_FEED_TOPICS; i++) {
        if (gv_view_is(name, names[i])) {
            return (enum topic)i;
        }
    }
    return TOPIC_NONE;
}

static void read_printed_hash(struct gv_hash256 *hash, const uint8_t *wire)
{
    for (size_t i = 0; i < sizeof(hash->b); i++) {
        hash->b[i] = wire[sizeof(hash->b) - 1 - i];
    }
}

/* hash, letter, and for mempool events a 64-bit mempool sequence that we do not need: a spend is
 * confirmed by asking the node, not by ordering messages. */
static bool read_sequence(struct gv_view body, struct gv_notice *notice)
{
    if (body.n < 33) {
        return false;
    }
    read_printed_hash(&notice->hash, body.p);
    switch (body.p[32]) {
    case 'A':
        notice->kind = GV_NOTICE_ADDED;
        return body.n == 41;
    case 'R':
        notice->kind = GV_NOTICE_REMOVED;
        return body.n == 41;
    case 'C':
        notice->kind = GV_NOTICE_CONNECTED;
        return body.n == 33;
    case 'D':
        notice->kind = GV_NOTICE_DISCONNECTED;
        return body.n == 33;
    default:
        return false;
    }
}

static bool read_body(enum topic topic, struct gv_view body, struct gv_notice *notice)
{
    switch (topic) {
    case TOPIC_RAWTX:
        notice->kind = GV_NOTICE_TX;
        notice->tx = body;
        return body.n >= TX_BYTES_MIN && body.n <= GV_BLOCK_BYTES_MAX;
    case TOPIC_RAWBLOCK:
        notice->kind = GV_NOTICE_TIP;
        return body.n >= BLOCK_BYTES_MIN && body.n <= GV_BLOCK_BYTES_MAX;
    case TOPIC_HASHBLOCK:
        notice->kind = GV_NOTICE_TIP;
        if (body.n != sizeof(notice->hash.b)) {
            return false;
        }
        read_printed_hash(&notice->hash, body.p);
        return true;
    case TOPIC_SEQUENCE:
        return read_sequence(body, notice);
    case TOPIC_NONE:
        return false;
    }
    return false;
}

/* The counter is 32 bits wide and wraps; a step of more than half its range is a step back. */
static void count(struct gv_notify *notify, enum topic topic, uint32_t counter,
                  struct gv_notice *notice)
{
    notify->messages++;
    notify->counts[topic].messages++;
    if (notify->topics[topic].seen) {
        uint32_t step = counter - notify->topics[topic].counter;
        notice->restarted = step == 0 || step > UINT32_MAX / 2;
        notice->lost = step != 1;
        notify->gaps += notice->lost ? 1 : 0;
        notify->counts[topic].gaps += notice->lost ? 1 : 0;
    }
    notify->topics[topic].seen = true;
    notify->topics[topic].counter = counter;
}

enum gv_err gv_notify_decode(struct gv_notify *notify, const struct gv_feed_message *message,
                             struct gv_notice *notice)
{
    memset(notice, 0, sizeof(*notice));
    enum topic topic = topic_of(message->topic);
    if (!read_body(topic, message->body, notice)) {
        return GV_ERR_INVALID;
    }
    count(notify, topic, message->counter, notice);
    return GV_OK;
}
