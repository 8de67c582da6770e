#include "app/store/sql.h"

/* Order auctions (orders.h). Times are seconds of the book's clock; amounts end at 2^53 - 1. */
const char gv_migration_007[] =
    "CREATE TABLE oa_order ("
    " id BIGINT PRIMARY KEY NOT NULL,"
    " description TEXT NOT NULL,"
    " created_at BIGINT NOT NULL,"
    " state INTEGER NOT NULL,"
    " batch_id BIGINT NOT NULL," /* sequence number of its BatchCreated event; 0: none */
    " round BIGINT NOT NULL,"    /* of its newest commitment; 0: none */
    " updated_at BIGINT NOT NULL);"
    "CREATE INDEX oa_order_by_state ON oa_order (state, id);"

    "CREATE TABLE oa_bid ("
    " seq BIGINT PRIMARY KEY NOT NULL,"
    " order_id BIGINT NOT NULL,"
    " solver_id TEXT NOT NULL,"
    " max_input BIGINT NOT NULL,"
    " rate_text TEXT NOT NULL,"
    " min_output BIGINT NOT NULL,"
    " valid_till BIGINT NOT NULL,"
    " received_at BIGINT NOT NULL,"
    " peer TEXT NOT NULL);"
    "CREATE INDEX oa_bid_by_order ON oa_bid (order_id, seq);"

    "CREATE TABLE oa_commitment ("
    " order_id BIGINT NOT NULL,"
    " round BIGINT NOT NULL,"
    " solver_id TEXT NOT NULL,"
    " input_amount BIGINT NOT NULL,"
    " min_output_amount BIGINT NOT NULL,"
    " deadline BIGINT NOT NULL,"
    " created_at BIGINT NOT NULL,"
    " outcome INTEGER NOT NULL,"
    " PRIMARY KEY (order_id, round));"

    /* The first claim of a solver in a round, of those accepted and of those refused. */
    "CREATE TABLE oa_claim ("
    " order_id BIGINT NOT NULL,"
    " round BIGINT NOT NULL,"
    " solver_id TEXT NOT NULL,"
    " accepted INTEGER NOT NULL,"
    " received_at BIGINT NOT NULL,"
    " reason TEXT NOT NULL,"
    " PRIMARY KEY (order_id, round, solver_id, accepted));"

    "CREATE TABLE oa_escrow ("
    " order_id BIGINT NOT NULL,"
    " round BIGINT NOT NULL,"
    " state INTEGER NOT NULL,"
    " bond BIGINT NOT NULL,"
    " deposited BIGINT NOT NULL,"
    " proof TEXT NOT NULL,"
    " PRIMARY KEY (order_id, round));"

    "CREATE TABLE oa_solver ("
    " id TEXT PRIMARY KEY NOT NULL,"
    " key_hash BYTEA NOT NULL," /* empty: no secret */
    " pubkey BYTEA NOT NULL,"   /* empty: no key */
    " wins BIGINT NOT NULL,"
    " failures BIGINT NOT NULL,"
    " suspended_until BIGINT NOT NULL,"
    " cool_until BIGINT NOT NULL);"

    "CREATE TABLE oa_account ("
    " name TEXT PRIMARY KEY NOT NULL,"
    " balance BIGINT NOT NULL);"

    "CREATE TABLE oa_ledger ("
    " seq BIGINT PRIMARY KEY NOT NULL,"
    " at BIGINT NOT NULL,"
    " from_account TEXT NOT NULL,"
    " to_account TEXT NOT NULL,"
    " amount BIGINT NOT NULL,"
    " order_id BIGINT NOT NULL,"
    " round BIGINT NOT NULL,"
    " proof TEXT NOT NULL);"

    "CREATE TABLE oa_event ("
    " seq BIGINT PRIMARY KEY NOT NULL,"
    " at BIGINT NOT NULL,"
    " kind TEXT NOT NULL,"
    " json TEXT NOT NULL,"
    " prev_hash BYTEA NOT NULL,"
    " hash BYTEA NOT NULL);";
