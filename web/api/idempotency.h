/* Idempotency-Key: a request that may be sent again and happens once.
 *
 *   begin ─┬─ kept answer, same body ──► it is sent again, Idempotency-Replayed: true
 *          ├─ kept answer, other body ─► 422        ├─ the first is under way ─► 409
 *          └─ go on ─► the command keeps its answer in its own transaction ─► end
 * A refusal is not kept: it changed nothing, and the next attempt is judged anew. An answer is kept for a
 * day. Keys belong to the caller, method and path they came with. What is under way is known for each
 * worker; after a restart nothing is.
 * Thread: the worker of the exchange. */
#ifndef GV_WEB_API_IDEMPOTENCY_H
#define GV_WEB_API_IDEMPOTENCY_H

#include "app/store/replay.h"
#include "web/server/server.h"

#include <pthread.h>

#define GV_IDEMPOTENCY_KEY_MIN 8u
#define GV_IDEMPOTENCY_KEY_MAX 64u

/** The keys under way, by worker. */
struct gv_idempotency_table {
    pthread_mutex_t lock;
    bool busy[GV_HTTP_WORKERS];
    struct gv_hash256 keys[GV_HTTP_WORKERS];
};

struct gv_idempotency {
    bool used; /* the request has a key, and it is under way */
    struct gv_hash256 key;
    struct gv_hash256 body;
};

void gv_idempotency_init(struct gv_idempotency_table *table);

/** In: required: a request without a key is refused; body: the whole one, before it is parsed.
 *  Returns: false: the request was answered; do not call end. */
GV_MUST_USE bool gv_idempotency_begin(struct gv_idempotency *idempotency, struct gv_exchange *x,
                                      bool required, struct gv_view body);
/** After the command, whatever became of it. */
void gv_idempotency_end(const struct gv_idempotency *idempotency, struct gv_exchange *x);

/** Answer 422 "idempotency.body": the key was used with another body. */
void gv_idempotency_refuse(struct gv_exchange *x);

/** Send an answer, kept or new. */
void gv_replay_send(struct gv_exchange *x, const struct gv_replay *replay);

#endif
