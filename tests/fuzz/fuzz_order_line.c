/* Any bytes as a line of the order auction: what is read obeys its bounds, and a bid or claim that was
 * read, written and read again is the same. */
#include "app/auction/orders/wire.h"
#include "firmware/base/assert.h"

#include <math.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static _Alignas(16) uint8_t memory[GV_ORDER_LINE_ARENA];

static enum gv_err read_line(struct gv_order_line *line, const void *data, size_t size)
{
    static char text[GV_ORDER_LINE_MAX + GV_JSON_PADDING];
    struct gv_arena arena;
    gv_arena_init(&arena, memory, sizeof(memory));
    memcpy(text, data, size);
    return gv_order_line_parse(line, &arena, text, size, NULL);
}

static void check_bid(const struct gv_order_wire_bid *bid)
{
    char text[1024];
    struct gv_json_out out;
    struct gv_order_line again;
    GV_ASSERT(isfinite(bid->bid.rate));
    gv_json_out_init(&out, text, sizeof(text));
    gv_order_write_bid(&out, bid);
    GV_ASSERT(!out.full);
    GV_ASSERT(read_line(&again, text, out.n) == GV_OK);
    GV_ASSERT(again.kind == GV_ORDER_LINE_BID);
    GV_ASSERT(again.bid.bid.rate == bid->bid.rate);
    GV_ASSERT(again.bid.bid.order_id == bid->bid.order_id);
    GV_ASSERT(again.bid.bid.max_input == bid->bid.max_input);
    GV_ASSERT(again.bid.bid.valid_till_s == bid->bid.valid_till_s);
    GV_ASSERT(gv_solver_id_equal(&again.bid.bid.solver, &bid->bid.solver));
    uint64_t output;
    if (gv_order_min_output(&output, bid->bid.max_input, bid->bid.rate, NULL) == GV_OK) {
        GV_ASSERT(output <= GV_ORDER_AMOUNT_MAX);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct gv_order_line line;
    if (size > GV_ORDER_LINE_MAX || read_line(&line, data, size) != GV_OK) {
        return 0;
    }
    if (line.kind == GV_ORDER_LINE_BID) {
        check_bid(&line.bid);
    } else if (line.kind == GV_ORDER_LINE_BATCH) {
        struct gv_json_iter it;
        struct gv_order_wire_order order;
        for (gv_json_ref v = gv_json_first(&it, line.batch.orders); v != NULL;
             v = gv_json_next(&it)) {
            (void)gv_order_wire_order_read(&order, v, NULL);
        }
    }
    return 0;
}
