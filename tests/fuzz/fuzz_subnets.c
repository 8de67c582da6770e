/* A list of networks, then a line with an address that a proxy tells of: what is read keeps its limits, every network
 * holds the address it was named by, written out and read again the list is the same, and only an address is held. */
#include "firmware/base/assert.h"
#include "firmware/base/subnet.h"
#include "firmware/base/text.h"

#include <arpa/inet.h>
#include <string.h>

#define TEXT_MAX 1024u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_list(const struct gv_subnets *networks)
{
    char text[GV_SUBNETS_MAX * (INET6_ADDRSTRLEN + sizeof("/128, "))] = "";
    struct gv_subnets again;
    GV_ASSERT(networks->count <= GV_SUBNETS_MAX);
    for (uint32_t i = 0; i < networks->count; i++) {
        char address[INET6_ADDRSTRLEN];
        const size_t n = strlen(text);
        GV_ASSERT(networks->items[i].bits <= 128);
        GV_ASSERT(inet_ntop(AF_INET6, networks->items[i].b, address, sizeof(address)) != NULL);
        GV_ASSERT(gv_subnets_hold(networks, address));
        gv_format_cut(text + n, sizeof(text) - n, "%s%s/%u", i > 0 ? ", " : "", address,
                      networks->items[i].bits);
    }
    GV_ASSERT(gv_subnets_parse(&again, text, NULL) == GV_OK);
    GV_ASSERT(again.count == networks->count);
    GV_ASSERT(memcmp(again.items, networks->items, networks->count * sizeof(again.items[0])) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char text[TEXT_MAX];
    struct gv_subnets networks;
    struct gv_fail fail = {.err = GV_OK};
    if (size >= sizeof(text)) {
        return 0;
    }
    memcpy(text, data, size);
    text[size] = '\0';
    char *const newline = strchr(text, '\n');
    const char *const address = newline != NULL ? newline + 1 : "";
    text[strcspn(text, "\n")] = '\0';
    if (gv_subnets_parse(&networks, text, &fail) != GV_OK) {
        GV_ASSERT(strncmp(fail.code, "subnet.", 7) == 0);
        return 0;
    }
    check_list(&networks);
    GV_ASSERT(gv_address_valid(address) || !gv_subnets_hold(&networks, address));
    return 0;
}
