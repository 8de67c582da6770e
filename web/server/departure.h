/* Departure: a connection that has left its worker, as a gv_net.
 *
 * The worker's side is one call, gv_departure_make, from CivetWeb's connection_close callback; what it
 * gives out owns descriptor and TLS session until gv_net_close.
 * Thread: init and deinit main; make worker; the gv_net its owner. */
#ifndef GV_WEB_SERVER_DEPARTURE_H
#define GV_WEB_SERVER_DEPARTURE_H

#include "web/server/glue.h"
#include "web/server/server.h"

void gv_departure_init(void);
/** All departed connections must be closed. */
void gv_departure_deinit(void);

/** Returns: GV_OK; GV_ERR_STATE when the connection is broken (CivetWeb then closes it);
 *  GV_ERR_FULL. */
GV_MUST_USE enum gv_err gv_departure_make(struct mg_connection *conn,
                                          struct gv_departure *departure);

#endif
