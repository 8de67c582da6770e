/* Addresses: the vectors of BIP173 and BIP350, base58check, networks, and that what is formatted
 * always parses back. */
#include "app/bitcoin/address.h"
#include "app/bitcoin/base58.h"
#include "app/bitcoin/bech32.h"
#include "firmware/base/text.h"
#include "tests/unit/bitcoin/cmocka_include.h"
#include "tests/unit/bitcoin/vectors.h"

static const enum gv_network networks[] = {GV_NETWORK_MAIN, GV_NETWORK_TEST, GV_NETWORK_SIGNET,
                                           GV_NETWORK_REGTEST};

static struct gv_view text_of(gv_json_ref e)
{
    struct gv_view text = {0};
    assert_true(gv_json_string(e, &text));
    return text;
}

static bool decodes_anywhere(struct gv_view text)
{
    struct gv_spk spk;
    for (size_t i = 0; i < 4; i++) {
        if (gv_address_decode(&spk, networks[i], text, NULL) == GV_OK) {
            return true;
        }
    }
    return false;
}

/* ---- BIP173, BIP350 ---------------------------------------------------------------------------- */

static void check_strings(const char *file, bool m)
{
    struct gv_json_iter it;
    struct gv_bech32 decoded;
    uint32_t cases = 0;
    gv_json_ref root = vectors_json(file);
    gv_json_ref list = gv_json_get(root, "valid_strings");
    for (gv_json_ref e = gv_json_first(&it, list); e != NULL; e = gv_json_next(&it)) {
        assert_true(gv_bech32_decode(&decoded, text_of(e)));
        assert_int_equal(decoded.m, m);
        cases++;
    }
    list = gv_json_get(root, "invalid_strings");
    for (gv_json_ref e = gv_json_first(&it, list); e != NULL; e = gv_json_next(&it)) {
        assert_false(gv_bech32_decode(&decoded, text_of(e)));
        cases++;
    }
    assert_true(cases >= 19);
}

static void bech32_strings(void **state)
{
    (void)state;
    check_strings("bip173.json", false);
    check_strings("bip350.json", true);
}

static void check_valid_address(gv_json_ref pair)
{
    struct gv_json_iter it;
    struct gv_spk spk;
    uint8_t expected[64];
    char text[GV_ADDRESS_MAX];
    const struct gv_view address = text_of(gv_json_first(&it, pair));
    const struct gv_view script = vectors_hex_of(text_of(gv_json_next(&it)), expected, 64);
    const bool main_net = address.p[0] == 'b' || address.p[0] == 'B';
    const enum gv_network network = main_net ? GV_NETWORK_MAIN : GV_NETWORK_TEST;
    const enum gv_network other = main_net ? GV_NETWORK_REGTEST : GV_NETWORK_MAIN;
    struct gv_fail fail;
    assert_int_equal(gv_address_decode(&spk, network, address, &fail), GV_OK);
    assert_true(gv_view_equal(gv_spk_view(&spk), script));
    assert_int_equal(gv_address_decode(&spk, other, address, &fail), GV_ERR_INVALID);
    assert_string_equal(fail.code, "address.network");

    assert_true(gv_address_encode(text, network, script));
    assert_int_equal(strlen(text), address.n);
    for (size_t i = 0; i < address.n; i++) {
        const char c = (char)address.p[i];
        assert_int_equal(text[i], c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    }
}

static void check_addresses(const char *file)
{
    struct gv_json_iter it;
    gv_json_ref root = vectors_json(file);
    gv_json_ref list = gv_json_get(root, "valid_addresses");
    for (gv_json_ref e = gv_json_first(&it, list); e != NULL; e = gv_json_next(&it)) {
        check_valid_address(e);
    }
    list = gv_json_get(root, "invalid_addresses");
    for (gv_json_ref e = gv_json_first(&it, list); e != NULL; e = gv_json_next(&it)) {
        assert_false(decodes_anywhere(text_of(e)));
    }
    /* BIP173 addresses of versions above 0, which BIP350 has made invalid. */
    list = gv_json_get(root, "superseded_addresses");
    for (gv_json_ref e = gv_json_first(&it, list); e != NULL; e = gv_json_next(&it)) {
        assert_false(decodes_anywhere(text_of(e)));
    }
}

static void segwit_addresses(void **state)
{
    (void)state;
    check_addresses("bip173.json");
    check_addresses("bip350.json");
}

/* ---- round trips ------------------------------------------------------------------------------- */

/* One script of every kind that has an address. */
static struct gv_view sample(uint32_t kind, uint8_t fill, uint8_t script[42])
{
    static const uint8_t heads[5][3] = {
        {0x76, 0xa9, 20}, {0xa9, 20, 0}, {0x00, 20, 0}, {0x00, 32, 0}, {0x51, 32, 0}};
    static const size_t lengths[5] = {25, 23, 22, 34, 34};
    memset(script, fill, 42);
    memcpy(script, heads[kind], kind == 0 ? 3 : 2);
    if (kind == 0) {
        script[23] = 0x88;
        script[24] = 0xac;
    } else if (kind == 1) {
        script[22] = 0x87;
    }
    return gv_view_of(script, lengths[kind]);
}

static void what_is_encoded_decodes_to_the_same_script(void **state)
{
    (void)state;
    char text[GV_ADDRESS_MAX];
    uint8_t script[42];
    struct gv_spk spk;
    for (size_t n = 0; n < 4; n++) {
        for (uint32_t kind = 0; kind < 5; kind++) {
            for (uint32_t fill = 0; fill < 256; fill++) {
                const struct gv_view view = sample(kind, (uint8_t)fill, script);
                assert_true(gv_address_encode(text, networks[n], view));
                assert_int_equal(gv_address_decode(&spk, networks[n], gv_view_str(text), NULL),
                                 GV_OK);
                assert_true(gv_view_equal(gv_spk_view(&spk), view));
            }
        }
    }
}

static void a_changed_character_is_noticed(void **state)
{
    (void)state;
    char text[GV_ADDRESS_MAX];
    uint8_t script[42];
    for (uint32_t kind = 0; kind < 5; kind++) {
        assert_true(gv_address_encode(text, GV_NETWORK_MAIN, sample(kind, 0x5a, script)));
        const size_t n = strlen(text);
        for (size_t i = 0; i < n; i++) {
            const char kept = text[i];
            for (int c = 33; c < 127; c++) {
                /* One change of case is a change, too: mixed case. */
                text[i] = (char)c;
                assert_int_equal(decodes_anywhere(gv_view_str(text)), (char)c == kept);
            }
            text[i] = kept;
        }
        for (size_t i = 0; i < n; i++) {
            assert_false(decodes_anywhere(gv_view_of(text, i)));
        }
    }
}

/* ---- base58 -------------------------------------------------------------------------------------- */

static void known_legacy_addresses(void **state)
{
    (void)state;
    /* The first coinbase's key hash, and BIP16's example of a P2SH address. */
    static const uint8_t genesis[25] = {0x76, 0xa9, 0x14, 0x62, 0xe9, 0x07, 0xb1, 0x5c, 0xbf,
                                        0x27, 0xd5, 0x42, 0x53, 0x99, 0xeb, 0xf6, 0xf0, 0xfb,
                                        0x50, 0xeb, 0xb8, 0x8f, 0x18, 0x88, 0xac};
    char text[GV_ADDRESS_MAX];
    struct gv_spk spk;
    assert_true(gv_address_encode(text, GV_NETWORK_MAIN, gv_view_of(genesis, sizeof genesis)));
    assert_string_equal(text, "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa");
    assert_int_equal(gv_address_decode(&spk, GV_NETWORK_MAIN, gv_view_str(text), NULL), GV_OK);
    assert_true(gv_view_equal(gv_spk_view(&spk), gv_view_of(genesis, sizeof genesis)));
    assert_int_equal(gv_address_decode(&spk, GV_NETWORK_TEST, gv_view_str(text), NULL),
                     GV_ERR_INVALID);
}

static void leading_ones_are_counted(void **state)
{
    (void)state;
    char text[GV_BASE58_TEXT_MAX + 1];
    uint8_t payload[21] = {0};
    uint8_t back[21];
    gv_base58check_encode(text, gv_view_of(payload, sizeof payload));
    assert_string_equal(text, "1111111111111111111114oLvT2");
    assert_true(gv_base58check_decode(back, 21, gv_view_str(text)));
    assert_false(gv_base58check_decode(back, 20, gv_view_str(text)));
    assert_false(gv_base58check_decode(back, 21, gv_view_str(text + 1)));
}

static void scripts_without_an_address_have_none(void **state)
{
    (void)state;
    static const uint8_t op_return[] = {0x6a, 1, 0};
    static const uint8_t odd_v0[] = {0x00, 3, 1, 2, 3};
    static const uint8_t true_script[] = {0x51};
    char text[GV_ADDRESS_MAX];
    assert_false(gv_address_encode(text, GV_NETWORK_MAIN, gv_view_of(op_return, 3)));
    assert_string_equal(text, "");
    assert_false(gv_address_encode(text, GV_NETWORK_MAIN, gv_view_of(odd_v0, 5)));
    assert_false(gv_address_encode(text, GV_NETWORK_MAIN, gv_view_of(true_script, 1)));
    assert_false(gv_address_encode(text, GV_NETWORK_MAIN, gv_view_of(NULL, 0)));
}

static void networks_are_named_as_the_node_names_them(void **state)
{
    (void)state;
    enum gv_network network;
    for (size_t i = 0; i < 4; i++) {
        assert_true(gv_network_parse(&network, gv_view_str(gv_network_name(networks[i]))));
        assert_int_equal(network, networks[i]);
    }
    assert_false(gv_network_parse(&network, gv_view_str("mainnet")));
    assert_false(gv_network_parse(&network, gv_view_str("")));
    assert_false(gv_network_parse(&network, gv_view_str("MAIN")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bech32_strings),
        cmocka_unit_test(segwit_addresses),
        cmocka_unit_test(what_is_encoded_decodes_to_the_same_script),
        cmocka_unit_test(a_changed_character_is_noticed),
        cmocka_unit_test(known_legacy_addresses),
        cmocka_unit_test(leading_ones_are_counted),
        cmocka_unit_test(scripts_without_an_address_have_none),
        cmocka_unit_test(networks_are_named_as_the_node_names_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
