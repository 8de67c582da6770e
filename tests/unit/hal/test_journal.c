/* Shows: audit lines reach the journal with their MESSAGE_ID, others do not go that way, and none is lost when the
 * journal is not there. */
#include "hal/linux/journal.h"

#include "firmware/base/log.h"

#include "hal_test.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static struct {
    char folder[PATH_BYTES];
    int journal; /* as systemd's end */
    int errors;  /* the real standard error, meanwhile */
} world;

/* Standard error goes to a file, and JOURNAL_STREAM names it as systemd would. */
static int set_up(void **state)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct stat info;
    char stream[64];
    (void)state;
    make_folder(world.folder);
    world.errors = dup(STDERR_FILENO);
    assert_non_null(freopen(in_folder(world.folder, "stderr"), "w", stderr));
    assert_int_equal(fstat(STDERR_FILENO, &info), 0);
    (void)snprintf(stream, sizeof(stream), "%ju:%ju", (uintmax_t)info.st_dev,
                   (uintmax_t)info.st_ino);
    assert_int_equal(setenv("JOURNAL_STREAM", stream, 1), 0);
    assert_true(snprintf(address.sun_path, sizeof(address.sun_path), "%s/socket", world.folder) <
                (int)sizeof(address.sun_path));
    world.journal = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    assert_int_equal(bind(world.journal, (struct sockaddr *)&address, sizeof(address)), 0);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    gv_journal_close();
    (void)dup2(world.errors, STDERR_FILENO);
    (void)close(world.errors);
    (void)close(world.journal);
    (void)unlink(in_folder(world.folder, "socket"));
    (void)unlink(in_folder(world.folder, "stderr"));
    return rmdir(world.folder);
}

static const char *received(void)
{
    static char text[2048];
    const ssize_t n = recv(world.journal, text, sizeof(text) - 1, 0);
    text[n > 0 ? n : 0] = '\0';
    return text;
}

static const char *on_stderr(void)
{
    static char text[4096];
    FILE *file = fopen(in_folder(world.folder, "stderr"), "r");
    assert_non_null(file);
    text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
    (void)fclose(file);
    return text;
}

static void audit_lines_carry_their_id(void **state)
{
    (void)state;
    assert_int_equal(gv_journal_open(in_folder(world.folder, "socket"), NULL), GV_OK);
    gv_log(GV_LOG_INFO, GV_LOG_AUDIT, "key.created subject=%s", "a\nPRIORITY=0");
    assert_string_equal(received(), "PRIORITY=6\nSYSLOG_IDENTIFIER=gaveld\n"
                                    "MESSAGE_ID=5b1f4ad2c0e94f6fa3a8a3d1e60f7c42\n"
                                    "MESSAGE=audit key.created subject=a?PRIORITY=0\n");
    assert_string_equal(on_stderr(), "");
}

static void other_lines_go_to_standard_error(void **state)
{
    (void)state;
    assert_int_equal(gv_journal_open(in_folder(world.folder, "socket"), NULL), GV_OK);
    gv_log(GV_LOG_INFO, "node", "live");
    assert_string_equal(received(), "");
    assert_string_equal(on_stderr(), "<6>node live\n");
}

static void no_line_is_lost_without_a_journal(void **state)
{
    (void)state;
    assert_int_equal(gv_journal_open(in_folder(world.folder, "nowhere"), NULL), GV_OK);
    gv_log(GV_LOG_INFO, GV_LOG_AUDIT, "key.created");
    assert_string_equal(on_stderr(), "<6>audit key.created\n");
}

static void a_terminal_is_no_journal(void **state)
{
    (void)state;
    assert_int_equal(setenv("JOURNAL_STREAM", "1:1", 1), 0);
    assert_int_equal(gv_journal_open(in_folder(world.folder, "socket"), NULL), GV_OK);
    gv_log(GV_LOG_INFO, GV_LOG_AUDIT, "key.created");
    assert_string_equal(received(), "");
    assert_string_equal(on_stderr(), "<6>audit key.created\n");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(audit_lines_carry_their_id),
        CASE(other_lines_go_to_standard_error),
        CASE(no_line_is_lost_without_a_journal),
        CASE(a_terminal_is_no_journal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
