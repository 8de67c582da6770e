/* Ledger: the escrow of the order auction, double-entry, in whole amounts.
 *
 *   outside ──deposit──► available:<solver> ──bond, deposit──► locked:<solver> ──fulfilled──► paid
 *      │    ◄─withdraw──                    ◄──unlocked──────                  ──failed─────► forfeited
 *      └───────────deposit for an order────────────────────────►
 *
 * An entry takes from one account and gives to another, so all balances add up to zero at every moment;
 * only `outside` may be negative. Every balance stays within +-GV_ORDER_AMOUNT_MAX. Pure; a struct of fixed
 * size, GV_SOLVERS_MAX solvers (limits.h). Thread: engine. Source: issue "order auctions", escrow. */
#ifndef GV_APP_AUCTION_ORDERS_LEDGER_H
#define GV_APP_AUCTION_ORDERS_LEDGER_H

#include "app/auction/orders/order.h"

enum gv_ledger_kind {
    GV_LEDGER_OUTSIDE,   /* where deposits come from and withdrawals go to */
    GV_LEDGER_PAID,      /* what fulfilled orders brought */
    GV_LEDGER_FORFEITED, /* bonds of solvers who failed */
    GV_LEDGER_AVAILABLE, /* a solver's, free */
    GV_LEDGER_LOCKED,    /* a solver's, held for commitments */
};
#define GV_LEDGER_SHARED 3u /* kinds without a solver come first */

struct gv_ledger_account {
    enum gv_ledger_kind kind;
    struct gv_solver_id solver; /* of AVAILABLE and LOCKED */
};
#define GV_LEDGER_NAME_MAX (GV_SOLVER_ID_MAX + 11u)
/** "outside", "locked:s1", ... In and out of storage. */
void gv_ledger_account_format(char text[GV_LEDGER_NAME_MAX],
                              const struct gv_ledger_account *account);
GV_MUST_USE bool gv_ledger_account_parse(struct gv_ledger_account *account, struct gv_view text);

struct gv_ledger_entry {
    struct gv_ledger_account from;
    struct gv_ledger_account to;
    uint64_t amount; /* 1..GV_ORDER_AMOUNT_MAX */
};

struct gv_ledger {
    int64_t shared[GV_LEDGER_SHARED];
    uint32_t count;
    struct gv_ledger_solver {
        struct gv_solver_id id;
        int64_t available;
        int64_t locked;
    } solvers[GV_SOLVERS_MAX];
};

void gv_ledger_init(struct gv_ledger *ledger);
/** Move money. A solver's accounts are opened when first given to.
 *  Returns: GV_OK; GV_ERR_INVALID "orders.amount"; GV_ERR_CONFLICT "orders.not_covered" (the account it
 *  comes from holds less), "orders.balance" (one would leave its range); GV_ERR_FULL "orders.solvers".
 *  Unless GV_OK nothing has changed. */
GV_MUST_USE enum gv_err gv_ledger_move(struct gv_ledger *ledger,
                                       const struct gv_ledger_entry *entry, struct gv_fail *fail);
/** Returns: the balance, 0 of an account that was never opened. */
int64_t gv_ledger_balance(const struct gv_ledger *ledger, const struct gv_ledger_account *account);
/** From storage: set a balance. Returns: GV_OK; GV_ERR_INVALID (out of its range); GV_ERR_FULL. */
GV_MUST_USE enum gv_err gv_ledger_set(struct gv_ledger *ledger,
                                      const struct gv_ledger_account *account, int64_t balance);
/** The same balances? An account that was never opened is one of 0. */
bool gv_ledger_equal(const struct gv_ledger *a, const struct gv_ledger *b);
/** Returns: the sum of all accounts, which is 0 unless storage was changed by somebody else. */
int64_t gv_ledger_sum(const struct gv_ledger *ledger);

#endif
