/* Signer: listings made to order, for rules that the vector files have no case of.
 * One P2WPKH key (of no value); static memory, valid until the next call. */
#ifndef GV_TESTS_UNIT_BITCOIN_SIGNER_H
#define GV_TESTS_UNIT_BITCOIN_SIGNER_H

#include "app/bitcoin/psbt_check.h"

struct signer_plan {
    int32_t tx_version;
    uint32_t locktime;
    uint32_t sequence;
    uint64_t utxo_sat;
    uint64_t price_sat;
    struct gv_view payout;
    uint32_t sighash_field;          /* 0: none */
    bool final;                      /* final witness instead of a partial signature */
    bool both;                       /* final witness and partial signature */
    bool second_sig;                 /* a second partial signature, by another key */
    uint32_t junk_bytes;             /* an unknown value of that size */
    uint32_t full_utxo_script_bytes; /* non-witness UTXO with a scriptSig of that size */
};

/** The plain good listing: version 2, lock 900000, price above the UTXO's value. */
struct signer_plan signer_plan(void);

/** The PSBT of a plan, signed. Out: terms: what the checker must be told (block 900000). */
struct gv_view signer_psbt(struct gv_psbt_terms *terms, const struct signer_plan *plan);

#endif
