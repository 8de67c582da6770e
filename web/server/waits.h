/* Waits: at most half of the workers wait for slow clients at a time.
 *
 * A worker that has a request waits for its client in one place: CivetWeb's poll, which leads here, be
 * it for the rest of a head, for a body, or for a reader that takes an answer slowly. When more than half
 * of them wait, the one with the least bytes for its time goes (408 for a body): an upload over a weak
 * link is faster than any drip, and the other half is always there for requests that are complete.
 * The first GV_WAITS_FREE_MS of a request's waits do not count: a burst of requests that come in two
 * packets each is none of slow clients.
 * Thread: worker, for its own wait. */
#ifndef GV_WEB_SERVER_WAITS_H
#define GV_WEB_SERVER_WAITS_H

#include "firmware/base/err.h"

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

#define GV_WAITS_FREE_MS 20u

/** Returns GV_OK or GV_ERR_IO. Thread: main, before the workers. */
GV_MUST_USE enum gv_err gv_waits_open(unsigned workers);
/** Thread: main, after the workers. */
void gv_waits_close(void);

/** This thread is worker `index`. */
void gv_waits_worker(unsigned index);
/** A request begins, or a connection whose request is to come. */
void gv_waits_begin(void);
/** So many bytes of it have come or gone. */
void gv_waits_progress(uint64_t bytes);
/** poll() for the client. Returns as poll; -1 with ECANCELED when this worker is needed elsewhere. */
int gv_waits_poll(struct pollfd *client, int timeout_ms);
/** Was that so for this request? */
bool gv_waits_cut(void);

#endif
