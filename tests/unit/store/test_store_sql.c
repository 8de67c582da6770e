/* Shows that the SQL stays within what both engines speak: parameters are $1, $2, ... in order of
 * appearance (SQLite numbers them by appearance, PostgreSQL by name), and none of SQLite's own words
 * are used. */
#include "app/store/sql.h"

#include <setjmp.h>
#include <stdarg.h>
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parameters_are_numbered_in_order_of_appearance),
        cmocka_unit_test(no_dialect_is_spoken),
    };
    return cmocka_run_group_tests_name("store_sql", tests, NULL, NULL);
}
