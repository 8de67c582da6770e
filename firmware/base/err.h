/* Errors: one enum for the whole product, made from one list.
 *
 * A value is a result class, not a message: a person reads `struct gv_fail`, which a fallible
 * function that speaks to people fills as its last parameter. Numbers and slugs are stored and
 * published, so they are never reused or renumbered.
 * Thread: any (pure). */
#ifndef GV_FIRMWARE_BASE_ERR_H
#define GV_FIRMWARE_BASE_ERR_H

#include <stdbool.h>
#include <stddef.h>

#define GV_MUST_USE                     __attribute__((warn_unused_result))
#define GV_PRINTF(fmt_index, first_arg) __attribute__((format(printf, fmt_index, first_arg)))

/* clang-format off */
#define GV_ERR_LIST(X) \
    X(GV_OK,               0, "ok",           "done") \
    X(GV_ERR_FULL,         1, "full",         "no free slot, try again later") \
    X(GV_ERR_AGAIN,        2, "again",        "not ready, try again") \
    X(GV_ERR_STATE,        3, "state",        "not allowed in this state") \
    X(GV_ERR_INVALID,      4, "invalid",      "the input breaks a rule") \
    X(GV_ERR_NOT_FOUND,    5, "not_found",    "no such thing") \
    X(GV_ERR_CONFLICT,     6, "conflict",     "it exists already") \
    X(GV_ERR_UNAUTHORIZED, 7, "unauthorized", "a valid key is needed") \
    X(GV_ERR_FORBIDDEN,    8, "forbidden",    "this key may not do that") \
    X(GV_ERR_TOO_LARGE,    9, "too_large",    "over the size limit") \
    X(GV_ERR_TIMEOUT,     10, "timeout",      "no answer in time") \
    X(GV_ERR_UNAVAILABLE, 11, "unavailable",  "a part we depend on does not answer") \
    X(GV_ERR_IO,          12, "io",           "the operating system refused") \
    X(GV_ERR_STORAGE,     13, "storage",      "the database refused") \
    X(GV_ERR_CLOSED,      14, "closed",       "the other side has closed") \
    X(GV_ERR_UNSUPPORTED, 15, "unsupported",  "known, but not supported here") \
    X(GV_ERR_CRYPTO,      16, "crypto",       "a cryptographic check failed")
/* clang-format on */

enum gv_err {
#define GV_ERR_ENUM(name, number, slug, text) name = (number),
    GV_ERR_LIST(GV_ERR_ENUM)
#undef GV_ERR_ENUM
};

#define GV_FAIL_CODE_MAX 48
#define GV_FAIL_TEXT_MAX 240

/** What a person reads. `code` is stable and dotted ("psbt.wrong_sighash"), `text` is one plain
 *  sentence, `pointer` a JSON pointer to the offending member ("" when there is none). */
struct gv_fail {
    enum gv_err err;
    char code[GV_FAIL_CODE_MAX];
    char text[GV_FAIL_TEXT_MAX];
    char pointer[64];
};

/** Stable slug ("full") and plain sentence of an error. Returns: static strings, never NULL. */
const char *gv_err_slug(enum gv_err err);
const char *gv_err_text(enum gv_err err);

/** Fill `fail` (may be NULL) and return `err`, so that `return gv_fail(fail, ...)` reads well.
 *  `code` and the text are truncated to fit; `pointer` is cleared. */
enum gv_err gv_fail(struct gv_fail *fail, enum gv_err err, const char *code, const char *fmt, ...)
    GV_PRINTF(4, 5);

/** As gv_fail, with the JSON pointer of the offending member. */
enum gv_err gv_fail_at(struct gv_fail *fail, enum gv_err err, const char *pointer, const char *code,
                       const char *fmt, ...) GV_PRINTF(5, 6);

#endif
