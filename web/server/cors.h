/* CORS: pages of configured origins may read and write here; nobody else's may. Internal to web/server.
 *
 * An origin is exact, never a wildcard, and credentials of ours are never offered across origins: such a
 * page brings an API key or a token of its own.
 * Thread: the worker. Source: Fetch standard, CORS protocol. */
#ifndef GV_WEB_SERVER_CORS_H
#define GV_WEB_SERVER_CORS_H

#include "web/server/worker.h"

/** Name the origin in the answer's headers when it is a configured one. */
void gv_cors_mark(struct gv_worker *worker);

/** Answer a preflight of a configured origin: 204 with the methods that the path has.
 *  Returns: false when the request is none; nothing was answered then. */
GV_MUST_USE bool gv_cors_preflight(struct gv_worker *worker, const char *allow);

#endif
