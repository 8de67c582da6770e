/* Seat: one live client, from the reservation before its head is answered to the end. Internal to
 * web/live.
 *
 *   FREE ──reserve──► RESERVED ──take──► ARRIVED ──► OPEN ──► CLOSING ──► DEAD ──► FREE
 *                        └────release────────────────────────────────────────────────▲
 * FREE to ARRIVED change under the lock of live.c; from OPEN on the seat belongs to the live thread.
 * What a client is owed is state, not a queue: a place in the ring, and what is due (a snapshot, the time,
 * the last error). A client that asks faster than it reads gets fewer answers, never a longer queue. */
#ifndef GV_WEB_LIVE_SEAT_H
#define GV_WEB_LIVE_SEAT_H

#include "web/live/envelope.h"
#include "web/live/live.h"
#include "web/live/message.h"
#include "web/live/ring.h"
#include "web/server/address.h"

struct wslay_frame_context;

#define GV_LIVE_CONTROL_MAX 125u /* payload of a control frame, RFC 6455 section 5.5 */
/* Messages up to here are read into the seat itself. */
#define GV_LIVE_TEXT_SHORT 256u

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
    GV_CLOSE_DENIED = 4001,
    GV_CLOSE_SLOW = 4008,
};

enum gv_seat_state {
    GV_SEAT_RESERVED,
    GV_SEAT_ARRIVED,
    GV_SEAT_OPEN,
    GV_SEAT_CLOSING, /* our close frame is due or out: nothing but control frames moves */
    GV_SEAT_DEAD,    /* freed at the end of this turn */
};

struct gv_live_text; /* frames.c */

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
    struct gv_live_text *text_long; /* holds the message when it is long; NULL: text_short does */
    uint8_t text_short[GV_LIVE_TEXT_SHORT];
    size_t control_n;
    uint8_t control[GV_LIVE_CONTROL_MAX];
};

struct gv_seat_out {
    struct gv_live_message *message; /* being sent; NULL: `control` is, or nothing */
    const uint8_t *p;                /* the same bytes until all are gone */
    size_t n;
    bool blocked; /* the socket takes no more: wait for EPOLLOUT */
    uint64_t blocked_since_ms;
    uint8_t control[2 + GV_LIVE_CONTROL_MAX];
    bool ping_due;
    bool pong_due;
    size_t pong_n;
    uint8_t pong[GV_LIVE_CONTROL_MAX];
    bool close_due;
    bool close_sent;
    bool close_answers; /* the client's: nothing is to come behind it */
    uint16_t close_code;
};

/* One channel that a client hears. */
struct gv_sub {
    uint64_t channel;
    uint64_t from;       /* it has the channel's events up to this number */
    uint64_t fresh_from; /* events behind this came while it listened: only they make it slow */
    bool snapshot_due;
    uint64_t part; /* of a raw snapshot: what the writer left */
};

struct gv_seat {
    enum gv_seat_state state;
    enum gv_live_kind kind;
    uint64_t id;
    struct gv_address_key address;
    bool counts; /* towards the cap per address */
    struct gv_net net;
    unsigned open_index; /* in the live thread's list */
    uint32_t events;     /* registered with epoll */
    bool again;          /* more to read without a wake-up from epoll */
    bool more;           /* more to send, when the others have had their turn */
    enum gv_live_end end;
    uint64_t opened_ms;
    uint64_t heard_ms; /* last complete pong or message; without WebSocket: last byte it took */
    uint64_t pinged_ms;
    uint64_t frame_since_ms;   /* first byte of an unfinished message; 0: none */
    uint64_t closing_since_ms; /* 0: not closing */

    uint64_t subject; /* of config.authorize; 0: nobody */
    struct gv_ring *ring;
    uint64_t at; /* everything up to this number was looked at */
    bool is_raw;
    unsigned subs_n;
    struct gv_sub subs[GV_LIVE_SUBS_MAX];
    bool time_due;
    struct gv_time_answer time;
    bool error_due;
    struct gv_fail error;
    uint32_t wait_ms;   /* long poll: for something to happen */
    bool waited;        /* and nothing did */
    bool anything_sent; /* its answer has begun */
    bool end_sent;      /* and ended */

    struct gv_seat_in in;
    struct gv_seat_out out;
};

/* ---- seat.c ---- */

/** Begin to close: the frame goes out with the next flush; without WebSocket the connection just ends.
 *  Later calls change nothing. */
void gv_seat_close(struct gv_seat *seat, uint16_t code, enum gv_live_end end, uint64_t now_ms);
/** End at once; the live thread frees the seat at the end of its turn. */
void gv_seat_kill(struct gv_seat *seat, enum gv_live_end end);
/** Send what is due and what the socket takes, at most one turn's share. */
void gv_seat_flush(struct gv_live *live, struct gv_seat *seat, uint64_t now_ms);
/** Is there anything to flush, given the number of the newest event? */
bool gv_seat_due(const struct gv_seat *seat, uint64_t newest);
/** Pings, deadlines, the end of closing. */
void gv_seat_tick(struct gv_seat *seat, const struct gv_live_config *config, uint64_t now_ms);
/** Give up everything the seat holds but the seat itself. */
void gv_seat_clear(struct gv_seat *seat);

/* ---- stream.c ---- */

/** Hear a channel from the next event on, or from behind `since` when the ring still has what follows;
 *  otherwise a snapshot comes first. Returns: GV_OK; GV_ERR_FULL. */
GV_MUST_USE enum gv_err gv_stream_sub(struct gv_seat *seat, uint64_t channel, bool has_since,
                                      uint64_t since, uint64_t now_ms);
void gv_stream_unsub(struct gv_seat *seat, uint64_t channel);
void gv_stream_unsub_all(struct gv_seat *seat);
/** Anything to send, given the number of the newest event? */
bool gv_stream_due(const struct gv_seat *seat, uint64_t newest);
/** What the seat sends next, framed, with a reference for the caller; NULL when nothing is due, when
 *  no message is free (then seat->more), or when the seat had to be closed. */
struct gv_live_message *gv_stream_next(struct gv_live *live, struct gv_seat *seat, uint64_t now_ms);
/** Does it lag too far behind what came while it listened? */
bool gv_stream_slow(const struct gv_seat *seat);
/** Forget the frames kept for several seats. */
void gv_stream_drop_shared(void);

/* ---- talk.c ---- */

/** A whole text message of a client. In/Out: text: n bytes and GV_JSON_PADDING behind; changed. */
void gv_talk(struct gv_live *live, struct gv_seat *seat, char *text, size_t n, uint64_t now_ms);
/** May this seat still hear all it hears? Ends it when not. */
void gv_talk_recheck(struct gv_live *live, struct gv_seat *seat, uint64_t now_ms);
/** What the request of an SSE or long-poll client asks for: ?ch=, since, wait, Last-Event-ID.
 *  Out: seat: subscriptions. Returns: GV_OK; what to refuse the request with.  Thread: worker. */
GV_MUST_USE enum gv_err gv_talk_request(const struct gv_live *live, struct gv_seat *seat,
                                        const struct gv_exchange *x, struct gv_fail *fail);

/* ---- frames.c ---- */

void gv_frames_init(void);
/** Prepare the reader of a WebSocket seat that opens. Returns false when no reader is free. */
GV_MUST_USE bool gv_frames_open(struct gv_seat *seat);
void gv_frames_close(struct gv_seat *seat);
/** Read and handle what has come, at most one turn's budget. */
void gv_frames_read(struct gv_live *live, struct gv_seat *seat, uint64_t now_ms);

/* ---- utf8.c ---- */

/** Well-formed UTF-8, RFC 3629. */
bool gv_utf8_valid(struct gv_view text);

/* ---- live.c ---- */

void gv_live_count_received(void);
void gv_live_count_hearer(uint64_t channel, bool comes);
void gv_live_count_sent(void);

#endif
