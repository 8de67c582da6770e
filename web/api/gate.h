/* Gate: what every request passes between its row and its handler.
 *
 * Who asks is found once (caller.h), counted against the row's rate class, and told how much is left;
 * then, when everything else of the request is in order, asked for the scope that the row names.
 * Thread: the worker of the exchange. */
#ifndef GV_WEB_API_GATE_H
#define GV_WEB_API_GATE_H

#include "web/server/rate.h"

/** gv_server_config.admit. */
bool gv_api_admit(struct gv_exchange *x);
/** gv_server_config.authorize: the one place that decides who may do what. The row names the scope
 *  (a word that nobody knows opens to nobody), and the token that a session's writes must carry. */
bool gv_api_authorize(struct gv_exchange *x);

/** Count what one request asks for beyond the first thing (items of a batch).
 *  Returns: false: it was answered with 429. */
GV_MUST_USE bool gv_gate_charge(struct gv_exchange *x, uint32_t more);

/** Is the peer this machine itself, and no proxy on it that speaks for a stranger? */
GV_MUST_USE bool gv_gate_is_local(const struct gv_exchange *x);

#endif
