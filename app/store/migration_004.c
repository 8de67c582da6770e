#include "app/store/sql.h"

/* Answers kept for a day (replay.h). */
const char gv_migration_004[] = "CREATE TABLE replays ("
                                " key BYTEA PRIMARY KEY NOT NULL,"
                                " body BYTEA NOT NULL,"
                                " at BIGINT NOT NULL,"
                                " status BIGINT NOT NULL,"
                                " location TEXT NOT NULL,"
                                " answer BYTEA NOT NULL);"
                                "CREATE INDEX replays_by_at ON replays (at);";
