/* CSV: windows written down as text, one row for each output of each transaction.
 *
 *   t,tx,nin,parent,flags,sats
 *
 * t: whole seconds, ascending. tx: index, ascending; the rows of one index are its outputs. nin:
 * number of inputs. parent: index of an earlier transaction it spends, or -1. flags: 1 coinbase,
 * 2 some output is OP_RETURN, 4 witness over the limit. The text comes in pieces of any size; each
 * transaction is handed over as the filter would, with made-up but distinct txids and outpoints.
 * Limits: GV_ORACLE_CSV_LINE_MAX bytes a line, constant memory. Thread: one owner at a time. */
#ifndef GV_APP_ORACLE_CSV_H
#define GV_APP_ORACLE_CSV_H

#include "app/oracle/filter.h"

#define GV_ORACLE_CSV_LINE_MAX 128u

struct gv_oracle_csv_tx {
    int64_t time_s;
    uint32_t index;
    bool has_parent; /* in the file, however long ago */
    struct gv_oracle_tx tx;
};

/** Receives a transaction. The memory is the reader's. */
typedef void gv_oracle_csv_fn(void *ctx, const struct gv_oracle_csv_tx *tx);

struct gv_oracle_csv {
    gv_oracle_csv_fn *emit;
    void *ctx;
    struct gv_oracle_csv_tx tx; /* being put together from its rows */
    uint32_t outputs;           /* its rows so far */
    int64_t parent;
    uint64_t inputs;
    uint64_t flags;
    uint64_t line_number;
    bool started; /* tx holds a transaction */
    uint8_t line_len;
    char line[GV_ORACLE_CSV_LINE_MAX];
};

/** Keeps emit and ctx. */
void gv_oracle_csv_init(struct gv_oracle_csv *csv, gv_oracle_csv_fn *emit, void *ctx);

/** The next piece of text.
 *  Returns: GV_OK; GV_ERR_INVALID "csv.header", "csv.row", "csv.order", "csv.line" with the line
 *           number; nothing more may be fed then. */
GV_MUST_USE enum gv_err gv_oracle_csv_feed(struct gv_oracle_csv *csv, struct gv_view text,
                                           struct gv_fail *fail);

/** End of the text: the last transaction is handed over.
 *  Returns: as gv_oracle_csv_feed; a last line without line end is a row. */
GV_MUST_USE enum gv_err gv_oracle_csv_end(struct gv_oracle_csv *csv, struct gv_fail *fail);

#endif
