#include "tests/sim/sim_wire.h"

#include "hal/sim/entropy.h"

static struct {
    struct gv_http through;
    void (*interrupt)(void);
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

static enum gv_err perform(void *ctx, const struct gv_http_request *request, int *status,
                           struct gv_fail *fail)
{
    (void)ctx;
    wire.requests++;
    if (wire.interrupt != NULL) {
        wire.interrupt();
    }
    if (wire.spoil_one_in == 0 || gv_sim_random_below(&wire.random, wire.spoil_one_in) != 0) {
        return gv_http_perform(&wire.through, request, status, fail);
    }
    struct spoilt_sink spoilt = {.sink = request->sink, .ctx = request->sink_ctx};
    spoilt.at = gv_sim_random_below(&wire.random, 1u << gv_sim_random_below(&wire.random, 12));
    spoilt.cut = gv_sim_random_below(&wire.random, 2) == 0;
    struct gv_http_request through = *request;
    through.sink = take_spoilt;
    through.sink_ctx = &spoilt;
    return gv_http_perform(&wire.through, &through, status, fail);
}

void gv_sim_set_interrupt(void (*interrupt)(void))
{
    wire.interrupt = interrupt;
}

void gv_sim_wire_open(struct gv_http through, uint64_t seed)
{
    wire.through = through;
    wire.interrupt = NULL;
    wire.spoil_one_in = 0;
    wire.random = gv_sim_random_of(~seed);
    wire.requests = 0;
}

struct gv_http gv_sim_wire(void)
{
    static const struct gv_http_ops ops = {.perform = perform};
    return (struct gv_http){.ops = &ops, .ctx = NULL};
}

void gv_sim_wire_spoil(uint32_t one_in)
{
    wire.spoil_one_in = one_in;
}

uint32_t gv_sim_requests(void)
{
    return wire.requests;
}
