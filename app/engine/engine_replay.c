/* Replays: kept answers, written with the change they tell of and read before it is asked for again. */
#include "app/engine/engine_internal.h"
#include "firmware/base/assert.h"

enum gv_err gv_replay_keep(struct gv_engine *engine, const struct gv_submission *submission,
                           const struct gv_dutch_listing *listing)
{
    struct gv_replay *replay = &engine->replay;
    if (submission->answer == NULL) {
        return GV_OK;
    }
    replay->key = submission->replay_key;
    replay->body = submission->replay_body;
    replay->at = engine->now;
    submission->answer(submission, listing, replay);
    GV_ASSERT(replay->text_len <= sizeof(replay->text));
    return gv_store_replay_put(&engine->store, replay);
}

enum gv_err gv_do_replay(struct gv_engine *engine, struct gv_command *command)
{
    return gv_store_replay_get(&engine->store, &command->replay_key, engine->now,
                               &engine->replay_page);
}

/* The reader's lock is held. */
static enum gv_err find(struct gv_engine *engine, struct gv_command *command,
                        struct gv_replay *replay, struct gv_fail *fail)
{
    const enum gv_err err = gv_command_ask(engine, command, GV_ENGINE_WAIT_MS, fail);
    if (err == GV_OK) {
        *replay = engine->replay_page;
        gv_command_release(engine, command);
    } else if (err == GV_ERR_STORAGE) {
        (void)gv_fail(fail, err, "store.read", "the database cannot be read");
    }
    return err;
}

enum gv_err gv_engine_replay(struct gv_engine *engine, const struct gv_hash256 *key,
                             struct gv_replay *replay, struct gv_fail *fail)
{
    struct gv_command *command = gv_command_acquire(engine, GV_COMMAND_REPLAY, GV_COMMANDS_MARGIN);
    if (command == NULL) {
        return gv_command_busy(fail);
    }
    command->replay_key = *key;
    pthread_mutex_lock(&engine->replay_reader);
    const enum gv_err err = find(engine, command, replay, fail);
    pthread_mutex_unlock(&engine->replay_reader);
    return err;
}
