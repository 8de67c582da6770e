#include "app/store/sql.h"

/* People, their sessions, what the box itself remembers, and when a key was last used. Numbers of
 * roles are those of app/account/scope.h. */
const char gv_migration_002[] =
    "CREATE TABLE users ("
    " id TEXT PRIMARY KEY NOT NULL,"
    " name TEXT NOT NULL,"
    " role INTEGER NOT NULL,"
    " disabled INTEGER NOT NULL,"
    " password TEXT NOT NULL," /* PHC string */
    " totp_on INTEGER NOT NULL,"
    " totp_step BIGINT NOT NULL,"  /* newest code taken */
    " totp_sealed BYTEA NOT NULL," /* empty: no second factor */
    " created_at BIGINT NOT NULL,"
    " last_login_at BIGINT NOT NULL);" /* 0: never */

    "CREATE TABLE sessions ("
    " id TEXT PRIMARY KEY NOT NULL,"
    " hash BYTEA NOT NULL," /* of the cookie */
    " user_id TEXT NOT NULL REFERENCES users (id),"
    " address TEXT NOT NULL,"
    " agent TEXT NOT NULL,"
    " created_at BIGINT NOT NULL,"
    " last_seen_at BIGINT NOT NULL);"

    "CREATE TABLE box ("
    " name TEXT PRIMARY KEY NOT NULL," /* setup.step, language */
    " value TEXT NOT NULL);"

    "ALTER TABLE api_keys ADD COLUMN last_used_at BIGINT NOT NULL DEFAULT 0;"; /* 0: never */
