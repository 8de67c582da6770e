/* Orders: memory and clock, adding, the event log, publication. */
#include "app/engine/engine_internal.h"
#include "firmware/base/assert.h"
#include "firmware/base/log.h"
#include "firmware/base/text.h"

#include <inttypes.h>
#include <string.h>

/* What limits.h counts. A solver: his record and duties, the ledger twice, the copies for readers, and the
 * credential of the sequencer's own copy. */
_Static_assert(sizeof(struct gv_solver) + sizeof(struct gv_solver_duty) +
                       2u * sizeof(struct gv_ledger_solver) + sizeof(struct gv_solver_status) +
                       2u * sizeof(struct gv_solver_credential) <=
                   GV_SOLVER_BYTES,
               "limits.h must count everything that is kept per solver");
_Static_assert(sizeof(union gv_orders_page) <= GV_ORDER_PAGE_BYTES, "as counted in limits.h");
_Static_assert(sizeof(struct gv_order_upload) <= GV_ORDER_UPLOAD_SLOT_BYTES,
               "as counted in limits.h");

void gv_orders_open(struct gv_engine *engine)
{
    int rc = pthread_mutex_init(&engine->orders.reader, NULL);
    GV_ASSERT(rc == 0);
    rc = pthread_mutex_init(&engine->orders.verifier, NULL);
    GV_ASSERT(rc == 0);
    gv_order_uploads_init();
    engine->orders.changed = engine->config.orders != NULL;
    engine->orders.clock_set = false;
    engine->orders.news_count = 0;
}

void gv_orders_close(struct gv_engine *engine)
{
    gv_order_uploads_deinit();
    pthread_mutex_destroy(&engine->orders.verifier);
    pthread_mutex_destroy(&engine->orders.reader);
}

/* ---- load ----------------------------------------------------------------------------------------- */

static enum gv_err take_order(void *ctx, const struct gv_order *order)
{
    struct gv_orders *orders = ctx;
    orders->status.open[order->state]++;
    return gv_order_book_add(&orders->book, order, NULL);
}

/* A larger board or another release may have taken more than there is room for here: what came first stays. */
static enum gv_err take_bid(void *ctx, const struct gv_order_bid *bid)
{
    struct gv_orders *orders = ctx;
    const enum gv_err err = gv_order_book_bid(&orders->book, bid, NULL);
    if (err == GV_ERR_FULL) {
        orders->bids_left_out++;
        return GV_OK;
    }
    return err == GV_OK ? GV_OK : GV_ERR_STORAGE;
}

static enum gv_err load_bids(struct gv_orders *orders, struct gv_store *store)
{
    orders->bids_left_out = 0;
    const enum gv_err err = gv_store_bids_open(store, take_bid, orders);
    if (orders->bids_left_out > 0) {
        gv_log(GV_LOG_UNUSUAL, "orders", "stored bids that have no place left_out=%u",
               orders->bids_left_out);
    }
    return err;
}

static enum gv_err take_failure(void *ctx, uint64_t order_id, const struct gv_solver_id *solver)
{
    struct gv_orders *orders = ctx;
    if (!orders->book.rules.original) {
        gv_order_book_mark_failed(&orders->book, order_id, solver);
    }
    return GV_OK;
}

static enum gv_err take_solver(void *ctx, const struct gv_solver *solver)
{
    struct gv_orders *orders = ctx;
    if (orders->solver_count == GV_SOLVERS_MAX) {
        return GV_ERR_FULL;
    }
    orders->solvers[orders->solver_count++] = *solver;
    return GV_OK;
}

/* Who is committed to an order keeps his seat. */
static void count_duties(struct gv_orders *orders)
{
    memset(orders->duties, 0, sizeof(orders->duties));
    for (uint32_t i = 0; i < orders->book.count; i++) {
        const struct gv_order *order = &orders->book.slots[i].order;
        const struct gv_solver *solver = order->state == GV_ORDER_COMMITTED
                                             ? gv_orders_solver(orders, &order->commitment.solver)
                                             : NULL;
        if (solver != NULL) {
            gv_orders_count_duty(orders, solver, true);
        }
    }
}

static enum gv_err take_domain(void *ctx, const char *name, const char *value)
{
    struct gv_orders *orders = ctx;
    if (strcmp(name, GV_ORDERS_DOMAIN_NAME) != 0) {
        return GV_OK;
    }
    return gv_text_copy(orders->status.domain, sizeof(orders->status.domain), value)
               ? GV_OK
               : GV_ERR_STORAGE;
}

enum gv_err gv_load_orders(struct gv_engine *engine)
{
    struct gv_orders *orders = &engine->orders;
    struct gv_store *store = &engine->store;
    gv_order_book_init(&orders->book, &engine->config.orders->rules);
    orders->status = engine->view.orders.status; /* counters, as last published */
    memset(orders->status.open, 0, sizeof(orders->status.open));
    orders->solver_count = 0;
    orders->news_count = 0;
    orders->cut_again_s = 0;
    enum gv_err err = gv_store_orders_newest(store, &orders->newest);
    if (err == GV_OK) {
        err = gv_store_orders_cut_get(store, &orders->cut);
    }
    if (err == GV_OK) {
        err = gv_store_orders_open(store, take_order, orders);
    }
    if (err == GV_OK) {
        err = load_bids(orders, store);
    }
    if (err == GV_OK) {
        err = gv_store_failures_open(store, take_failure, orders);
    }
    if (err == GV_OK) {
        err = gv_store_solvers_each(store, take_solver, orders);
    }
    count_duties(orders);
    if (err == GV_OK) {
        err = gv_store_ledger_load(store, &orders->ledger);
    }
    if (err == GV_OK) {
        orders->status.domain[0] = '\0';
        err = gv_store_box_each(store, take_domain, orders);
    }
    if (!orders->clock_set && err == GV_OK) {
        gv_order_clock_init(&orders->clock, gv_clock_utc(engine->config.clock),
                            gv_clock_mono(engine->config.clock), orders->newest.at_s);
        orders->clock_set = true;
    }
    orders->changed = true;
    orders->solvers_changed = true;
    return err;
}

void gv_orders_set_clock(struct gv_engine *engine)
{
    if (engine->orders.clock_set) {
        gv_order_clock_set(&engine->orders.clock, engine->now, gv_clock_mono(engine->config.clock));
    }
}

/* ---- commands ------------------------------------------------------------------------------------- */

bool gv_orders_only_reads(const struct gv_orders_command *command)
{
    return command->op >= GV_ORDERS_OP_PAGE || command->op == GV_ORDERS_OP_SNAPSHOT;
}

bool gv_orders_is_intake(const struct gv_command *command)
{
    return command->kind == GV_COMMAND_ORDERS && command->orders.op == GV_ORDERS_OP_INTAKE;
}

void gv_orders_done(const struct gv_command *command)
{
    if (command->kind == GV_COMMAND_ORDERS && command->orders.op <= GV_ORDERS_OP_SNAPSHOT) {
        struct gv_order_call *call = command->orders.call;
        call->err = command->err;
        call->fail = command->fail;
        call->done(call->ctx, call);
    }
}

/* ---- adding --------------------------------------------------------------------------------------- */

enum gv_err gv_orders_insert(struct gv_engine *engine)
{
    struct gv_orders *orders = &engine->orders;
    struct gv_order_row *row = &orders->row;
    struct gv_json_out out;
    row->order = (struct gv_order){.id = orders->newest.order + 1,
                                   .created_s = orders->clock.now_s,
                                   .state = GV_ORDER_PENDING};
    row->batch = 0;
    row->updated_s = orders->clock.now_s;
    if (gv_store_order_insert(&engine->store, row) != GV_OK) {
        return GV_ERR_STORAGE;
    }
    gv_order_event_begin(engine, &out, "OrderAdded");
    gv_jo_object(&out);
    gv_jo_key(&out, "id");
    gv_jo_uint(&out, row->order.id);
    gv_jo_kstring(&out, "description", row->description);
    gv_jo_kint(&out, "creation_time", gv_order_clock_to_utc(&orders->clock, row->order.created_s));
    gv_jo_object_end(&out);
    const enum gv_err err = gv_order_event_end(engine, &out);
    if (err != GV_OK) {
        return err;
    }
    orders->newest.order = row->order.id;
    orders->status.open[GV_ORDER_PENDING]++;
    const enum gv_err added = gv_order_book_add(&orders->book, &row->order, NULL);
    GV_ASSERT(added == GV_OK); /* the caller has looked for room */
    return GV_OK;
}

static enum gv_err keep_answer(struct gv_engine *engine, const struct gv_order_upload *upload,
                               uint64_t first_id)
{
    struct gv_replay *replay = &engine->replay;
    if (upload->answer == NULL) {
        return GV_OK;
    }
    replay->key = upload->replay_key;
    replay->body = upload->replay_body;
    replay->at = engine->now;
    upload->answer(first_id, upload->count, replay);
    return gv_store_replay_put(&engine->store, replay);
}

static enum gv_err add(struct gv_engine *engine, struct gv_command *command)
{
    struct gv_orders *orders = &engine->orders;
    const struct gv_order_upload *upload = command->orders.add.upload;
    if (upload->count > GV_ORDERS_MAX - orders->book.count) {
        return gv_fail(&command->fail, GV_ERR_FULL, "orders.full",
                       "%u orders are open and there is room for %u", orders->book.count,
                       GV_ORDERS_MAX);
    }
    const uint64_t first_id = orders->newest.order + 1;
    size_t at = 0;
    for (uint32_t i = 0; i < upload->count; i++) {
        const bool fits = gv_text_copy(orders->row.description, sizeof(orders->row.description),
                                       upload->text + at);
        GV_ASSERT(fits);
        at += strlen(upload->text + at) + 1;
        if (gv_orders_insert(engine) != GV_OK) {
            return GV_ERR_STORAGE;
        }
    }
    if (keep_answer(engine, upload, first_id) != GV_OK ||
        gv_audit_by(engine, "orders.added", "orders", &command->orders.actor,
                    "first=%" PRIu64 " count=%u", first_id, upload->count) != GV_OK) {
        return GV_ERR_STORAGE;
    }
    command->orders.add.first_id = first_id;
    gv_orders_tell(engine, &(struct gv_order_news){.kind = GV_ORDER_NEWS_ADDED,
                                                   .order_id = first_id,
                                                   .count = upload->count});
    return GV_OK;
}

static enum gv_err change(struct gv_engine *engine, struct gv_command *command)
{
    struct gv_fail *fail = &command->fail;
    switch (command->orders.op) {
    case GV_ORDERS_OP_INTAKE:
        return gv_do_orders_intake(engine, command->orders.intake);
    case GV_ORDERS_OP_TICK:
        return gv_do_orders_tick(engine, command->orders.tick);
    case GV_ORDERS_OP_ADD:
        return add(engine, command);
    case GV_ORDERS_OP_REGISTER:
        return gv_do_solver_register(engine, &command->orders, fail);
    case GV_ORDERS_OP_SUSPEND:
        return gv_do_solver_suspend(engine, &command->orders, fail);
    case GV_ORDERS_OP_DEPOSIT:
        return gv_do_solver_deposit(engine, &command->orders, fail);
    case GV_ORDERS_OP_ORDER_DEPOSIT:
        return gv_do_order_deposit(engine, &command->orders, fail);
    case GV_ORDERS_OP_SNAPSHOT:
    case GV_ORDERS_OP_PAGE:
    case GV_ORDERS_OP_GET:
    case GV_ORDERS_OP_BIDS:
    case GV_ORDERS_OP_COMMITMENTS:
    case GV_ORDERS_OP_CLAIMS:
    case GV_ORDERS_OP_LOG:
    case GV_ORDERS_OP_VERIFY_LOG:
    case GV_ORDERS_OP_VERIFY_LEDGER:
        break;
    }
    GV_UNREACHABLE("a read is no change");
}

enum gv_err gv_do_orders(struct gv_engine *engine, struct gv_command *command)
{
    if (command->orders.op == GV_ORDERS_OP_SNAPSHOT) {
        return gv_do_orders_snapshot(engine, command->orders.snapshot);
    }
    if (gv_orders_only_reads(&command->orders)) {
        return gv_do_orders_read(engine, &command->orders, &command->fail);
    }
    engine->orders.changed = true;
    return gv_batch_begin(engine) == GV_OK ? change(engine, command) : GV_ERR_STORAGE;
}

/* ---- event log ------------------------------------------------------------------------------------ */

void gv_order_event_begin(struct gv_engine *engine, struct gv_json_out *out, const char *kind)
{
    struct gv_order_event_row *event = &engine->orders.event;
    const bool fits = gv_text_copy(event->kind, sizeof(event->kind), kind);
    GV_ASSERT(fits);
    event->at_s = engine->orders.clock.now_s;
    gv_json_out_init(out, event->json, sizeof(event->json) - 1);
    gv_jo_object(out);
    gv_jo_key(out, kind);
}

enum gv_err gv_order_event_end(struct gv_engine *engine, struct gv_json_out *out)
{
    gv_jo_object_end(out);
    GV_ASSERT(!out->full);
    engine->orders.event.json[out->n] = '\0';
    return gv_store_event_append(&engine->store, &engine->orders.newest, &engine->orders.event);
}

/* ---- publication ---------------------------------------------------------------------------------- */

const char *gv_order_news_text(enum gv_order_news_kind kind)
{
    static const char *const texts[] = {"added",     "batch",  "bid",        "commitment", "claim",
                                        "fulfilled", "failed", "reassigned", "expired"};
    _Static_assert(sizeof(texts) / sizeof(texts[0]) == GV_ORDER_NEWS_EXPIRED + 1, "one for each");
    return texts[kind];
}

void gv_orders_tell(struct gv_engine *engine, const struct gv_order_news *news)
{
    struct gv_orders *orders = &engine->orders;
    if (orders->news_count < GV_EVENT_ROWS_MAX) {
        orders->news[orders->news_count] = *news;
        orders->news[orders->news_count].now_s = orders->clock.now_s;
    }
    orders->news_count += orders->news_count <= GV_EVENT_ROWS_MAX;
}

static void copy_solvers(struct gv_orders_view *view, const struct gv_orders *orders)
{
    struct gv_solver_registry *registry = &view->registry;
    registry->generation++;
    registry->count = 0;
    memcpy(registry->domain, orders->status.domain, sizeof(registry->domain));
    view->solver_count = orders->solver_count;
    for (uint32_t i = 0; i < orders->solver_count; i++) {
        const struct gv_solver *solver = &orders->solvers[i];
        const struct gv_ledger_account available = {.kind = GV_LEDGER_AVAILABLE,
                                                    .solver = solver->id};
        const struct gv_ledger_account locked = {.kind = GV_LEDGER_LOCKED, .solver = solver->id};
        view->solvers[i] = (struct gv_solver_status){
            .solver = *solver,
            .available = (uint64_t)gv_ledger_balance(&orders->ledger, &available),
            .locked = (uint64_t)gv_ledger_balance(&orders->ledger, &locked),
        };
        if (solver->has_secret || solver->has_pubkey) {
            struct gv_solver_credential *item = &registry->items[registry->count++];
            *item = (struct gv_solver_credential){.id = solver->id,
                                                  .has_secret = solver->has_secret,
                                                  .has_pubkey = solver->has_pubkey,
                                                  .secret_hash = solver->secret_hash};
            memcpy(item->pubkey, solver->pubkey, sizeof(item->pubkey));
        }
    }
}

static void tell(struct gv_engine *engine, enum gv_event_kind kind,
                 const struct gv_order_news *news)
{
    const struct gv_engine_config *config = &engine->config;
    const struct gv_event event = {.kind = kind,
                                   .sequence = config->market->sequence,
                                   .id = news == NULL ? 0 : news->order_id,
                                   .order = news};
    if (config->on_event != NULL) {
        config->on_event(config->on_event_ctx, &event);
    }
}

/* Thousands of bids a second are told as "much has changed", once a second; the next tick at the latest
 * tells what is owed. */
static void tell_news(struct gv_engine *engine)
{
    struct gv_orders *orders = &engine->orders;
    orders->news_owed = orders->news_owed || orders->news_count > GV_EVENT_ROWS_MAX;
    if (!orders->news_owed) {
        for (uint32_t i = 0; i < orders->news_count; i++) {
            tell(engine, GV_EVENT_ORDER, &orders->news[i]);
        }
    } else if (orders->clock.now_s != orders->news_told_s) {
        tell(engine, GV_EVENT_ORDERS, NULL);
        orders->news_told_s = orders->clock.now_s;
        orders->news_owed = false;
    }
    orders->news_count = 0;
}

void gv_orders_publish(struct gv_engine *engine)
{
    struct gv_orders *orders = &engine->orders;
    struct gv_orders_status *status = &orders->status;
    status->on = true;
    status->config = *engine->config.orders;
    status->now_s = orders->clock.now_s;
    status->utc_ahead_s = orders->clock.utc_ahead_s;
    status->bids_open = orders->book.bid_count;
    status->newest_id = orders->newest.order;
    status->newest_event = orders->newest.event;
    status->oldest_event = orders->cut.event + 1;
    status->log_hash = orders->newest.event_hash;
    pthread_mutex_lock(&engine->view.lock);
    engine->view.orders.status = *status;
    if (orders->solvers_changed) {
        copy_solvers(&engine->view.orders, orders);
    }
    pthread_mutex_unlock(&engine->view.lock);
    tell_news(engine);
    orders->changed = false;
    orders->solvers_changed = false;
}
