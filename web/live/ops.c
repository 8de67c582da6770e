#include "web/live/ops.h"

#include "firmware/base/text.h"
#include "web/live/envelope.h"

/* The largest integer that every JSON reader keeps exactly. */
#define SAFE_MAX ((INT64_C(1) << 53) - 1)

static bool kind_of(enum gv_op_kind *kind, gv_json_ref root)
{
    static const char *const names[] = {
        [GV_OP_SUB] = "sub",
        [GV_OP_UNSUB] = "unsub",
        [GV_OP_PING] = "ping",
        [GV_OP_AUTH] = "auth",
    };
    struct gv_view name;
    if (!gv_json_string(gv_json_get(root, "op"), &name)) {
        return false;
    }
    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (gv_view_is(name, names[i])) {
            *kind = (enum gv_op_kind)i;
            return true;
        }
    }
    return false;
}

/* A whole number that may be left out, or be null. */
static enum gv_err read_number(bool *has, uint64_t *out, gv_json_ref root, const char *key,
                               struct gv_fail *fail)
{
    const gv_json_ref v = gv_json_get(root, key);
    const enum gv_json_type type = gv_json_type(v);
    int64_t number = 0;
    *has = type != GV_JSON_ABSENT && type != GV_JSON_NULL;
    if (*has && (!gv_json_int(v, &number) || number < 0 || number > SAFE_MAX)) {
        return gv_fail(fail, GV_ERR_INVALID, "op.number", "%s must be a whole number", key);
    }
    *out = (uint64_t)number;
    return GV_OK;
}

static enum gv_err read_channel(struct gv_op *op, const struct gv_live_config *config,
                                gv_json_ref root, struct gv_fail *fail)
{
    struct gv_view name;
    if (!gv_json_string(gv_json_get(root, "ch"), &name) ||
        !gv_channel_parse(&op->channel, config, name)) {
        return gv_fail(fail, GV_ERR_INVALID, "op.channel", "there is no such channel");
    }
    return GV_OK;
}

enum gv_err gv_op_parse(struct gv_op *op, const struct gv_live_config *config, char *text, size_t n,
                        struct gv_arena *arena, struct gv_fail *fail)
{
    struct gv_json json;
    struct gv_fail syntax;
    *op = (struct gv_op){0};
    const enum gv_err read = gv_json_parse(&json, arena, text, n, &syntax);
    if (read == GV_ERR_TOO_LARGE) {
        return gv_fail(fail, GV_ERR_INVALID, "op.too_many_values",
                       "the message holds more values than any op needs");
    }
    if (read != GV_OK || gv_json_unique(json.root, "", &syntax) != GV_OK) {
        return gv_fail(fail, GV_ERR_INVALID, "op.syntax",
                       "this is not an object as RFC 8259 has it");
    }
    if (!kind_of(&op->kind, json.root)) {
        return gv_fail(fail, GV_ERR_INVALID, "op.unknown", "op is sub, unsub, ping or auth");
    }
    switch (op->kind) {
    case GV_OP_SUB:
    case GV_OP_UNSUB: {
        const enum gv_err err = read_channel(op, config, json.root, fail);
        return err != GV_OK ? err
                            : read_number(&op->has_since, &op->since, json.root, "since", fail);
    }
    case GV_OP_PING:
        return read_number(&op->has_t0, &op->t0, json.root, "t0", fail);
    case GV_OP_AUTH:
        break;
    }
    if (!gv_json_string(gv_json_get(json.root, "token"), &op->token)) {
        return gv_fail(fail, GV_ERR_INVALID, "op.token", "token must be a text");
    }
    return GV_OK;
}
