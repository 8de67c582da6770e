/* Subnet: a short list of IP networks, "10.21.0.0/16, fd00::/8, 192.0.2.7", and what lies in them.
 * An IPv4 address in IPv6 clothes is the same as without. Pure. Thread: any. */
#ifndef GV_FIRMWARE_BASE_SUBNET_H
#define GV_FIRMWARE_BASE_SUBNET_H

#include "firmware/base/bytes.h"

#define GV_SUBNETS_MAX 8u

struct gv_subnet {
    uint8_t b[16]; /* IPv4 as ::ffff:a.b.c.d */
    unsigned bits; /* of those that count, 0..128 */
};

struct gv_subnets {
    uint32_t count;
    struct gv_subnet items[GV_SUBNETS_MAX];
};

/** Read a list, separated by commas; "" is an empty one. A single address is a network of one.
 *  Returns: GV_OK; GV_ERR_INVALID "subnet.syntax", "subnet.full". */
GV_MUST_USE enum gv_err gv_subnets_parse(struct gv_subnets *networks, const char *text,
                                         struct gv_fail *fail);
/** Does an address (text without port) lie in one of them? False for what is none. */
GV_MUST_USE bool gv_subnets_hold(const struct gv_subnets *networks, const char *address);
/** Is this the text of an IPv4 or IPv6 address, without port or zone? */
GV_MUST_USE bool gv_address_valid(const char *address);

#endif
