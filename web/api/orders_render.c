#include "web/api/orders_render.h"

#include "firmware/base/text.h"
#include "web/api/conditional.h"

#include <inttypes.h>
#include <string.h>

static void put_uint(struct gv_json_out *out, const char *key, uint64_t v)
{
    gv_jo_key(out, key);
    gv_jo_uint(out, v);
}

static void put_amount(struct gv_json_out *out, const char *key, uint64_t v)
{
    char text[24];
    char name[40];
    gv_format_cut(text, sizeof(text), "%" PRIu64, v);
    gv_format_cut(name, sizeof(name), "%s_text", key);
    put_uint(out, key, v);
    gv_jo_kstring(out, name, text);
}

static void put_hex(struct gv_json_out *out, const char *key, const struct gv_hash256 *hash)
{
    char hex[sizeof(hash->b) * 2 + 1];
    gv_hex_encode(hex, gv_view_of(hash->b, sizeof(hash->b)));
    gv_jo_kstring(out, key, hex);
}

/* ---- status --------------------------------------------------------------------------------------- */

static void put_rules(struct gv_json_out *out, const struct gv_engine_orders_config *config)
{
    gv_jo_key(out, "rules");
    gv_jo_object(out);
    gv_jo_kint(out, "batch", config->rules.batch);
    gv_jo_kint(out, "collect_s", config->rules.collect_s);
    gv_jo_kint(out, "commit_s", config->rules.commit_s);
    gv_jo_kint(out, "grace_s", config->rules.grace_s);
    gv_jo_kint(out, "work_s", config->rules.work_s);
    gv_jo_kbool(out, "original", config->rules.original);
    gv_jo_kint(out, "bond_percent", config->bond_percent);
    gv_jo_kbool(out, "forfeit", config->forfeit);
    gv_jo_kint(out, "cooldown_s", config->cooldown_s);
    gv_jo_kint(out, "keep_s", config->keep_s);
    gv_jo_object_end(out);
}

static void put_refused(struct gv_json_out *out, const struct gv_orders_status *status)
{
    gv_jo_key(out, "refused");
    gv_jo_object(out);
    for (uint32_t i = 0; i < GV_ORDER_REASONS && status->refused[i].code[0] != '\0'; i++) {
        put_uint(out, status->refused[i].code, status->refused[i].count);
    }
    gv_jo_object_end(out);
}

void gv_render_orders_status(struct gv_json_out *out, const struct gv_orders_status *status)
{
    const bool proof = status->config.escrow == GV_ORDER_PROOF;
    gv_jo_object(out);
    gv_jo_kbool(out, "on", status->on);
    gv_jo_kstring(out, "escrow", proof ? "proof" : "claim");
    gv_jo_kbool(out, "unsafe", !proof); /* a bare claim counts as fulfilment */
    gv_jo_kbool(out, "authenticated", status->config.authenticated);
    gv_jo_kint(out, "now_s", status->now_s);
    gv_jo_kint(out, "utc_ahead_s", status->utc_ahead_s);
    put_rules(out, &status->config);
    for (uint32_t i = 0; i <= GV_ORDER_COMMITTED; i++) {
        gv_jo_kint(out, gv_order_state_text((enum gv_order_state)i), status->open[i]);
    }
    gv_jo_kint(out, "bids_open", status->bids_open);
    put_uint(out, "newest_id", status->newest_id);
    put_uint(out, "newest_event", status->newest_event);
    put_uint(out, "oldest_event", status->oldest_event);
    put_hex(out, "log_hash", &status->log_hash);
    gv_jo_kstring(out, "signing_domain", status->domain);
    gv_jo_key(out, "since_start");
    gv_jo_object(out);
    put_uint(out, "bids", status->bids);
    put_uint(out, "claims", status->claims);
    put_uint(out, "ticks", status->ticks);
    put_uint(out, "announced", status->announced);
    put_uint(out, "committed", status->committed);
    put_uint(out, "reassigned", status->reassigned);
    put_uint(out, "fulfilled", status->fulfilled);
    put_uint(out, "failed", status->failed);
    put_uint(out, "expired", status->expired);
    put_refused(out, status);
    gv_jo_object_end(out);
    gv_jo_object_end(out);
}

void gv_render_order_news(struct gv_json_out *out, const struct gv_order_news *news)
{
    gv_jo_object(out);
    gv_jo_kstring(out, "kind", gv_order_news_text(news->kind));
    put_uint(out, "order_id", news->order_id);
    gv_jo_kint(out, "count", news->count);
    gv_jo_kint(out, "now_s", news->now_s);
    if (news->solver.text[0] != '\0') {
        gv_jo_kstring(out, "solver_id", news->solver.text);
        gv_jo_kint(out, "round", news->round);
        put_amount(out, "input", news->input);
        put_amount(out, "min_output", news->output);
        gv_jo_kint(out, "until_s", news->until_s);
    }
    gv_jo_object_end(out);
}

/* ---- rows ----------------------------------------------------------------------------------------- */

static void put_commitment(struct gv_json_out *out, const struct gv_order_commitment *commitment)
{
    gv_jo_kint(out, "round", commitment->round);
    gv_jo_kstring(out, "solver_id", commitment->solver.text);
    put_amount(out, "input", commitment->input);
    put_amount(out, "min_output", commitment->output);
    gv_jo_kint(out, "deadline_s", commitment->deadline_s);
}

void gv_render_order(struct gv_json_out *out, const struct gv_order_row *row)
{
    const struct gv_order *order = &row->order;
    gv_jo_object(out);
    put_uint(out, "id", order->id);
    gv_jo_kstring(out, "description", row->description);
    gv_jo_kstring(out, "state", gv_order_state_text(order->state));
    gv_jo_kint(out, "created_s", order->created_s);
    gv_jo_kint(out, "updated_s", row->updated_s);
    put_uint(out, "batch", row->batch);
    gv_jo_key(out, "commitment");
    if (order->commitment.round == 0) {
        gv_jo_null(out);
    } else {
        gv_jo_object(out);
        put_commitment(out, &order->commitment);
        gv_jo_kbool(out, "claimed", order->claimed);
        gv_jo_object_end(out);
    }
    gv_jo_object_end(out);
}

void gv_render_order_bid(struct gv_json_out *out, const struct gv_order_bid_row *row)
{
    gv_jo_object(out);
    put_uint(out, "seq", row->seq);
    gv_jo_kstring(out, "solver_id", row->bid.solver.text);
    put_amount(out, "max_input", row->bid.max_input);
    gv_jo_kstring(out, "rate", row->rate_text);
    put_amount(out, "min_output", row->bid.min_output);
    gv_jo_kint(out, "valid_till_s", row->bid.valid_till_s);
    gv_jo_kint(out, "at_s", row->at_s);
    gv_jo_object_end(out);
}

void gv_render_order_commitment(struct gv_json_out *out, const struct gv_order_commitment_row *row)
{
    static const char *const outcomes[] = {"open", "fulfilled", "failed"};
    static const char *const holds[] = {"none", "locked", "paid", "returned", "forfeited"};
    gv_jo_object(out);
    put_commitment(out, &row->commitment);
    gv_jo_kint(out, "at_s", row->at_s);
    gv_jo_kstring(out, "outcome", outcomes[row->outcome]);
    gv_jo_kstring(out, "escrow", holds[row->hold]);
    put_amount(out, "bond", row->bond);
    put_amount(out, "deposited", row->deposited);
    gv_jo_object_end(out);
}

void gv_render_order_claim(struct gv_json_out *out, const struct gv_order_claim_row *row)
{
    gv_jo_object(out);
    gv_jo_kint(out, "round", row->round);
    gv_jo_kstring(out, "solver_id", row->solver.text);
    gv_jo_kint(out, "at_s", row->at_s);
    gv_jo_kbool(out, "accepted", row->accepted);
    gv_jo_kstring(out, "reason", row->reason);
    gv_jo_object_end(out);
}

void gv_render_order_event(struct gv_json_out *out, const struct gv_order_event_row *row)
{
    gv_jo_object(out);
    put_uint(out, "seq", row->seq);
    gv_jo_kint(out, "at_s", row->at_s);
    gv_jo_kstring(out, "kind", row->kind);
    gv_jo_kstring(out, "json", row->json); /* as text: the hash covers these bytes */
    put_hex(out, "prev_hash", &row->prev_hash);
    put_hex(out, "hash", &row->hash);
    gv_jo_object_end(out);
}

void gv_render_solver(struct gv_json_out *out, const struct gv_solver_status *status, int64_t now_s)
{
    const struct gv_solver *solver = &status->solver;
    gv_jo_object(out);
    gv_render_etag(out, gv_solver_version(solver));
    gv_jo_kstring(out, "id", solver->id.text);
    gv_jo_kbool(out, "registered", solver->has_secret || solver->has_pubkey);
    gv_jo_kbool(out, "has_secret", solver->has_secret);
    gv_jo_key(out, "pubkey");
    if (solver->has_pubkey) {
        char hex[sizeof(solver->pubkey) * 2 + 1];
        gv_hex_encode(hex, gv_view_of(solver->pubkey, sizeof(solver->pubkey)));
        gv_jo_string(out, hex);
    } else {
        gv_jo_null(out);
    }
    put_uint(out, "wins", solver->wins);
    put_uint(out, "failures", solver->failures);
    gv_jo_kbool(out, "suspended", solver->suspended_until_s > now_s);
    gv_jo_kint(out, "suspended_until_s", solver->suspended_until_s);
    gv_jo_kint(out, "cool_until_s", solver->cool_until_s);
    put_amount(out, "available", status->available);
    put_amount(out, "locked", status->locked);
    gv_jo_object_end(out);
}
