/* Own network: does an address belong to a neighbour, that is, does it lie in a network that an interface
 * of this machine is in? With IPv6 that cannot be told from the address: a home has global addresses.
 * Source: getifaddrs(3), asked each time, because prefixes come and go with the provider.
 * Thread: any (getifaddrs allocates; for what happens seldom). */
#ifndef GV_HAL_LINUX_OWN_NETWORK_H
#define GV_HAL_LINUX_OWN_NETWORK_H

#include <stdbool.h>
#include <sys/socket.h>

struct ifaddrs;

/** Is it in one of these interfaces' networks? An interface that is alone in its network (/32, /128, a
 *  tunnel's end) has no neighbours but itself. Pure. */
bool gv_in_networks_of(const struct ifaddrs *interfaces, const struct sockaddr *address);

/** The same with this machine's interfaces, for who keeps away from neighbours: true when they cannot be read. */
bool gv_own_network_holds(const struct sockaddr *address);
/** The same of an address as text, without port or zone, for who is easier on neighbours: false for what is none
 *  and when the interfaces cannot be read. */
bool gv_own_network_holds_text(const char *address);

#endif
