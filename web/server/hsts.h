/* HSTS: whether an answer may tell a browser to keep to https.
 * It binds every port of the name and takes away the button that goes on past a bad certificate. So it is said
 * over TLS only, where the owner's certificate speaks for the name, and never for .local, .onion, a bare host name
 * or an address. Source: RFC 6797, 7.2 and 8.1.1. Thread: any worker. */
#ifndef GV_WEB_SERVER_HSTS_H
#define GV_WEB_SERVER_HSTS_H

#include "web/server/server.h"

/* 30 days: who gives up his certificate has not locked himself out for a year. */
#define GV_HSTS_VALUE "max-age=2592000"

bool gv_hsts_applies(const struct gv_web_request *request);
/** Is this Host, with or without port, a name for which it may be said? */
bool gv_hsts_may_name(struct gv_view host);

#endif
