/* Block report: what the transaction filter makes of one block, counts and digests, in the form of
 * the recorded block results. Used by `gavelctl oracle block` and the tests.
 *
 * Limits: a window of GV_ORACLE_BLOCK_TX_MAX transactions as memory of txids.
 * Source: UTXOracle 9.1, step 1. Thread: one owner at a time. */
#ifndef GV_APP_ORACLE_BLOCK_REPORT_H
#define GV_APP_ORACLE_BLOCK_REPORT_H

#include "app/oracle/window.h"

/* No transaction weighs less than four times its 60 bytes. The window counts half of its
 * transactions at least, and in a block of the smallest ones all could pass. */
#define GV_ORACLE_BLOCK_TX_MAX (2u * (GV_BLOCK_BYTES_MAX / 240u))

struct gv_oracle_block_report {
    struct gv_hash256 hash;
    uint32_t time_s;
    uint32_t bytes;
    uint32_t transactions;
    uint32_t segwit_transactions;
    uint32_t inputs;
    uint32_t outputs;
    uint64_t output_sats;
    uint32_t over_5_inputs; /* how many break this one rule */
    uint32_t not_2_outputs;
    uint32_t coinbase;
    uint32_t op_return;
    uint32_t witness_over_limit;
    uint32_t passing;            /* all rules, the window being this block in its order */
    uint32_t passing_but_parent; /* all rules but that one */
    uint32_t filtered_outputs;
    uint64_t filtered_sats;
    struct gv_hash256 passing_txids; /* SHA-256 of the txids as text, joined by newlines */
    struct gv_hash256 filtered_list; /* of the amounts in decimal */
};

/** In:      window: empty, for at least GV_ORACLE_BLOCK_TX_MAX transactions; holds those of the
 *           block afterwards. raw: a whole block.
 *  Returns: GV_OK; GV_ERR_INVALID as gv_block_parse. */
GV_MUST_USE enum gv_err gv_oracle_block_report(struct gv_oracle_block_report *report,
                                               struct gv_oracle_window *window, struct gv_view raw,
                                               struct gv_fail *fail);

#endif
