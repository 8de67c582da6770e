/* Orders: pages out of storage into the reader's page, and the check of the log and the ledger, step by step. */
#include "app/engine/engine_internal.h"
#include "firmware/base/assert.h"

#include <inttypes.h>

/* Events or entries a command: some milliseconds on the smallest board. */
#define VERIFY_STEP 256u

/* Up to what was newest at the first step. What is cut meanwhile need not be good any more: it goes on behind it. */
static enum gv_err verify_log(struct gv_engine *engine, struct gv_orders_verify *verify,
                              struct gv_fail *fail)
{
    const struct gv_orders *orders = &engine->orders;
    const uint64_t cut = orders->cut.event;
    const uint64_t before = verify->event;
    if (before == 0) {
        verify->event_end = orders->newest.event;
    }
    enum gv_err err =
        gv_store_events_verify_more(&engine->store, VERIFY_STEP, &verify->event, &verify->last);
    verify->first = cut + 1;
    verify->count = verify->event > cut ? verify->event - cut : 0;
    verify->done = verify->event >= verify->event_end;
    if (err == GV_OK && !verify->done && verify->event == before) {
        err = GV_ERR_CRYPTO; /* the newest are gone */
    }
    if (err == GV_ERR_CRYPTO) {
        return gv_fail(fail, err, "orders.log_broken",
                       "event %" PRIu64 " was changed, removed or inserted; the %" PRIu64
                       " before it are good",
                       verify->event + 1, verify->count);
    }
    return err;
}

/* To its end, where the balances are those of the same moment. Each step takes as many entries more as have come
 * since the last, so that the end comes nearer however fast they come. */
static enum gv_err verify_ledger(struct gv_engine *engine, struct gv_orders_verify *verify,
                                 struct gv_fail *fail)
{
    struct gv_orders *orders = &engine->orders;
    const uint64_t before = verify->entry;
    const uint64_t newest = orders->newest.entry;
    if (before == 0) {
        gv_ledger_init(&orders->recomputed);
        verify->entry_newest = newest;
    }
    const uint64_t came = newest > verify->entry_newest ? newest - verify->entry_newest : 0;
    const uint32_t rows_max = VERIFY_STEP + (uint32_t)came;
    enum gv_err err =
        gv_store_ledger_verify_more(&engine->store, rows_max, &verify->entry, &orders->recomputed);
    verify->entry_newest = newest;
    verify->done = verify->entry - before < rows_max;
    if (err == GV_OK && verify->done && !gv_ledger_equal(&orders->recomputed, &orders->ledger)) {
        err = GV_ERR_CRYPTO;
    }
    if (err == GV_ERR_CRYPTO) {
        return gv_fail(fail, err, "orders.ledger_broken",
                       "the balances of the escrow ledger do not follow from its entries");
    }
    return err;
}

static enum gv_err fetch(struct gv_engine *engine, struct gv_orders_command *command,
                         struct gv_fail *fail)
{
    struct gv_store *store = &engine->store;
    union gv_orders_page *page = &engine->orders.page;
    const uint64_t id = command->read.id;
    const uint64_t from = command->read.from;
    const uint32_t rows_max = command->read.rows_max;
    uint32_t *count = &command->read.count;
    switch (command->op) {
    case GV_ORDERS_OP_PAGE:
        return gv_store_orders_page(store, command->read.state, from, page->orders, rows_max,
                                    count);
    case GV_ORDERS_OP_GET:
        return gv_store_order_get(store, id, page->orders);
    case GV_ORDERS_OP_BIDS:
        return gv_store_bids_page(store, id, from, page->bids, rows_max, count);
    case GV_ORDERS_OP_COMMITMENTS:
        return gv_store_commitments_page(store, id, 0, page->commitments, rows_max, count);
    case GV_ORDERS_OP_CLAIMS:
        return gv_store_claims_page(store, id, page->claims, rows_max, count);
    case GV_ORDERS_OP_LOG:
        return gv_store_events_page(store, from, page->events, rows_max, count);
    case GV_ORDERS_OP_VERIFY_LOG:
        return verify_log(engine, &command->verify, fail);
    case GV_ORDERS_OP_VERIFY_LEDGER:
        return verify_ledger(engine, &command->verify, fail);
    case GV_ORDERS_OP_INTAKE:
    case GV_ORDERS_OP_TICK:
    case GV_ORDERS_OP_SNAPSHOT:
    case GV_ORDERS_OP_ADD:
    case GV_ORDERS_OP_REGISTER:
    case GV_ORDERS_OP_SUSPEND:
    case GV_ORDERS_OP_DEPOSIT:
    case GV_ORDERS_OP_ORDER_DEPOSIT:
        break;
    }
    GV_UNREACHABLE("a change is no read");
}

enum gv_err gv_do_orders_read(struct gv_engine *engine, struct gv_orders_command *command,
                              struct gv_fail *fail)
{
    GV_ASSERT(command->op >= GV_ORDERS_OP_VERIFY_LOG || command->read.rows_max <= GV_ORDER_PAGE);
    const enum gv_err err = fetch(engine, command, fail);
    if (err == GV_ERR_NOT_FOUND) {
        return gv_fail(fail, err, "orders.unknown", "there is no such order");
    }
    if (err == GV_ERR_STORAGE) {
        return gv_fail(fail, err, "store.read", "the database cannot be read");
    }
    return err;
}
