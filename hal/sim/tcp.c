#include "hal/sim/tcp.h"

#include "firmware/base/assert.h"
#include "firmware/base/text.h"

#include <string.h>

/* ---- the connection, from our side ------------------------------------------------------------------ */

static enum gv_err op_recv(void *ctx, void *out, size_t cap, size_t *got)
{
    struct gv_sim_peer *peer = ctx;
    struct gv_sim_pipe *pipe = &peer->to_us;
    if (pipe->n == 0) {
        return peer->peer_ended ? GV_ERR_CLOSED : GV_ERR_AGAIN;
    }
    *got = pipe->n < cap ? pipe->n : cap;
    memcpy(out, pipe->bytes, *got);
    pipe->n -= *got;
    memmove(pipe->bytes, pipe->bytes + *got, pipe->n);
    return GV_OK;
}

static enum gv_err op_send(void *ctx, struct gv_view data, size_t *sent)
{
    struct gv_sim_peer *peer = ctx;
    struct gv_sim_pipe *pipe = &peer->to_peer;
    const size_t room = peer->stalled ? 0 : GV_SIM_PIPE_BYTES - 1u - pipe->n; /* and a NUL */
    if (peer->peer_ended) {
        return GV_ERR_CLOSED;
    }
    if (peer->strict && peer->not_taken.n > 0) {
        GV_ASSERT(data.p == peer->not_taken.p);
        GV_ASSERT(data.n == peer->not_taken.n);
    }
    peer->not_taken = room == 0 ? data : gv_view_of(NULL, 0);
    if (room == 0) {
        return GV_ERR_AGAIN;
    }
    *sent = data.n < room ? data.n : room;
    memcpy(pipe->bytes + pipe->n, data.p, *sent);
    pipe->n += *sent;
    return GV_OK;
}

static bool op_pending(void *ctx)
{
    (void)ctx;
    return false;
}

static int op_descriptor(void *ctx)
{
    (void)ctx;
    return -1;
}

static void op_close(void *ctx)
{
    struct gv_sim_peer *peer = ctx;
    peer->we_closed = true;
    peer->watched = 0;
}

static struct gv_net net_of(struct gv_sim_peer *peer)
{
    static const struct gv_net_ops net_ops = {
        .recv = op_recv,
        .send = op_send,
        .pending = op_pending,
        .descriptor = op_descriptor,
        .close = op_close,
    };
    return (struct gv_net){.ops = &net_ops, .ctx = peer};
}

/* ---- the interface ---------------------------------------------------------------------------------- */

static struct gv_sim_peer *new_peer(struct gv_sim_tcp *sim)
{
    GV_ASSERT(sim->peers_n < GV_SIM_PEERS_MAX);
    struct gv_sim_peer *peer = &sim->peers[sim->peers_n++];
    memset(peer, 0, sizeof(*peer));
    peer->used = true;
    return peer;
}

static bool waits_at(const struct gv_sim_peer *peer, uint32_t listener)
{
    return peer->used && !peer->dialled && !peer->accepted && peer->listener == listener;
}

static enum gv_err op_accept(void *ctx, uint32_t listener, struct gv_net *net,
                             struct gv_tcp_peer *who)
{
    struct gv_sim_tcp *sim = ctx;
    for (uint32_t i = 0; i < sim->peers_n; i++) {
        struct gv_sim_peer *peer = &sim->peers[i];
        if (waits_at(peer, listener)) {
            peer->accepted = true;
            *net = net_of(peer);
            *who = peer->who;
            return GV_OK;
        }
    }
    return GV_ERR_AGAIN;
}

static enum gv_err op_dial(void *ctx, uint32_t target, struct gv_net *net)
{
    struct gv_sim_peer *peer = new_peer(ctx);
    peer->dialled = true;
    peer->listener = target;
    *net = net_of(peer);
    return GV_OK;
}

static enum gv_err op_greet(void *ctx, const struct gv_net *net)
{
    const struct gv_sim_peer *peer = net->ctx;
    (void)ctx;
    if (peer->rude) {
        return GV_ERR_CRYPTO;
    }
    return peer->silent ? GV_ERR_AGAIN : GV_OK;
}

static enum gv_err op_watch(void *ctx, const struct gv_net *net, uint32_t token, unsigned what)
{
    struct gv_sim_peer *peer = net->ctx;
    (void)ctx;
    peer->token = token;
    peer->watched = what | 1u << 31; /* its end is told in any case */
    return GV_OK;
}

static unsigned what_is_ready(const struct gv_sim_peer *peer)
{
    unsigned what = 0;
    if (peer->watched != 0 && !peer->we_closed) {
        const bool readable = (peer->watched & GV_TCP_READ) != 0 && peer->to_us.n > 0;
        const bool writable = (peer->watched & GV_TCP_WRITE) != 0 && !peer->stalled &&
                              peer->to_peer.n + 1u < GV_SIM_PIPE_BYTES;
        what = (readable || peer->peer_ended ? GV_TCP_READ : 0u) | (writable ? GV_TCP_WRITE : 0u);
    }
    return what;
}

static uint32_t op_wait(void *ctx, struct gv_tcp_ready *ready, uint32_t cap, uint32_t timeout_ms)
{
    struct gv_sim_tcp *sim = ctx;
    uint32_t n = 0;
    (void)timeout_ms;
    for (uint32_t i = 0; i < sim->peers_n && n < cap; i++) {
        const struct gv_sim_peer *peer = &sim->peers[i];
        const unsigned what = what_is_ready(peer);
        if (what != 0) {
            ready[n++] = (struct gv_tcp_ready){.token = peer->token, .what = what};
        } else if (waits_at(peer, peer->listener)) {
            ready[n++] = (struct gv_tcp_ready){.token = GV_TCP_LISTENER + peer->listener,
                                               .what = GV_TCP_READ};
        }
    }
    return n;
}

static void op_wake(void *ctx)
{
    struct gv_sim_tcp *sim = ctx;
    sim->wakes++;
}

void gv_sim_tcp_init(struct gv_tcp *tcp, struct gv_sim_tcp *sim)
{
    static const struct gv_tcp_ops tcp_ops = {
        .accept = op_accept,
        .dial = op_dial,
        .greet = op_greet,
        .watch = op_watch,
        .wait = op_wait,
        .wake = op_wake,
    };
    sim->peers_n = 0;
    sim->wakes = 0;
    *tcp = (struct gv_tcp){.ops = &tcp_ops, .ctx = sim};
}

/* ---- the test's side -------------------------------------------------------------------------------- */

struct gv_sim_peer *gv_sim_connect(struct gv_sim_tcp *sim, uint32_t listener, uint32_t address)
{
    struct gv_sim_peer *peer = new_peer(sim);
    peer->listener = listener;
    peer->who.is_loopback = address >> 24 == 127;
    for (unsigned i = 0; i < 4; i++) {
        peer->who.key[12 + i] = (uint8_t)(address >> (24u - 8u * i));
    }
    gv_format_cut(peer->who.text, sizeof(peer->who.text), "%u.%u.%u.%u", address >> 24,
                  address >> 16 & 0xffu, address >> 8 & 0xffu, address & 0xffu);
    return peer;
}

struct gv_sim_peer *gv_sim_dialled(struct gv_sim_tcp *sim, uint32_t target)
{
    for (uint32_t i = sim->peers_n; i > 0; i--) {
        struct gv_sim_peer *peer = &sim->peers[i - 1u];
        if (peer->dialled && !peer->accepted && peer->listener == target) {
            peer->accepted = true;
            return peer;
        }
    }
    return NULL;
}

size_t gv_sim_say(struct gv_sim_peer *peer, const void *bytes, size_t n)
{
    const size_t room = GV_SIM_PIPE_BYTES - peer->to_us.n;
    n = n < room ? n : room;
    memcpy(peer->to_us.bytes + peer->to_us.n, bytes, n);
    peer->to_us.n += n;
    return n;
}

const char *gv_sim_heard(struct gv_sim_peer *peer)
{
    peer->to_peer.bytes[peer->to_peer.n] = '\0';
    peer->to_peer.n = 0;
    return (const char *)peer->to_peer.bytes;
}

void gv_sim_hang_up(struct gv_sim_peer *peer)
{
    peer->peer_ended = true;
}
