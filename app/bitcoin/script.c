#include "app/bitcoin/script.h"

#include <string.h>

const char *gv_script_type_name(enum gv_script_type type)
{
    switch (type) {
    case GV_SCRIPT_NONSTANDARD:
        return "nonstandard";
    case GV_SCRIPT_P2PK:
        return "p2pk";
    case GV_SCRIPT_P2PKH:
        return "p2pkh";
    case GV_SCRIPT_P2SH:
        return "p2sh";
    case GV_SCRIPT_P2WPKH:
        return "p2wpkh";
    case GV_SCRIPT_P2WSH:
        return "p2wsh";
    case GV_SCRIPT_P2TR:
        return "p2tr";
    case GV_SCRIPT_MULTISIG:
        return "multisig";
    case GV_SCRIPT_NULLDATA:
        return "nulldata";
    case GV_SCRIPT_ANCHOR:
        return "anchor";
    case GV_SCRIPT_WITNESS_UNKNOWN:
        return "witness_unknown";
    }
    return "nonstandard";
}

/* ---- operations ----------------------------------------------------------------------------- */

bool gv_script_next(struct gv_reader *r, struct gv_script_op *op)
{
    if (r->left == 0 || r->bad) {
        return false;
    }
    op->opcode = gv_read_u8(r);
    uint64_t n = 0;
    if (op->opcode < GV_OP_PUSHDATA1) {
        n = op->opcode;
    } else if (op->opcode == GV_OP_PUSHDATA1) {
        n = gv_read_u8(r);
    } else if (op->opcode == GV_OP_PUSHDATA2) {
        n = gv_read_u16le(r);
    } else if (op->opcode == GV_OP_PUSHDATA4) {
        n = gv_read_u32le(r);
    }
    op->data = gv_read_bytes(r, n);
    return !r->bad;
}

bool gv_script_single_push(struct gv_view script, struct gv_view *data)
{
    if (script.n < 2 || script.p[0] != script.n - 1 || script.p[0] >= GV_OP_PUSHDATA1) {
        return false;
    }
    *data = gv_view_of(script.p + 1, script.n - 1);
    return true;
}

void gv_script_write_push(struct gv_writer *w, struct gv_view data)
{
    if (data.n >= GV_OP_PUSHDATA1) {
        gv_write_u8(w, GV_OP_PUSHDATA1);
    }
    gv_write_u8(w, (uint8_t)data.n);
    gv_write_bytes(w, data);
}

/* ---- forms ---------------------------------------------------------------------------------- */

static bool is_p2pkh(struct gv_view s)
{
    return s.n == 25 && s.p[0] == GV_OP_DUP && s.p[1] == GV_OP_HASH160 && s.p[2] == 20 &&
           s.p[23] == GV_OP_EQUALVERIFY && s.p[24] == GV_OP_CHECKSIG;
}

static bool is_p2sh(struct gv_view s)
{
    return s.n == 23 && s.p[0] == GV_OP_HASH160 && s.p[1] == 20 && s.p[22] == GV_OP_EQUAL;
}

static bool key_has_form(struct gv_view key)
{
    if (key.n == 33) {
        return key.p[0] == 2 || key.p[0] == 3;
    }
    return key.n == 65 && (key.p[0] == 4 || key.p[0] == 6 || key.p[0] == 7);
}

static bool is_p2pk(struct gv_view s)
{
    return (s.n == 35 || s.n == 67) && s.p[0] == s.n - 2 && s.p[s.n - 1] == GV_OP_CHECKSIG &&
           key_has_form(gv_view_of(s.p + 1, s.n - 2));
}

static bool is_nulldata(struct gv_view s)
{
    if (!gv_script_is_op_return(s)) {
        return false;
    }
    struct gv_reader r = gv_reader_of(gv_view_of(s.p + 1, s.n - 1));
    struct gv_script_op op;
    while (gv_script_next(&r, &op)) {
        if (op.opcode > GV_OP_16) {
            return false;
        }
    }
    return !r.bad;
}

bool gv_script_is_op_return(struct gv_view script)
{
    return script.n >= 1 && script.p[0] == GV_OP_RETURN;
}

bool gv_script_witness_program(struct gv_view script, uint8_t *version, struct gv_view *program)
{
    if (script.n < 4 || script.n > 42 || script.p[1] != script.n - 2) {
        return false;
    }
    const uint8_t opcode = script.p[0];
    if (opcode != GV_OP_0 && (opcode < GV_OP_1 || opcode > GV_OP_16)) {
        return false;
    }
    *version = opcode == GV_OP_0 ? 0 : (uint8_t)(opcode - GV_OP_1 + 1u);
    *program = gv_view_of(script.p + 2, script.n - 2);
    return true;
}

static enum gv_script_type classify_witness(uint8_t version, struct gv_view program)
{
    static const uint8_t anchor[2] = {0x4e, 0x73};
    if (version == 0) {
        if (program.n == 20) {
            return GV_SCRIPT_P2WPKH;
        }
        return program.n == 32 ? GV_SCRIPT_P2WSH : GV_SCRIPT_NONSTANDARD;
    }
    if (version == 1 && program.n == 32) {
        return GV_SCRIPT_P2TR;
    }
    if (version == 1 && gv_view_equal(program, gv_view_of(anchor, sizeof anchor))) {
        return GV_SCRIPT_ANCHOR;
    }
    return GV_SCRIPT_WITNESS_UNKNOWN;
}

enum gv_script_type gv_script_classify(struct gv_view script)
{
    uint8_t version = 0;
    struct gv_view program;
    struct gv_multisig multisig;
    if (gv_script_witness_program(script, &version, &program)) {
        return classify_witness(version, program);
    }
    if (is_p2pkh(script)) {
        return GV_SCRIPT_P2PKH;
    }
    if (is_p2sh(script)) {
        return GV_SCRIPT_P2SH;
    }
    if (is_p2pk(script)) {
        return GV_SCRIPT_P2PK;
    }
    if (is_nulldata(script)) {
        return GV_SCRIPT_NULLDATA;
    }
    if (gv_multisig_parse(&multisig, script)) {
        return GV_SCRIPT_MULTISIG;
    }
    return GV_SCRIPT_NONSTANDARD;
}

struct gv_sat gv_script_dust(struct gv_view script)
{
    uint8_t version = 0;
    struct gv_view program;
    if (gv_script_is_op_return(script)) {
        return (struct gv_sat){0};
    }
    /* Bytes of the output and of the input that spends it: outpoint 36, script length 1, sequence 4,
     * and 107 bytes of signature and key, a quarter of them when they are witness. */
    uint64_t bytes = 8u + gv_compact_size(script.n) + script.n;
    bytes += gv_script_witness_program(script, &version, &program) ? 41u + 107u / 4u : 41u + 107u;
    return (struct gv_sat){bytes * 3u};
}

/* ---- multisig ------------------------------------------------------------------------------- */

static bool small_integer(uint8_t opcode, uint8_t *value)
{
    if (opcode < GV_OP_1 || opcode > GV_OP_16) {
        return false;
    }
    *value = (uint8_t)(opcode - GV_OP_1 + 1u);
    return true;
}

bool gv_multisig_parse(struct gv_multisig *out, struct gv_view script)
{
    struct gv_reader r = gv_reader_of(script);
    struct gv_script_op op;
    uint8_t stated = 0;
    if (!gv_script_next(&r, &op) || !small_integer(op.opcode, &out->need)) {
        return false;
    }
    out->keys = 0;
    while (gv_script_next(&r, &op) && op.opcode == op.data.n && key_has_form(op.data)) {
        if (out->keys == GV_MULTISIG_KEYS_MAX) {
            return false;
        }
        out->key[out->keys] = op.data;
        out->keys++;
    }
    if (r.bad || !small_integer(op.opcode, &stated) || stated != out->keys) {
        return false;
    }
    if (!gv_script_next(&r, &op) || op.opcode != GV_OP_CHECKMULTISIG) {
        return false;
    }
    return r.left == 0 && out->need <= out->keys;
}
