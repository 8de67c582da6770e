/* Replay: the answer to a request that changed something, kept so that the same request gets it again.
 *
 * Written in the transaction of the change: after a power cut either both are there or neither.
 * Thread: engine. Source: the Idempotency-Key header, web/api/idempotency.h. */
#ifndef GV_APP_STORE_REPLAY_H
#define GV_APP_STORE_REPLAY_H

#include "app/store/store.h"

#define GV_REPLAY_KEPT_S       86400
#define GV_REPLAY_TEXT_MAX     6144u /* one listing as JSON without a PSBT, and its warnings */
#define GV_REPLAY_LOCATION_MAX 64u

struct gv_replay {
    struct gv_hash256 key;  /* who asked where with which Idempotency-Key */
    struct gv_hash256 body; /* of the request */
    struct gv_utc at;
    uint32_t status; /* HTTP */
    uint32_t text_len;
    char location[GV_REPLAY_LOCATION_MAX]; /* "": none */
    char text[GV_REPLAY_TEXT_MAX];         /* JSON */
};

/** Keep an answer, and forget those older than a day (and the oldest beyond GV_REPLAYS_MAX). */
GV_MUST_USE enum gv_err gv_store_replay_put(struct gv_store *store, const struct gv_replay *replay);
/** The kept answer of a key. In: now: it is forgotten a day after `at`. Returns also: GV_ERR_NOT_FOUND. */
GV_MUST_USE enum gv_err gv_store_replay_get(struct gv_store *store, const struct gv_hash256 *key,
                                            struct gv_utc now, struct gv_replay *replay);

#endif
