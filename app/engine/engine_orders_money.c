/* Orders: solvers and what they have in escrow. Every movement is an entry of the ledger, the two balances
 * it makes, and an event of the log, in the transaction of what caused it. */
#include "app/engine/engine_internal.h"
#include "firmware/base/assert.h"
#include "firmware/base/log.h"
#include "firmware/base/text.h"

#include <inttypes.h>
#include <string.h>

/* ---- the registry --------------------------------------------------------------------------------- */

struct gv_solver *gv_orders_solver(struct gv_orders *orders, const struct gv_solver_id *id)
{
    for (uint32_t i = 0; i < orders->solver_count; i++) {
        if (gv_solver_id_equal(&orders->solvers[i].id, id)) {
            return &orders->solvers[i];
        }
    }
    return NULL;
}

static bool has_account(const struct gv_ledger *ledger, const struct gv_solver_id *id)
{
    for (uint32_t i = 0; i < ledger->count; i++) {
        if (gv_solver_id_equal(&ledger->solvers[i].id, id)) {
            return true;
        }
    }
    return false;
}

/* Somebody about whom nothing must be remembered. */
static bool may_lose_seat(const struct gv_orders *orders, uint32_t i)
{
    const struct gv_solver *solver = &orders->solvers[i];
    return !solver->has_secret && !solver->has_pubkey && orders->duties[i].committed == 0 &&
           solver->suspended_until_s <= orders->clock.now_s &&
           solver->cool_until_s <= orders->clock.now_s &&
           !has_account(&orders->ledger, &solver->id);
}

static struct gv_solver *stranger(struct gv_orders *orders)
{
    uint32_t oldest = GV_SOLVERS_MAX;
    for (uint32_t i = 0; i < orders->solver_count; i++) {
        const bool older =
            oldest == GV_SOLVERS_MAX || orders->duties[i].turn < orders->duties[oldest].turn;
        if (older && may_lose_seat(orders, i)) {
            oldest = i;
        }
    }
    return oldest == GV_SOLVERS_MAX ? NULL : &orders->solvers[oldest];
}

enum gv_err gv_orders_solver_seat(struct gv_engine *engine, const struct gv_solver_id *id,
                                  struct gv_solver **solver)
{
    struct gv_orders *orders = &engine->orders;
    *solver = gv_orders_solver(orders, id);
    if (*solver != NULL) {
        return GV_OK;
    }
    if (orders->solver_count < GV_SOLVERS_MAX) {
        *solver = &orders->solvers[orders->solver_count++];
    } else {
        *solver = stranger(orders);
        if (*solver == NULL) {
            return GV_OK;
        }
        gv_log(GV_LOG_INFO, "orders", "seat taken over solver=%s from=%s", id->text,
               (*solver)->id.text);
        if (gv_store_solver_delete(&engine->store, &(*solver)->id) != GV_OK) {
            return GV_ERR_STORAGE;
        }
        orders->status.seats_taken_over++;
    }
    **solver = (struct gv_solver){.id = *id};
    orders->duties[*solver - orders->solvers] = (struct gv_solver_duty){0};
    orders->solvers_changed = true;
    return GV_OK;
}

void gv_orders_count_duty(struct gv_orders *orders, const struct gv_solver *solver, bool begins)
{
    struct gv_solver_duty *duty = &orders->duties[solver - orders->solvers];
    if (begins) {
        duty->committed++;
        duty->turn = ++orders->turns;
    } else if (duty->committed > 0) { /* 0: he was committed before he had a seat */
        duty->committed--;
    }
}

static enum gv_err put_solver(struct gv_engine *engine, const struct gv_solver *solver)
{
    engine->orders.solvers_changed = true;
    return gv_store_solver_put(&engine->store, solver);
}

static enum gv_err fail_unknown(struct gv_fail *fail)
{
    return gv_fail(fail, GV_ERR_NOT_FOUND, "orders.solver_unknown", "there is no such solver");
}

static bool somebody_signs(const struct gv_orders *orders)
{
    for (uint32_t i = 0; i < orders->solver_count; i++) {
        if (orders->solvers[i].has_pubkey) {
            return true;
        }
    }
    return false;
}

enum gv_err gv_orders_have_domain(struct gv_engine *engine)
{
    uint8_t random[GV_ORDER_DOMAIN_BYTES];
    char *domain = engine->orders.status.domain;
    if (domain[0] != '\0' || !somebody_signs(&engine->orders)) {
        return GV_OK;
    }
    gv_entropy_fill(engine->config.entropy, random, sizeof(random));
    (void)gv_base64url_encode(domain, gv_view_of(random, sizeof(random)));
    engine->orders.solvers_changed = true; /* those who prove lines have a copy */
    gv_log(GV_LOG_INFO, "orders", "signing domain made domain=%s", domain);
    return gv_store_box_put(&engine->store, GV_ORDERS_DOMAIN_NAME, domain);
}

enum gv_err gv_do_solver_register(struct gv_engine *engine, const struct gv_orders_command *command,
                                  struct gv_fail *fail)
{
    struct gv_solver *solver = NULL;
    if (gv_orders_solver_seat(engine, &command->solver.id, &solver) != GV_OK) {
        return GV_ERR_STORAGE;
    }
    if (solver == NULL) {
        return gv_fail(fail, GV_ERR_FULL, "orders.solvers", "there are %u solvers", GV_SOLVERS_MAX);
    }
    solver->has_pubkey = command->solver.has_pubkey;
    memcpy(solver->pubkey, command->solver.pubkey, sizeof(solver->pubkey));
    solver->has_secret = command->solver.has_secret;
    solver->secret_hash = command->solver.secret_hash;
    if (gv_orders_have_domain(engine) != GV_OK || put_solver(engine, solver) != GV_OK ||
        gv_audit_by(engine, "orders.solver_registered", solver->id.text, &command->actor,
                    "secret=%d pubkey=%d", solver->has_secret, solver->has_pubkey) != GV_OK) {
        return GV_ERR_STORAGE;
    }
    return GV_OK;
}

enum gv_err gv_do_solver_suspend(struct gv_engine *engine, const struct gv_orders_command *command,
                                 struct gv_fail *fail)
{
    struct gv_solver *solver = gv_orders_solver(&engine->orders, &command->solver.id);
    if (solver == NULL) {
        return fail_unknown(fail);
    }
    const enum gv_err err = gv_expect_check(&command->expect, gv_solver_version(solver), fail);
    if (err != GV_OK) {
        return err;
    }
    solver->suspended_until_s = command->solver.until_s;
    if (command->solver.until_s == 0) {
        solver->cool_until_s = 0;
    }
    if (put_solver(engine, solver) != GV_OK ||
        gv_audit_by(engine, "orders.solver_suspended", solver->id.text, &command->actor,
                    "until=%" PRId64, solver->suspended_until_s) != GV_OK) {
        return GV_ERR_STORAGE;
    }
    return GV_OK;
}

/* ---- movements ------------------------------------------------------------------------------------ */

static struct gv_ledger_account account_of(enum gv_ledger_kind kind,
                                           const struct gv_solver_id *solver)
{
    struct gv_ledger_account account = {.kind = kind};
    if (kind >= GV_LEDGER_AVAILABLE) {
        account.solver = *solver;
    }
    return account;
}

static enum gv_err write_entry(struct gv_engine *engine, const struct gv_ledger_row *row)
{
    char from[GV_LEDGER_NAME_MAX];
    char to[GV_LEDGER_NAME_MAX];
    struct gv_json_out out;
    gv_ledger_account_format(from, &row->entry.from);
    gv_ledger_account_format(to, &row->entry.to);
    gv_order_event_begin(engine, &out, "LedgerEntry");
    gv_jo_object(&out);
    gv_jo_key(&out, "entry");
    gv_jo_uint(&out, row->seq);
    gv_jo_kstring(&out, "from", from);
    gv_jo_kstring(&out, "to", to);
    gv_jo_key(&out, "amount");
    gv_jo_uint(&out, row->entry.amount);
    if (row->order_id != 0) {
        gv_jo_key(&out, "order_id");
        gv_jo_uint(&out, row->order_id);
        gv_jo_kint(&out, "round", row->round);
    }
    if (row->proof[0] != '\0') {
        gv_jo_kstring(&out, "proof", row->proof);
    }
    gv_jo_object_end(&out);
    return gv_order_event_end(engine, &out);
}

/* An amount of a solver's on its way. */
struct movement {
    enum gv_ledger_kind from;
    enum gv_ledger_kind to;
    const struct gv_solver_id *solver;
    uint64_t amount;              /* nothing is nothing to move */
    const struct gv_order *order; /* NULL: of none */
    const char *proof;            /* NULL: none is needed */
};

/* Returns: as gv_ledger_move; GV_ERR_STORAGE. */
static enum gv_err move(struct gv_engine *engine, const struct movement *m, struct gv_fail *fail)
{
    struct gv_orders *orders = &engine->orders;
    struct gv_ledger_row row = {
        .seq = orders->newest.entry + 1,
        .at_s = orders->clock.now_s,
        .entry = {.from = account_of(m->from, m->solver),
                  .to = account_of(m->to, m->solver),
                  .amount = m->amount},
        .order_id = m->order == NULL ? 0 : m->order->id,
        .round = m->order == NULL ? 0 : m->order->commitment.round,
    };
    if (m->amount == 0) {
        return GV_OK;
    }
    gv_format_cut(row.proof, sizeof(row.proof), "%s", m->proof == NULL ? "" : m->proof);
    const enum gv_err err = gv_ledger_move(&orders->ledger, &row.entry, fail);
    if (err != GV_OK) {
        return err;
    }
    GV_ASSERT(gv_ledger_sum(&orders->ledger) == 0);
    orders->newest.entry = row.seq;
    orders->solvers_changed = true;
    if (gv_store_ledger_append(&engine->store, &row, &orders->ledger) != GV_OK ||
        write_entry(engine, &row) != GV_OK) {
        return GV_ERR_STORAGE;
    }
    return GV_OK;
}

/* ---- escrow of commitments ------------------------------------------------------------------------ */

static uint64_t bond_of(const struct gv_engine *engine, uint64_t output)
{
    const struct gv_engine_orders_config *config = engine->config.orders;
    if (config->escrow == GV_ORDER_CLAIM) {
        return 0;
    }
    return (output * config->bond_percent + 99u) / 100u; /* 53 bits and 7 */
}

bool gv_orders_may_commit(const struct gv_engine *engine, const struct gv_order_bid *bid)
{
    const struct gv_orders *orders = &engine->orders;
    const struct gv_ledger_account available = account_of(GV_LEDGER_AVAILABLE, &bid->solver);
    for (uint32_t i = 0; i < orders->solver_count; i++) {
        const struct gv_solver *solver = &orders->solvers[i];
        if (gv_solver_id_equal(&solver->id, &bid->solver) &&
            (solver->suspended_until_s > orders->clock.now_s ||
             solver->cool_until_s > orders->clock.now_s)) {
            return false;
        }
    }
    const uint64_t bond = bond_of(engine, bid->min_output);
    return bond == 0 || (uint64_t)gv_ledger_balance(&orders->ledger, &available) >= bond;
}

enum gv_err gv_orders_lock_bond(struct gv_engine *engine, struct gv_order_commitment_row *row)
{
    const struct gv_order order = {.id = row->order_id, .commitment = row->commitment};
    row->bond = bond_of(engine, row->commitment.output);
    if (row->bond == 0) {
        return GV_OK;
    }
    row->deposited = row->bond;
    row->hold = GV_ORDER_HOLD_LOCKED;
    const enum gv_err err = move(engine,
                                 &(struct movement){.from = GV_LEDGER_AVAILABLE,
                                                    .to = GV_LEDGER_LOCKED,
                                                    .solver = &row->commitment.solver,
                                                    .amount = row->bond,
                                                    .order = &order},
                                 NULL);
    GV_ASSERT(err == GV_OK || err == GV_ERR_STORAGE); /* gv_orders_may_commit has looked */
    return err == GV_OK ? gv_store_escrow_put(&engine->store, row, "") : err;
}

static enum gv_err read_commitment(struct gv_engine *engine, const struct gv_order *order,
                                   struct gv_order_commitment_row *row)
{
    uint32_t count = 0;
    const enum gv_err err = gv_store_commitments_page(&engine->store, order->id,
                                                      order->commitment.round, row, 1, &count);
    return err == GV_OK && count == 1 ? GV_OK : GV_ERR_STORAGE;
}

/* Add to what is held for the current round of an order. */
static enum gv_err hold(struct gv_engine *engine, const struct gv_order *order,
                        struct gv_order_commitment_row *row, enum gv_ledger_kind from,
                        uint64_t amount, const char *proof, struct gv_fail *fail)
{
    if (amount == 0) {
        return GV_OK;
    }
    const enum gv_err err = move(engine,
                                 &(struct movement){.from = from,
                                                    .to = GV_LEDGER_LOCKED,
                                                    .solver = &order->commitment.solver,
                                                    .amount = amount,
                                                    .order = order,
                                                    .proof = proof},
                                 fail);
    if (err != GV_OK) {
        return err;
    }
    row->deposited += amount;
    row->hold = GV_ORDER_HOLD_LOCKED;
    return gv_store_escrow_put(&engine->store, row, proof);
}

enum gv_err gv_orders_cover(struct gv_engine *engine, const struct gv_order *order,
                            struct gv_fail *fail)
{
    struct gv_order_commitment_row row;
    if (read_commitment(engine, order, &row) != GV_OK) {
        return GV_ERR_STORAGE;
    }
    const uint64_t output = order->commitment.output;
    const uint64_t missing = row.deposited < output ? output - row.deposited : 0;
    return hold(engine, order, &row, GV_LEDGER_AVAILABLE, missing, "internal balance", fail);
}

static enum gv_err settle_money(struct gv_engine *engine, const struct gv_order *order,
                                bool fulfilled)
{
    struct gv_order_commitment_row row;
    if (read_commitment(engine, order, &row) != GV_OK) {
        return GV_ERR_STORAGE;
    }
    if (row.hold != GV_ORDER_HOLD_LOCKED) {
        return GV_OK;
    }
    const bool forfeit = !fulfilled && engine->config.orders->forfeit;
    const uint64_t gone = fulfilled ? order->commitment.output : (forfeit ? row.bond : 0);
    /* A claim that was accepted while bare claims counted may have less behind it. */
    const uint64_t taken = gone < row.deposited ? gone : row.deposited;
    const struct movement away = {.from = GV_LEDGER_LOCKED,
                                  .to = fulfilled ? GV_LEDGER_PAID : GV_LEDGER_FORFEITED,
                                  .solver = &order->commitment.solver,
                                  .amount = taken,
                                  .order = order};
    struct movement back = away;
    back.to = GV_LEDGER_AVAILABLE;
    back.amount = row.deposited - taken;
    if (move(engine, &away, NULL) != GV_OK || move(engine, &back, NULL) != GV_OK) {
        return GV_ERR_STORAGE;
    }
    row.hold = fulfilled ? GV_ORDER_HOLD_PAID
                         : (forfeit ? GV_ORDER_HOLD_FORFEITED : GV_ORDER_HOLD_RETURNED);
    return gv_store_escrow_put(&engine->store, &row, "");
}

enum gv_err gv_orders_settle(struct gv_engine *engine, const struct gv_order *order, bool fulfilled)
{
    struct gv_orders *orders = &engine->orders;
    struct gv_solver *solver = NULL;
    if (settle_money(engine, order, fulfilled) != GV_OK ||
        gv_orders_solver_seat(engine, &order->commitment.solver, &solver) != GV_OK) {
        return GV_ERR_STORAGE;
    }
    if (solver == NULL) {
        return GV_OK; /* a stranger whom no seat was free for is not counted */
    }
    gv_orders_count_duty(orders, solver, false);
    solver->wins += fulfilled;
    solver->failures += !fulfilled;
    if (!fulfilled) {
        solver->cool_until_s = orders->clock.now_s + (int64_t)engine->config.orders->cooldown_s;
    }
    return put_solver(engine, solver);
}

/* ---- the operator's word -------------------------------------------------------------------------- */

enum gv_err gv_do_solver_deposit(struct gv_engine *engine, const struct gv_orders_command *command,
                                 struct gv_fail *fail)
{
    const struct gv_solver_id *id = &command->deposit.id;
    const int64_t amount = command->deposit.amount;
    if (gv_orders_solver(&engine->orders, id) == NULL) {
        return fail_unknown(fail);
    }
    const bool in = amount > 0;
    const struct movement movement = {.from = in ? GV_LEDGER_OUTSIDE : GV_LEDGER_AVAILABLE,
                                      .to = in ? GV_LEDGER_AVAILABLE : GV_LEDGER_OUTSIDE,
                                      .solver = id,
                                      .amount = (uint64_t)(in ? amount : -amount),
                                      .proof = command->deposit.proof};
    const enum gv_err err = move(engine, &movement, fail);
    if (err != GV_OK) {
        return err;
    }
    return gv_audit_by(engine, in ? "orders.deposit" : "orders.withdrawal", id->text,
                       &command->actor, "amount=%" PRId64 " proof=%s", amount,
                       command->deposit.proof);
}

enum gv_err gv_do_order_deposit(struct gv_engine *engine, const struct gv_orders_command *command,
                                struct gv_fail *fail)
{
    struct gv_orders *orders = &engine->orders;
    const struct gv_order *order = gv_order_book_find(&orders->book, command->deposit.order_id);
    struct gv_order_commitment_row row;
    bool repeated = false;
    char subject[32];
    if (engine->config.orders->escrow != GV_ORDER_PROOF) {
        return gv_fail(fail, GV_ERR_STATE, "orders.claim_mode",
                       "deposits count only in proof mode");
    }
    if (order == NULL) {
        return gv_fail(fail, GV_ERR_NOT_FOUND, "orders.unknown", "there is no such open order");
    }
    enum gv_err err = gv_order_book_may_claim(&orders->book, order->id, &order->commitment.solver,
                                              orders->clock.now_s, &repeated, fail);
    if (err != GV_OK) {
        return err;
    }
    if (read_commitment(engine, order, &row) != GV_OK) {
        return GV_ERR_STORAGE;
    }
    err = hold(engine, order, &row, GV_LEDGER_OUTSIDE, (uint64_t)command->deposit.amount,
               command->deposit.proof, fail);
    if (err == GV_OK && !repeated && row.deposited >= order->commitment.output) {
        err = gv_orders_claimed(engine, order);
    }
    if (err != GV_OK) {
        return err;
    }
    gv_format_cut(subject, sizeof(subject), "order:%" PRIu64, order->id);
    return gv_audit_by(engine, "orders.deposit", subject, &command->actor,
                       "amount=%" PRId64 " proof=%s", command->deposit.amount,
                       command->deposit.proof);
}
