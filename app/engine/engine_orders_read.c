/* Orders: pages out of storage into the reader's page, and the check of the log and the ledger. */
#include "app/engine/engine_internal.h"
#include "firmware/base/assert.h"

#include <inttypes.h>

static enum gv_err verify(struct gv_engine *engine, struct gv_orders_command *command,
                          struct gv_fail *fail)
{
    struct gv_orders *orders = &engine->orders;
    enum gv_err err =
        gv_store_events_verify(&engine->store, &command->read.from, &command->read.last);
    if (err == GV_ERR_CRYPTO) {
        return gv_fail(fail, err, "orders.log_broken",
                       "event %" PRIu64 " was changed, removed or inserted; the %" PRIu64
                       " before it are good",
                       command->read.from + 1, command->read.from - orders->cut.event);
    }
    command->read.from -= orders->cut.event;
    if (err == GV_OK) {
        err = gv_store_ledger_verify(&engine->store, &orders->ledger, &orders->recomputed);
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
    case GV_ORDERS_OP_VERIFY:
        return verify(engine, command, fail);
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
    GV_ASSERT(command->read.rows_max <= GV_ORDER_PAGE);
    const enum gv_err err = fetch(engine, command, fail);
    if (err == GV_ERR_NOT_FOUND) {
        return gv_fail(fail, err, "orders.unknown", "there is no such order");
    }
    if (err == GV_ERR_STORAGE) {
        return gv_fail(fail, err, "store.read", "the database cannot be read");
    }
    return err;
}
