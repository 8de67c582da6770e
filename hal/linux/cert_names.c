#include "hal/linux/cert_names.h"

#include "firmware/base/log.h"
#include "firmware/base/text.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#define LABEL_MAX 63
/* Places that a machine with many interfaces leaves to addresses of the configuration. */
#define CONFIGURED_IPS 8

bool gv_cert_names_has_dns(const struct gv_cert_names *names, const char *dns)
{
    for (uint32_t i = 0; i < names->dns_n; i++) {
        if (strcmp(names->dns[i], dns) == 0) {
            return true;
        }
    }
    return false;
}

bool gv_cert_names_has_ip(const struct gv_cert_names *names, const struct gv_cert_ip *ip)
{
    for (uint32_t i = 0; i < names->ips_n; i++) {
        if (names->ips[i].n == ip->n && memcmp(names->ips[i].b, ip->b, ip->n) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_label_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
}

/* Labels of 1..63 letters, digits and inner hyphens, joined by dots. Source: RFC 1123, 2.1. */
static bool is_dns_name(const char *text)
{
    size_t label = 0;
    char last = '.';
    for (; *text != '\0'; last = *text, text++) {
        if (*text == '.') {
            if (label == 0 || last == '-') {
                return false;
            }
            label = 0;
        } else if (!is_label_byte(*text) || (label == 0 && *text == '-') || ++label > LABEL_MAX) {
            return false;
        }
    }
    return label > 0 && last != '-';
}

static enum gv_err add_ip(struct gv_cert_names *names, const struct gv_cert_ip *ip,
                          struct gv_fail *fail)
{
    if (gv_cert_names_has_ip(names, ip)) {
        return GV_OK;
    }
    if (names->ips_n == GV_CERT_IPS_MAX) {
        return gv_fail(fail, GV_ERR_FULL, "cert.names", "more than %d addresses", GV_CERT_IPS_MAX);
    }
    names->ips[names->ips_n++] = *ip;
    return GV_OK;
}

static enum gv_err add_dns(struct gv_cert_names *names, const char *dns, struct gv_fail *fail)
{
    if (gv_cert_names_has_dns(names, dns)) {
        return GV_OK;
    }
    if (names->dns_n == GV_CERT_DNS_MAX) {
        return gv_fail(fail, GV_ERR_FULL, "cert.names", "more than %d names", GV_CERT_DNS_MAX);
    }
    memcpy(names->dns[names->dns_n++], dns, strlen(dns) + 1); /* both GV_CERT_DNS_LEN */
    return GV_OK;
}

enum gv_err gv_cert_names_add(struct gv_cert_names *names, const char *text, struct gv_fail *fail)
{
    struct gv_cert_ip ip = {.n = 4};
    char dns[GV_CERT_DNS_LEN];
    if (inet_pton(AF_INET, text, ip.b) == 1) {
        return add_ip(names, &ip, fail);
    }
    ip.n = 16;
    if (inet_pton(AF_INET6, text, ip.b) == 1) {
        return add_ip(names, &ip, fail);
    }
    if (gv_text_copy(dns, sizeof(dns), text)) {
        for (char *p = dns; *p != '\0'; p++) {
            if (*p >= 'A' && *p <= 'Z') {
                *p = (char)((unsigned char)*p | 0x20u);
            }
        }
        if (is_dns_name(dns)) {
            return add_dns(names, dns, fail);
        }
    }
    return gv_fail(fail, GV_ERR_INVALID, "cert.name", "neither an IP address nor a DNS name: %s",
                   text);
}

/* ---- this machine --------------------------------------------------------------------------- */

/* The machine's own list is best effort: a name that cannot be used is left out. */
static void try_name(struct gv_cert_names *names, const char *text)
{
    struct gv_fail fail;
    if (gv_cert_names_add(names, text, &fail) != GV_OK) {
        gv_log(GV_LOG_DEBUG, "cert", "name left out: %s", fail.text);
    }
}

static void add_host_name(struct gv_cert_names *names)
{
    char host[GV_CERT_DNS_LEN];
    char local[GV_CERT_DNS_LEN];
    if (gethostname(host, sizeof(host)) != 0 || memchr(host, '\0', sizeof(host)) == NULL) {
        return;
    }
    try_name(names, host);
    host[strcspn(host, ".")] = '\0';
    if (gv_format(local, sizeof(local), "%s.local", host)) {
        try_name(names, local);
    }
}

static bool is_link_local(const struct in6_addr *address)
{
    return address->s6_addr[0] == 0xfe && (address->s6_addr[1] & 0xc0) == 0x80;
}

static void add_interface(struct gv_cert_names *names, const struct ifaddrs *interface)
{
    struct gv_cert_ip ip = {.n = 0};
    if (names->ips_n >= GV_CERT_IPS_MAX - CONFIGURED_IPS || interface->ifa_addr == NULL ||
        (interface->ifa_flags & IFF_UP) == 0) {
        return;
    }
    if (interface->ifa_addr->sa_family == AF_INET) {
        struct sockaddr_in address;
        memcpy(&address, interface->ifa_addr, sizeof(address));
        memcpy(ip.b, &address.sin_addr, 4);
        ip.n = 4;
    } else if (interface->ifa_addr->sa_family == AF_INET6) {
        struct sockaddr_in6 address;
        memcpy(&address, interface->ifa_addr, sizeof(address));
        if (is_link_local(&address.sin6_addr)) {
            return;
        }
        memcpy(ip.b, &address.sin6_addr, 16);
        ip.n = 16;
    } else {
        return;
    }
    if (add_ip(names, &ip, NULL) != GV_OK) {
        gv_log(GV_LOG_DEBUG, "cert", "address left out: the list is full");
    }
}

void gv_cert_names_add_local(struct gv_cert_names *names)
{
    static const char *const always[] = {"gavel.local", "localhost", "127.0.0.1", "::1"};
    struct ifaddrs *interfaces = NULL;
    for (size_t i = 0; i < sizeof(always) / sizeof(always[0]); i++) {
        try_name(names, always[i]);
    }
    add_host_name(names);
    if (getifaddrs(&interfaces) != 0) {
        return;
    }
    for (const struct ifaddrs *i = interfaces; i != NULL; i = i->ifa_next) {
        add_interface(names, i);
    }
    freeifaddrs(interfaces);
}
