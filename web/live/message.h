/* Messages: shared, framed once, counted by the rings that hold them. Internal to web/live.
 *
 * Thread: acquire and fill any; afterwards the live thread alone counts references, so they are plain
 * numbers. */
#ifndef GV_WEB_LIVE_MESSAGE_H
#define GV_WEB_LIVE_MESSAGE_H

#include "firmware/base/bytes.h"
#include "firmware/base/limits.h"

#include <stdint.h>

/* A server frame is not masked: 2 bytes, and 2 more from 126 bytes of payload on. */
#define GV_LIVE_HEADER_MAX 4u
_Static_assert(GV_LIVE_FRAME_OUT_MAX <= 65535u, "the 8-byte length form is never needed");

/* Places kept for publishing when answers and greetings have taken the rest. */
#define GV_LIVE_PUBLISH_MARGIN (GV_LIVE_MESSAGES / 4u)

struct gv_live_message {
    bool for_all; /* a publication is for every client, or for those of its channel */
    const void *channel;
    uint32_t references;
    uint32_t start;                                            /* of the frame in `bytes` */
    uint32_t n;                                                /* frame length, or early bytes */
    uint8_t bytes[GV_LIVE_HEADER_MAX + GV_LIVE_FRAME_OUT_MAX]; /* header, payload */
};

/** Once per process, before the memory seal. */
void gv_live_messages_init(void);

/** A message with one reference, or NULL. */
GV_MUST_USE struct gv_live_message *gv_live_message_acquire(uint32_t margin);
void gv_live_message_release(struct gv_live_message *message);

/** Where the payload goes: GV_LIVE_FRAME_OUT_MAX bytes. */
char *gv_live_message_payload(struct gv_live_message *message);
/** Put a text frame header before the payload of n bytes. */
void gv_live_message_frame(struct gv_live_message *message, size_t n);
/** The whole frame. */
struct gv_view gv_live_message_bytes(const struct gv_live_message *message);

#endif
