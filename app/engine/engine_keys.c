#include "app/engine/engine_internal.h"
#include "firmware/base/assert.h"
#include "firmware/base/log.h"
#include "firmware/base/text.h"

#define KNOWN_SCOPES (GV_SCOPES_GRANTABLE | GV_KEY_LEGACY_UNLOCKED)
/* What the original's one key could do, and no more: whoever reads the environment is no admin. */
#define ENVIRONMENT_SCOPES                                                                         \
    (GV_SCOPE_AUCTIONS_READ | GV_SCOPE_AUCTIONS_WRITE | GV_KEY_LEGACY_UNLOCKED)
#define SECRET_LEN 32u

/* ---- making keys -------------------------------------------------------------------------------------- */

/* 32 signs: no bias from a random byte, none that look alike, none that end a double click. */
static const char id_signs[] = "abcdefghjkmnpqrstuvwxyz023456789";
_Static_assert(sizeof(id_signs) == 33, "one sign for each value of five bits");

void gv_make_id(struct gv_engine *engine, char id[GV_KEY_ID_LEN + 1])
{
    uint8_t random[GV_KEY_ID_LEN];
    gv_entropy_fill(engine->config.entropy, random, sizeof(random));
    for (uint32_t i = 0; i < GV_KEY_ID_LEN; i++) {
        id[i] = id_signs[random[i] % 32u];
    }
    id[GV_KEY_ID_LEN] = '\0';
}

/* "gvl_" id "_" and 256 random bits in base64url without padding. */
static void make_text(struct gv_engine *engine, const char *id, char text[GV_KEY_TEXT_MAX])
{
    uint8_t random[SECRET_LEN];
    char secret[GV_BASE64_LEN(SECRET_LEN) + 1];
    gv_entropy_fill(engine->config.entropy, random, sizeof(random));
    (void)gv_base64url_encode(secret, gv_view_of(random, sizeof(random)));
    bool fits = gv_format(text, GV_KEY_TEXT_MAX, "gvl_%s_%s", id, secret);
    GV_ASSERT(fits);
    gv_secure_zero(random, sizeof(random));
    gv_secure_zero(secret, sizeof(secret));
}

static struct gv_api_key *find_key(struct gv_keys *keys, const char *id)
{
    for (uint32_t i = 0; i < keys->count; i++) {
        if (gv_view_is(gv_view_str(id), keys->items[i].id)) {
            return &keys->items[i];
        }
    }
    return NULL;
}

static bool usable(const struct gv_api_key *key, struct gv_utc now)
{
    return key->revoked_at.s == 0 && (key->expires_at.s == 0 || now.s < key->expires_at.s);
}

/* A full table forgets its oldest key that opens nothing any more; the audit keeps its story. */
static enum gv_err make_key_room(struct gv_engine *engine, struct gv_fail *fail)
{
    struct gv_keys *keys = &engine->keys;
    if (keys->count < GV_API_KEYS_MAX) {
        return GV_OK;
    }
    for (uint32_t i = 0; i < keys->count; i++) {
        if (!usable(&keys->items[i], engine->now)) {
            if (gv_batch_begin(engine) != GV_OK ||
                gv_store_key_delete(&engine->store, keys->items[i].id) != GV_OK) {
                return GV_ERR_STORAGE;
            }
            keys->count--;
            memmove(&keys->items[i], &keys->items[i + 1],
                    (size_t)(keys->count - i) * sizeof(keys->items[0]));
            return GV_OK;
        }
    }
    return gv_fail(fail, GV_ERR_FULL, "key.full", "there are %u valid keys, no more are possible",
                   GV_API_KEYS_MAX);
}

static enum gv_err store_key(struct gv_engine *engine, const struct gv_api_key *key,
                             const struct gv_actor *actor)
{
    char subject[32];
    gv_format_cut(subject, sizeof(subject), "key:%s", key->id);
    if (gv_batch_begin(engine) != GV_OK || gv_store_key_insert(&engine->store, key) != GV_OK) {
        return GV_ERR_STORAGE;
    }
    return gv_audit_by(engine, "key.created", subject, actor, "scopes=%x expires_at=%lld name=%s",
                       (unsigned)key->scopes, (long long)key->expires_at.s, key->name);
}

enum gv_err gv_do_key_create(struct gv_engine *engine, struct gv_command *command)
{
    struct gv_utc expires_at = command->key_create.expires_at;
    if (expires_at.s != 0 && expires_at.s <= engine->now.s) {
        return gv_fail(&command->fail, GV_ERR_INVALID, "key.expires_at",
                       "the key would be expired already");
    }
    enum gv_err err = make_key_room(engine, &command->fail);
    if (err != GV_OK) {
        return err;
    }
    struct gv_api_key key = {
        .scopes = command->key_create.scopes,
        .created_at = engine->now,
        .expires_at = expires_at,
    };
    memcpy(key.name, command->key_create.name, sizeof(key.name));
    do {
        gv_make_id(engine, key.id);
    } while (find_key(&engine->keys, key.id) != NULL);
    make_text(engine, key.id, command->key_create.text);
    gv_sha256_of(&key.hash, gv_view_str(command->key_create.text));
    if (store_key(engine, &key, &command->key_create.actor) != GV_OK) {
        return GV_ERR_STORAGE;
    }
    engine->keys.items[engine->keys.count] = key;
    engine->keys.count++;
    engine->keys_changed = true;
    return GV_OK;
}

enum gv_err gv_do_key_revoke(struct gv_engine *engine, struct gv_command *command)
{
    struct gv_api_key *key = find_key(&engine->keys, command->key_revoke.id);
    if (key == NULL) {
        return gv_fail(&command->fail, GV_ERR_NOT_FOUND, "key.unknown", "there is no such key");
    }
    if (key->revoked_at.s != 0) {
        return GV_OK;
    }
    char subject[32];
    gv_format_cut(subject, sizeof(subject), "key:%s", key->id);
    if (gv_batch_begin(engine) != GV_OK ||
        gv_store_key_revoke(&engine->store, key->id, engine->now) != GV_OK ||
        gv_audit_by(engine, "key.revoked", subject, &command->key_revoke.actor, "%s", "") !=
            GV_OK) {
        return GV_ERR_STORAGE;
    }
    key->revoked_at = engine->now;
    engine->keys_changed = true;
    return GV_OK;
}

/* ---- callers ------------------------------------------------------------------------------------------ */

static enum gv_err check_request(const char *name, uint32_t scopes, struct gv_fail *fail)
{
    size_t n = gv_view_str(name).n;
    if (n == 0 || n >= GV_KEY_NAME_MAX) {
        return gv_fail_at(fail, GV_ERR_INVALID, "/name", "key.name",
                          "a key's name has 1 to %u characters", GV_KEY_NAME_MAX - 1);
    }
    for (size_t i = 0; i < n; i++) {
        if (name[i] < ' ' || name[i] > '~') {
            return gv_fail_at(fail, GV_ERR_INVALID, "/name", "key.name",
                              "a key's name has printable ASCII characters only");
        }
    }
    if (scopes == 0 || (scopes & ~(uint32_t)KNOWN_SCOPES) != 0) {
        return gv_fail_at(fail, GV_ERR_INVALID, "/scopes", "key.scopes",
                          "a key needs known scopes, at least one");
    }
    return GV_OK;
}

/* Answer of a posted key command. Releases it unless it timed out. */
static enum gv_err call_key(struct gv_engine *engine, struct gv_command *command,
                            char text[GV_KEY_TEXT_MAX], struct gv_fail *fail)
{
    enum gv_err err = gv_command_ask(engine, command, GV_ENGINE_WAIT_MS, fail);
    if (err != GV_OK) {
        return err;
    }
    if (text != NULL) {
        memcpy(text, command->key_create.text, GV_KEY_TEXT_MAX);
    }
    gv_command_release(engine, command);
    return GV_OK;
}

enum gv_err gv_engine_key_create(struct gv_engine *engine, const struct gv_actor *actor,
                                 const char *name, uint32_t scopes, struct gv_utc expires_at,
                                 char text[GV_KEY_TEXT_MAX], struct gv_fail *fail)
{
    enum gv_err err = check_request(name, scopes, fail);
    if (err != GV_OK) {
        return err;
    }
    struct gv_command *command =
        gv_command_acquire(engine, GV_COMMAND_KEY_CREATE, GV_COMMANDS_MARGIN);
    if (command == NULL) {
        return gv_command_busy(fail);
    }
    bool fits = gv_text_copy(command->key_create.name, sizeof(command->key_create.name), name);
    GV_ASSERT(fits);
    command->key_create.scopes = scopes;
    command->key_create.expires_at = expires_at;
    command->key_create.actor = *actor;
    return call_key(engine, command, text, fail);
}

enum gv_err gv_engine_key_revoke(struct gv_engine *engine, const struct gv_actor *actor,
                                 const char *id, struct gv_fail *fail)
{
    struct gv_command *command =
        gv_command_acquire(engine, GV_COMMAND_KEY_REVOKE, GV_COMMANDS_MARGIN);
    if (command == NULL) {
        return gv_command_busy(fail);
    }
    command->key_revoke.actor = *actor;
    if (!gv_text_copy(command->key_revoke.id, sizeof(command->key_revoke.id), id)) {
        gv_command_release(engine, command);
        return gv_fail(fail, GV_ERR_NOT_FOUND, "key.unknown", "a key id has %u characters",
                       GV_KEY_ID_LEN);
    }
    return call_key(engine, command, NULL, fail);
}

uint32_t gv_engine_key_list(struct gv_engine *engine, struct gv_api_key *keys, uint32_t keys_max)
{
    pthread_mutex_lock(&engine->view.lock);
    uint32_t n = engine->view.keys.count < keys_max ? engine->view.keys.count : keys_max;
    memcpy(keys, engine->view.keys.items, n * sizeof(keys[0]));
    pthread_mutex_unlock(&engine->view.lock);
    return n;
}

enum gv_err gv_engine_key_check(struct gv_engine *engine, struct gv_view presented,
                                uint32_t *scopes, char id[GV_KEY_ID_LEN + 1])
{
    struct gv_utc now = gv_clock_utc(engine->config.clock);
    struct gv_hash256 hash;
    uint32_t found = 0;
    gv_sha256_of(&hash, presented);
    pthread_mutex_lock(&engine->view.lock);
    struct gv_view_state *view = &engine->view;
    for (uint32_t i = 0; i < view->keys.count; i++) {
        struct gv_api_key *key = &view->keys.items[i];
        bool same = gv_constant_time_equal(hash.b, key->hash.b, sizeof(hash.b));
        if (same && usable(key, now)) {
            found = key->scopes;
            key->last_used_at = now;
            memcpy(id, key->id, sizeof(key->id));
        }
    }
    bool environment = gv_constant_time_equal(hash.b, view->environment_key.b, sizeof(hash.b)) &&
                       view->has_environment_key;
    pthread_mutex_unlock(&engine->view.lock);
    if (environment) {
        found |= (uint32_t)ENVIRONMENT_SCOPES;
        memcpy(id, "API_KEY", sizeof("API_KEY"));
    }
    if (found == 0) {
        return GV_ERR_UNAUTHORIZED;
    }
    *scopes = found;
    return GV_OK;
}

uint32_t gv_engine_key_known(struct gv_engine *engine, struct gv_view id)
{
    const struct gv_utc now = gv_clock_utc(engine->config.clock);
    uint32_t found = 0;
    pthread_mutex_lock(&engine->view.lock);
    for (uint32_t i = 0; i < engine->view.keys.count; i++) {
        const struct gv_api_key *key = &engine->view.keys.items[i];
        if (gv_view_is(id, key->id) && usable(key, now)) {
            found = key->scopes;
        }
    }
    pthread_mutex_unlock(&engine->view.lock);
    return found;
}

enum gv_err gv_engine_key_environment(struct gv_engine *engine, const char *text,
                                      struct gv_fail *fail)
{
    if (text[0] == '\0' || gv_view_is(gv_view_str(text), "change-me-in-production")) {
        return gv_fail(fail, GV_ERR_INVALID, "key.environment",
                       "API_KEY is empty or the public default: choose a secret one");
    }
    pthread_mutex_lock(&engine->view.lock);
    gv_sha256_of(&engine->view.environment_key, gv_view_str(text));
    engine->view.has_environment_key = true;
    pthread_mutex_unlock(&engine->view.lock);
    return GV_OK;
}
