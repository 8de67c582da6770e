/* Signature hashes: the three digests that Bitcoin signatures commit to.
 *
 * All hash types are supported, so that the BIPs' vectors can be run; the product itself only ever
 * accepts GV_SIGHASH_LISTING. Sizes: constant memory, time linear in the transaction.
 * Source: Bitcoin Core script/interpreter.cpp (legacy), BIP143, BIP341, BIP342.
 * Thread: any (pure). */
#ifndef GV_APP_BITCOIN_SIGHASH_H
#define GV_APP_BITCOIN_SIGHASH_H

#include "app/bitcoin/tx.h"

#define GV_SIGHASH_DEFAULT      0x00u /* taproot only */
#define GV_SIGHASH_ALL          0x01u
#define GV_SIGHASH_NONE         0x02u
#define GV_SIGHASH_SINGLE       0x03u
#define GV_SIGHASH_ANYONECANPAY 0x80u
/* A seller signs the own input and the output at the same index; the buyer adds the rest. */
#define GV_SIGHASH_LISTING (GV_SIGHASH_SINGLE | GV_SIGHASH_ANYONECANPAY)

/** Digest of legacy inputs. Code separators in script_code are left out, as consensus has it.
 *  An index without input, and SINGLE without an output at the index, give the constant 1: such a
 *  signature is a blank cheque, callers must refuse it. */
void gv_sighash_legacy(struct gv_hash256 *out, const struct gv_tx *tx, uint32_t index,
                       struct gv_view script_code, uint32_t hash_type);

/** BIP143 digest of witness version 0. In: index below the input count (asserted). SINGLE without
 *  an output at the index commits to no output. */
void gv_sighash_segwit_v0(struct gv_hash256 *out, const struct gv_tx *tx, uint32_t index,
                          struct gv_view script_code, uint64_t amount_sat, uint32_t hash_type);

/** What a script path spend adds to the BIP341 message (BIP342). */
struct gv_tapscript {
    struct gv_hash256 leaf;
    uint32_t code_separator; /* 0xffffffff: none executed */
};

/** BIP341 digest.
 *  In:      prevouts: what every input spends, in order; with ANYONECANPAY only [index] is read.
 *           annex: with its 0x50 byte, p = NULL without one. tapscript: NULL for a key path.
 *  Returns: false for an undefined hash type, an index without input, or SINGLE without output. */
GV_MUST_USE bool gv_sighash_taproot(struct gv_hash256 *out, const struct gv_tx *tx, uint32_t index,
                                    const struct gv_tx_output *prevouts, struct gv_view annex,
                                    const struct gv_tapscript *tapscript, uint8_t hash_type);

#endif
