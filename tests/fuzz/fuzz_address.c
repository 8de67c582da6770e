/* Any bytes as an address of every network: what decodes must encode to the same text, apart from
 * the case of bech32, and that text must decode to the same script. */
#include "app/bitcoin/address.h"
#include "firmware/base/assert.h"
#include "firmware/base/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c - 'A' + 'a') : c;
}

static void check(enum gv_network network, struct gv_view text)
{
    struct gv_spk spk;
    struct gv_spk again;
    char encoded[GV_ADDRESS_MAX];
    if (gv_address_decode(&spk, network, text, NULL) != GV_OK) {
        return;
    }
    GV_ASSERT(gv_address_encode(encoded, network, gv_spk_view(&spk)));
    const struct gv_view back = gv_view_str(encoded);
    GV_ASSERT(back.n == text.n);
    for (size_t i = 0; i < text.n; i++) {
        GV_ASSERT(back.p[i] == text.p[i] || back.p[i] == lower(text.p[i]));
    }
    GV_ASSERT(gv_address_decode(&again, network, back, NULL) == GV_OK);
    GV_ASSERT(gv_spk_equal(&spk, &again));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct gv_view text = gv_view_of(data, size);
    enum gv_network network;
    check(GV_NETWORK_MAIN, text);
    check(GV_NETWORK_TEST, text);
    check(GV_NETWORK_SIGNET, text);
    check(GV_NETWORK_REGTEST, text);
    (void)gv_network_parse(&network, text);
    return 0;
}
