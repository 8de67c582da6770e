/* Serve: one request from CivetWeb's callback to its answer. Internal to web/server.
 * Thread: worker. */
#ifndef GV_WEB_SERVER_SERVE_H
#define GV_WEB_SERVER_SERVE_H

#include "web/server/worker.h"

/** Check, route and answer. Returns: the status, for CivetWeb. */
int gv_serve(struct gv_worker *worker, struct mg_connection *conn);
/** Answer something CivetWeb could not read as a request, and close. */
void gv_serve_malformed(struct gv_worker *worker, struct mg_connection *conn, int status,
                        const char *message);

#endif
