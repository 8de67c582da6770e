#include "app/auction/orders/ledger.h"

#include "firmware/base/assert.h"
#include "firmware/base/text.h"

#include <string.h>

static const char *const names[] = {"outside", "paid", "forfeited", "available:", "locked:"};
#define KINDS (sizeof(names) / sizeof(names[0]))
_Static_assert(KINDS == GV_LEDGER_LOCKED + 1, "every kind has its name");

void gv_ledger_account_format(char text[GV_LEDGER_NAME_MAX],
                              const struct gv_ledger_account *account)
{
    const bool own = account->kind >= GV_LEDGER_AVAILABLE;
    const bool fits = gv_format(text, GV_LEDGER_NAME_MAX, "%s%s", names[account->kind],
                                own ? account->solver.text : "");
    GV_ASSERT(fits);
}

bool gv_ledger_account_parse(struct gv_ledger_account *account, struct gv_view text)
{
    memset(account, 0, sizeof(*account));
    for (size_t kind = 0; kind < KINDS; kind++) {
        const size_t n = strlen(names[kind]);
        if (text.n < n || memcmp(text.p, names[kind], n) != 0) {
            continue;
        }
        account->kind = (enum gv_ledger_kind)kind;
        return kind < GV_LEDGER_SHARED
                   ? text.n == n
                   : gv_solver_id_parse(&account->solver, gv_view_of(text.p + n, text.n - n),
                                        NULL) == GV_OK;
    }
    return false;
}

void gv_ledger_init(struct gv_ledger *ledger)
{
    memset(ledger->shared, 0, sizeof(ledger->shared));
    ledger->count = 0;
}

/* Place of an account's balance; NULL when it was never opened. */
static int64_t *find(struct gv_ledger *ledger, const struct gv_ledger_account *account)
{
    if (account->kind < GV_LEDGER_AVAILABLE) {
        return &ledger->shared[account->kind];
    }
    for (uint32_t i = 0; i < ledger->count; i++) {
        struct gv_ledger_solver *solver = &ledger->solvers[i];
        if (gv_solver_id_equal(&solver->id, &account->solver)) {
            return account->kind == GV_LEDGER_LOCKED ? &solver->locked : &solver->available;
        }
    }
    return NULL;
}

static int64_t *open_account(struct gv_ledger *ledger, const struct gv_ledger_account *account)
{
    GV_ASSERT(ledger != NULL);
    int64_t *balance = find(ledger, account);
    if (balance == NULL && ledger->count < GV_SOLVERS_MAX) {
        ledger->solvers[ledger->count++] = (struct gv_ledger_solver){.id = account->solver};
        balance = find(ledger, account);
    }
    return balance;
}

int64_t gv_ledger_balance(const struct gv_ledger *ledger, const struct gv_ledger_account *account)
{
    if (account->kind < GV_LEDGER_AVAILABLE) {
        return ledger->shared[account->kind];
    }
    for (uint32_t i = 0; i < ledger->count; i++) {
        const struct gv_ledger_solver *solver = &ledger->solvers[i];
        if (gv_solver_id_equal(&solver->id, &account->solver)) {
            return account->kind == GV_LEDGER_LOCKED ? solver->locked : solver->available;
        }
    }
    return 0;
}

static bool in_range(const struct gv_ledger_account *account, int64_t balance)
{
    const int64_t least =
        account->kind == GV_LEDGER_OUTSIDE ? -(int64_t)GV_ORDER_AMOUNT_MAX : INT64_C(0);
    return balance >= least && balance <= (int64_t)GV_ORDER_AMOUNT_MAX;
}

enum gv_err gv_ledger_move(struct gv_ledger *ledger, const struct gv_ledger_entry *entry,
                           struct gv_fail *fail)
{
    if (entry->amount < 1 || entry->amount > GV_ORDER_AMOUNT_MAX) {
        return gv_fail(fail, GV_ERR_INVALID, "orders.amount", "an amount is 1 to 2^53 - 1");
    }
    /* Balances and amounts have 53 bits: neither sum can wrap. */
    const int64_t amount = (int64_t)entry->amount;
    const int64_t left = gv_ledger_balance(ledger, &entry->from) - amount;
    if (!in_range(&entry->from, left)) {
        return gv_fail(fail, GV_ERR_CONFLICT, "orders.not_covered",
                       "the account holds less than this amount");
    }
    if (!in_range(&entry->to, gv_ledger_balance(ledger, &entry->to) + amount)) {
        return gv_fail(fail, GV_ERR_CONFLICT, "orders.balance", "a balance is at most 2^53 - 1");
    }
    int64_t *to = open_account(ledger, &entry->to);
    if (to == NULL) {
        return gv_fail(fail, GV_ERR_FULL, "orders.solvers", "there are accounts of %u solvers",
                       GV_SOLVERS_MAX);
    }
    int64_t *from = open_account(ledger, &entry->from);
    GV_ASSERT(from != NULL); /* it covers the amount, or is everybody's */
    *from -= amount;
    *to += amount;
    return GV_OK;
}

enum gv_err gv_ledger_set(struct gv_ledger *ledger, const struct gv_ledger_account *account,
                          int64_t balance)
{
    if (!in_range(account, balance)) {
        return GV_ERR_INVALID;
    }
    int64_t *place = open_account(ledger, account);
    if (place == NULL) {
        return GV_ERR_FULL;
    }
    *place = balance;
    return GV_OK;
}

static bool holds(const struct gv_ledger *ledger, const struct gv_ledger_solver *solver)
{
    const struct gv_ledger_account available = {.kind = GV_LEDGER_AVAILABLE, .solver = solver->id};
    const struct gv_ledger_account locked = {.kind = GV_LEDGER_LOCKED, .solver = solver->id};
    return gv_ledger_balance(ledger, &available) == solver->available &&
           gv_ledger_balance(ledger, &locked) == solver->locked;
}

bool gv_ledger_equal(const struct gv_ledger *a, const struct gv_ledger *b)
{
    bool equal = memcmp(a->shared, b->shared, sizeof(a->shared)) == 0;
    for (uint32_t i = 0; equal && i < a->count; i++) {
        equal = holds(b, &a->solvers[i]);
    }
    for (uint32_t i = 0; equal && i < b->count; i++) {
        equal = holds(a, &b->solvers[i]);
    }
    return equal;
}

int64_t gv_ledger_sum(const struct gv_ledger *ledger)
{
    /* At most 515 balances of 53 bits: the sum cannot wrap. */
    int64_t sum = 0;
    for (uint32_t i = 0; i < GV_LEDGER_SHARED; i++) {
        sum += ledger->shared[i];
    }
    for (uint32_t i = 0; i < ledger->count; i++) {
        sum += ledger->solvers[i].available + ledger->solvers[i].locked;
    }
    return sum;
}
