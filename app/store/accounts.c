#include "app/store/accounts.h"

#include "app/store/query.h"
#include "firmware/base/assert.h"
#include "firmware/base/text.h"

#define SEALED_LEN (GV_TOTP_SECRET_LEN + GV_SEAL_OVERHEAD)

/* ---- users ---------------------------------------------------------------------------------------- */

static bool has_secret(const struct gv_user *user)
{
    static const uint8_t none[GV_TOTP_SECRET_LEN];
    return !gv_constant_time_equal(user->totp_secret, none, sizeof(none));
}

/* Bound to its user: rows cannot be swapped. Returns: bytes, 0 without a second factor. */
static size_t seal_secret(uint8_t sealed[SEALED_LEN], const struct gv_store *store,
                          const struct gv_user *user)
{
    uint8_t nonce[GV_SEAL_NONCE_LEN];
    if (!has_secret(user)) {
        return 0;
    }
    gv_entropy_fill(store->entropy, nonce, sizeof(nonce));
    gv_seal(sealed, store->seal_key, nonce, gv_view_of(user->id, GV_USER_ID_LEN),
            gv_view_of(user->totp_secret, GV_TOTP_SECRET_LEN));
    return SEALED_LEN;
}

enum gv_err gv_store_user_put(struct gv_store *store, const struct gv_user *user)
{
    uint8_t sealed[SEALED_LEN];
    const size_t sealed_n = seal_secret(sealed, store, user);
    struct gv_query q = gv_query_start(store, GV_SQL_USER_PUT, "users");
    gv_query_put_text(&q, user->id);
    gv_query_put_text(&q, user->name);
    gv_query_put_int(&q, (int64_t)user->role);
    gv_query_put_int(&q, user->disabled);
    gv_query_put_text(&q, user->password);
    gv_query_put_int(&q, user->totp_on);
    gv_query_put_int(&q, (int64_t)user->totp_step);
    gv_query_put_blob(&q, gv_view_of(sealed, sealed_n));
    gv_query_put_int(&q, user->created_at.s);
    gv_query_put_int(&q, user->last_login_at.s);
    return gv_query_run(&q);
}

enum gv_err gv_store_user_delete(struct gv_store *store, const char *id)
{
    struct gv_query q = gv_query_start(store, GV_SQL_USER_DELETE, "users");
    gv_query_put_text(&q, id);
    return gv_query_run(&q);
}

static void get_secret(struct gv_query *q, const struct gv_store *store, struct gv_user *user)
{
    const struct gv_view sealed = gv_query_get_blob(q);
    if (sealed.n == 0) {
        q->corrupt = q->corrupt || user->totp_on;
        return;
    }
    if (sealed.n != SEALED_LEN ||
        gv_unseal(user->totp_secret, store->seal_key, gv_view_of(user->id, GV_USER_ID_LEN),
                  sealed) != GV_OK) {
        q->corrupt = true;
    }
}

static bool get_user(struct gv_query *q, const struct gv_store *store, struct gv_user *user)
{
    struct gv_phc phc;
    *user = (struct gv_user){.role = GV_ROLE_VIEWER};
    gv_query_get_text(q, user->id, sizeof(user->id));
    gv_query_get_text(q, user->name, sizeof(user->name));
    const uint64_t role = gv_query_get_uint(q, UINT8_MAX);
    user->disabled = gv_query_get_bool(q);
    gv_query_get_text(q, user->password, sizeof(user->password));
    user->totp_on = gv_query_get_bool(q);
    user->totp_step = gv_query_get_uint(q, INT64_MAX);
    get_secret(q, store, user);
    user->created_at = (struct gv_utc){gv_query_get_int(q)};
    user->last_login_at = (struct gv_utc){gv_query_get_int(q)};
    q->corrupt = q->corrupt || !gv_role_known(role) || gv_view_str(user->id).n != GV_USER_ID_LEN ||
                 gv_user_name_check(gv_view_str(user->name), NULL) != GV_OK ||
                 gv_phc_parse(&phc, gv_view_str(user->password)) != GV_OK;
    gv_secure_zero(&phc, sizeof(phc));
    if (!q->corrupt) {
        user->role = (enum gv_role)role;
    }
    return !q->corrupt;
}

enum gv_err gv_store_users_each(struct gv_store *store,
                                enum gv_err (*visit)(void *ctx, const struct gv_user *user),
                                void *ctx)
{
    struct gv_user user;
    enum gv_err visited = GV_OK;
    struct gv_query q = gv_query_start(store, GV_SQL_USER_EACH, "users");
    while (visited == GV_OK && gv_query_next(&q)) {
        if (get_user(&q, store, &user)) {
            visited = visit(ctx, &user);
        }
    }
    gv_secure_zero(&user, sizeof(user));
    enum gv_err err = gv_query_end(&q);
    return err != GV_OK ? err : visited;
}

/* ---- sessions ------------------------------------------------------------------------------------- */

enum gv_err gv_store_session_put(struct gv_store *store, const struct gv_session *session)
{
    struct gv_query q = gv_query_start(store, GV_SQL_SESSION_PUT, "sessions");
    gv_query_put_text(&q, session->id);
    gv_query_put_blob(&q, gv_view_of(session->hash.b, sizeof(session->hash.b)));
    gv_query_put_text(&q, session->user_id);
    gv_query_put_text(&q, session->address);
    gv_query_put_text(&q, session->agent);
    gv_query_put_int(&q, session->created_at.s);
    gv_query_put_int(&q, session->last_seen_at.s);
    return gv_query_run(&q);
}

enum gv_err gv_store_session_delete(struct gv_store *store, const char *id)
{
    struct gv_query q = gv_query_start(store, GV_SQL_SESSION_DELETE, "sessions");
    gv_query_put_text(&q, id);
    return gv_query_run(&q);
}

static bool get_session(struct gv_query *q, struct gv_session *session)
{
    *session = (struct gv_session){.id = ""};
    gv_query_get_text(q, session->id, sizeof(session->id));
    gv_query_get_hash(q, &session->hash);
    gv_query_get_text(q, session->user_id, sizeof(session->user_id));
    gv_query_get_text(q, session->address, sizeof(session->address));
    gv_query_get_text(q, session->agent, sizeof(session->agent));
    session->created_at = (struct gv_utc){gv_query_get_int(q)};
    session->last_seen_at = (struct gv_utc){gv_query_get_int(q)};
    q->corrupt = q->corrupt || session->id[0] == '\0';
    return !q->corrupt;
}

enum gv_err
gv_store_sessions_each(struct gv_store *store,
                       enum gv_err (*visit)(void *ctx, const struct gv_session *session), void *ctx)
{
    struct gv_session session;
    enum gv_err visited = GV_OK;
    struct gv_query q = gv_query_start(store, GV_SQL_SESSION_EACH, "sessions");
    while (visited == GV_OK && gv_query_next(&q)) {
        if (get_session(&q, &session)) {
            visited = visit(ctx, &session);
        }
    }
    enum gv_err err = gv_query_end(&q);
    return err != GV_OK ? err : visited;
}

/* ---- the box -------------------------------------------------------------------------------------- */

enum gv_err gv_store_box_put(struct gv_store *store, const char *name, const char *value)
{
    struct gv_query q = gv_query_start(store, GV_SQL_BOX_PUT, "box");
    GV_ASSERT(gv_view_str(name).n < GV_BOX_NAME_MAX);
    GV_ASSERT(gv_view_str(value).n < GV_BOX_VALUE_MAX);
    gv_query_put_text(&q, name);
    gv_query_put_text(&q, value);
    return gv_query_run(&q);
}

enum gv_err gv_store_box_each(struct gv_store *store,
                              enum gv_err (*visit)(void *ctx, const char *name, const char *value),
                              void *ctx)
{
    char name[GV_BOX_NAME_MAX];
    char value[GV_BOX_VALUE_MAX];
    enum gv_err visited = GV_OK;
    struct gv_query q = gv_query_start(store, GV_SQL_BOX_EACH, "box");
    while (visited == GV_OK && gv_query_next(&q)) {
        gv_query_get_text(&q, name, sizeof(name));
        gv_query_get_text(&q, value, sizeof(value));
        if (!q.corrupt) {
            visited = visit(ctx, name, value);
        }
    }
    enum gv_err err = gv_query_end(&q);
    return err != GV_OK ? err : visited;
}
