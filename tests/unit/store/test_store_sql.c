/* Shows that the SQL stays within what both engines speak: parameters are $1, $2, ... in order of
 * appearance (SQLite numbers them by appearance, PostgreSQL by name), and none of SQLite's own words
 * are used; and that migrations which a release goes back over only add. */
#include "app/store/sql.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void parameters_are_numbered_in_order_of_appearance(void **state)
{
    (void)state;
    for (int i = 0; i < GV_SQL_COUNT; i++) {
        const char *text = gv_sql_text((enum gv_sql)i);
        assert_non_null(text);
        long expected = 1;
        for (const char *p = strchr(text, '$'); p != NULL; p = strchr(p + 1, '$')) {
            assert_int_equal(strtol(p + 1, NULL, 10), expected);
            expected++;
        }
    }
}

static void no_dialect_is_spoken(void **state)
{
    (void)state;
    static const char *const words[] = {
        "?",      "AUTOINCREMENT", "WITHOUT ROWID", "REPLACE INTO", "OR IGNORE", " BLOB",
        "PRAGMA", "STRICT",        "rowid",         "SERIAL",       "RETURNING", "\""};
    for (size_t w = 0; w < sizeof(words) / sizeof(words[0]); w++) {
        for (int i = 0; i < GV_SQL_COUNT; i++) {
            assert_null(strstr(gv_sql_text((enum gv_sql)i), words[w]));
        }
        assert_null(strstr(gv_migration_001, words[w]));
        assert_null(strstr(gv_migration_002, words[w]));
        assert_null(strstr(gv_migration_003, words[w]));
        assert_null(strstr(gv_migration_007, words[w]));
    }
}

static bool begins(const char *text, const char *words)
{
    return strncmp(text, words, strlen(words)) == 0;
}

/* Every statement makes a table or an index, or adds a column that old releases need not fill. */
static bool only_adds(const char *sql)
{
    while (*sql != '\0') {
        const size_t n = strcspn(sql, ";");
        const bool column =
            begins(sql, "ALTER TABLE ") && strstr(sql, " ADD COLUMN ") != NULL &&
            strstr(sql, " ADD COLUMN ") < sql + n &&
            (memmem(sql, n, "NOT NULL", 8) == NULL || memmem(sql, n, " DEFAULT ", 9) != NULL);
        if (!column && !begins(sql, "CREATE TABLE ") && !begins(sql, "CREATE INDEX ")) {
            return false;
        }
        sql += sql[n] == ';' ? n + 1 : n;
    }
    return true;
}

static void migrations_that_a_release_goes_back_over_only_add(void **state)
{
    static const char *const migrations[GV_MIGRATIONS] = {
        gv_migration_001, gv_migration_002, gv_migration_003, gv_migration_004,
        gv_migration_005, gv_migration_006, gv_migration_007, gv_migration_008,
        gv_migration_009, gv_migration_010, gv_migration_011};
    (void)state;
    for (unsigned i = GV_SCHEMA_OLDEST; i < GV_MIGRATIONS; i++) {
        assert_true(only_adds(migrations[i]));
    }
    assert_true(only_adds(gv_migration_008));
    assert_true(only_adds("ALTER TABLE chain ADD COLUMN work BIGINT"));
    assert_false(only_adds("ALTER TABLE chain ADD COLUMN work BIGINT NOT NULL"));
    assert_false(only_adds("ALTER TABLE chain RENAME COLUMN hash TO id"));
    assert_false(only_adds("CREATE TABLE a (x TEXT);DROP TABLE chain"));
    assert_false(only_adds("UPDATE chain SET height = 0"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parameters_are_numbered_in_order_of_appearance),
        cmocka_unit_test(no_dialect_is_spoken),
        cmocka_unit_test(migrations_that_a_release_goes_back_over_only_add),
    };
    return cmocka_run_group_tests_name("store_sql", tests, NULL, NULL);
}
