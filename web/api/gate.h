/* Gate: what every request passes between its row and its handler.
 *
 * Who asks is found once (`caller`), counted against the row's rate class, and told how much is left.
 * Thread: the worker of the exchange. Source: ecosystem sheet 1. */
#ifndef GV_WEB_API_GATE_H
#define GV_WEB_API_GATE_H

#include "app/store/api_key.h"
#include "web/server/rate.h"

/** Who sent the request; of one worker's present exchange. */
struct gv_caller {
    bool has_key;                 /* a key was presented ... */
    bool key_good;                /* ... and is valid: */
    uint32_t granted;             /* its scopes */
    char key_id[GV_KEY_ID_LEN + 1];
    struct gv_rate_client client; /* the key, else the address (IPv6: its /64) */
};

/** gv_server_config.admit. */
bool gv_api_admit(struct gv_exchange *x);

/** Count what one request asks for beyond the first thing (items of a batch).
 *  Returns: false: it was answered with 429. */
GV_MUST_USE bool gv_gate_charge(struct gv_exchange *x, uint32_t more);

/** Is the peer this machine itself, and no proxy on it that speaks for a stranger? */
GV_MUST_USE bool gv_gate_is_local(const struct gv_exchange *x);

#endif
