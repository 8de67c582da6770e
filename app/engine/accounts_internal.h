/* Inside of the engine: accounts. Private to app/engine (engine_internal.h includes it).
 *
 *   engine_accounts.c   what commands do        thread: the one that serves
 *   engine_people.c     what callers ask        thread: any
 *   engine_soft.c       notes that are written down later
 */
#ifndef GV_APP_ENGINE_ACCOUNTS_INTERNAL_H
#define GV_APP_ENGINE_ACCOUNTS_INTERNAL_H

#include "app/engine/accounts.h"

#include <stdatomic.h>

struct gv_accounts {
    uint32_t user_count;
    struct gv_user users[GV_USERS_MAX];
    struct gv_sessions sessions;
    struct gv_box box;
};

/** Failures of one address by one way since they were last written down. */
struct gv_failure_note {
    const char *kind; /* NULL: free */
    struct gv_actor actor;
    uint32_t count;
};
/* More ways at once than this share the last note: the log has a line for each. */
#define GV_FAILURE_NOTES 8u

struct gv_accounts_view {
    struct gv_accounts accounts;
    atomic_bool claimed; /* asked for by every request: read without the lock */
    struct gv_failure_note failures[GV_FAILURE_NOTES];
    uint32_t failures_pending;
};

enum gv_account_op {
    GV_ACCOUNT_CLAIM,
    GV_ACCOUNT_STEP,
    GV_ACCOUNT_USER_CREATE,
    GV_ACCOUNT_USER_CHANGE,
    GV_ACCOUNT_USER_DELETE,
    GV_ACCOUNT_LOGIN,
    GV_ACCOUNT_SESSION_END,
};

struct gv_account_command {
    enum gv_account_op op;
    struct gv_actor actor;
    struct gv_expect expect; /* of changing and deleting a person */
    union {
        struct {
            char name[GV_USER_NAME_MAX];
            enum gv_role role;
            char password[GV_PHC_MAX];
            char language[GV_BOX_VALUE_MAX];
            char id[GV_USER_ID_LEN + 1]; /* the answer */
        } create;
        struct {
            char id[GV_USER_ID_LEN + 1];
            struct gv_user_change change;
        } user;
        struct {
            struct gv_login login;
            struct gv_identity identity; /* the answer */
        } login;
        char session[GV_SESSION_ID_LEN + 1];
        char step[GV_BOX_VALUE_MAX];
    };
};

#endif
