/* Takes the place of CivetWeb's own mod_mbedtls.inl: TLS is hal/linux/tls.c, this file only gives it
 * the names CivetWeb calls. Included by civetweb.c near the top, before its structures are known. */
#include "hal/linux/tls.h"
#include "web/server/entrance.h"
#include "web/server/glue.h"
#include "web/server/turnover.h"

#include <mbedtls/ssl.h>

typedef mbedtls_ssl_context SSL;

/* CivetWeb allocates one of these for each server; certificates live in hal/linux/tls_config.c. */
typedef struct {
    int unused;
} SSL_CTX;

/* CivetWeb's pull_inner and push_inner print "SSL read failed" to stderr for every client that simply
 * closes. That is no event; what matters is counted in tls.c. */
#define fprintf(stream, ...) ((void)(stream), 0)

static int mbed_sslctx_init(SSL_CTX *ctx, const char *crt)
{
    (void)ctx;
    (void)crt;
    return 0;
}

static void mbed_sslctx_uninit(SSL_CTX *ctx)
{
    (void)ctx;
}

static int mbed_ssl_accept(mbedtls_ssl_context **ssl, SSL_CTX *ctx, int *sock,
                           struct mg_context *phys_ctx)
{
    (void)ctx;
    (void)phys_ctx;
    gv_turnover_taken();
    *ssl = gv_entrance_claim(*sock); /* the handshake is done */
    return *ssl != NULL ? 0 : -1;
}

static void mbed_ssl_close(mbedtls_ssl_context *ssl)
{
    gv_tls_end(ssl);
}

static int mbed_ssl_read(mbedtls_ssl_context *ssl, unsigned char *buf, int len)
{
    return gv_tls_read_raw(ssl, buf, len);
}

static int mbed_ssl_write(mbedtls_ssl_context *ssl, const unsigned char *buf, int len)
{
    return gv_tls_write_raw(ssl, buf, len);
}
