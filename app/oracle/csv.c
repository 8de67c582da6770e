#include "app/oracle/csv.h"

#include "app/oracle/tables.h"
#include "firmware/base/text.h"

#include <string.h>

#define HEADER  "t,tx,nin,parent,flags,sats"
#define COLUMNS 6u

#define FLAG_COINBASE 1u
#define FLAG_DATA     2u
#define FLAG_WITNESS  4u

#define TIME_MAX   253402300799u /* the year 9999 */
#define INPUTS_MAX 1000000u
#define INDEX_MAX  4294967294u

struct row {
    uint64_t time_s;
    uint64_t index;
    uint64_t inputs;
    int64_t parent;
    uint64_t flags;
    uint64_t sats;
};

void gv_oracle_csv_init(struct gv_oracle_csv *csv, gv_oracle_csv_fn *emit, void *ctx)
{
    memset(csv, 0, sizeof *csv);
    csv->emit = emit;
    csv->ctx = ctx;
}

/* ---- transactions ----------------------------------------------------------------------------- */

static struct gv_hash256 txid_of(uint64_t index)
{
    struct gv_hash256 txid;
    uint8_t text[8];
    struct gv_writer w = gv_writer_of(text, sizeof text);
    gv_write_u64le(&w, index);
    gv_sha256_of(&txid, gv_written(&w));
    return txid;
}

/* The first input spends the parent, if there is one; the others spend what is not in the file.
 * The output's number is the spender's index: no two transactions spend the same. */
static void make_inputs(struct gv_oracle_csv *csv)
{
    struct gv_oracle_tx *const tx = &csv->tx.tx;
    const uint64_t held = csv->inputs < GV_ORACLE_INPUTS_MAX ? csv->inputs : GV_ORACLE_INPUTS_MAX;
    tx->input_count = (csv->flags & FLAG_COINBASE) != 0 ? 0 : (uint8_t)held;
    for (uint32_t i = 0; i < tx->input_count; i++) {
        const uint64_t outside = ((uint64_t)csv->tx.index << 8) + i + ((uint64_t)1 << 63);
        const bool parent = i == 0 && csv->parent >= 0;
        tx->input[i].txid = txid_of(parent ? (uint64_t)csv->parent : outside);
        tx->input[i].vout = csv->tx.index;
    }
}

static void hand_over(struct gv_oracle_csv *csv)
{
    struct gv_oracle_tx *const tx = &csv->tx.tx;
    if (!csv->started) {
        return;
    }
    tx->txid = txid_of(csv->tx.index);
    tx->broken = 0;
    tx->broken |= csv->inputs > GV_ORACLE_INPUTS_MAX ? GV_ORACLE_RULE_INPUTS : 0;
    tx->broken |= csv->outputs != GV_ORACLE_OUTPUTS ? GV_ORACLE_RULE_OUTPUTS : 0;
    tx->broken |= (csv->flags & FLAG_COINBASE) != 0 ? GV_ORACLE_RULE_COINBASE : 0;
    tx->broken |= (csv->flags & FLAG_DATA) != 0 ? GV_ORACLE_RULE_DATA : 0;
    tx->broken |= (csv->flags & FLAG_WITNESS) != 0 ? GV_ORACLE_RULE_WITNESS : 0;
    if (tx->broken != 0) {
        tx->value_count = 0;
    }
    csv->tx.has_parent = csv->parent >= 0;
    make_inputs(csv);
    csv->emit(csv->ctx, &csv->tx);
    csv->started = false;
}

static enum gv_err out_of_order(const struct gv_oracle_csv *csv, const char *why,
                                struct gv_fail *fail)
{
    return gv_fail(fail, GV_ERR_INVALID, "csv.order", "line %llu: %s",
                   (unsigned long long)csv->line_number, why);
}

static bool is_same_transaction(const struct gv_oracle_csv *csv, const struct row *row)
{
    return csv->tx.time_s == (int64_t)row->time_s && csv->parent == row->parent &&
           csv->inputs == row->inputs && csv->flags == row->flags;
}

static void start(struct gv_oracle_csv *csv, const struct row *row)
{
    csv->started = true;
    csv->outputs = 0;
    csv->tx.index = (uint32_t)row->index;
    csv->tx.time_s = (int64_t)row->time_s;
    csv->parent = row->parent;
    csv->inputs = row->inputs;
    csv->flags = row->flags;
    csv->tx.tx.value_count = 0;
}

static enum gv_err add_row(struct gv_oracle_csv *csv, const struct row *row, struct gv_fail *fail)
{
    struct gv_oracle_tx *const tx = &csv->tx.tx;
    if (row->parent >= (int64_t)row->index) {
        return out_of_order(csv, "the parent must be an earlier transaction", fail);
    }
    if (csv->started && row->index == csv->tx.index) {
        if (!is_same_transaction(csv, row)) {
            return out_of_order(csv, "the rows of a transaction must agree", fail);
        }
    } else if (csv->started &&
               ((int64_t)row->time_s < csv->tx.time_s || row->index < csv->tx.index)) {
        return out_of_order(csv, "times and transactions must ascend", fail);
    } else {
        hand_over(csv);
        start(csv, row);
    }
    csv->outputs++;
    if (row->sats > GV_ORACLE_SAT_ABOVE && row->sats < GV_ORACLE_SAT_BELOW &&
        tx->value_count < GV_ORACLE_OUTPUTS) {
        tx->sats[tx->value_count++] = row->sats;
    }
    return GV_OK;
}

/* ---- text ---------------------------------------------------------------------------------------- */

/* Cut the text up to the next comma off the front. Returns: false when there is none left. */
static bool next_field(struct gv_view *line, struct gv_view *field)
{
    if (line->p == NULL) {
        return false;
    }
    const uint8_t *const comma = line->n > 0 ? memchr(line->p, ',', line->n) : NULL;
    *field = gv_view_of(line->p, comma != NULL ? (size_t)(comma - line->p) : line->n);
    *line = comma != NULL ? gv_view_of(comma + 1, line->n - field->n - 1) : gv_view_of(NULL, 0);
    return true;
}

static bool parse_row(struct row *row, struct gv_view line)
{
    uint64_t parent = 0;
    struct {
        uint64_t *out;
        uint64_t max;
    } const column[COLUMNS] = {
        {&row->time_s, TIME_MAX}, {&row->index, INDEX_MAX}, {&row->inputs, INPUTS_MAX},
        {&parent, INDEX_MAX},     {&row->flags, 7},         {&row->sats, UINT64_MAX},
    };
    bool has_parent = true;
    for (uint32_t i = 0; i < COLUMNS; i++) {
        struct gv_view field;
        if (!next_field(&line, &field)) {
            return false;
        }
        if (column[i].out == &parent && gv_view_is(field, "-1")) {
            has_parent = false;
        } else if (!gv_parse_u64(column[i].out, field, column[i].max)) {
            return false;
        }
    }
    row->parent = has_parent ? (int64_t)parent : -1;
    return line.p == NULL;
}

static enum gv_err take_line(struct gv_oracle_csv *csv, struct gv_fail *fail)
{
    struct row row;
    struct gv_view line = gv_view_of(csv->line, csv->line_len);
    csv->line_len = 0;
    csv->line_number++;
    if (line.n > 0 && line.p[line.n - 1] == '\r') {
        line.n--;
    }
    if (csv->line_number == 1) {
        return gv_view_is(line, HEADER)
                   ? GV_OK
                   : gv_fail(fail, GV_ERR_INVALID, "csv.header", "line 1: not \"%s\"", HEADER);
    }
    if (!parse_row(&row, line)) {
        return gv_fail(fail, GV_ERR_INVALID, "csv.row", "line %llu: not six whole numbers in range",
                       (unsigned long long)csv->line_number);
    }
    return add_row(csv, &row, fail);
}

enum gv_err gv_oracle_csv_feed(struct gv_oracle_csv *csv, struct gv_view text, struct gv_fail *fail)
{
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '\n') {
            const enum gv_err err = take_line(csv, fail);
            if (err != GV_OK) {
                return err;
            }
        } else if (csv->line_len == GV_ORACLE_CSV_LINE_MAX) {
            return gv_fail(fail, GV_ERR_INVALID, "csv.line", "line %llu: longer than %u bytes",
                           (unsigned long long)csv->line_number + 1u, GV_ORACLE_CSV_LINE_MAX);
        } else {
            csv->line[csv->line_len++] = (char)text.p[i];
        }
    }
    return GV_OK;
}

enum gv_err gv_oracle_csv_end(struct gv_oracle_csv *csv, struct gv_fail *fail)
{
    if (csv->line_len > 0 || csv->line_number == 0) {
        const enum gv_err err = take_line(csv, fail);
        if (err != GV_OK) {
            return err;
        }
    }
    hand_over(csv);
    return GV_OK;
}
