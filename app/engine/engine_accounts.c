/* Accounts: what the commands do. Each writes rows and its audit row into the batch's transaction,
 * then changes memory; a refused commit loads memory again, so neither is ever ahead. */
#include "app/engine/engine_internal.h"
#include "firmware/base/assert.h"
#include "firmware/base/text.h"

#include <string.h>

const char *const gv_setup_steps[GV_SETUP_STEPS] = {"claim",   "node",        "counterparty",
                                                    "modules", "certificate", "done"};
const char *const gv_languages[] = {"en", "de", NULL};

/* ---- helpers -------------------------------------------------------------------------------------- */

#define SUBJECT_MAX 48u

static void subject_of(char subject[SUBJECT_MAX], const struct gv_user *user)
{
    gv_format_cut(subject, SUBJECT_MAX, "user:%s", user->name);
}

static struct gv_user *find_user(struct gv_accounts *accounts, const char *id)
{
    for (uint32_t i = 0; i < accounts->user_count; i++) {
        if (strcmp(accounts->users[i].id, id) == 0) {
            return &accounts->users[i];
        }
    }
    return NULL;
}

static bool name_taken(const struct gv_accounts *accounts, const char *name)
{
    for (uint32_t i = 0; i < accounts->user_count; i++) {
        if (gv_user_name_same(gv_view_str(name), gv_view_str(accounts->users[i].name))) {
            return true;
        }
    }
    return false;
}

/* Somebody besides `user` who can log in and administer. */
static bool other_owner(const struct gv_accounts *accounts, const struct gv_user *user)
{
    for (uint32_t i = 0; i < accounts->user_count; i++) {
        const struct gv_user *other = &accounts->users[i];
        if (other != user && other->role == GV_ROLE_OWNER && !other->disabled) {
            return true;
        }
    }
    return false;
}

static enum gv_err unknown_user(struct gv_fail *fail)
{
    return gv_fail(fail, GV_ERR_NOT_FOUND, "user.unknown", "there is no such user");
}

static enum gv_err last_owner(struct gv_fail *fail)
{
    return gv_fail(fail, GV_ERR_CONFLICT, "user.last_owner",
                   "the box needs an owner who can log in");
}

/* ---- sessions ------------------------------------------------------------------------------------- */

static enum gv_err drop_seat(struct gv_engine *engine, struct gv_session *seat)
{
    if (gv_batch_begin(engine) != GV_OK ||
        gv_store_session_delete(&engine->store, seat->id) != GV_OK) {
        return GV_ERR_STORAGE;
    }
    memset(seat, 0, sizeof(*seat));
    engine->accounts_changed = true;
    return GV_OK;
}

static enum gv_err drop_sessions_of(struct gv_engine *engine, const char *user_id, const char *keep)
{
    for (uint32_t i = 0; i < GV_SESSIONS_MAX; i++) {
        struct gv_session *seat = &engine->accounts.sessions.seats[i];
        if (seat->id[0] != '\0' && strcmp(seat->user_id, user_id) == 0 &&
            strcmp(seat->id, keep) != 0 && drop_seat(engine, seat) != GV_OK) {
            return GV_ERR_STORAGE;
        }
    }
    return GV_OK;
}

enum gv_err gv_drop_ended_sessions(struct gv_engine *engine)
{
    for (uint32_t i = 0; i < GV_SESSIONS_MAX; i++) {
        struct gv_session *seat = &engine->accounts.sessions.seats[i];
        if (seat->id[0] != '\0' && !gv_session_alive(seat, engine->now) &&
            drop_seat(engine, seat) != GV_OK) {
            return GV_ERR_STORAGE;
        }
    }
    return GV_OK;
}

static enum gv_err do_session_end(struct gv_engine *engine, struct gv_account_command *command,
                                  struct gv_fail *fail)
{
    struct gv_session *seat =
        gv_session_by_id(&engine->accounts.sessions, gv_view_str(command->session));
    char subject[SUBJECT_MAX];
    if (seat == NULL) {
        return gv_fail(fail, GV_ERR_NOT_FOUND, "session.unknown", "there is no such session");
    }
    gv_format_cut(subject, sizeof(subject), "session:%s", seat->id);
    if (gv_audit_by(engine, "session.ended", subject, &command->actor, "%s", "") != GV_OK) {
        return GV_ERR_STORAGE;
    }
    return drop_seat(engine, seat);
}

/* ---- login ---------------------------------------------------------------------------------------- */

static enum gv_err refused(struct gv_fail *fail)
{
    return gv_fail(fail, GV_ERR_UNAUTHORIZED, "session.refused", "name, password or code is wrong");
}

static bool still_right(const struct gv_user *user, const struct gv_login *login)
{
    const bool code_fits =
        !user->totp_on || (login->totp_used && login->totp_step > user->totp_step);
    return !user->disabled && strcmp(user->password, login->password_seen) == 0 && code_fits;
}

static enum gv_err seat_for(struct gv_engine *engine, struct gv_session **seat,
                            const struct gv_user *user, const struct gv_actor *actor)
{
    if (gv_write_seen(engine) != GV_OK) { /* ended seats are free, the others' last use is known */
        return GV_ERR_STORAGE;
    }
    *seat = gv_session_seat(&engine->accounts.sessions, user->id, engine->now);
    if ((*seat)->id[0] == '\0') {
        return GV_OK;
    }
    char subject[SUBJECT_MAX];
    gv_format_cut(subject, sizeof(subject), "session:%s", (*seat)->id);
    if (gv_audit_by(engine, "session.pushed_out", subject, actor, "%s", "") != GV_OK) {
        return GV_ERR_STORAGE;
    }
    return drop_seat(engine, *seat);
}

void gv_identity_of(struct gv_identity *identity, const struct gv_user *user,
                    const struct gv_session *session)
{
    *identity = (struct gv_identity){
        .role = user->role, .totp_on = user->totp_on, .expires_at = gv_session_ends(session)};
    memcpy(identity->user_id, user->id, sizeof(identity->user_id));
    memcpy(identity->name, user->name, sizeof(identity->name));
    memcpy(identity->session, session->id, sizeof(identity->session));
}

static enum gv_err do_login(struct gv_engine *engine, struct gv_account_command *command,
                            struct gv_fail *fail)
{
    const struct gv_login *login = &command->login.login;
    struct gv_user *user = find_user(&engine->accounts, login->user_id);
    struct gv_session *seat = NULL;
    char subject[SUBJECT_MAX];
    if (user == NULL || !still_right(user, login)) {
        return refused(fail);
    }
    if (seat_for(engine, &seat, user, &command->actor) != GV_OK) {
        return GV_ERR_STORAGE;
    }
    struct gv_session session = {
        .hash = login->sid_hash, .created_at = engine->now, .last_seen_at = engine->now};
    do {
        gv_make_id(engine, session.id);
    } while (gv_session_by_id(&engine->accounts.sessions, gv_view_str(session.id)) != NULL);
    memcpy(session.user_id, user->id, sizeof(session.user_id));
    memcpy(session.address, command->actor.address, sizeof(session.address));
    memcpy(session.agent, login->agent, sizeof(session.agent));
    user->last_login_at = engine->now;
    user->totp_step = login->totp_used ? login->totp_step : user->totp_step;
    if (login->password_new[0] != '\0') {
        memcpy(user->password, login->password_new, sizeof(user->password));
    }
    subject_of(subject, user);
    if (gv_batch_begin(engine) != GV_OK || gv_store_user_put(&engine->store, user) != GV_OK ||
        gv_store_session_put(&engine->store, &session) != GV_OK ||
        gv_audit_by(engine, "login.ok", subject, &command->actor, "session=%s code=%s", session.id,
                    login->totp_used ? "yes" : "no") != GV_OK) {
        return GV_ERR_STORAGE;
    }
    *seat = session;
    gv_identity_of(&command->login.identity, user, seat);
    engine->accounts_changed = true;
    return GV_OK;
}

/* ---- people --------------------------------------------------------------------------------------- */

static enum gv_err add_user(struct gv_engine *engine, struct gv_account_command *command,
                            const char *kind, struct gv_fail *fail)
{
    struct gv_accounts *accounts = &engine->accounts;
    uint8_t random[16];
    char subject[SUBJECT_MAX];
    if (name_taken(accounts, command->create.name)) {
        return gv_fail_at(fail, GV_ERR_CONFLICT, "/name", "user.exists",
                          "somebody has this name already");
    }
    if (accounts->user_count == GV_USERS_MAX) {
        return gv_fail(fail, GV_ERR_FULL, "user.full", "there are %u users, no more are possible",
                       GV_USERS_MAX);
    }
    struct gv_user user = {.role = command->create.role, .created_at = engine->now};
    gv_entropy_fill(engine->config.entropy, random, sizeof(random));
    gv_user_id_format(user.id, random);
    memcpy(user.name, command->create.name, sizeof(user.name));
    memcpy(user.password, command->create.password, sizeof(user.password));
    subject_of(subject, &user);
    enum gv_err err = GV_ERR_STORAGE;
    if (gv_batch_begin(engine) == GV_OK && gv_store_user_put(&engine->store, &user) == GV_OK) {
        err =
            gv_audit_by(engine, kind, subject, &command->actor, "role=%s", gv_role_name(user.role));
    }
    if (err == GV_OK) {
        accounts->users[accounts->user_count] = user;
        accounts->user_count++;
        memcpy(command->create.id, user.id, sizeof(user.id));
        engine->accounts_changed = true;
    }
    gv_secure_zero(&user, sizeof(user));
    return err;
}

static enum gv_err put_box(struct gv_engine *engine, const char *name, char *place,
                           const char *value)
{
    if (gv_batch_begin(engine) != GV_OK || gv_store_box_put(&engine->store, name, value) != GV_OK) {
        return GV_ERR_STORAGE;
    }
    gv_format_cut(place, GV_BOX_VALUE_MAX, "%s", value);
    engine->accounts_changed = true;
    return GV_OK;
}

static enum gv_err do_claim(struct gv_engine *engine, struct gv_account_command *command,
                            struct gv_fail *fail)
{
    struct gv_box *box = &engine->accounts.box;
    if (engine->accounts.user_count > 0) {
        return gv_fail(fail, GV_ERR_CONFLICT, "setup.claimed", "this box has an owner already");
    }
    command->create.role = GV_ROLE_OWNER;
    enum gv_err err = add_user(engine, command, "box.claimed", fail);
    if (err == GV_OK) {
        err = put_box(engine, "language", box->language, command->create.language);
    }
    return err != GV_OK ? err : put_box(engine, "setup.step", box->step, gv_setup_steps[1]);
}

static enum gv_err do_step(struct gv_engine *engine, struct gv_account_command *command)
{
    if (gv_audit_by(engine, "setup.step", "box", &command->actor, "step=%s", command->step) !=
        GV_OK) {
        return GV_ERR_STORAGE;
    }
    return put_box(engine, "setup.step", engine->accounts.box.step, command->step);
}

static enum gv_err do_delete(struct gv_engine *engine, struct gv_account_command *command,
                             struct gv_fail *fail)
{
    struct gv_accounts *accounts = &engine->accounts;
    struct gv_user *user = find_user(accounts, command->user.id);
    char subject[SUBJECT_MAX];
    if (user == NULL) {
        return unknown_user(fail);
    }
    const enum gv_err err = gv_expect_check(&command->expect, gv_user_version(user), fail);
    if (err != GV_OK) {
        return err;
    }
    if (!other_owner(accounts, user)) {
        return last_owner(fail);
    }
    subject_of(subject, user);
    if (drop_sessions_of(engine, user->id, "") != GV_OK || gv_batch_begin(engine) != GV_OK ||
        gv_store_user_delete(&engine->store, user->id) != GV_OK ||
        gv_audit_by(engine, "user.deleted", subject, &command->actor, "%s", "") != GV_OK) {
        return GV_ERR_STORAGE;
    }
    accounts->user_count--;
    const size_t at = (size_t)(user - accounts->users);
    memmove(user, user + 1, (accounts->user_count - at) * sizeof(*user));
    gv_secure_zero(&accounts->users[accounts->user_count], sizeof(*user));
    engine->accounts_changed = true;
    return GV_OK;
}

static enum gv_err check_change(const struct gv_accounts *accounts, const struct gv_user *user,
                                const struct gv_user_change *change, struct gv_fail *fail)
{
    const bool stays_owner = (!change->set_role || change->role == GV_ROLE_OWNER) &&
                             (!change->set_disabled || !change->disabled);
    if (!stays_owner && user->role == GV_ROLE_OWNER && !other_owner(accounts, user)) {
        return last_owner(fail);
    }
    if (change->password_seen[0] != '\0' && strcmp(change->password_seen, user->password) != 0) {
        return gv_fail(fail, GV_ERR_CONFLICT, "user.changed", "the user was changed meanwhile");
    }
    static const uint8_t none[GV_TOTP_SECRET_LEN];
    const bool offered = memcmp(user->totp_secret, none, sizeof(none)) != 0;
    const bool fits = change->totp != GV_TOTP_CONFIRM ||
                      (offered && !user->totp_on && change->totp_step > user->totp_step);
    if (!fits || (change->totp == GV_TOTP_OFFER && user->totp_on)) {
        return gv_fail(fail, GV_ERR_CONFLICT, "totp.state",
                       "the second factor is not in a state for that");
    }
    return GV_OK;
}

static void apply_totp(struct gv_user *user, const struct gv_user_change *change)
{
    switch (change->totp) {
    case GV_TOTP_KEEP:
        return;
    case GV_TOTP_OFFER:
        memcpy(user->totp_secret, change->totp_secret, sizeof(user->totp_secret));
        user->totp_step = 0;
        return;
    case GV_TOTP_CONFIRM:
        user->totp_on = true;
        user->totp_step = change->totp_step;
        return;
    case GV_TOTP_CLEAR:
        user->totp_on = false;
        user->totp_step = 0;
        gv_secure_zero(user->totp_secret, sizeof(user->totp_secret));
        return;
    }
    GV_UNREACHABLE("change of a second factor outside its enumeration");
}

static const char *totp_word(enum gv_totp_change change)
{
    static const char *const words[] = {[GV_TOTP_KEEP] = "",
                                        [GV_TOTP_OFFER] = " totp=offered",
                                        [GV_TOTP_CONFIRM] = " totp=on",
                                        [GV_TOTP_CLEAR] = " totp=off"};
    return words[change];
}

static enum gv_err audit_change(struct gv_engine *engine, const struct gv_actor *actor,
                                const struct gv_user *user, const struct gv_user_change *change)
{
    char subject[SUBJECT_MAX];
    subject_of(subject, user);
    return gv_audit_by(engine, "user.changed", subject, actor, "role=%s disabled=%d%s%s",
                       gv_role_name(user->role), user->disabled,
                       change->set_password ? " password=changed" : "", totp_word(change->totp));
}

static enum gv_err do_change(struct gv_engine *engine, struct gv_account_command *command,
                             struct gv_fail *fail)
{
    const struct gv_user_change *change = &command->user.change;
    struct gv_user *user = find_user(&engine->accounts, command->user.id);
    if (user == NULL) {
        return unknown_user(fail);
    }
    enum gv_err err = gv_expect_check(&command->expect, gv_user_version(user), fail);
    if (err == GV_OK) {
        err = check_change(&engine->accounts, user, change, fail);
    }
    if (err != GV_OK) {
        return err;
    }
    if (change->set_role) {
        user->role = change->role;
    }
    if (change->set_disabled) {
        user->disabled = change->disabled;
    }
    if (change->set_password) {
        memcpy(user->password, change->password, sizeof(user->password));
    }
    apply_totp(user, change);
    engine->accounts_changed = true;
    if (user->disabled || change->set_password) {
        err = drop_sessions_of(engine, user->id, change->keep_session);
    }
    if (err != GV_OK || gv_batch_begin(engine) != GV_OK ||
        gv_store_user_put(&engine->store, user) != GV_OK) {
        return GV_ERR_STORAGE;
    }
    return audit_change(engine, &command->actor, user, change);
}

enum gv_err gv_do_account(struct gv_engine *engine, struct gv_command *command)
{
    struct gv_account_command *account = &command->account;
    switch (account->op) {
    case GV_ACCOUNT_CLAIM:
        return do_claim(engine, account, &command->fail);
    case GV_ACCOUNT_STEP:
        return do_step(engine, account);
    case GV_ACCOUNT_USER_CREATE:
        return add_user(engine, account, "user.created", &command->fail);
    case GV_ACCOUNT_USER_CHANGE:
        return do_change(engine, account, &command->fail);
    case GV_ACCOUNT_USER_DELETE:
        return do_delete(engine, account, &command->fail);
    case GV_ACCOUNT_LOGIN:
        return do_login(engine, account, &command->fail);
    case GV_ACCOUNT_SESSION_END:
        return do_session_end(engine, account, &command->fail);
    }
    GV_UNREACHABLE("account command outside its enumeration");
}
