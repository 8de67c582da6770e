/* Ladder builder: unsigned, height-locked PSBTs for a UTXO, to be signed in the seller's wallet. */
#include "web/api/handlers.h"

#include "app/bitcoin/ladder.h"
#include "web/api/errors.h"
#include "web/api/small_body.h"

static const char *const members[] = {
    "utxo_txid",        "utxo_vout",      "start_block",    "end_block",
    "start_price_sats", "end_price_sats", "payout_address", NULL};

#define RUNG_ROOM (GV_BASE64_LEN(GV_PSBT_SERVED_MAX) + 128u)

struct plan {
    struct gv_dutch_numbers numbers;
    struct gv_outpoint utxo;
    struct gv_spk payout;
    struct gv_rpc_txout txout;
};

/* Rounded to the nearest satoshi; n blocks then miss the end price by at most n/2. A price that
 * falls by less than that falls by 1 until it has arrived, which a listing takes as well. */
static int64_t decrement_of(const struct gv_dutch_numbers *n)
{
    const int64_t blocks = n->end_block - n->start_block;
    const int64_t fall = n->start_price - n->end_price;
    if (blocks <= 0 || fall <= 0) {
        return 0;
    }
    const int64_t rounded = (fall + blocks / 2) / blocks;
    return rounded > 0 ? rounded : 1;
}

static int64_t price_at(const struct gv_dutch_numbers *n, int64_t block)
{
    const int64_t falling = n->start_price - n->price_decrement * (block - n->start_block);
    return block == n->end_block || falling < n->end_price ? n->end_price : falling;
}

static enum gv_err read_plan(struct gv_exchange *x, struct plan *plan, struct gv_fail *fail)
{
    struct gv_json json;
    struct gv_dutch_numbers *n = &plan->numbers;
    const int64_t price_max = (int64_t)GV_SAT_MAX;
    enum gv_err err = gv_small_body(x, members, &json, fail);
    if (err == GV_OK) {
        err = gv_member_outpoint(json.root, "utxo_txid", "utxo_vout", "", &plan->utxo, fail);
    }
    if (err == GV_OK) {
        err = gv_member_int(json.root, "start_block", 1, 499999999, &n->start_block, fail);
    }
    if (err == GV_OK) {
        err = gv_member_int(json.root, "end_block", 1, 499999999, &n->end_block, fail);
    }
    if (err == GV_OK) {
        err = gv_member_int(json.root, "start_price_sats", 1, price_max, &n->start_price, fail);
    }
    if (err == GV_OK) {
        err = gv_member_int(json.root, "end_price_sats", 1, price_max, &n->end_price, fail);
    }
    if (err == GV_OK) {
        err = gv_member_address(gv_api_of(x), json.root, "payout_address", &plan->payout, fail);
    }
    if (err != GV_OK) {
        return err;
    }
    n->blocks_after_end = 0;
    n->reserve = 0;
    n->price_decrement = decrement_of(n);
    return gv_dutch_check_numbers(n, fail);
}

static enum gv_err find_utxo(struct gv_exchange *x, struct plan *plan, struct gv_fail *fail)
{
    if (gv_rpc_txout(&gv_api_worker_of(x)->rpc, &plan->utxo, true, &plan->txout, fail) != GV_OK) {
        fail->err = GV_ERR_UNAVAILABLE;
        return fail->err;
    }
    if (!plan->txout.found) {
        return gv_fail_at(fail, GV_ERR_INVALID, "/utxo_txid", "utxo.unknown",
                          "the UTXO is spent or never existed");
    }
    if (!plan->txout.spk_fits) {
        return gv_fail_at(fail, GV_ERR_INVALID, "/utxo_txid", "utxo.script",
                          "the UTXO's script type cannot be listed");
    }
    return GV_OK;
}

static enum gv_err write_rung(const struct plan *plan, int64_t block, uint8_t *psbt, size_t *n,
                              struct gv_fail *fail)
{
    struct gv_writer w = gv_writer_of(psbt, GV_PSBT_SERVED_MAX);
    const struct gv_ladder_rung rung = {
        .outpoint = plan->utxo,
        .prevout = {.value_sat = plan->txout.value_sat, .script = gv_spk_view(&plan->txout.spk)},
        .payout = gv_spk_view(&plan->payout),
        .block = (uint32_t)block,
        .price = {(uint64_t)price_at(&plan->numbers, block)},
    };
    const enum gv_err err = gv_ladder_write(&w, &rung, fail);
    *n = w.n;
    return err;
}

/* The first and the last rung decide for all: script and payout are the same, prices fall. */
static enum gv_err check_ends(const struct plan *plan, struct gv_fail *fail)
{
    uint8_t psbt[GV_PSBT_SERVED_MAX];
    size_t n;
    const enum gv_err err = write_rung(plan, plan->numbers.start_block, psbt, &n, fail);
    return err != GV_OK ? err : write_rung(plan, plan->numbers.end_block, psbt, &n, fail);
}

static void send_ladder(struct gv_exchange *x, const struct plan *plan)
{
    uint8_t psbt[GV_PSBT_SERVED_MAX];
    struct gv_json_out out;
    size_t n = 0;
    gv_json_out_init(&out, gv_api_worker_of(x)->reply, GV_REPLY_BYTES_MAX);
    gv_reply_begin_chunked(x, "application/json");
    gv_jo_object(&out);
    gv_jo_kint(&out, "price_decrement", plan->numbers.price_decrement);
    gv_jo_key(&out, "psbts");
    gv_jo_array(&out);
    for (int64_t block = plan->numbers.start_block; block <= plan->numbers.end_block; block++) {
        if (write_rung(plan, block, psbt, &n, NULL) != GV_OK) {
            return; /* check_ends has passed; an answer cut short is an error to the client */
        }
        if (out.n + RUNG_ROOM > out.cap) {
            if (gv_reply_chunk(x, gv_view_of(out.p, out.n)) != GV_OK) {
                return;
            }
            out.n = 0;
        }
        gv_jo_object(&out);
        gv_jo_kint(&out, "block_number", block);
        gv_jo_kint(&out, "price_sats", price_at(&plan->numbers, block));
        gv_jo_key(&out, "psbt_data");
        gv_jo_base64(&out, gv_view_of(psbt, n));
        gv_jo_object_end(&out);
    }
    gv_jo_array_end(&out);
    gv_jo_object_end(&out);
    if (gv_reply_chunk(x, gv_view_of(out.p, out.n)) == GV_OK) {
        gv_reply_end(x);
    }
}

void gv_handle_ladder(struct gv_exchange *x)
{
    struct plan plan;
    struct gv_fail fail = {0};
    enum gv_err err = read_plan(x, &plan, &fail);
    if (err == GV_OK) {
        err = find_utxo(x, &plan, &fail);
    }
    if (err == GV_OK) {
        err = check_ends(&plan, &fail);
    }
    if (err == GV_OK) {
        send_ladder(x, &plan);
    } else {
        gv_api_fail(x, &fail);
    }
}
