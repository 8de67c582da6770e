/* The owner's certificate: PUT and DELETE /api/v1/system/certificate, and the answers to challenges of whoever signs
 * one, GET /.well-known/acme-challenge/{token}. */
#include "firmware/base/text.h"
#include "web/api/api_state.h"
#include "web/api/caller.h"
#include "web/api/conditional.h"
#include "web/api/errors.h"
#include "web/api/handlers.h"
#include "web/api/small_body.h"
#include "web/api/system.h"

/* RFC 8555, 8.3: at least 128 bits in base64url; those of today have 43 characters. */
#define TOKEN_MAX     128u
#define CHALLENGE_MAX 512u /* token, a dot, and a SHA-256 in base64url */

static enum gv_err install(struct gv_exchange *x, struct gv_own_cert *own, struct gv_fail *fail)
{
    static const char *const members[] = {"pem", NULL};
    struct gv_json json;
    struct gv_view pem;
    enum gv_err err = gv_small_body(x, members, &json, fail);
    if (err == GV_OK) {
        err = gv_member_text(json.root, "pem", 1, GV_OWN_CERT_PEM_MAX, &pem, fail);
    }
    if (err == GV_OK) {
        err = gv_api_of(x)->config.own_cert->install(own, pem, fail);
    }
    return err == GV_OK
               ? gv_caller_note(x, "certificate.installed", "certificate", own->sha256, fail)
               : err;
}

void gv_handle_own_cert_install(struct gv_exchange *x)
{
    struct gv_own_cert own;
    struct gv_json_out out;
    struct gv_fail fail = {.err = GV_OK};
    const enum gv_err err = install(x, &own, &fail);
    gv_small_body_wipe(x); /* it held the key */
    if (err != GV_OK) {
        gv_api_fail(x, &fail);
        return;
    }
    gv_json_out_init(&out, gv_api_worker_of(x)->reply, GV_REPLY_BYTES_MAX);
    gv_system_write_own_cert(&out, &own);
    gv_api_json(x, &out);
}

void gv_handle_own_cert_remove(struct gv_exchange *x)
{
    struct gv_fail fail = {.err = GV_OK};
    enum gv_err err = gv_api_of(x)->config.own_cert->remove(&fail);
    if (err == GV_OK) {
        err = gv_caller_note(x, "certificate.removed", "certificate", "", &fail);
    }
    if (err != GV_OK) {
        gv_api_fail(x, &fail);
        return;
    }
    gv_reply_status(x, 204);
    gv_reply_empty(x);
}

/* base64url and nothing else: a token names a file, and must not lead out of its folder. */
static bool is_token(struct gv_view text)
{
    for (size_t i = 0; i < text.n; i++) {
        const uint8_t c = text.p[i];
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!letter && (c < '0' || c > '9') && c != '-' && c != '_') {
            return false;
        }
    }
    return text.n > 0 && text.n <= TOKEN_MAX;
}

void gv_handle_acme_challenge(struct gv_exchange *x)
{
    const struct gv_api *api = gv_api_of(x);
    char token[TOKEN_MAX + 1];
    char *text = gv_api_worker_of(x)->reply;
    struct gv_fail fail;
    size_t n = 0;
    gv_format_cut(token, sizeof(token), "%.*s", (int)x->params[0].n, (const char *)x->params[0].p);
    if (!is_token(x->params[0]) ||
        api->config.read_challenge(api->config.boot_ctx, token, text, CHALLENGE_MAX, &n) != GV_OK) {
        gv_fail(&fail, GV_ERR_NOT_FOUND, "http.not_found", "there is no such challenge");
        gv_reply_fail(x, 404, &fail);
        return;
    }
    gv_reply_body(x, gv_view_of(text, n), "application/octet-stream");
}
