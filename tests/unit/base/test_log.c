/* The log: what reaches the ring and stderr is one printable line per event, cut where it is too
 * long, newest last; also the assertion that ends in it, and giving idle pages back. */
#include "firmware/base/log.h"

#include "firmware/base/assert.h"
#include "firmware/base/mem.h"
#include "tests/unit/base/death.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int real_stderr;
static int captured; /* read end of the pipe that stands in for stderr */

static int capture_stderr(void **state)
{
    (void)state;
    int ends[2];
    if (pipe(ends) != 0) {
        return -1;
    }
    (void)fcntl(ends[0], F_SETFL, O_NONBLOCK);
    (void)fcntl(ends[1], F_SETFL, O_NONBLOCK); /* a full pipe must not stop the test */
    captured = ends[0];
    real_stderr = dup(STDERR_FILENO);
    (void)dup2(ends[1], STDERR_FILENO);
    close(ends[1]);
    gv_log_set_level(GV_LOG_INFO);
    return 0;
}

static int restore_stderr(void **state)
{
    (void)state;
    (void)dup2(real_stderr, STDERR_FILENO);
    close(real_stderr);
    close(captured);
    return 0;
}

/* The newest lines as "module text", oldest first. Returns: their number. */
static uint32_t recent(char (*lines)[GV_LOG_LINE_MAX], uint32_t lines_max)
{
    static struct gv_log_line line;
    struct gv_log_cursor count = {.after = 0};
    uint32_t held = 0;
    while (gv_log_next(&count, &line)) {
        held++;
    }
    struct gv_log_cursor read = {.after = count.after - (held < lines_max ? held : lines_max)};
    uint32_t n = 0;
    while (gv_log_next(&read, &line)) {
        char *end = stpcpy(stpcpy(stpcpy(lines[n], line.module), " "), line.text);
        assert_true(end < lines[n] + GV_LOG_LINE_MAX);
        n++;
    }
    return n;
}

static void newest(char line[GV_LOG_LINE_MAX])
{
    assert_int_equal(recent((char(*)[GV_LOG_LINE_MAX])(void *)line, 1), 1);
}

static void line_goes_to_ring_and_with_priority_to_stderr(void **state)
{
    (void)state;
    gv_log(GV_LOG_INFO, "pool", "full name=%s", "bids");
    gv_log(GV_LOG_UNUSUAL, "a", "b");
    gv_log(GV_LOG_BROKEN, "c", "d");
    char got[256];
    ssize_t n = read(captured, got, sizeof(got) - 1);
    assert_true(n > 0);
    got[n] = '\0';
    assert_string_equal(got, "<6>pool full name=bids\n<4>a b\n<3>c d\n");
    char lines[3][GV_LOG_LINE_MAX];
    assert_int_equal(recent(lines, 3), 3);
    assert_string_equal(lines[0], "pool full name=bids");
    assert_string_equal(lines[1], "a b");
    assert_string_equal(lines[2], "c d");
}

static void only_printable_ascii_comes_through(void **state)
{
    (void)state;
    for (int byte = 1; byte < 256; byte++) {
        char value[] = {'[', (char)byte, ']', '\0'};
        gv_log(GV_LOG_INFO, "m", "v=%s", value);
        char line[GV_LOG_LINE_MAX];
        newest(line);
        char want[] = "m v=[?]";
        if (byte >= ' ' && byte <= '~') {
            want[5] = (char)byte;
        }
        assert_string_equal(line, want);
    }
}

static void forged_line_stays_one_line(void **state)
{
    (void)state;
    gv_log(GV_LOG_INFO, "http", "path=%s", "/x\n<3>engine lost money\r\x1b[2J");
    char got[256];
    ssize_t n = read(captured, got, sizeof(got));
    assert_true(n > 0);
    assert_ptr_equal(memchr(got, '\n', (size_t)n), got + n - 1);
}

static void long_lines_are_cut_with_dots(void **state)
{
    (void)state;
    char value[2 * GV_LOG_LINE_MAX];
    for (size_t len = GV_LOG_LINE_MAX - 20; len < GV_LOG_LINE_MAX + 20; len++) {
        memset(value, 'x', len);
        value[len] = '\0';
        gv_log(GV_LOG_INFO, "m", "%s", value);
        char line[GV_LOG_LINE_MAX];
        newest(line);
        bool fits = len + 2 < GV_LOG_LINE_MAX;
        assert_int_equal(strlen(line), fits ? len + 2 : GV_LOG_LINE_MAX - 1);
        assert_int_equal(strcmp(line + strlen(line) - 3, "...") == 0, !fits);
        char got[2 * GV_LOG_LINE_MAX];
        assert_true(read(captured, got, sizeof(got)) > 0);
    }
}

static void every_line_of_a_request_ends_with_its_number_and_no_other_does(void **state)
{
    (void)state;
    char line[GV_LOG_LINE_MAX];
    assert_int_equal(gv_log_set_request(12), 0);
    gv_log(GV_LOG_INFO, "m", "done a=%d", 1);
    newest(line);
    assert_string_equal(line, "m done a=1 request_id=r12");
    char value[2 * GV_LOG_LINE_MAX];
    memset(value, 'x', sizeof(value) - 1);
    value[sizeof(value) - 1] = '\0';
    gv_log(GV_LOG_INFO, "m", "%s", value);
    newest(line);
    assert_int_equal(strlen(line), GV_LOG_LINE_MAX - 1);
    assert_non_null(strstr(line, "x... request_id=r12"));
    assert_int_equal(gv_log_set_request(UINT64_MAX), 12);
    gv_log(GV_LOG_INFO, "m", "most");
    newest(line);
    assert_string_equal(line, "m most request_id=r18446744073709551615");
    assert_true(gv_log_set_request(0) == UINT64_MAX);
    gv_log(GV_LOG_INFO, "m", "done a=%d", 2);
    newest(line);
    assert_string_equal(line, "m done a=2");
}

static void level_filters(void **state)
{
    (void)state;
    gv_log(GV_LOG_INFO, "m", "first");
    gv_log(GV_LOG_DEBUG, "m", "hidden");
    char line[GV_LOG_LINE_MAX];
    newest(line);
    assert_string_equal(line, "m first");
    gv_log_set_level(GV_LOG_DEBUG);
    gv_log(GV_LOG_DEBUG, "m", "shown");
    gv_log(GV_LOG_TRACE, "m", "hidden");
    newest(line);
    assert_string_equal(line, "m shown");

    enum gv_log_level level = GV_LOG_INFO;
    assert_int_equal(gv_log_level_parse(&level, "broken"), GV_OK);
    assert_int_equal(level, GV_LOG_BROKEN);
    assert_int_equal(gv_log_level_parse(&level, "trace"), GV_OK);
    assert_int_equal(level, GV_LOG_TRACE);
    assert_int_equal(gv_log_level_parse(&level, "Info"), GV_ERR_INVALID);
    assert_int_equal(gv_log_level_parse(&level, ""), GV_ERR_INVALID);
    assert_int_equal(level, GV_LOG_TRACE);
}

static void ring_keeps_the_newest_oldest_first(void **state)
{
    (void)state;
    static struct gv_log_line line;
    char value[401];
    memset(value, 'x', sizeof(value));
    struct gv_log_cursor from = {.after = 0};
    while (gv_log_next(&from, &line)) {
    }
    const uint64_t before = from.after;
    for (int i = 0; i < 5000; i++) { /* of every length, so that the ring's end falls everywhere */
        gv_log(GV_LOG_UNUSUAL, "n", "%d %.*s", i, i % 401, value);
    }
    struct gv_log_cursor all = {.after = 0};
    uint64_t held = 0;
    while (gv_log_next(&all, &line)) {
        char want[GV_LOG_LINE_MAX];
        const int i = (int)(line.number - before - 1);
        (void)snprintf(want, sizeof(want), "%d %.*s", i, i % 401, value);
        assert_string_equal(line.text, want);
        assert_string_equal(line.module, "n");
        assert_int_equal(line.level, GV_LOG_UNUSUAL);
        assert_true(line.at_ms > 0);
        assert_int_equal(line.number, held == 0 ? line.number : all.after);
        held++;
    }
    assert_int_equal(all.after, before + 5000);
    assert_in_range(held, GV_LOG_RING_BYTES / 450, GV_LOG_RING_BYTES / 24);
    assert_false(gv_log_next(&all, &line));
}

static void a_reader_that_was_overtaken_goes_on_at_the_oldest_line(void **state)
{
    (void)state;
    static struct gv_log_line line;
    struct gv_log_cursor cursor = {.after = 0};
    assert_true(gv_log_next(&cursor, &line));
    const uint64_t first = line.number;
    for (int i = 0; i < 20000; i++) {
        gv_log(GV_LOG_INFO, "n", "%d", i);
    }
    assert_true(gv_log_next(&cursor, &line));
    assert_true(line.number > first + 1);
    uint64_t expected = line.number;
    while (gv_log_next(&cursor, &line)) {
        expected++;
        assert_int_equal(line.number, expected);
    }
}

static void *log_many(void *letter)
{
    char value[101];
    memset(value, *(const char *)letter, 100);
    value[100] = '\0';
    for (int i = 0; i < 300; i++) {
        gv_log(GV_LOG_INFO, "t", "%s", value);
    }
    return NULL;
}

static void lines_of_several_threads_do_not_mix(void **state)
{
    (void)state;
    static char letters[] = "abcd";
    pthread_t threads[4];
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, log_many, &letters[i]), 0);
    }
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
    static char lines[1200][GV_LOG_LINE_MAX];
    const uint32_t n = recent(lines, 900); /* the ring holds 1,032 lines of this length */
    assert_int_equal(n, 900);
    for (uint32_t i = 0; i < n; i++) {
        assert_int_equal(strlen(lines[i]), 102);
        assert_int_equal(strspn(lines[i] + 2, (char[]){lines[i][2], '\0'}), 100);
    }
}

static void break_a_promise(void *n)
{
    GV_ASSERT(*(const int *)n == 1);
}

static void assertion_logs_what_and_where_and_aborts(void **state)
{
    (void)state;
    int n = 1;
    break_a_promise(&n);
    n = 2;
    expect_assert(break_a_promise, &n, "<3>assert failed at=");
    expect_assert(break_a_promise, &n, "tests/unit/base/test_log.c:");
    expect_assert(break_a_promise, &n, "expression=*(const int *)n == 1");
}

static void idle_pages_are_given_back_whole_and_nothing_else(void **state)
{
    (void)state;
    static uint8_t buffer[6 * 65536];
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    static const size_t starts[] = {0, 1, 17, 4095, 4096, 4097, 65536};
    static const size_t lengths[] = {0, 1, 4095, 4096, 4097, 65536, 131073, 200000};
    for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
        for (size_t k = 0; k < sizeof(lengths) / sizeof(lengths[0]); k++) {
            memset(buffer, 0xaa, sizeof(buffer));
            uint8_t *p = buffer + starts[i];
            gv_mem_idle(p, lengths[k]);
            uintptr_t first = ((uintptr_t)p + page - 1) / page * page;
            uintptr_t last = ((uintptr_t)p + lengths[k]) / page * page;
            for (size_t at = 0; at < sizeof(buffer); at++) {
                uintptr_t here = (uintptr_t)(buffer + at);
                bool given = here >= first && here < last;
                if (buffer[at] != (given ? 0 : 0xaa)) {
                    fail_msg("start %zu length %zu byte %zu", starts[i], lengths[k], at);
                }
            }
        }
    }
}

static void a_buffer_made_zero_is_zero_and_nothing_around_it_is(void **state)
{
    (void)state;
    static uint8_t buffer[6 * 65536];
    static const size_t starts[] = {1, 17, 4095, 4096, 4097, 65536};
    static const size_t lengths[] = {0, 1, 1023, 1024, 1025, 4096, 131073, 200000};
    for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
        for (size_t k = 0; k < sizeof(lengths) / sizeof(lengths[0]); k++) {
            const size_t end = starts[i] + lengths[k];
            memset(buffer, 0xaa, sizeof(buffer));
            gv_mem_zero(buffer + starts[i], lengths[k]);
            for (size_t at = 0; at < sizeof(buffer); at++) {
                if (buffer[at] != (at >= starts[i] && at < end ? 0 : 0xaa)) {
                    fail_msg("start %zu length %zu byte %zu", starts[i], lengths[k], at);
                }
            }
        }
    }
}

int main(void)
{
#define LOG_TEST(fn) cmocka_unit_test_setup_teardown(fn, capture_stderr, restore_stderr)
    const struct CMUnitTest tests[] = {
        LOG_TEST(line_goes_to_ring_and_with_priority_to_stderr),
        LOG_TEST(only_printable_ascii_comes_through),
        LOG_TEST(forged_line_stays_one_line),
        LOG_TEST(long_lines_are_cut_with_dots),
        LOG_TEST(every_line_of_a_request_ends_with_its_number_and_no_other_does),
        LOG_TEST(level_filters),
        LOG_TEST(ring_keeps_the_newest_oldest_first),
        LOG_TEST(a_reader_that_was_overtaken_goes_on_at_the_oldest_line),
        LOG_TEST(lines_of_several_threads_do_not_mix),
        cmocka_unit_test(assertion_logs_what_and_where_and_aborts),
        cmocka_unit_test(idle_pages_are_given_back_whole_and_nothing_else),
        cmocka_unit_test(a_buffer_made_zero_is_zero_and_nothing_around_it_is),
    };
    return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
