/* Turnover: an idle keep-alive connection never keeps a newcomer waiting.
 *
 *   accepted ──► waiting ──► held by a worker ──┬─ busy with a request
 *                                               └─ idle: poll on the client and on "somebody waits"
 *
 * CivetWeb gives a worker to a connection for its whole life, so a few browsers with six idle
 * connections each would occupy every worker for the keep-alive time. CivetWeb's poll leads here: a
 * worker that waits for the *next* request also watches an eventfd, and closes its connection when
 * others wait and the client has been quiet for GV_TURNOVER_GRACE_MS (a client that is busy sends its
 * next request sooner). A busy connection is asked to close (Connection: close) when it has had its
 * worker for GV_TURNOVER_TURN_MS while others wait: long against a handshake, short for who waits.
 * Thread: stated per function. */
#ifndef GV_WEB_SERVER_TURNOVER_H
#define GV_WEB_SERVER_TURNOVER_H

#include "firmware/base/err.h"

#define GV_TURNOVER_GRACE_MS 100
#define GV_TURNOVER_TURN_MS  100

/** Returns GV_OK or GV_ERR_IO. Thread: main, before the workers. */
GV_MUST_USE enum gv_err gv_turnover_init(unsigned workers);
/** Thread: main, after the workers. */
void gv_turnover_deinit(void);

/** A connection was accepted. Thread: CivetWeb's master. */
void gv_turnover_arrived(void);
/** This worker has taken a connection; called again after its handshake, when the turn begins anew.
 *  Thread: worker. */
void gv_turnover_taken(void);
/** This worker waits for the next request on `descriptor`. Thread: worker. */
void gv_turnover_idle(int descriptor);
/** This worker's connection has ended. Thread: worker. */
void gv_turnover_left(void);

/** Connections that were accepted and have no worker yet. Thread: any. */
unsigned gv_turnover_waiting(void);
/** Does anybody wait for a worker? Thread: any. */
bool gv_turnover_wanted(void);
/** Has this worker's connection had its turn while others wait? Thread: worker. */
bool gv_turnover_due(void);

#endif
