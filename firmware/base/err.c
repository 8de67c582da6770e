#include "firmware/base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *gv_err_slug(enum gv_err err)
{
    switch (err) {
#define GV_ERR_CASE(name, number, slug, text)                                                      \
    case name:                                                                                     \
        return slug;
        GV_ERR_LIST(GV_ERR_CASE)
#undef GV_ERR_CASE
    }
    return "unknown";
}

const char *gv_err_text(enum gv_err err)
{
    switch (err) {
#define GV_ERR_CASE(name, number, slug, text)                                                      \
    case name:                                                                                     \
        return text;
        GV_ERR_LIST(GV_ERR_CASE)
#undef GV_ERR_CASE
    }
    return "unknown error";
}

static void copy_cut(char *out, size_t cap, const char *text)
{
    size_t n = strnlen(text, cap - 1);
    memcpy(out, text, n);
    out[n] = '\0';
}

static void fill(struct gv_fail *fail, enum gv_err err, const char *pointer, const char *code,
                 const char *fmt, va_list args) GV_PRINTF(5, 0);

static void fill(struct gv_fail *fail, enum gv_err err, const char *pointer, const char *code,
                 const char *fmt, va_list args)
{
    if (fail == NULL) {
        return;
    }
    fail->err = err;
    copy_cut(fail->code, sizeof(fail->code), code);
    copy_cut(fail->pointer, sizeof(fail->pointer), pointer);
    if (vsnprintf(fail->text, sizeof(fail->text), fmt, args) < 0) {
        copy_cut(fail->text, sizeof(fail->text), gv_err_text(err));
    }
}

enum gv_err gv_fail(struct gv_fail *fail, enum gv_err err, const char *code, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    fill(fail, err, "", code, fmt, args);
    va_end(args);
    return err;
}

enum gv_err gv_fail_at(struct gv_fail *fail, enum gv_err err, const char *pointer, const char *code,
                       const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    fill(fail, err, pointer, code, fmt, args);
    va_end(args);
    return err;
}
