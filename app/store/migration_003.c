#include "app/store/sql.h"

/* Receivers of events and their outbox. Numbers of enumerations are those of webhook.h. */
const char gv_migration_003[] =
    "CREATE TABLE webhooks ("
    " id INTEGER PRIMARY KEY NOT NULL,"
    " name TEXT NOT NULL,"
    " url TEXT NOT NULL,"
    " sealed BYTEA NOT NULL," /* its secret */
    " events BIGINT NOT NULL,"
    " created_at BIGINT NOT NULL,"
    " disabled_at BIGINT NOT NULL," /* 0: enabled */
    " disabled_why TEXT NOT NULL);"

    "CREATE TABLE deliveries ("
    " id INTEGER PRIMARY KEY NOT NULL,"
    " webhook_id INTEGER NOT NULL REFERENCES webhooks (id),"
    " uuid TEXT NOT NULL,"
    " event INTEGER NOT NULL,"
    " body BYTEA NOT NULL,"
    " state INTEGER NOT NULL,"
    " created_at BIGINT NOT NULL,"
    " attempts BIGINT NOT NULL,"
    " first_at BIGINT NOT NULL," /* 0: not tried yet */
    " next_at BIGINT NOT NULL,"
    " done_at BIGINT NOT NULL,"
    " status BIGINT NOT NULL," /* HTTP; 0: no answer */
    " error TEXT NOT NULL);"
    "CREATE INDEX deliveries_by_webhook ON deliveries (webhook_id, state, id);";
