#include "web/api/conditional.h"

#include "firmware/base/crypto.h"
#include "firmware/base/text.h"
#include "web/api/errors.h"

#include <inttypes.h>
#include <string.h>

void gv_tag_of(char tag[GV_TAG_MAX], uint64_t version)
{
    gv_format_cut(tag, GV_TAG_MAX, "%016" PRIx64, version);
}

void gv_render_etag(struct gv_json_out *out, uint64_t version)
{
    char quoted[GV_TAG_MAX + 2u];
    gv_format_cut(quoted, sizeof(quoted), "\"%016" PRIx64 "\"", version);
    gv_jo_kstring(out, "etag", quoted);
}

/* ---- If-Match --------------------------------------------------------------------------------- */

/* The text between the quotes of the next tag, and the list behind it. Returns: false at the end, and
 * at what is no list of tags. Out: tag: n = 0 for a weak one, which never fits a change (13.1.1). */
static bool next_tag(struct gv_view *list, struct gv_view *tag)
{
    size_t at = 0;
    while (at < list->n && (list->p[at] == ' ' || list->p[at] == '\t' || list->p[at] == ',')) {
        at++;
    }
    const bool weak = list->n - at > 2 && memcmp(list->p + at, "W/", 2) == 0;
    at += weak ? 2 : 0;
    if (at >= list->n || list->p[at] != '"') {
        return false;
    }
    const uint8_t *const begin = list->p + at + 1;
    const uint8_t *const end = memchr(begin, '"', list->n - at - 1);
    if (end == NULL) {
        return false;
    }
    *tag = gv_view_of(begin, weak ? 0 : (size_t)(end - begin));
    *list = gv_view_of(end + 1, list->n - (size_t)(end + 1 - list->p));
    return true;
}

/* Returns: false when it is no tag of ours. */
static bool read_version(struct gv_view tag, uint64_t *version)
{
    uint8_t bytes[8];
    if (tag.n != GV_TAG_MAX - 1 ||
        gv_hex_decode(bytes, sizeof(bytes), (const char *)tag.p, tag.n) != GV_OK) {
        return false;
    }
    *version = 0;
    for (size_t i = 0; i < sizeof(bytes); i++) {
        *version = *version << 8 | bytes[i];
    }
    return true;
}

void gv_expect_read(struct gv_expect *expect, struct gv_view list)
{
    struct gv_view tag;
    expect->count = 0;
    while (expect->count < GV_EXPECT_MAX && next_tag(&list, &tag)) {
        expect->count += read_version(tag, &expect->versions[expect->count]) ? 1u : 0u;
    }
}

bool gv_api_expect(struct gv_exchange *x, bool needed, struct gv_expect *expect)
{
    struct gv_fail fail;
    const struct gv_view list = gv_web_header(x->request, "If-Match");
    *expect = (struct gv_expect){.count = 0};
    if (list.p == NULL && needed) {
        gv_fail(&fail, GV_ERR_INVALID, "http.if_match",
                "send the ETag of what you saw as If-Match");
        gv_api_fail(x, &fail);
        return false;
    }
    if (list.p == NULL || gv_view_is(list, "*")) {
        return true;
    }
    gv_expect_read(expect, list);
    if (expect->count == 0) {
        gv_api_refuse(x, GV_ERR_STATE, "http.changed", "it was changed meanwhile: read it again");
    }
    return expect->count > 0;
}

/* ---- ETag ------------------------------------------------------------------------------------- */

void gv_api_answer(struct gv_exchange *x, struct gv_view body, const char *content_type)
{
    const bool reads = strcmp(x->route->method, "GET") == 0;
    const bool shared = reads && strcmp(x->route->scope, GV_SCOPE_PUBLIC) == 0;
    gv_reply_header(x, "Cache-Control", shared ? "no-cache" : "no-store");
    if (reads) {
        struct gv_hash256 hash;
        char tag[GV_TAG_MAX];
        gv_sha256_of(&hash, body);
        gv_hex_encode(tag, gv_view_of(hash.b, (GV_TAG_MAX - 1u) / 2u));
        if (gv_reply_not_modified(x, tag)) {
            return;
        }
    }
    gv_reply_body(x, body, content_type);
}

void gv_api_json(struct gv_exchange *x, const struct gv_json_out *out)
{
    gv_api_answer(x, gv_view_of(out->p, out->n), "application/json");
}

void gv_api_live(struct gv_exchange *x, const struct gv_json_out *out)
{
    gv_reply_header(x, "Cache-Control", "no-store");
    gv_reply_body(x, gv_view_of(out->p, out->n), "application/json");
}
