#include "hal/linux/own_network.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* The address's bytes. Returns: their number; 0 for families other than IPv4 and IPv6. */
static size_t bytes_of(uint8_t b[16], const struct sockaddr *address)
{
    if (address->sa_family == AF_INET) {
        struct sockaddr_in v4;
        memcpy(&v4, address, sizeof(v4));
        memcpy(b, &v4.sin_addr, 4);
        return 4;
    }
    if (address->sa_family == AF_INET6) {
        struct sockaddr_in6 v6;
        memcpy(&v6, address, sizeof(v6));
        if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) {
            memcpy(b, v6.sin6_addr.s6_addr + 12, 4);
            return 4;
        }
        memcpy(b, &v6.sin6_addr, 16);
        return 16;
    }
    return 0;
}

static bool in_network_of(const struct ifaddrs *interface, const uint8_t *b, size_t n)
{
    uint8_t own[16];
    uint8_t mask[16];
    if (interface->ifa_addr == NULL || interface->ifa_netmask == NULL ||
        bytes_of(own, interface->ifa_addr) != n || bytes_of(mask, interface->ifa_netmask) != n) {
        return false;
    }
    bool same = mask[0] != 0; /* a network of everybody is nobody's */
    for (size_t i = 0; i < n; i++) {
        same = same && ((own[i] ^ b[i]) & mask[i]) == 0;
    }
    return same;
}

bool gv_in_networks_of(const struct ifaddrs *interfaces, const struct sockaddr *address)
{
    uint8_t b[16];
    const size_t n = bytes_of(b, address);
    bool found = false;
    for (const struct ifaddrs *i = interfaces; i != NULL && n > 0 && !found; i = i->ifa_next) {
        found = in_network_of(i, b, n);
    }
    return found;
}

/* In: unknown: the answer when the interfaces cannot be read, as without a free descriptor. */
static bool holds(const struct sockaddr *address, bool unknown)
{
    struct ifaddrs *interfaces = NULL;
    if (getifaddrs(&interfaces) != 0) {
        return unknown;
    }
    const bool found = gv_in_networks_of(interfaces, address);
    freeifaddrs(interfaces);
    return found;
}

bool gv_own_network_holds(const struct sockaddr *address)
{
    return holds(address, true);
}

bool gv_own_network_holds_text(const char *address)
{
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_storage storage = {.ss_family = AF_UNSPEC};
    if (inet_pton(AF_INET, address, &v4.sin_addr) == 1) {
        memcpy(&storage, &v4, sizeof(v4));
    } else if (inet_pton(AF_INET6, address, &v6.sin6_addr) == 1) {
        memcpy(&storage, &v6, sizeof(v6));
    }
    return holds((const struct sockaddr *)&storage, false);
}
