#include "app/store/sql.h"

/* The Merkle tree over the rungs of a ladder (ladder_root.h): one row for what was listed at first, one for
 * each extension. A ladder that was listed before this has none. */
const char gv_migration_008[] =
    "CREATE TABLE ladders ("
    " listing_id INTEGER NOT NULL REFERENCES listings (id),"
    " from_block BIGINT NOT NULL,"
    " rungs BIGINT NOT NULL,"
    " nodes BYTEA NOT NULL," /* 32 bytes each: leaves first, the root last */
    " PRIMARY KEY (listing_id, from_block));"

    "ALTER TABLE listings ADD COLUMN ladder_root BYTEA NOT NULL DEFAULT "
    "x'0000000000000000000000000000000000000000000000000000000000000000';";
