/* The owner's certificate: what it says, and how it comes and goes. The box's own one stays beside it and
 * is served for every name that this one does not speak for.
 * Thread: install and remove any; both answer once the change is durable, it is served a moment later. */
#ifndef GV_HAL_IFACE_OWN_CERT_H
#define GV_HAL_IFACE_OWN_CERT_H

#include "firmware/base/bytes.h"
#include "firmware/base/time.h"

/* One text with the chain, leaf first, and the private key: a chain with two 4096-bit keys fits. */
#define GV_OWN_CERT_PEM_MAX   14336u
#define GV_OWN_CERT_NAMES_MAX 32u
#define GV_OWN_CERT_NAME_LEN  128u /* with the end mark */

enum gv_own_cert_state {
    GV_OWN_CERT_NONE,
    GV_OWN_CERT_SERVED,
    GV_OWN_CERT_REFUSED /* expired or broken: the box serves its own for all names; see why */
};

struct gv_own_cert {
    enum gv_own_cert_state state;
    char why[128];
    char names[GV_OWN_CERT_NAMES_MAX][GV_OWN_CERT_NAME_LEN]; /* lower case; "*.example.org", too */
    uint32_t names_n;
    char sha256[96]; /* of the leaf, "AB:CD:..." */
    struct gv_utc not_before;
    struct gv_utc not_after; /* the earliest end within the chain */
};

struct gv_own_cert_ops {
    /** Check and keep. Out: own: what it says. In: pem: a secret, for it holds the key; not kept.
     *  Returns: GV_OK; GV_ERR_INVALID "tls.own_*" naming the rule; GV_ERR_STATE "tls.off"; GV_ERR_IO;
     *  GV_ERR_FULL. */
    enum gv_err (*install)(struct gv_own_cert *own, struct gv_view pem, struct gv_fail *fail);
    /** Returns: GV_OK; GV_ERR_NOT_FOUND "tls.own_none"; GV_ERR_IO. */
    enum gv_err (*remove)(struct gv_fail *fail);
};

#endif
