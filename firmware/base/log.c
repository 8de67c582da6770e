#include "firmware/base/log.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PREFIX_LEN 3 /* "<6>" */

/* Head of a line in the ring; module and text follow, without ends. */
struct record {
    uint64_t number;
    int64_t at_ms;
    uint32_t level;
    uint16_t module_len;
    uint16_t text_len;
};

/* Positions count bytes ever written and never wrap; a record lies in one piece, so the bytes that it
 * finds too few before the ring's end are skipped. */
static struct {
    pthread_mutex_t lock;
    uint64_t written; /* lines ever */
    uint64_t begin;   /* position of the oldest record */
    uint64_t end;     /* behind the newest one */
    uint8_t bytes[GV_LOG_RING_BYTES];
} ring = {.lock = PTHREAD_MUTEX_INITIALIZER};

_Static_assert(sizeof(struct record) == 24, "no padding: records are copied as bytes");

static atomic_int level_min = GV_LOG_INFO;

/* Of this thread; 0: none. */
static _Thread_local uint64_t request;

static bool (*_Atomic audit_writer)(char priority, const char *line);

void gv_log_set_audit_writer(bool (*writer)(char priority, const char *line))
{
    atomic_store(&audit_writer, writer);
}

uint64_t gv_log_set_request(uint64_t number)
{
    const uint64_t before = request;
    request = number;
    return before;
}

uint64_t gv_log_request(void)
{
    return request;
}

void gv_log_request_text(char text[GV_LOG_REQUEST_MAX], uint64_t number)
{
    (void)snprintf(text, GV_LOG_REQUEST_MAX, "r%" PRIu64, number);
}

void gv_log_set_level(enum gv_log_level level)
{
    atomic_store(&level_min, (int)level);
}

static const char *const level_names[] = {
    [GV_LOG_TRACE] = "trace",     [GV_LOG_DEBUG] = "debug",   [GV_LOG_INFO] = "info",
    [GV_LOG_UNUSUAL] = "unusual", [GV_LOG_BROKEN] = "broken",
};

enum gv_err gv_log_level_parse(enum gv_log_level *level, const char *text)
{
    for (size_t i = 0; i < sizeof(level_names) / sizeof(level_names[0]); i++) {
        if (strcmp(text, level_names[i]) == 0) {
            *level = (enum gv_log_level)i;
            return GV_OK;
        }
    }
    return GV_ERR_INVALID;
}

const char *gv_log_level_name(enum gv_log_level level)
{
    return level_names[level];
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

/* "module message request_id=r1", the message cut with "..." so that all fit GV_LOG_LINE_MAX - 1 bytes. Only printable ASCII comes
 * through, so no value can start a line of its own or steer a terminal.
 * Returns: length without the NUL. */
static size_t format_line(char line[GV_LOG_LINE_MAX], const char *module, const char *fmt,
                          va_list args) GV_PRINTF(3, 0);

static size_t format_line(char line[GV_LOG_LINE_MAX], const char *module, const char *fmt,
                          va_list args)
{
    char tail[GV_LOG_REQUEST_MAX + 16] = " request_id=";
    size_t tail_n = 0;
    if (request != 0) {
        gv_log_request_text(tail + strlen(tail), request);
        tail_n = strlen(tail);
    }
    const size_t message_max = GV_LOG_LINE_MAX - tail_n;
    int head = snprintf(line, GV_LOG_LINE_MAX, "%s ", module);
    if (head < 0 || head >= GV_LOG_LINE_MAX) {
        head = 0;
    }
    int body = vsnprintf(line + head, message_max - (size_t)head, fmt, args);
    size_t n = (size_t)head + (body < 0 ? 0 : (size_t)body);
    if (n >= message_max) {
        n = message_max - 1;
        memcpy(line + n - 3, "...", 3);
    }
    memcpy(line + n, tail, tail_n);
    n += tail_n;
    for (size_t i = 0; i < n; i++) {
        if (line[i] < ' ' || line[i] > '~') {
            line[i] = '?';
        }
    }
    line[n] = '\0';
    return n;
}

/* ---- the ring ------------------------------------------------------------------------------- */

static struct record record_at(uint64_t position)
{
    struct record record;
    memcpy(&record, &ring.bytes[position % GV_LOG_RING_BYTES], sizeof(record));
    return record;
}

static uint64_t size_of(const struct record *record)
{
    return sizeof(*record) + record->module_len + record->text_len;
}

/* Where a record is that follows at `position`: behind the ring's end when it was too near. */
static uint64_t place_for(uint64_t position, uint64_t bytes)
{
    uint64_t left = GV_LOG_RING_BYTES - position % GV_LOG_RING_BYTES;
    return bytes <= left ? position : position + left;
}

/* The record that stands at `position` or behind the bytes skipped there. */
static uint64_t settle(uint64_t position)
{
    position = place_for(position, sizeof(struct record));
    if (position < ring.end && record_at(position).number == 0) {
        position = place_for(position, GV_LOG_RING_BYTES);
    }
    return position;
}

static void keep(const struct record *head, const char *module, const char *text)
{
    uint64_t bytes = size_of(head);
    uint64_t at = place_for(ring.end, bytes);
    while (ring.begin < ring.end && at + bytes - ring.begin > GV_LOG_RING_BYTES) {
        struct record oldest = record_at(ring.begin);
        ring.begin = settle(ring.begin + size_of(&oldest));
    }
    if (ring.begin >= ring.end) {
        ring.begin = at;
    }
    uint64_t gap = at - ring.end;
    uint8_t *to = &ring.bytes[at % GV_LOG_RING_BYTES];
    /* Zero is no record's number: so the skipped bytes are known. */
    memset(&ring.bytes[ring.end % GV_LOG_RING_BYTES], 0, (size_t)gap);
    memcpy(to, head, sizeof(*head));
    memcpy(to + sizeof(*head), module, head->module_len);
    memcpy(to + sizeof(*head) + head->module_len, text, head->text_len);
    ring.end = at + bytes;
}

bool gv_log_next(struct gv_log_cursor *cursor, struct gv_log_line *line)
{
    bool found = false;
    pthread_mutex_lock(&ring.lock);
    if (!cursor->placed || cursor->position < ring.begin) {
        cursor->position = ring.begin;
        cursor->placed = true;
    }
    while (!found && cursor->position < ring.end) {
        uint64_t at = settle(cursor->position);
        struct record record = record_at(at);
        const char *module = (const char *)&ring.bytes[at % GV_LOG_RING_BYTES] + sizeof(record);
        cursor->position = at + size_of(&record);
        found = record.number > cursor->after;
        if (found) {
            *line = (struct gv_log_line){.number = record.number,
                                         .at_ms = record.at_ms,
                                         .level = (enum gv_log_level)record.level};
            memcpy(line->module, module, record.module_len);
            memcpy(line->text, module + record.module_len, record.text_len);
            cursor->after = record.number;
        }
    }
    pthread_mutex_unlock(&ring.lock);
    return found;
}

uint64_t gv_log_newest(void)
{
    pthread_mutex_lock(&ring.lock);
    const uint64_t newest = ring.written;
    pthread_mutex_unlock(&ring.lock);
    return newest;
}

/* ---- writing -------------------------------------------------------------------------------- */

static int64_t now_ms(void)
{
    struct timespec now;
    return clock_gettime(CLOCK_REALTIME, &now) == 0
               ? (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000
               : 0;
}

/* In: line: "module text", n bytes. */
static void remember(enum gv_log_level level, const char *module, const char *line, size_t n)
{
    size_t module_len = strlen(module);
    size_t skip = module_len + 1 < n ? module_len + 1 : n;
    struct record head = {
        .at_ms = now_ms(),
        .level = (uint32_t)level,
        .module_len =
            (uint16_t)(module_len < GV_LOG_MODULE_MAX ? module_len : GV_LOG_MODULE_MAX - 1),
        .text_len = (uint16_t)(n - skip),
    };
    pthread_mutex_lock(&ring.lock);
    ring.written++;
    head.number = ring.written;
    keep(&head, module, line + skip);
    pthread_mutex_unlock(&ring.lock);
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
    remember(level, module, line, n);

    bool (*taken)(char priority, const char *line) = atomic_load(&audit_writer);
    if (taken != NULL && strcmp(module, GV_LOG_AUDIT) == 0 && taken(out[1], line)) {
        return;
    }
    /* One write, outside the lock: lines do not mix, and a stuck reader holds up nobody's ring. */
    line[n] = '\n';
    ssize_t written = write(STDERR_FILENO, out, PREFIX_LEN + n + 1);
    (void)written; /* with stderr gone there is nobody left to tell */
}
