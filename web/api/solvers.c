/* Solvers of the order auction: /api/v1/orders/solvers, and deposits. */
#include "app/engine/solvers.h"

#include "firmware/base/text.h"
#include "web/api/caller.h"
#include "web/api/conditional.h"
#include "web/api/errors.h"
#include "web/api/handlers.h"
#include "web/api/object.h"
#include "web/api/orders_render.h"
#include "web/api/small_body.h"

#include <string.h>

/* What an order's state forbids is a conflict. */
static void refuse(struct gv_exchange *x, const struct gv_fail *fail)
{
    const bool conflict = fail->err == GV_ERR_STATE && strcmp(fail->code, "http.changed") != 0;
    if (conflict || fail->err == GV_ERR_FORBIDDEN) {
        gv_reply_fail(x, 409, fail);
    } else {
        gv_api_fail(x, fail);
    }
}

/* One after the other in pieces: 256 solvers are more than the worker's answer. */
void gv_handle_solvers(struct gv_exchange *x)
{
    struct gv_engine *engine = gv_api_of(x)->config.engine;
    struct gv_solver_status solvers[GV_SOLVERS_MAX];
    struct gv_orders_status status;
    struct gv_json_out out;
    gv_engine_orders_status(engine, &status);
    const uint32_t count = gv_engine_solvers(engine, solvers);
    gv_object_begin(x, &out);
    gv_jo_kint(&out, "now_s", status.now_s);
    gv_jo_key(&out, "items");
    gv_jo_array(&out);
    gv_reply_header(x, "Cache-Control", "no-store");
    gv_reply_begin_chunked(x, "application/json");
    for (uint32_t i = 0; i < count; i++) {
        gv_render_solver(&out, &solvers[i], status.now_s);
        if (out.n > GV_REPLY_BYTES_MAX / 2u) {
            if (gv_reply_chunk(x, gv_view_of(out.p, out.n)) != GV_OK) {
                return;
            }
            out.n = 0;
        }
    }
    gv_jo_array_end(&out);
    gv_jo_object_end(&out);
    if (gv_reply_chunk(x, gv_view_of(out.p, out.n)) == GV_OK) {
        (void)gv_reply_end(x);
    }
}

static enum gv_err read_new(struct gv_exchange *x, struct gv_solver_id *id, uint8_t pubkey[32],
                            size_t *pubkey_n, bool *secret, struct gv_fail *fail)
{
    static const char *const members[] = {"id", "pubkey", "secret", NULL};
    struct gv_json json;
    struct gv_view text;
    enum gv_err err = gv_small_body(x, members, &json, fail);
    if (err == GV_OK) {
        err = gv_member_text(json.root, "id", 1, GV_SOLVER_ID_MAX, &text, fail);
    }
    if (err == GV_OK) {
        err = gv_solver_id_parse(id, text, fail);
    }
    if (err != GV_OK) {
        return err;
    }
    const gv_json_ref key = gv_json_get(json.root, "pubkey");
    const gv_json_ref wanted = gv_json_get(json.root, "secret");
    *pubkey_n = 0;
    *secret = key == NULL;
    if (wanted != NULL && !gv_json_bool(wanted, secret)) {
        return gv_fail_at(fail, GV_ERR_INVALID, "/secret", "json.type", "secret is true or false");
    }
    if (key != NULL) {
        *pubkey_n = 32;
        if (!gv_json_string(key, &text) ||
            gv_hex_decode(pubkey, 32, (const char *)text.p, text.n) != GV_OK) {
            return gv_fail_at(fail, GV_ERR_INVALID, "/pubkey", "orders.pubkey",
                              "a public key of BIP340 is 64 hex digits");
        }
    }
    return GV_OK;
}

void gv_handle_solver_register(struct gv_exchange *x)
{
    struct gv_solver_id id;
    struct gv_actor actor;
    struct gv_json_out out;
    struct gv_fail fail = {.err = GV_OK};
    char secret[GV_SOLVER_SECRET_TEXT];
    uint8_t pubkey[32];
    size_t pubkey_n = 0;
    bool want_secret = false;
    enum gv_err err = read_new(x, &id, pubkey, &pubkey_n, &want_secret, &fail);
    if (err == GV_OK) {
        gv_caller_actor(x, &actor);
        err = gv_engine_solver_register(gv_api_of(x)->config.engine, &actor, &id,
                                        gv_view_of(pubkey, pubkey_n), want_secret, secret, &fail);
    }
    if (err != GV_OK) {
        refuse(x, &fail);
        return;
    }
    gv_object_begin(x, &out);
    gv_jo_kstring(&out, "id", id.text);
    gv_jo_key(&out, "secret");
    if (want_secret) {
        gv_jo_string(&out, secret);
    } else {
        gv_jo_null(&out);
    }
    gv_object_send(x, &out, 201);
    gv_secure_zero(out.p, out.n);
    gv_secure_zero(secret, sizeof(secret));
}

/* The name in the path. Returns: false: 404 was answered. */
static bool read_solver(struct gv_exchange *x, struct gv_solver_id *id)
{
    if (gv_solver_id_parse(id, x->params[0], NULL) == GV_OK) {
        return true;
    }
    gv_api_refuse(x, GV_ERR_NOT_FOUND, "orders.solver_unknown", "there is no such solver");
    return false;
}

void gv_handle_solver_suspend(struct gv_exchange *x)
{
    static const char *const members[] = {"suspended_until_s", NULL};
    struct gv_solver_id id;
    struct gv_actor actor;
    struct gv_json json;
    struct gv_fail fail = {.err = GV_OK};
    struct gv_expect expect;
    int64_t until_s = 0;
    if (!read_solver(x, &id) || !gv_api_expect(x, true, &expect)) {
        return;
    }
    enum gv_err err = gv_small_body(x, members, &json, &fail);
    if (err == GV_OK) {
        err = gv_member_int(json.root, "suspended_until_s", 0, INT64_C(253402300799), &until_s,
                            &fail);
    }
    if (err == GV_OK) {
        gv_caller_actor(x, &actor);
        err = gv_engine_solver_suspend(gv_api_of(x)->config.engine, &actor, &id, until_s, &expect,
                                       &fail);
    }
    if (err != GV_OK) {
        refuse(x, &fail);
        return;
    }
    gv_reply_status(x, 204);
    gv_reply_empty(x);
}

static enum gv_err read_deposit(struct gv_exchange *x, int64_t *amount,
                                char proof[GV_ORDER_PROOF_MAX], struct gv_fail *fail)
{
    static const char *const members[] = {"amount", "proof", NULL};
    const int64_t most = (int64_t)GV_ORDER_AMOUNT_MAX;
    struct gv_json json;
    struct gv_view text;
    enum gv_err err = gv_small_body(x, members, &json, fail);
    if (err == GV_OK) {
        err = gv_member_int(json.root, "amount", -most, most, amount, fail);
    }
    if (err == GV_OK) {
        err = gv_member_text(json.root, "proof", 1, GV_ORDER_PROOF_MAX - 1, &text, fail);
    }
    if (err == GV_OK) {
        memcpy(proof, text.p, text.n);
        proof[text.n] = '\0';
    }
    return err;
}

void gv_handle_solver_deposit(struct gv_exchange *x)
{
    struct gv_solver_id id;
    struct gv_actor actor;
    struct gv_fail fail = {.err = GV_OK};
    char proof[GV_ORDER_PROOF_MAX];
    int64_t amount = 0;
    if (!read_solver(x, &id)) {
        return;
    }
    enum gv_err err = read_deposit(x, &amount, proof, &fail);
    if (err == GV_OK) {
        gv_caller_actor(x, &actor);
        err = gv_engine_solver_deposit(gv_api_of(x)->config.engine, &actor, &id, amount, proof,
                                       &fail);
    }
    if (err != GV_OK) {
        refuse(x, &fail);
        return;
    }
    gv_reply_status(x, 204);
    gv_reply_empty(x);
}

void gv_handle_order_deposit(struct gv_exchange *x)
{
    struct gv_actor actor;
    struct gv_fail fail = {.err = GV_OK};
    char proof[GV_ORDER_PROOF_MAX];
    uint64_t id = 0;
    int64_t amount = 0;
    if (!gv_parse_u64(&id, x->params[0], INT64_MAX)) {
        gv_api_refuse(x, GV_ERR_NOT_FOUND, "orders.unknown", "there is no such order");
        return;
    }
    enum gv_err err = read_deposit(x, &amount, proof, &fail);
    if (err == GV_OK && amount < 1) {
        err = gv_fail_at(&fail, GV_ERR_INVALID, "/amount", "orders.amount",
                         "an amount is 1 to 2^53 - 1");
    }
    if (err == GV_OK) {
        gv_caller_actor(x, &actor);
        err = gv_engine_order_deposit(gv_api_of(x)->config.engine, &actor, id, (uint64_t)amount,
                                      proof, &fail);
    }
    if (err != GV_OK) {
        refuse(x, &fail);
        return;
    }
    gv_reply_status(x, 204);
    gv_reply_empty(x);
}
