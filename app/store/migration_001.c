#include "app/store/sql.h"

/* First sale. Numbers of enumerations are those of listing.h and api_key.h. Hashes and txids are
 * in internal byte order. */
const char gv_migration_001[] =
    "CREATE TABLE meta ("
    " name TEXT PRIMARY KEY NOT NULL,"
    " value BYTEA NOT NULL);"

    "CREATE TABLE listings ("
    " id INTEGER PRIMARY KEY NOT NULL,"
    " created_at BIGINT NOT NULL,"
    " retired INTEGER NOT NULL," /* 1: settled long ago, not loaded */
    " asset_name TEXT NOT NULL,"
    " asset_qty_base BIGINT NOT NULL,"
    " asset_divisible INTEGER NOT NULL,"
    " locked INTEGER NOT NULL,"
    " utxo_txid BYTEA NOT NULL,"
    " utxo_vout BIGINT NOT NULL,"
    " utxo_value BIGINT NOT NULL,"
    " utxo_spk BYTEA NOT NULL,"
    " payout_spk BYTEA NOT NULL,"
    " start_block BIGINT NOT NULL,"
    " end_block BIGINT NOT NULL,"
    " blocks_after_end BIGINT NOT NULL,"
    " start_price BIGINT NOT NULL,"
    " end_price BIGINT NOT NULL,"
    " price_decrement BIGINT NOT NULL,"
    " seller TEXT NOT NULL);"
    "CREATE INDEX listings_by_retired ON listings (retired, id);"

    "CREATE TABLE rungs ("
    " listing_id INTEGER NOT NULL REFERENCES listings (id),"
    " block_number BIGINT NOT NULL,"
    " price BIGINT NOT NULL,"
    " sealed BYTEA NOT NULL,"
    " PRIMARY KEY (listing_id, block_number));"

    /* Apart from the terms, so that a block that changes many listings rewrites few pages. */
    "CREATE TABLE spends ("
    " listing_id INTEGER PRIMARY KEY NOT NULL REFERENCES listings (id),"
    " state INTEGER NOT NULL,"
    " outcome INTEGER NOT NULL,"
    " txid BYTEA NOT NULL,"
    " block BIGINT NOT NULL,"
    " block_hash BYTEA NOT NULL,"
    " block_time BIGINT NOT NULL,"
    " sold_rung BIGINT NOT NULL,"
    " sold_price BIGINT NOT NULL,"
    " early_leak INTEGER NOT NULL,"
    " asset_returned INTEGER NOT NULL,"
    " recipient TEXT NOT NULL);"
    "CREATE TABLE reveals ("
    " listing_id INTEGER PRIMARY KEY NOT NULL REFERENCES listings (id),"
    " revealed_high BIGINT NOT NULL);"

    "CREATE TABLE chain ("
    " height INTEGER PRIMARY KEY NOT NULL,"
    " hash BYTEA NOT NULL);"

    "CREATE TABLE api_keys ("
    " id TEXT PRIMARY KEY NOT NULL,"
    " name TEXT NOT NULL,"
    " hash BYTEA NOT NULL,"
    " scopes BIGINT NOT NULL,"
    " created_at BIGINT NOT NULL,"
    " expires_at BIGINT NOT NULL,"  /* 0: never */
    " revoked_at BIGINT NOT NULL);" /* 0: valid */

    "CREATE TABLE audit ("
    " id INTEGER PRIMARY KEY NOT NULL," /* 1, 2, 3, ... without gaps */
    " at BIGINT NOT NULL,"
    " kind TEXT NOT NULL,"
    " subject TEXT NOT NULL,"
    " detail TEXT NOT NULL,"
    " prev_hash BYTEA NOT NULL,"
    " hash BYTEA NOT NULL);";
