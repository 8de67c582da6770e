/* Messages of WebSocket clients: each is refused with a rule of its own, or is an op whose channel a client may name,
 * whose numbers every JSON reader keeps, and whose token lies in the message. What is answered fits its frame. */
#include "firmware/base/assert.h"
#include "firmware/base/text.h"
#include "web/live/ops.h"
#include "web/live/seat.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define SAFE_MAX ((UINT64_C(1) << 53) - 1u)

static const struct gv_live_topic topics[] = {
    {.name = "market"}, {.name = "auction", .has_id = true}, {.name = "raw", .is_raw = true}};
static const struct gv_live_config config = {.topics = topics, .topics_n = 3};

static void check_channel(uint64_t channel)
{
    char name[GV_LIVE_CHANNEL_TEXT_MAX];
    uint64_t again = 0;
    gv_channel_name(name, &config, channel);
    GV_ASSERT(gv_channel_parse(&again, &config, gv_view_str(name)));
    GV_ASSERT(again == channel);
    GV_ASSERT(!topics[gv_live_channel_topic(channel)].is_raw);
}

static void check_op(const struct gv_op *op, const char *text, size_t n)
{
    char frame[GV_LIVE_FRAME_OUT_MAX];
    const struct gv_time_answer time = {.has_t0 = op->has_t0, .t0 = op->t0};
    GV_ASSERT(op->since <= SAFE_MAX && op->t0 <= SAFE_MAX);
    GV_ASSERT(gv_envelope_time(&time, UINT32_MAX, frame, sizeof(frame)) > 0);
    if (op->kind == GV_OP_SUB || op->kind == GV_OP_UNSUB) {
        check_channel(op->channel);
    }
    if (op->kind == GV_OP_AUTH) {
        GV_ASSERT((const char *)op->token.p >= text);
        GV_ASSERT((const char *)op->token.p + op->token.n <= text + n);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static _Alignas(16) uint8_t memory[GV_OP_ARENA_BYTES];
    char frame[GV_LIVE_FRAME_OUT_MAX];
    struct gv_arena arena;
    struct gv_op op;
    struct gv_fail fail = {.err = GV_OK};
    if (size > GV_LIVE_FRAME_IN_MAX) {
        return 0;
    }
    char *text = malloc(size + GV_JSON_PADDING); /* exactly what the parser may write to */
    GV_ASSERT(text != NULL);
    memcpy(text, data, size);
    gv_arena_init(&arena, memory, sizeof(memory));
    if (gv_op_parse(&op, &config, text, size, &arena, &fail) == GV_OK) {
        GV_ASSERT(gv_utf8_valid(gv_view_of(data, size)));
        check_op(&op, text, size);
    } else {
        GV_ASSERT(strncmp(fail.code, "op.", 3) == 0);
        GV_ASSERT(gv_envelope_error(&fail, UINT32_MAX, 0, frame, sizeof(frame)) > 0);
    }
    free(text);
    return 0;
}
