/* A JSON body from outside: parsing stays inside the text and the arena; every accessor can be asked
 * anything; a number we accept as an integer prints as it was written and agrees with its amount; a
 * string we accept comes back through our writer. */
#include "firmware/base/json.h"

#include <stdlib.h>
#include <string.h>

enum {
    ARENA = 65536
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static _Alignas(16) uint8_t body_arena[ARENA];
static _Alignas(16) uint8_t echo_arena[ARENA];
static char echo[ARENA];

static void check(bool claim)
{
    if (!claim) {
        abort();
    }
}

static void check_number(gv_json_ref v)
{
    struct gv_view written;
    int64_t whole = 0;
    int64_t sats = 0;
    check(gv_json_number_text(v, &written));
    bool is_int = gv_json_int(v, &whole);
    bool is_amount = gv_json_sats(v, &sats);
    if (is_int) {
        struct gv_json_out out;
        gv_json_out_init(&out, echo, sizeof(echo));
        gv_jo_int(&out, whole);
        check(gv_view_equal(gv_view_of(echo, out.n), written));
        bool in_range = whole <= INT64_MAX / 100000000 && whole >= INT64_MIN / 100000000;
        check(is_amount == in_range);
        check(!is_amount || sats == whole * 100000000);
    }
}

static void check_string(struct gv_view text)
{
    struct gv_json_out out;
    gv_json_out_init(&out, echo, sizeof(echo) - GV_JSON_PADDING);
    gv_jo_text(&out, text);
    if (out.full) {
        return;
    }
    struct gv_json json;
    struct gv_arena arena;
    struct gv_view again;
    gv_arena_init(&arena, echo_arena, sizeof(echo_arena));
    enum gv_err err = gv_json_parse(&json, &arena, echo, out.n, NULL);
    check(err == GV_OK || err == GV_ERR_TOO_LARGE);
    if (err == GV_OK) {
        check(gv_json_string(json.root, &again));
        check(gv_view_equal(again, text));
    }
}

/* Every value the API would look at: elements of arrays, and members by name. */
static void check_value(gv_json_ref v)
{
    static const char *const names[] = {"a", "asset", "psbts", "price", "", NULL};
    struct gv_view text;
    bool b = false;
    switch (gv_json_type(v)) {
    case GV_JSON_NUMBER:
        check_number(v);
        break;
    case GV_JSON_STRING:
        if (gv_json_string(v, &text)) {
            check_string(text);
        }
        break;
    case GV_JSON_BOOL:
        check(gv_json_bool(v, &b));
        break;
    case GV_JSON_OBJECT: {
        struct gv_fail fail;
        bool unique = gv_json_unique(v, "", &fail) == GV_OK;
        bool known = gv_json_members(v, names, "", &fail) == GV_OK;
        check(!known || unique);
        break;
    }
    case GV_JSON_ABSENT:
    case GV_JSON_NULL:
    case GV_JSON_ARRAY:
        break;
    }
}

static void walk(gv_json_ref root)
{
    gv_json_ref stack[4 * GV_JSON_DEPTH_MAX];
    size_t depth = 0;
    stack[depth++] = root;
    while (depth > 0) {
        gv_json_ref v = stack[--depth];
        check_value(v);
        size_t room = sizeof(stack) / sizeof(stack[0]) - depth;
        struct gv_json_iter it;
        for (gv_json_ref e = gv_json_first(&it, v); e != NULL; e = gv_json_next(&it)) {
            if (gv_json_len(e) > 0 && room > 2) {
                stack[depth++] = e;
                room--;
            } else {
                check_value(e);
            }
        }
        gv_json_ref a = gv_json_get(v, "a");
        if (a != NULL && room > 0) {
            stack[depth++] = a;
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1) {
        return 0;
    }
    /* The first byte chooses the arena, so that small ones are tried as well. */
    size_t arena_bytes = (size_t)data[0] * (ARENA / 256);
    size_t n = size - 1;
    char *text = malloc(n + GV_JSON_PADDING);
    if (text == NULL) {
        abort();
    }
    memcpy(text, data + 1, n);
    struct gv_json json;
    struct gv_arena arena;
    struct gv_fail fail;
    gv_arena_init(&arena, body_arena, arena_bytes);
    enum gv_err err = gv_json_parse(&json, &arena, text, n, &fail);
    check(arena.used <= arena.cap);
    if (err == GV_OK) {
        walk(json.root);
    } else {
        check(err == GV_ERR_INVALID || err == GV_ERR_TOO_LARGE);
        check(strncmp(fail.code, "json.", 5) == 0);
    }
    free(text);
    return 0;
}
