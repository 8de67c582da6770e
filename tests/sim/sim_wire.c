#include "tests/sim/sim_wire.h"

#include "firmware/base/assert.h"
#include "firmware/base/text.h"
#include "hal/sim/entropy.h"

#include <string.h>

#define TEXT_MAX 65536u

static struct {
    struct gv_http through;
    void (*interrupt)(const char *request);
    const char *from; /* NULL: nothing is replaced */
    const char *to;
    char request[TEXT_MAX];
    char answer[TEXT_MAX];
    char changed[TEXT_MAX];
    uint32_t spoil_one_in;
    struct gv_sim_random random;
    uint32_t requests;
} wire;

struct spoilt_sink {
    gv_http_sink *sink;
    void *ctx;
    size_t at; /* byte of the body that is spoilt */
    size_t passed;
    bool cut; /* nothing comes from there on; else one byte is changed */
};

static bool take_spoilt(void *ctx, struct gv_view piece)
{
    struct spoilt_sink *spoilt = ctx;
    size_t before = spoilt->at > spoilt->passed ? spoilt->at - spoilt->passed : 0;
    bool reached = spoilt->passed <= spoilt->at && before < piece.n;
    spoilt->passed += piece.n;
    if (!reached) {
        bool swallowed = spoilt->cut && before == 0;
        return swallowed || spoilt->sink(spoilt->ctx, piece);
    }
    uint8_t changed = (uint8_t)(piece.p[before] ^ (1u << gv_sim_random_below(&wire.random, 8)));
    bool more = spoilt->sink(spoilt->ctx, gv_view_of(piece.p, before));
    if (more && !spoilt->cut) {
        more = spoilt->sink(spoilt->ctx, gv_view_of(&changed, 1)) &&
               spoilt->sink(spoilt->ctx, gv_view_of(piece.p + before + 1, piece.n - before - 1));
    }
    return more;
}

/* Returns: the text with the first `from` replaced, or the text itself. */
static const char *replaced(const char *text)
{
    const char *at = wire.from == NULL ? NULL : strstr(text, wire.from);
    if (at == NULL) {
        return text;
    }
    bool fits = gv_format(wire.changed, sizeof(wire.changed), "%.*s%s%s", (int)(at - text), text,
                          wire.to, at + strlen(wire.from));
    GV_ASSERT(fits);
    return wire.changed;
}

static enum gv_err perform_replaced(const struct gv_http_request *request, int *status,
                                    struct gv_fail *fail)
{
    struct gv_http_buffer buffer = {.p = wire.answer, .cap = sizeof(wire.answer)};
    struct gv_http_request through = *request;
    through.body = gv_view_str(replaced(wire.request));
    through.sink = gv_http_buffer_sink;
    through.sink_ctx = &buffer;
    enum gv_err err = gv_http_perform(&wire.through, &through, status, fail);
    if (err != GV_OK || buffer.n == 0) {
        return err;
    }
    return request->sink(request->sink_ctx, gv_view_str(replaced(wire.answer))) ? GV_OK
                                                                                : GV_ERR_TOO_LARGE;
}

static enum gv_err perform_spoilt(const struct gv_http_request *request, int *status,
                                  struct gv_fail *fail)
{
    struct spoilt_sink spoilt = {.sink = request->sink, .ctx = request->sink_ctx};
    spoilt.at = gv_sim_random_below(&wire.random, 1u << gv_sim_random_below(&wire.random, 12));
    spoilt.cut = gv_sim_random_below(&wire.random, 2) == 0;
    struct gv_http_request through = *request;
    through.sink = take_spoilt;
    through.sink_ctx = &spoilt;
    return gv_http_perform(&wire.through, &through, status, fail);
}

static enum gv_err perform(void *ctx, const struct gv_http_request *request, int *status,
                           struct gv_fail *fail)
{
    (void)ctx;
    wire.requests++;
    GV_ASSERT(request->body.n < sizeof(wire.request));
    memcpy(wire.request, request->body.p, request->body.n);
    wire.request[request->body.n] = '\0';
    if (wire.interrupt != NULL) {
        wire.interrupt(wire.request);
    }
    if (wire.from != NULL) {
        return perform_replaced(request, status, fail);
    }
    if (wire.spoil_one_in != 0 && gv_sim_random_below(&wire.random, wire.spoil_one_in) == 0) {
        return perform_spoilt(request, status, fail);
    }
    return gv_http_perform(&wire.through, request, status, fail);
}

void gv_sim_set_interrupt(void (*interrupt)(const char *request))
{
    wire.interrupt = interrupt;
}

void gv_sim_wire_open(struct gv_http through, uint64_t seed)
{
    wire.through = through;
    wire.interrupt = NULL;
    wire.from = NULL;
    wire.spoil_one_in = 0;
    wire.random = gv_sim_random_of(~seed);
    wire.requests = 0;
}

struct gv_http gv_sim_wire(void)
{
    static const struct gv_http_ops ops = {.perform = perform};
    return (struct gv_http){.ops = &ops, .ctx = NULL};
}

void gv_sim_wire_replace(const char *from, const char *to)
{
    wire.from = from;
    wire.to = to;
}

void gv_sim_wire_spoil(uint32_t one_in)
{
    wire.spoil_one_in = one_in;
}

uint32_t gv_sim_requests(void)
{
    return wire.requests;
}
