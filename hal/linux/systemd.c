#include "hal/linux/systemd.h"

#include "firmware/base/text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define MESSAGE_BYTES_MAX 256

static int notify_fd = -1;
static struct sockaddr_un notify_address;
static socklen_t notify_address_len;
static uint32_t watchdog_ms;

static bool number_of(const char *name, uint64_t *value)
{
    const char *text = getenv(name); /* NOLINT(concurrency-mt-unsafe): before other threads run */
    return text != NULL && gv_parse_u64(value, gv_view_str(text), UINT64_MAX);
}

/* The watchdog may be meant for another process of the service. */
static uint32_t read_watchdog_ms(void)
{
    uint64_t usec = 0;
    uint64_t pid = 0;
    if (!number_of("WATCHDOG_USEC", &usec)) {
        return 0;
    }
    if (number_of("WATCHDOG_PID", &pid) && pid != (uint64_t)getpid()) {
        return 0;
    }
    return usec / 1000u > UINT32_MAX ? UINT32_MAX : (uint32_t)(usec / 1000u);
}

enum gv_err gv_systemd_open(struct gv_fail *fail)
{
    watchdog_ms = read_watchdog_ms();
    const char *name = getenv("NOTIFY_SOCKET"); /* NOLINT(concurrency-mt-unsafe): as above */
    if (name == NULL) {
        return GV_OK;
    }
    size_t n = strlen(name);
    if (n < 2 || n >= sizeof(notify_address.sun_path) || (name[0] != '/' && name[0] != '@')) {
        return gv_fail(fail, GV_ERR_INVALID, "systemd.socket",
                       "NOTIFY_SOCKET is neither a path nor an abstract name");
    }
    notify_address = (struct sockaddr_un){.sun_family = AF_UNIX};
    memcpy(notify_address.sun_path, name, n);
    if (name[0] == '@') {
        notify_address.sun_path[0] = '\0'; /* the abstract name space */
    }
    notify_address_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n);
    notify_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (notify_fd < 0) {
        return gv_fail(fail, GV_ERR_IO, "systemd.socket", "no socket for notifications (errno %d)",
                       errno);
    }
    return GV_OK;
}

void gv_systemd_close(void)
{
    if (notify_fd >= 0) {
        (void)close(notify_fd);
        notify_fd = -1;
    }
}

/* Nobody is helped by an error here: the message is for the service manager only. */
static void notify(const char *message)
{
    if (notify_fd >= 0) {
        (void)sendto(notify_fd, message, strlen(message), MSG_NOSIGNAL,
                     (const struct sockaddr *)&notify_address, notify_address_len);
    }
}

/* Without a watchdog its period stays unsaid: saying it would start one. */
static void notify_with_period(const char *message, uint32_t period_ms)
{
    char text[MESSAGE_BYTES_MAX];
    if (watchdog_ms == 0) {
        notify(message);
        return;
    }
    gv_format_cut(text, sizeof(text), "%s\nWATCHDOG_USEC=%" PRIu32 "000", message, period_ms);
    notify(text);
}

void gv_systemd_ready(void)
{
    notify_with_period("READY=1\nSTATUS=", watchdog_ms);
}

void gv_systemd_restarting(void)
{
    notify_with_period("STATUS=starting again", GV_SYSTEMD_RESTART_MS);
}

void gv_systemd_stopping(void)
{
    notify("STOPPING=1");
}

void gv_systemd_watchdog(void)
{
    notify("WATCHDOG=1");
}
