#include "web/live/state.h"

#include "firmware/base/assert.h"
#include "firmware/base/json.h"
#include "firmware/base/pool.h"

#include <string.h>
#include <sys/types.h>

#include <wslay/wslay.h>

/* Bytes of one client handled before the others get their turn. */
#define TURN_BYTES 16384u

/* wslay's reader holds a 4 KiB buffer and about 200 bytes of state. */
#define READER_BYTES 4608u

struct reader {
    _Alignas(16) uint8_t bytes[READER_BYTES];
};

GV_POOL_STORAGE(live_readers, struct reader, GV_LIVE_CLIENTS_MAX);

/* A long message while it arrives; few clients ever send one. */
struct gv_live_text {
    uint8_t bytes[GV_LIVE_FRAME_IN_MAX + GV_JSON_PADDING];
};
GV_POOL_STORAGE(live_texts, struct gv_live_text, GV_LIVE_TEXTS);

/* The build renames the allocator calls of wslay to these (CMakeLists.txt): the one allocation of its
 * frame layer, a reader for each client, comes from a pool. It is written as malloc and memset, which
 * compilers turn into calloc when they optimise. */
void *gv_wslay_malloc(size_t bytes);
void *gv_wslay_calloc(size_t n, size_t size);
void gv_wslay_free(void *p);

void *gv_wslay_malloc(size_t bytes)
{
    GV_ASSERT(bytes <= READER_BYTES);
    return gv_pool_acquire(&live_readers, 0); /* zeroed */
}

void *gv_wslay_calloc(size_t n, size_t size)
{
    GV_ASSERT(n <= READER_BYTES);
    GV_ASSERT(size <= READER_BYTES);
    return gv_wslay_malloc(n * size);
}

void gv_wslay_free(void *p)
{
    if (p != NULL) {
        gv_pool_release(&live_readers, p);
    }
}

void gv_frames_init(void)
{
    GV_POOL_INIT(live_readers);
    GV_POOL_INIT(live_texts);
}

/* ---- Bytes in --------------------------------------------------------------------------------- */

/* First what came with the upgrade, then the connection. */
static enum gv_err read_some(struct gv_seat *seat, uint8_t *out, size_t cap, size_t *got)
{
    struct gv_seat_in *in = &seat->in;
    if (in->early == NULL) {
        return gv_net_recv(&seat->net, out, cap, got);
    }
    const struct gv_view early = gv_live_message_bytes(in->early);
    size_t left = early.n - in->early_read;
    *got = left < cap ? left : cap;
    memcpy(out, early.p + in->early_read, *got);
    in->early_read += *got;
    if (*got == left) {
        gv_live_message_release(in->early);
        in->early = NULL;
    }
    return GV_OK;
}

static ssize_t recv_callback(uint8_t *out, size_t cap, int flags, void *user)
{
    struct gv_seat *seat = user;
    struct gv_seat_in *in = &seat->in;
    size_t got = 0;
    (void)flags;
    if (in->budget == 0) {
        return -1;
    }
    in->end_err = read_some(seat, out, cap, &got);
    if (in->end_err != GV_OK) {
        in->ended = true;
        return -1;
    }
    in->budget -= got < in->budget ? got : in->budget;
    return (ssize_t)got;
}

/* ---- The message that is arriving -------------------------------------------------------------- */

static uint8_t *text_of(struct gv_seat_in *in)
{
    return in->text_long != NULL ? in->text_long->bytes : in->text_short;
}

static void drop_text(struct gv_seat_in *in)
{
    in->text_n = 0;
    if (in->text_long != NULL) {
        gv_pool_release(&live_texts, in->text_long);
        in->text_long = NULL;
    }
}

/* Room for n more bytes. Returns 0 or the close code. */
static uint16_t grow_text(struct gv_seat_in *in, uint64_t n)
{
    if (n > GV_LIVE_FRAME_IN_MAX - in->text_n) {
        return GV_CLOSE_TOO_BIG;
    }
    if (in->text_long != NULL || in->text_n + n + GV_JSON_PADDING <= sizeof(in->text_short)) {
        return 0;
    }
    in->text_long = gv_pool_acquire(&live_texts, 0);
    if (in->text_long == NULL) {
        return GV_CLOSE_FULL;
    }
    memcpy(in->text_long->bytes, in->text_short, in->text_n);
    return 0;
}

bool gv_frames_open(struct gv_seat *seat)
{
    static const struct wslay_frame_callbacks callbacks = {.recv_callback = recv_callback};
    return wslay_frame_context_init(&seat->in.frames, &callbacks, seat) == 0;
}

void gv_frames_close(struct gv_seat *seat)
{
    if (seat->in.frames != NULL) {
        wslay_frame_context_free(seat->in.frames);
        seat->in.frames = NULL;
    }
    drop_text(&seat->in);
}

/* ---- Messages --------------------------------------------------------------------------------- */

static void protocol_error(struct gv_seat *seat, uint16_t code, uint64_t now_ms)
{
    gv_seat_close(seat, code, GV_LIVE_END_PROTOCOL, now_ms);
}

static void on_text(struct gv_live *live, struct gv_seat *seat, uint64_t now_ms)
{
    struct gv_seat_in *in = &seat->in;
    uint8_t *text = text_of(in);
    gv_live_count_received();
    if (!gv_utf8_valid(gv_view_of(text, in->text_n))) {
        protocol_error(seat, GV_CLOSE_NOT_UTF8, now_ms);
    } else {
        gv_talk(live, seat, (char *)text, in->text_n, now_ms);
    }
    drop_text(in);
}

/* Codes a client may send: RFC 6455 section 7.4. */
static bool good_close_code(unsigned code)
{
    bool standard = code >= 1000 && code <= 1014 && code != 1004 && code != 1005 && code != 1006;
    return standard || (code >= 3000 && code <= 4999);
}

static void on_close(struct gv_seat *seat, uint64_t now_ms)
{
    const struct gv_seat_in *in = &seat->in;
    if (seat->state == GV_SEAT_CLOSING) {
        gv_seat_kill(seat, seat->end); /* the answer to our own */
        return;
    }
    unsigned code = GV_CLOSE_NO_STATUS;
    if (in->control_n >= 2) {
        code = (unsigned)in->control[0] << 8 | in->control[1];
    }
    bool good =
        in->control_n == 0 || (in->control_n >= 2 && good_close_code(code) &&
                               gv_utf8_valid(gv_view_of(in->control + 2, in->control_n - 2)));
    if (!good) {
        protocol_error(seat, GV_CLOSE_PROTOCOL, now_ms);
        return;
    }
    gv_seat_close(seat, (uint16_t)code, GV_LIVE_END_CLOSED, now_ms);
    seat->out.close_answers = true;
}

static void on_control(struct gv_seat *seat, uint64_t now_ms)
{
    struct gv_seat_in *in = &seat->in;
    struct gv_seat_out *out = &seat->out;
    if (in->opcode == WSLAY_CONNECTION_CLOSE) {
        on_close(seat, now_ms);
    } else if (in->opcode == WSLAY_PONG) {
        seat->heard_ms = now_ms;
    } else if (seat->state == GV_SEAT_OPEN) {
        /* Only the latest ping needs an answer (RFC 6455 section 5.5.3): one place is enough. */
        memcpy(out->pong, in->control, in->control_n);
        out->pong_n = in->control_n;
        out->pong_due = true;
    }
}

/* ---- Frames ----------------------------------------------------------------------------------- */

static bool is_control(uint8_t opcode)
{
    return (opcode & 0x8u) != 0;
}

/* Judge a frame by its header. Returns 0 or the close code. */
static uint16_t judge(const struct gv_seat_in *in, const struct wslay_frame_iocb *part)
{
    if (part->mask == 0 || part->rsv != 0) {
        return GV_CLOSE_PROTOCOL;
    }
    if (part->opcode == WSLAY_CONNECTION_CLOSE || part->opcode == WSLAY_PING ||
        part->opcode == WSLAY_PONG) {
        return part->payload_length > GV_LIVE_CONTROL_MAX ? GV_CLOSE_PROTOCOL : 0;
    }
    if (part->opcode == WSLAY_BINARY_FRAME) {
        return GV_CLOSE_UNSUPPORTED;
    }
    bool continues = part->opcode == WSLAY_CONTINUATION_FRAME && in->message_type != 0;
    bool begins = part->opcode == WSLAY_TEXT_FRAME && in->message_type == 0;
    if (!continues && !begins) {
        return GV_CLOSE_PROTOCOL;
    }
    return 0;
}

static uint16_t begin_frame(struct gv_seat *seat, const struct wslay_frame_iocb *part)
{
    struct gv_seat_in *in = &seat->in;
    uint16_t code = judge(in, part);
    if (code == 0 && !is_control(part->opcode)) {
        code = grow_text(in, part->payload_length);
    }
    if (code != 0) {
        return code;
    }
    in->in_frame = true;
    in->frame_left = part->payload_length;
    in->opcode = part->opcode;
    if (is_control(part->opcode)) {
        in->control_n = 0;
    } else {
        in->message_type = WSLAY_TEXT_FRAME;
    }
    return 0;
}

static void end_frame(struct gv_live *live, struct gv_seat *seat, bool fin, uint64_t now_ms)
{
    struct gv_seat_in *in = &seat->in;
    in->in_frame = false;
    if (is_control(in->opcode)) {
        on_control(seat, now_ms);
    } else if (fin) {
        in->message_type = 0;
        seat->heard_ms = now_ms;
        if (seat->state == GV_SEAT_OPEN) {
            on_text(live, seat, now_ms);
        }
    }
    if (in->message_type == 0) {
        seat->frame_since_ms = 0;
    }
}

static void take_part(struct gv_live *live, struct gv_seat *seat,
                      const struct wslay_frame_iocb *part, uint64_t now_ms)
{
    struct gv_seat_in *in = &seat->in;
    if (!in->in_frame) {
        uint16_t code = begin_frame(seat, part);
        if (code != 0) {
            protocol_error(seat, code, now_ms);
            return;
        }
    }
    GV_ASSERT(part->data_length <= in->frame_left);
    if (part->data_length > 0) {
        bool control = is_control(in->opcode);
        memcpy(control ? in->control + in->control_n : text_of(in) + in->text_n, part->data,
               part->data_length);
        in->control_n += control ? part->data_length : 0;
        in->text_n += control ? 0 : part->data_length;
        in->frame_left -= part->data_length;
    }
    if (in->frame_left == 0) {
        end_frame(live, seat, part->fin != 0, now_ms);
    }
}

/* After a protocol error, and where nothing is expected, bytes mean nothing: read only to see the
 * connection end. */
static void discard(struct gv_seat *seat)
{
    uint8_t scrap[1024];
    size_t got = 0;
    enum gv_err err = GV_OK;
    for (unsigned i = 0; i < TURN_BYTES / sizeof(scrap) && err == GV_OK; i++) {
        err = gv_net_recv(&seat->net, scrap, sizeof(scrap), &got);
    }
    seat->again = err == GV_OK;
    if (err != GV_OK && err != GV_ERR_AGAIN) {
        gv_seat_kill(seat, GV_LIVE_END_CLOSED);
    }
}

static bool readable(const struct gv_seat *seat)
{
    return seat->state == GV_SEAT_OPEN ||
           (seat->state == GV_SEAT_CLOSING && seat->end != GV_LIVE_END_PROTOCOL);
}

void gv_frames_read(struct gv_live *live, struct gv_seat *seat, uint64_t now_ms)
{
    struct gv_seat_in *in = &seat->in;
    in->budget = TURN_BYTES;
    in->ended = false;
    seat->again = false;
    if (seat->kind != GV_LIVE_WEBSOCKET && seat->state != GV_SEAT_DEAD) {
        discard(seat);
        return;
    }
    while (readable(seat)) {
        struct wslay_frame_iocb part = {0};
        size_t before = in->budget;
        ssize_t rc = wslay_frame_recv(in->frames, &part);
        if (in->budget != before && seat->frame_since_ms == 0) {
            seat->frame_since_ms = now_ms;
        }
        if (rc >= 0) {
            take_part(live, seat, &part, now_ms);
        } else if (rc != WSLAY_ERR_WANT_READ) {
            protocol_error(seat, GV_CLOSE_PROTOCOL, now_ms);
        } else if (in->ended) {
            if (in->end_err != GV_ERR_AGAIN) {
                gv_seat_kill(seat, GV_LIVE_END_CLOSED);
            }
            return;
        } else if (in->budget == 0) {
            seat->again = true;
            return;
        }
    }
    if (seat->state == GV_SEAT_CLOSING) {
        discard(seat);
    }
}
