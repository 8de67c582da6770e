#include "web/api/small_body.h"

#include "firmware/base/crypto.h"
#include "firmware/base/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum gv_err gv_small_body(struct gv_exchange *x, const char *const *members, struct gv_json *json,
                          struct gv_fail *fail)
{
    struct gv_api_worker *worker = gv_api_worker_of(x);
    struct gv_arena arena;
    size_t n = 0;
    enum gv_err err = gv_body_expect_type(x, "application/json", fail);
    if (err == GV_OK) {
        err = gv_body_read(x, worker->body, GV_SMALL_BODY_MAX, &n, fail);
    }
    if (err != GV_OK) {
        return err;
    }
    gv_arena_init(&arena, worker->arena, sizeof(worker->arena));
    err = gv_json_parse(json, &arena, worker->body, n, fail);
    return err != GV_OK ? err : gv_json_members(json->root, members, "", fail);
}

void gv_small_body_wipe(struct gv_exchange *x)
{
    struct gv_api_worker *worker = gv_api_worker_of(x);
    gv_secure_zero(worker->body, sizeof(worker->body));
}

enum gv_err gv_member_text(gv_json_ref object, const char *key, size_t min, size_t max,
                           struct gv_view *out, struct gv_fail *fail)
{
    char pointer[48];
    gv_format_cut(pointer, sizeof(pointer), "/%s", key);
    if (gv_json_string(gv_json_get(object, key), out) && out->n >= min && out->n <= max) {
        return GV_OK;
    }
    return gv_fail_at(fail, GV_ERR_INVALID, pointer, "json.text",
                      "%s must be a text of %zu to %zu bytes", key, min, max);
}

enum gv_err gv_member_text_if_there(gv_json_ref object, const char *key, char *out, size_t cap,
                                    struct gv_fail *fail)
{
    char pointer[48];
    struct gv_view text;
    const gv_json_ref member = gv_json_get(object, key);
    if (member == NULL) {
        return GV_OK;
    }
    if (!gv_json_string(member, &text) || text.n >= cap) {
        gv_format_cut(pointer, sizeof(pointer), "/%s", key);
        return gv_fail_at(fail, GV_ERR_INVALID, pointer, "json.type",
                          "%s must be a text of at most %zu bytes", key, cap - 1);
    }
    memcpy(out, text.p, text.n);
    out[text.n] = '\0';
    return GV_OK;
}

enum gv_err gv_member_int(gv_json_ref object, const char *key, int64_t min, int64_t max,
                          int64_t *out, struct gv_fail *fail)
{
    char pointer[48];
    gv_format_cut(pointer, sizeof(pointer), "/%s", key);
    if (gv_json_int(gv_json_get(object, key), out) && *out >= min && *out <= max) {
        return GV_OK;
    }
    return gv_fail_at(fail, GV_ERR_INVALID, pointer, "json.range",
                      "%s must be an integer from %" PRId64 " to %" PRId64, key, min, max);
}

enum gv_err gv_member_outpoint(gv_json_ref object, const char *txid_key, const char *vout_key,
                               const char *pointer, struct gv_outpoint *out, struct gv_fail *fail)
{
    char at[64];
    struct gv_view txid;
    int64_t vout = 0;
    if (!gv_json_string(gv_json_get(object, txid_key), &txid) ||
        gv_hex_decode_reversed(out->txid.b, sizeof(out->txid.b), (const char *)txid.p, txid.n) !=
            GV_OK) {
        gv_format_cut(at, sizeof(at), "%s/%s", pointer, txid_key);
        return gv_fail_at(fail, GV_ERR_INVALID, at, "utxo.txid", "%s must be 64 hex digits",
                          txid_key);
    }
    if (!gv_json_int(gv_json_get(object, vout_key), &vout) || vout < 0 || vout > UINT32_MAX) {
        gv_format_cut(at, sizeof(at), "%s/%s", pointer, vout_key);
        return gv_fail_at(fail, GV_ERR_INVALID, at, "utxo.vout",
                          "%s must be an integer from 0 to 4294967295", vout_key);
    }
    out->vout = (uint32_t)vout;
    return GV_OK;
}

enum gv_err gv_member_address(const struct gv_api *api, gv_json_ref object, const char *key,
                              struct gv_spk *out, struct gv_fail *fail)
{
    struct gv_view text;
    char pointer[48];
    gv_format_cut(pointer, sizeof(pointer), "/%s", key);
    if (!gv_json_string(gv_json_get(object, key), &text)) {
        return gv_fail_at(fail, GV_ERR_INVALID, pointer, "json.type", "%s must be a text", key);
    }
    struct gv_fail why;
    if (gv_address_decode(out, api->config.config->network, text, &why) == GV_OK) {
        return GV_OK;
    }
    return gv_fail_at(fail, GV_ERR_INVALID, pointer, why.code, "%s: %s", key, why.text);
}
