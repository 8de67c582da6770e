/* Scripts: what a scriptPubKey is, what a script pushes, what a multisig script asks for.
 *
 * Nothing is executed: only the standard forms are known, everything else is "nonstandard".
 * Source: Bitcoin Core script/solver.cpp, policy/policy.cpp; BIP141, BIP341.
 * Thread: any (pure). */
#ifndef GV_APP_BITCOIN_SCRIPT_H
#define GV_APP_BITCOIN_SCRIPT_H

#include "app/bitcoin/wire.h"
#include "app/money/sat.h"

#define GV_OP_0             0x00u
#define GV_OP_PUSHDATA1     0x4cu
#define GV_OP_PUSHDATA2     0x4du
#define GV_OP_PUSHDATA4     0x4eu
#define GV_OP_1             0x51u
#define GV_OP_16            0x60u
#define GV_OP_RETURN        0x6au
#define GV_OP_DUP           0x76u
#define GV_OP_EQUAL         0x87u
#define GV_OP_EQUALVERIFY   0x88u
#define GV_OP_HASH160       0xa9u
#define GV_OP_CODESEPARATOR 0xabu
#define GV_OP_CHECKSIG      0xacu
#define GV_OP_CHECKMULTISIG 0xaeu

enum gv_script_type {
    GV_SCRIPT_NONSTANDARD,
    GV_SCRIPT_P2PK,
    GV_SCRIPT_P2PKH,
    GV_SCRIPT_P2SH,
    GV_SCRIPT_P2WPKH,
    GV_SCRIPT_P2WSH,
    GV_SCRIPT_P2TR,
    GV_SCRIPT_MULTISIG,
    GV_SCRIPT_NULLDATA,        /* OP_RETURN and pushes */
    GV_SCRIPT_ANCHOR,          /* P2A: OP_1 4e73 */
    GV_SCRIPT_WITNESS_UNKNOWN, /* a witness program of a version without rules */
};

/** Returns: static name ("p2wpkh", "nulldata", ...). */
const char *gv_script_type_name(enum gv_script_type type);

enum gv_script_type gv_script_classify(struct gv_view script);

/** Begins with OP_RETURN: the outputs a Counterparty move skips. */
bool gv_script_is_op_return(struct gv_view script);

/** Version and program of a witness scriptPubKey. Returns: false when it is none. */
GV_MUST_USE bool gv_script_witness_program(struct gv_view script, uint8_t *version,
                                           struct gv_view *program);

/** Smallest output value that nodes relay, at the default dust rate of 3 sat/vB: 546 for P2PKH, 540
 *  for P2SH, 294 for P2WPKH, 330 for P2WSH and P2TR; 0 for OP_RETURN. */
struct gv_sat gv_script_dust(struct gv_view script);

/* ---- operations ----------------------------------------------------------------------------- */

struct gv_script_op {
    uint8_t opcode;
    struct gv_view data; /* what a push pushes (opcodes 0x00 .. 0x4e), else n = 0 */
};

/** Next operation of a script.
 *  Returns: false at the end, and when a push runs past the end (then r->bad is set). */
bool gv_script_next(struct gv_reader *r, struct gv_script_op *op);

/** The whole script is one minimal direct push of 1 to 75 bytes. Out: what it pushes. */
GV_MUST_USE bool gv_script_single_push(struct gv_view script, struct gv_view *data);

/** Append a push of 1 to 255 bytes in its shortest form. */
void gv_script_write_push(struct gv_writer *w, struct gv_view data);

/* ---- multisig ------------------------------------------------------------------------------- */

#define GV_MULTISIG_KEYS_MAX 16u /* what one small-integer opcode can say */

struct gv_multisig {
    uint8_t need; /* signatures */
    uint8_t keys;
    struct gv_view key[GV_MULTISIG_KEYS_MAX];
};

/** Take `m <key>.. n OP_CHECKMULTISIG` apart, 1 <= m <= n <= 16, keys of 33 or 65 bytes.
 *  Returns: false for anything else. */
GV_MUST_USE bool gv_multisig_parse(struct gv_multisig *out, struct gv_view script);

#endif
