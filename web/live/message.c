#include "web/live/message.h"

#include "firmware/base/assert.h"
#include "firmware/base/pool.h"
#include "firmware/base/text.h"

#include <inttypes.h>
#include <string.h>

#include <wslay/wslay.h>

#define FIN_TEXT  (0x80u | WSLAY_TEXT_FRAME)
#define LENGTH_16 126u

static const char poll_head[] = "{\"v\":1,\"items\":[";

GV_POOL_STORAGE(live_messages, struct gv_live_message, GV_LIVE_MESSAGES);

void gv_live_messages_init(void)
{
    GV_POOL_INIT(live_messages);
}

struct gv_live_message *gv_live_message_acquire(uint32_t margin)
{
    struct gv_live_message *message = gv_pool_acquire(&live_messages, margin);
    if (message != NULL) {
        message->references = 1;
    }
    return message;
}

void gv_live_message_release(struct gv_live_message *message)
{
    GV_ASSERT(message->references > 0);
    message->references--;
    if (message->references == 0) {
        gv_pool_release(&live_messages, message);
    }
}

char *gv_live_message_payload(struct gv_live_message *message)
{
    return (char *)message->bytes + GV_LIVE_HEADER_MAX;
}

/* ---- Frames ----------------------------------------------------------------------------------- */

static void put_before(struct gv_live_message *message, const void *head, size_t head_n, size_t n)
{
    GV_ASSERT(head_n <= GV_LIVE_HEADER_MAX);
    message->start = (uint32_t)(GV_LIVE_HEADER_MAX - head_n);
    message->n = (uint32_t)(head_n + n);
    memcpy(message->bytes + message->start, head, head_n);
}

static void wrap_websocket(struct gv_live_message *message, size_t n)
{
    const bool is_short = n < LENGTH_16;
    const uint8_t head[4] = {FIN_TEXT, (uint8_t)(is_short ? n : LENGTH_16), (uint8_t)(n >> 8),
                             (uint8_t)n};
    put_before(message, head, is_short ? 2 : 4, n);
}

/* Our JSON is one line, so one data field holds it. */
static void wrap_sse(struct gv_live_message *message, size_t n, uint64_t seq)
{
    char head[GV_LIVE_HEADER_MAX + 1] = "data: ";
    if (seq != 0) {
        gv_format_cut(head, sizeof(head), "id: %" PRIu64 "\ndata: ", seq);
    }
    message->bytes[GV_LIVE_HEADER_MAX + n] = '\n';
    message->bytes[GV_LIVE_HEADER_MAX + n + 1] = '\n';
    put_before(message, head, strlen(head), n + 2);
}

void gv_live_message_wrap(struct gv_live_message *message, enum gv_live_kind kind, size_t n,
                          uint64_t seq, bool is_first)
{
    GV_ASSERT(n <= GV_LIVE_FRAME_OUT_MAX);
    switch (kind) {
    case GV_LIVE_WEBSOCKET:
        wrap_websocket(message, n);
        break;
    case GV_LIVE_SSE:
        wrap_sse(message, n, seq);
        break;
    case GV_LIVE_POLL:
    case GV_LIVE_KINDS:
        put_before(message, is_first ? poll_head : ",", is_first ? sizeof(poll_head) - 1 : 1, n);
        break;
    }
}

void gv_live_message_poll_end(struct gv_live_message *message, uint64_t seq, uint64_t wall_ms,
                              bool is_first)
{
    char *payload = gv_live_message_payload(message);
    gv_format_cut(payload, GV_LIVE_FRAME_OUT_MAX,
                  "],\"seq\":%" PRIu64 ",\"server_time_ms\":%" PRIu64 "}", seq, wall_ms);
    put_before(message, poll_head, is_first ? sizeof(poll_head) - 1 : 0, strlen(payload));
}

struct gv_view gv_live_message_bytes(const struct gv_live_message *message)
{
    return gv_view_of(message->bytes + message->start, message->n);
}
