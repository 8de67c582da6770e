#include "app/node/follower_parts.h"

#include "firmware/base/log.h"
#include "firmware/base/text.h"

#include <string.h>

/* Messages taken in one turn before the clock is looked at again: a full block publishes 8,000. */
#define BURST_MAX    1024u
#define ENDPOINT_MAX 128u

/* ---- subscriptions ----------------------------------------------------------------------------- */

static bool subscribe_to(struct gv_follower *f, const char *endpoint, const char *topic)
{
    struct gv_fail fail = {.err = GV_OK};
    if (gv_feed_subscribe(f->config.feed, endpoint, topic, &fail) == GV_OK) {
        return true;
    }
    gv_log(GV_LOG_UNUSUAL, "node", "feed_refused topic=%s text=\"%s\"", topic, fail.text);
    return false;
}

static bool publishes(struct gv_follower *f, const char *published)
{
    char endpoint[ENDPOINT_MAX];
    return gv_rpc_zmq_endpoint(&f->rpc, published, endpoint, sizeof(endpoint), NULL) == GV_OK &&
           endpoint[0] != '\0';
}

/* Configured endpoints: which of them carries which topic is not known, and asking for one that is
 * not published there costs nothing. rawblock only as a last resort: it sends megabytes to say what
 * hashblock says in 32 bytes. A node that does not tell what it publishes may have nothing else. */
static bool subscribe_configured(struct gv_follower *f)
{
    static const char *const topics[] = {"rawtx", "sequence", "hashblock", "rawblock"};
    const size_t all = sizeof(topics) / sizeof(topics[0]);
    const size_t wanted =
        publishes(f, "pubsequence") || publishes(f, "pubhashblock") ? all - 1 : all;
    bool any = false;
    const char *from = f->config.zmq_endpoints;
    while (*from != '\0') {
        size_t n = strcspn(from, ",");
        char endpoint[ENDPOINT_MAX];
        if (n < sizeof(endpoint)) {
            memcpy(endpoint, from, n);
            endpoint[n] = '\0';
            for (size_t i = 0; i < wanted; i++) {
                any |= subscribe_to(f, endpoint, topics[i]);
            }
        }
        from += n;
        from += *from == ',' ? 1 : 0;
    }
    return any;
}

/* A publisher bound to every address is reached where its RPC is. */
static void resolve_wildcard(const struct gv_follower *f, char endpoint[ENDPOINT_MAX])
{
    static const char *const anywhere[] = {"tcp://0.0.0.0:", "tcp://*:", "tcp://[::]:"};
    for (size_t i = 0; i < sizeof(anywhere) / sizeof(anywhere[0]); i++) {
        size_t n = strlen(anywhere[i]);
        if (strncmp(endpoint, anywhere[i], n) != 0) {
            continue;
        }
        const char *host = strstr(f->config.rpc->url, "://");
        host = host == NULL ? f->config.rpc->url : host + 3;
        size_t host_len = *host == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":/");
        char port[16];
        char resolved[ENDPOINT_MAX];
        if (gv_text_copy(port, sizeof(port), endpoint + n) &&
            gv_format(resolved, sizeof(resolved), "tcp://%.*s:%s", (int)host_len, host, port)) {
            memcpy(endpoint, resolved, sizeof(resolved));
        }
        return;
    }
}

static bool subscribe_published(struct gv_follower *f, const char *topic)
{
    char published[32];
    char endpoint[ENDPOINT_MAX];
    struct gv_fail fail = {.err = GV_OK};
    gv_format_cut(published, sizeof(published), "pub%s", topic);
    enum gv_err err = gv_rpc_zmq_endpoint(&f->rpc, published, endpoint, sizeof(endpoint), &fail);
    if (err != GV_OK) {
        gv_log(GV_LOG_UNUSUAL, "node", "feed_unknown topic=%s text=\"%s\"", topic, fail.text);
        /* What rpcwhitelist forbids stays forbidden; anything else may pass. */
        f->subscribe_due = f->subscribe_due || err != GV_ERR_UNAUTHORIZED;
        return false;
    }
    if (endpoint[0] == '\0') {
        return false;
    }
    resolve_wildcard(f, endpoint);
    return subscribe_to(f, endpoint, topic);
}

/* rawblock only as a last resort, as above. */
static bool subscribe_discovered(struct gv_follower *f)
{
    bool rawtx = subscribe_published(f, "rawtx");
    bool sequence = subscribe_published(f, "sequence");
    bool hashblock = subscribe_published(f, "hashblock");
    bool block = sequence || hashblock || subscribe_published(f, "rawblock");
    return rawtx || block;
}

void gv_follower_subscribe(struct gv_follower *f)
{
    f->subscribe_due = false;
    if (f->config.feed == NULL || strcmp(f->config.zmq_endpoints, "off") == 0) {
        return;
    }
    gv_feed_close(f->config.feed);
    gv_notify_restart(&f->notify);
    gv_follower_fill_again(f);
    f->feed_seen = f->notify.messages;
    f->subscribed =
        f->config.zmq_endpoints[0] != '\0' ? subscribe_configured(f) : subscribe_discovered(f);
    gv_log(GV_LOG_INFO, "node", "feed=%s", f->subscribed ? "subscribed" : "none, polling only");
}

/* ---- messages ---------------------------------------------------------------------------------- */

static void take_notice(struct gv_follower *f, const struct gv_notice *notice)
{
    if (notice->lost) {
        gv_log(GV_LOG_DEBUG, "node", "feed_gap restarted=%d", notice->restarted);
        f->tip_hint = true; /* a round finds everything that can have been missed */
        gv_follower_fill_again(f);
    }
    if (f->chain.initial_download) {
        return; /* every old block's transactions come by: nothing of that is live */
    }
    switch (notice->kind) {
    case GV_NOTICE_TX:
        gv_follower_take_tx(f, notice->tx);
        return;
    case GV_NOTICE_TIP:
    case GV_NOTICE_CONNECTED:
    case GV_NOTICE_DISCONNECTED:
        f->tip_hint = true;
        return;
    case GV_NOTICE_REMOVED:
        if (f->config.tap != NULL) {
            f->config.tap->removed(f->config.tap->ctx, &notice->hash);
        }
        f->spenders_hint = f->spenders_hint || f->pending > 0;
        return;
    case GV_NOTICE_ADDED:
        return; /* its rawtx says more */
    }
}

void gv_follower_receive(struct gv_follower *f, uint32_t wait_ms)
{
    for (uint32_t i = 0; i < BURST_MAX; i++) {
        struct gv_feed_message message;
        enum gv_err err = gv_feed_recv(f->config.feed, &message, i == 0 ? wait_ms : 0);
        if (err == GV_ERR_AGAIN) {
            return;
        }
        struct gv_notice notice;
        if (err == GV_OK && gv_notify_decode(&f->notify, &message, &notice) == GV_OK) {
            take_notice(f, &notice);
        } else if (err == GV_OK || err == GV_ERR_INVALID) {
            f->spenders_hint = true; /* something came and cannot be read */
        } else {
            gv_log(GV_LOG_UNUSUAL, "node", "feed_broken reason=%s", gv_err_slug(err));
            f->subscribed = false;
            f->subscribe_due = true;
            return;
        }
    }
}
