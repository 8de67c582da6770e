#include "app/engine/engine_internal.h"
#include "firmware/base/assert.h"

#include <string.h>

static enum gv_err take_listing(void *ctx, const struct gv_dutch_listing *listing)
{
    struct gv_engine *engine = ctx;
    if (engine->record_count == GV_LISTINGS_MAX) {
        return GV_ERR_FULL;
    }
    engine->records[engine->record_count] =
        (struct gv_record){.listing = *listing, .changed = true};
    engine->record_count++;
    return GV_OK;
}

/* Heights come ascending; a gap would make the ring lie, so the part below it is forgotten. */
static enum gv_err take_block(void *ctx, uint32_t height, const struct gv_hash256 *hash)
{
    struct gv_chain *chain = ctx;
    bool follows = chain->count > 0 && height == chain->tip + 1;
    chain->count = follows ? chain->count + 1 : 1;
    if (chain->count > GV_CHAIN_RING) {
        chain->count = GV_CHAIN_RING;
    }
    chain->tip = height;
    chain->hashes[height % GV_CHAIN_RING] = *hash;
    return GV_OK;
}

static enum gv_err take_key(void *ctx, const struct gv_api_key *key)
{
    struct gv_keys *keys = ctx;
    if (keys->count == GV_API_KEYS_MAX) {
        return GV_ERR_FULL;
    }
    keys->items[keys->count] = *key;
    keys->count++;
    return GV_OK;
}

static enum gv_err take_user(void *ctx, const struct gv_user *user)
{
    struct gv_accounts *accounts = ctx;
    if (accounts->user_count == GV_USERS_MAX) {
        return GV_ERR_FULL;
    }
    accounts->users[accounts->user_count] = *user;
    accounts->user_count++;
    return GV_OK;
}

static enum gv_err take_session(void *ctx, const struct gv_session *session)
{
    struct gv_accounts *accounts = ctx;
    for (uint32_t i = 0; i < GV_SESSIONS_MAX; i++) {
        if (accounts->sessions.seats[i].id[0] == '\0') {
            accounts->sessions.seats[i] = *session;
            return GV_OK;
        }
    }
    return GV_ERR_FULL;
}

/* What is not known here belongs to a later release, or is nothing. */
static enum gv_err take_box(void *ctx, const char *name, const char *value)
{
    struct gv_box *box = ctx;
    if (strcmp(name, "setup.step") == 0) {
        memcpy(box->step, value, strlen(value) + 1);
    } else if (strcmp(name, "language") == 0) {
        memcpy(box->language, value, strlen(value) + 1);
    }
    return GV_OK;
}

static enum gv_err load_accounts(struct gv_engine *engine)
{
    struct gv_accounts *accounts = &engine->accounts;
    gv_secure_zero(accounts, sizeof(*accounts));
    memcpy(accounts->box.step, "claim", sizeof("claim"));
    memcpy(accounts->box.language, "en", sizeof("en"));
    enum gv_err err = gv_store_users_each(&engine->store, take_user, accounts);
    if (err == GV_OK) {
        err = gv_store_sessions_each(&engine->store, take_session, accounts);
    }
    return err != GV_OK ? err : gv_store_box_each(&engine->store, take_box, &accounts->box);
}

static enum gv_err load_all(struct gv_engine *engine, struct gv_fail *fail)
{
    enum gv_err err = gv_store_newest(&engine->store, &engine->newest_id, &engine->newest_at);
    if (err == GV_OK) {
        err = gv_store_chain_each(&engine->store, take_block, &engine->chain);
    }
    if (err == GV_OK) {
        err = gv_store_keys_each(&engine->store, take_key, &engine->keys);
    }
    if (err == GV_OK) {
        err = load_accounts(engine);
    }
    if (err == GV_OK) {
        err = gv_load_webhooks(engine);
    }
    if (err == GV_OK && engine->config.orders != NULL) {
        err = gv_load_orders(engine);
    }
    if (err == GV_OK) {
        err = gv_store_listings_each(&engine->store, take_listing, engine, fail);
    }
    return err;
}

enum gv_err gv_load(struct gv_engine *engine, struct gv_fail *fail)
{
    engine->record_count = 0;
    engine->chain.count = 0;
    engine->chain.tip = 0;
    engine->keys.count = 0;
    engine->retired_count = 0;
    struct gv_fail found = {.err = GV_OK};
    enum gv_err err = load_all(engine, &found);
    engine->stale = err != GV_OK;
    if (err == GV_ERR_FULL) {
        return gv_fail(fail, err, "store.full",
                       "the database holds more listings, keys or users than this board can "
                       "(%u, %u, %u)",
                       GV_LISTINGS_MAX, GV_API_KEYS_MAX, GV_USERS_MAX);
    }
    if (err != GV_OK) {
        return found.err != GV_OK ? gv_fail(fail, err, found.code, "%s", found.text)
                                  : gv_fail(fail, err, "store.read", "the database cannot be read");
    }
    engine->tip = gv_tip_of(engine);
    for (uint32_t i = 0; i < engine->record_count; i++) {
        /* What the last publication has left in the watch set (gv_publish). */
        engine->records[i].watched = !gv_settled(engine, &engine->records[i].listing);
    }
    engine->dirty = true;
    engine->chain_changed = true;
    engine->keys_changed = true;
    engine->accounts_changed = true;
    return GV_OK;
}
