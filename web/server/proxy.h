/* Proxy: what a trusted proxy in front says of the client it speaks for. Internal to web/server.
 *
 *   X-Forwarded-For: client, first proxy     read from its end: whoever is not trusted first is the client
 *   X-Forwarded-Proto: https                 the client came by TLS: cookies are Secure
 *   X-Forwarded-Host: box.example            the name it used: for the Host check and the Origin
 *
 * From everybody else the three are passed over: they are what the client likes to be taken for.
 * Thread: the worker. */
#ifndef GV_WEB_SERVER_PROXY_H
#define GV_WEB_SERVER_PROXY_H

#include "web/server/worker.h"

/** Put the client in place of its proxy. Behind the reading of Host.
 *  In/Out: worker: peer, and request: peer, is_tls, is_loopback, host.
 *  Returns: 0; 400 "http.forwarded" when a trusted proxy says what cannot be read. */
GV_MUST_USE int gv_proxy_apply(struct gv_worker *worker, struct gv_fail *fail);

#endif
