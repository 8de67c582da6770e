/* Shows that rows come back as they were written, that sealed rungs open only where they belong, that
 * damaged rows are refused instead of used, and that the audit chain finds every change. */
#include "app/store/store.h"
#include "hal/linux/sqlite_storage.h"
#include "hal/linux/third_party_memory.h"
#include "hal/sim/entropy.h"
#include "hal/sim/fault_storage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static struct gv_sqlite sqlite;
static struct gv_storage storage;
static struct gv_store store;
static struct gv_seal_key key;
static struct gv_sim_random numbers;
static struct gv_entropy entropy;

static enum gv_err open_store(struct gv_fail *fail)
{
    assert_int_equal(gv_sqlite_open(&sqlite, "store.db", GV_FAULT_VFS, NULL), GV_OK);
    storage = gv_sqlite_storage(&sqlite);
    return gv_store_open(&store, &storage, &key, &entropy, fail);
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

static int set_up(void **state)
{
    (void)state;
    gv_memory_init();
    gv_fault_init();
    memset(key.b, 7, sizeof(key.b));
    numbers = gv_sim_random_of(1);
    entropy = gv_sim_entropy(&numbers);
    assert_int_equal(open_store(NULL), GV_OK);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    close_store();
    return 0;
}

static struct gv_dutch_listing listing_of(uint64_t id)
{
    struct gv_dutch_listing listing = {
        .id = id,
        .created_at = {1780000000},
        .terms = {.asset_name = "PARENT.child-1",
                  .asset_qty_base = INT64_MAX,
                  .asset_divisible = true,
                  .utxo = {.vout = UINT32_MAX},
                  .utxo_value = {GV_SAT_MAX},
                  .utxo_spk = {.b = {0x51, 0x20, 9}, .n = 34},
                  .payout_spk = {.b = {0x00, 0x14, 8}, .n = 22},
                  .start_block = 1000,
                  .end_block = 1001,
                  .blocks_after_end = 52560,
                  .start_price = {2000},
                  .end_price = {1000},
                  .price_decrement = {1000},
                  .seller = "bc1qseller"},
    };
    memset(listing.terms.utxo.txid.b, (int)id, sizeof(listing.terms.utxo.txid.b));
    return listing;
}

static void insert(const struct gv_dutch_listing *listing)
{
    assert_int_equal(gv_storage_begin(&storage), GV_OK);
    assert_int_equal(gv_store_listing_insert(&store, listing), GV_OK);
    for (uint32_t block = 1000; block <= 1001; block++) {
        uint8_t psbt[40];
        memset(psbt, (int)block % 251, sizeof(psbt));
        assert_int_equal(gv_store_rung_insert(&store, listing, block,
                                              (struct gv_sat){2000 - (block - 1000) * 1000},
                                              gv_view_of(psbt, sizeof(psbt))),
                         GV_OK);
    }
    assert_int_equal(gv_storage_commit(&storage), GV_OK);
}

static void a_spend_comes_back_in_every_member(void **state)
{
    (void)state;
    struct gv_dutch_listing listing = listing_of(3);
    insert(&listing);
    struct gv_dutch_spend spend = {
        .state = GV_SPEND_CONFIRMED,
        .outcome = GV_OUTCOME_SOLD,
        .txid = {{1, 2}},
        .block = 499999999,
        .block_hash = {{3, 4}},
        .block_time = {-5},
        .sold_rung = 1001,
        .sold_price = {1000},
        .early_leak = true,
        .asset_returned = true,
        .recipient = "bc1pbuyer",
    };
    assert_int_equal(gv_store_spend_put(&store, 3, &spend), GV_OK);
    assert_int_equal(gv_store_revealed_put(&store, 3, 1001), GV_OK);
    struct gv_dutch_listing got;
    assert_int_equal(gv_store_listing_get(&store, 3, &got), GV_OK);
    assert_int_equal(got.spend.state, spend.state);
    assert_int_equal(got.spend.outcome, spend.outcome);
    assert_memory_equal(got.spend.txid.b, spend.txid.b, 32);
    assert_int_equal(got.spend.block, spend.block);
    assert_memory_equal(got.spend.block_hash.b, spend.block_hash.b, 32);
    assert_int_equal(got.spend.block_time.s, spend.block_time.s);
    assert_int_equal(got.spend.sold_rung, spend.sold_rung);
    assert_int_equal(got.spend.sold_price.v, spend.sold_price.v);
    assert_true(got.spend.early_leak);
    assert_true(got.spend.asset_returned);
    assert_string_equal(got.spend.recipient, spend.recipient);
    assert_int_equal(got.revealed_high, 1001);
    assert_int_equal(got.terms.utxo.vout, UINT32_MAX);
    assert_int_equal(got.terms.asset_qty_base, INT64_MAX);
    assert_int_equal(got.terms.utxo_value.v, GV_SAT_MAX);
    assert_int_equal(gv_store_listing_get(&store, 4, &got), GV_ERR_NOT_FOUND);
    assert_int_equal(gv_store_listing_get(&store, UINT64_MAX, &got), GV_ERR_NOT_FOUND);
}

static enum gv_err count_up(void *ctx, const struct gv_dutch_listing *listing)
{
    uint32_t *count = ctx;
    (void)listing;
    (*count)++;
    return GV_OK;
}

static enum gv_err say_full(void *ctx, const struct gv_dutch_listing *listing)
{
    (void)ctx;
    (void)listing;
    return GV_ERR_FULL;
}

static void a_retired_listing_is_kept_but_not_loaded(void **state)
{
    (void)state;
    struct gv_dutch_listing a = listing_of(1);
    struct gv_dutch_listing b = listing_of(2);
    uint32_t count = 0;
    insert(&a);
    insert(&b);
    assert_int_equal(gv_store_listing_retire(&store, 1), GV_OK);
    assert_int_equal(gv_store_listings_each(&store, count_up, &count, NULL), GV_OK);
    assert_int_equal(count, 1);
    assert_int_equal(gv_store_listing_get(&store, 1, &a), GV_OK);
    assert_int_equal(gv_store_listings_each(&store, say_full, NULL, NULL), GV_ERR_FULL);
    uint64_t id = 0;
    struct gv_utc at;
    assert_int_equal(gv_store_newest(&store, &id, &at), GV_OK);
    assert_int_equal(id, 2);
    assert_int_equal(at.s, 1780000000);
}

static enum gv_err get_rung(const struct gv_dutch_listing *listing, uint32_t block)
{
    uint8_t psbt[GV_PSBT_SERVED_MAX];
    size_t n = 0;
    struct gv_sat price;
    enum gv_err err = gv_store_rung_get(&store, listing, block, &price, psbt, &n);
    if (err == GV_OK) {
        assert_int_equal(n, 40);
        assert_int_equal(psbt[0], block % 251);
        assert_int_equal(price.v, 2000 - (block - 1000) * 1000);
    }
    return err;
}

static void count_rungs(void *ctx, uint32_t block, struct gv_view psbt)
{
    uint32_t *count = ctx;
    (void)block;
    assert_int_equal(psbt.n, 40);
    (*count)++;
}

static void a_rung_opens_only_at_its_block_price_and_outpoint(void **state)
{
    (void)state;
    struct gv_dutch_listing listing = listing_of(1);
    struct gv_dutch_listing other = listing_of(2);
    uint32_t count = 0;
    insert(&listing);
    insert(&other);
    assert_int_equal(get_rung(&listing, 1000), GV_OK);
    assert_int_equal(get_rung(&listing, 1001), GV_OK);
    assert_int_equal(get_rung(&listing, 1002), GV_ERR_NOT_FOUND);
    assert_int_equal(
        gv_store_rungs_of_price(&store, &listing, (struct gv_sat){1000}, count_rungs, &count),
        GV_OK);
    assert_int_equal(count, 1);

    run("UPDATE rungs SET price = 1999 WHERE listing_id = 1 AND block_number = 1000");
    assert_int_equal(get_rung(&listing, 1000), GV_ERR_CRYPTO);
    run("UPDATE rungs SET block_number = 999 WHERE listing_id = 1 AND block_number = 1001");
    assert_int_equal(get_rung(&listing, 999), GV_ERR_CRYPTO);
    run("UPDATE rungs SET sealed = (SELECT sealed FROM rungs WHERE listing_id = 1 AND "
        "block_number = 999) WHERE listing_id = 2 AND block_number = 1001");
    assert_int_equal(get_rung(&other, 1001), GV_ERR_CRYPTO);
    /* A rung that does not open does not stop the search for a spend. */
    assert_int_equal(
        gv_store_rungs_of_price(&store, &other, (struct gv_sat){1000}, count_rungs, &count), GV_OK);
    assert_int_equal(count, 1);
    assert_int_equal(get_rung(&other, 1000), GV_OK);
    run("UPDATE rungs SET sealed = x'00' WHERE listing_id = 2");
    assert_int_equal(get_rung(&other, 1000), GV_ERR_CRYPTO);
}

static void no_rung_is_readable_in_the_database(void **state)
{
    (void)state;
    struct gv_dutch_listing listing = listing_of(1);
    struct gv_stmt stmt = {.handle = NULL};
    uint8_t plain[16];
    bool has_row = false;
    insert(&listing);
    memset(plain, 1000 % 251, sizeof(plain));
    assert_int_equal(gv_storage_prepare(&storage, &stmt,
                                        "SELECT COUNT(*) FROM rungs WHERE instr(sealed, $1) > 0"),
                     GV_OK);
    assert_int_equal(gv_storage_bind_blob(&storage, &stmt, 1, gv_view_of(plain, sizeof(plain))),
                     GV_OK);
    assert_int_equal(gv_storage_step(&storage, &stmt, &has_row), GV_OK);
    assert_int_equal(gv_storage_column_int(&storage, &stmt, 0), 0);
    gv_storage_finish(&storage, &stmt);
}

static void damaged_rows_are_refused(void **state)
{
    (void)state;
    static const char *const damages[] = {
        "UPDATE spends SET state = 4",
        "UPDATE spends SET txid = x'00'",
        "UPDATE spends SET sold_price = 2100000000000001",
        "UPDATE spends SET early_leak = 2",
        "UPDATE listings SET end_block = 999",
        "UPDATE listings SET utxo_vout = -1",
        "UPDATE listings SET utxo_vout = 4294967296",
        "UPDATE listings SET utxo_spk = x''",
        "UPDATE listings SET payout_spk = zeroblob(65)",
        "UPDATE listings SET asset_qty_base = -1",
        "UPDATE listings SET asset_name = printf('%256s', 'x')",
        "UPDATE reveals SET revealed_high = -1",
    };
    struct gv_dutch_listing listing = listing_of(1);
    insert(&listing);
    for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
        uint32_t count = 0;
        struct gv_fail fail = {.err = GV_OK};
        assert_int_equal(gv_storage_begin(&storage), GV_OK);
        run(damages[i]);
        assert_int_equal(gv_store_listings_each(&store, count_up, &count, &fail), GV_ERR_STORAGE);
        assert_string_equal(fail.code, "store.listing");
        assert_non_null(strstr(fail.text, "listing 1 "));
        assert_int_equal(count, 0);
        gv_storage_rollback(&storage);
        assert_int_equal(gv_store_listings_each(&store, count_up, &count, NULL), GV_OK);
        assert_int_equal(count, 1);
    }
}

static enum gv_err keep_last(void *ctx, uint32_t height, const struct gv_hash256 *hash)
{
    uint32_t *seen = ctx;
    assert_int_equal(hash->b[0], height % 251);
    seen[0]++;
    seen[1] = height;
    return GV_OK;
}

static void the_chain_grows_shrinks_and_is_cut_below(void **state)
{
    (void)state;
    uint32_t seen[2] = {0, 0};
    for (uint32_t height = 10; height < 20; height++) {
        struct gv_hash256 hash = {{(uint8_t)(height % 251)}};
        assert_int_equal(gv_store_chain_append(&store, height, &hash), GV_OK);
    }
    struct gv_hash256 twice = {{15}};
    assert_int_equal(gv_store_chain_append(&store, 15, &twice), GV_ERR_CONFLICT);
    assert_int_equal(gv_store_chain_drop(&store, 19), GV_OK);
    assert_int_equal(gv_store_chain_prune(&store, 14), GV_OK);
    assert_int_equal(gv_store_chain_each(&store, keep_last, seen), GV_OK);
    assert_int_equal(seen[0], 5);
    assert_int_equal(seen[1], 18);
}

static void the_audit_chain_finds_every_change(void **state)
{
    (void)state;
    static const char *const changes[] = {
        "UPDATE audit SET detail = 'x' WHERE id = 2",
        "UPDATE audit SET at = 1 WHERE id = 1",
        "UPDATE audit SET kind = 'k' WHERE id = 3",
        "DELETE FROM audit WHERE id = 2",
        "DELETE FROM audit WHERE id = 1",
        "UPDATE audit SET id = 9 WHERE id = 3",
        "UPDATE audit SET hash = zeroblob(32) WHERE id = 3",
        "UPDATE audit SET prev_hash = zeroblob(32) WHERE id = 2",
        "UPDATE audit SET subject = 'b', detail = 'aa' WHERE id = 1",
    };
    struct gv_hash256 last;
    uint64_t rows = 9;
    assert_int_equal(gv_store_audit_verify(&store, &rows, &last), GV_OK);
    assert_int_equal(rows, 0);
    for (int64_t i = 0; i < 3; i++) {
        assert_int_equal(gv_store_audit(&store, (struct gv_utc){1780000000 + i}, "kind", "ba", "a"),
                         GV_OK);
    }
    assert_int_equal(gv_store_audit_verify(&store, &rows, &last), GV_OK);
    assert_int_equal(rows, 3);
    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        assert_int_equal(gv_storage_begin(&storage), GV_OK);
        run(changes[i]);
        assert_int_equal(gv_store_audit_verify(&store, &rows, &last), GV_ERR_CRYPTO);
        assert_true(rows < 3);
        gv_storage_rollback(&storage);
    }
    assert_int_equal(gv_store_audit_verify(&store, &rows, &last), GV_OK);
}

static void the_audit_chain_is_verified_in_pieces(void **state)
{
    (void)state;
    struct gv_hash256 last = {{0}};
    struct gv_hash256 whole;
    uint64_t rows = 0;
    for (int64_t i = 0; i < 5; i++) {
        assert_int_equal(gv_store_audit(&store, (struct gv_utc){1780000000 + i}, "kind", "b", "a"),
                         GV_OK);
    }
    static const uint64_t after[] = {2, 4, 5, 5};
    for (size_t i = 0; i < sizeof(after) / sizeof(after[0]); i++) {
        assert_int_equal(gv_store_audit_verify_more(&store, 2, &rows, &last), GV_OK);
        assert_int_equal(rows, after[i]);
    }
    assert_int_equal(gv_store_audit_verify(&store, &rows, &whole), GV_OK);
    assert_memory_equal(&last, &whole, sizeof(last));
    rows = 2; /* the hash of the fifth is not that of the second */
    assert_int_equal(gv_store_audit_verify_more(&store, 2, &rows, &last), GV_ERR_CRYPTO);
    assert_int_equal(rows, 2);
}

static void long_audit_texts_are_cut_and_still_verify(void **state)
{
    (void)state;
    static char text[2000];
    struct gv_hash256 last;
    uint64_t rows = 0;
    memset(text, 'a', sizeof(text) - 1);
    assert_int_equal(gv_store_audit(&store, (struct gv_utc){1}, text, text, text), GV_OK);
    assert_int_equal(gv_store_audit_verify(&store, &rows, &last), GV_OK);
    assert_int_equal(rows, 1);
}

static void a_wrong_key_a_newer_schema_and_a_missing_check_are_refused(void **state)
{
    (void)state;
    struct gv_fail fail;
    close_store();
    key.b[0] ^= 1;
    assert_int_equal(open_store(&fail), GV_ERR_CRYPTO);
    assert_string_equal(fail.code, "store.seal_key");
    close_store();
    key.b[0] ^= 1;

    assert_int_equal(open_store(NULL), GV_OK);
    run("INSERT INTO schema_migrations (version) VALUES (99)");
    run("DELETE FROM meta WHERE name = 'schema_oldest'"); /* of a time when nobody said */
    close_store();
    assert_int_equal(open_store(&fail), GV_ERR_STORAGE);
    assert_string_equal(fail.code, "store.newer");
    run("DELETE FROM schema_migrations WHERE version = 99");
    run("DELETE FROM meta");
    close_store();
    assert_int_equal(open_store(&fail), GV_ERR_CRYPTO);
}

static int64_t count(const char *sql)
{
    struct gv_stmt stmt = {.handle = NULL};
    bool has_row = false;
    assert_int_equal(gv_storage_prepare(&storage, &stmt, sql), GV_OK);
    assert_int_equal(gv_storage_step(&storage, &stmt, &has_row), GV_OK);
    assert_true(has_row);
    const int64_t number = gv_storage_column_int(&storage, &stmt, 0);
    gv_storage_finish(&storage, &stmt);
    return number;
}

/* What the next release could do to a database, by the rule that it only adds. */
static void migrate_as_the_next_release(unsigned oldest)
{
    char text[160];
    run("CREATE TABLE auctioneers (id INTEGER PRIMARY KEY, name TEXT NOT NULL);"
        "ALTER TABLE chain ADD COLUMN work BIGINT NOT NULL DEFAULT 7");
    (void)snprintf(text, sizeof(text), "INSERT INTO schema_migrations (version) VALUES (%u)",
                   gv_store_schema() + 1u);
    run(text);
    (void)snprintf(text, sizeof(text),
                   "UPDATE meta SET value = CAST('%u' AS BLOB) WHERE name = 'schema_oldest'",
                   oldest);
    run(text);
}

static void data_survives_a_newer_release_and_the_way_back(void **state)
{
    (void)state;
    struct gv_fail fail;
    struct gv_hash256 last;
    const struct gv_hash256 hash = {.b = {1}};
    uint64_t rows = 0;
    assert_int_equal(gv_store_chain_append(&store, 100, &hash), GV_OK);
    assert_int_equal(gv_store_audit(&store, (struct gv_utc){1}, "before", "x", ""), GV_OK);
    migrate_as_the_next_release(gv_store_schema());
    run("INSERT INTO auctioneers (id, name) VALUES (1, 'of the next release')");
    close_store();

    for (int turn = 0; turn < 2; turn++) { /* nothing is taken away by being here, either */
        assert_int_equal(open_store(&fail), GV_OK);
        assert_int_equal(gv_store_chain_append(&store, 101u + (uint32_t)turn, &hash), GV_OK);
        assert_int_equal(gv_store_audit(&store, (struct gv_utc){2}, "back", "x", ""), GV_OK);
        assert_int_equal(gv_store_audit_verify(&store, &rows, &last), GV_OK);
        assert_int_equal(rows, 2 + turn);
        close_store();
    }
    assert_int_equal(open_store(&fail), GV_OK);
    assert_int_equal(count("SELECT COUNT(*) FROM auctioneers"), 1);
    assert_int_equal(count("SELECT COUNT(*) FROM chain WHERE work = 7"), 3);
    assert_int_equal(count("SELECT MAX(version) FROM schema_migrations"), gv_store_schema() + 1u);
}

static void a_newer_release_may_forbid_the_way_back(void **state)
{
    (void)state;
    struct gv_fail fail;
    migrate_as_the_next_release(gv_store_schema() + 1u);
    close_store();
    assert_int_equal(open_store(&fail), GV_ERR_STORAGE);
    assert_string_equal(fail.code, "store.newer");
    run("UPDATE meta SET value = CAST('many' AS BLOB) WHERE name = 'schema_oldest'");
    close_store();
    assert_int_equal(open_store(&fail), GV_ERR_STORAGE);
    assert_string_equal(fail.code, "store.newer");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_spend_comes_back_in_every_member),
        TEST(a_retired_listing_is_kept_but_not_loaded),
        TEST(a_rung_opens_only_at_its_block_price_and_outpoint),
        TEST(no_rung_is_readable_in_the_database),
        TEST(damaged_rows_are_refused),
        TEST(the_chain_grows_shrinks_and_is_cut_below),
        TEST(the_audit_chain_finds_every_change),
        TEST(the_audit_chain_is_verified_in_pieces),
        TEST(long_audit_texts_are_cut_and_still_verify),
        TEST(data_survives_a_newer_release_and_the_way_back),
        TEST(a_newer_release_may_forbid_the_way_back),
        TEST(a_wrong_key_a_newer_schema_and_a_missing_check_are_refused),
    };
    return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
