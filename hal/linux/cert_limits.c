#include "hal/linux/cert_limits.h"

#include "firmware/base/text.h"

#include <mbedtls/asn1.h>
#include <mbedtls/asn1write.h>
#include <string.h>

#define TAG_PERMITTED (MBEDTLS_ASN1_CONTEXT_SPECIFIC | MBEDTLS_ASN1_CONSTRUCTED | 0)
#define TAG_DNS       (MBEDTLS_ASN1_CONTEXT_SPECIFIC | 2)
#define TAG_IP        (MBEDTLS_ASN1_CONTEXT_SPECIFIC | 7)
#define TAG_SEQUENCE  (MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SEQUENCE)

struct range {
    struct gv_cert_ip ip;
    uint8_t prefix_bits;
};

/* Domains that no public registry gives out (RFC 6762, RFC 8375, ICANN's "internal"), or that home
 * routers use. */
static const char *const local_domains[] = {
    "localhost", "local", "home.arpa", "internal", "lan", "home",
};

/* Private, shared, link-local and loopback addresses: RFC 1918, 6598, 3927, 4193. */
static const struct range local_ranges[] = {
    {{{10}, 4}, 8},
    {{{172, 16}, 4}, 12},
    {{{192, 168}, 4}, 16},
    {{{100, 64}, 4}, 10},
    {{{169, 254}, 4}, 16},
    {{{127}, 4}, 8},
    {{{0xfc}, 16}, 7},
    {{{0xfe, 0x80}, 16}, 10},
    {{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 16}, 128},
};

/* ---- writing: Mbed TLS writes DER from the end ---------------------------------------------- */

/* Put tag and length before what has been written. *n, its bytes so far, grows; < 0: no room. */
static int wrap(uint8_t **p, uint8_t *start, size_t *n, uint8_t tag)
{
    int len = mbedtls_asn1_write_len(p, start, *n);
    int head = len < 0 ? len : mbedtls_asn1_write_tag(p, start, tag);
    if (head >= 0) {
        *n += (size_t)(len + head);
    }
    return head;
}

/* One GeneralSubtree. Returns false when it did not fit; *n grows by its bytes. */
static bool write_subtree(uint8_t **p, uint8_t *start, size_t *n, uint8_t tag, const uint8_t *base,
                          size_t base_n)
{
    size_t tree_n = base_n;
    if (mbedtls_asn1_write_raw_buffer(p, start, base, base_n) < 0 ||
        wrap(p, start, &tree_n, tag) < 0 || wrap(p, start, &tree_n, TAG_SEQUENCE) < 0) {
        return false;
    }
    *n += tree_n;
    return true;
}

static bool write_dns(uint8_t **p, uint8_t *start, size_t *n, const char *dns)
{
    return write_subtree(p, start, n, TAG_DNS, (const uint8_t *)dns, strlen(dns));
}

/* The address and its mask, side by side. */
static bool write_range(uint8_t **p, uint8_t *start, size_t *n, const struct range *range)
{
    uint8_t base[2 * GV_CERT_IP_BYTES] = {0};
    memcpy(base, range->ip.b, range->ip.n);
    for (unsigned bit = 0; bit < range->prefix_bits; bit++) {
        base[range->ip.n + bit / 8] |= (uint8_t)(0x80u >> (bit % 8));
    }
    return write_subtree(p, start, n, TAG_IP, base, (size_t)range->ip.n * 2);
}

static bool write_all(uint8_t **p, uint8_t *start, size_t *n, const struct gv_cert_names *names)
{
    bool fits = true;
    for (size_t i = 0; i < sizeof(local_ranges) / sizeof(local_ranges[0]); i++) {
        fits = fits && write_range(p, start, n, &local_ranges[i]);
    }
    for (uint32_t i = 0; i < names->ips_n; i++) {
        struct range one = {.ip = names->ips[i], .prefix_bits = (uint8_t)(8u * names->ips[i].n)};
        fits = fits && write_range(p, start, n, &one);
    }
    for (size_t i = 0; i < sizeof(local_domains) / sizeof(local_domains[0]); i++) {
        fits = fits && write_dns(p, start, n, local_domains[i]);
    }
    for (uint32_t i = 0; i < names->dns_n; i++) {
        fits = fits && write_dns(p, start, n, names->dns[i]);
    }
    return fits;
}

struct gv_view gv_cert_limits_write(uint8_t out[GV_CERT_LIMITS_BYTES_MAX],
                                    const struct gv_cert_names *names)
{
    uint8_t *p = out + GV_CERT_LIMITS_BYTES_MAX;
    size_t n = 0;
    if (!write_all(&p, out, &n, names) || wrap(&p, out, &n, TAG_PERMITTED) < 0 ||
        wrap(&p, out, &n, TAG_SEQUENCE) < 0) {
        return gv_view_of(NULL, 0);
    }
    return gv_view_of(p, n);
}

/* ---- reading -------------------------------------------------------------------------------- */

/* Enter an element with this tag. Out: its contents. *v moves behind it. */
static bool take(struct gv_view *v, int tag, struct gv_view *contents)
{
    /* Mbed TLS reads only, but takes the pointer without const. */
    unsigned char *p = (unsigned char *)(uintptr_t)v->p;
    const unsigned char *end = v->p + v->n;
    size_t n = 0;
    if (v->n == 0 || mbedtls_asn1_get_tag(&p, end, &n, tag) != 0) {
        return false;
    }
    *contents = gv_view_of(p, n);
    *v = gv_view_of(p + n, (size_t)(end - p) - n);
    return true;
}

/* `dns` is the base or below it: "local" permits "gavel.local". */
static bool dns_matches(struct gv_view base, const char *dns)
{
    size_t n = strlen(dns);
    if (base.n == 0 || n < base.n || memcmp(dns + n - base.n, base.p, base.n) != 0) {
        return base.n == 0;
    }
    return n == base.n || dns[n - base.n - 1] == '.';
}

static bool ip_matches(struct gv_view base, const struct gv_cert_ip *ip)
{
    if (base.n != (size_t)ip->n * 2) {
        return false;
    }
    for (size_t i = 0; i < ip->n; i++) {
        if (((ip->b[i] ^ base.p[i]) & base.p[ip->n + i]) != 0) {
            return false;
        }
    }
    return true;
}

/* Exactly one of dns and ip is given. */
static bool is_permitted(struct gv_view trees, const char *dns, const struct gv_cert_ip *ip)
{
    struct gv_view tree;
    struct gv_view base;
    while (take(&trees, TAG_SEQUENCE, &tree)) {
        if (dns != NULL && take(&tree, TAG_DNS, &base) && dns_matches(base, dns)) {
            return true;
        }
        if (ip != NULL && take(&tree, TAG_IP, &base) && ip_matches(base, ip)) {
            return true;
        }
    }
    return false;
}

uint32_t gv_cert_limits_apply(struct gv_view limits, struct gv_cert_names *names)
{
    struct gv_view outer;
    struct gv_view trees;
    struct gv_cert_names kept = {.dns_n = 0};
    if (!take(&limits, TAG_SEQUENCE, &outer) || !take(&outer, TAG_PERMITTED, &trees)) {
        return 0;
    }
    for (uint32_t i = 0; i < names->dns_n; i++) {
        if (is_permitted(trees, names->dns[i], NULL)) {
            memcpy(kept.dns[kept.dns_n++], names->dns[i], sizeof(kept.dns[0]));
        }
    }
    for (uint32_t i = 0; i < names->ips_n; i++) {
        if (is_permitted(trees, NULL, &names->ips[i])) {
            kept.ips[kept.ips_n++] = names->ips[i];
        }
    }
    uint32_t dropped = names->dns_n - kept.dns_n + names->ips_n - kept.ips_n;
    *names = kept;
    return dropped;
}
