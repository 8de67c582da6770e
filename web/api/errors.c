#include "web/api/errors.h"

#include "firmware/base/json.h"
#include "firmware/base/log.h"
#include "firmware/base/text.h"
#include "web/api/api.h"

#include <string.h>

#define ERROR_BODY_MAX 2048u

/* Is it this folder or anything below? */
static bool is_under(struct gv_view path, const char *folder)
{
    const size_t n = strlen(folder);
    return path.n >= n && memcmp(path.p, folder, n) == 0 && (path.n == n || path.p[n] == '/');
}

/* The original's clients read one member. */
static size_t write_legacy(char *body, const struct gv_fail *fail)
{
    struct gv_json_out out;
    gv_json_out_init(&out, body, ERROR_BODY_MAX);
    gv_jo_object(&out);
    gv_jo_kstring(&out, "error", fail->text);
    gv_jo_object_end(&out);
    return out.n;
}

/* "psbt.wrong_sighash" becomes "/problems/psbt-wrong-sighash". */
static void write_type(struct gv_json_out *out, const char *code)
{
    char type[GV_FAIL_CODE_MAX + 16];
    gv_format_cut(type, sizeof(type), "/problems/%s", code);
    for (char *p = type + strlen("/problems/"); *p != '\0'; p++) {
        if (*p == '.' || *p == '_') {
            *p = '-';
        }
    }
    gv_jo_kstring(out, "type", type);
}

void gv_api_write_problem(struct gv_json_out *out, const struct gv_exchange *x, int status,
                          const struct gv_fail *fail)
{
    const char *code = fail->code[0] != '\0' ? fail->code : gv_err_slug(fail->err);
    gv_jo_object(out);
    write_type(out, code);
    gv_jo_kstring(out, "title", gv_http_reason(status));
    gv_jo_kint(out, "status", status);
    gv_jo_kstring(out, "code", code);
    gv_jo_kstring(out, "detail", fail->text);
    gv_jo_key(out, "instance");
    gv_jo_text(out, x->request->path);
    gv_jo_key(out, "request_id");
    char id[GV_LOG_REQUEST_MAX];
    gv_log_request_text(id, x->request->number);
    gv_jo_string(out, id);
    if (fail->pointer[0] != '\0') {
        gv_jo_key(out, "errors");
        gv_jo_array(out);
        gv_jo_object(out);
        gv_jo_kstring(out, "pointer", fail->pointer);
        gv_jo_kstring(out, "code", code);
        gv_jo_object_end(out);
        gv_jo_array_end(out);
    }
    gv_jo_object_end(out);
}

static size_t write_problem(char *body, const struct gv_exchange *x, int status,
                            const struct gv_fail *fail)
{
    struct gv_json_out out;
    gv_json_out_init(&out, body, ERROR_BODY_MAX);
    gv_api_write_problem(&out, x, status, fail);
    return out.n;
}

/* Nothing of the request is repeated in the page. */
static size_t write_page(char *body, int status)
{
    gv_format_cut(body, ERROR_BODY_MAX,
                  "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">"
                  "<meta name=\"viewport\" content=\"width=device-width\"><title>%d %s</title>"
                  "<h1>%s</h1><p><a href=\"/\">Back to the listings</a></p></html>\n",
                  status, gv_http_reason(status), gv_http_reason(status));
    return strlen(body);
}

void gv_api_write_error(struct gv_exchange *x, int status, const struct gv_fail *fail)
{
    char body[ERROR_BODY_MAX];
    const struct gv_view path = x->request->path;
    gv_reply_status(x, status);
    gv_reply_header(x, "Cache-Control", "no-store");
    if (is_under(path, "/api/v1") || gv_view_is(path, "/metrics") || gv_view_is(path, "/health") ||
        gv_view_is(path, "/ready")) {
        const size_t n = write_problem(body, x, status, fail);
        gv_reply_body(x, gv_view_of(body, n), "application/problem+json");
    } else if (is_under(path, "/api")) {
        const size_t n = write_legacy(body, fail);
        gv_reply_body(x, gv_view_of(body, n), "application/json");
    } else {
        const size_t n = write_page(body, status);
        gv_reply_body(x, gv_view_of(body, n), "text/html; charset=utf-8");
    }
}

void gv_api_fail(struct gv_exchange *x, const struct gv_fail *fail)
{
    gv_reply_fail(x, gv_http_status_of(fail), fail);
}

void gv_api_refuse(struct gv_exchange *x, enum gv_err err, const char *code, const char *text)
{
    struct gv_fail fail;
    gv_fail(&fail, err, code, "%s", text);
    gv_api_fail(x, &fail);
}
