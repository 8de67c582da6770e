/* Trust anchors: the CA bundle that outgoing TLS is checked against, parsed once and shared.
 *
 * libcurl would parse the whole bundle (some 140 certificates, half a megabyte) for every
 * connection; a shared chain keeps the TLS arena small and the handshake fast.
 * Thread: open main at start-up; the opened object is read-only and any thread may use it. */
#ifndef GV_HAL_LINUX_TRUST_H
#define GV_HAL_LINUX_TRUST_H

#include "firmware/base/err.h"

#include <mbedtls/x509_crt.h>

#define GV_TRUST_DEFAULT_FILE "/etc/ssl/certs/ca-certificates.crt"

/** Caller's storage; must outlive every client that uses it. */
struct gv_trust {
    mbedtls_x509_crt chain;
    bool is_open;
};

/** Read a PEM bundle. Certificates that Mbed TLS cannot read are left out and logged.
 *  Returns: GV_OK; GV_ERR_NOT_FOUND (no such file); GV_ERR_INVALID (no usable certificate). */
GV_MUST_USE enum gv_err gv_trust_open(struct gv_trust *trust, const char *path,
                                      struct gv_fail *fail);
/** No client may use it any more. */
void gv_trust_close(struct gv_trust *trust);

#endif
