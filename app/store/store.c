#include "app/store/store.h"

#include "app/store/query.h"
#include "app/store/reseal.h"
#include "firmware/base/assert.h"
#include "firmware/base/log.h"
#include "firmware/base/text.h"

_Static_assert((uint32_t)GV_SQL_COUNT <= GV_STORE_STATEMENTS, "every statement has its place");

static const char *const migrations[GV_MIGRATIONS] = {
    gv_migration_001, gv_migration_002, gv_migration_003, gv_migration_004,
    gv_migration_005, gv_migration_006, gv_migration_007, gv_migration_008,
    gv_migration_009, gv_migration_010, gv_migration_011};

/* A known text, sealed when the database is made: only the right key opens it again. */
static const char seal_check_name[] = "seal_check";
static const char seal_check_text[] = "gavel seal check";
/* Whose value is GV_SCHEMA_OLDEST of the newest release that worked here, in digits. */
static const char oldest_name[] = "schema_oldest";
#define SEAL_CHECK_LEN (sizeof(seal_check_text) - 1)

/* The prepared statements do not exist yet. */
static enum gv_err put_meta(struct gv_storage *storage, const char *name, struct gv_view value)
{
    struct gv_stmt stmt = {.handle = NULL};
    bool has_row = false;
    enum gv_err err = gv_storage_prepare(storage, &stmt, gv_sql_text(GV_SQL_META_PUT));
    if (err == GV_OK) {
        err = gv_storage_bind_text(storage, &stmt, 1, gv_view_str(name));
    }
    if (err == GV_OK) {
        err = gv_storage_bind_blob(storage, &stmt, 2, value);
    }
    if (err == GV_OK) {
        err = gv_storage_step(storage, &stmt, &has_row);
    }
    gv_storage_finish(storage, &stmt);
    return err;
}

static enum gv_err write_seal_check(struct gv_store *store)
{
    uint8_t nonce[GV_SEAL_NONCE_LEN];
    uint8_t sealed[SEAL_CHECK_LEN + GV_SEAL_OVERHEAD];
    gv_entropy_fill(store->entropy, nonce, sizeof(nonce));
    gv_seal(sealed, store->seal_key, nonce, gv_view_str(seal_check_name),
            gv_view_str(seal_check_text));
    return put_meta(store->storage, seal_check_name, gv_view_of(sealed, sizeof(sealed)));
}

static enum gv_err check_seal_key(struct gv_store *store, struct gv_fail *fail)
{
    uint8_t plain[SEAL_CHECK_LEN];
    bool fits = false;
    struct gv_query q = gv_query_start(store, GV_SQL_META_GET, "meta");
    gv_query_put_text(&q, seal_check_name);
    if (gv_query_next(&q)) {
        struct gv_view sealed = gv_query_get_blob(&q);
        fits = sealed.n == SEAL_CHECK_LEN + GV_SEAL_OVERHEAD &&
               gv_unseal(plain, store->seal_key, gv_view_str(seal_check_name), sealed) == GV_OK &&
               memcmp(plain, seal_check_text, SEAL_CHECK_LEN) == 0;
    }
    enum gv_err err = gv_query_end(&q);
    if (err != GV_OK) {
        return gv_fail(fail, err, "store.read", "the database cannot be read");
    }
    if (!fits) {
        return gv_fail(fail, GV_ERR_CRYPTO, "store.seal_key",
                       "the seal key file does not belong to this database");
    }
    return GV_OK;
}

/* ---- migrations ------------------------------------------------------------------------------- */

static enum gv_err schema_version(struct gv_storage *storage, uint32_t *version)
{
    struct gv_stmt stmt = {.handle = NULL};
    bool has_row = false;
    enum gv_err err = gv_storage_exec(
        storage, "CREATE TABLE IF NOT EXISTS schema_migrations (version INTEGER PRIMARY KEY)");
    if (err == GV_OK) {
        err = gv_storage_prepare(storage, &stmt,
                                 "SELECT COALESCE(MAX(version), 0) FROM schema_migrations");
    }
    if (err == GV_OK) {
        err = gv_storage_step(storage, &stmt, &has_row);
    }
    if (err == GV_OK) {
        int64_t v = has_row ? gv_storage_column_int(storage, &stmt, 0) : 0;
        *version = v < 0 || v > UINT32_MAX ? UINT32_MAX : (uint32_t)v;
    }
    gv_storage_finish(storage, &stmt);
    return err;
}

/* One migration, its number, and on a new database the seal check: all or nothing. */
static enum gv_err migrate_one(struct gv_store *store, uint32_t number)
{
    char mark[64];
    bool fits = gv_format(mark, sizeof(mark), "INSERT INTO schema_migrations (version) VALUES (%u)",
                          (unsigned)number);
    GV_ASSERT(fits);

    enum gv_err err = gv_storage_begin(store->storage);
    if (err != GV_OK) {
        return err;
    }
    err = gv_storage_exec(store->storage, migrations[number - 1]);
    if (err == GV_OK) {
        err = gv_storage_exec(store->storage, mark);
    }
    if (err == GV_OK && number == 1) {
        err = write_seal_check(store);
    }
    if (err == GV_OK) {
        err = gv_storage_commit(store->storage);
    } else {
        gv_storage_rollback(store->storage);
    }
    return err;
}

/* What the last release that brought the schema up to date said about the way back. Out: UINT32_MAX: nothing. */
static enum gv_err read_oldest(struct gv_storage *storage, uint32_t *oldest)
{
    struct gv_stmt stmt = {.handle = NULL};
    bool has_row = false;
    uint64_t number = UINT32_MAX;
    enum gv_err err = gv_storage_prepare(storage, &stmt, gv_sql_text(GV_SQL_META_GET));
    if (err == GV_OK) {
        err = gv_storage_bind_text(storage, &stmt, 1, gv_view_str(oldest_name));
    }
    if (err == GV_OK) {
        err = gv_storage_step(storage, &stmt, &has_row);
    }
    if (err == GV_OK && has_row &&
        !gv_parse_u64(&number, gv_storage_column_blob(storage, &stmt, 0), UINT32_MAX)) {
        err = GV_ERR_STORAGE;
    }
    gv_storage_finish(storage, &stmt);
    *oldest = (uint32_t)number;
    return err;
}

/* A database that a newer release has worked with: usable when that release says so. */
static enum gv_err accept_newer(struct gv_storage *storage, uint32_t version, struct gv_fail *fail)
{
    uint32_t oldest = 0;
    if (read_oldest(storage, &oldest) != GV_OK || oldest > GV_MIGRATIONS) {
        return gv_fail(fail, GV_ERR_STORAGE, "store.newer",
                       "the database has schema %u, this release knows up to %u", version,
                       GV_MIGRATIONS);
    }
    gv_log(GV_LOG_UNUSUAL, "store", "going back to an older release schema=%u known=%u", version,
           GV_MIGRATIONS);
    return GV_OK;
}

/* Leave word for an older release. */
static enum gv_err write_oldest(struct gv_storage *storage)
{
    char text[16];
    uint32_t oldest = 0;
    const enum gv_err err = read_oldest(storage, &oldest);
    if (err != GV_OK || oldest == GV_SCHEMA_OLDEST) {
        return err;
    }
    gv_format_cut(text, sizeof(text), "%u", GV_SCHEMA_OLDEST);
    return put_meta(storage, oldest_name, gv_view_str(text));
}

/* What an index of a long table is sorted in does not fit the fixed heap: it goes to temporary files. */
static enum gv_err migrate_from(struct gv_store *store, uint32_t version)
{
    enum gv_err err = gv_storage_exec(store->storage, "PRAGMA temp_store=FILE");
    for (uint32_t next = version + 1; err == GV_OK && next <= GV_MIGRATIONS; next++) {
        err = migrate_one(store, next);
        if (err == GV_OK) {
            gv_log(GV_LOG_INFO, "store", "migrated schema=%u", next);
        }
    }
    return err == GV_OK ? gv_storage_exec(store->storage, "PRAGMA temp_store=DEFAULT") : err;
}

static enum gv_err migrate(struct gv_store *store, struct gv_fail *fail)
{
    uint32_t version = 0;
    enum gv_err err = schema_version(store->storage, &version);
    if (err == GV_OK && version > GV_MIGRATIONS) {
        return accept_newer(store->storage, version, fail);
    }
    if (err == GV_OK && version < GV_MIGRATIONS) {
        err = migrate_from(store, version);
    }
    if (err == GV_OK) {
        err = write_oldest(store->storage);
    }
    if (err != GV_OK) {
        return gv_fail(fail, GV_ERR_STORAGE, "store.migrate", "the database cannot be set up");
    }
    return GV_OK;
}

/* ---- open and close ----------------------------------------------------------------------------- */

static enum gv_err prepare_all(struct gv_store *store, struct gv_fail *fail)
{
    for (uint32_t i = 0; i < GV_SQL_COUNT; i++) {
        if (gv_storage_prepare(store->storage, &store->statements[i],
                               gv_sql_text((enum gv_sql)i)) != GV_OK) {
            return gv_fail(fail, GV_ERR_STORAGE, "store.prepare",
                           "the database does not have the expected tables");
        }
    }
    return GV_OK;
}

enum gv_err gv_store_open(struct gv_store *store, struct gv_storage *storage,
                          const struct gv_seal_key *seal_key, const struct gv_entropy *entropy,
                          struct gv_fail *fail)
{
    *store = (struct gv_store){.storage = storage, .seal_key = seal_key, .entropy = entropy};
    enum gv_err err = migrate(store, fail);
    if (err == GV_OK) {
        err = prepare_all(store, fail);
    }
    if (err == GV_OK) {
        err = check_seal_key(store, fail);
    }
    if (err != GV_OK) {
        gv_store_close(store);
    }
    return err;
}

uint32_t gv_store_schema(void)
{
    return GV_MIGRATIONS;
}

void gv_store_close(struct gv_store *store)
{
    if (store->storage == NULL) {
        return;
    }
    for (uint32_t i = 0; i < GV_SQL_COUNT; i++) {
        gv_storage_finish(store->storage, &store->statements[i]);
    }
    *store = (struct gv_store){.storage = NULL};
}

enum gv_err gv_store_reseal(struct gv_store *store, const struct gv_seal_key *fresh,
                            bool (*progress)(void *ctx, uint64_t rows), void *ctx,
                            struct gv_fail *fail)
{
    enum gv_err err = gv_storage_begin(store->storage);
    if (err != GV_OK) {
        return gv_fail(fail, err, "store.write", "the database refuses to write");
    }
    err = gv_rungs_reseal(store, fresh, progress, ctx);
    if (err == GV_OK) {
        err = gv_webhooks_reseal(store, fresh);
    }
    if (err == GV_OK) {
        store->seal_key = fresh;
        err = write_seal_check(store);
    }
    if (err == GV_OK) {
        err = gv_storage_commit(store->storage);
    } else {
        gv_storage_rollback(store->storage);
    }
    return err == GV_OK ? GV_OK
                        : gv_fail(fail, err, "store.seal", "not everything could be sealed anew");
}
