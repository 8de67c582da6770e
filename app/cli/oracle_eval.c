#include "app/cli/oracle.h"

#include "app/cli/oracle_input.h"
#include "app/oracle/csv.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

/* Two weeks of amounts. The program runs one command and ends, so its large buffers are static. */
#define VALUES_MAX (1u << 21)

static struct gv_oracle_slot slots[VALUES_MAX];
static double points[GV_ORACLE_POINTS_PER_VALUE * VALUES_MAX];
static struct gv_cli_window window;
/* The newest payments: what the price of now is made of. */
#define RECENT_TX_MAX 65536u
static _Alignas(16) uint8_t recent_memory[GV_ORACLE_WINDOW_BYTES(RECENT_TX_MAX)];
static struct gv_oracle_window recent;
static uint8_t text[65536];
static bool full;

/* What counts was decided by the file; without inputs nothing is decided again. */
static void remember(const struct gv_oracle_csv_tx *row)
{
    struct gv_oracle_tx paid = row->tx;
    paid.input_count = 0;
    (void)gv_oracle_window_add(&recent, &paid, row->time_s * 1000);
}

static void add(void *ctx, const struct gv_oracle_csv_tx *row)
{
    struct gv_cli_window *const w = ctx;
    w->transactions++;
    if (row->tx.broken != 0 || row->has_parent) {
        return;
    }
    if (w->values.count + GV_ORACLE_OUTPUTS > VALUES_MAX) {
        full = true;
        return;
    }
    w->passing++;
    for (uint32_t i = 0; i < row->tx.value_count; i++) {
        gv_oracle_values_put(&w->values, w->values.count, row->tx.sats[i]);
    }
    remember(row);
}

static enum gv_err read_rows(struct gv_cli_input *input, struct gv_fail *fail)
{
    struct gv_oracle_csv csv;
    gv_oracle_csv_init(&csv, add, &window);
    for (;;) {
        size_t n = 0;
        enum gv_err err = gv_cli_input_read(input, text, sizeof text, &n, fail);
        if (err == GV_OK && n == 0) {
            return gv_oracle_csv_end(&csv, fail);
        }
        if (err == GV_OK) {
            err = gv_oracle_csv_feed(&csv, gv_view_of(text, n), fail);
        }
        if (err == GV_OK && full) {
            err = gv_fail(fail, GV_ERR_TOO_LARGE, "csv.values", "more than %u amounts", VALUES_MAX);
        }
        if (err != GV_OK) {
            return err;
        }
    }
}

static enum gv_err read_file(const char *path, struct gv_fail *fail)
{
    struct gv_cli_input input;
    struct gv_fail at_close;
    enum gv_err err = gv_cli_input_open(&input, path, fail);
    if (err != GV_OK) {
        return err;
    }
    err = read_rows(&input, fail);
    const enum gv_err closed = gv_cli_input_close(&input, &at_close);
    /* gzip's own failure explains a cut text better; it also dies when we stop reading. */
    if (closed != GV_OK && (err == GV_OK || window.transactions == 0)) {
        *fail = at_close;
        err = closed;
    }
    return err;
}

/* On a copy of the scratch memory: the histogram of the estimate is printed. */
static void judge(struct gv_cli_window *w)
{
    struct gv_oracle_scratch scratch = w->scratch;
    w->has_wide = gv_oracle_wide(&w->wide, &w->values, &scratch, NULL) == GV_OK;
    w->confidence = gv_oracle_confidence(&w->estimate, w->has_wide ? &w->wide : NULL);
    w->has_spot = gv_oracle_spot(&w->spot, &recent, w->estimate.near.price, recent.now_ms);
    if (w->has_spot) {
        w->interval = gv_oracle_interval(&w->spot);
    }
}

int gv_cli_oracle_eval(int argc, char **argv)
{
    struct gv_fail fail;
    if (argc != 1 || argv[0][0] == '-') {
        fputs("usage: gavelctl oracle eval FILE.csv[.gz]\n", stderr);
        return EX_USAGE;
    }
    gv_oracle_values_init(&window.values, slots, VALUES_MAX);
    gv_oracle_window_init(&recent, recent_memory, sizeof recent_memory, RECENT_TX_MAX,
                          GV_ORACLE_WINDOW_MS, 0);
    window.scratch.point = points;
    window.scratch.points_max = GV_ORACLE_POINTS_PER_VALUE * VALUES_MAX;
    enum gv_err err = read_file(argv[0], &fail);
    if (err == GV_OK) {
        err = gv_oracle_estimate(&window.estimate, &window.values, &window.scratch, &fail);
    }
    if (err != GV_OK) {
        fprintf(stderr, "gavelctl oracle eval: %s\n", fail.text);
        return err == GV_ERR_IO ? EX_NOINPUT : EX_DATAERR;
    }
    judge(&window);
    gv_cli_oracle_print(&window);
    return EX_OK;
}
