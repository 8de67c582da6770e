/* The reading half of json.h: the only source file that sees yyjson. */
#include "firmware/base/json.h"

#include "firmware/base/assert.h"
#include "firmware/base/text.h"

#include <inttypes.h>
#include <string.h>
#include <yyjson.h>

_Static_assert(GV_JSON_PADDING >= YYJSON_PADDING_SIZE, "yyjson may write this far behind the text");

/* ---- yyjson's memory ---------------------------------------------------------------------- */

/* yyjson keeps one growing block, so it can grow where it is: at the end of the arena. */

static void *arena_malloc(void *ctx, size_t bytes)
{
    return gv_arena_take(ctx, bytes);
}

static void *arena_realloc(void *ctx, void *p, size_t old_bytes, size_t bytes)
{
    struct gv_arena *arena = ctx;
    GV_ASSERT((uint8_t *)p + old_bytes == arena->p + arena->used);
    size_t start = arena->used - old_bytes;
    if (bytes > arena->cap - start) {
        return NULL;
    }
    arena->used = start + bytes;
    return p;
}

static void arena_free(void *ctx, void *p)
{
    struct gv_arena *arena = ctx;
    arena->used = (size_t)((uint8_t *)p - arena->p);
}

/* Give back what yyjson reserved for values that did not come: they lie end to end behind the
 * document's own struct. */
static void shrink_arena(struct gv_arena *arena, yyjson_doc *doc)
{
    const uint8_t *end =
        (const uint8_t *)(yyjson_doc_get_root(doc) + yyjson_doc_get_val_count(doc));
    size_t used = (size_t)(end - arena->p);
    GV_ASSERT(used <= arena->used);
    arena->used = used;
}

/* ---- parsing ------------------------------------------------------------------------------ */

/* Containers inside containers, counted over yyjson's flat array of values with a stack of the
 * ends of the containers we are in. */
static bool depth_ok(yyjson_doc *doc)
{
    const yyjson_val *ends[GV_JSON_DEPTH_MAX];
    size_t depth = 0;
    yyjson_val *v = yyjson_doc_get_root(doc);
    const yyjson_val *last = v + yyjson_doc_get_val_count(doc);
    for (; v < last; v++) {
        while (depth > 0 && v >= ends[depth - 1]) {
            depth--;
        }
        if (unsafe_yyjson_is_ctn(v)) {
            if (depth == GV_JSON_DEPTH_MAX) {
                return false;
            }
            ends[depth++] = unsafe_yyjson_get_next(v);
        }
    }
    return true;
}

enum gv_err gv_json_parse(struct gv_json *json, struct gv_arena *arena, char *text, size_t text_len,
                          struct gv_fail *fail)
{
    *json = (struct gv_json){.doc = NULL, .root = NULL};
    memset(text + text_len, 0, GV_JSON_PADDING);
    yyjson_alc alc = {
        .malloc = arena_malloc,
        .realloc = arena_realloc,
        .free = arena_free,
        .ctx = arena,
    };
    yyjson_read_err err;
    yyjson_doc *doc = yyjson_read_opts(text, text_len,
                                       YYJSON_READ_INSITU | YYJSON_READ_NUMBER_AS_RAW, &alc, &err);
    if (doc == NULL && err.code == YYJSON_READ_ERROR_MEMORY_ALLOCATION) {
        return gv_fail(fail, GV_ERR_TOO_LARGE, "json.too_many_values",
                       "The JSON text holds more values than fit.");
    }
    if (doc == NULL) {
        return gv_fail(fail, GV_ERR_INVALID, "json.syntax", "JSON syntax error at byte %zu: %s.",
                       err.pos, err.msg);
    }
    shrink_arena(arena, doc);
    if (!depth_ok(doc)) {
        return gv_fail(fail, GV_ERR_INVALID, "json.depth",
                       "The JSON text nests deeper than %u levels.", GV_JSON_DEPTH_MAX);
    }
    json->doc = doc;
    json->root = yyjson_doc_get_root(doc);
    return GV_OK;
}

/* ---- values ------------------------------------------------------------------------------- */

enum gv_json_type gv_json_type(gv_json_ref v)
{
    switch (yyjson_get_type(v)) {
    case YYJSON_TYPE_NULL:
        return GV_JSON_NULL;
    case YYJSON_TYPE_BOOL:
        return GV_JSON_BOOL;
    case YYJSON_TYPE_RAW:
        return GV_JSON_NUMBER;
    case YYJSON_TYPE_STR:
        return GV_JSON_STRING;
    case YYJSON_TYPE_ARR:
        return GV_JSON_ARRAY;
    case YYJSON_TYPE_OBJ:
        return GV_JSON_OBJECT;
    default: /* NONE: no value; NUM: not made while numbers are kept raw */
        return GV_JSON_ABSENT;
    }
}

gv_json_ref gv_json_get(gv_json_ref v, const char *key)
{
    return yyjson_obj_get(v, key);
}

bool gv_json_string(gv_json_ref v, struct gv_view *text)
{
    const char *p = yyjson_get_str(v);
    size_t n = yyjson_get_len(v);
    if (p == NULL || memchr(p, '\0', n) != NULL) {
        return false;
    }
    *text = gv_view_of(p, n);
    return true;
}

bool gv_json_number_text(gv_json_ref v, struct gv_view *text)
{
    if (!yyjson_is_raw(v)) {
        return false;
    }
    *text = gv_view_of(yyjson_get_raw(v), yyjson_get_len(v));
    return true;
}

bool gv_json_bool(gv_json_ref v, bool *out)
{
    if (!yyjson_is_bool(v)) {
        return false;
    }
    *out = yyjson_get_bool(v);
    return true;
}

size_t gv_json_len(gv_json_ref v)
{
    return yyjson_is_ctn(v) ? yyjson_get_len(v) : 0;
}

gv_json_ref gv_json_first(struct gv_json_iter *it, gv_json_ref array)
{
    it->left = yyjson_arr_size(array);
    it->cur = yyjson_arr_get_first(array);
    return it->cur;
}

gv_json_ref gv_json_next(struct gv_json_iter *it)
{
    if (it->left <= 1) {
        it->left = 0;
        it->cur = NULL;
    } else {
        it->left--;
        it->cur = unsafe_yyjson_get_next(it->cur);
    }
    return it->cur;
}

/* ---- members ------------------------------------------------------------------------------ */

static struct gv_view key_text(yyjson_val *key)
{
    return gv_view_of(yyjson_get_str(key), yyjson_get_len(key));
}

/* The member's place (RFC 6901: "~" and "/" are escaped), cut where the key is. */
static void point_at(char *out, size_t cap, const char *object, const char *key)
{
    gv_format_cut(out, cap, "%s/", object);
    for (; *key != '\0'; key++) {
        const size_t n = strlen(out);
        const char plain[2] = {*key, '\0'};
        gv_format_cut(out + n, cap - n, "%s", *key == '~' ? "~0" : *key == '/' ? "~1" : plain);
    }
}

/* A key as a person may see it: cut, and free of anything that is not printable. */
static enum gv_err fail_key(struct gv_fail *fail, const char *pointer, const char *code,
                            const char *what, struct gv_view key)
{
    char shown[33];
    size_t n = key.n < sizeof(shown) - 1 ? key.n : sizeof(shown) - 1;
    for (size_t i = 0; i < n; i++) {
        shown[i] = (char)(key.p[i] >= ' ' && key.p[i] <= '~' ? key.p[i] : '?');
    }
    shown[n] = '\0';
    char at[sizeof(fail->pointer)];
    point_at(at, sizeof(at), pointer, shown);
    return gv_fail_at(fail, GV_ERR_INVALID, at, code, "The object %s the member \"%s\"%s.", what,
                      shown, n < key.n ? " (cut)" : "");
}

static bool listed(struct gv_view key, const char *const *names)
{
    for (size_t i = 0; names[i] != NULL; i++) {
        if (gv_view_is(key, names[i])) {
            return true;
        }
    }
    return false;
}

/* names NULL: any key is allowed. */
static enum gv_err check_members(gv_json_ref object, const char *const *names, const char *pointer,
                                 struct gv_fail *fail)
{
    if (!yyjson_is_obj(object)) {
        return gv_fail_at(fail, GV_ERR_INVALID, pointer, "json.not_object",
                          "A JSON object is expected here.");
    }
    if (yyjson_obj_size(object) > GV_JSON_MEMBERS_MAX) {
        return gv_fail_at(fail, GV_ERR_INVALID, pointer, "json.too_many_members",
                          "The object has more than %u members.", GV_JSON_MEMBERS_MAX);
    }
    struct gv_view seen[GV_JSON_MEMBERS_MAX];
    size_t seen_count = 0;
    yyjson_obj_iter it = yyjson_obj_iter_with(object);
    for (yyjson_val *k = yyjson_obj_iter_next(&it); k != NULL; k = yyjson_obj_iter_next(&it)) {
        struct gv_view key = key_text(k);
        if (names != NULL && !listed(key, names)) {
            return fail_key(fail, pointer, "json.unknown_member", "may not have", key);
        }
        for (size_t i = 0; i < seen_count; i++) {
            if (gv_view_equal(seen[i], key)) {
                return fail_key(fail, pointer, "json.duplicate_member", "repeats", key);
            }
        }
        seen[seen_count++] = key;
    }
    return GV_OK;
}

enum gv_err gv_json_members(gv_json_ref object, const char *const *names, const char *pointer,
                            struct gv_fail *fail)
{
    GV_ASSERT(names != NULL);
    return check_members(object, names, pointer, fail);
}

enum gv_err gv_json_unique(gv_json_ref object, const char *pointer, struct gv_fail *fail)
{
    return check_members(object, NULL, pointer, fail);
}
