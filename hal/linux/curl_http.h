/* HTTP client on libcurl: a fixed number of handles, each with its own kept-alive connections.
 *
 * HTTP/1.1 over TCP or TLS 1.2/1.3. Never: redirects, proxies (also not from the environment),
 * cookies, credentials in a URL, other protocols, unverified certificates. A connection that the
 * server closed while it was idle is retried once on a fresh one by libcurl itself, as long as no
 * byte of the answer has come.
 * Limits: GV_HTTP_CLIENTS clients. Names are resolved by the C library before the deadlines
 * start to count; its own limits are those of resolv.conf.
 * Thread: open and close main (start-up and stop); a client belongs to one thread at a time. */
#ifndef GV_HAL_LINUX_CURL_HTTP_H
#define GV_HAL_LINUX_CURL_HTTP_H

#include "hal/iface/http.h"
#include "hal/linux/trust.h"

/** Take a client from the pool. gv_memory_init must have run.
 *  Returns: GV_OK; GV_ERR_FULL (all clients taken, or libcurl's arena is exhausted).
 *  In:      trust: for https (keeps it); NULL or not open: https is refused with GV_ERR_CRYPTO. */
GV_MUST_USE enum gv_err gv_curl_open(struct gv_http *http, const struct gv_trust *trust);

/** Close its connections and give it back. */
void gv_curl_close(struct gv_http *http);

#endif
