/* Soft facts: who was last seen, which key was last used, and failed logins. Whoever sees them notes
 * them in the view; here they are written down with a batch, rarely enough for an SD card. */
#include "app/engine/engine_internal.h"
#include "firmware/base/log.h"
#include "firmware/base/text.h"

#include <string.h>

#define SEEN_EVERY_S     60
#define FAILURES_EVERY_S 5

static bool same_way(const struct gv_failure_note *note, const char *kind,
                     const struct gv_actor *actor)
{
    return note->kind != NULL && strcmp(note->kind, kind) == 0 &&
           strcmp(note->actor.address, actor->address) == 0 &&
           strcmp(note->actor.route, actor->route) == 0 && strcmp(note->actor.who, actor->who) == 0;
}

void gv_engine_note_failure(struct gv_engine *engine, const char *kind,
                            const struct gv_actor *actor)
{
    gv_log(GV_LOG_UNUSUAL, "account", "%s address=%s route=%s", kind, actor->address, actor->route);
    pthread_mutex_lock(&engine->view.lock);
    struct gv_accounts_view *view = &engine->view.people;
    struct gv_failure_note *note = &view->failures[GV_FAILURE_NOTES - 1];
    for (uint32_t i = 0; i < GV_FAILURE_NOTES; i++) {
        struct gv_failure_note *at = &view->failures[i];
        if (at->kind == NULL || same_way(at, kind, actor)) {
            note = at;
            break;
        }
    }
    if (note->kind == NULL) {
        note->kind = kind;
        note->actor = *actor;
    }
    note->count++;
    view->failures_pending++;
    pthread_mutex_unlock(&engine->view.lock);
}

static enum gv_err write_failures(struct gv_engine *engine)
{
    struct gv_failure_note notes[GV_FAILURE_NOTES];
    struct gv_accounts_view *view = &engine->view.people;
    pthread_mutex_lock(&engine->view.lock);
    memcpy(notes, view->failures, sizeof(notes));
    memset(view->failures, 0, sizeof(view->failures));
    view->failures_pending = 0;
    pthread_mutex_unlock(&engine->view.lock);
    for (uint32_t i = 0; i < GV_FAILURE_NOTES && notes[i].kind != NULL; i++) {
        if (gv_audit_by(engine, notes[i].kind, "box", &notes[i].actor, "count=%u",
                        (unsigned)notes[i].count) != GV_OK) {
            return GV_ERR_STORAGE; /* the log has them */
        }
    }
    return GV_OK;
}

/* Take over what the view has seen. Returns: whether anything is newer. */
static bool collect_seen(struct gv_engine *engine, bool sessions[GV_SESSIONS_MAX],
                         bool keys[GV_API_KEYS_MAX])
{
    bool any = false;
    pthread_mutex_lock(&engine->view.lock);
    for (uint32_t i = 0; i < GV_SESSIONS_MAX; i++) {
        const struct gv_session *seen = &engine->view.people.accounts.sessions.seats[i];
        struct gv_session *own = &engine->accounts.sessions.seats[i];
        sessions[i] = own->id[0] != '\0' && strcmp(own->id, seen->id) == 0 &&
                      seen->last_seen_at.s > own->last_seen_at.s;
        own->last_seen_at = sessions[i] ? seen->last_seen_at : own->last_seen_at;
        any = any || sessions[i];
    }
    for (uint32_t i = 0; i < engine->keys.count; i++) {
        struct gv_api_key *own = &engine->keys.items[i];
        const struct gv_utc used = gv_key_last_used(&engine->view.keys, own);
        keys[i] = used.s > own->last_used_at.s;
        own->last_used_at = keys[i] ? used : own->last_used_at;
        any = any || keys[i];
    }
    pthread_mutex_unlock(&engine->view.lock);
    return any;
}

enum gv_err gv_write_seen(struct gv_engine *engine)
{
    bool sessions[GV_SESSIONS_MAX] = {false};
    bool keys[GV_API_KEYS_MAX] = {false};
    if (gv_drop_ended_sessions(engine) != GV_OK) {
        return GV_ERR_STORAGE;
    }
    if (!collect_seen(engine, sessions, keys)) {
        return GV_OK;
    }
    enum gv_err err = gv_batch_begin(engine);
    for (uint32_t i = 0; i < GV_SESSIONS_MAX && err == GV_OK; i++) {
        if (sessions[i]) {
            err = gv_store_session_put(&engine->store, &engine->accounts.sessions.seats[i]);
        }
    }
    for (uint32_t i = 0; i < engine->keys.count && err == GV_OK; i++) {
        if (keys[i]) {
            const struct gv_api_key *key = &engine->keys.items[i];
            err = gv_store_key_used(&engine->store, key->id, key->last_used_at);
        }
    }
    return err == GV_OK ? GV_OK : GV_ERR_STORAGE;
}

static bool is_due(struct gv_utc last, struct gv_utc now, int64_t every_s)
{
    return now.s < last.s || now.s - last.s >= every_s;
}

enum gv_err gv_write_soft(struct gv_engine *engine)
{
    enum gv_err err = GV_OK;
    pthread_mutex_lock(&engine->view.lock);
    const bool failures = engine->view.people.failures_pending > 0;
    pthread_mutex_unlock(&engine->view.lock);
    if (failures && is_due(engine->failures_at, engine->now, FAILURES_EVERY_S)) {
        engine->failures_at = engine->now;
        err = write_failures(engine);
    }
    if (err == GV_OK && is_due(engine->seen_at, engine->now, SEEN_EVERY_S)) {
        engine->seen_at = engine->now;
        err = gv_write_seen(engine);
    }
    return err;
}

/* ---- into the view -------------------------------------------------------------------------------- */

struct gv_utc gv_key_last_used(const struct gv_keys *keys, const struct gv_api_key *key)
{
    for (uint32_t i = 0; i < keys->count; i++) {
        if (strcmp(keys->items[i].id, key->id) == 0) {
            return keys->items[i].last_used_at;
        }
    }
    return (struct gv_utc){0};
}

void gv_view_keys(struct gv_engine *engine)
{
    struct gv_keys next = engine->keys;
    for (uint32_t i = 0; i < next.count; i++) {
        const struct gv_utc used = gv_key_last_used(&engine->view.keys, &next.items[i]);
        if (used.s > next.items[i].last_used_at.s) {
            next.items[i].last_used_at = used;
        }
    }
    engine->view.keys = next;
}

void gv_view_accounts(struct gv_engine *engine)
{
    struct gv_sessions *seen = &engine->view.people.accounts.sessions;
    struct gv_utc last_seen[GV_SESSIONS_MAX];
    for (uint32_t i = 0; i < GV_SESSIONS_MAX; i++) {
        const struct gv_session *own = &engine->accounts.sessions.seats[i];
        const bool newer = strcmp(own->id, seen->seats[i].id) == 0 &&
                           seen->seats[i].last_seen_at.s > own->last_seen_at.s;
        last_seen[i] = newer ? seen->seats[i].last_seen_at : own->last_seen_at;
    }
    engine->view.people.accounts = engine->accounts;
    atomic_store_explicit(&engine->view.people.claimed, engine->accounts.user_count > 0,
                          memory_order_release);
    for (uint32_t i = 0; i < GV_SESSIONS_MAX; i++) {
        seen->seats[i].last_seen_at = last_seen[i];
    }
}
