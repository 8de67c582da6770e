#include "web/live/state.h"

#include "firmware/base/assert.h"

#include <string.h>

#include <wslay/wslay.h>

/* Time for the client to answer our close frame, and for the socket to take it. */
#define CLOSE_WAIT_MS 2000u
/* Frames one client may be sent before the others get their turn: one that resumes far back. */
#define TURN_FRAMES 32u

#define FIN 0x80u

void gv_seat_kill(struct gv_seat *seat, enum gv_live_end end)
{
    if (seat->state != GV_SEAT_CLOSING && seat->state != GV_SEAT_DEAD) {
        seat->end = end; /* a seat that is closing already has its reason */
    }
    seat->state = GV_SEAT_DEAD;
}

void gv_seat_close(struct gv_seat *seat, uint16_t code, enum gv_live_end end, uint64_t now_ms)
{
    if (seat->state != GV_SEAT_OPEN) {
        return;
    }
    if (seat->kind != GV_LIVE_WEBSOCKET) {
        gv_seat_kill(seat, end);
        return;
    }
    seat->state = GV_SEAT_CLOSING;
    seat->end = end;
    seat->closing_since_ms = now_ms;
    seat->out.close_due = true;
    seat->out.close_code = code;
}

/* ---- Sending ---------------------------------------------------------------------------------- */

static void begin_control(struct gv_seat_out *out, uint8_t opcode, const uint8_t *payload, size_t n)
{
    GV_ASSERT(n <= GV_LIVE_CONTROL_MAX);
    out->control[0] = (uint8_t)(FIN | opcode);
    out->control[1] = (uint8_t)n;
    if (n > 0) {
        memcpy(out->control + 2, payload, n);
    }
    out->p = out->control;
    out->n = 2 + n;
}

static void begin_close(struct gv_seat_out *out)
{
    uint8_t code[2] = {(uint8_t)(out->close_code >> 8), (uint8_t)out->close_code};
    bool silent = out->close_code == GV_CLOSE_NO_STATUS;
    begin_control(out, WSLAY_CONNECTION_CLOSE, code, silent ? 0 : sizeof(code));
    out->close_due = false;
    out->close_sent = true;
}

/* Choose what to send next, at a frame boundary. Returns false when there is nothing. */
static bool begin_next(struct gv_live *live, struct gv_seat *seat, uint64_t now_ms)
{
    struct gv_seat_out *out = &seat->out;
    if (out->close_sent) {
        return false;
    }
    if (out->pong_due) {
        begin_control(out, WSLAY_PONG, out->pong, out->pong_n);
        out->pong_due = false;
    } else if (out->close_due) {
        begin_close(out);
    } else if (out->ping_due) {
        begin_control(out, WSLAY_PING, NULL, 0);
        out->ping_due = false;
    } else if (seat->state == GV_SEAT_OPEN) {
        out->message = gv_stream_next(live, seat, now_ms);
        if (out->message == NULL) {
            return false;
        }
        struct gv_view frame = gv_live_message_bytes(out->message);
        out->p = frame.p;
        out->n = frame.n;
    } else {
        return false;
    }
    return true;
}

static void drop_message(struct gv_seat_out *out)
{
    if (out->message != NULL) {
        gv_live_message_release(out->message);
        out->message = NULL;
    }
}

static void finish_frame(struct gv_seat *seat)
{
    if (seat->out.message != NULL) {
        drop_message(&seat->out);
        gv_live_count_sent();
    }
    if (seat->end_sent) {
        gv_seat_kill(seat, GV_LIVE_END_ANSWERED);
    }
    if (seat->out.close_sent && seat->out.close_answers) {
        gv_seat_kill(seat, seat->end);
    }
}

/* Returns false when the socket takes no more. */
static bool send_some(struct gv_seat *seat, uint64_t now_ms)
{
    struct gv_seat_out *out = &seat->out;
    size_t sent = 0;
    enum gv_err err = gv_net_send(&seat->net, gv_view_of(out->p, out->n), &sent);
    if (err == GV_ERR_AGAIN) {
        out->blocked_since_ms = now_ms;
        out->blocked = true;
        return false;
    }
    if (err != GV_OK) {
        gv_seat_kill(seat, GV_LIVE_END_CLOSED);
        return false;
    }
    if (seat->kind != GV_LIVE_WEBSOCKET) {
        seat->heard_ms = now_ms; /* it has no pongs: what it takes shows that it lives */
    }
    out->p += sent;
    out->n -= sent;
    if (out->n == 0) {
        finish_frame(seat);
    }
    return true;
}

bool gv_seat_due(const struct gv_seat *seat, uint64_t newest)
{
    const struct gv_seat_out *out = &seat->out;
    return out->n > 0 || out->pong_due || out->ping_due || out->close_due ||
           (seat->state == GV_SEAT_OPEN && gv_stream_due(seat, newest));
}

void gv_seat_flush(struct gv_live *live, struct gv_seat *seat, uint64_t now_ms)
{
    unsigned left = TURN_FRAMES;
    seat->out.blocked = false;
    seat->more = false;
    while (seat->state != GV_SEAT_DEAD) {
        if (seat->out.n == 0) {
            if (left == 0) {
                seat->more = true;
                return;
            }
            if (!begin_next(live, seat, now_ms)) {
                return;
            }
            left--;
        }
        if (!send_some(seat, now_ms)) {
            return;
        }
    }
}

/* ---- Time ------------------------------------------------------------------------------------- */

/* Without WebSocket nobody answers pings: silent is who does not take what is sent. */
static bool is_silent(const struct gv_seat *seat, const struct gv_live_config *config,
                      uint64_t now_ms)
{
    bool owes = seat->kind == GV_LIVE_WEBSOCKET || seat->out.n > 0;
    return owes && now_ms - seat->heard_ms >= config->silence_ms;
}

static void tick_open(struct gv_seat *seat, const struct gv_live_config *config, uint64_t now_ms)
{
    bool stuck = seat->frame_since_ms != 0 && now_ms - seat->frame_since_ms >= config->frame_ms;
    if (stuck || is_silent(seat, config, now_ms)) {
        gv_seat_kill(seat, GV_LIVE_END_SILENT);
        return;
    }
    if (seat->out.blocked && gv_stream_slow(seat)) {
        gv_seat_close(seat, GV_CLOSE_SLOW, GV_LIVE_END_SLOW, now_ms);
        return;
    }
    if (seat->kind != GV_LIVE_WEBSOCKET) {
        seat->heard_ms = seat->out.n > 0 ? seat->heard_ms : now_ms;
        seat->waited = now_ms - seat->opened_ms >= seat->wait_ms;
        return;
    }
    uint64_t quiet_since_ms = seat->heard_ms > seat->pinged_ms ? seat->heard_ms : seat->pinged_ms;
    if (now_ms - quiet_since_ms >= config->ping_ms) {
        seat->pinged_ms = now_ms;
        seat->out.ping_due = true;
    }
}

void gv_seat_tick(struct gv_seat *seat, const struct gv_live_config *config, uint64_t now_ms)
{
    if (seat->state == GV_SEAT_OPEN) {
        tick_open(seat, config, now_ms);
    } else if (seat->state == GV_SEAT_CLOSING && now_ms - seat->closing_since_ms >= CLOSE_WAIT_MS) {
        gv_seat_kill(seat, seat->end);
    }
}

void gv_seat_clear(struct gv_seat *seat)
{
    gv_net_close(&seat->net);
    drop_message(&seat->out);
    if (seat->in.early != NULL) {
        gv_live_message_release(seat->in.early);
        seat->in.early = NULL;
    }
    gv_frames_close(seat);
}
