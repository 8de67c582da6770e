/* A small HTTP(S) server in a thread that misbehaves on request, for the tests of the client.
 * One connection at a time; the next is accepted when the client or the peer closes. */
#ifndef GV_TESTS_UNIT_HAL_HTTP_PEER_H
#define GV_TESTS_UNIT_HAL_HTTP_PEER_H

#include <mbedtls/pk.h>
#include <mbedtls/ssl.h>
#include <mbedtls/x509_crt.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

enum peer_mode {
    PEER_ANSWERS,         /* 200 with `body`, connection kept */
    PEER_REDIRECTS,       /* 302 to http://127.0.0.1:1/ */
    PEER_STALLS,          /* reads the request and says nothing */
    PEER_DRIPS,           /* headers, then the body a byte each 50 ms */
    PEER_CLOSES_IDLE,     /* closes after each answer without saying so */
    PEER_CLOSES_ON_REUSE, /* closes when a second request comes on a connection */
    PEER_CUTS_BODY,       /* promises more than it sends */
};

/** What the certificate of a TLS peer says. */
struct peer_certificate {
    const char *name;  /* DNS name or, with is_ip, "127.0.0.1" */
    const char *until; /* "YYYYMMDDhhmmss" */
    bool is_ip;
};

struct peer {
    enum peer_mode mode;
    const char *body;
    int port;
    atomic_uint connections;
    atomic_uint requests;
    char last_request[8192]; /* head and body; read it when no request is under way */

    bool is_tls;
    mbedtls_ssl_config config;
    mbedtls_x509_crt leaf;
    mbedtls_pk_context leaf_key;

    int listener;
    int stop[2];
    pthread_t thread;
};

/** An authority for the test; `file` receives its PEM. */
struct peer_authority {
    mbedtls_pk_context key;
};
void authority_open(struct peer_authority *authority, const char *file);
void authority_close(struct peer_authority *authority);

/** Start on a free port of 127.0.0.1. authority NULL: plain HTTP. */
void peer_start(struct peer *peer, enum peer_mode mode, const char *body,
                struct peer_authority *authority, const struct peer_certificate *certificate);
void peer_stop(struct peer *peer);

#endif
