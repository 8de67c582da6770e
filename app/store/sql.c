#include "app/store/sql.h"

/* All columns of a listing with its spend and reveal state, in the order listings.c reads. */
#define LISTING_COLUMNS                                                                            \
    "l.id, l.created_at, l.asset_name, l.asset_qty_base, l.asset_divisible, l.locked, "            \
    "l.utxo_txid, l.utxo_vout, l.utxo_value, l.utxo_spk, l.payout_spk, "                           \
    "l.start_block, l.end_block, l.blocks_after_end, "                                             \
    "l.start_price, l.end_price, l.price_decrement, l.seller, l.reserve, l.more_assets, "          \
    "l.ladder_root, "                                                                              \
    "s.state, s.outcome, s.txid, s.block, s.block_hash, s.block_time, "                            \
    "s.sold_rung, s.sold_price, s.early_leak, s.asset_returned, s.recipient, r.revealed_high "     \
    "FROM listings l JOIN spends s ON s.listing_id = l.id JOIN reveals r ON r.listing_id = l.id "

#define DELIVERY_COLUMNS                                                                           \
    "id, webhook_id, uuid, event, state, created_at, attempts, first_at, next_at, done_at, "       \
    "status, error"

/* An order with its newest commitment, as order_rows.c reads it. Claimed: there is an accepted claim. */
#define OA_ORDER_COLUMNS                                                                           \
    "o.id, o.description, o.created_at, o.state, o.batch_id, o.round, o.updated_at, "              \
    "COALESCE(c.solver_id, ''), COALESCE(c.input_amount, 0), COALESCE(c.min_output_amount, 0), "   \
    "COALESCE(c.deadline, 0), COALESCE(k.accepted, 0) "                                            \
    "FROM oa_order o "                                                                             \
    "LEFT JOIN oa_commitment c ON c.order_id = o.id AND c.round = o.round "                        \
    "LEFT JOIN oa_claim k ON k.order_id = o.id AND k.round = o.round AND k.accepted = 1 "
/* Numbers of the states that are open come first (app/auction/orders/order.h). */
#define OA_OPEN "o.state < 3"

#define OA_BID_COLUMNS                                                                             \
    "b.seq, b.order_id, b.solver_id, b.max_input, b.rate_text, b.min_output, b.valid_till, "       \
    "b.received_at, b.peer "

static const char *const texts[GV_SQL_COUNT] = {
    [GV_SQL_META_GET] = "SELECT value FROM meta WHERE name = $1",
    [GV_SQL_META_PUT] = "INSERT INTO meta (name, value) VALUES ($1, $2) "
                        "ON CONFLICT (name) DO UPDATE SET value = excluded.value",

    [GV_SQL_LISTING_INSERT] =
        "INSERT INTO listings (id, created_at, retired, asset_name, asset_qty_base, "
        "asset_divisible, locked, utxo_txid, utxo_vout, utxo_value, utxo_spk, payout_spk, "
        "start_block, end_block, blocks_after_end, start_price, end_price, price_decrement, "
        "seller, reserve, more_assets, ladder_root) "
        "VALUES ($1, $2, 0, $3, $4, $5, $6, $7, $8, $9, $10, $11, "
        "$12, $13, $14, "
        "$15, $16, $17, $18, $19, $20, $21)",
    [GV_SQL_LISTING_EACH] = "SELECT " LISTING_COLUMNS "WHERE l.retired = 0 ORDER BY l.id",
    [GV_SQL_LISTING_GET] = "SELECT " LISTING_COLUMNS "WHERE l.id = $1",
    [GV_SQL_LISTING_RETIRE] = "UPDATE listings SET retired = 1 WHERE id = $1",
    [GV_SQL_LISTING_EXTEND] =
        "UPDATE listings SET end_block = $1, end_price = $2, locked = $3 WHERE id = $4",
    [GV_SQL_LISTING_NEWEST] =
        "SELECT COALESCE(MAX(id), 0), COALESCE(MAX(created_at), 0) FROM listings",
    [GV_SQL_SPEND_PUT] =
        "INSERT INTO spends (listing_id, state, outcome, txid, block, block_hash, block_time, "
        "sold_rung, sold_price, early_leak, asset_returned, recipient) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) "
        "ON CONFLICT (listing_id) DO UPDATE SET state = excluded.state, "
        "outcome = excluded.outcome, txid = excluded.txid, block = excluded.block, "
        "block_hash = excluded.block_hash, block_time = excluded.block_time, "
        "sold_rung = excluded.sold_rung, sold_price = excluded.sold_price, "
        "early_leak = excluded.early_leak, asset_returned = excluded.asset_returned, "
        "recipient = excluded.recipient",
    [GV_SQL_REVEAL_PUT] = "INSERT INTO reveals (listing_id, revealed_high) VALUES ($1, $2) "
                          "ON CONFLICT (listing_id) DO UPDATE SET "
                          "revealed_high = excluded.revealed_high",

    [GV_SQL_LADDER_INSERT] =
        "INSERT INTO ladders (listing_id, from_block, rungs, nodes) VALUES ($1, $2, $3, $4)",
    [GV_SQL_LADDER_GET] = "SELECT from_block, rungs, nodes FROM ladders "
                          "WHERE listing_id = $1 AND from_block <= $2 "
                          "ORDER BY from_block DESC LIMIT 1",
    [GV_SQL_RUNG_INSERT] =
        "INSERT INTO rungs (listing_id, block_number, price, sealed) VALUES ($1, $2, $3, $4)",
    [GV_SQL_RUNG_GET] =
        "SELECT block_number, price, sealed FROM rungs WHERE listing_id = $1 AND block_number = $2",
    [GV_SQL_RUNGS_OF_PRICE] = "SELECT block_number, price, sealed FROM rungs "
                              "WHERE listing_id = $1 AND price = $2 ORDER BY block_number",
    [GV_SQL_RUNG_COUNT] = "SELECT COUNT(*) FROM rungs WHERE listing_id = $1",

    [GV_SQL_CHAIN_APPEND] = "INSERT INTO chain (height, hash) VALUES ($1, $2)",
    [GV_SQL_CHAIN_DROP] = "DELETE FROM chain WHERE height = $1",
    [GV_SQL_CHAIN_PRUNE] = "DELETE FROM chain WHERE height < $1",
    [GV_SQL_CHAIN_EACH] = "SELECT height, hash FROM chain ORDER BY height",

    [GV_SQL_KEY_INSERT] =
        "INSERT INTO api_keys (id, name, hash, scopes, created_at, expires_at, revoked_at, "
        "last_used_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    [GV_SQL_KEY_REVOKE] = "UPDATE api_keys SET revoked_at = $1 WHERE id = $2",
    [GV_SQL_KEY_DELETE] = "DELETE FROM api_keys WHERE id = $1",
    [GV_SQL_KEY_EACH] = "SELECT id, name, hash, scopes, created_at, expires_at, revoked_at, "
                        "last_used_at FROM api_keys ORDER BY created_at, id",
    [GV_SQL_KEY_USED] = "UPDATE api_keys SET last_used_at = $1 WHERE id = $2",

    [GV_SQL_USER_PUT] =
        "INSERT INTO users (id, name, role, disabled, password, totp_on, totp_step, totp_sealed, "
        "created_at, last_login_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) "
        "ON CONFLICT (id) DO UPDATE SET name = excluded.name, role = excluded.role, "
        "disabled = excluded.disabled, password = excluded.password, "
        "totp_on = excluded.totp_on, totp_step = excluded.totp_step, "
        "totp_sealed = excluded.totp_sealed, last_login_at = excluded.last_login_at",
    [GV_SQL_USER_DELETE] = "DELETE FROM users WHERE id = $1",
    [GV_SQL_USER_EACH] = "SELECT id, name, role, disabled, password, totp_on, totp_step, "
                         "totp_sealed, created_at, last_login_at FROM users "
                         "ORDER BY created_at, id",
    [GV_SQL_SESSION_PUT] =
        "INSERT INTO sessions (id, hash, user_id, address, agent, created_at, last_seen_at) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7) "
        "ON CONFLICT (id) DO UPDATE SET last_seen_at = excluded.last_seen_at",
    [GV_SQL_SESSION_DELETE] = "DELETE FROM sessions WHERE id = $1",
    [GV_SQL_SESSION_EACH] = "SELECT id, hash, user_id, address, agent, created_at, last_seen_at "
                            "FROM sessions ORDER BY created_at, id",
    [GV_SQL_BOX_PUT] = "INSERT INTO box (name, value) VALUES ($1, $2) "
                       "ON CONFLICT (name) DO UPDATE SET value = excluded.value",
    [GV_SQL_BOX_EACH] = "SELECT name, value FROM box ORDER BY name",

    [GV_SQL_AUDIT_INSERT] = "INSERT INTO audit (id, at, kind, subject, detail, prev_hash, hash) "
                            "VALUES ($1, $2, $3, $4, $5, $6, $7)",
    [GV_SQL_AUDIT_LAST] = "SELECT id, hash FROM audit ORDER BY id DESC LIMIT 1",
    [GV_SQL_AUDIT_EACH] = "SELECT id, at, kind, subject, detail, prev_hash, hash FROM audit "
                          "WHERE id > $1 ORDER BY id",
    [GV_SQL_AUDIT_BEFORE] = "SELECT id, at, kind, subject, detail, prev_hash, hash FROM audit "
                            "WHERE id < $1 ORDER BY id DESC LIMIT $2",
    [GV_SQL_AUDIT_KIND_BEFORE] = "SELECT id, at, kind, subject, detail, prev_hash, hash FROM audit "
                                 "WHERE id < $1 AND kind = $2 ORDER BY id DESC LIMIT $3",
    /* A kind, or all that begin with it and a dot: '/' is the sign behind '.'. They may be many, and the newest are
     * near then: an expression keeps the index out, after which all of them would have to be sorted. */
    [GV_SQL_AUDIT_AREA_BEFORE] =
        "SELECT id, at, kind, subject, detail, prev_hash, hash FROM audit WHERE id < $1 "
        "AND (kind || '' = $2 OR (kind || '' > $3 || '.' AND kind || '' < $4 || '/')) "
        "ORDER BY id DESC LIMIT $5",

    [GV_SQL_AUDIT_ABOUT] = "SELECT id, at, kind, subject, detail, prev_hash, hash FROM audit "
                           "WHERE subject = $1 ORDER BY id DESC LIMIT $2",

    [GV_SQL_RUNG_AFTER] =
        "SELECT r.listing_id, l.utxo_txid, l.utxo_vout, r.block_number, r.price, r.sealed "
        "FROM rungs r JOIN listings l ON l.id = r.listing_id "
        "WHERE (r.listing_id, r.block_number) > ($1, $2) "
        "ORDER BY r.listing_id, r.block_number LIMIT 1",
    [GV_SQL_RUNG_SEAL] = "UPDATE rungs SET sealed = $1 WHERE listing_id = $2 AND block_number = $3",
    [GV_SQL_WEBHOOK_SEAL] = "UPDATE webhooks SET sealed = $1 WHERE id = $2",

    [GV_SQL_WEBHOOK_INSERT] =
        "INSERT INTO webhooks (id, name, url, sealed, events, created_at, disabled_at, "
        "disabled_why) VALUES ($1, $2, $3, $4, $5, $6, 0, '')",
    [GV_SQL_WEBHOOK_UPDATE] = "UPDATE webhooks SET name = $1, url = $2, events = $3, "
                              "disabled_at = $4, disabled_why = $5 WHERE id = $6",
    [GV_SQL_WEBHOOK_DELETE] = "DELETE FROM webhooks WHERE id = $1",
    [GV_SQL_WEBHOOK_EACH] = "SELECT id, name, url, events, created_at, disabled_at, disabled_why "
                            "FROM webhooks ORDER BY id",
    [GV_SQL_WEBHOOK_SECRET] = "SELECT sealed FROM webhooks WHERE id = $1",
    [GV_SQL_DELIVERY_NEWEST] = "SELECT COALESCE(MAX(id), 0) FROM deliveries",
    [GV_SQL_DELIVERY_INSERT] =
        "INSERT INTO deliveries (id, webhook_id, uuid, event, body, state, created_at, attempts, "
        "first_at, next_at, done_at, status, error) "
        "VALUES ($1, $2, $3, $4, $5, 0, $6, 0, 0, $7, 0, 0, '')",
    [GV_SQL_DELIVERY_UPDATE] = "UPDATE deliveries SET state = $1, attempts = $2, first_at = $3, "
                               "next_at = $4, done_at = $5, status = $6, error = $7 WHERE id = $8",
    [GV_SQL_DELIVERY_GET] = "SELECT " DELIVERY_COLUMNS ", body FROM deliveries WHERE id = $1",
    [GV_SQL_DELIVERY_PENDING] =
        "SELECT COUNT(*) FROM deliveries WHERE webhook_id = $1 AND state = 0",
    [GV_SQL_DELIVERY_HEAD] = "SELECT " DELIVERY_COLUMNS " FROM deliveries "
                             "WHERE webhook_id = $1 AND state = 0 ORDER BY id LIMIT 1",
    [GV_SQL_DELIVERY_PAGE] = "SELECT " DELIVERY_COLUMNS " FROM deliveries "
                             "WHERE webhook_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3",
    [GV_SQL_DELIVERY_PRUNE] =
        "DELETE FROM deliveries WHERE webhook_id = $1 AND state = 1 AND id <= "
        "COALESCE((SELECT id FROM deliveries WHERE webhook_id = $2 AND state = 1 "
        "ORDER BY id DESC LIMIT 1 OFFSET $3), 0)",
    [GV_SQL_DELIVERIES_DELETE] = "DELETE FROM deliveries WHERE webhook_id = $1",
    [GV_SQL_REPLAY_PUT] =
        "INSERT INTO replays (key, body, at, status, location, answer) "
        "VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (key) DO UPDATE SET body = excluded.body, "
        "at = excluded.at, status = excluded.status, location = excluded.location, "
        "answer = excluded.answer",
    [GV_SQL_REPLAY_GET] = "SELECT body, at, status, location, answer FROM replays WHERE key = $1",
    [GV_SQL_REPLAY_PRUNE] =
        "DELETE FROM replays WHERE at <= $1 OR at < "
        "COALESCE((SELECT at FROM replays ORDER BY at DESC LIMIT 1 OFFSET $2), 0)",

    [GV_SQL_OA_ORDER_INSERT] =
        "INSERT INTO oa_order (id, description, created_at, state, batch_id, "
        "round, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
    [GV_SQL_OA_ORDER_UPDATE] =
        "UPDATE oa_order SET state = $1, batch_id = CASE WHEN $2 > 0 THEN $3 ELSE batch_id END, "
        "round = $4, updated_at = $5 WHERE id = $6",
    [GV_SQL_OA_ORDER_GET] = "SELECT " OA_ORDER_COLUMNS "WHERE o.id = $1",
    [GV_SQL_OA_ORDER_BEFORE] =
        "SELECT " OA_ORDER_COLUMNS "WHERE o.id < $1 ORDER BY o.id DESC LIMIT $2",
    [GV_SQL_OA_ORDER_STATE_BEFORE] =
        "SELECT " OA_ORDER_COLUMNS "WHERE o.state = $1 AND o.id < $2 ORDER BY o.id DESC LIMIT $3",
    [GV_SQL_OA_ORDER_OPEN] = "SELECT " OA_ORDER_COLUMNS "WHERE " OA_OPEN " ORDER BY o.id",
    [GV_SQL_OA_ORDER_NEWEST] =
        "SELECT COALESCE((SELECT MAX(id) FROM oa_order), 0), "
        "COALESCE((SELECT MAX(seq) FROM oa_bid), 0), COALESCE((SELECT MAX(seq) FROM oa_ledger), 0)",
    [GV_SQL_OA_BID_INSERT] =
        "INSERT INTO oa_bid (seq, order_id, solver_id, max_input, rate_text, min_output, "
        "valid_till, received_at, peer) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    [GV_SQL_OA_BID_BEFORE] =
        "SELECT " OA_BID_COLUMNS "FROM oa_bid b WHERE b.order_id = $1 AND b.seq < $2 "
        "ORDER BY b.seq DESC LIMIT $3",
    [GV_SQL_OA_BID_OPEN] =
        "SELECT " OA_BID_COLUMNS "FROM oa_bid b JOIN oa_order o ON o.id = b.order_id "
        "WHERE " OA_OPEN " ORDER BY b.seq",
    [GV_SQL_OA_COMMITMENT_INSERT] =
        "INSERT INTO oa_commitment (order_id, round, solver_id, input_amount, "
        "min_output_amount, deadline, created_at, outcome) VALUES ($1, $2, $3, $4, $5, $6, $7, 0)",
    [GV_SQL_OA_COMMITMENT_END] =
        "UPDATE oa_commitment SET outcome = $1 WHERE order_id = $2 AND round = $3",
    [GV_SQL_OA_COMMITMENT_EACH] =
        "SELECT c.order_id, c.round, c.solver_id, c.input_amount, c.min_output_amount, "
        "c.deadline, c.created_at, c.outcome, COALESCE(e.state, 0), COALESCE(e.bond, 0), "
        "COALESCE(e.deposited, 0) FROM oa_commitment c "
        "LEFT JOIN oa_escrow e ON e.order_id = c.order_id AND e.round = c.round "
        "WHERE c.order_id = $1 AND c.round >= $2 ORDER BY c.round LIMIT $3",
    [GV_SQL_OA_COMMITMENT_FAILED] =
        "SELECT c.order_id, c.solver_id FROM oa_commitment c "
        "JOIN oa_order o ON o.id = c.order_id WHERE " OA_OPEN " AND c.outcome = 2 "
        "ORDER BY c.order_id, c.round",
    [GV_SQL_OA_ESCROW_PUT] =
        "INSERT INTO oa_escrow (order_id, round, state, bond, deposited, proof) "
        "VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (order_id, round) DO UPDATE SET "
        "state = excluded.state, deposited = excluded.deposited, proof = excluded.proof",
    [GV_SQL_OA_CLAIM_PUT] =
        "INSERT INTO oa_claim (order_id, round, solver_id, accepted, received_at, reason) "
        "VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (order_id, round, solver_id, accepted) DO "
        "NOTHING",
    [GV_SQL_OA_CLAIM_EACH] =
        "SELECT order_id, round, solver_id, accepted, received_at, reason FROM oa_claim "
        "WHERE order_id = $1 ORDER BY round, received_at, solver_id, accepted LIMIT $2",
    [GV_SQL_OA_SOLVER_PUT] =
        "INSERT INTO oa_solver (id, key_hash, pubkey, wins, failures, suspended_until, "
        "cool_until) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (id) DO UPDATE SET "
        "key_hash = excluded.key_hash, pubkey = excluded.pubkey, wins = excluded.wins, "
        "failures = excluded.failures, suspended_until = excluded.suspended_until, "
        "cool_until = excluded.cool_until",
    [GV_SQL_OA_SOLVER_DELETE] = "DELETE FROM oa_solver WHERE id = $1",
    [GV_SQL_OA_SOLVER_EACH] =
        "SELECT id, key_hash, pubkey, wins, failures, suspended_until, cool_until "
        "FROM oa_solver ORDER BY id",
    [GV_SQL_OA_ACCOUNT_PUT] = "INSERT INTO oa_account (name, balance) VALUES ($1, $2) "
                              "ON CONFLICT (name) DO UPDATE SET balance = excluded.balance",
    [GV_SQL_OA_ACCOUNT_EACH] = "SELECT name, balance FROM oa_account ORDER BY name",
    [GV_SQL_OA_LEDGER_INSERT] =
        "INSERT INTO oa_ledger (seq, at, from_account, to_account, amount, order_id, "
        "round, proof) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    [GV_SQL_OA_LEDGER_AFTER] = "SELECT seq, from_account, to_account, amount FROM oa_ledger "
                               "WHERE seq > $1 ORDER BY seq LIMIT $2",
    [GV_SQL_OA_EVENT_INSERT] = "INSERT INTO oa_event (seq, at, kind, json, prev_hash, hash) "
                               "VALUES ($1, $2, $3, $4, $5, $6)",
    [GV_SQL_OA_EVENT_LAST] = "SELECT seq, hash, at FROM oa_event ORDER BY seq DESC LIMIT 1",
    [GV_SQL_OA_EVENT_OLD] = "SELECT seq, at, hash FROM oa_event WHERE seq <= $1 AND at < $2 "
                            "ORDER BY seq DESC LIMIT 1",
    [GV_SQL_OA_EVENT_CUT] = "DELETE FROM oa_event WHERE seq <= $1",
    [GV_SQL_OA_ORDER_OLDEST] = "SELECT o.id, o.state, o.updated_at, "
                               "(SELECT COUNT(*) FROM oa_bid b WHERE b.order_id = o.id) "
                               "FROM oa_order o ORDER BY o.id LIMIT 1",
    [GV_SQL_OA_ORDER_CUT] = "DELETE FROM oa_order WHERE id = $1",
    [GV_SQL_OA_BID_CUT] = "DELETE FROM oa_bid WHERE order_id = $1",
    [GV_SQL_OA_COMMITMENT_CUT] = "DELETE FROM oa_commitment WHERE order_id = $1",
    [GV_SQL_OA_CLAIM_CUT] = "DELETE FROM oa_claim WHERE order_id = $1",
    [GV_SQL_OA_ESCROW_CUT] = "DELETE FROM oa_escrow WHERE order_id = $1",
    [GV_SQL_OA_CUT_GET] =
        "SELECT order_id, bid_seq, event_seq, event_at, event_hash FROM oa_cut WHERE id = 1",
    [GV_SQL_OA_CUT_PUT] =
        "INSERT INTO oa_cut (id, order_id, bid_seq, event_seq, event_at, event_hash) "
        "VALUES (1, $1, $2, $3, $4, $5) ON CONFLICT (id) DO UPDATE SET "
        "order_id = excluded.order_id, bid_seq = excluded.bid_seq, "
        "event_seq = excluded.event_seq, event_at = excluded.event_at, "
        "event_hash = excluded.event_hash",
    [GV_SQL_OA_EVENT_FROM] =
        "SELECT seq, at, kind, json, prev_hash, hash FROM oa_event WHERE seq >= $1 "
        "ORDER BY seq LIMIT $2",
};

const char *gv_sql_text(enum gv_sql sql)
{
    return texts[sql];
}
