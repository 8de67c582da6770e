/* Inside of the engine: receivers and outbox. Private to app/engine (engine_internal.h includes it).
 *
 *   engine_webhooks.c       what commands do             thread: the one that serves
 *   engine_outbox.c         events, take, done           thread: the one that serves
 *   engine_webhook_calls.c  what callers ask             thread: any
 */
#ifndef GV_APP_ENGINE_WEBHOOKS_INTERNAL_H
#define GV_APP_ENGINE_WEBHOOKS_INTERNAL_H

#include "app/engine/webhooks.h"

#include <stdatomic.h>

/** A receiver, and the head of its queue as storage holds it. */
struct gv_hook {
    struct gv_webhook webhook;
    uint32_t pending;
    struct gv_delivery head; /* meaningless when nothing is pending */
    uint64_t in_flight;      /* delivery that an outbox thread has; 0: none */
};

struct gv_hooks {
    uint32_t count;
    struct gv_hook items[GV_WEBHOOKS_MAX];
    uint64_t newest_id;
};

struct gv_hooks_view {
    uint32_t count;
    struct gv_webhook_status statuses[GV_WEBHOOKS_MAX];
};

/** When a lane has something to do; INT64_MAX: not before something happens. */
struct gv_lanes {
    _Atomic(int64_t) due_s[GV_LANES];
};

enum gv_webhook_op {
    GV_WEBHOOK_OP_CREATE,
    GV_WEBHOOK_OP_CHANGE,
    GV_WEBHOOK_OP_DELETE,
    GV_WEBHOOK_OP_PING,
    GV_WEBHOOK_OP_REDELIVER,
    GV_WEBHOOK_OP_LIST,
    GV_WEBHOOK_OP_TAKE,
    GV_WEBHOOK_OP_DONE,
};

struct gv_webhook_command {
    enum gv_webhook_op op;
    uint64_t id;             /* of the receiver or delivery */
    uint64_t result;         /* id of what was made */
    struct gv_actor actor;   /* of create, change and delete */
    struct gv_expect expect; /* of change and delete */
    union {
        struct gv_webhook_change change;
        char secret[GV_WEBHOOK_SECRET_TEXT]; /* of a new one */
        struct {
            uint64_t before;
            uint32_t rows_max;
            uint32_t count;
        } list;
        struct {
            enum gv_lane lane;
            struct gv_outgoing *outgoing; /* lent: the outbox thread waits for ever */
        } take;
        struct {
            uint32_t status;
            char error[GV_WEBHOOK_WHY_MAX];
        } done;
    };
};

#endif
