#include "hal/linux/journal.h"

#include "firmware/base/log.h"
#include "firmware/base/text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define JOURNAL_SOCKET "/run/systemd/journal/socket"
#define DATAGRAM_MAX   (GV_LOG_LINE_MAX + 256u)

static struct {
    int fd;
    struct sockaddr_un address;
} self = {.fd = -1};

/* Is standard error the stream that systemd gave us? */
static bool leads_to_journal(void)
{
    char mine[64];
    struct stat info;
    const char *stream = getenv("JOURNAL_STREAM"); /* at start-up, one thread: NOLINT */
    return stream != NULL && fstat(STDERR_FILENO, &info) == 0 &&
           gv_format(mine, sizeof(mine), "%ju:%ju", (uintmax_t)info.st_dev,
                     (uintmax_t)info.st_ino) &&
           strcmp(stream, mine) == 0;
}

/* In: line: printable ASCII of one line. Returns: false: not taken, say it elsewhere. */
static bool write_audit(char priority, const char *line)
{
    char text[DATAGRAM_MAX];
    if (!gv_format(text, sizeof(text),
                   "PRIORITY=%c\nSYSLOG_IDENTIFIER=gaveld\nMESSAGE_ID=" GV_JOURNAL_AUDIT_ID
                   "\nMESSAGE=%s\n",
                   priority, line)) {
        return false;
    }
    return sendto(self.fd, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT,
                  (const struct sockaddr *)&self.address, sizeof(self.address)) > 0;
}

enum gv_err gv_journal_open(const char *path, struct gv_fail *fail)
{
    if (!leads_to_journal()) {
        return GV_OK;
    }
    self.address.sun_family = AF_UNIX;
    if (!gv_text_copy(self.address.sun_path, sizeof(self.address.sun_path),
                      path != NULL ? path : JOURNAL_SOCKET)) {
        return gv_fail(fail, GV_ERR_IO, "journal.path", "the journal's socket has a long name");
    }
    self.fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (self.fd < 0) {
        return gv_fail(fail, GV_ERR_IO, "journal.socket", "no socket (errno %d)", errno);
    }
    gv_log_set_audit_writer(write_audit);
    return GV_OK;
}

void gv_journal_close(void)
{
    gv_log_set_audit_writer(NULL);
    if (self.fd >= 0) {
        (void)close(self.fd);
        self.fd = -1;
    }
}
