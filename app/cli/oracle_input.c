#include "app/cli/oracle_input.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static enum gv_err refuse(struct gv_fail *fail, const char *code, const char *what, int reason)
{
    char text[128];
    if (strerror_r(reason, text, sizeof text) != 0) {
        text[0] = '\0';
    }
    return gv_fail(fail, GV_ERR_IO, code, "%s: %s", what, text);
}

/* Start gzip with the file as its input and the pipe as its output. Returns: an errno value. */
static int start_gzip(pid_t *child, int from, int to)
{
    char name[] = "gzip";
    char option[] = "-dc";
    char *const argv[] = {name, option, NULL};
    posix_spawn_file_actions_t actions;
    int rc = posix_spawn_file_actions_init(&actions);
    if (rc != 0) {
        return rc;
    }
    rc = posix_spawn_file_actions_adddup2(&actions, from, STDIN_FILENO);
    if (rc == 0) {
        rc = posix_spawn_file_actions_adddup2(&actions, to, STDOUT_FILENO);
    }
    if (rc == 0) {
        rc = posix_spawnp(child, name, &actions, NULL, argv, environ);
    }
    (void)posix_spawn_file_actions_destroy(&actions);
    return rc;
}

static int cloexec_pipe(int end[2])
{
    if (pipe(end) != 0) {
        return errno;
    }
    (void)fcntl(end[0], F_SETFD, FD_CLOEXEC);
    (void)fcntl(end[1], F_SETFD, FD_CLOEXEC);
    return 0;
}

enum gv_err gv_cli_input_open(struct gv_cli_input *input, const char *path, struct gv_fail *fail)
{
    const size_t n = strlen(path);
    int end[2];
    input->child = 0;
    input->fd = open(path, O_RDONLY | O_CLOEXEC);
    if (input->fd < 0) {
        return refuse(fail, "input.open", path, errno);
    }
    if (n < 3 || strcmp(path + n - 3, ".gz") != 0) {
        return GV_OK;
    }
    int rc = cloexec_pipe(end);
    if (rc == 0) {
        rc = start_gzip(&input->child, input->fd, end[1]);
        (void)close(end[1]);
        if (rc != 0) {
            (void)close(end[0]);
        }
    }
    (void)close(input->fd);
    if (rc != 0) {
        return refuse(fail, "input.open", "gzip", rc);
    }
    input->fd = end[0];
    return GV_OK;
}

enum gv_err gv_cli_input_read(struct gv_cli_input *input, void *out, size_t cap, size_t *n,
                              struct gv_fail *fail)
{
    ssize_t got = 0;
    do {
        got = read(input->fd, out, cap);
    } while (got < 0 && errno == EINTR);
    if (got < 0) {
        return refuse(fail, "input.read", "the file", errno);
    }
    *n = (size_t)got;
    return GV_OK;
}

enum gv_err gv_cli_input_close(struct gv_cli_input *input, struct gv_fail *fail)
{
    int status = 0;
    pid_t ended = 0;
    (void)close(input->fd);
    if (input->child == 0) {
        return GV_OK;
    }
    do {
        ended = waitpid(input->child, &status, 0);
    } while (ended < 0 && errno == EINTR);
    if (ended < 0 || !WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        return gv_fail(fail, GV_ERR_IO, "input.gzip", "gzip could not unpack the file");
    }
    return GV_OK;
}
