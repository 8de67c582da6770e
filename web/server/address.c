#include "web/server/address.h"

#include "firmware/base/text.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

static const uint8_t mapped_prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
static const uint8_t loopback6[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};

static struct gv_address_key key_of_v4(const void *four_bytes)
{
    struct gv_address_key key;
    memcpy(key.b, mapped_prefix, sizeof(mapped_prefix));
    memcpy(key.b + sizeof(mapped_prefix), four_bytes, 4);
    return key;
}

static struct gv_address_key key_of_v6(const void *sixteen_bytes)
{
    struct gv_address_key key;
    memcpy(key.b, sixteen_bytes, sizeof(key.b));
    bool mapped = memcmp(key.b, mapped_prefix, sizeof(mapped_prefix)) == 0;
    bool loopback = memcmp(key.b, loopback6, sizeof(loopback6)) == 0;
    if (!mapped && !loopback) {
        memset(key.b + 8, 0, 8);
    }
    return key;
}

struct gv_address_key gv_address_key_of(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET) {
        struct sockaddr_in in;
        memcpy(&in, address, sizeof(in));
        return key_of_v4(&in.sin_addr);
    }
    if (address->sa_family == AF_INET6) {
        struct sockaddr_in6 in6;
        memcpy(&in6, address, sizeof(in6));
        return key_of_v6(&in6.sin6_addr);
    }
    return (struct gv_address_key){{0}};
}

struct gv_address_key gv_address_key_whole(const char *text)
{
    struct gv_address_key key = {{0}};
    uint8_t v4[4];
    if (inet_pton(AF_INET, text, v4) == 1) {
        return key_of_v4(v4);
    }
    (void)inet_pton(AF_INET6, text, key.b); /* leaves the key as it is when it is no address */
    return key;
}

struct gv_address_key gv_address_key_parse(const char *text)
{
    return key_of_v6(gv_address_key_whole(text).b);
}

bool gv_address_of(char *out, size_t cap, const struct sockaddr *address)
{
    if (address->sa_family == AF_INET) {
        struct sockaddr_in in;
        memcpy(&in, address, sizeof(in));
        return inet_ntop(AF_INET, &in.sin_addr, out, (socklen_t)cap) != NULL;
    }
    if (address->sa_family == AF_INET6) {
        struct sockaddr_in6 in6;
        memcpy(&in6, address, sizeof(in6));
        return inet_ntop(AF_INET6, &in6.sin6_addr, out, (socklen_t)cap) != NULL;
    }
    return false;
}

bool gv_address_key_equal(const struct gv_address_key *a, const struct gv_address_key *b)
{
    return memcmp(a->b, b->b, sizeof(a->b)) == 0;
}

bool gv_address_key_is_loopback(const struct gv_address_key *key)
{
    bool v4 = memcmp(key->b, mapped_prefix, sizeof(mapped_prefix)) == 0 && key->b[12] == 127;
    return v4 || memcmp(key->b, loopback6, sizeof(loopback6)) == 0;
}

void gv_address_text(char *out, size_t cap, const char *text)
{
    static const char mapped[] = "::ffff:";
    uint8_t bytes[4];
    bool is_mapped = strncmp(text, mapped, sizeof(mapped) - 1) == 0;
    if (is_mapped && inet_pton(AF_INET, text + sizeof(mapped) - 1, bytes) == 1) {
        text += sizeof(mapped) - 1;
    }
    if (!gv_text_copy(out, cap, text)) {
        out[0] = '\0';
    }
    out[strcspn(out, "%")] = '\0';
}
