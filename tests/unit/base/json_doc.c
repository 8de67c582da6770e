#include "tests/unit/base/json_doc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

_Alignas(16) uint8_t json_doc_arena[JSON_DOC_ARENA];

enum gv_err json_doc_parse_bytes(struct json_doc *d, const char *bytes, size_t n,
                                 size_t arena_bytes)
{
    memset(d, 0, sizeof(*d));
    gv_arena_init(&d->arena, json_doc_arena, arena_bytes);
    d->text = malloc(n + GV_JSON_PADDING);
    assert_non_null(d->text);
    memcpy(d->text, bytes, n);
    memset(d->text + n, '9', GV_JSON_PADDING); /* what lies behind must not be read as a digit */
    return gv_json_parse(&d->json, &d->arena, d->text, n, &d->fail);
}

enum gv_err json_doc_parse(struct json_doc *d, const char *text)
{
    return json_doc_parse_bytes(d, text, strlen(text), JSON_DOC_ARENA);
}

void json_doc_done(struct json_doc *d)
{
    free(d->text);
}
