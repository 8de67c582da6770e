#include "web/live/seat.h"

#include "firmware/base/assert.h"

#include <string.h>

#include <wslay/wslay.h>

/* Time for the client to answer our close frame, and for the socket to take it. */
#define CLOSE_WAIT_MS 2000u

#define FIN 0x80u

void gv_seat_kill(struct gv_seat *seat, enum gv_live_end end)
{
    if (seat->state != GV_SEAT_CLOSING && seat->state != GV_SEAT_DEAD) {
        seat->end = end; /* a seat that is closing already has its reason */
    }
    seat->state = GV_SEAT_DEAD;
}

/* Forget queued messages, but not the one that is half sent. */
static void drop_queue(struct gv_seat_out *out)
{
    unsigned keep = out->p_is_message ? 1u : 0u;
    while (out->ring_n > keep) {
        unsigned last = (out->ring_head + out->ring_n - 1u) % GV_LIVE_RING;
        gv_live_message_release(out->ring[last]);
        out->ring_n--;
    }
}

void gv_seat_close(struct gv_seat *seat, uint16_t code, enum gv_live_end end, uint64_t now_ms)
{
    if (seat->state != GV_SEAT_OPEN) {
        return;
    }
    seat->state = GV_SEAT_CLOSING;
    seat->end = end;
    seat->closing_since_ms = now_ms;
    seat->greet_due = false;
    drop_queue(&seat->out);
    seat->out.close_due = true;
    seat->out.close_code = code;
    gv_seat_flush(seat);
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
    out->p_is_message = false;
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
static bool begin_next(struct gv_seat_out *out)
{
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
    } else if (out->ring_n > 0) {
        struct gv_view frame = gv_live_message_bytes(out->ring[out->ring_head]);
        out->p = frame.p;
        out->n = frame.n;
        out->p_is_message = true;
    } else {
        return false;
    }
    return true;
}

static void finish_frame(struct gv_seat_out *out)
{
    if (out->p_is_message) {
        gv_live_message_release(out->ring[out->ring_head]);
        out->ring_head = (out->ring_head + 1u) % GV_LIVE_RING;
        out->ring_n--;
        out->p_is_message = false;
        gv_live_count_sent();
    }
}

void gv_seat_flush(struct gv_seat *seat)
{
    struct gv_seat_out *out = &seat->out;
    out->blocked = false;
    while (seat->state != GV_SEAT_DEAD && (out->n > 0 || begin_next(out))) {
        size_t sent = 0;
        enum gv_err err = gv_net_send(&seat->net, gv_view_of(out->p, out->n), &sent);
        if (err == GV_ERR_AGAIN) {
            out->blocked = true;
            return;
        }
        if (err != GV_OK) {
            gv_seat_kill(seat, GV_LIVE_END_CLOSED);
            return;
        }
        out->p += sent;
        out->n -= sent;
        if (out->n == 0) {
            finish_frame(out);
        }
    }
}

void gv_seat_push(struct gv_seat *seat, struct gv_live_message *message, uint64_t now_ms)
{
    struct gv_seat_out *out = &seat->out;
    if (seat->state != GV_SEAT_OPEN) {
        return;
    }
    if (out->ring_n == GV_LIVE_RING) {
        gv_seat_close(seat, GV_CLOSE_SLOW, GV_LIVE_END_SLOW, now_ms);
        return;
    }
    message->references++;
    out->ring[(out->ring_head + out->ring_n) % GV_LIVE_RING] = message;
    out->ring_n++;
    if (!out->blocked) {
        gv_seat_flush(seat);
    }
}

/* ---- Time ------------------------------------------------------------------------------------- */

void gv_seat_tick(struct gv_seat *seat, const struct gv_live_config *config, uint64_t now_ms)
{
    if (seat->state == GV_SEAT_CLOSING) {
        if (now_ms - seat->closing_since_ms >= CLOSE_WAIT_MS) {
            gv_seat_kill(seat, seat->end);
        }
        return;
    }
    bool silent = now_ms - seat->heard_ms >= config->silence_ms;
    bool stuck = seat->frame_since_ms != 0 && now_ms - seat->frame_since_ms >= config->frame_ms;
    if (silent || stuck) {
        gv_seat_kill(seat, GV_LIVE_END_SILENT);
        return;
    }
    uint64_t quiet_since_ms = seat->heard_ms > seat->pinged_ms ? seat->heard_ms : seat->pinged_ms;
    if (now_ms - quiet_since_ms >= config->ping_ms) {
        seat->pinged_ms = now_ms;
        seat->out.ping_due = true;
        if (!seat->out.blocked) {
            gv_seat_flush(seat);
        }
    }
}

void gv_seat_clear(struct gv_seat *seat)
{
    gv_net_close(&seat->net);
    seat->out.p_is_message = false;
    drop_queue(&seat->out);
    if (seat->in.early != NULL) {
        gv_live_message_release(seat->in.early);
        seat->in.early = NULL;
    }
    gv_frames_close(seat);
}
