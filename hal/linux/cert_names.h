/* The names a box is reached by: what its certificate must say.
 * Thread: one owner per list. */
#ifndef GV_HAL_LINUX_CERT_NAMES_H
#define GV_HAL_LINUX_CERT_NAMES_H

#include "firmware/base/err.h"

#include <stdint.h>

#define GV_CERT_DNS_MAX  16
#define GV_CERT_DNS_LEN  128 /* with the end mark; longer names are of no use on a box */
#define GV_CERT_IPS_MAX  32
#define GV_CERT_IP_BYTES 16

struct gv_cert_ip {
    uint8_t b[GV_CERT_IP_BYTES];
    uint8_t n; /* 4 or 16 */
};

struct gv_cert_names {
    char dns[GV_CERT_DNS_MAX][GV_CERT_DNS_LEN];
    uint32_t dns_n;
    struct gv_cert_ip ips[GV_CERT_IPS_MAX];
    uint32_t ips_n;
};

/** Add an IP address or a DNS name (lower-cased); one that is there already stays as it is.
 *  Returns: GV_OK; GV_ERR_INVALID (neither); GV_ERR_FULL. */
GV_MUST_USE enum gv_err gv_cert_names_add(struct gv_cert_names *names, const char *text,
                                          struct gv_fail *fail);

/** Add what this machine knows of itself: gavel.local, its host name (also under .local),
 *  localhost, the loopback addresses, and the addresses of its interfaces that are up; link-local
 *  ones are left out, no browser can use them. What is no DNS name is left out; some places stay
 *  free for the configuration. */
void gv_cert_names_add_local(struct gv_cert_names *names);

bool gv_cert_names_has_dns(const struct gv_cert_names *names, const char *dns);
bool gv_cert_names_has_ip(const struct gv_cert_names *names, const struct gv_cert_ip *ip);

#endif
