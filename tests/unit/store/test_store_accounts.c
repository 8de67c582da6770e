/* Shows that people, sessions and the box come back as they were written, that a second factor opens
 * only in its own row, that damaged rows are refused, and that a database of the first release, with
 * rows of every table, is brought to the present schema without losing anything. */
#include "app/store/accounts.h"

#include "app/store/sql.h"
#include "firmware/base/text.h"
#include "hal/linux/sqlite_storage.h"
#include "hal/linux/third_party_memory.h"
#include "hal/sim/entropy.h"
#include "hal/sim/fault_storage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct gv_sqlite sqlite;
static struct gv_storage storage;
static struct gv_store store;
static struct gv_seal_key key;
static struct gv_sim_random numbers;
static struct gv_entropy entropy;

static void open_file(void)
{
    assert_int_equal(gv_sqlite_open(&sqlite, "store.db", GV_FAULT_VFS, NULL), GV_OK);
    storage = gv_sqlite_storage(&sqlite);
}

static void open_store(void)
{
    open_file();
    assert_int_equal(gv_store_open(&store, &storage, &key, &entropy, NULL), GV_OK);
}

static void close_store(void)
{
    gv_store_close(&store);
    gv_sqlite_close(&sqlite);
}

static void run(const char *sql)
{
    assert_int_equal(gv_storage_exec(&storage, sql), GV_OK);
}

static int empty_disk(void **state)
{
    (void)state;
    gv_memory_init();
    gv_fault_init();
    memset(key.b, 7, sizeof(key.b));
    numbers = gv_sim_random_of(1);
    entropy = gv_sim_entropy(&numbers);
    return 0;
}

static int set_up(void **state)
{
    empty_disk(state);
    open_store();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    close_store();
    return 0;
}

#define PHC                                                                                        \
    "$pbkdf2-sha512$i=1000$ERERERERERERERERERERERE$"                                               \
    "IiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIg"

static struct gv_user user_of(uint8_t number)
{
    struct gv_user user = {.name = "Alice-0",
                           .role = GV_ROLE_OPERATOR,
                           .disabled = true,
                           .password = PHC,
                           .totp_on = true,
                           .totp_step = INT64_MAX,
                           .created_at = {1780000000 + number},
                           .last_login_at = {1780000001}};
    const uint8_t random[16] = {number};
    user.name[6] = (char)('0' + number);
    gv_user_id_format(user.id, random);
    memset(user.totp_secret, number, sizeof(user.totp_secret));
    return user;
}

static struct gv_user users[4];
static uint32_t users_n;

static enum gv_err take_user(void *ctx, const struct gv_user *user)
{
    (void)ctx;
    users[users_n++] = *user;
    return GV_OK;
}

static enum gv_err read_users(void)
{
    users_n = 0;
    return gv_store_users_each(&store, take_user, NULL);
}

static struct gv_session sessions[4];
static uint32_t sessions_n;

static enum gv_err take_session(void *ctx, const struct gv_session *session)
{
    (void)ctx;
    sessions[sessions_n++] = *session;
    return GV_OK;
}

static enum gv_err read_sessions(void)
{
    sessions_n = 0;
    return gv_store_sessions_each(&store, take_session, NULL);
}

static void a_person_comes_back_in_every_member(void **state)
{
    (void)state;
    struct gv_user one = user_of(1);
    struct gv_user two = user_of(2);
    two.totp_on = false;
    memset(two.totp_secret, 0, sizeof(two.totp_secret));
    assert_int_equal(gv_store_user_put(&store, &two), GV_OK);
    assert_int_equal(gv_store_user_put(&store, &one), GV_OK);
    assert_int_equal(read_users(), GV_OK);
    assert_int_equal(users_n, 2);
    assert_memory_equal(&users[0], &one, sizeof(one));
    assert_memory_equal(&users[1], &two, sizeof(two));
    one.role = GV_ROLE_VIEWER;
    one.disabled = false;
    one.totp_step = 5;
    assert_int_equal(gv_store_user_put(&store, &one), GV_OK);
    assert_int_equal(gv_store_user_delete(&store, two.id), GV_OK);
    assert_int_equal(read_users(), GV_OK);
    assert_int_equal(users_n, 1);
    assert_memory_equal(&users[0], &one, sizeof(one));
}

static void a_second_factor_opens_in_its_own_row_only(void **state)
{
    (void)state;
    const struct gv_user one = user_of(1);
    const struct gv_user two = user_of(2);
    assert_int_equal(gv_store_user_put(&store, &one), GV_OK);
    assert_int_equal(gv_store_user_put(&store, &two), GV_OK);
    run("UPDATE users SET totp_sealed = (SELECT totp_sealed FROM users WHERE name = 'Alice-2')");
    assert_int_equal(read_users(), GV_ERR_STORAGE);
}

static void a_damaged_person_is_refused(void **state)
{
    (void)state;
    static const char *const damages[] = {
        "UPDATE users SET role = 6",
        "UPDATE users SET role = 0",
        "UPDATE users SET disabled = 2",
        "UPDATE users SET password = 'secret'",
        "UPDATE users SET name = 'a b'",
        "UPDATE users SET id = 'short'",
        "UPDATE users SET totp_step = -1",
        "UPDATE users SET totp_sealed = x''",
        "UPDATE users SET totp_sealed = x'00'",
    };
    for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
        const struct gv_user user = user_of(1);
        run("DELETE FROM users");
        assert_int_equal(gv_store_user_put(&store, &user), GV_OK);
        assert_int_equal(read_users(), GV_OK);
        run(damages[i]);
        assert_int_equal(read_users(), GV_ERR_STORAGE);
    }
}

static void a_session_comes_back_and_only_its_last_request_changes(void **state)
{
    (void)state;
    const struct gv_user user = user_of(1);
    struct gv_session session = {.id = "abcdefgh",
                                 .hash = {{9, 8, 7}},
                                 .address = "2001:db8::1",
                                 .agent = "Mozilla/5.0",
                                 .created_at = {1780000000},
                                 .last_seen_at = {1780000000}};
    memcpy(session.user_id, user.id, sizeof(session.user_id));
    assert_int_equal(gv_store_user_put(&store, &user), GV_OK);
    assert_int_equal(gv_store_session_put(&store, &session), GV_OK);
    session.last_seen_at.s += 60;
    assert_int_equal(gv_store_session_put(&store, &session), GV_OK);
    assert_int_equal(read_sessions(), GV_OK);
    assert_int_equal(sessions_n, 1);
    assert_memory_equal(&sessions[0], &session, sizeof(session));
    run("UPDATE sessions SET hash = x'00'");
    assert_int_equal(read_sessions(), GV_ERR_STORAGE);
    assert_int_equal(gv_store_session_delete(&store, "abcdefgh"), GV_OK);
    assert_int_equal(read_sessions(), GV_OK);
    assert_int_equal(sessions_n, 0);
}

static char box_text[128];

static enum gv_err take_box(void *ctx, const char *name, const char *value)
{
    (void)ctx;
    const size_t n = strlen(box_text);
    gv_format_cut(box_text + n, sizeof(box_text) - n, "%s=%s;", name, value);
    return GV_OK;
}

static void the_box_remembers_the_newest_value(void **state)
{
    (void)state;
    box_text[0] = '\0';
    assert_int_equal(gv_store_box_put(&store, "setup.step", "node"), GV_OK);
    assert_int_equal(gv_store_box_put(&store, "language", "de"), GV_OK);
    assert_int_equal(gv_store_box_put(&store, "setup.step", "done"), GV_OK);
    assert_int_equal(gv_store_box_each(&store, take_box, NULL), GV_OK);
    assert_string_equal(box_text, "language=de;setup.step=done;");
}

static struct gv_audit_row page[4];

static uint32_t list(uint64_t before, const char *kind, uint32_t max)
{
    uint32_t n = 0;
    assert_int_equal(gv_store_audit_list(&store, before, kind, page, max, &n), GV_OK);
    return n;
}

static void the_log_is_read_in_pages_newest_first(void **state)
{
    (void)state;
    static const char *const kinds[] = {"login.ok", "login.failed", "key.created",
                                        "login.ok", "loginx",       "login"};
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        assert_int_equal(
            gv_store_audit(&store, (struct gv_utc){1780000000}, kinds[i], "user:a", "by=test"),
            GV_OK);
    }
    assert_int_equal(list(INT64_MAX, "", 4), 4);
    assert_int_equal(page[0].id, 6);
    assert_int_equal(page[3].id, 3);
    assert_int_equal(list(3, "", 4), 2);
    assert_string_equal(page[0].kind, "login.failed");
    assert_memory_equal(page[0].prev_hash.b, page[1].hash.b, 32);
    assert_int_equal(list(UINT64_MAX, "login", 4), 4);
    assert_int_equal(page[0].id, 6);
    assert_int_equal(page[1].id, 4);
    assert_int_equal(page[3].id, 1);
    assert_int_equal(list(UINT64_MAX, "login.ok", 4), 2);
    assert_int_equal(list(UINT64_MAX, "nothing", 4), 0);
    assert_int_equal(list(1, "", 4), 0);
}

/* How the database goes about a statement: its only step. */
static void assert_plan(enum gv_sql sql, const char *expected)
{
    char text[512];
    char plan[256];
    struct gv_stmt stmt = {.handle = NULL};
    bool has_row = false;
    gv_format_cut(text, sizeof(text), "EXPLAIN QUERY PLAN %s", gv_sql_text(sql));
    assert_int_equal(gv_storage_prepare(&storage, &stmt, text), GV_OK);
    assert_int_equal(gv_storage_step(&storage, &stmt, &has_row), GV_OK);
    assert_true(has_row);
    const struct gv_view detail = gv_storage_column_text(&storage, &stmt, 3);
    gv_format_cut(plan, sizeof(plan), "%.*s", (int)detail.n, (const char *)detail.p);
    assert_non_null(strstr(plan, expected));
    assert_int_equal(gv_storage_step(&storage, &stmt, &has_row), GV_OK);
    assert_false(has_row); /* it need not be sorted, too */
    gv_storage_finish(&storage, &stmt);
}

static void no_page_of_the_log_is_sorted_and_a_rare_kind_is_found_by_its_index(void **state)
{
    (void)state;
    assert_plan(GV_SQL_AUDIT_KIND_BEFORE, "USING INDEX audit_by_kind (kind=? AND id<?)");
    assert_plan(GV_SQL_AUDIT_ABOUT, "USING INDEX audit_by_subject (subject=?)");
    assert_plan(GV_SQL_AUDIT_BEFORE, "USING INTEGER PRIMARY KEY");
    assert_plan(GV_SQL_AUDIT_AREA_BEFORE, "USING INTEGER PRIMARY KEY");
}

/* ---- from the first release ------------------------------------------------------------------------- */

static void write_seal_check_of_release_1(void)
{
    uint8_t sealed[17 + GV_SEAL_OVERHEAD];
    const uint8_t nonce[GV_SEAL_NONCE_LEN] = {1};
    struct gv_stmt stmt = {.handle = NULL};
    bool has_row = false;
    gv_seal(sealed, &key, nonce, gv_view_str("seal_check"), gv_view_str("gavel seal check"));
    assert_int_equal(gv_storage_prepare(&storage, &stmt, gv_sql_text(GV_SQL_META_PUT)), GV_OK);
    assert_int_equal(gv_storage_bind_text(&storage, &stmt, 1, gv_view_str("seal_check")), GV_OK);
    assert_int_equal(
        gv_storage_bind_blob(&storage, &stmt, 2, gv_view_of(sealed, 16 + GV_SEAL_OVERHEAD)), GV_OK);
    assert_int_equal(gv_storage_step(&storage, &stmt, &has_row), GV_OK);
    gv_storage_finish(&storage, &stmt);
}

/* The tables of the first release, and a store on them as far as its statements knew them. */
static void make_release_1(void)
{
    open_file();
    run("CREATE TABLE schema_migrations (version INTEGER PRIMARY KEY)");
    run(gv_migration_001);
    run("INSERT INTO schema_migrations (version) VALUES (1)");
    write_seal_check_of_release_1();
    store = (struct gv_store){.storage = &storage, .seal_key = &key, .entropy = &entropy};
    for (uint32_t i = 0; i < GV_SQL_COUNT; i++) {
        (void)!gv_storage_prepare(&storage, &store.statements[i], gv_sql_text((enum gv_sql)i));
    }
    assert_null(store.statements[GV_SQL_USER_EACH].handle);
}

static struct gv_dutch_listing listing_of_release_1(void)
{
    return (struct gv_dutch_listing){
        .id = 5,
        .created_at = {1780000000},
        .terms = {.asset_name = "FROGKING",
                  .asset_qty_base = 1,
                  .utxo = {.vout = 2},
                  .utxo_value = {546},
                  .utxo_spk = {.b = {0x51, 0x20, 9}, .n = 34},
                  .payout_spk = {.b = {0x00, 0x14, 8}, .n = 22},
                  .start_block = 1000,
                  .end_block = 1001,
                  .blocks_after_end = 5,
                  .start_price = {2000},
                  .end_price = {1000},
                  .price_decrement = {1000},
                  .seller = "bc1qseller"},
    };
}

#define BYTES_20 "0800000000000000000000000000000000000000"
#define BYTES_32 "0900000000000000000000000000000000000000000000000000000000000000"

/* Where the statements of today name columns of later releases, those of then. */
static void write_rows_of_release_1(const struct gv_dutch_listing *listing)
{
    const uint8_t psbt[40] = {0x70, 0x73};
    const struct gv_hash256 block = {{1}};
    run("INSERT INTO listings (id, created_at, retired, asset_name, asset_qty_base, "
        "asset_divisible, "
        "locked, utxo_txid, utxo_vout, utxo_value, utxo_spk, payout_spk, start_block, end_block, "
        "blocks_after_end, start_price, end_price, price_decrement, seller) VALUES (5, 1780000000, "
        "0, 'FROGKING', 1, 0, 0, zeroblob(32), 2, 546, x'5120" BYTES_32 "', x'0014" BYTES_20
        "', 1000, 1001, 5, 2000, 1000, 1000, 'bc1qseller')");
    run("INSERT INTO spends (listing_id, state, outcome, txid, block, block_hash, block_time, "
        "sold_rung, sold_price, early_leak, asset_returned, recipient) VALUES (5, 0, 0, "
        "zeroblob(32), 0, zeroblob(32), 0, 0, 0, 0, 0, '')");
    run("INSERT INTO reveals (listing_id, revealed_high) VALUES (5, 0)");
    assert_int_equal(gv_store_rung_insert(&store, listing, 1000, (struct gv_sat){2000},
                                          gv_view_of(psbt, sizeof(psbt))),
                     GV_OK);
    assert_int_equal(gv_store_chain_append(&store, 900, &block), GV_OK);
    run("INSERT INTO api_keys (id, name, hash, scopes, created_at, expires_at, revoked_at) VALUES "
        "('abcdefgh', 'shop', x'"
        "1111111111111111111111111111111111111111111111111111111111111111', 65538, 1780000000, 0, "
        "1780000009)");
    for (uint32_t i = 0; i < 3; i++) {
        assert_int_equal(
            gv_store_audit(&store, (struct gv_utc){1780000000}, "key.created", "key:abcdefgh", "x"),
            GV_OK);
    }
}

static struct gv_api_key last_key;

static enum gv_err take_key(void *ctx, const struct gv_api_key *stored)
{
    (void)ctx;
    last_key = *stored;
    return GV_OK;
}

static void a_database_of_the_first_release_is_brought_up_to_date(void **state)
{
    (void)state;
    const struct gv_dutch_listing listing = listing_of_release_1();
    struct gv_dutch_listing got;
    struct gv_sat price;
    struct gv_hash256 last;
    uint8_t psbt[GV_PSBT_SERVED_MAX];
    size_t n = 0;
    uint64_t rows = 0;
    make_release_1();
    write_rows_of_release_1(&listing);
    close_store();

    open_store();
    assert_int_equal(gv_store_listing_get(&store, 5, &got), GV_OK);
    assert_string_equal(got.terms.asset_name, "FROGKING");
    assert_int_equal(gv_store_rung_get(&store, &got, 1000, &price, psbt, &n), GV_OK);
    assert_int_equal(n, 40);
    assert_int_equal(gv_store_audit_verify(&store, &rows, &last), GV_OK);
    assert_int_equal(rows, 3);
    assert_int_equal(gv_store_keys_each(&store, take_key, NULL), GV_OK);
    assert_string_equal(last_key.name, "shop");
    assert_int_equal(last_key.scopes, GV_SCOPE_AUCTIONS_WRITE | GV_KEY_LEGACY_UNLOCKED);
    assert_int_equal(last_key.revoked_at.s, 1780000009);
    assert_int_equal(last_key.last_used_at.s, 0);
    assert_int_equal(read_users(), GV_OK);
    assert_int_equal(users_n, 0);

    /* And what the new release writes stays, also over another start. */
    const struct gv_user user = user_of(1);
    assert_int_equal(gv_store_user_put(&store, &user), GV_OK);
    assert_int_equal(gv_store_key_used(&store, "abcdefgh", (struct gv_utc){1780000042}), GV_OK);
    close_store();
    open_store();
    assert_int_equal(read_users(), GV_OK);
    assert_int_equal(users_n, 1);
    assert_int_equal(gv_store_keys_each(&store, take_key, NULL), GV_OK);
    assert_int_equal(last_key.last_used_at.s, 1780000042);
    close_store();
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_person_comes_back_in_every_member),
        TEST(a_second_factor_opens_in_its_own_row_only),
        TEST(a_damaged_person_is_refused),
        TEST(a_session_comes_back_and_only_its_last_request_changes),
        TEST(the_box_remembers_the_newest_value),
        TEST(the_log_is_read_in_pages_newest_first),
        TEST(no_page_of_the_log_is_sorted_and_a_rare_kind_is_found_by_its_index),
        cmocka_unit_test_setup(a_database_of_the_first_release_is_brought_up_to_date, empty_disk),
    };
    return cmocka_run_group_tests_name("store_accounts", tests, NULL, NULL);
}
