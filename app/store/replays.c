#include "app/store/replay.h"

#include "app/store/query.h"

#include <string.h>

static enum gv_err prune(struct gv_store *store, struct gv_utc now)
{
    struct gv_query q = gv_query_start(store, GV_SQL_REPLAY_PRUNE, "replays");
    gv_query_put_int(&q, now.s - GV_REPLAY_KEPT_S);
    gv_query_put_int(&q, GV_REPLAYS_MAX - 1);
    return gv_query_run(&q);
}

enum gv_err gv_store_replay_put(struct gv_store *store, const struct gv_replay *replay)
{
    struct gv_query q = gv_query_start(store, GV_SQL_REPLAY_PUT, "replays");
    gv_query_put_blob(&q, gv_view_of(replay->key.b, sizeof(replay->key.b)));
    gv_query_put_blob(&q, gv_view_of(replay->body.b, sizeof(replay->body.b)));
    gv_query_put_int(&q, replay->at.s);
    gv_query_put_int(&q, replay->status);
    gv_query_put_text(&q, replay->location);
    gv_query_put_blob(&q, gv_view_of(replay->text, replay->text_len));
    const enum gv_err err = gv_query_run(&q);
    return err == GV_OK ? prune(store, replay->at) : err;
}

static bool get_replay(struct gv_query *q, struct gv_replay *replay)
{
    gv_query_get_hash(q, &replay->body);
    replay->at = (struct gv_utc){gv_query_get_int(q)};
    replay->status = (uint32_t)gv_query_get_uint(q, 599);
    gv_query_get_text(q, replay->location, sizeof(replay->location));
    const struct gv_view text = gv_query_get_blob(q);
    if (text.n > sizeof(replay->text)) {
        q->corrupt = true;
    }
    if (q->corrupt) {
        return false;
    }
    memcpy(replay->text, text.p, text.n);
    replay->text_len = (uint32_t)text.n;
    return true;
}

enum gv_err gv_store_replay_get(struct gv_store *store, const struct gv_hash256 *key,
                                struct gv_utc now, struct gv_replay *replay)
{
    bool found = false;
    struct gv_query q = gv_query_start(store, GV_SQL_REPLAY_GET, "replays");
    gv_query_put_blob(&q, gv_view_of(key->b, sizeof(key->b)));
    if (gv_query_next(&q)) {
        replay->key = *key;
        found = get_replay(&q, replay) && now.s - replay->at.s < GV_REPLAY_KEPT_S;
    }
    const enum gv_err err = gv_query_end(&q);
    return err == GV_OK && !found ? GV_ERR_NOT_FOUND : err;
}
