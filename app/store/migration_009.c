#include "app/store/sql.h"

/* What was given out and chained before the oldest order and event that are kept (orders.h "retention"). */
const char gv_migration_009[] =
    "CREATE TABLE oa_cut ("
    " id INTEGER PRIMARY KEY NOT NULL," /* 1: the only row */
    " order_id BIGINT NOT NULL,"
    " bid_seq BIGINT NOT NULL,"
    " event_seq BIGINT NOT NULL," /* of the newest event that was cut; 0: none */
    " event_at BIGINT NOT NULL,"
    " event_hash BYTEA NOT NULL);";
