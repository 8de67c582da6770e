/* The table of connections: who may come in, and how each goes. */
#include "app/sequencer/state.h"

#include "firmware/base/assert.h"
#include "firmware/base/log.h"

#include <string.h>

/* Taken in per turn and listener: the others wait their turn. */
#define ACCEPT_MAX 64u

GV_POOL_STORAGE(order_connections, struct gv_connection, GV_SEQUENCER_CONNECTIONS_MAX);

static const uint32_t port_places[GV_SEQUENCER_PORTS] = {
    [GV_SEQUENCER_ORDERS] = GV_SEQUENCER_SOLVERS_MAX,
    [GV_SEQUENCER_BIDS] = GV_SEQUENCER_SOLVERS_MAX,
    [GV_SEQUENCER_CLAIMS] = GV_SEQUENCER_CLAIMANTS_MAX,
};
_Static_assert(sizeof(struct gv_connection) <= GV_SEQUENCER_CONNECTION_BYTES, "see limits.h");
_Static_assert(GV_SEQUENCER_CONNECTIONS_MAX < GV_TCP_LISTENER, "tokens are slot numbers");

void gv_connections_init(struct gv_sequencer *s)
{
    GV_POOL_INIT(order_connections);
    memset(s->open_n, 0, sizeof(s->open_n));
}

void gv_connections_deinit(void)
{
    gv_pool_deinit(&order_connections);
}

struct gv_connection *gv_connection_of(uint32_t token)
{
    GV_ASSERT(token < GV_SEQUENCER_CONNECTIONS_MAX);
    struct gv_connection *c = &order_connections_slots[token];
    return c->dead ? NULL : c;
}

void gv_connection_end(struct gv_sequencer *s, struct gv_connection *c)
{
    c->dead = true;
    s->any_dead = true;
}

void gv_connection_refuse(struct gv_sequencer *s, struct gv_connection *c,
                          enum gv_sequencer_refusal why)
{
    s->stats.refused[why]++;
    gv_log(GV_LOG_DEBUG, "orders", "connection refused port=%s reason=%s peer=%s",
           gv_sequencer_port_text(c->port), gv_sequencer_refusal_text(why), c->peer.text);
    gv_connection_end(s, c);
}

void gv_connection_watch(struct gv_sequencer *s, struct gv_connection *c)
{
    const uint32_t token = gv_pool_index(&order_connections, c);
    const unsigned what = GV_TCP_READ | (c->blocked ? (unsigned)GV_TCP_WRITE : 0u);
    if (gv_tcp_watch(&s->config.tcp, &c->net, token, what) != GV_OK) {
        gv_connection_refuse(s, c, GV_SEQUENCER_FULL);
    }
}

static uint32_t places_of(const struct gv_sequencer_listener *listener)
{
    return listener->encrypted ? GV_SEQUENCER_TLS_PLACES : port_places[listener->port];
}

/* This machine's programs share one address. */
static bool is_crowded(const struct gv_sequencer *s, uint32_t listener,
                       const struct gv_tcp_peer *peer)
{
    const enum gv_sequencer_port port = s->config.listeners[listener].port;
    uint32_t same = 0;
    if (peer->is_loopback) {
        return false;
    }
    for (uint32_t i = 0; i < s->open_n[port]; i++) {
        const struct gv_connection *c = s->open[port][i];
        same += c->listener == listener && memcmp(c->peer.key, peer->key, sizeof(peer->key)) == 0;
    }
    return same >= (s->config.listeners[listener].encrypted ? GV_SEQUENCER_TLS_PER_ADDRESS
                                                            : GV_SEQUENCER_PER_ADDRESS);
}

static struct gv_connection *take_in(struct gv_sequencer *s, uint32_t listener, struct gv_net *net,
                                     const struct gv_tcp_peer *peer, struct gv_mono now)
{
    const struct gv_sequencer_listener *at = &s->config.listeners[listener];
    const bool crowded = is_crowded(s, listener, peer);
    struct gv_connection *c = NULL;
    if (!crowded && s->held[listener] < places_of(at)) {
        c = gv_pool_acquire(&order_connections, 0);
    }
    if (c == NULL) {
        s->stats.refused[crowded ? GV_SEQUENCER_CROWDED : GV_SEQUENCER_FULL]++;
        gv_net_close(net);
        return NULL;
    }
    c->net = *net;
    c->peer = *peer;
    c->port = at->port;
    c->listener = listener;
    c->greeted = !at->encrypted;
    c->stage = c->greeted ? GV_SOLVER_WAITS : GV_SOLVER_ARRIVES;
    c->opened_ms = now.ms;
    c->line = c->line_short;
    s->open[at->port][s->open_n[at->port]++] = c;
    s->held[listener]++;
    s->stats.accepted[at->port]++;
    return c;
}

bool gv_connection_greet(struct gv_sequencer *s, struct gv_connection *c)
{
    if (c->greeted || s->greets == GV_SEQUENCER_GREETS_MAX) {
        return c->greeted; /* else it is told of again in the next turn */
    }
    s->greets++;
    const enum gv_err err = gv_tcp_greet(&s->config.tcp, &c->net);
    if (err == GV_OK) {
        c->greeted = true;
        c->stage = GV_SOLVER_WAITS;
    } else if (err != GV_ERR_AGAIN) {
        gv_connection_refuse(s, c, GV_SEQUENCER_GREETING);
    }
    return c->greeted;
}

/* A bid usually came with the connection: read at once, it need not be watched then. */
void gv_connections_accept(struct gv_sequencer *s, uint32_t listener, struct gv_mono now)
{
    GV_ASSERT(listener < s->config.listeners_n);
    for (uint32_t i = 0; i < ACCEPT_MAX; i++) {
        struct gv_net net;
        struct gv_tcp_peer peer;
        const enum gv_err err = gv_tcp_accept(&s->config.tcp, listener, &net, &peer);
        if (err == GV_ERR_AGAIN) {
            return;
        }
        if (err != GV_OK) {
            s->stats.refused[GV_SEQUENCER_FULL]++;
            continue;
        }
        struct gv_connection *c = take_in(s, listener, &net, &peer, now);
        if (c != NULL && c->greeted && c->port != GV_SEQUENCER_ORDERS) {
            gv_intake_read(s, c);
        }
        if (c != NULL && !c->dead) {
            gv_connection_watch(s, c);
        }
    }
}

static void bury_port(struct gv_sequencer *s, enum gv_sequencer_port port)
{
    for (uint32_t i = 0; i < s->open_n[port];) {
        struct gv_connection *c = s->open[port][i];
        if (!c->dead) {
            i++;
            continue;
        }
        s->open[port][i] = s->open[port][--s->open_n[port]];
        s->held[c->listener]--;
        gv_intake_drop_line(c);
        gv_net_close(&c->net);
        gv_pool_release(&order_connections, c);
    }
}

void gv_connections_bury(struct gv_sequencer *s)
{
    if (s->any_dead) {
        for (unsigned port = 0; port < GV_SEQUENCER_PORTS; port++) {
            bury_port(s, (enum gv_sequencer_port)port);
        }
        s->any_dead = false;
    }
}
