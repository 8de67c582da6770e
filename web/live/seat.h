/* Seat: one live client, from the reservation before its 101 to the end. Internal to web/live.
 *
 *   FREE ──reserve──► RESERVED ──take──► ARRIVED ──► OPEN ──► CLOSING ──► DEAD ──► FREE
 *                        └────release────────────────────────────────────────────────▲
 * FREE to ARRIVED change under the lock of live.c; from OPEN on the seat belongs to the live thread.
 * Everything a client can make us hold is in this struct, but the messages in its ring. */
#ifndef GV_WEB_LIVE_SEAT_H
#define GV_WEB_LIVE_SEAT_H

#include "web/live/live.h"
#include "web/live/message.h"
#include "web/server/address.h"

struct wslay_frame_context;

#define GV_LIVE_CONTROL_MAX 125u /* payload of a control frame, RFC 6455 section 5.5 */

/* Close codes of RFC 6455 section 7.4 and of our own. */
enum {
    GV_CLOSE_NORMAL = 1000,
    GV_CLOSE_GOING_AWAY = 1001,
    GV_CLOSE_PROTOCOL = 1002,
    GV_CLOSE_UNSUPPORTED = 1003,
    GV_CLOSE_NO_STATUS = 1005, /* never sent */
    GV_CLOSE_NOT_UTF8 = 1007,
    GV_CLOSE_TOO_BIG = 1009,
    GV_CLOSE_FULL = 1013,
    GV_CLOSE_SLOW = 4008,
};

enum gv_seat_state {
    GV_SEAT_RESERVED,
    GV_SEAT_ARRIVED,
    GV_SEAT_OPEN,
    GV_SEAT_CLOSING, /* our close frame is due or out: nothing but control frames moves */
    GV_SEAT_DEAD,    /* freed at the end of this turn */
};

struct gv_seat_in {
    struct wslay_frame_context *frames;
    struct gv_live_message *early; /* bytes that came with the upgrade, until read */
    size_t early_read;
    bool ended;          /* the last read found no more bytes: AGAIN, closed or broken */
    enum gv_err end_err; /* and why */
    size_t budget;       /* bytes this turn may still read */
    bool in_frame;       /* some of a frame's payload is still to come */
    uint64_t frame_left;
    uint8_t opcode;       /* of the frame */
    uint8_t message_type; /* opcode of the unfinished message; 0: none */
    size_t text_n;
    uint8_t text[GV_LIVE_FRAME_IN_MAX];
    size_t control_n;
    uint8_t control[GV_LIVE_CONTROL_MAX];
};

struct gv_seat_out {
    struct gv_live_message *ring[GV_LIVE_RING];
    unsigned ring_head;
    unsigned ring_n;
    const uint8_t *p; /* what is being sent; the same bytes until all are gone */
    size_t n;
    bool p_is_message; /* p lies in ring[ring_head] */
    bool blocked;      /* the socket takes no more: wait for EPOLLOUT */
    uint8_t control[2 + GV_LIVE_CONTROL_MAX];
    bool ping_due;
    bool pong_due;
    size_t pong_n;
    uint8_t pong[GV_LIVE_CONTROL_MAX];
    bool close_due;
    bool close_sent;
    uint16_t close_code;
};

struct gv_seat {
    enum gv_seat_state state;
    uint64_t id;
    const void *route_extra;
    struct gv_address_key address;
    bool counts; /* towards the cap per address */
    struct gv_net net;
    unsigned open_index; /* in the live thread's list */
    uint32_t events;     /* registered with epoll */
    bool again;          /* more to read without a wake-up from epoll */
    bool greet_due;
    enum gv_live_end end;
    uint64_t heard_ms; /* last complete pong or message */
    uint64_t pinged_ms;
    uint64_t frame_since_ms;   /* first byte of an unfinished message; 0: none */
    uint64_t closing_since_ms; /* 0: not closing */
    struct gv_seat_in in;
    struct gv_seat_out out;
};

/* ---- seat.c ---- */

/** Begin to close: the frame goes out as soon as the socket takes it. Later calls change nothing. */
void gv_seat_close(struct gv_seat *seat, uint16_t code, enum gv_live_end end, uint64_t now_ms);
/** End at once; the live thread frees the seat at the end of its turn. */
void gv_seat_kill(struct gv_seat *seat, enum gv_live_end end);

/** Queue a message (taking a reference of its own) and send what the socket takes. */
void gv_seat_push(struct gv_seat *seat, struct gv_live_message *message, uint64_t now_ms);
/** Send what the socket takes. */
void gv_seat_flush(struct gv_seat *seat);
/** Pings, deadlines, the end of closing. */
void gv_seat_tick(struct gv_seat *seat, const struct gv_live_config *config, uint64_t now_ms);
/** Give up everything the seat holds but the seat itself. */
void gv_seat_clear(struct gv_seat *seat);

/* ---- frames.c ---- */

void gv_frames_init(void);
/** Prepare the reader of a seat that opens. Returns false when no reader is free. */
GV_MUST_USE bool gv_frames_open(struct gv_seat *seat);
void gv_frames_close(struct gv_seat *seat);

/** Read and handle what has come, at most one turn's budget. */
void gv_frames_read(struct gv_seat *seat, const struct gv_live_config *config, uint64_t now_ms);

/* ---- utf8.c ---- */

/** Well-formed UTF-8, RFC 3629. */
bool gv_utf8_valid(struct gv_view text);

/* ---- live.c ---- */

void gv_live_count_received(void);
void gv_live_count_sent(void);

#endif
