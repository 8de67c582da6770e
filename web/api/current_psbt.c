/* The PSBT that may be used now. Order of the answers: unknown 404, node not live 503, sold or
 * closed, not started, expired, the rung. Never more than one PSBT, and never one above the tip. */
#include "web/api/handlers.h"

#include "web/api/api_state.h"
#include "web/api/conditional.h"
#include "web/api/errors.h"
#include "web/api/find.h"
#include "web/api/render.h"

#include <string.h>

/* What is copied out under the lock. */
struct current {
    struct gv_reveal reveal;
    enum gv_dutch_status status;
    uint64_t id;
    uint32_t start_block;
    uint64_t price_sat;
    struct gv_ladder_proof proof;
    size_t psbt_len;
    char psbt[GV_BASE64_LEN(GV_PSBT_SERVED_MAX)];
};

static void copy_current(void *ctx, const struct gv_market_row *row)
{
    struct current *current = ctx;
    const struct gv_view psbt = gv_row_psbt(row);
    current->reveal = row->reveal;
    current->status = row->status;
    current->id = row->listing.id;
    current->start_block = row->listing.terms.start_block;
    current->price_sat = row->price.v;
    current->proof = row->proof;
    current->psbt_len = psbt.n;
    memcpy(current->psbt, psbt.p, psbt.n);
}

static const char *null_message(const struct current *current)
{
    switch (current->reveal.kind) {
    case GV_REVEAL_SPENT:
        return "The UTXO has been spent";
    case GV_REVEAL_PENDING:
        return "A transaction that spends the UTXO is waiting in the mempool";
    case GV_REVEAL_NOT_STARTED:
        return "Auction has not started yet";
    case GV_REVEAL_EXPIRED:
        return "Auction has expired";
    case GV_REVEAL_RUNG:
    case GV_REVEAL_NOT_LIVE:
        break; /* answered elsewhere */
    }
    return "";
}

static void write_null(struct gv_json_out *out, const struct current *current)
{
    const enum gv_reveal_kind kind = current->reveal.kind;
    gv_jo_knull(out, "psbt");
    gv_jo_kstring(out, "message", null_message(current));
    if (kind == GV_REVEAL_NOT_STARTED) {
        gv_jo_kint(out, "starts_at_block", current->start_block);
    }
    if (kind == GV_REVEAL_SPENT || kind == GV_REVEAL_PENDING) {
        gv_jo_kstring(out, "status", gv_dutch_status_text(current->status));
    }
    if (kind == GV_REVEAL_PENDING) {
        gv_jo_kbool(out, "provisional", true);
    }
}

/* The original numbered its PSBT rows; a stable number of the same kind is made of listing and
 * position in the ladder. */
static uint64_t psbt_id(const struct current *current)
{
    return current->id * GV_RUNGS_MAX + (current->reveal.block - current->start_block) + 1u;
}

static void write_psbt(struct gv_json_out *out, const struct current *current,
                       const struct gv_family *family)
{
    gv_jo_kstring(out, family->status_key, gv_dutch_status_text(current->status));
    gv_jo_key(out, "psbt");
    gv_jo_object(out);
    gv_jo_kint(out, "id", (int64_t)psbt_id(current));
    gv_jo_kint(out, family->id_key, (int64_t)current->id);
    gv_jo_kint(out, "block_number", current->reveal.block);
    gv_jo_kint(out, "price_sats", (int64_t)current->price_sat);
    gv_jo_key(out, "psbt_data");
    gv_jo_text(out, gv_view_of(current->psbt, current->psbt_len));
    if (family->v1) { /* the original's answer stays as it was */
        gv_render_proof(out, &current->proof);
    }
    gv_jo_object_end(out);
}

void gv_handle_current_psbt(struct gv_exchange *x)
{
    const struct gv_family *family = x->route->extra;
    struct current current;
    struct gv_tip tip;
    struct gv_json_out out;
    struct gv_fail fail;
    enum gv_err err = gv_find_listing(x, &tip, copy_current, &current, &fail);
    if (err == GV_OK && current.reveal.kind == GV_REVEAL_NOT_LIVE) {
        err = gv_fail(&fail, GV_ERR_UNAVAILABLE, "node.not_live",
                      "the node is unreachable, syncing or behind; last known height %u",
                      tip.height.v);
    }
    if (err != GV_OK) {
        gv_api_fail(x, &fail);
        return;
    }
    gv_json_out_init(&out, gv_api_worker_of(x)->reply, GV_REPLY_BYTES_MAX);
    gv_jo_object(&out);
    if (!family->v1) {
        gv_jo_kbool(&out, "success", true);
    }
    gv_jo_kint(&out, "current_block", tip.height.v);
    gv_jo_kint(&out, family->id_key, (int64_t)current.id);
    if (current.reveal.kind == GV_REVEAL_RUNG) {
        write_psbt(&out, &current, family);
    } else {
        write_null(&out, &current);
    }
    gv_jo_object_end(&out);
    gv_api_live(x, &out);
}
