/* TCP of the simulator: peers whose every byte a test decides, on both sides of hal/iface/tcp.h.
 *
 * A peer connects to a listener, says something, hears what it was told, stops reading or goes away; one
 * that was dialled appears as a peer of its target. Nothing ever waits: a wait tells what is ready now.
 * Limits: GV_SIM_PEERS_MAX peers, GV_SIM_PIPE_BYTES in each direction. Thread: one. */
#ifndef GV_HAL_SIM_TCP_H
#define GV_HAL_SIM_TCP_H

#include "hal/iface/tcp.h"

#define GV_SIM_PEERS_MAX  1200u
#define GV_SIM_PIPE_BYTES 4096u

struct gv_sim_pipe {
    uint8_t bytes[GV_SIM_PIPE_BYTES];
    size_t n;
};

struct gv_sim_peer {
    bool used;
    bool accepted;   /* our side holds it */
    bool dialled;    /* by us; `listener` is the target then */
    bool peer_ended; /* it has closed its side */
    bool we_closed;
    bool stalled; /* it takes no byte */
    bool silent;  /* a handshake that it does not go on with */
    bool rude;    /* or breaks */
    bool
        strict; /* as TLS: what it did not take must be offered again, and nothing else (asserted) */
    struct gv_view not_taken;
    uint32_t listener;
    uint32_t token;
    unsigned watched;
    struct gv_tcp_peer who;
    struct gv_sim_pipe to_us;
    struct gv_sim_pipe to_peer;
};

struct gv_sim_tcp {
    uint32_t peers_n; /* ever used */
    uint32_t wakes;
    struct gv_sim_peer peers[GV_SIM_PEERS_MAX];
};

void gv_sim_tcp_init(struct gv_tcp *tcp, struct gv_sim_tcp *sim);
/** A peer connects. In: address: IPv4 as a number; 127.x is this machine. */
struct gv_sim_peer *gv_sim_connect(struct gv_sim_tcp *sim, uint32_t listener, uint32_t address);
/** The newest peer that was dialled at a target and is not yet taken, or NULL. */
struct gv_sim_peer *gv_sim_dialled(struct gv_sim_tcp *sim, uint32_t target);
/** It says n bytes. Returns: as many as there was room for. */
size_t gv_sim_say(struct gv_sim_peer *peer, const void *bytes, size_t n);
/** What it has heard so far, as a string; forgotten with the next call. */
const char *gv_sim_heard(struct gv_sim_peer *peer);
/** It closes; what it said before can still be read. */
void gv_sim_hang_up(struct gv_sim_peer *peer);

#endif
