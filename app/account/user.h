/* User: what is kept of a person, and what a name may look like. Plain values, copied between threads.
 * The password's PHC string and the second factor are secrets: they never leave engine and store. */
#ifndef GV_APP_ACCOUNT_USER_H
#define GV_APP_ACCOUNT_USER_H

#include "app/account/password.h"
#include "app/account/scope.h"
#include "app/account/totp.h"
#include "firmware/base/time.h"
#include "firmware/base/version.h"

#define GV_USERS_MAX     32u
#define GV_USER_ID_LEN   36u /* UUID version 4, as clients of live auctions expect */
#define GV_USER_NAME_MAX 33u

struct gv_user {
    char id[GV_USER_ID_LEN + 1];
    char name[GV_USER_NAME_MAX];
    enum gv_role role;
    bool disabled;
    char password[GV_PHC_MAX]; /* a secret */
    bool totp_on;
    uint8_t totp_secret[GV_TOTP_SECRET_LEN]; /* a secret; also while it is not yet confirmed */
    uint64_t totp_step;                      /* newest time step whose code was taken */
    struct gv_utc created_at;
    struct gv_utc last_login_at; /* s = 0: never */
};

/** 1 to 32 of A-Z a-z 0-9 . _ -, beginning with a letter or digit: safe in logs, cookies and URLs.
 *  Returns: GV_OK; GV_ERR_INVALID "user.name" at /name. */
GV_MUST_USE enum gv_err gv_user_name_check(struct gv_view name, struct gv_fail *fail);
/** Names are the same whatever their case, so that nobody can pass as "Owner". */
GV_MUST_USE bool gv_user_name_same(struct gv_view a, struct gv_view b);

/** Of what somebody may change in a person, so that a login leaves it as it was. A new password is not
 *  seen by anybody, and has a guard of its own (gv_user_change.password_seen). */
GV_MUST_USE uint64_t gv_user_version(const struct gv_user *user);

/** A UUID version 4 of 16 random bytes. Source: RFC 9562 section 5.4. */
void gv_user_id_format(char id[GV_USER_ID_LEN + 1], const uint8_t random[16]);

#endif
