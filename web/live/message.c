#include "web/live/message.h"

#include "firmware/base/assert.h"
#include "firmware/base/pool.h"

#include <wslay/wslay.h>

#define FIN_TEXT  (0x80u | WSLAY_TEXT_FRAME)
#define LENGTH_16 126u

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

void gv_live_message_frame(struct gv_live_message *message, size_t n)
{
    GV_ASSERT(n <= GV_LIVE_FRAME_OUT_MAX);
    uint8_t *bytes = message->bytes;
    if (n < LENGTH_16) {
        message->start = 2;
        bytes[2] = FIN_TEXT;
        bytes[3] = (uint8_t)n;
    } else {
        message->start = 0;
        bytes[0] = FIN_TEXT;
        bytes[1] = LENGTH_16;
        bytes[2] = (uint8_t)(n >> 8);
        bytes[3] = (uint8_t)n;
    }
    message->n = (uint32_t)(GV_LIVE_HEADER_MAX - message->start + n);
}

struct gv_view gv_live_message_bytes(const struct gv_live_message *message)
{
    return gv_view_of(message->bytes + message->start, message->n);
}
