#include "app/store/sql.h"

/* The further assets of a bundle, packed as in bundle.h; empty for a single asset. */
const char gv_migration_006[] =
    "ALTER TABLE listings ADD COLUMN more_assets BYTEA NOT NULL DEFAULT '';";
