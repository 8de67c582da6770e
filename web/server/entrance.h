/* Entrance: connections wait here, not in a worker, until a request has begun to arrive.
 *
 * CivetWeb's accept and poll lead here. A thread of its own, the porter, runs the TLS handshakes;
 * CivetWeb's master is only given connections whose first request bytes are there, and no more of them
 * than there are workers. So silence and half a handshake cost a place here and no worker.
 *
 * Places are few (limits.h) and always come free again: when they run short, those go whose client the
 * porter waits for, first those that have said nothing, then those that let it wait longest. A client
 * that means it never lets it wait for longer than its way through the network. While nobody can be
 * sent away, newcomers stay in the kernel's backlog: a crowd that comes at once is served in turn.
 * Thread: stated per function. */
#ifndef GV_WEB_SERVER_ENTRANCE_H
#define GV_WEB_SERVER_ENTRANCE_H

#include "firmware/base/err.h"

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

struct mbedtls_ssl_context;

struct gv_entrance_config {
    unsigned workers;
    uint32_t handshake_ms; /* from accept to the end of the handshake */
    uint32_t request_ms;   /* then, or from accept, to the first byte of a request */
};

/** Start the porter. Returns GV_OK or GV_ERR_IO.  Thread: main, before CivetWeb. */
GV_MUST_USE enum gv_err gv_entrance_open(const struct gv_entrance_config *config);
/** End the porter: nobody comes in any more.  Thread: main, before CivetWeb stops. */
void gv_entrance_stop(void);
/** End every connection that no worker has claimed.  Thread: main, after CivetWeb stopped. */
void gv_entrance_close(void);

/** Is there a place for another connection?  Thread: CivetWeb's master. */
bool gv_entrance_has_place(void);
/** A connection came; owns its non-blocking descriptor from now on.
 *  In: listener: where it came.  Thread: CivetWeb's master. */
void gv_entrance_admit(int descriptor, int listener, bool is_tls, const struct sockaddr *address,
                       socklen_t address_len);
/** The kernel has no descriptor or memory for another connection: newcomers wait a moment, instead of us
 *  asking again and again.  Thread: CivetWeb's master. */
void gv_entrance_rest(void);
/** A connection of this listener whose request has begun. Returns: its descriptor, -1 when there is none
 *  or all workers have work.  Thread: CivetWeb's master. */
int gv_entrance_take(int listener, struct sockaddr *address, socklen_t *address_len);
/** poll() on the listeners, and on connections that are ready: their listener shows POLLIN.
 *  Thread: CivetWeb's master. */
int gv_entrance_poll(struct pollfd *listeners, nfds_t n, int timeout_ms);
/** The TLS session of a descriptor that was taken; NULL when there is none.  Thread: worker. */
struct mbedtls_ssl_context *gv_entrance_claim(int descriptor);
/** A worker has come free. Thread: any. */
void gv_entrance_worker_free(void);

#endif
