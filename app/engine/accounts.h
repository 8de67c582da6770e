/* Accounts in the engine: people, sessions, what the box remembers, and the audit log of it all.
 *
 * Every change is a command: judged, written with its audit row in one transaction, committed, and
 * only then told (engine.h). Reads are copies of what was committed last. When somebody was last
 * seen, when a key was last used, and failed logins are noted in memory by whoever sees them and
 * written down together with a later batch, once a minute (failures: after seconds).
 * Passwords are hashed by the caller: the engine never waits for that.
 * Common results of changes: GV_OK; GV_ERR_FULL; GV_ERR_STORAGE; GV_ERR_TIMEOUT;
 * GV_ERR_UNAVAILABLE. Thread: any but the engine's. */
#ifndef GV_APP_ENGINE_ACCOUNTS_H
#define GV_APP_ENGINE_ACCOUNTS_H

#include "app/engine/engine.h"
#include "app/store/accounts.h"

/** What the rest of the box may know of a logged-in person. */
struct gv_identity {
    char user_id[GV_USER_ID_LEN + 1];
    char name[GV_USER_NAME_MAX];
    enum gv_role role;
    bool totp_on;
    char session[GV_SESSION_ID_LEN + 1];
    struct gv_utc expires_at; /* of the session, if nothing more is requested */
};

#define GV_SETUP_STEPS 6u
extern const char *const gv_setup_steps[GV_SETUP_STEPS]; /* "claim" first, "done" last */
extern const char *const gv_languages[];                 /* NULL-terminated */

/** What the box remembers about its set-up. */
struct gv_box {
    char step[GV_BOX_VALUE_MAX];
    char language[GV_BOX_VALUE_MAX];
};

/* ---- the box -------------------------------------------------------------------------------------- */

/** Does somebody own the box? */
GV_MUST_USE bool gv_engine_claimed(struct gv_engine *engine);
void gv_engine_box(struct gv_engine *engine, struct gv_box *box);
/** Make the first person the owner. In: phc: of the password.
 *  Returns also: GV_ERR_CONFLICT "setup.claimed"; GV_ERR_INVALID "user.name", "setup.language". */
GV_MUST_USE enum gv_err gv_engine_claim(struct gv_engine *engine, const struct gv_actor *actor,
                                        struct gv_view name, const char *phc,
                                        struct gv_view language, struct gv_fail *fail);
/** Remember where the wizard stands. Returns also: GV_ERR_INVALID "setup.step". */
GV_MUST_USE enum gv_err gv_engine_setup_step(struct gv_engine *engine, const struct gv_actor *actor,
                                             struct gv_view step, struct gv_fail *fail);

/* ---- people --------------------------------------------------------------------------------------- */

/** A person by name or id, secrets included: wipe the copy. Returns: false when there is none. */
GV_MUST_USE bool gv_engine_user_by_name(struct gv_engine *engine, struct gv_view name,
                                        struct gv_user *user);
GV_MUST_USE bool gv_engine_user_by_id(struct gv_engine *engine, struct gv_view id,
                                      struct gv_user *user);
/** All, without their secrets. Returns: number copied. */
uint32_t gv_engine_user_list(struct gv_engine *engine, struct gv_user users[GV_USERS_MAX]);

/** Returns also: GV_ERR_CONFLICT "user.exists"; GV_ERR_INVALID "user.name". Out: id. */
GV_MUST_USE enum gv_err gv_engine_user_create(struct gv_engine *engine,
                                              const struct gv_actor *actor, struct gv_view name,
                                              enum gv_role role, const char *phc,
                                              char id[GV_USER_ID_LEN + 1], struct gv_fail *fail);

enum gv_totp_change {
    GV_TOTP_KEEP,
    GV_TOTP_OFFER,   /* a new secret, in force once confirmed */
    GV_TOTP_CONFIRM, /* its first code was right: from now on logins need one */
    GV_TOTP_CLEAR,
};

/** Zeroed changes nothing. A new password, and disabling, end the person's sessions. */
struct gv_user_change {
    bool set_role;
    enum gv_role role;
    bool set_disabled;
    bool disabled;
    bool set_password;
    char password[GV_PHC_MAX];                /* a secret */
    char password_seen[GV_PHC_MAX];           /* the one it replaces must still be this; "": any */
    char keep_session[GV_SESSION_ID_LEN + 1]; /* this one stays; "": none */
    enum gv_totp_change totp;
    uint8_t totp_secret[GV_TOTP_SECRET_LEN]; /* GV_TOTP_OFFER: a secret */
    uint64_t totp_step;                      /* GV_TOTP_CONFIRM */
};
/** In: expect: versions of the person (gv_user_version) that are meant; NULL: any.
 *  Returns also: GV_ERR_NOT_FOUND "user.unknown"; GV_ERR_STATE "http.changed"; GV_ERR_CONFLICT
 *  "user.last_owner" (somebody must be able to log in as owner), "user.changed", "totp.state". */
GV_MUST_USE enum gv_err gv_engine_user_change(struct gv_engine *engine,
                                              const struct gv_actor *actor, struct gv_view id,
                                              const struct gv_user_change *change,
                                              const struct gv_expect *expect, struct gv_fail *fail);
/** In: expect: as above. Returns also: GV_ERR_NOT_FOUND "user.unknown"; GV_ERR_STATE "http.changed";
 *  GV_ERR_CONFLICT "user.last_owner". */
GV_MUST_USE enum gv_err gv_engine_user_delete(struct gv_engine *engine,
                                              const struct gv_actor *actor, struct gv_view id,
                                              const struct gv_expect *expect, struct gv_fail *fail);

/* ---- sessions ------------------------------------------------------------------------------------- */

/** A login whose password, and code, were right against what was read before. */
struct gv_login {
    char user_id[GV_USER_ID_LEN + 1];
    char password_seen[GV_PHC_MAX]; /* must still be the user's */
    char password_new[GV_PHC_MAX];  /* re-hash; "": keep */
    bool totp_used;
    uint64_t totp_step;
    struct gv_hash256 sid_hash;
    char agent[GV_SESSION_AGENT_MAX];
};
/** Give a seat; when all are taken, the one unused for longest loses it.
 *  Returns also: GV_ERR_UNAUTHORIZED "session.refused" (disabled, deleted or changed meanwhile, or
 *  the code was used by somebody quicker). Out: identity. */
GV_MUST_USE enum gv_err gv_engine_login(struct gv_engine *engine, const struct gv_actor *actor,
                                        const struct gv_login *login, struct gv_identity *identity,
                                        struct gv_fail *fail);
/** Returns also: GV_ERR_NOT_FOUND "session.unknown". */
GV_MUST_USE enum gv_err gv_engine_session_end(struct gv_engine *engine,
                                              const struct gv_actor *actor, struct gv_view id,
                                              struct gv_fail *fail);
/** Whose cookie is this? Counts as a request of the session.
 *  Returns: GV_OK; GV_ERR_UNAUTHORIZED (no session, ended, or the person may not log in). */
GV_MUST_USE enum gv_err gv_engine_session_check(struct gv_engine *engine, struct gv_view sid,
                                                struct gv_identity *identity);
/** The same for a session's public id, after its token was verified. */
GV_MUST_USE enum gv_err gv_engine_session_known(struct gv_engine *engine, struct gv_view id,
                                                struct gv_identity *identity);
/** Whose session is this, by its public id? It is not used by this: who only listens grows idle.
 *  Returns: GV_OK; GV_ERR_UNAUTHORIZED as above. */
GV_MUST_USE enum gv_err gv_engine_session_look(struct gv_engine *engine, struct gv_view id,
                                               struct gv_identity *identity);
/** All that have not ended. Returns: number copied. */
uint32_t gv_engine_session_list(struct gv_engine *engine,
                                struct gv_session sessions[GV_SESSIONS_MAX]);

/* ---- audit ---------------------------------------------------------------------------------------- */

/** Note a failed login (or claim, or key); rows are written for many at once. `kind`: a literal. */
void gv_engine_note_failure(struct gv_engine *engine, const char *kind,
                            const struct gv_actor *actor);

#define GV_AUDIT_PAGE 51u /* one more than a page shows: is there another? */
/** Rows below id `before`, newest first. In: kind: as gv_store_audit_list. Readers take turns. */
GV_MUST_USE enum gv_err gv_engine_audit_list(struct gv_engine *engine, uint64_t before,
                                             const char *kind, uint32_t rows_max,
                                             struct gv_audit_row rows[GV_AUDIT_PAGE],
                                             uint32_t *count, struct gv_fail *fail);
/** The newest rows about a subject, newest first, at most GV_AUDIT_PAGE. Readers take turns. */
GV_MUST_USE enum gv_err gv_engine_audit_about(struct gv_engine *engine, const char *subject,
                                              struct gv_audit_row rows[GV_AUDIT_PAGE],
                                              uint32_t *count, struct gv_fail *fail);

#endif
