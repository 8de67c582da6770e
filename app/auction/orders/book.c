#include "app/auction/orders/book.h"

#include "firmware/base/assert.h"

#include <string.h>

_Static_assert(sizeof(struct gv_order_slot) <= GV_ORDER_BYTES, "as counted in limits.h");
_Static_assert(sizeof(struct gv_order_bid_slot) <= GV_ORDER_BID_BYTES, "as counted in limits.h");
_Static_assert(sizeof(struct gv_order_book) <= GV_ORDER_BOOK_BYTES, "as counted in limits.h");

const struct gv_order_rules gv_order_rules_default = {
    .batch = 5,
    .collect_s = 5,
    .commit_s = 10,
    .grace_s = 2,
    .work_s = 4,
};

void gv_order_book_init(struct gv_order_book *book, const struct gv_order_rules *rules)
{
    GV_ASSERT(rules->batch >= 1);
    GV_ASSERT(rules->batch <= GV_ORDER_BATCH_MAX);
    book->rules = *rules;
    book->bids_seen = 0;
    book->count = 0;
    book->bid_count = 0;
    book->free_bid = GV_NO_BID;
}

/* ---- orders --------------------------------------------------------------------------------------- */

/* Place of the first order whose id is not below. */
static uint32_t place_of(const struct gv_order_book *book, uint64_t id)
{
    uint32_t low = 0;
    uint32_t high = book->count;
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        if (book->slots[middle].order.id < id) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static struct gv_order_slot *slot_of(struct gv_order_book *book, uint64_t id)
{
    const uint32_t place = place_of(book, id);
    const bool found = place < book->count && book->slots[place].order.id == id;
    return found ? &book->slots[place] : NULL;
}

const struct gv_order *gv_order_book_find(const struct gv_order_book *book, uint64_t id)
{
    const uint32_t place = place_of(book, id);
    const bool found = place < book->count && book->slots[place].order.id == id;
    return found ? &book->slots[place].order : NULL;
}

enum gv_err gv_order_book_add(struct gv_order_book *book, const struct gv_order *order,
                              struct gv_fail *fail)
{
    GV_ASSERT(order->state <= GV_ORDER_COMMITTED);
    GV_ASSERT(book->count == 0 || book->slots[book->count - 1].order.id < order->id);
    if (book->count == GV_ORDERS_MAX) {
        return gv_fail(fail, GV_ERR_FULL, "orders.full",
                       "%u orders are open, which is all there is room for", GV_ORDERS_MAX);
    }
    book->slots[book->count++] =
        (struct gv_order_slot){.order = *order, .first_bid = GV_NO_BID, .bid_count = 0};
    return GV_OK;
}

/* ---- bids ------------------------------------------------------------------------------------------- */

/* Places that were given back form a list; while it is empty, exactly the first bid_count are in use. */
static uint32_t acquire_bid(struct gv_order_book *book)
{
    GV_ASSERT(book->bid_count < GV_ORDER_BIDS_MAX);
    uint32_t index = book->free_bid;
    if (index != GV_NO_BID) {
        book->free_bid = book->bids[index].next;
    } else {
        index = book->bid_count;
    }
    book->bid_count++;
    return index;
}

/* Of an order that leaves. */
static void release_bids(struct gv_order_book *book, struct gv_order_slot *slot)
{
    while (slot->first_bid != GV_NO_BID) {
        const uint32_t index = slot->first_bid;
        slot->first_bid = book->bids[index].next;
        book->bids[index].next = book->free_bid;
        book->free_bid = index;
        book->bid_count--;
    }
}

void gv_order_book_bids(const struct gv_order_book *book, uint64_t id,
                        bool (*visit)(void *ctx, const struct gv_order_bid_slot *bid), void *ctx)
{
    const uint32_t place = place_of(book, id);
    if (place == book->count || book->slots[place].order.id != id) {
        return;
    }
    uint32_t at = book->slots[place].first_bid;
    while (at != GV_NO_BID && visit(ctx, &book->bids[at])) {
        at = book->bids[at].next;
    }
}

/* May this solver bid (once more) for this order? */
static enum gv_err check_solver(const struct gv_order_book *book, const struct gv_order_slot *slot,
                                const struct gv_solver_id *solver, struct gv_fail *fail)
{
    uint32_t own = 0;
    for (uint32_t at = slot->first_bid; at != GV_NO_BID; at = book->bids[at].next) {
        if (!gv_solver_id_equal(&book->bids[at].bid.solver, solver)) {
            continue;
        }
        own++;
        if (book->bids[at].failed) {
            return gv_fail(fail, GV_ERR_STATE, "orders.solver_failed",
                           "this solver has failed the order");
        }
    }
    if (own >= GV_ORDER_BIDS_PER_SOLVER) {
        return gv_fail(fail, GV_ERR_FULL, "orders.solver_bids",
                       "a solver has at most %u bids for an order", GV_ORDER_BIDS_PER_SOLVER);
    }
    return GV_OK;
}

enum gv_err gv_order_book_bid(struct gv_order_book *book, const struct gv_order_bid *bid,
                              struct gv_fail *fail)
{
    struct gv_order_slot *slot = slot_of(book, bid->order_id);
    if (slot == NULL) {
        return gv_fail(fail, GV_ERR_NOT_FOUND, "orders.unknown", "there is no such open order");
    }
    if (slot->order.state == GV_ORDER_PENDING) {
        return gv_fail(fail, GV_ERR_STATE, "orders.not_announced", "this order takes no bids yet");
    }
    if (slot->bid_count >= GV_ORDER_BIDS_PER_ORDER) {
        return gv_fail(fail, GV_ERR_FULL, "orders.order_bids", "an order takes at most %u bids",
                       GV_ORDER_BIDS_PER_ORDER);
    }
    if (book->bid_count == GV_ORDER_BIDS_MAX) {
        return gv_fail(fail, GV_ERR_FULL, "orders.bids", "no room for more bids, try again later");
    }
    const enum gv_err err = check_solver(book, slot, &bid->solver, fail);
    if (err != GV_OK) {
        return err;
    }
    const uint32_t index = acquire_bid(book);
    book->bids[index] = (struct gv_order_bid_slot){
        .bid = *bid, .number = ++book->bids_seen, .next = slot->first_bid};
    slot->first_bid = index;
    slot->bid_count++;
    return GV_OK;
}

static void mark_failed(struct gv_order_book *book, struct gv_order_slot *slot,
                        const struct gv_solver_id *solver)
{
    for (uint32_t at = slot->first_bid; at != GV_NO_BID; at = book->bids[at].next) {
        if (gv_solver_id_equal(&book->bids[at].bid.solver, solver)) {
            book->bids[at].failed = true;
        }
    }
}

void gv_order_book_mark_failed(struct gv_order_book *book, uint64_t id,
                               const struct gv_solver_id *solver)
{
    struct gv_order_slot *slot = slot_of(book, id);
    GV_ASSERT(slot != NULL);
    mark_failed(book, slot, solver);
}

/* ---- claims ------------------------------------------------------------------------------------------ */

enum gv_err gv_order_book_may_claim(const struct gv_order_book *book, uint64_t id,
                                    const struct gv_solver_id *solver, int64_t now_s,
                                    bool *repeated, struct gv_fail *fail)
{
    const struct gv_order *order = gv_order_book_find(book, id);
    if (order == NULL) {
        return gv_fail(fail, GV_ERR_NOT_FOUND, "orders.unknown", "there is no such open order");
    }
    if (order->state != GV_ORDER_COMMITTED) {
        return gv_fail(fail, GV_ERR_STATE, "orders.not_committed",
                       "nobody is committed to this order");
    }
    if (!gv_solver_id_equal(&order->commitment.solver, solver)) {
        return gv_fail(fail, GV_ERR_FORBIDDEN, "orders.other_solver",
                       "another solver is committed to this order");
    }
    *repeated = order->claimed;
    if (!order->claimed && now_s > order->commitment.deadline_s) {
        return gv_fail(fail, GV_ERR_STATE, "orders.late", "the deadline has passed");
    }
    return GV_OK;
}

enum gv_err gv_order_book_claim(struct gv_order_book *book, uint64_t id,
                                const struct gv_solver_id *solver, int64_t now_s, bool *repeated,
                                struct gv_fail *fail)
{
    const enum gv_err err = gv_order_book_may_claim(book, id, solver, now_s, repeated, fail);
    if (err == GV_OK) {
        slot_of(book, id)->order.claimed = true;
    }
    return err;
}

bool gv_order_book_note_forged(struct gv_order_book *book, uint64_t id)
{
    struct gv_order_slot *slot = slot_of(book, id);
    if (slot == NULL || slot->order.state != GV_ORDER_COMMITTED ||
        slot->order.forged_round == slot->order.commitment.round) {
        return false;
    }
    slot->order.forged_round = slot->order.commitment.round;
    return true;
}

/* ---- the tick ---------------------------------------------------------------------------------------- */

struct tick {
    struct gv_order_book *book;
    int64_t now_s;
    const struct gv_order_sink *sink;
    uint32_t left; /* orders that may still move */
    bool more;
};

static void tell(const struct tick *tick, enum gv_order_step_kind kind,
                 const struct gv_order *order, const struct gv_solver_id *prev_solver)
{
    struct gv_order_step step = {.kind = kind, .order = *order};
    if (prev_solver != NULL) {
        step.prev_solver = *prev_solver;
    }
    tick->sink->step(tick->sink->ctx, &step);
}

static bool may_commit(const struct tick *tick, const struct gv_order_bid_slot *slot,
                       const struct gv_solver_id *excluded)
{
    const struct gv_order_bid *bid = &slot->bid;
    if (slot->failed || bid->valid_till_s < tick->now_s + (int64_t)tick->book->rules.work_s) {
        return false;
    }
    if (excluded != NULL && gv_solver_id_equal(&bid->solver, excluded)) {
        return false;
    }
    return tick->sink->may_commit == NULL || tick->sink->may_commit(tick->sink->ctx, bid);
}

/* Bids are visited from the newest to the oldest: at a tie the one met first stays. */
static bool is_better(const struct gv_order_bid *bid, const struct gv_order_bid *best,
                      bool first_round)
{
    if (best == NULL || bid->min_output != best->min_output) {
        return best == NULL || bid->min_output > best->min_output;
    }
    return first_round && bid->valid_till_s < best->valid_till_s;
}

static const struct gv_order_bid *select_bid(const struct tick *tick,
                                             const struct gv_order_slot *slot,
                                             const struct gv_solver_id *excluded)
{
    const struct gv_order_book *book = tick->book;
    const bool first_round = slot->order.commitment.round == 0;
    const struct gv_order_bid *best = NULL;
    for (uint32_t at = slot->first_bid; at != GV_NO_BID; at = book->bids[at].next) {
        const struct gv_order_bid *bid = &book->bids[at].bid;
        if (is_better(bid, best, first_round) && may_commit(tick, &book->bids[at], excluded)) {
            best = bid;
        }
    }
    return best;
}

static void commit_to(const struct tick *tick, struct gv_order *order,
                      const struct gv_order_bid *bid)
{
    const int64_t full_s = tick->now_s + (int64_t)tick->book->rules.commit_s;
    order->state = GV_ORDER_COMMITTED;
    order->commitment = (struct gv_order_commitment){
        .solver = bid->solver,
        .round = order->commitment.round + 1,
        .input = bid->max_input,
        .output = bid->min_output,
        .deadline_s = bid->valid_till_s < full_s ? bid->valid_till_s : full_s,
    };
}

static void announce(const struct tick *tick)
{
    struct gv_order_book *book = tick->book;
    uint32_t announced = 0;
    for (uint32_t i = 0; i < book->count && announced < book->rules.batch; i++) {
        struct gv_order *order = &book->slots[i].order;
        if (order->state == GV_ORDER_PENDING) {
            order->state = GV_ORDER_IN_AUCTION;
            order->announced_s = tick->now_s;
            announced++;
            tell(tick, GV_ORDER_STEP_ANNOUNCED, order, NULL);
        }
    }
}

/* May one more order move in this tick? */
static bool take_turn(struct tick *tick)
{
    tick->more = tick->left == 0;
    tick->left -= tick->more ? 0u : 1u;
    return !tick->more;
}

static void expire(const struct tick *tick, struct gv_order *order)
{
    order->state = GV_ORDER_EXPIRED;
    tell(tick, GV_ORDER_STEP_EXPIRED, order, NULL);
}

static bool is_collected(const struct tick *tick, const struct gv_order *order)
{
    const struct gv_order_rules *rules = &tick->book->rules;
    const int64_t collect_s = rules->collect_s;
    const int64_t half_s = collect_s < 2 ? collect_s : collect_s / 2;
    const int64_t seen_s = rules->original ? 0 : half_s;
    return tick->now_s >= order->created_s + collect_s &&
           tick->now_s >= order->announced_s + seen_s;
}

static void select_first(struct tick *tick, struct gv_order_slot *slot)
{
    struct gv_order *order = &slot->order;
    if (order->state != GV_ORDER_IN_AUCTION || !is_collected(tick, order) || !take_turn(tick)) {
        return;
    }
    const struct gv_order_bid *bid = select_bid(tick, slot, NULL);
    if (bid == NULL) {
        expire(tick, order);
        return;
    }
    commit_to(tick, order, bid);
    tell(tick, GV_ORDER_STEP_SELECTED, order, NULL);
}

static void judge(struct tick *tick, struct gv_order_slot *slot)
{
    struct gv_order *order = &slot->order;
    const struct gv_order_rules *rules = &tick->book->rules;
    if (order->state != GV_ORDER_COMMITTED ||
        tick->now_s <= order->commitment.deadline_s + (int64_t)rules->grace_s || !take_turn(tick)) {
        return;
    }
    if (order->claimed) {
        order->state = GV_ORDER_FULFILLED;
        tell(tick, GV_ORDER_STEP_FULFILLED, order, NULL);
        return;
    }
    const struct gv_solver_id failed = order->commitment.solver;
    if (!rules->original) {
        mark_failed(tick->book, slot, &failed);
    }
    tell(tick, GV_ORDER_STEP_FAILED, order, NULL);
    const struct gv_order_bid *bid = select_bid(tick, slot, &failed);
    if (bid == NULL) {
        expire(tick, order);
        return;
    }
    commit_to(tick, order, bid);
    tell(tick, GV_ORDER_STEP_REASSIGNED, order, &failed);
}

/* Take out what has ended; the others close up. */
static void sweep(struct gv_order_book *book)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < book->count; i++) {
        if (book->slots[i].order.state > GV_ORDER_COMMITTED) {
            release_bids(book, &book->slots[i]);
            continue;
        }
        if (kept != i) {
            book->slots[kept] = book->slots[i];
        }
        kept++;
    }
    book->count = kept;
}

bool gv_order_book_tick(struct gv_order_book *book, int64_t now_s, uint32_t moves_max,
                        const struct gv_order_sink *sink)
{
    struct tick tick = {.book = book, .now_s = now_s, .sink = sink, .left = moves_max};
    announce(&tick);
    for (uint32_t i = 0; i < book->count && !tick.more; i++) {
        select_first(&tick, &book->slots[i]);
    }
    for (uint32_t i = 0; i < book->count && !tick.more; i++) {
        judge(&tick, &book->slots[i]);
    }
    sweep(book);
    return tick.more;
}
