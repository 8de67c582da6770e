/* Name constraints: what the box's own certificate authority may speak for.
 *
 * Somebody who trusts the authority of a box must not thereby trust it for the whole Internet,
 * should the box be broken into. The authority is limited to private addresses, local top-level
 * domains and the names the box had when it was made. The extension is not critical, for the sake
 * of old clients that do not know it. Source: RFC 5280, 4.2.1.10. Thread: any (pure). */
#ifndef GV_HAL_LINUX_CERT_LIMITS_H
#define GV_HAL_LINUX_CERT_LIMITS_H

#include "firmware/base/bytes.h"
#include "hal/linux/cert_names.h"

#define GV_CERT_LIMITS_BYTES_MAX 4096

/** The DER value of the extension for a new authority.
 *  Returns: the bytes, at the end of `out`; empty when they do not fit. */
struct gv_view gv_cert_limits_write(uint8_t out[GV_CERT_LIMITS_BYTES_MAX],
                                    const struct gv_cert_names *names);

/** Drop from `names` what an authority with these limits may not certify.
 *  In:      limits: the extension's DER value; empty: no limits.
 *  Returns: how many were dropped. */
uint32_t gv_cert_limits_apply(struct gv_view limits, struct gv_cert_names *names);

#endif
