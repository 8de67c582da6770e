#include "app/cli/oracle.h"
#include "app/cli/oracle_input.h"
#include "app/oracle/block_report.h"
#include "firmware/base/assert.h"
#include "firmware/base/json.h"

#include <stdio.h>
#include <sysexits.h>

/* The program runs one command and ends, so its large buffers are static. */
static uint8_t bytes[GV_BLOCK_BYTES_MAX + 1u];
static _Alignas(16) uint8_t memory[GV_ORACLE_WINDOW_BYTES(GV_ORACLE_BLOCK_TX_MAX)];
static struct gv_oracle_window window;

static enum gv_err read_block(const char *path, size_t *size, struct gv_fail *fail)
{
    struct gv_cli_input input;
    size_t n = 1;
    enum gv_err err = gv_cli_input_open(&input, path, fail);
    if (err != GV_OK) {
        return err;
    }
    for (*size = 0; err == GV_OK && n > 0 && *size < sizeof bytes; *size += n) {
        err = gv_cli_input_read(&input, bytes + *size, sizeof bytes - *size, &n, fail);
    }
    const enum gv_err closed = gv_cli_input_close(&input, err == GV_OK ? fail : NULL);
    return err == GV_OK ? closed : err;
}

static void put_digest(struct gv_json_out *out, const char *key, const struct gv_hash256 *hash)
{
    char text[65];
    gv_hex_encode(text, gv_view_of(hash->b, sizeof hash->b));
    gv_jo_kstring(out, key, text);
}

static void print(const struct gv_oracle_block_report *report)
{
    char json[2048];
    struct gv_json_out out;
    gv_json_out_init(&out, json, sizeof json);
    gv_jo_object(&out);
    gv_jo_key(&out, "hash");
    gv_jo_hash(&out, report->hash.b);
    gv_jo_kint(&out, "bytes", report->bytes);
    gv_jo_kint(&out, "time", report->time_s);
    gv_jo_kint(&out, "transactions", report->transactions);
    gv_jo_kint(&out, "segwit_transactions", report->segwit_transactions);
    gv_jo_kint(&out, "inputs", report->inputs);
    gv_jo_kint(&out, "outputs", report->outputs);
    gv_jo_key(&out, "sum_output_sats");
    gv_jo_uint(&out, report->output_sats);
    gv_jo_kint(&out, "over_5_inputs", report->over_5_inputs);
    gv_jo_kint(&out, "not_2_outputs", report->not_2_outputs);
    gv_jo_kint(&out, "coinbase", report->coinbase);
    gv_jo_kint(&out, "op_return", report->op_return);
    gv_jo_kint(&out, "witness_over_limit", report->witness_over_limit);
    gv_jo_kint(&out, "passing_transactions", report->passing);
    gv_jo_kint(&out, "passing_without_the_same_window_rule", report->passing_but_parent);
    gv_jo_kint(&out, "filtered_outputs", report->filtered_outputs);
    gv_jo_key(&out, "filtered_outputs_sum_sats");
    gv_jo_uint(&out, report->filtered_sats);
    put_digest(&out, "passing_txids_sha256", &report->passing_txids);
    put_digest(&out, "filtered_sats_sha256", &report->filtered_list);
    gv_jo_object_end(&out);
    GV_ASSERT(!out.full);
    printf("%.*s\n", (int)out.n, json);
}

int gv_cli_oracle_block(int argc, char **argv)
{
    struct gv_oracle_block_report report;
    struct gv_fail fail;
    size_t size = 0;
    if (argc != 1 || argv[0][0] == '-') {
        fputs("usage: gavelctl oracle block FILE.bin\n", stderr);
        return EX_USAGE;
    }
    gv_oracle_window_init(&window, memory, sizeof memory, GV_ORACLE_BLOCK_TX_MAX,
                          GV_ORACLE_WINDOW_MS, 0);
    enum gv_err err = read_block(argv[0], &size, &fail);
    if (err == GV_OK) {
        err = gv_oracle_block_report(&report, &window, gv_view_of(bytes, size), &fail);
    }
    if (err != GV_OK) {
        fprintf(stderr, "gavelctl oracle block: %s\n", fail.text);
        return err == GV_ERR_IO ? EX_NOINPUT : EX_DATAERR;
    }
    print(&report);
    return EX_OK;
}
