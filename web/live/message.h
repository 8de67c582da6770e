/* Messages: bytes on their way to clients, in the shape their transport wants. Internal to web/live.
 *
 * A seat holds at most one; what many seats send at the same time they share. Those that came with an
 * upgrade and wait to be read lie in one, too.
 * Thread: acquire any; afterwards the live thread alone counts references, so they are plain numbers. */
#ifndef GV_WEB_LIVE_MESSAGE_H
#define GV_WEB_LIVE_MESSAGE_H

#include "firmware/base/bytes.h"
#include "web/live/live.h"

/* What stands before a payload: a WebSocket header (a server frame is not masked: 2 or 4 bytes),
 * "id: 18446744073709551615\ndata: ", or the beginning of a poll's answer; and behind it "\n\n". */
#define GV_LIVE_HEADER_MAX 32u
#define GV_LIVE_TAIL_MAX   2u
_Static_assert(GV_LIVE_FRAME_OUT_MAX <= 65535u, "the 8-byte length form is never needed");
_Static_assert(GV_LIVE_FRAME_OUT_MAX >= GV_EARLY_BYTES_MAX, "early bytes fit");

/* Places kept for those who are served already when newcomers have taken the rest. */
#define GV_LIVE_MESSAGES_MARGIN 16u

struct gv_live_message {
    uint32_t references;
    uint32_t start; /* of the frame in `bytes` */
    uint32_t n;     /* of the frame */
    uint8_t bytes[GV_LIVE_HEADER_MAX + GV_LIVE_FRAME_OUT_MAX + GV_LIVE_TAIL_MAX];
};

/** Once per process, before the memory seal. */
void gv_live_messages_init(void);

/** A message with one reference, or NULL. */
GV_MUST_USE struct gv_live_message *gv_live_message_acquire(uint32_t margin);
void gv_live_message_release(struct gv_live_message *message);

/** Where the payload goes: GV_LIVE_FRAME_OUT_MAX bytes. */
char *gv_live_message_payload(struct gv_live_message *message);

/** Make the payload of n bytes a frame of the transport. In: seq: named to SSE clients, 0: none.
 *  is_first: nothing went out before on this long poll. */
void gv_live_message_wrap(struct gv_live_message *message, enum gv_live_kind kind, size_t n,
                          uint64_t seq, bool is_first);
/** Make the payload the end of a long poll's answer, which then has everything up to `seq`. */
void gv_live_message_poll_end(struct gv_live_message *message, uint64_t seq, uint64_t wall_ms,
                              bool is_first);
/** The whole frame. */
struct gv_view gv_live_message_bytes(const struct gv_live_message *message);

#endif
