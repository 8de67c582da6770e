#include "app/store/sql.h"

/* A secret floor of a listing's price; 0: none. */
const char gv_migration_005[] =
    "ALTER TABLE listings ADD COLUMN reserve BIGINT NOT NULL DEFAULT 0;";
