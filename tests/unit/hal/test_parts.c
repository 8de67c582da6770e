/* The small parts of the Linux HAL: files, control socket, plain net, systemd, clock and friends. */
#include "tests/unit/hal/hal_test.h"

#include "firmware/base/log.h"
#include "firmware/base/text.h"
#include "hal/linux/clock.h"
#include "hal/linux/ctl_socket.h"
#include "hal/linux/entropy.h"
#include "hal/linux/files.h"
#include "hal/linux/led.h"
#include "hal/linux/memory_stats.h"
#include "hal/linux/socket_net.h"
#include "hal/linux/systemd.h"
#include "hal/linux/third_party_memory.h"
#include "hal/sim/clock.h"
#include "hal/sim/entropy.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static char folder[PATH_BYTES];

static int setup(void **state)
{
    (void)state;
    make_folder(folder);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    return rmdir(folder); /* each test removes what it made */
}

/* ---- files ---------------------------------------------------------------------------------- */

static void a_file_is_written_privately_and_read_back(void **state)
{
    const char *path = in_folder(folder, "secret");
    char text[8];
    size_t n = 0;
    struct stat info;
    (void)state;
    assert_int_equal(gv_file_write_private(path, gv_view_str("1234567"), NULL), GV_OK);
    assert_int_equal(gv_file_write_private(path, gv_view_str("12345678"), NULL), GV_OK);
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    assert_int_equal(gv_file_read(path, text, sizeof(text), &n, NULL), GV_OK);
    assert_int_equal(n, 8);
    assert_memory_equal(text, "12345678", 8);
    assert_int_equal(access(in_folder(folder, "secret.new"), F_OK), -1); /* nothing left aside */
    assert_int_equal(unlink(path), 0);
}

static void reading_is_bounded_and_says_why_it_refuses(void **state)
{
    char text[4];
    size_t n = 9;
    struct gv_fail fail;
    const char *path = in_folder(folder, "file");
    const char *fifo = in_folder(folder, "fifo");
    (void)state;
    assert_int_equal(gv_file_read(path, text, sizeof(text), &n, &fail), GV_ERR_NOT_FOUND);
    assert_string_equal(fail.code, "file.missing");
    assert_int_equal(n, 0);
    assert_int_equal(gv_file_write_private(path, gv_view_str("12345"), NULL), GV_OK);
    assert_int_equal(gv_file_read(path, text, sizeof(text), &n, &fail), GV_ERR_TOO_LARGE);
    assert_string_equal(fail.code, "file.too_large");
    assert_int_equal(n, 0);
    assert_int_equal(gv_file_read(folder, text, sizeof(text), &n, &fail), GV_ERR_INVALID);
    assert_string_equal(fail.code, "file.not_regular");
    assert_int_equal(mkfifo(fifo, 0600), 0);
    assert_int_equal(gv_file_read(fifo, text, sizeof(text), &n, &fail), GV_ERR_INVALID);
    assert_int_equal(gv_file_write_private(path, gv_view_of(NULL, 0), NULL), GV_OK);
    assert_int_equal(gv_file_read(path, text, sizeof(text), &n, &fail), GV_OK);
    assert_int_equal(n, 0);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(unlink(fifo), 0);
}

static void a_link_left_aside_is_not_followed(void **state)
{
    const char *path = in_folder(folder, "file");
    const char *aside = in_folder(folder, "file.new");
    const char *victim = in_folder(folder, "victim");
    char text[8];
    size_t n = 0;
    (void)state;
    assert_int_equal(gv_file_write_private(victim, gv_view_str("victim"), NULL), GV_OK);
    assert_int_equal(symlink(victim, aside), 0);
    assert_int_equal(gv_file_write_private(path, gv_view_str("new"), NULL), GV_OK);
    assert_int_equal(gv_file_read(victim, text, sizeof(text), &n, NULL), GV_OK);
    assert_memory_equal(text, "victim", 6);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(unlink(victim), 0);
}

static void a_write_that_fails_leaves_the_old_file(void **state)
{
    struct gv_fail fail;
    (void)state;
    assert_int_equal(gv_file_write_private(in_folder(folder, "no/such"), gv_view_str("x"), &fail),
                     GV_ERR_IO);
    assert_string_equal(fail.code, "file.io");
}

static void folders_are_private_and_made_once(void **state)
{
    const char *path = in_folder(folder, "data");
    const char *file = in_folder(folder, "file");
    struct stat info;
    struct gv_fail fail;
    (void)state;
    assert_int_equal(gv_dir_create(path, NULL), GV_OK);
    assert_int_equal(gv_dir_create(path, NULL), GV_OK);
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0700);
    assert_int_equal(gv_file_write_private(file, gv_view_str("x"), NULL), GV_OK);
    assert_int_equal(gv_dir_create(file, &fail), GV_ERR_INVALID);
    assert_string_equal(fail.code, "file.not_folder");
    assert_int_equal(gv_dir_create(in_folder(folder, "a/b"), &fail), GV_ERR_IO);
    assert_int_equal(rmdir(path), 0);
    assert_int_equal(unlink(file), 0);
}

static void a_folder_is_claimed_once(void **state)
{
    const char *path = in_folder(folder, "claimed");
    struct gv_fail fail;
    (void)state;
    assert_int_equal(gv_dir_create(path, NULL), GV_OK);
    assert_int_equal(gv_dir_lock(path, NULL), GV_OK);
    assert_int_equal(gv_dir_lock(path, &fail), GV_ERR_CONFLICT);
    assert_string_equal(fail.code, "file.locked");
    assert_int_equal(gv_dir_lock(in_folder(folder, "absent"), &fail), GV_ERR_IO);
    assert_int_equal(rmdir(in_folder(folder, "claimed")), 0);
}

/* ---- control socket ------------------------------------------------------------------------- */

static void the_control_socket_knows_its_peer(void **state)
{
    const char *path = in_folder(folder, "ctl");
    struct gv_ctl_socket ctl;
    struct stat info;
    int client = -1;
    int peer = -1;
    uid_t uid = 12345;
    (void)state;
    assert_int_equal(gv_ctl_listen(&ctl, path, 0600, NULL), GV_OK);
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    assert_int_equal(gv_ctl_accept(&ctl, &peer, &uid), GV_ERR_AGAIN);
    assert_int_equal(gv_ctl_connect(&client, path, NULL), GV_OK);
    assert_int_equal(gv_ctl_accept(&ctl, &peer, &uid), GV_OK);
    assert_int_equal(uid, getuid());
    assert_int_equal(write(client, "hi", 2), 2);
    char text[2];
    assert_int_equal(read(peer, text, sizeof(text)), 2);
    assert_int_equal(close(client), 0);
    assert_int_equal(close(peer), 0);
    gv_ctl_close(&ctl);
    gv_ctl_close(&ctl); /* a closed one is allowed */
    assert_int_equal(access(path, F_OK), -1);
}

static void only_one_daemon_listens_and_a_dead_ones_file_is_replaced(void **state)
{
    const char *path = in_folder(folder, "ctl");
    struct gv_ctl_socket first;
    struct gv_ctl_socket second;
    struct gv_fail fail;
    int client = -1;
    (void)state;
    assert_int_equal(gv_ctl_listen(&first, path, 0600, NULL), GV_OK);
    assert_int_equal(gv_ctl_listen(&second, path, 0600, &fail), GV_ERR_CONFLICT);
    assert_string_equal(fail.code, "ctl.in_use");
    assert_int_equal(close(first.fd), 0); /* as if it had died: the file stays */
    assert_int_equal(gv_ctl_connect(&client, path, &fail), GV_ERR_UNAVAILABLE);
    assert_string_equal(fail.code, "ctl.nobody");
    assert_int_equal(gv_ctl_listen(&second, path, 0660, NULL), GV_OK);
    gv_ctl_close(&second);
    assert_int_equal(gv_ctl_connect(&client, path, &fail), GV_ERR_UNAVAILABLE);
}

static void the_control_socket_takes_no_other_file_away(void **state)
{
    const char *path = in_folder(folder, "precious");
    struct gv_ctl_socket ctl;
    struct gv_fail fail;
    char long_path[200];
    (void)state;
    assert_int_equal(gv_file_write_private(path, gv_view_str("x"), NULL), GV_OK);
    assert_int_equal(gv_ctl_listen(&ctl, path, 0600, &fail), GV_ERR_INVALID);
    assert_string_equal(fail.code, "ctl.not_socket");
    assert_int_equal(access(path, F_OK), 0);
    assert_int_equal(unlink(path), 0);
    memset(long_path, 'a', sizeof(long_path) - 1);
    long_path[sizeof(long_path) - 1] = '\0';
    assert_int_equal(gv_ctl_listen(&ctl, long_path, 0600, &fail), GV_ERR_INVALID);
    assert_string_equal(fail.code, "ctl.path");
}

/* ---- plain net ------------------------------------------------------------------------------ */

static void a_plain_net_never_blocks_and_tells_the_end(void **state)
{
    int fds[2];
    struct gv_socket_net storage;
    struct gv_net net;
    char text[4];
    size_t n = 0;
    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    assert_int_equal(gv_socket_net_open(&net, &storage, fds[0]), GV_OK);
    assert_int_equal(gv_net_descriptor(&net), fds[0]);
    assert_false(gv_net_pending(&net));
    assert_int_equal(gv_net_recv(&net, text, sizeof(text), &n), GV_ERR_AGAIN);
    assert_int_equal(write(fds[1], "abcdef", 6), 6);
    assert_int_equal(gv_net_recv(&net, text, sizeof(text), &n), GV_OK);
    assert_int_equal(n, 4);
    assert_int_equal(gv_net_send(&net, gv_view_str("x"), &n), GV_OK);
    assert_int_equal(n, 1);
    static const uint8_t block[65536];
    enum gv_err err = GV_OK;
    while (err == GV_OK) { /* until the peer's buffer is full */
        err = gv_net_send(&net, gv_view_of(block, sizeof(block)), &n);
    }
    assert_int_equal(err, GV_ERR_AGAIN);
    assert_int_equal(close(fds[1]), 0);
    err = GV_OK;
    while (err == GV_OK) { /* what was on its way, then the end */
        err = gv_net_recv(&net, text, sizeof(text), &n);
    }
    assert_int_equal(err, GV_ERR_CLOSED);
    assert_int_equal(gv_net_send(&net, gv_view_str("x"), &n), GV_ERR_CLOSED); /* and no signal */
    gv_net_close(&net);
    gv_net_close(&net);
    assert_int_equal(gv_socket_net_open(&net, &storage, -1), GV_ERR_IO);
}

/* ---- systemd -------------------------------------------------------------------------------- */

static void systemd_hears_what_it_is_told(void **state)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char text[512];
    char pid[16];
    (void)state;
    assert_true(
        gv_text_copy(address.sun_path, sizeof(address.sun_path), in_folder(folder, "notify")));
    int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    (void)snprintf(pid, sizeof(pid), "%ld", (long)getpid());
    assert_int_equal(setenv("NOTIFY_SOCKET", address.sun_path, 1), 0);
    assert_int_equal(setenv("WATCHDOG_USEC", "30000000", 1), 0);
    assert_int_equal(setenv("WATCHDOG_PID", pid, 1), 0);
    assert_int_equal(gv_systemd_open(NULL), GV_OK);
    gv_systemd_ready();
    gv_systemd_watchdog();
    gv_systemd_restarting();
    gv_systemd_stopping();
    gv_systemd_close();
    assert_int_equal(setenv("WATCHDOG_PID", "1", 1), 0); /* another process's */
    assert_int_equal(gv_systemd_open(NULL), GV_OK);
    gv_systemd_ready();
    static const char *const expected[] = {"READY=1\nSTATUS=\nWATCHDOG_USEC=30000000", "WATCHDOG=1",
                                           "STATUS=starting again\nWATCHDOG_USEC=120000000",
                                           "STOPPING=1", "READY=1\nSTATUS="};
    for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
        ssize_t n = recv(fd, text, sizeof(text) - 1, 0);
        assert_true(n > 0);
        text[n] = '\0';
        assert_string_equal(text, expected[i]);
    }
    gv_systemd_close();
    assert_int_equal(close(fd), 0);
    assert_int_equal(unlink(address.sun_path), 0);

    assert_int_equal(setenv("NOTIFY_SOCKET", "relative", 1), 0);
    assert_int_equal(gv_systemd_open(NULL), GV_ERR_INVALID);
    assert_int_equal(unsetenv("NOTIFY_SOCKET"), 0);
    assert_int_equal(gv_systemd_open(NULL), GV_OK);
    gv_systemd_ready(); /* nobody to tell: nothing happens */
}

/* ---- clock, entropy, memory ----------------------------------------------------------------- */

static void clocks_run_forward(void **state)
{
    struct gv_clock clock = gv_linux_clock();
    struct gv_sim_clock storage;
    (void)state;
    struct gv_mono before = gv_clock_mono(&clock);
    assert_true(gv_clock_utc(&clock).s > 1700000000);
    assert_true(gv_clock_mono(&clock).ms >= before.ms);

    struct gv_clock sim =
        gv_sim_clock_init(&storage, (struct gv_mono){900}, (struct gv_utc){1700000000});
    gv_sim_clock_advance(&storage, 99);
    assert_int_equal(gv_clock_utc(&sim).s, 1700000000);
    gv_sim_clock_advance(&storage, 1);
    assert_int_equal(gv_clock_utc(&sim).s, 1700000001);
    gv_sim_clock_set_utc(&storage, (struct gv_utc){5});
    gv_sim_clock_advance(&storage, 10000);
    assert_int_equal(gv_clock_utc(&sim).s, 15);
    assert_int_equal(gv_clock_mono(&sim).ms, 11000);
}

static void entropy_fills_every_byte(void **state)
{
    struct gv_entropy entropy = gv_linux_entropy();
    uint8_t sum[67] = {0};
    uint8_t bytes[67];
    (void)state;
    for (int i = 0; i < 64; i++) {
        gv_entropy_fill(&entropy, bytes, sizeof(bytes));
        for (size_t b = 0; b < sizeof(bytes); b++) {
            sum[b] |= bytes[b];
        }
    }
    for (size_t b = 0; b < sizeof(sum); b++) {
        assert_int_equal(sum[b], 0xff); /* wrong once in 10^17 runs */
    }
}

static void the_same_seed_gives_the_same_bytes(void **state)
{
    struct gv_sim_random a = gv_sim_random_of(1);
    struct gv_sim_random b = gv_sim_random_of(1);
    struct gv_sim_random c = gv_sim_random_of(2);
    struct gv_entropy of_a = gv_sim_entropy(&a);
    struct gv_entropy of_b = gv_sim_entropy(&b);
    struct gv_entropy of_c = gv_sim_entropy(&c);
    uint8_t x[13];
    uint8_t y[13];
    (void)state;
    gv_entropy_fill(&of_a, x, sizeof(x));
    gv_entropy_fill(&of_b, y, sizeof(y));
    assert_memory_equal(x, y, sizeof(x));
    gv_entropy_fill(&of_c, y, sizeof(y));
    assert_memory_not_equal(x, y, sizeof(x));
}

static void resident_memory_is_told(void **state)
{
    (void)state;
    assert_true(gv_resident_bytes() > 100000);
    assert_int_equal(gv_resident_bytes() % 4096, 0);
}

static uint32_t heaps_seen;

static void see_heap(void *ctx, const struct gv_heap_stats *stats)
{
    static const char *const names[] = {"tls", "curl", "civetweb"};
    (void)ctx;
    for (size_t i = 0; i < 3; i++) {
        if (strcmp(stats->name, names[i]) == 0) {
            heaps_seen++;
            assert_true(stats->capacity > 0);
        }
    }
}

static void every_library_has_its_arena(void **state)
{
    (void)state;
    gv_memory_init();
    gv_memory_init(); /* once more does nothing */
    gv_heap_each(see_heap, NULL);
    assert_int_equal(heaps_seen, 3);
    assert_true(gv_memory_sqlite().capacity > 1000000);

    char *p = gv_civetweb_calloc(3, 5);
    assert_non_null(p);
    for (size_t i = 0; i < 15; i++) {
        assert_int_equal(p[i], 0);
    }
    p[14] = 'x';
    p = gv_civetweb_realloc(p, 5000);
    assert_non_null(p);
    assert_int_equal(p[14], 'x');
    gv_civetweb_free(p);
    gv_civetweb_free(NULL);
    assert_null(gv_civetweb_calloc(SIZE_MAX / 2, 4));
    assert_null(gv_civetweb_malloc(1u << 30));
    void *empty = gv_civetweb_malloc(0); /* not NULL, which would mean "no memory" */
    assert_non_null(empty);
    gv_civetweb_free(empty);
    p = gv_civetweb_realloc(NULL, 10);
    assert_non_null(p);
    gv_civetweb_free(p);
}

static void a_box_without_a_light_logs_changes_only(void **state)
{
    static struct gv_led led;
    struct gv_indicator indicator;
    static struct gv_log_line line;
    struct gv_log_cursor cursor = {.after = 0};
    (void)state;
    while (gv_log_next(&cursor, &line)) {
    }
    assert_false(gv_led_open(&led, "/nowhere"));
    indicator = gv_led_indicator(&led);
    const uint64_t before = cursor.after;
    gv_indicator_show(&indicator, GV_INDICATE_NODE_WAIT);
    gv_indicator_show(&indicator, GV_INDICATE_NODE_WAIT);
    gv_indicator_show(&indicator, GV_INDICATE_READY);
    gv_led_step(&led);
    gv_led_close(&led);
    while (gv_log_next(&cursor, &line)) {
    }
    assert_int_equal(cursor.after - before, 2);
    assert_non_null(strstr(line.text, "shows=ready"));
}

#define WITH_FOLDER(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FOLDER(a_file_is_written_privately_and_read_back),
        WITH_FOLDER(reading_is_bounded_and_says_why_it_refuses),
        WITH_FOLDER(a_link_left_aside_is_not_followed),
        WITH_FOLDER(a_write_that_fails_leaves_the_old_file),
        WITH_FOLDER(folders_are_private_and_made_once),
        WITH_FOLDER(a_folder_is_claimed_once),
        WITH_FOLDER(the_control_socket_knows_its_peer),
        WITH_FOLDER(only_one_daemon_listens_and_a_dead_ones_file_is_replaced),
        WITH_FOLDER(the_control_socket_takes_no_other_file_away),
        cmocka_unit_test(a_plain_net_never_blocks_and_tells_the_end),
        WITH_FOLDER(systemd_hears_what_it_is_told),
        cmocka_unit_test(clocks_run_forward),
        cmocka_unit_test(entropy_fills_every_byte),
        cmocka_unit_test(the_same_seed_gives_the_same_bytes),
        cmocka_unit_test(resident_memory_is_told),
        cmocka_unit_test(every_library_has_its_arena),
        cmocka_unit_test(a_box_without_a_light_logs_changes_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
