#include "web/control/control.h"

#include "app/engine/orders.h"

#include "app/engine/accounts.h"
#include "firmware/base/text.h"
#include "web/api/render.h"
#include "web/api/system.h"
#include "web/control/inspect.h"
#include "web/control/operate.h"
#include "web/control/orders.h"
#include "web/control/people.h"

#include <string.h>

static void write_scopes(struct gv_json_out *out, uint32_t bits)
{
    gv_jo_key(out, "scopes");
    gv_jo_array(out);
    for (uint32_t i = 0; i < GV_SCOPES; i++) {
        const char *name = gv_scope_name(bits, i);
        if (name != NULL) {
            gv_jo_string(out, name);
        }
    }
    gv_jo_array_end(out);
    gv_jo_kbool(out, "legacy_unlocked", (bits & GV_KEY_LEGACY_UNLOCKED) != 0);
}

/* ---- commands: each adds its members to an object that is already {"ok":true ------------------ */

static enum gv_err answer_status(const struct gv_control *control, gv_json_ref request,
                                 struct gv_json_out *out, struct gv_fail *fail)
{
    static const char *const members[] = {"cmd", NULL};
    const enum gv_err err = gv_json_members(request, members, "", fail);
    if (err != GV_OK) {
        return err;
    }
    struct gv_market_head head;
    struct gv_engine_stats engine;
    gv_market_head(control->market, &head);
    gv_engine_stats(control->engine, &engine);
    gv_jo_kstring(out, "version", GV_VERSION);
    gv_jo_kint(out, "uptime_s",
               (int64_t)((gv_clock_mono(control->clock).ms - control->started.ms) / 1000u));
    gv_jo_kbool(out, "live", head.tip.live);
    gv_jo_kint(out, "height", head.tip.height.v);
    gv_jo_kint(out, "headers", head.node.headers);
    gv_jo_kbool(out, "node_reachable", head.node.reachable);
    gv_jo_kstring(out, "node_error", head.node.error);
    gv_jo_kbool(out, "indexer_ready", head.node.indexer_ready);
    gv_jo_key(out, "listings");
    gv_jo_object(out);
    for (unsigned i = 0; i < GV_DUTCH_STATUSES; i++) {
        gv_jo_kint(out, gv_dutch_status_text((enum gv_dutch_status)i), head.status_counts[i]);
    }
    gv_jo_object_end(out);
    gv_jo_kint(out, "commands", (int64_t)engine.commands);
    gv_jo_kint(out, "commits_failed", (int64_t)engine.commits_failed);
    gv_system_write_pools(out);
    return GV_OK;
}

static void write_cents(struct gv_json_out *out, const char *key, bool known, double usd)
{
    if (known) {
        gv_jo_kint(out, key, (int64_t)(usd * 100.0 + 0.5));
    } else {
        gv_jo_knull(out, key);
    }
}

static enum gv_err answer_oracle(const struct gv_control *control, gv_json_ref request,
                                 struct gv_json_out *out, struct gv_fail *fail)
{
    static const char *const members[] = {"cmd", NULL};
    struct gv_oracle_view view;
    const enum gv_err err = gv_json_members(request, members, "", fail);
    if (err != GV_OK) {
        return err;
    }
    if (control->oracle == NULL) {
        return gv_fail(fail, GV_ERR_NOT_FOUND, "oracle.off", "the price oracle is switched off");
    }
    gv_oracle_service_view(control->oracle, &view);
    const bool has_spot = view.has_price && view.judgement.has_spot;
    const int64_t age_s = gv_clock_utc(control->clock).s - view.estimated_ms / 1000;
    gv_jo_kint(out, "sequence", (int64_t)view.sequence);
    gv_jo_kstring(out, "state", gv_oracle_state_text(view.state));
    write_cents(out, "price_cents", view.has_price, view.price);
    write_cents(out, "spot_cents", has_spot, view.judgement.spot);
    write_cents(out, "low_cents", has_spot, view.judgement.interval.low);
    write_cents(out, "high_cents", has_spot, view.judgement.interval.high);
    write_cents(out, "block_cents", view.block_cents != 0, (double)view.block_cents / 100.0);
    gv_jo_kint(out, "confidence_permille", (int64_t)(view.confidence * 1000.0 + 0.5));
    gv_jo_kint(out, "age_s", view.has_price && age_s > 0 ? age_s : 0);
    gv_jo_kint(out, "counted", view.active);
    gv_jo_kint(out, "filled_permille", view.fill_permille);
    return GV_OK;
}

static enum gv_err read_scopes(gv_json_ref request, uint32_t *bits, struct gv_fail *fail)
{
    struct gv_json_iter it;
    bool legacy = false;
    const gv_json_ref flag = gv_json_get(request, "legacy_unlocked");
    *bits = 0;
    for (gv_json_ref e = gv_json_first(&it, gv_json_get(request, "scopes")); e != NULL;
         e = gv_json_next(&it)) {
        struct gv_view text;
        const uint32_t bit = gv_json_string(e, &text) ? gv_scope_parse(text) : 0;
        if (bit == 0) {
            return gv_fail_at(fail, GV_ERR_INVALID, "/scopes", "apikey.scope",
                              "a scope is auctions:read, auctions:write, bids:write, "
                              "orders:solve or admin");
        }
        *bits |= bit;
    }
    if (*bits == 0) {
        return gv_fail_at(fail, GV_ERR_INVALID, "/scopes", "apikey.scope",
                          "at least one scope is needed");
    }
    if (flag != NULL && !gv_json_bool(flag, &legacy)) {
        return gv_fail_at(fail, GV_ERR_INVALID, "/legacy_unlocked", "json.type",
                          "legacy_unlocked is true or false");
    }
    if (legacy) {
        *bits |= GV_KEY_LEGACY_UNLOCKED;
    }
    return GV_OK;
}

/* Copies a short text member; refuses absent, empty and over-long ones. */
static enum gv_err read_text(gv_json_ref request, const char *key, char *out, size_t cap,
                             struct gv_fail *fail)
{
    struct gv_view text;
    if (!gv_json_string(gv_json_get(request, key), &text) || text.n == 0 || text.n >= cap) {
        return gv_fail(fail, GV_ERR_INVALID, "control.member",
                       "%s must be a text of 1 to %zu bytes", key, cap - 1);
    }
    memcpy(out, text.p, text.n);
    out[text.n] = '\0';
    return GV_OK;
}

static enum gv_err read_expiry(gv_json_ref request, struct gv_utc *expires_at, struct gv_fail *fail)
{
    struct gv_view text;
    const gv_json_ref member = gv_json_get(request, "expires_at");
    if (member == NULL ||
        (gv_json_string(member, &text) && gv_utc_parse(expires_at, (const char *)text.p, text.n))) {
        return GV_OK;
    }
    return gv_fail_at(fail, GV_ERR_INVALID, "/expires_at", "key.expires_at",
                      "a key expires at a time like 2027-01-31T12:00:00Z");
}

static enum gv_err answer_create(const struct gv_control *control, gv_json_ref request,
                                 struct gv_json_out *out, struct gv_fail *fail)
{
    static const char *const members[] = {"cmd",        "name", "scopes", "legacy_unlocked",
                                          "expires_at", NULL};
    struct gv_utc expires_at = {0};
    char name[GV_KEY_NAME_MAX];
    char text[GV_KEY_TEXT_MAX];
    struct gv_actor actor;
    uint32_t bits = 0;
    enum gv_err err = gv_json_members(request, members, "", fail);
    if (err == GV_OK) {
        err = read_text(request, "name", name, sizeof(name), fail);
    }
    if (err == GV_OK) {
        err = read_scopes(request, &bits, fail);
    }
    if (err == GV_OK) {
        err = read_expiry(request, &expires_at, fail);
    }
    if (err == GV_OK) {
        gv_control_actor(&actor, request);
        err = gv_engine_key_create(control->engine, &actor, name, bits, expires_at, text, fail);
    }
    if (err == GV_OK) {
        gv_jo_kstring(out, "key", text);
    }
    gv_secure_zero(text, sizeof(text));
    return err;
}

static enum gv_err answer_list(const struct gv_control *control, gv_json_ref request,
                               struct gv_json_out *out, struct gv_fail *fail)
{
    static const char *const members[] = {"cmd", NULL};
    const enum gv_err err = gv_json_members(request, members, "", fail);
    if (err != GV_OK) {
        return err;
    }
    struct gv_api_key keys[GV_API_KEYS_MAX];
    const uint32_t count = gv_engine_key_list(control->engine, keys, GV_API_KEYS_MAX);
    gv_jo_key(out, "keys");
    gv_jo_array(out);
    for (uint32_t i = 0; i < count; i++) {
        gv_jo_object(out);
        gv_jo_kstring(out, "id", keys[i].id);
        gv_jo_kstring(out, "name", keys[i].name);
        write_scopes(out, keys[i].scopes);
        gv_render_utc_or_null(out, "created_at", keys[i].created_at);
        gv_render_utc_or_null(out, "expires_at", keys[i].expires_at);
        gv_render_utc_or_null(out, "last_used_at", keys[i].last_used_at);
        gv_render_utc_or_null(out, "revoked_at", keys[i].revoked_at);
        gv_jo_object_end(out);
    }
    gv_jo_array_end(out);
    return GV_OK;
}

static enum gv_err answer_revoke(const struct gv_control *control, gv_json_ref request,
                                 struct gv_json_out *out, struct gv_fail *fail)
{
    static const char *const members[] = {"cmd", "id", NULL};
    char id[GV_KEY_ID_LEN + 1];
    struct gv_actor actor;
    (void)out;
    enum gv_err err = gv_json_members(request, members, "", fail);
    if (err == GV_OK) {
        err = read_text(request, "id", id, sizeof(id), fail);
    }
    if (err == GV_OK) {
        gv_control_actor(&actor, request);
        err = gv_engine_key_revoke(control->engine, &actor, id, fail);
    }
    return err;
}

static enum gv_err answer_audit(const struct gv_control *control, gv_json_ref request,
                                struct gv_json_out *out, struct gv_fail *fail)
{
    static const char *const members[] = {"cmd", NULL};
    struct gv_hash256 last;
    uint64_t entries = 0;
    enum gv_err err = gv_json_members(request, members, "", fail);
    if (err == GV_OK) {
        err = gv_engine_audit_verify(control->engine, &entries, &last, fail);
    }
    if (err == GV_OK) {
        gv_control_chain(out, entries, &last);
    }
    return err;
}

static const struct {
    const char *name;
    enum gv_err (*answer)(const struct gv_control *control, gv_json_ref request,
                          struct gv_json_out *out, struct gv_fail *fail);
} commands[] = {
    {"status", answer_status},
    {"apikey.create", answer_create},
    {"apikey.list", answer_list},
    {"apikey.revoke", answer_revoke},
    {"audit.verify", answer_audit},
    {"orders.list", gv_control_orders_list},
    {"orders.add", gv_control_orders_add},
    {"orders.verify", gv_control_orders_verify},
    {"doctor", gv_control_doctor},
    {"auction.list", gv_control_auction_list},
    {"auction.show", gv_control_auction_show},
    {"cert.show", gv_control_cert_show},
    {"cert.export", gv_control_cert_export},
    {"cert.renew", gv_control_cert_renew},
    {"cert.install", gv_control_cert_install},
    {"cert.remove", gv_control_cert_remove},
    {"log", gv_control_log},
    {"oracle", answer_oracle},
    {"config.show", gv_control_config_show},
    {"config.set", gv_control_config_set},
    {"backup.list", gv_control_backup_list},
    {"backup.create", gv_control_backup_create},
    {"backup.verify", gv_control_backup_verify},
    {"backup.restore", gv_control_backup_restore},
    {"backup.remove", gv_control_backup_remove},
    {"update.status", gv_control_update_status},
    {"update.apply", gv_control_update_apply},
    {"update.gate", gv_control_update_gate},
    {"claim", gv_control_claim},
    {"user.create", gv_control_user_create},
    {"user.list", gv_control_user_list},
    {"user.change", gv_control_user_change},
    {"user.delete", gv_control_user_delete},
    {"session.list", gv_control_session_list},
    {"session.end", gv_control_session_end},
};

static enum gv_err dispatch(const struct gv_control *control, gv_json_ref request,
                            struct gv_json_out *out, struct gv_fail *fail)
{
    struct gv_view name;
    if (!gv_json_string(gv_json_get(request, "cmd"), &name)) {
        return gv_fail(fail, GV_ERR_INVALID, "control.cmd", "cmd is missing");
    }
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        if (gv_view_is(name, commands[i].name)) {
            return commands[i].answer(control, request, out, fail);
        }
    }
    return gv_fail(fail, GV_ERR_NOT_FOUND, "control.cmd", "there is no such command");
}

size_t gv_control_answer(const struct gv_control *control, char *line, size_t len,
                         char reply[GV_CONTROL_REPLY_MAX])
{
    _Alignas(16) uint8_t memory[GV_CONTROL_LINE_MAX * 4u];
    struct gv_arena arena;
    struct gv_json json;
    struct gv_json_out out;
    struct gv_fail fail;
    memset(&fail, 0, sizeof(fail));
    gv_arena_init(&arena, memory, sizeof(memory));
    gv_json_out_init(&out, reply, GV_CONTROL_REPLY_MAX - 1u); /* room for the line end */
    gv_jo_object(&out);
    gv_jo_kbool(&out, "ok", true);
    enum gv_err err = gv_json_parse(&json, &arena, line, len, &fail);
    if (err == GV_OK) {
        err = dispatch(control, json.root, &out, &fail);
    }
    gv_jo_object_end(&out);
    if (err == GV_OK && out.full) {
        err = gv_fail(&fail, GV_ERR_TOO_LARGE, "control.reply", "the answer does not fit");
    }
    if (err != GV_OK) {
        gv_json_out_init(&out, reply, GV_CONTROL_REPLY_MAX - 1u);
        gv_jo_object(&out);
        gv_jo_kbool(&out, "ok", false);
        gv_jo_kstring(&out, "code", fail.code[0] != '\0' ? fail.code : gv_err_slug(err));
        gv_jo_kstring(&out, "error", fail.text[0] != '\0' ? fail.text : gv_err_text(err));
        gv_jo_object_end(&out);
    }
    reply[out.n] = '\n';
    return out.n + 1u;
}
