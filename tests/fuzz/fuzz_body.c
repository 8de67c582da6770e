/* Shows: no body of a listing upload, however hostile, does more than be refused with a named rule.
 * How: JSON and field checks as a POST runs them before anything outside is asked; strict and
 * tolerant reading must agree whenever strict accepts. */
#include "web/api/upload.h"

#include <stdlib.h>
#include <string.h>

static struct gv_submission submission;

static enum gv_err run(const uint8_t *data, size_t size, bool strict, struct gv_fail *fail)
{
    struct gv_upload upload;
    struct gv_arena arena;
    struct gv_json json;
    memset(&upload, 0, sizeof(upload));
    memset(&submission.terms, 0, sizeof(submission.terms));
    upload.submission = &submission;
    memcpy(submission.body, data, size);
    gv_arena_init(&arena, submission.json_arena, sizeof(submission.json_arena));
    enum gv_err err = gv_json_parse(&json, &arena, submission.body, size, fail);
    if (err == GV_OK) {
        err = gv_upload_fields(&upload, json.root, strict, fail);
    }
    return err;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct gv_fail fail;
    if (size > GV_BODY_MAX) {
        return 0;
    }
    memset(&fail, 0, sizeof(fail));
    const enum gv_err strict = run(data, size, true, &fail);
    if (strict != GV_OK && (fail.err != strict || fail.code[0] == '\0' || fail.text[0] == '\0')) {
        abort(); /* refused without saying why */
    }
    const enum gv_err tolerant = run(data, size, false, &fail);
    if (strict == GV_OK && tolerant != GV_OK) {
        abort();
    }
    return 0;
}
