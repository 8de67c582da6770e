/* Shows: pages joined together are the whole list in its order, at every page size; rows that come and
 * go between two pages neither repeat nor hide another; a cursor of another list is refused.
 * How: a list of few keys, so that many rows share one, beside a naive sort. */
#include "web/api/cursor.h"

#include "firmware/base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ROWS 40u

struct row {
    uint64_t key;
    uint64_t id;
    bool gone;
};

static struct row rows[ROWS];
static uint32_t rows_n;

static uint32_t next_random(void)
{
    static uint32_t state = 1;
    state = state * 1664525u + 1013904223u;
    return state >> 16;
}

static void make_rows(uint32_t n)
{
    for (rows_n = 0; rows_n < n; rows_n++)
        rows[rows_n] = (struct row){.key = next_random() % 5u, .id = rows_n + 1};
}

static int compare(const void *a, const void *b)
{
    const struct row *x = a;
    const struct row *y = b;
    if (x->key != y->key)
        return x->key < y->key ? -1 : 1;
    return x->id > y->id ? -1 : x->id < y->id;
}

/* One request: limit and cursor as they come over the wire. */
static enum gv_err ask(struct gv_page *page, unsigned limit, const char *cursor, uint32_t mark)
{
    char query[128];
    struct gv_fail fail;
    gv_format_cut(query, sizeof(query), "limit=%u%s%s", limit, cursor[0] != '\0' ? "&cursor=" : "",
                  cursor);
    const struct gv_web_request request = {.query = gv_view_str(query)};
    const struct gv_exchange x = {.request = &request};
    const enum gv_err err = gv_page_read(page, &x, mark, &fail);
    for (uint32_t i = 0; err == GV_OK && i < rows_n; i++)
        if (!rows[i].gone)
            gv_page_offer(page, rows[i].key, rows[i].id);
    return err;
}

static void pages_joined_are_the_list(void **state)
{
    (void)state;
    for (uint32_t n = 0; n <= ROWS; n++) {
        for (unsigned limit = 1; limit <= ROWS + 1; limit += 1 + limit / 4) {
            struct row sorted[ROWS];
            struct gv_page page;
            char cursor[GV_CURSOR_TEXT_MAX] = "";
            uint32_t at = 0;
            make_rows(n);
            memcpy(sorted, rows, sizeof(sorted));
            qsort(sorted, n, sizeof(sorted[0]), compare);
            bool more = true;
            while (more) {
                assert_int_equal(ask(&page, limit, cursor, 7), GV_OK);
                for (uint32_t i = 0; i < gv_page_rows(&page); i++)
                    assert_int_equal(page.rows[i].id, sorted[at++].id);
                more = gv_page_next(&page, cursor);
                assert_true(!more || gv_page_rows(&page) == limit);
            }
            assert_int_equal(at, n);
        }
    }
}

static void what_comes_and_goes_moves_no_other_row(void **state)
{
    (void)state;
    for (unsigned round = 0; round < 200; round++) {
        struct gv_page page;
        char cursor[GV_CURSOR_TEXT_MAX] = "";
        unsigned shown[ROWS + 1] = {0};
        bool stayed[ROWS + 1] = {false};
        make_rows(ROWS / 2);
        for (uint32_t i = 0; i < ROWS / 2; i++)
            stayed[rows[i].id] = true;
        bool more = true;
        while (more) {
            assert_int_equal(ask(&page, 1 + next_random() % 4u, cursor, 7), GV_OK);
            for (uint32_t i = 0; i < gv_page_rows(&page); i++)
                shown[page.rows[i].id]++;
            more = gv_page_next(&page, cursor);
            if (rows_n < ROWS) {
                rows[rows_n] = (struct row){.key = next_random() % 5u, .id = rows_n + 1};
                rows_n++;
            }
            struct row *leaves = &rows[next_random() % rows_n];
            leaves->gone = true;
            stayed[leaves->id] = false;
        }
        for (uint32_t id = 1; id <= ROWS; id++) {
            assert_true(shown[id] <= 1);
            assert_true(shown[id] == 1 || !stayed[id]);
        }
    }
}

static void a_foreign_cursor_is_refused(void **state)
{
    (void)state;
    struct gv_page page;
    char cursor[GV_CURSOR_TEXT_MAX];
    make_rows(3);
    assert_int_equal(ask(&page, 1, "", 7), GV_OK);
    assert_true(gv_page_next(&page, cursor));
    assert_int_equal(ask(&page, 1, cursor, 7), GV_OK);
    assert_int_equal(ask(&page, 1, cursor, 8), GV_ERR_INVALID);
    cursor[strlen(cursor) - 1] = '\0';
    assert_int_equal(ask(&page, 1, cursor, 7), GV_ERR_INVALID);
    assert_int_equal(ask(&page, 1, "%00", 7), GV_ERR_INVALID);
    assert_int_equal(ask(&page, 1, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", 7), GV_ERR_INVALID);
}

static void a_page_has_1_to_200_rows(void **state)
{
    (void)state;
    struct gv_page page;
    make_rows(0);
    assert_int_equal(ask(&page, 0, "", 7), GV_ERR_INVALID);
    assert_int_equal(ask(&page, 1, "", 7), GV_OK);
    assert_int_equal(ask(&page, 200, "", 7), GV_OK);
    assert_int_equal(ask(&page, 201, "", 7), GV_ERR_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pages_joined_are_the_list),
        cmocka_unit_test(what_comes_and_goes_moves_no_other_row),
        cmocka_unit_test(a_foreign_cursor_is_refused),
        cmocka_unit_test(a_page_has_1_to_200_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
