#include "tests/unit/base/death.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static void run_child(void (*fn)(void *arg), void *arg, int log_fd)
{
    struct rlimit no_core = {0, 0};
    (void)setrlimit(RLIMIT_CORE, &no_core);
    (void)signal(SIGABRT, SIG_DFL);
    (void)dup2(log_fd, STDERR_FILENO);
    fn(arg);
    _exit(0);
}

void expect_assert(void (*fn)(void *arg), void *arg, const char *expression)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        run_child(fn, arg, ends[1]);
    }
    close(ends[1]);
    char log[2048];
    size_t n = 0;
    ssize_t got = 0;
    while (n < sizeof(log) - 1 && (got = read(ends[0], log + n, sizeof(log) - 1 - n)) > 0) {
        n += (size_t)got;
    }
    log[n] = '\0';
    close(ends[0]);
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGABRT);
    if (strstr(log, expression) == NULL) {
        fail_msg("expected an assertion with \"%s\", the log is: %s", expression, log);
    }
}
