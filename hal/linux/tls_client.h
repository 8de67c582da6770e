/* TLS client: whom a program that dials believes, and the name that the other side must have.
 *
 * TLS 1.2 and 1.3; the certificate's chain must end in the given file and name the host (or its address),
 * else the handshake fails. Sessions are those of tls.h.
 * Thread: main; the opened object is read-only, sessions of it belong to whoever holds the connection. */
#ifndef GV_HAL_LINUX_TLS_CLIENT_H
#define GV_HAL_LINUX_TLS_CLIENT_H

#include "hal/linux/tls.h"
#include "hal/linux/trust.h"

#include <mbedtls/ctr_drbg.h>
#include <mbedtls/entropy.h>
#include <mbedtls/ssl.h>

#define GV_TLS_HOST_MAX 256u

/** Caller's storage. */
struct gv_tls_client {
    struct gv_trust trust;
    mbedtls_ssl_config config;
    mbedtls_entropy_context entropy;
    mbedtls_ctr_drbg_context random;
    char host[GV_TLS_HOST_MAX];
};

/** In: ca_path: PEM file of the authorities to believe; host: name or address as it is dialled.
 *  Returns: GV_OK; GV_ERR_NOT_FOUND, GV_ERR_INVALID (file, host); GV_ERR_CRYPTO. */
GV_MUST_USE enum gv_err gv_tls_client_open(struct gv_tls_client *client, const char *ca_path,
                                           const char *host, struct gv_fail *fail);
/** All sessions must be closed. */
void gv_tls_client_close(struct gv_tls_client *client);

#endif
