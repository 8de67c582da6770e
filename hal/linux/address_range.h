/* Address ranges: is an address one of the public internet, or of this machine, its network, or another
 * special range? Source: the IANA special-purpose address registries (RFC 6890 and what was added).
 * Thread: any (pure). */
#ifndef GV_HAL_LINUX_ADDRESS_RANGE_H
#define GV_HAL_LINUX_ADDRESS_RANGE_H

#include <stdbool.h>
#include <sys/socket.h>

/** Families other than IPv4 and IPv6 are not public; an IPv4 address inside an IPv6 one counts as
 *  itself. */
bool gv_address_is_public(const struct sockaddr *address);

#endif
