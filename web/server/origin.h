/* Origin: may the page that sent this request speak for its user? Internal to web/server.
 * Thread: the worker. */
#ifndef GV_WEB_SERVER_ORIGIN_H
#define GV_WEB_SERVER_ORIGIN_H

#include "web/server/worker.h"

/** Browsers name the page's site with every write and every WebSocket; a page of another site must
 *  not speak for the user. Clients that are no browsers send no Origin.
 *  Returns: true without an Origin, with that of the request's Host (a proxy may have taken TLS off,
 *  so either scheme does), or with one that config.origin_allowed takes. */
GV_MUST_USE bool gv_origin_matches(const struct gv_worker *worker);

#endif
