/* Glue: what CivetWeb's extension files (in civetweb/) and our sources know of each other.
 *
 * CivetWeb is compiled unchanged. It reaches us in three ways, all meant for it: the extension files
 * that it includes, the callbacks of mg_start2, and the C library symbols that the build renames in its
 * object file (allocator, accept, close, poll).
 * Thread: the worker that owns the connection, except where stated. */
#ifndef GV_WEB_SERVER_GLUE_H
#define GV_WEB_SERVER_GLUE_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

struct mg_connection;
struct mbedtls_ssl_context;

/* ---- Ours to call, defined in external_log_access.inl, where a connection's fields are visible -- */

/** One read of body bytes. Returns: bytes (> 0); 0 nothing within timeout_ms; -1 ended or broken. */
int gv_glue_read(struct mg_connection *conn, void *out, size_t cap, uint32_t timeout_ms);
/** One write. Returns as gv_glue_read. */
int gv_glue_write(struct mg_connection *conn, const void *p, size_t n, uint32_t timeout_ms);
/** Body bytes announced and neither read nor already lying in the request buffer. */
uint64_t gv_glue_body_outstanding(const struct mg_connection *conn);
/** Would CivetWeb serve another request on this connection? */
bool gv_glue_keep_alive(const struct mg_connection *conn);
/** The socket. */
int gv_glue_descriptor(const struct mg_connection *conn);
/** The request head did not fit the buffer. */
bool gv_glue_head_overflow(const struct mg_connection *conn);
/** Bytes of a further request are already in the buffer. */
bool gv_glue_pipelined(const struct mg_connection *conn);
/** End our side and throw away what still arrives, at most so long and so much: closing with unread
 *  bytes would reset the connection and take the answer with it. */
void gv_glue_drain(struct mg_connection *conn, size_t bytes_max, uint32_t timeout_ms);
/** Send the 101 of RFC 6455 for this Sec-WebSocket-Key. */
bool gv_glue_websocket_accept(struct mg_connection *conn, const char *key, const char *protocol);

struct gv_glue_detached {
    int descriptor;
    struct mbedtls_ssl_context *ssl; /* NULL: plain */
    const uint8_t *early;            /* in the worker's buffer: copy before returning */
    size_t early_n;
};
/** Take descriptor and TLS context out of the connection; only in the connection_close callback.
 *  Returns: false when there is nothing to take or TLS output is still pending. */
bool gv_glue_detach(struct mg_connection *conn, struct gv_glue_detached *out);

/* ---- CivetWeb's to call ---------------------------------------------------------------------- */

/** After each request, whoever answered it. */
void gv_glue_request_done(const struct mg_connection *conn);
/** An error text of CivetWeb: goes to the log ring. Thread: any. */
void gv_glue_message(const char *text);

/* The C library, as CivetWeb's object sees it (objcopy --redefine-sym, CMakeLists.txt). */
int gv_civetweb_accept(int descriptor, struct sockaddr *address, socklen_t *address_len);
int gv_civetweb_close(int descriptor);
int gv_civetweb_poll(struct pollfd *fds, nfds_t n, int timeout_ms);

#endif
