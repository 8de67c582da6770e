/* Ops: what a client of gavel.v1 may say.
 *
 *   {"op":"sub","ch":"auction:42","since":1093}   {"op":"unsub","ch":"auction:42"}
 *   {"op":"ping","t0":1763674277120}              {"op":"auth","token":"..."}
 *
 * Other members are passed over, so that a newer client can talk to an older box. Internal to web/live.
 * Thread: any (pure). */
#ifndef GV_WEB_LIVE_OPS_H
#define GV_WEB_LIVE_OPS_H

#include "firmware/base/json.h"
#include "web/live/live.h"

/* yyjson keeps 16 bytes for a value and reserves one for 6 bytes of text. */
#define GV_OP_ARENA_BYTES (GV_LIVE_FRAME_IN_MAX / 6u * 16u + 4096u)

enum gv_op_kind {
    GV_OP_SUB,
    GV_OP_UNSUB,
    GV_OP_PING,
    GV_OP_AUTH
};

struct gv_op {
    enum gv_op_kind kind;
    uint64_t channel; /* SUB, UNSUB */
    bool has_since;   /* SUB */
    uint64_t since;
    bool has_t0; /* PING */
    uint64_t t0;
    struct gv_view token; /* AUTH; in `text` */
};

/** Read a message. In/Out: text: n bytes and GV_JSON_PADDING writable ones behind; changed. arena: empty,
 *  GV_OP_ARENA_BYTES.
 *  Returns: GV_OK; GV_ERR_INVALID "op.syntax", "op.too_many_values", "op.unknown", "op.channel", "op.number",
 *  "op.token". */
GV_MUST_USE enum gv_err gv_op_parse(struct gv_op *op, const struct gv_live_config *config,
                                    char *text, size_t n, struct gv_arena *arena,
                                    struct gv_fail *fail);

#endif
