/* Accounts: what callers ask. Changes go through the queue, reads come from the view. */
#include "app/engine/engine_internal.h"
#include "firmware/base/assert.h"
#include "firmware/base/text.h"

#include <string.h>

/* ---- changes -------------------------------------------------------------------------------------- */

static struct gv_command *begin(struct gv_engine *engine, enum gv_account_op op,
                                const struct gv_actor *actor, struct gv_fail *fail)
{
    struct gv_command *command = gv_command_acquire(engine, GV_COMMAND_ACCOUNT, GV_COMMANDS_MARGIN);
    if (command == NULL) {
        (void)gv_command_busy(fail);
        return NULL;
    }
    command->account.op = op;
    command->account.actor = *actor;
    return command;
}

static void copy_view(char *out, size_t cap, struct gv_view v)
{
    GV_ASSERT(v.n < cap);
    memcpy(out, v.p, v.n);
    out[v.n] = '\0';
}

/* One of a list's words into out. */
static bool pick(char out[GV_BOX_VALUE_MAX], struct gv_view wanted, const char *const *words,
                 size_t words_n)
{
    for (size_t i = 0; i < words_n && words[i] != NULL; i++) {
        if (gv_view_is(wanted, words[i])) {
            gv_format_cut(out, GV_BOX_VALUE_MAX, "%s", words[i]);
            return true;
        }
    }
    return false;
}

enum gv_err gv_engine_claim(struct gv_engine *engine, const struct gv_actor *actor,
                            struct gv_view name, const char *phc, struct gv_view language,
                            struct gv_fail *fail)
{
    char known[GV_BOX_VALUE_MAX];
    enum gv_err err = gv_user_name_check(name, fail);
    if (err != GV_OK) {
        return err;
    }
    if (!pick(known, language, gv_languages, SIZE_MAX)) {
        return gv_fail_at(fail, GV_ERR_INVALID, "/language", "setup.language",
                          "this language is not known");
    }
    struct gv_command *command = begin(engine, GV_ACCOUNT_CLAIM, actor, fail);
    if (command == NULL) {
        return GV_ERR_FULL;
    }
    copy_view(command->account.create.name, sizeof(command->account.create.name), name);
    copy_view(command->account.create.password, GV_PHC_MAX, gv_view_str(phc));
    memcpy(command->account.create.language, known, sizeof(known));
    return gv_command_tell(engine, command, fail);
}

enum gv_err gv_engine_setup_step(struct gv_engine *engine, const struct gv_actor *actor,
                                 struct gv_view step, struct gv_fail *fail)
{
    char known[GV_BOX_VALUE_MAX];
    /* The first step is over once there is anybody to ask. */
    if (!pick(known, step, gv_setup_steps + 1, GV_SETUP_STEPS - 1)) {
        return gv_fail_at(fail, GV_ERR_INVALID, "/step", "setup.step", "this step is not known");
    }
    struct gv_command *command = begin(engine, GV_ACCOUNT_STEP, actor, fail);
    if (command == NULL) {
        return GV_ERR_FULL;
    }
    memcpy(command->account.step, known, sizeof(known));
    return gv_command_tell(engine, command, fail);
}

enum gv_err gv_engine_user_create(struct gv_engine *engine, const struct gv_actor *actor,
                                  struct gv_view name, enum gv_role role, const char *phc,
                                  char id[GV_USER_ID_LEN + 1], struct gv_fail *fail)
{
    enum gv_err err = gv_user_name_check(name, fail);
    if (err != GV_OK) {
        return err;
    }
    struct gv_command *command = begin(engine, GV_ACCOUNT_USER_CREATE, actor, fail);
    if (command == NULL) {
        return GV_ERR_FULL;
    }
    copy_view(command->account.create.name, sizeof(command->account.create.name), name);
    copy_view(command->account.create.password, GV_PHC_MAX, gv_view_str(phc));
    command->account.create.role = role;
    err = gv_command_ask(engine, command, GV_ENGINE_WAIT_MS, fail);
    if (err == GV_OK) {
        memcpy(id, command->account.create.id, GV_USER_ID_LEN + 1);
        gv_command_release(engine, command);
    }
    return err;
}

/* A command about one user or session. NULL: refused, err and fail are set. */
static struct gv_command *begin_about(struct gv_engine *engine, enum gv_account_op op,
                                      const struct gv_actor *actor, struct gv_view id,
                                      enum gv_err *err, struct gv_fail *fail)
{
    const bool session = op == GV_ACCOUNT_SESSION_END;
    const size_t id_max = session ? GV_SESSION_ID_LEN : GV_USER_ID_LEN;
    if (id.n > id_max) {
        *err = session
                   ? gv_fail(fail, GV_ERR_NOT_FOUND, "session.unknown", "there is no such session")
                   : gv_fail(fail, GV_ERR_NOT_FOUND, "user.unknown", "there is no such user");
        return NULL;
    }
    struct gv_command *command = begin(engine, op, actor, fail);
    *err = command == NULL ? GV_ERR_FULL : GV_OK;
    if (command != NULL) {
        copy_view(session ? command->account.session : command->account.user.id, id_max + 1, id);
    }
    return command;
}

enum gv_err gv_engine_user_change(struct gv_engine *engine, const struct gv_actor *actor,
                                  struct gv_view id, const struct gv_user_change *change,
                                  const struct gv_expect *expect, struct gv_fail *fail)
{
    enum gv_err err = GV_OK;
    struct gv_command *command = begin_about(engine, GV_ACCOUNT_USER_CHANGE, actor, id, &err, fail);
    if (command == NULL) {
        return err;
    }
    command->account.user.change = *change;
    command->account.expect = gv_expect_of(expect);
    return gv_command_tell(engine, command, fail);
}

enum gv_err gv_engine_user_delete(struct gv_engine *engine, const struct gv_actor *actor,
                                  struct gv_view id, const struct gv_expect *expect,
                                  struct gv_fail *fail)
{
    enum gv_err err = GV_OK;
    struct gv_command *command = begin_about(engine, GV_ACCOUNT_USER_DELETE, actor, id, &err, fail);
    if (command == NULL) {
        return err;
    }
    command->account.expect = gv_expect_of(expect);
    return gv_command_tell(engine, command, fail);
}

enum gv_err gv_engine_login(struct gv_engine *engine, const struct gv_actor *actor,
                            const struct gv_login *login, struct gv_identity *identity,
                            struct gv_fail *fail)
{
    struct gv_command *command = begin(engine, GV_ACCOUNT_LOGIN, actor, fail);
    if (command == NULL) {
        return GV_ERR_FULL;
    }
    command->account.login.login = *login;
    const enum gv_err err = gv_command_ask(engine, command, GV_ENGINE_WAIT_MS, fail);
    if (err == GV_OK) {
        *identity = command->account.login.identity;
        gv_command_release(engine, command);
    }
    return err;
}

enum gv_err gv_engine_session_end(struct gv_engine *engine, const struct gv_actor *actor,
                                  struct gv_view id, struct gv_fail *fail)
{
    enum gv_err err = GV_OK;
    struct gv_command *command = begin_about(engine, GV_ACCOUNT_SESSION_END, actor, id, &err, fail);
    if (command == NULL) {
        return err;
    }
    return gv_command_tell(engine, command, fail);
}

/* ---- reads ---------------------------------------------------------------------------------------- */

static struct gv_accounts *look(struct gv_engine *engine)
{
    pthread_mutex_lock(&engine->view.lock);
    return &engine->view.people.accounts;
}

static void look_away(struct gv_engine *engine)
{
    pthread_mutex_unlock(&engine->view.lock);
}

bool gv_engine_claimed(struct gv_engine *engine)
{
    return atomic_load_explicit(&engine->view.people.claimed, memory_order_acquire);
}

void gv_engine_box(struct gv_engine *engine, struct gv_box *box)
{
    *box = look(engine)->box;
    look_away(engine);
}

static const struct gv_user *user_of(const struct gv_accounts *accounts, struct gv_view id)
{
    for (uint32_t i = 0; i < accounts->user_count; i++) {
        if (gv_view_is(id, accounts->users[i].id)) {
            return &accounts->users[i];
        }
    }
    return NULL;
}

bool gv_engine_user_by_id(struct gv_engine *engine, struct gv_view id, struct gv_user *user)
{
    const struct gv_user *found = user_of(look(engine), id);
    if (found != NULL) {
        *user = *found;
    }
    look_away(engine);
    return found != NULL;
}

bool gv_engine_user_by_name(struct gv_engine *engine, struct gv_view name, struct gv_user *user)
{
    const struct gv_accounts *accounts = look(engine);
    bool found = false;
    for (uint32_t i = 0; i < accounts->user_count && !found; i++) {
        found = gv_user_name_same(name, gv_view_str(accounts->users[i].name));
        if (found) {
            *user = accounts->users[i];
        }
    }
    look_away(engine);
    return found;
}

uint32_t gv_engine_user_list(struct gv_engine *engine, struct gv_user users[GV_USERS_MAX])
{
    const struct gv_accounts *accounts = look(engine);
    const uint32_t n = accounts->user_count;
    memcpy(users, accounts->users, n * sizeof(users[0]));
    look_away(engine);
    for (uint32_t i = 0; i < n; i++) {
        gv_secure_zero(users[i].password, sizeof(users[i].password));
        gv_secure_zero(users[i].totp_secret, sizeof(users[i].totp_secret));
    }
    return n;
}

/* The lock is held. */
static enum gv_err identify(const struct gv_accounts *accounts, const struct gv_session *session,
                            struct gv_utc now, struct gv_identity *identity)
{
    if (session == NULL || !gv_session_alive(session, now)) {
        return GV_ERR_UNAUTHORIZED;
    }
    const struct gv_user *user = user_of(accounts, gv_view_str(session->user_id));
    if (user == NULL || user->disabled) {
        return GV_ERR_UNAUTHORIZED;
    }
    gv_identity_of(identity, user, session);
    return GV_OK;
}

/* The lock is held. */
static enum gv_err identify_user(const struct gv_accounts *accounts, struct gv_session *session,
                                 struct gv_utc now, struct gv_identity *identity)
{
    if (session != NULL && gv_session_alive(session, now) && now.s > session->last_seen_at.s) {
        session->last_seen_at = now;
    }
    return identify(accounts, session, now, identity);
}

enum gv_err gv_engine_session_check(struct gv_engine *engine, struct gv_view sid,
                                    struct gv_identity *identity)
{
    const struct gv_utc now = gv_clock_utc(engine->config.clock);
    struct gv_accounts *accounts = look(engine);
    const enum gv_err err =
        identify_user(accounts, gv_session_find(&accounts->sessions, sid, now), now, identity);
    look_away(engine);
    return err;
}

enum gv_err gv_engine_session_known(struct gv_engine *engine, struct gv_view id,
                                    struct gv_identity *identity)
{
    const struct gv_utc now = gv_clock_utc(engine->config.clock);
    struct gv_accounts *accounts = look(engine);
    const enum gv_err err =
        identify_user(accounts, gv_session_by_id(&accounts->sessions, id), now, identity);
    look_away(engine);
    return err;
}

enum gv_err gv_engine_session_look(struct gv_engine *engine, struct gv_view id,
                                   struct gv_identity *identity)
{
    const struct gv_utc now = gv_clock_utc(engine->config.clock);
    struct gv_accounts *accounts = look(engine);
    const enum gv_err err =
        identify(accounts, gv_session_by_id(&accounts->sessions, id), now, identity);
    look_away(engine);
    return err;
}

uint32_t gv_engine_session_list(struct gv_engine *engine,
                                struct gv_session sessions[GV_SESSIONS_MAX])
{
    const struct gv_utc now = gv_clock_utc(engine->config.clock);
    const struct gv_accounts *accounts = look(engine);
    uint32_t n = 0;
    for (uint32_t i = 0; i < GV_SESSIONS_MAX; i++) {
        if (gv_session_alive(&accounts->sessions.seats[i], now)) {
            sessions[n++] = accounts->sessions.seats[i];
        }
    }
    look_away(engine);
    return n;
}
