#include "web/api/upload.h"

#include "app/auction/dutch/bundle.h"
#include "firmware/base/text.h"
#include "web/api/caller.h"
#include "web/api/find.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <string.h>

static enum gv_err take_slot(struct gv_upload *upload, struct gv_fail *fail)
{
    upload->submission = gv_submission_acquire();
    if (upload->submission == NULL) {
        return gv_fail(fail, GV_ERR_FULL, "upload.busy",
                       "other uploads are being checked, try again in a few seconds");
    }
    return GV_OK;
}

enum gv_err gv_upload_open(struct gv_upload *upload, struct gv_exchange *x, struct gv_view *body,
                           struct gv_fail *fail)
{
    size_t n = 0;
    memset(upload, 0, sizeof(*upload));
    upload->api = gv_api_of(x);
    upload->worker = gv_api_worker_of(x);
    enum gv_err err = gv_body_expect_type(x, "application/json", fail);
    if (err != GV_OK) {
        return err;
    }
    err = take_slot(upload, fail);
    if (err != GV_OK) {
        return err;
    }
    struct gv_submission *submission = upload->submission;
    gv_caller_actor(x, &submission->actor);
    /* What a body that breaks off has left here must be wiped, too. */
    const size_t room = sizeof(submission->body) - GV_JSON_PADDING;
    submission->body_len =
        x->request->content_length < room ? (size_t)x->request->content_length : room;
    err = gv_body_read(x, submission->body, room, &n, fail);
    if (err != GV_OK) {
        return err;
    }
    if (n == 0) {
        return gv_fail(fail, GV_ERR_INVALID, "json.empty", "No data provided");
    }
    *body = gv_view_of(submission->body, n);
    return GV_OK;
}

void gv_upload_next(struct gv_upload *upload)
{
    struct gv_submission *submission = upload->submission;
    if (submission->watched) {
        gv_watch_drop(upload->api->config.watch, &submission->terms.utxo);
        submission->watched = false;
    }
    gv_submission_next(submission);
    *upload =
        (struct gv_upload){.api = upload->api, .worker = upload->worker, .submission = submission};
}

enum gv_err gv_upload_parse(struct gv_upload *upload, struct gv_json *json, struct gv_fail *fail)
{
    struct gv_submission *submission = upload->submission;
    struct gv_arena arena;
    gv_arena_init(&arena, submission->json_arena, sizeof(submission->json_arena));
    return gv_json_parse(json, &arena, submission->body, submission->body_len, fail);
}

void gv_upload_close(struct gv_upload *upload)
{
    struct gv_submission *submission = upload->submission;
    if (submission == NULL) {
        return;
    }
    gv_submission_unwatch(submission, upload->api->config.watch);
    upload->submission = NULL;
    gv_submission_release(submission);
}

/* What is wrong with somebody else is not the client's mistake: 503, whatever it was. */
static enum gv_err unavailable(struct gv_fail *fail)
{
    fail->err = GV_ERR_UNAVAILABLE;
    return GV_ERR_UNAVAILABLE;
}

static enum gv_err refuse_utxo(struct gv_fail *fail, const char *code, const char *text)
{
    return gv_fail_at(fail, GV_ERR_INVALID, "/utxo_txid", code, "%s", text);
}

/* gettxout cannot tell spent from never existed; the mempool half can be told apart. */
static enum gv_err explain_missing(struct gv_upload *upload, struct gv_fail *fail)
{
    struct gv_rpc_txout txout;
    const struct gv_outpoint *utxo = &upload->submission->terms.utxo;
    if (gv_rpc_txout(&upload->worker->rpc, utxo, false, &txout, fail) != GV_OK) {
        return unavailable(fail);
    }
    if (txout.found) {
        return refuse_utxo(fail, "utxo.spent_unconfirmed",
                           "the UTXO is spent by a transaction in the mempool");
    }
    return refuse_utxo(fail, "utxo.unknown", "the UTXO is spent or never existed");
}

static enum gv_err read_utxo(struct gv_upload *upload, struct gv_fail *fail)
{
    struct gv_dutch_terms *terms = &upload->submission->terms;
    struct gv_rpc_txout txout;
    if (gv_rpc_txout(&upload->worker->rpc, &terms->utxo, true, &txout, fail) != GV_OK) {
        return unavailable(fail);
    }
    if (!txout.found) {
        return explain_missing(upload, fail);
    }
    if (gv_find_same_tip(upload->api->config.market, &txout, &upload->tip, fail) != GV_OK) {
        return GV_ERR_UNAVAILABLE;
    }
    if (txout.confirmations == 0) {
        return refuse_utxo(fail, "utxo.unconfirmed", "the UTXO has no confirmation yet");
    }
    if (txout.coinbase && txout.confirmations < GV_COINBASE_MATURITY) {
        return refuse_utxo(fail, "utxo.immature",
                           "the UTXO is a coinbase output with fewer than 100 confirmations");
    }
    if (!txout.spk_fits) {
        return refuse_utxo(fail, "utxo.script", "the UTXO's script type cannot be listed");
    }
    terms->utxo_value.v = txout.value_sat;
    terms->utxo_spk = txout.spk;
    memcpy(terms->seller, txout.address, sizeof(terms->seller));
    upload->confirmations = txout.confirmations;
    return GV_OK;
}

enum gv_err gv_upload_utxo(struct gv_upload *upload, struct gv_fail *fail)
{
    struct gv_submission *submission = upload->submission;
    if (gv_watch_add(upload->api->config.watch, &submission->terms.utxo,
                     &submission->watch_fired) != GV_OK) {
        return gv_fail(fail, GV_ERR_FULL, "upload.watch_full", "no more outpoints can be watched");
    }
    submission->watched = true;
    return read_utxo(upload, fail);
}

enum gv_err gv_upload_tip(struct gv_upload *upload, struct gv_fail *fail)
{
    struct gv_market_head head;
    gv_market_head(upload->api->config.market, &head);
    if (!head.tip.live) {
        return gv_fail(fail, GV_ERR_UNAVAILABLE, "node.not_live",
                       "the node is unreachable, syncing or behind: nothing can be listed now");
    }
    if (upload->numbers.start_block <= head.tip.height.v) {
        return gv_fail_at(fail, GV_ERR_INVALID, "/start_block", "dutch.started",
                          "start_block must be above the current block %" PRIu32,
                          head.tip.height.v);
    }
    return GV_OK;
}

/* Where the upload names asset `i`. */
static enum gv_err fail_asset(const struct gv_upload *upload, uint32_t i, const char *member,
                              const char *code, struct gv_fail *fail, const char *text)
{
    char pointer[48];
    if (upload->is_bundle) {
        gv_format_cut(pointer, sizeof(pointer), "/assets/%" PRIu32 "/%s", i, member);
    } else {
        gv_format_cut(pointer, sizeof(pointer), "/%s", member);
    }
    return gv_fail_at(fail, GV_ERR_INVALID, pointer, code, "%s", text);
}

static enum gv_err read_quantity(const struct gv_upload *upload, uint32_t i,
                                 const struct gv_cp_balance *balance, struct gv_fail *fail)
{
    char text[128];
    struct gv_fail why;
    int64_t base = 0;
    const struct gv_view qty = upload->assets[i].qty;
    if (gv_asset_qty_parse(&base, qty, balance->divisible, &why) != GV_OK) {
        return fail_asset(upload, i, "asset_qty", why.code, fail, why.text);
    }
    if (base == balance->quantity) {
        return GV_OK;
    }
    gv_format_cut(text, sizeof(text),
                  "the UTXO holds %" PRId64 " base units, asset_qty says %" PRId64,
                  balance->quantity, base);
    return fail_asset(upload, i, "asset_qty", "counterparty.quantity", fail, text);
}

/* The balance of that name, which no earlier asset was matched with. */
static struct gv_cp_balance *find_balance(struct gv_cp_balance *balances, uint32_t count,
                                          struct gv_view name)
{
    for (uint32_t i = 0; i < count; i++) {
        struct gv_cp_balance *balance = &balances[i];
        const bool same = gv_view_is(name, balance->asset) || gv_view_is(name, balance->longname);
        if (balance->quantity > 0 && same) {
            return balance;
        }
    }
    return NULL;
}

static enum gv_err match_asset(struct gv_upload *upload, uint32_t i, struct gv_cp_balance *balances,
                               uint32_t count, struct gv_fail *fail)
{
    struct gv_dutch_terms *terms = &upload->submission->terms;
    const struct gv_view name = upload->assets[i].name;
    struct gv_cp_balance *balance = find_balance(balances, count, name);
    if (balance == NULL) {
        return fail_asset(upload, i, "asset_name", "counterparty.other_asset", fail,
                          "the UTXO holds another asset than asset_name says");
    }
    const enum gv_err err = read_quantity(upload, i, balance, fail);
    if (err != GV_OK) {
        return err;
    }
    if (i == 0) {
        terms->asset_qty_base = balance->quantity;
        terms->asset_divisible = balance->divisible;
    } else if (!gv_bundle_add(terms, name, balance->quantity, balance->divisible)) {
        return gv_fail_at(fail, GV_ERR_INVALID, "/assets", "dutch.bundle",
                          "the names of these assets are too long together");
    }
    balance->quantity = 0; /* taken */
    return GV_OK;
}

enum gv_err gv_upload_asset(struct gv_upload *upload, struct gv_fail *fail)
{
    const struct gv_dutch_terms *terms = &upload->submission->terms;
    struct gv_cp_balance balances[GV_BUNDLE_MAX];
    uint32_t count = 0;
    enum gv_err err =
        gv_cp_balances(&upload->worker->counterparty, &terms->utxo,
                       gv_indexer_height(upload->tip, upload->confirmations), balances,
                       upload->is_bundle ? GV_BUNDLE_MAX : 1u, &count, fail);
    if (err == GV_ERR_NOT_FOUND || err == GV_ERR_CONFLICT) {
        fail->err = GV_ERR_INVALID; /* an answer, and the client can do something about it */
        return GV_ERR_INVALID;
    }
    if (err != GV_OK) {
        return unavailable(fail);
    }
    for (uint32_t i = 0; i < upload->asset_count && err == GV_OK; i++) {
        err = match_asset(upload, i, balances, count, fail);
    }
    if (err == GV_OK && count != upload->asset_count) {
        return gv_fail_at(
            fail, GV_ERR_INVALID, "/assets", "counterparty.bundle",
            "the UTXO holds %" PRIu32 " assets, which all move together: name them all", count);
    }
    return err;
}

enum gv_err gv_upload_prior(struct gv_upload *upload, struct gv_fail *fail)
{
    return gv_engine_dutch_prior(upload->api->config.engine, &upload->submission->terms.utxo,
                                 &upload->prior, fail);
}

void gv_upload_write_warnings(struct gv_json_out *out, const struct gv_dutch_prior *prior,
                              struct gv_sat end_price)
{
    char text[256];
    gv_jo_key(out, "warnings");
    gv_jo_array(out);
    if (gv_dutch_prior_undercuts(prior, end_price)) {
        gv_format_cut(text, sizeof(text),
                      "listing %" PRIu64 " of this UTXO has shown a PSBT of %" PRIu64
                      " satoshi, which stays valid and is below end_price_sats: buyers can still "
                      "use it unless the asset is moved to a new UTXO",
                      prior->lowest_id, prior->lowest.v);
        gv_jo_string(out, text);
    }
    gv_jo_array_end(out);
}

static enum gv_err fail_rung(const struct gv_upload *upload, uint32_t i, const char *code,
                             const char *text, struct gv_fail *fail)
{
    char pointer[48];
    const struct gv_submission *submission = upload->submission;
    gv_format_cut(pointer, sizeof(pointer), "/psbts/%u/psbt_data", submission->order[i]);
    return gv_fail_at(fail, GV_ERR_INVALID, pointer, code, "PSBT for block %" PRIu32 ": %s",
                      submission->rungs[i].block, text);
}

/* Since the start; by enum gv_upload_verdict. */
static _Atomic uint64_t checks[GV_UPLOAD_VERDICTS];

const char *gv_upload_verdict_name(enum gv_upload_verdict verdict)
{
    static const char *const names[GV_UPLOAD_VERDICTS] = {
        [GV_UPLOAD_LISTABLE] = "listable",
        [GV_UPLOAD_UNFIT] = "unfit",
        [GV_UPLOAD_INVALID] = "invalid",
    };
    return names[verdict];
}

uint64_t gv_upload_checks(enum gv_upload_verdict verdict)
{
    return atomic_load_explicit(&checks[verdict], memory_order_relaxed);
}

static void count_check(const struct gv_psbt_verdict *verdict)
{
    const enum gv_upload_verdict what = verdict->listable ? GV_UPLOAD_LISTABLE
                                        : verdict->valid  ? GV_UPLOAD_UNFIT
                                                          : GV_UPLOAD_INVALID;
    atomic_fetch_add_explicit(&checks[what], 1, memory_order_relaxed);
}

enum gv_err gv_upload_judge(struct gv_upload *upload, uint32_t i, bool may_be_unlocked,
                            struct gv_psbt_verdict *verdict, struct gv_fail *fail)
{
    struct gv_submission *submission = upload->submission;
    struct gv_dutch_terms *terms = &submission->terms;
    const struct gv_psbt_terms check = {
        .outpoint = terms->utxo,
        .prevout = {.value_sat = terms->utxo_value.v, .script = gv_spk_view(&terms->utxo_spk)},
        .price_sat = submission->rungs[i].price.v,
        .has_block = true,
        .block = submission->rungs[i].block,
    };
    const uint32_t at = i == 0 ? (uint32_t)submission->parked_end
                               : submission->psbt_at[i - 1] + submission->psbt_len[i - 1];
    if (sizeof(submission->ladder) - at < GV_PSBT_SERVED_MAX) {
        return fail_rung(upload, i, "upload.ladder_full",
                         "this box takes no more PSBTs of this size at a time; list the rest apart",
                         fail);
    }
    gv_psbt_check(verdict, submission->ladder + at, submission->psbt_raw[submission->order[i]],
                  &check);
    count_check(verdict);
    submission->psbt_at[i] = at;
    submission->psbt_len[i] = (uint16_t)verdict->served_len;
    if (!verdict->listable) {
        return fail_rung(upload, i, verdict->code, verdict->detail, fail);
    }
    if (terms->payout_spk.n == 0) { /* the first good one */
        terms->payout_spk = verdict->payout;
    }
    terms->locked = terms->locked && verdict->locked;
    if (!gv_spk_equal(&terms->payout_spk, &verdict->payout)) {
        return fail_rung(upload, i, "dutch.payout_differs",
                         "it pays to another script than the first one", fail);
    }
    if (!verdict->locked && !may_be_unlocked) {
        return fail_rung(upload, i, "dutch.unlocked",
                         "nLockTime must be its block and nSequence not final (this API key may "
                         "not list unlocked ladders)",
                         fail);
    }
    return GV_OK;
}
