/* TLS: certificate generations of the box, handshakes on both sides, bytes in and out.
 *
 *   open ──► generation 1 ◄── sessions        reload ──► generation 2 ◄── new sessions
 *                 └── freed when its last session closes
 *
 * Web server and sequencer share generations and the pool of sessions; each has seats of its own, so that
 * neither can take the other's (limits.h).
 * TLS 1.2 and 1.3 with forward secrecy and authenticated ciphers only, session tickets under rotating
 * keys, ALPN http/1.1, no renegotiation, no client certificates. One random generator for all
 * (MBEDTLS_THREADING_C guards it); no lock is held while a socket is waited for.
 * Ownership: a session belongs to whoever holds the connection. Thread: stated per function. */
#ifndef GV_HAL_LINUX_TLS_H
#define GV_HAL_LINUX_TLS_H

#include "firmware/base/bytes.h"
#include "firmware/base/limits.h"

#include <stdint.h>

struct mbedtls_ssl_context;
struct gv_tls_client;

/* Certificates in use at a time: the present one and older ones that open connections still hold. */
#define GV_TLS_GENERATIONS 4u

/** Load certificate (leaf first) and key, both PEM files. Each user of the box's certificate opens and closes:
 *  the first one loads.
 *  Returns: GV_OK; GV_ERR_CRYPTO "server.tls".  Thread: main, before the memory seal. */
GV_MUST_USE enum gv_err gv_tls_open(const char *cert_path, const char *key_path,
                                    struct gv_fail *fail);
/** Of the last user all sessions must be closed. Thread: main. */
void gv_tls_close(void);
/** As gv_tls_open for new sessions only; also GV_ERR_FULL when too many generations are in use.
 *  Thread: main. */
GV_MUST_USE enum gv_err gv_tls_reload(const char *cert_path, const char *key_path,
                                      struct gv_fail *fail);
/** Beside the box's certificate serve the owner's, for its names: from the next load on. Keeps path (one PEM file
 *  with chain and key, own_cert.h); NULL: none. A load fails when it cannot be read.  Thread: main. */
void gv_tls_own_use(const char *path);
/** Does the owner's certificate, as it is served now, speak for this name?  Thread: any. */
bool gv_tls_own_covers(struct gv_view host);

enum gv_tls_step {
    GV_TLS_DONE,
    GV_TLS_READ,  /* go on when the socket is readable */
    GV_TLS_WRITE, /* or writable */
    GV_TLS_FAILED /* counted and logged */
};
/** A session on a non-blocking descriptor. Returns: NULL when there is no room (counted).
 *  Thread: any, one at a time for a session, as all that follow. */
struct mbedtls_ssl_context *gv_tls_begin(int descriptor);
/** As gv_tls_begin, for one that was dialled. Keeps client. */
struct mbedtls_ssl_context *gv_tls_begin_client(int descriptor, const struct gv_tls_client *client);
/** Go on with the handshake. It may take milliseconds. */
enum gv_tls_step gv_tls_handshake(struct mbedtls_ssl_context *ssl);
/** After the handshake: DONE when the first bytes of the client can be read. */
enum gv_tls_step gv_tls_await(struct mbedtls_ssl_context *ssl);
/** A handshake was given up for taking too long. */
void gv_tls_count_late(void);
/** Say goodbye if the socket takes it at once, and free the session. */
void gv_tls_end(struct mbedtls_ssl_context *ssl);

/* As mbedtls_ssl_read and _write, for CivetWeb, which knows their numbers. */
int gv_tls_read_raw(struct mbedtls_ssl_context *ssl, unsigned char *out, int cap);
int gv_tls_write_raw(struct mbedtls_ssl_context *ssl, const unsigned char *p, int n);

/* As gv_net_recv and gv_net_send. */
GV_MUST_USE enum gv_err gv_tls_recv(struct mbedtls_ssl_context *ssl, void *out, size_t cap,
                                    size_t *got);
GV_MUST_USE enum gv_err gv_tls_send(struct mbedtls_ssl_context *ssl, struct gv_view data,
                                    size_t *sent);
/** Decrypted bytes are waiting. */
bool gv_tls_pending(const struct mbedtls_ssl_context *ssl);
/** A record is built and not yet sent: nothing else may be written before it. */
bool gv_tls_output_pending(const struct mbedtls_ssl_context *ssl);

struct gv_tls_stats {
    uint64_t handshakes;
    uint64_t resumed;
    uint64_t failed;
    uint64_t timed_out;
};
void gv_tls_stats(struct gv_tls_stats *stats);

/* Places of sessions, from the first of these calls to the last: for gv_tls_open and gv_tls_client_open. */
void gv_tls_sessions_hold(void);
void gv_tls_sessions_drop(void);

#endif
