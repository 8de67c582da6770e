#include "app/bitcoin/address.h"

#include "app/bitcoin/base58.h"
#include "app/bitcoin/bech32.h"
#include "app/bitcoin/script.h"
#include "firmware/base/text.h"

struct network_params {
    const char *name;
    const char *bech32_prefix;
    uint8_t key_hash_version;
    uint8_t script_hash_version;
};

static const struct network_params params[] = {
    [GV_NETWORK_MAIN] = {"main", "bc", 0x00, 0x05},
    [GV_NETWORK_TEST] = {"test", "tb", 0x6f, 0xc4},
    [GV_NETWORK_SIGNET] = {"signet", "tb", 0x6f, 0xc4},
    [GV_NETWORK_REGTEST] = {"regtest", "bcrt", 0x6f, 0xc4},
};

const char *gv_network_name(enum gv_network network)
{
    return params[network].name;
}

bool gv_network_parse(enum gv_network *out, struct gv_view name)
{
    for (size_t i = 0; i < sizeof params / sizeof params[0]; i++) {
        if (gv_view_is(name, params[i].name)) {
            *out = (enum gv_network)i;
            return true;
        }
    }
    return false;
}

/* ---- encoding ------------------------------------------------------------------------------- */

static void encode_base58(char text[GV_ADDRESS_MAX], uint8_t version, const uint8_t hash[20])
{
    uint8_t payload[21] = {version};
    memcpy(payload + 1, hash, 20);
    gv_base58check_encode(text, gv_view_of(payload, sizeof payload));
}

bool gv_address_encode(char text[GV_ADDRESS_MAX], enum gv_network network, struct gv_view script)
{
    const struct network_params *const net = &params[network];
    uint8_t version = 0;
    struct gv_view program;
    text[0] = '\0';
    if (gv_script_witness_program(script, &version, &program)) {
        if (version == 0 && program.n != 20 && program.n != 32) {
            return false;
        }
        gv_segwit_encode(text, net->bech32_prefix, version, program);
        return true;
    }
    const enum gv_script_type type = gv_script_classify(script);
    if (type == GV_SCRIPT_P2PKH) {
        encode_base58(text, net->key_hash_version, script.p + 3);
        return true;
    }
    if (type == GV_SCRIPT_P2SH) {
        encode_base58(text, net->script_hash_version, script.p + 2);
        return true;
    }
    return false;
}

/* ---- decoding ------------------------------------------------------------------------------- */

static enum gv_err wrong_network(enum gv_network network, struct gv_fail *fail)
{
    return gv_fail(fail, GV_ERR_INVALID, "address.network",
                   "this is an address of another network than %s", params[network].name);
}

static void set_witness_script(struct gv_spk *out, const struct gv_segwit *segwit)
{
    out->b[0] = segwit->version == 0 ? GV_OP_0 : (uint8_t)(GV_OP_1 + segwit->version - 1u);
    out->b[1] = segwit->program_len;
    memcpy(out->b + 2, segwit->program, segwit->program_len);
    out->n = (uint8_t)(segwit->program_len + 2u);
}

static void set_hash_script(struct gv_spk *out, bool script_hash, const uint8_t hash[20])
{
    static const uint8_t p2pkh[3] = {GV_OP_DUP, GV_OP_HASH160, 20};
    static const uint8_t p2pkh_end[2] = {GV_OP_EQUALVERIFY, GV_OP_CHECKSIG};
    static const uint8_t p2sh[2] = {GV_OP_HASH160, 20};
    if (script_hash) {
        memcpy(out->b, p2sh, sizeof p2sh);
        memcpy(out->b + 2, hash, 20);
        out->b[22] = GV_OP_EQUAL;
        out->n = 23;
        return;
    }
    memcpy(out->b, p2pkh, sizeof p2pkh);
    memcpy(out->b + 3, hash, 20);
    memcpy(out->b + 23, p2pkh_end, sizeof p2pkh_end);
    out->n = 25;
}

static bool version_is_known(uint8_t version)
{
    for (size_t i = 0; i < sizeof params / sizeof params[0]; i++) {
        if (version == params[i].key_hash_version || version == params[i].script_hash_version) {
            return true;
        }
    }
    return false;
}

static bool prefix_is_known(const char *prefix)
{
    for (size_t i = 0; i < sizeof params / sizeof params[0]; i++) {
        if (strcmp(prefix, params[i].bech32_prefix) == 0) {
            return true;
        }
    }
    return false;
}

enum gv_err gv_address_decode(struct gv_spk *out, enum gv_network network, struct gv_view text,
                              struct gv_fail *fail)
{
    const struct network_params *const net = &params[network];
    struct gv_segwit segwit;
    uint8_t payload[21];
    if (gv_segwit_decode(&segwit, text) && prefix_is_known(segwit.prefix)) {
        if (strcmp(segwit.prefix, net->bech32_prefix) != 0) {
            return wrong_network(network, fail);
        }
        set_witness_script(out, &segwit);
        return GV_OK;
    }
    if (!gv_base58check_decode(payload, sizeof payload, text) || !version_is_known(payload[0])) {
        return gv_fail(fail, GV_ERR_INVALID, "address.form",
                       "this is no Bitcoin address, or a character of it is wrong");
    }
    if (payload[0] != net->key_hash_version && payload[0] != net->script_hash_version) {
        return wrong_network(network, fail);
    }
    set_hash_script(out, payload[0] == net->script_hash_version, payload + 1);
    return GV_OK;
}
