/* Orders: one tick. Each step of the book becomes rows and an event of the log, and lines to send; the
 * caller of the tick gets the lines after the commit. */
#include "app/engine/engine_internal.h"
#include "firmware/base/assert.h"
#include "firmware/base/log.h"
#include "firmware/base/text.h"

#include <inttypes.h>
#include <string.h>

/* Escaped at worst (quotation marks), with id, time and names. */
#define ORDER_LINE_BYTES (2u * GV_ORDER_TEXT_MAX + 128u)
/* Longest commitment: names 110, a solver's id 64, four numbers of 20 digits. */
#define STEP_LINE_BYTES 300u
_Static_assert(GV_ORDER_BATCH_MAX *ORDER_LINE_BYTES + GV_ORDER_STEPS_MAX * STEP_LINE_BYTES <=
                   GV_ORDER_LINES_MAX,
               "the lines of a tick fit");
/* A line is shorter than what solvers read (GV_ORDER_LINE_MAX). */
#define BATCH_LINE_MAX (GV_ORDER_LINE_MAX - ORDER_LINE_BYTES - 64u)

/* NewOrderBatch lines, one after the other. */
struct batch_lines {
    struct gv_json_out *out;
    size_t begun_at;
    bool open;
};

struct work {
    struct gv_engine *engine;
    struct gv_order_tick *tick;
    struct gv_json_out lines;
    enum gv_err err;
    uint32_t announced_count;
    uint64_t announced[GV_ORDER_BATCH_MAX];
    bool judging; /* the steps are those of the judgement */
    uint32_t closed_count;
    uint64_t closed[GV_ORDER_STEPS_MAX];
};

/* ---- lines ---------------------------------------------------------------------------------------- */

static void put_batch_order(struct gv_engine *engine, struct batch_lines *batch,
                            const struct gv_order_row *row)
{
    if (batch->open && batch->out->n - batch->begun_at > BATCH_LINE_MAX) {
        gv_order_write_batch_end(batch->out);
        batch->open = false;
    }
    if (!batch->open) {
        batch->begun_at = batch->out->n;
        batch->open = true;
        gv_order_write_batch_begin(batch->out);
    }
    const struct gv_order_wire_order order = {
        .id = row->order.id,
        .description = gv_view_str(row->description),
        .created_s = (uint64_t)gv_order_clock_to_utc(&engine->orders.clock, row->order.created_s),
    };
    gv_order_write_batch_order(batch->out, &order);
}

static void end_batch(struct batch_lines *batch)
{
    if (batch->open) {
        gv_order_write_batch_end(batch->out);
    }
}

/* As the outside sees it: with its deadline in UTC. */
static struct gv_order_commitment outside(const struct gv_engine *engine,
                                          const struct gv_order *order)
{
    struct gv_order_commitment commitment = order->commitment;
    commitment.deadline_s = gv_order_clock_to_utc(&engine->orders.clock, commitment.deadline_s);
    return commitment;
}

static void put_commitment(const struct gv_engine *engine, struct gv_json_out *lines,
                           const struct gv_order *order)
{
    const struct gv_order_wire_commitment wire = {.order_id = order->id,
                                                  .commitment = outside(engine, order)};
    gv_order_write_commitment(lines, &wire);
}

static void flush_closed(struct work *work)
{
    for (uint32_t i = 0; i < work->closed_count; i++) {
        gv_order_write_closed(&work->lines, work->closed[i]);
    }
    work->closed_count = 0;
}

/* ---- events --------------------------------------------------------------------------------------- */

static enum gv_err write_batch_event(struct work *work)
{
    struct gv_json_out out;
    gv_order_event_begin(work->engine, &out, "BatchCreated");
    gv_jo_array(&out);
    for (uint32_t i = 0; i < work->announced_count; i++) {
        gv_jo_uint(&out, work->announced[i]);
    }
    gv_jo_array_end(&out);
    return gv_order_event_end(work->engine, &out);
}

static void put_commitment_members(const struct gv_engine *engine, struct gv_json_out *out,
                                   const char *key, const struct gv_order *order)
{
    const struct gv_order_commitment c = outside(engine, order);
    gv_jo_key(out, key);
    gv_jo_object(out);
    gv_jo_key(out, "order_id");
    gv_jo_uint(out, order->id);
    gv_jo_kstring(out, "solver_id", c.solver.text);
    gv_jo_key(out, "input_amount");
    gv_jo_uint(out, c.input);
    gv_jo_key(out, "min_output_amount");
    gv_jo_uint(out, c.output);
    gv_jo_kint(out, "deadline", c.deadline_s);
    gv_jo_object_end(out);
}

/* BidSelected and OrderReassigned tell the commitment, the others who it was. */
static enum gv_err write_step_event(struct gv_engine *engine, const struct gv_order_step *step,
                                    const char *kind)
{
    struct gv_json_out out;
    const char *solver = step->order.commitment.solver.text;
    gv_order_event_begin(engine, &out, kind);
    gv_jo_object(&out);
    gv_jo_key(&out, "order_id");
    gv_jo_uint(&out, step->order.id);
    if (step->kind == GV_ORDER_STEP_REASSIGNED) {
        gv_jo_kstring(&out, "prev_solver_id", step->prev_solver.text);
        gv_jo_kstring(&out, "new_solver_id", solver);
        put_commitment_members(engine, &out, "new_commitment", &step->order);
    } else {
        gv_jo_kstring(&out, "solver_id", solver);
    }
    if (step->kind == GV_ORDER_STEP_SELECTED) {
        put_commitment_members(engine, &out, "commitment", &step->order);
    }
    gv_jo_object_end(&out);
    return gv_order_event_end(engine, &out);
}

static enum gv_err write_expired_event(struct gv_engine *engine, uint64_t order_id)
{
    struct gv_json_out out;
    gv_order_event_begin(engine, &out, "OrderExpired");
    gv_jo_uint(&out, order_id);
    return gv_order_event_end(engine, &out);
}

static void tell_step(struct gv_engine *engine, enum gv_order_news_kind kind,
                      const struct gv_order *order)
{
    const struct gv_order_commitment *c = &order->commitment;
    gv_orders_tell(engine, &(struct gv_order_news){.kind = kind,
                                                   .order_id = order->id,
                                                   .count = 1,
                                                   .solver = c->solver,
                                                   .round = c->round,
                                                   .input = c->input,
                                                   .output = c->output,
                                                   .until_s = c->deadline_s});
}

/* ---- steps ---------------------------------------------------------------------------------------- */

static enum gv_err update_order(struct gv_engine *engine, const struct gv_order *order,
                                uint64_t batch)
{
    return gv_store_order_update(&engine->store, order, batch, engine->orders.clock.now_s);
}

static enum gv_err announce(struct work *work)
{
    struct gv_engine *engine = work->engine;
    struct gv_orders *orders = &engine->orders;
    struct batch_lines batch = {.out = &work->lines};
    if (work->announced_count == 0) {
        return GV_OK;
    }
    enum gv_err err = write_batch_event(work);
    for (uint32_t i = 0; err == GV_OK && i < work->announced_count; i++) {
        err = gv_store_order_get(&engine->store, work->announced[i], &orders->row);
        if (err == GV_OK) {
            put_batch_order(engine, &batch, &orders->row);
            orders->row.order.state = GV_ORDER_IN_AUCTION;
            err = update_order(engine, &orders->row.order, orders->newest.event);
        }
    }
    end_batch(&batch);
    orders->status.open[GV_ORDER_PENDING] -= work->announced_count;
    orders->status.open[GV_ORDER_IN_AUCTION] += work->announced_count;
    orders->status.announced += work->announced_count;
    work->tick->announced = work->announced_count;
    gv_orders_tell(engine, &(struct gv_order_news){.kind = GV_ORDER_NEWS_BATCH,
                                                   .order_id = work->announced[0],
                                                   .count = work->announced_count});
    work->announced_count = 0;
    return err;
}

static enum gv_err step_committed(struct work *work, const struct gv_order_step *step)
{
    struct gv_engine *engine = work->engine;
    struct gv_orders *orders = &engine->orders;
    const bool first = step->kind == GV_ORDER_STEP_SELECTED;
    struct gv_solver *solver = NULL;
    struct gv_order_commitment_row row = {.order_id = step->order.id,
                                          .commitment = step->order.commitment,
                                          .at_s = orders->clock.now_s};
    if (update_order(engine, &step->order, 0) != GV_OK ||
        gv_store_commitment_insert(&engine->store, &row) != GV_OK ||
        write_step_event(engine, step, first ? "BidSelected" : "OrderReassigned") != GV_OK ||
        gv_orders_lock_bond(engine, &row) != GV_OK ||
        gv_orders_solver_seat(engine, &step->order.commitment.solver, &solver) != GV_OK) {
        return GV_ERR_STORAGE;
    }
    if (solver != NULL) {
        gv_orders_count_duty(orders, solver, true);
    }
    put_commitment(engine, &work->lines, &step->order);
    orders->status.open[GV_ORDER_IN_AUCTION] -= first;
    orders->status.open[GV_ORDER_COMMITTED] += first;
    orders->status.committed += first;
    orders->status.reassigned += !first;
    work->tick->committed++;
    tell_step(engine, first ? GV_ORDER_NEWS_COMMITMENT : GV_ORDER_NEWS_REASSIGNED, &step->order);
    return GV_OK;
}

/* The committed solver has done it, or has not. */
static enum gv_err step_judged(struct work *work, const struct gv_order_step *step)
{
    struct gv_engine *engine = work->engine;
    struct gv_orders_status *status = &engine->orders.status;
    const bool good = step->kind == GV_ORDER_STEP_FULFILLED;
    if (gv_store_commitment_end(&engine->store, step->order.id, step->order.commitment.round,
                                good ? GV_ORDER_OUTCOME_FULFILLED : GV_ORDER_OUTCOME_FAILED) !=
            GV_OK ||
        write_step_event(engine, step, good ? "OrderFulfilled" : "OrderFailedToFulfill") != GV_OK ||
        gv_orders_settle(engine, &step->order, good) != GV_OK ||
        (good && update_order(engine, &step->order, 0) != GV_OK)) {
        return GV_ERR_STORAGE;
    }
    status->open[GV_ORDER_COMMITTED] -= good;
    status->fulfilled += good;
    status->failed += !good;
    work->tick->fulfilled += good;
    work->tick->failed += !good;
    tell_step(engine, good ? GV_ORDER_NEWS_FULFILLED : GV_ORDER_NEWS_FAILED, &step->order);
    return GV_OK;
}

static enum gv_err step_expired(struct work *work, const struct gv_order_step *step)
{
    struct gv_engine *engine = work->engine;
    struct gv_orders_status *status = &engine->orders.status;
    if (update_order(engine, &step->order, 0) != GV_OK ||
        write_expired_event(engine, step->order.id) != GV_OK) {
        return GV_ERR_STORAGE;
    }
    GV_ASSERT(work->closed_count < GV_ORDER_STEPS_MAX);
    work->closed[work->closed_count++] = step->order.id;
    status->open[work->judging ? GV_ORDER_COMMITTED : GV_ORDER_IN_AUCTION]--;
    status->expired++;
    work->tick->expired++;
    tell_step(engine, GV_ORDER_NEWS_EXPIRED, &step->order);
    return GV_OK;
}

static void take_step(void *ctx, const struct gv_order_step *step)
{
    struct work *work = ctx;
    const bool judged = step->kind == GV_ORDER_STEP_FULFILLED || step->kind == GV_ORDER_STEP_FAILED;
    if (work->err == GV_OK && step->kind != GV_ORDER_STEP_ANNOUNCED) {
        work->err = announce(work);
    }
    if (judged && !work->judging) {
        flush_closed(work); /* those of the selection come before the next commitments */
        work->judging = true;
    }
    if (work->err != GV_OK) {
        return; /* the batch will be undone */
    }
    switch (step->kind) {
    case GV_ORDER_STEP_ANNOUNCED:
        work->announced[work->announced_count++] = step->order.id;
        break;
    case GV_ORDER_STEP_SELECTED:
    case GV_ORDER_STEP_REASSIGNED:
        work->err = step_committed(work, step);
        break;
    case GV_ORDER_STEP_FULFILLED:
    case GV_ORDER_STEP_FAILED:
        work->err = step_judged(work, step);
        break;
    case GV_ORDER_STEP_EXPIRED:
        work->err = step_expired(work, step);
        break;
    }
}

static bool may_commit(void *ctx, const struct gv_order_bid *bid)
{
    const struct work *work = ctx;
    return gv_orders_may_commit(work->engine, bid);
}

/* The sample order of every second tick. */
static enum gv_err add_demo(struct gv_engine *engine)
{
    struct gv_orders *orders = &engine->orders;
    if (!engine->config.orders->demo || orders->status.ticks % 2 != 0 ||
        orders->book.count == GV_ORDERS_MAX) {
        return GV_OK;
    }
    gv_format_cut(orders->row.description, sizeof(orders->row.description),
                  "Sample Order #%" PRIu64, orders->newest.order + 1);
    return gv_orders_insert(engine);
}

enum gv_err gv_do_orders_tick(struct gv_engine *engine, struct gv_order_tick *tick)
{
    struct gv_orders *orders = &engine->orders;
    struct work work = {.engine = engine, .tick = tick};
    const struct gv_order_sink sink = {.step = take_step, .may_commit = may_commit, .ctx = &work};
    tick->announced = 0;
    tick->committed = 0;
    tick->fulfilled = 0;
    tick->failed = 0;
    tick->expired = 0;
    gv_json_out_init(&work.lines, tick->lines, GV_ORDER_LINES_MAX);
    if (gv_orders_have_domain(engine) != GV_OK || add_demo(engine) != GV_OK) {
        return GV_ERR_STORAGE;
    }
    tick->more = gv_order_book_tick(&orders->book, orders->clock.now_s, GV_ORDER_STEPS_MAX, &sink);
    if (work.err == GV_OK) {
        work.err = announce(&work);
    }
    flush_closed(&work);
    GV_ASSERT(!work.lines.full);
    tick->lines_len = work.lines.n;
    orders->status.ticks++;
    return work.err == GV_OK ? gv_orders_forget(engine) : GV_ERR_STORAGE;
}

/* ---- snapshot ------------------------------------------------------------------------------------- */

enum gv_err gv_do_orders_snapshot(struct gv_engine *engine, struct gv_order_snapshot *snapshot)
{
    struct gv_orders *orders = &engine->orders;
    const struct gv_order_book *book = &orders->book;
    struct gv_json_out lines;
    struct batch_lines batch = {.out = &lines};
    gv_json_out_init(&lines, snapshot->lines, GV_ORDER_LINES_MAX);
    snapshot->more = false;
    for (uint32_t i = 0; i < book->count && !snapshot->more; i++) {
        const struct gv_order *order = &book->slots[i].order;
        if (order->id <= snapshot->after) {
            continue;
        }
        if (lines.n + ORDER_LINE_BYTES + STEP_LINE_BYTES > GV_ORDER_LINES_MAX) {
            snapshot->more = true;
            break;
        }
        /* A commitment that could not be kept any more would only harm its solver. */
        if (order->state == GV_ORDER_COMMITTED && !order->claimed &&
            order->commitment.deadline_s >= orders->clock.now_s + (int64_t)book->rules.work_s) {
            end_batch(&batch);
            batch.open = false;
            put_commitment(engine, &lines, order);
        } else if (order->state == GV_ORDER_IN_AUCTION) {
            if (gv_store_order_get(&engine->store, order->id, &orders->row) != GV_OK) {
                return GV_ERR_STORAGE;
            }
            put_batch_order(engine, &batch, &orders->row);
        }
        snapshot->after = order->id;
    }
    end_batch(&batch);
    GV_ASSERT(!lines.full);
    snapshot->lines_len = lines.n;
    return GV_OK;
}
