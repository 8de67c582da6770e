#include "firmware/base/log.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PREFIX_LEN 3 /* "<6>" */

static struct {
    pthread_mutex_t lock;
    uint64_t written; /* lines ever; the next goes to written % GV_LOG_RING_LINES */
    char lines[GV_LOG_RING_LINES][GV_LOG_LINE_MAX];
} ring = {.lock = PTHREAD_MUTEX_INITIALIZER};

static atomic_int level_min = GV_LOG_INFO;

void gv_log_set_level(enum gv_log_level level)
{
    atomic_store(&level_min, (int)level);
}

enum gv_err gv_log_level_parse(enum gv_log_level *level, const char *text)
{
    static const struct {
        const char *text;
        enum gv_log_level level;
    } names[] = {
        {"trace", GV_LOG_TRACE},     {"debug", GV_LOG_DEBUG},   {"info", GV_LOG_INFO},
        {"unusual", GV_LOG_UNUSUAL}, {"broken", GV_LOG_BROKEN},
    };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(text, names[i].text) == 0) {
            *level = names[i].level;
            return GV_OK;
        }
    }
    return GV_ERR_INVALID;
}

/* Priorities of sd-daemon(3), which the journal takes from the head of a line. */
static char priority(enum gv_log_level level)
{
    switch (level) {
    case GV_LOG_TRACE:
    case GV_LOG_DEBUG:
        return '7';
    case GV_LOG_INFO:
        return '6';
    case GV_LOG_UNUSUAL:
        return '4';
    case GV_LOG_BROKEN:
        return '3';
    }
    return '3';
}

/* "module message", cut with "..." at GV_LOG_LINE_MAX - 1 bytes. Only printable ASCII comes
 * through, so no value can start a line of its own or steer a terminal.
 * Returns: length without the NUL. */
static size_t format_line(char line[GV_LOG_LINE_MAX], const char *module, const char *fmt,
                          va_list args) GV_PRINTF(3, 0);

static size_t format_line(char line[GV_LOG_LINE_MAX], const char *module, const char *fmt,
                          va_list args)
{
    int head = snprintf(line, GV_LOG_LINE_MAX, "%s ", module);
    if (head < 0 || head >= GV_LOG_LINE_MAX) {
        head = 0;
    }
    int body = vsnprintf(line + head, (size_t)(GV_LOG_LINE_MAX - head), fmt, args);
    size_t n = (size_t)head + (body < 0 ? 0 : (size_t)body);
    if (n >= GV_LOG_LINE_MAX) {
        n = GV_LOG_LINE_MAX - 1;
        memcpy(line + n - 3, "...", 3);
    }
    for (size_t i = 0; i < n; i++) {
        if (line[i] < ' ' || line[i] > '~') {
            line[i] = '?';
        }
    }
    line[n] = '\0';
    return n;
}

void gv_log(enum gv_log_level level, const char *module, const char *fmt, ...)
{
    if ((int)level < atomic_load(&level_min)) {
        return;
    }
    char out[PREFIX_LEN + GV_LOG_LINE_MAX];
    out[0] = '<';
    out[1] = priority(level);
    out[2] = '>';
    char *line = out + PREFIX_LEN;

    va_list args;
    va_start(args, fmt);
    size_t n = format_line(line, module, fmt, args);
    va_end(args);

    pthread_mutex_lock(&ring.lock);
    memcpy(ring.lines[ring.written % GV_LOG_RING_LINES], line, n + 1);
    ring.written++;
    pthread_mutex_unlock(&ring.lock);

    /* One write, outside the lock: lines do not mix, and a stuck reader holds up nobody's ring. */
    line[n] = '\n';
    ssize_t written = write(STDERR_FILENO, out, PREFIX_LEN + n + 1);
    (void)written; /* with stderr gone there is nobody left to tell */
}

uint32_t gv_log_recent(char (*lines)[GV_LOG_LINE_MAX], uint32_t lines_max)
{
    pthread_mutex_lock(&ring.lock);
    uint64_t count = ring.written < GV_LOG_RING_LINES ? ring.written : GV_LOG_RING_LINES;
    if (count > lines_max) {
        count = lines_max;
    }
    for (uint64_t i = 0; i < count; i++) {
        memcpy(lines[i], ring.lines[(ring.written - count + i) % GV_LOG_RING_LINES],
               GV_LOG_LINE_MAX);
    }
    pthread_mutex_unlock(&ring.lock);
    return (uint32_t)count;
}
