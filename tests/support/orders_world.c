#include "tests/support/orders_world.h"

#include "firmware/base/assert.h"
#include "firmware/base/text.h"

#include <string.h>

const struct gv_engine_orders_config gv_orders_claim_mode = {
    .rules = {.batch = 5, .collect_s = 5, .commit_s = 10, .grace_s = 2, .work_s = 4},
    .escrow = GV_ORDER_CLAIM,
};

static struct {
    struct gv_order_item item;
    struct gv_order_intake intake;
    struct gv_order_tick tick;
    struct gv_order_snapshot snapshot;
    char lines[GV_ORDER_LINES_MAX + 1];
    uint32_t done;
    struct {
        char solver[GV_SOLVER_ID_MAX + 1];
        char secret[GV_SOLVER_SECRET_TEXT];
    } voices[4];
    struct gv_solver_registry registry;
} world;

void gv_orders_world_open(const struct gv_engine_orders_config *config)
{
    gv_world_format();
    gv_world_set_orders(config);
    const enum gv_err err = gv_world_open(true);
    GV_ASSERT(err == GV_OK);
}

void gv_orders_world_close(void)
{
    gv_world_close();
    gv_world_set_orders(NULL);
}

static void on_done(void *ctx, struct gv_order_call *call)
{
    (void)ctx;
    (void)call;
    world.done++;
}

static void prepare(struct gv_order_call *call)
{
    *call = (struct gv_order_call){.done = on_done};
    world.done = 0;
}

uint64_t gv_orders_add(uint32_t count)
{
    struct gv_order_upload *upload = gv_order_upload_acquire();
    uint64_t first = 0;
    GV_ASSERT(upload != NULL);
    for (uint32_t i = 0; i < count; i++) {
        char text[32];
        gv_format_cut(text, sizeof(text), "Order %u", i + 1);
        const enum gv_err put = gv_order_upload_put(upload, gv_view_str(text), NULL);
        GV_ASSERT(put == GV_OK);
    }
    const enum gv_err err =
        gv_engine_orders_add(gv_world_engine(), gv_world_actor(), upload, &first, NULL);
    return err == GV_OK ? first : 0;
}

struct gv_solver_id gv_world_solver(const char *name)
{
    struct gv_solver_id id;
    const enum gv_err err = gv_solver_id_parse(&id, gv_view_str(name), NULL);
    GV_ASSERT(err == GV_OK);
    return id;
}

void gv_orders_speak_as(const char *solver, const char *secret)
{
    uint32_t i = 0;
    while (world.voices[i].solver[0] != '\0' && strcmp(world.voices[i].solver, solver) != 0) {
        i++;
        GV_ASSERT(i < sizeof(world.voices) / sizeof(world.voices[0]));
    }
    gv_format_cut(world.voices[i].solver, sizeof(world.voices[i].solver), "%s", solver);
    gv_format_cut(world.voices[i].secret, sizeof(world.voices[i].secret), "%s", secret);
}

/* As the sequencer does: by a copy of the registry. */
static void prove(const char *solver, char auth[GV_ORDER_AUTH_MAX])
{
    for (uint32_t i = 0; i < sizeof(world.voices) / sizeof(world.voices[0]); i++) {
        if (strcmp(world.voices[i].solver, solver) == 0 && world.voices[i].secret[0] != '\0') {
            gv_format_cut(auth, GV_ORDER_AUTH_MAX, "key:%s", world.voices[i].secret);
        }
    }
    world.registry.generation = 0; /* the engine may be another one */
    gv_engine_solver_registry(gv_world_engine(), &world.registry);
    world.item.proven = gv_solver_proven(&world.registry, &world.item);
}

static enum gv_err take(const char **code)
{
    prepare(&world.intake.call);
    world.intake.count = 1;
    world.intake.items = &world.item;
    const enum gv_err err = gv_engine_orders_intake(gv_world_engine(), &world.intake, NULL);
    GV_ASSERT(err == GV_OK);
    GV_ASSERT(world.done == 1);
    if (code != NULL) {
        *code = world.item.code;
    }
    return world.intake.call.err != GV_OK ? world.intake.call.err : world.item.err;
}

enum gv_err gv_orders_bid(uint64_t order, const char *solver, uint64_t input, int64_t valid_s,
                          const char **code)
{
    memset(&world.item, 0, sizeof(world.item));
    world.item.kind = GV_ORDER_LINE_BID;
    world.item.bid.bid = (struct gv_order_bid){
        .order_id = order,
        .solver = gv_world_solver(solver),
        .max_input = input,
        .rate = 1.0,
        .valid_till_s = gv_clock_utc(gv_world_time()).s + valid_s,
    };
    gv_format_cut(world.item.bid.rate_text, sizeof(world.item.bid.rate_text), "1.0");
    prove(solver, world.item.bid.auth);
    return take(code);
}

enum gv_err gv_orders_claim(uint64_t order, const char *solver, const char **code)
{
    memset(&world.item, 0, sizeof(world.item));
    world.item.kind = GV_ORDER_LINE_CLAIM;
    world.item.claim.order_id = order;
    world.item.claim.solver = gv_world_solver(solver);
    prove(solver, world.item.claim.auth);
    return take(code);
}

enum gv_err gv_orders_tick_after(uint32_t seconds)
{
    gv_sim_clock_advance(gv_world_clock(), (uint64_t)seconds * 1000u);
    prepare(&world.tick.call);
    world.tick.lines = world.lines;
    world.tick.lines_len = 0;
    const enum gv_err err = gv_engine_orders_tick(gv_world_engine(), &world.tick, NULL);
    GV_ASSERT(err == GV_OK);
    GV_ASSERT(world.done == 1);
    world.lines[world.tick.call.err == GV_OK ? world.tick.lines_len : 0] = '\0';
    return world.tick.call.err;
}

const char *gv_orders_lines(void)
{
    return world.lines;
}

const struct gv_order_tick *gv_orders_ticked(void)
{
    return &world.tick;
}

const char *gv_orders_snapshot(void)
{
    prepare(&world.snapshot.call);
    world.snapshot.after = 0;
    world.snapshot.lines = world.lines;
    const enum gv_err err = gv_engine_orders_snapshot(gv_world_engine(), &world.snapshot, NULL);
    GV_ASSERT(err == GV_OK);
    GV_ASSERT(world.snapshot.call.err == GV_OK);
    GV_ASSERT(!world.snapshot.more);
    world.lines[world.snapshot.lines_len] = '\0';
    return world.lines;
}

struct gv_order_row gv_orders_row(uint64_t id)
{
    struct gv_order_row row;
    const enum gv_err err = gv_engine_order_get(gv_world_engine(), id, &row, NULL);
    GV_ASSERT(err == GV_OK);
    return row;
}

enum gv_order_state gv_orders_state(uint64_t id)
{
    return gv_orders_row(id).order.state;
}

uint32_t gv_orders_events(const char *kind)
{
    static struct gv_order_event_row rows[GV_ORDER_LOG_PAGE];
    uint32_t found = 0;
    uint64_t from = 1;
    uint32_t count = 0;
    do {
        const enum gv_err err =
            gv_engine_orders_log(gv_world_engine(), from, GV_ORDER_LOG_PAGE, rows, &count, NULL);
        GV_ASSERT(err == GV_OK);
        for (uint32_t i = 0; i < count; i++) {
            found += strcmp(rows[i].kind, kind) == 0;
        }
        from = count > 0 ? rows[count - 1].seq + 1 : from; /* the oldest may have been deleted */
    } while (count == GV_ORDER_LOG_PAGE);
    return found;
}

bool gv_orders_verified(void)
{
    struct gv_orders_verified verified;
    return gv_engine_orders_verify(gv_world_engine(), &verified, NULL) == GV_OK;
}
