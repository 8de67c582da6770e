#include "app/bitcoin/psbt_fields.h"

#include "app/bitcoin/sig.h"
#include "firmware/base/text.h"

#define V0   1u
#define V2   2u
#define BOTH (V0 | V2)

enum key_rule {
    KEY_UNKNOWN, /* not in the table: anything goes */
    KEY_NONE,
    KEY_PUBKEY,     /* 33 or 65 bytes */
    KEY_XONLY,      /* 32 */
    KEY_XONLY_LEAF, /* x-only key and leaf hash: 64 */
    KEY_CONTROL,    /* taproot control block */
    KEY_XPUB,       /* 78 */
};

enum value_rule {
    VALUE_ANY,
    VALUE_U8,
    VALUE_U32,
    VALUE_U64,
    VALUE_32_BYTES,
    VALUE_COMPACT, /* one CompactSize and nothing else */
    VALUE_TX,      /* network form */
    VALUE_TX_BARE, /* unsigned: judged where it is read */
    VALUE_OUTPUT,  /* value and script */
    VALUE_STACK,   /* witness stack */
    VALUE_PATH,    /* fingerprint and path: 4, 8, 12.. bytes */
    VALUE_TAP_SIG, /* 64 or 65 bytes */
    VALUE_LEAF,    /* script and one byte of leaf version */
};

struct field_rule {
    uint8_t key;
    uint8_t value;
    uint8_t versions;
};

/* clang-format off */
static const struct field_rule global_rules[GV_PSBT_FIELDS] = {
    [GV_PSBT_UNSIGNED_TX]             = {KEY_NONE,       VALUE_TX_BARE,  V0},
    [GV_PSBT_XPUB]                    = {KEY_XPUB,       VALUE_PATH,     BOTH},
    [GV_PSBT_TX_VERSION]              = {KEY_NONE,       VALUE_U32,      V2},
    [GV_PSBT_FALLBACK_LOCKTIME]       = {KEY_NONE,       VALUE_U32,      V2},
    [GV_PSBT_INPUT_COUNT]             = {KEY_NONE,       VALUE_COMPACT,  V2},
    [GV_PSBT_OUTPUT_COUNT]            = {KEY_NONE,       VALUE_COMPACT,  V2},
    [GV_PSBT_TX_MODIFIABLE]           = {KEY_NONE,       VALUE_U8,       V2},
};

static const struct field_rule version_rule =
                                        {KEY_NONE,       VALUE_U32,      BOTH};

static const struct field_rule input_rules[GV_PSBT_FIELDS] = {
    [GV_PSBT_IN_NON_WITNESS_UTXO]     = {KEY_NONE,       VALUE_TX,       BOTH},
    [GV_PSBT_IN_WITNESS_UTXO]         = {KEY_NONE,       VALUE_OUTPUT,   BOTH},
    [GV_PSBT_IN_PARTIAL_SIG]          = {KEY_PUBKEY,     VALUE_ANY,      BOTH},
    [GV_PSBT_IN_SIGHASH_TYPE]         = {KEY_NONE,       VALUE_U32,      BOTH},
    [GV_PSBT_IN_REDEEM_SCRIPT]        = {KEY_NONE,       VALUE_ANY,      BOTH},
    [GV_PSBT_IN_WITNESS_SCRIPT]       = {KEY_NONE,       VALUE_ANY,      BOTH},
    [GV_PSBT_IN_BIP32_DERIVATION]     = {KEY_PUBKEY,     VALUE_PATH,     BOTH},
    [GV_PSBT_IN_FINAL_SCRIPTSIG]      = {KEY_NONE,       VALUE_ANY,      BOTH},
    [GV_PSBT_IN_FINAL_SCRIPTWITNESS]  = {KEY_NONE,       VALUE_STACK,    BOTH},
    [GV_PSBT_IN_PREVIOUS_TXID]        = {KEY_NONE,       VALUE_32_BYTES, V2},
    [GV_PSBT_IN_OUTPUT_INDEX]         = {KEY_NONE,       VALUE_U32,      V2},
    [GV_PSBT_IN_SEQUENCE]             = {KEY_NONE,       VALUE_U32,      V2},
    [GV_PSBT_IN_REQUIRED_TIME]        = {KEY_NONE,       VALUE_U32,      V2},
    [GV_PSBT_IN_REQUIRED_HEIGHT]      = {KEY_NONE,       VALUE_U32,      V2},
    [GV_PSBT_IN_TAP_KEY_SIG]          = {KEY_NONE,       VALUE_TAP_SIG,  BOTH},
    [GV_PSBT_IN_TAP_SCRIPT_SIG]       = {KEY_XONLY_LEAF, VALUE_TAP_SIG,  BOTH},
    [GV_PSBT_IN_TAP_LEAF_SCRIPT]      = {KEY_CONTROL,    VALUE_LEAF,     BOTH},
    [GV_PSBT_IN_TAP_BIP32_DERIVATION] = {KEY_XONLY,      VALUE_ANY,      BOTH},
    [GV_PSBT_IN_TAP_INTERNAL_KEY]     = {KEY_NONE,       VALUE_32_BYTES, BOTH},
    [GV_PSBT_IN_TAP_MERKLE_ROOT]      = {KEY_NONE,       VALUE_32_BYTES, BOTH},
};

static const struct field_rule output_rules[GV_PSBT_FIELDS] = {
    [GV_PSBT_OUT_REDEEM_SCRIPT]        = {KEY_NONE,      VALUE_ANY,      BOTH},
    [GV_PSBT_OUT_WITNESS_SCRIPT]       = {KEY_NONE,      VALUE_ANY,      BOTH},
    [GV_PSBT_OUT_BIP32_DERIVATION]     = {KEY_PUBKEY,    VALUE_PATH,     BOTH},
    [GV_PSBT_OUT_AMOUNT]               = {KEY_NONE,      VALUE_U64,      V2},
    [GV_PSBT_OUT_SCRIPT]               = {KEY_NONE,      VALUE_ANY,      V2},
    [GV_PSBT_OUT_TAP_INTERNAL_KEY]     = {KEY_NONE,      VALUE_32_BYTES, BOTH},
    [GV_PSBT_OUT_TAP_TREE]             = {KEY_NONE,      VALUE_ANY,      BOTH},
    [GV_PSBT_OUT_TAP_BIP32_DERIVATION] = {KEY_XONLY,     VALUE_ANY,      BOTH},
};
/* clang-format on */

enum gv_wire gv_psbt_read_entry(struct gv_reader *r, struct gv_psbt_entry *entry, bool *end)
{
    enum gv_wire wire = gv_wire_var_bytes(r, &entry->key);
    if (wire != GV_WIRE_OK) {
        return wire;
    }
    *end = entry->key.n == 0;
    if (*end) {
        return GV_WIRE_OK;
    }
    struct gv_reader key = gv_reader_of(entry->key);
    wire = gv_wire_compact(&key, &entry->type);
    if (wire != GV_WIRE_OK) {
        return GV_WIRE_SIZE;
    }
    entry->key_data = gv_view_of(key.p, key.left);
    return gv_wire_var_bytes(r, &entry->value);
}

enum gv_err gv_psbt_wire_fail(struct gv_fail *fail, enum gv_wire wire, const char *what)
{
    char code[GV_FAIL_CODE_MAX] = "psbt.parse_";
    strncat(code, gv_wire_slug(wire), sizeof code - sizeof "psbt.parse_");
    return gv_fail(fail, GV_ERR_INVALID, code, "%s: %s", what, gv_wire_text(wire));
}

static bool key_data_fits(enum key_rule rule, size_t n)
{
    switch (rule) {
    case KEY_UNKNOWN:
        return true;
    case KEY_NONE:
        return n == 0;
    case KEY_PUBKEY:
        return n == 33 || n == 65;
    case KEY_XONLY:
        return n == 32;
    case KEY_XONLY_LEAF:
        return n == 64;
    case KEY_CONTROL:
        return n >= GV_TAPROOT_CONTROL_MIN && n <= GV_TAPROOT_CONTROL_MAX &&
               (n - GV_TAPROOT_CONTROL_MIN) % 32 == 0;
    case KEY_XPUB:
        return n == 78;
    }
    return false;
}

static bool length_fits(enum value_rule rule, size_t n)
{
    switch (rule) {
    case VALUE_U8:
        return n == 1;
    case VALUE_U32:
        return n == 4;
    case VALUE_U64:
        return n == 8;
    case VALUE_32_BYTES:
        return n == 32;
    case VALUE_PATH:
        return n >= 4 && n % 4 == 0;
    case VALUE_TAP_SIG:
        return n == 64 || n == 65;
    case VALUE_LEAF:
        return n >= 1;
    case VALUE_ANY:
    case VALUE_COMPACT:
    case VALUE_TX:
    case VALUE_TX_BARE:
    case VALUE_OUTPUT:
    case VALUE_STACK:
        break;
    }
    return true;
}

/* Form of the values that are serialised structures. */
static enum gv_wire structure_of(enum value_rule rule, struct gv_view value)
{
    struct gv_reader r = gv_reader_of(value);
    enum gv_wire wire = GV_WIRE_OK;
    struct gv_view part;
    struct gv_tx tx;
    uint64_t integer = 0;
    switch (rule) {
    case VALUE_COMPACT:
        wire = gv_wire_compact(&r, &integer);
        break;
    case VALUE_TX:
        wire = gv_tx_read(&tx, &r, GV_TX_NETWORK);
        break;
    case VALUE_OUTPUT:
        if (value.n < 8) {
            return GV_WIRE_TRUNCATED;
        }
        (void)gv_read_u64le(&r);
        wire = gv_wire_var_bytes(&r, &part);
        break;
    case VALUE_STACK:
        wire = gv_wire_stack(&r, &part);
        break;
    case VALUE_ANY:
    case VALUE_U8:
    case VALUE_U32:
    case VALUE_U64:
    case VALUE_32_BYTES:
    case VALUE_TX_BARE:
    case VALUE_PATH:
    case VALUE_TAP_SIG:
    case VALUE_LEAF:
        return GV_WIRE_OK;
    }
    if (wire == GV_WIRE_OK && r.left != 0) {
        return GV_WIRE_TRAILING;
    }
    return wire;
}

static const struct field_rule *rule_of(enum gv_psbt_map_kind kind, uint64_t type)
{
    static const struct field_rule unknown = {KEY_UNKNOWN, VALUE_ANY, BOTH};
    if (kind == GV_PSBT_MAP_GLOBAL && type == GV_PSBT_VERSION) {
        return &version_rule;
    }
    if (type >= GV_PSBT_FIELDS) {
        return &unknown;
    }
    const struct field_rule *rule = NULL;
    switch (kind) {
    case GV_PSBT_MAP_GLOBAL:
        rule = &global_rules[type];
        break;
    case GV_PSBT_MAP_INPUT:
        rule = &input_rules[type];
        break;
    case GV_PSBT_MAP_OUTPUT:
        rule = &output_rules[type];
        break;
    }
    return rule == NULL || rule->key == KEY_UNKNOWN ? &unknown : rule;
}

enum gv_err gv_psbt_check_entry(enum gv_psbt_map_kind kind, const struct gv_psbt_entry *entry,
                                bool *single, uint8_t *versions, struct gv_fail *fail)
{
    static const char *const names[] = {"global", "input", "output"};
    const struct field_rule *const rule = rule_of(kind, entry->type);
    const unsigned type = (unsigned)(entry->type & 0xffu);
    *single = rule->key == KEY_NONE;
    *versions = rule->versions;
    if (!key_data_fits((enum key_rule)rule->key, entry->key_data.n)) {
        return gv_fail(fail, GV_ERR_INVALID, "psbt.parse_key",
                       "the key of %s field %02x has %zu bytes of key data, which it cannot have",
                       names[kind], type, entry->key_data.n);
    }
    if (!length_fits((enum value_rule)rule->value, entry->value.n)) {
        return gv_fail(fail, GV_ERR_INVALID,
                       rule->value == VALUE_TAP_SIG ? "psbt.bad_signature" : "psbt.parse_value",
                       "the value of %s field %02x has a length of %zu bytes, which it cannot have",
                       names[kind], type, entry->value.n);
    }
    const enum gv_wire wire = structure_of((enum value_rule)rule->value, entry->value);
    if (wire == GV_WIRE_OK) {
        return GV_OK;
    }
    char what[48];
    gv_format_cut(what, sizeof what, "value of %s field %02x", names[kind], type);
    return gv_psbt_wire_fail(fail, wire, what);
}
