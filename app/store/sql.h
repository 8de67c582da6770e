/* SQL: the text of every statement and migration, in one place each.
 * Private to app/store. Thread: any (constants). */
#ifndef GV_APP_STORE_SQL_H
#define GV_APP_STORE_SQL_H

#include <stdint.h>

enum gv_sql {
    GV_SQL_META_GET,
    GV_SQL_META_PUT,
    GV_SQL_LISTING_INSERT,
    GV_SQL_LISTING_EACH,
    GV_SQL_LISTING_GET,
    GV_SQL_LISTING_RETIRE,
    GV_SQL_LISTING_EXTEND,
    GV_SQL_LISTING_NEWEST,
    GV_SQL_SPEND_PUT,
    GV_SQL_REVEAL_PUT,
    GV_SQL_LADDER_INSERT,
    GV_SQL_LADDER_GET,
    GV_SQL_RUNG_INSERT,
    GV_SQL_RUNG_GET,
    GV_SQL_RUNGS_OF_PRICE,
    GV_SQL_RUNG_COUNT,
    GV_SQL_CHAIN_APPEND,
    GV_SQL_CHAIN_DROP,
    GV_SQL_CHAIN_PRUNE,
    GV_SQL_CHAIN_EACH,
    GV_SQL_KEY_INSERT,
    GV_SQL_KEY_REVOKE,
    GV_SQL_KEY_DELETE,
    GV_SQL_KEY_EACH,
    GV_SQL_KEY_USED,
    GV_SQL_USER_PUT,
    GV_SQL_USER_DELETE,
    GV_SQL_USER_EACH,
    GV_SQL_SESSION_PUT,
    GV_SQL_SESSION_DELETE,
    GV_SQL_SESSION_EACH,
    GV_SQL_BOX_PUT,
    GV_SQL_BOX_EACH,
    GV_SQL_AUDIT_INSERT,
    GV_SQL_AUDIT_LAST,
    GV_SQL_AUDIT_EACH,
    GV_SQL_AUDIT_BEFORE,
    GV_SQL_AUDIT_KIND_BEFORE,
    GV_SQL_AUDIT_AREA_BEFORE,
    GV_SQL_AUDIT_ABOUT,
    GV_SQL_RUNG_AFTER,
    GV_SQL_RUNG_SEAL,
    GV_SQL_WEBHOOK_SEAL,
    GV_SQL_WEBHOOK_INSERT,
    GV_SQL_WEBHOOK_UPDATE,
    GV_SQL_WEBHOOK_DELETE,
    GV_SQL_WEBHOOK_EACH,
    GV_SQL_WEBHOOK_SECRET,
    GV_SQL_DELIVERY_NEWEST,
    GV_SQL_DELIVERY_INSERT,
    GV_SQL_DELIVERY_UPDATE,
    GV_SQL_DELIVERY_GET,
    GV_SQL_DELIVERY_PENDING,
    GV_SQL_DELIVERY_HEAD,
    GV_SQL_DELIVERY_PAGE,
    GV_SQL_DELIVERY_PRUNE,
    GV_SQL_DELIVERIES_DELETE,
    GV_SQL_REPLAY_PUT,
    GV_SQL_REPLAY_GET,
    GV_SQL_REPLAY_PRUNE,
    GV_SQL_OA_ORDER_INSERT,
    GV_SQL_OA_ORDER_UPDATE,
    GV_SQL_OA_ORDER_GET,
    GV_SQL_OA_ORDER_BEFORE,
    GV_SQL_OA_ORDER_STATE_BEFORE,
    GV_SQL_OA_ORDER_OPEN,
    GV_SQL_OA_ORDER_NEWEST,
    GV_SQL_OA_BID_INSERT,
    GV_SQL_OA_BID_BEFORE,
    GV_SQL_OA_BID_OPEN,
    GV_SQL_OA_COMMITMENT_INSERT,
    GV_SQL_OA_COMMITMENT_END,
    GV_SQL_OA_COMMITMENT_EACH,
    GV_SQL_OA_COMMITMENT_FAILED,
    GV_SQL_OA_ESCROW_PUT,
    GV_SQL_OA_CLAIM_PUT,
    GV_SQL_OA_CLAIM_EACH,
    GV_SQL_OA_SOLVER_PUT,
    GV_SQL_OA_SOLVER_DELETE,
    GV_SQL_OA_SOLVER_EACH,
    GV_SQL_OA_ACCOUNT_PUT,
    GV_SQL_OA_ACCOUNT_EACH,
    GV_SQL_OA_LEDGER_INSERT,
    GV_SQL_OA_LEDGER_AFTER,
    GV_SQL_OA_EVENT_INSERT,
    GV_SQL_OA_EVENT_LAST,
    GV_SQL_OA_EVENT_OLD,
    GV_SQL_OA_EVENT_CUT,
    GV_SQL_OA_ORDER_OLDEST,
    GV_SQL_OA_ORDER_CUT,
    GV_SQL_OA_BID_CUT,
    GV_SQL_OA_COMMITMENT_CUT,
    GV_SQL_OA_CLAIM_CUT,
    GV_SQL_OA_ESCROW_CUT,
    GV_SQL_OA_CUT_GET,
    GV_SQL_OA_CUT_PUT,
    GV_SQL_OA_EVENT_FROM,
    GV_SQL_COUNT,
};

/** Returns: a static string. */
const char *gv_sql_text(enum gv_sql sql);

/* Migrations are forward only: number n brings schema n - 1 to n and is never edited once it has
 * been released. */
#define GV_MIGRATIONS 11u
/* The oldest schema whose release can work with what this one leaves behind: an update of the box that does not prove
 * itself goes back, and must find its data usable. Migrations above this number only add (test_store_sql looks at
 * them): tables, indices, columns with a default. One that does more raises it, and forbids the way back.
 * 9: a release before it takes a log whose beginning was deleted for a broken one. */
#define GV_SCHEMA_OLDEST 9u
_Static_assert(GV_SCHEMA_OLDEST <= GV_MIGRATIONS, "a release can work with what it leaves");
extern const char gv_migration_001[];
extern const char gv_migration_002[];
extern const char gv_migration_003[];
extern const char gv_migration_004[];
extern const char gv_migration_005[];
extern const char gv_migration_006[];
extern const char gv_migration_007[];
extern const char gv_migration_008[];
extern const char gv_migration_009[];
extern const char gv_migration_010[];
extern const char gv_migration_011[];

#endif
