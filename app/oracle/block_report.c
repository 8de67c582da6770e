#include "app/oracle/block_report.h"

#include "app/bitcoin/block.h"
#include "firmware/base/assert.h"
#include "firmware/base/text.h"

#include <string.h>

/* Digests of lists of text. */
struct lists {
    struct gv_sha256 txids;
    struct gv_sha256 amounts;
};

static void add_line(struct gv_sha256 *ctx, bool first, const char *text)
{
    if (!first) {
        gv_sha256_add(ctx, gv_view_str("\n"));
    }
    gv_sha256_add(ctx, gv_view_str(text));
}

static void add_passing(struct gv_oracle_block_report *report, struct lists *lists,
                        const struct gv_oracle_tx *tx)
{
    char text[65];
    gv_hex_encode_reversed(text, gv_view_of(tx->txid.b, sizeof tx->txid.b));
    add_line(&lists->txids, report->passing == 0, text);
    report->passing++;
    for (uint32_t i = 0; i < tx->value_count; i++) {
        gv_format_cut(text, sizeof text, "%llu", (unsigned long long)tx->sats[i]);
        add_line(&lists->amounts, report->filtered_outputs == 0, text);
        report->filtered_outputs++;
        report->filtered_sats += tx->sats[i];
    }
}

static void add_rules(struct gv_oracle_block_report *report, uint8_t broken)
{
    report->over_5_inputs += (broken & GV_ORACLE_RULE_INPUTS) != 0;
    report->not_2_outputs += (broken & GV_ORACLE_RULE_OUTPUTS) != 0;
    report->coinbase += (broken & GV_ORACLE_RULE_COINBASE) != 0;
    report->op_return += (broken & GV_ORACLE_RULE_DATA) != 0;
    report->witness_over_limit += (broken & GV_ORACLE_RULE_WITNESS) != 0;
    report->passing_but_parent += broken == 0;
}

static void add_sizes(struct gv_oracle_block_report *report, const struct gv_tx *tx)
{
    struct gv_tx_outputs it = gv_tx_outputs(tx);
    struct gv_tx_output output;
    report->transactions++;
    report->segwit_transactions += tx->has_witness;
    report->inputs += tx->input_count;
    report->outputs += tx->output_count;
    while (gv_tx_next_output(&it, &output)) {
        report->output_sats += output.value_sat;
    }
}

enum gv_err gv_oracle_block_report(struct gv_oracle_block_report *report,
                                   struct gv_oracle_window *window, struct gv_view raw,
                                   struct gv_fail *fail)
{
    struct gv_block block;
    struct lists lists;
    struct gv_tx tx;
    GV_ASSERT(window->tx_count == 0);
    GV_ASSERT(window->tx_max >= GV_ORACLE_BLOCK_TX_MAX);
    const enum gv_err err = gv_block_parse(&block, raw, fail);
    if (err != GV_OK) {
        return err;
    }
    memset(report, 0, sizeof *report);
    report->hash = block.header.hash;
    report->time_s = block.header.time;
    report->bytes = (uint32_t)raw.n;
    gv_sha256_init(&lists.txids);
    gv_sha256_init(&lists.amounts);
    struct gv_block_txs it = gv_block_txs(&block);
    while (gv_block_next_tx(&it, &tx)) {
        struct gv_oracle_tx judged;
        gv_oracle_filter(&judged, &tx);
        add_sizes(report, &tx);
        add_rules(report, judged.broken);
        if (gv_oracle_window_add(window, &judged, 0) == GV_ORACLE_COUNTED) {
            add_passing(report, &lists, &judged);
        }
    }
    gv_sha256_finish(&lists.txids, &report->passing_txids);
    gv_sha256_finish(&lists.amounts, &report->filtered_list);
    return GV_OK;
}
