/* The owner's certificate: reading and judging one PEM text with chain and key.
 * Taken is what any browser could use: whole certificates in order, each signed by the next, a leaf for servers
 * with names in it, and the leaf's key, not locked by a passphrase. Whether a public authority stands behind it
 * is the owner's affair.
 * Thread: any; a pair belongs to one at a time. */
#ifndef GV_HAL_LINUX_OWN_CERT_H
#define GV_HAL_LINUX_OWN_CERT_H

#include "hal/iface/own_cert.h"

#include <mbedtls/pk.h>
#include <mbedtls/x509_crt.h>

struct gv_own_pair {
    mbedtls_x509_crt chain;
    mbedtls_pk_context key;
    struct gv_own_cert says;
};

/** As Mbed TLS takes it. */
typedef int gv_own_cert_rng(void *ctx, unsigned char *out, size_t n);

/** In:  pem: with its end mark, which n counts.
 *  Out: pair: to be freed, whatever is returned; says.state is SERVED only with GV_OK.
 *  Returns: GV_OK; GV_ERR_INVALID "tls.own_chain", "tls.own_order", "tls.own_purpose", "tls.own_names",
 *  "tls.own_key", "tls.own_pair". Time is not judged. */
GV_MUST_USE enum gv_err gv_own_cert_load(struct gv_own_pair *pair, struct gv_view pem,
                                         gv_own_cert_rng *rng, void *rng_ctx, struct gv_fail *fail);
void gv_own_cert_free(struct gv_own_pair *pair);

/** Returns: GV_OK; GV_ERR_INVALID "tls.own_time" when it has ended, or with `fresh` has not begun: a box
 *  that starts without a clock goes on serving what it had. */
GV_MUST_USE enum gv_err gv_own_cert_check_time(const struct gv_own_cert *own, struct gv_utc now,
                                               bool fresh, struct gv_fail *fail);

/** Does it speak for this name? Any case; "*" stands for one label. Source: RFC 6125, 6.4. */
bool gv_own_cert_covers(const struct gv_own_cert *own, struct gv_view host);

#endif
