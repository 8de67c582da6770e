/* A JSON document for tests, parsed from a copy of the text that ends right behind its padding. */
#ifndef GV_TESTS_UNIT_BASE_JSON_DOC_H
#define GV_TESTS_UNIT_BASE_JSON_DOC_H

#include "firmware/base/json.h"

enum {
    JSON_DOC_ARENA = 65536
};

/* All documents use this one arena: one at a time. */
extern uint8_t json_doc_arena[JSON_DOC_ARENA];

struct json_doc {
    struct gv_json json;
    struct gv_arena arena;
    struct gv_fail fail;
    char *text; /* on the heap until json_doc_done */
};

/** Parse n bytes with the first arena_bytes of the arena. */
GV_MUST_USE enum gv_err json_doc_parse_bytes(struct json_doc *d, const char *bytes, size_t n,
                                             size_t arena_bytes);
GV_MUST_USE enum gv_err json_doc_parse(struct json_doc *d, const char *text);
void json_doc_done(struct json_doc *d);

#endif
