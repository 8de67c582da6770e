#include "firmware/base/subnet.h"

#include "firmware/base/text.h"

#include <arpa/inet.h>
#include <string.h>

#define ADDRESS_TEXT_MAX 46u /* INET6_ADDRSTRLEN */
#define V4_BITS          32u
#define V6_BITS          128u

static const uint8_t mapped_prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

/* Out: bits: of the address as it was written. */
static bool parse_address(uint8_t b[16], const char *text, unsigned *bits)
{
    memcpy(b, mapped_prefix, sizeof(mapped_prefix));
    *bits = V4_BITS;
    if (inet_pton(AF_INET, text, b + sizeof(mapped_prefix)) == 1) {
        return true;
    }
    *bits = V6_BITS;
    return inet_pton(AF_INET6, text, b) == 1;
}

bool gv_address_valid(const char *address)
{
    uint8_t b[16];
    unsigned bits = 0;
    return parse_address(b, address, &bits);
}

static bool parse_one(struct gv_subnet *network, struct gv_view text)
{
    char address[ADDRESS_TEXT_MAX];
    const uint8_t *slash = text.n > 0 ? memchr(text.p, '/', text.n) : NULL;
    const size_t n = slash != NULL ? (size_t)(slash - text.p) : text.n;
    unsigned all = 0;
    uint64_t bits = 0;
    if (!gv_format(address, sizeof(address), "%.*s", (int)n, (const char *)text.p) ||
        !parse_address(network->b, address, &all)) {
        return false;
    }
    bits = all;
    if (slash != NULL && !gv_parse_u64(&bits, gv_view_of(slash + 1, text.n - n - 1), all)) {
        return false;
    }
    network->bits = (unsigned)bits + V6_BITS - all;
    return true;
}

enum gv_err gv_subnets_parse(struct gv_subnets *networks, const char *text, struct gv_fail *fail)
{
    networks->count = 0;
    for (const char *p = text; *text != '\0' && p != NULL;) {
        const size_t blanks = strspn(p, " ");
        const size_t n = strcspn(p + blanks, ", ");
        const char *end = p + blanks + n + strspn(p + blanks + n, " ");
        if (networks->count == GV_SUBNETS_MAX) {
            return gv_fail(fail, GV_ERR_INVALID, "subnet.full", "at most %u networks",
                           GV_SUBNETS_MAX);
        }
        struct gv_subnet *network = &networks->items[networks->count];
        if ((*end != '\0' && *end != ',') || !parse_one(network, gv_view_of(p + blanks, n))) {
            return gv_fail(fail, GV_ERR_INVALID, "subnet.syntax",
                           "addresses or networks (10.21.0.0/16), separated by commas");
        }
        networks->count++;
        p = *end == ',' ? end + 1 : NULL;
    }
    return GV_OK;
}

static bool holds(const struct gv_subnet *network, const uint8_t b[16])
{
    const unsigned bytes = network->bits / 8u;
    const unsigned rest = network->bits % 8u;
    const uint8_t mask = (uint8_t)(0xff00u >> rest);
    return memcmp(network->b, b, bytes) == 0 &&
           (rest == 0 || ((network->b[bytes] ^ b[bytes]) & mask) == 0);
}

bool gv_subnets_hold(const struct gv_subnets *networks, const char *address)
{
    uint8_t b[16];
    unsigned bits = 0;
    if (!parse_address(b, address, &bits)) {
        return false;
    }
    for (uint32_t i = 0; i < networks->count; i++) {
        if (holds(&networks->items[i], b)) {
            return true;
        }
    }
    return false;
}
