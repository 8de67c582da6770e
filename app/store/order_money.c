#include "app/store/orders.h"
#include "app/store/query.h"

#include <string.h>

/* ---- solvers -------------------------------------------------------------------------------------- */

enum gv_err gv_store_solver_put(struct gv_store *store, const struct gv_solver *solver)
{
    struct gv_query q = gv_query_start(store, GV_SQL_OA_SOLVER_PUT, "oa_solver");
    gv_query_put_text(&q, solver->id.text);
    gv_query_put_blob(&q, gv_view_of(solver->secret_hash.b,
                                     solver->has_secret ? sizeof(solver->secret_hash) : 0));
    gv_query_put_blob(&q,
                      gv_view_of(solver->pubkey, solver->has_pubkey ? sizeof(solver->pubkey) : 0));
    gv_query_put_int(&q, (int64_t)solver->wins);
    gv_query_put_int(&q, (int64_t)solver->failures);
    gv_query_put_int(&q, solver->suspended_until_s);
    gv_query_put_int(&q, solver->cool_until_s);
    return gv_query_run(&q);
}

enum gv_err gv_store_solver_delete(struct gv_store *store, const struct gv_solver_id *id)
{
    struct gv_query q = gv_query_start(store, GV_SQL_OA_SOLVER_DELETE, "oa_solver");
    gv_query_put_text(&q, id->text);
    return gv_query_run(&q);
}

/* 32 bytes or none. Returns: whether there are any. */
static bool get_bytes32(struct gv_query *q, uint8_t out[32])
{
    const struct gv_view v = gv_query_get_blob(q);
    if (v.n == 32) {
        memcpy(out, v.p, 32);
    } else if (v.n != 0) {
        q->corrupt = true;
    }
    return v.n == 32;
}

enum gv_err gv_store_solvers_each(struct gv_store *store,
                                  enum gv_err (*visit)(void *ctx, const struct gv_solver *solver),
                                  void *ctx)
{
    enum gv_err err = GV_OK;
    struct gv_query q = gv_query_start(store, GV_SQL_OA_SOLVER_EACH, "oa_solver");
    while (err == GV_OK && gv_query_next(&q)) {
        struct gv_solver solver;
        memset(&solver, 0, sizeof(solver));
        gv_query_get_text(&q, solver.id.text, sizeof(solver.id.text));
        solver.has_secret = get_bytes32(&q, solver.secret_hash.b);
        solver.has_pubkey = get_bytes32(&q, solver.pubkey);
        solver.wins = gv_query_get_uint(&q, INT64_MAX);
        solver.failures = gv_query_get_uint(&q, INT64_MAX);
        solver.suspended_until_s = gv_query_get_int(&q);
        solver.cool_until_s = gv_query_get_int(&q);
        err = q.corrupt ? GV_OK : visit(ctx, &solver);
    }
    const enum gv_err end = gv_query_end(&q);
    return err != GV_OK ? err : end;
}

/* ---- ledger --------------------------------------------------------------------------------------- */

static enum gv_err put_balance(struct gv_store *store, const struct gv_ledger *ledger,
                               const struct gv_ledger_account *account)
{
    char name[GV_LEDGER_NAME_MAX];
    gv_ledger_account_format(name, account);
    struct gv_query q = gv_query_start(store, GV_SQL_OA_ACCOUNT_PUT, "oa_account");
    gv_query_put_text(&q, name);
    gv_query_put_int(&q, gv_ledger_balance(ledger, account));
    return gv_query_run(&q);
}

enum gv_err gv_store_ledger_append(struct gv_store *store, const struct gv_ledger_row *row,
                                   const struct gv_ledger *ledger)
{
    char from[GV_LEDGER_NAME_MAX];
    char to[GV_LEDGER_NAME_MAX];
    gv_ledger_account_format(from, &row->entry.from);
    gv_ledger_account_format(to, &row->entry.to);
    struct gv_query q = gv_query_start(store, GV_SQL_OA_LEDGER_INSERT, "oa_ledger");
    gv_query_put_int(&q, (int64_t)row->seq);
    gv_query_put_int(&q, row->at_s);
    gv_query_put_text(&q, from);
    gv_query_put_text(&q, to);
    gv_query_put_int(&q, (int64_t)row->entry.amount);
    gv_query_put_int(&q, (int64_t)row->order_id);
    gv_query_put_int(&q, row->round);
    gv_query_put_text(&q, row->proof);
    enum gv_err err = gv_query_run(&q);
    if (err == GV_OK) {
        err = put_balance(store, ledger, &row->entry.from);
    }
    return err == GV_OK ? put_balance(store, ledger, &row->entry.to) : err;
}

static bool get_account(struct gv_query *q, struct gv_ledger_account *account)
{
    char name[GV_LEDGER_NAME_MAX];
    gv_query_get_text(q, name, sizeof(name));
    if (q->corrupt || !gv_ledger_account_parse(account, gv_view_of(name, strlen(name)))) {
        q->corrupt = true;
    }
    return !q->corrupt;
}

enum gv_err gv_store_ledger_load(struct gv_store *store, struct gv_ledger *ledger)
{
    enum gv_err err = GV_OK;
    gv_ledger_init(ledger);
    struct gv_query q = gv_query_start(store, GV_SQL_OA_ACCOUNT_EACH, "oa_account");
    while (err == GV_OK && gv_query_next(&q)) {
        struct gv_ledger_account account;
        if (get_account(&q, &account)) {
            err = gv_ledger_set(ledger, &account, gv_query_get_int(&q));
        }
    }
    const enum gv_err end = gv_query_end(&q);
    if (err == GV_OK && end == GV_OK && gv_ledger_sum(ledger) != 0) {
        return GV_ERR_CRYPTO;
    }
    return err != GV_OK ? err : end;
}

enum gv_err gv_store_ledger_verify_more(struct gv_store *store, uint32_t rows_max, uint64_t *seq,
                                        struct gv_ledger *balances)
{
    bool good = true;
    struct gv_query q = gv_query_start(store, GV_SQL_OA_LEDGER_AFTER, "oa_ledger");
    gv_query_put_int(&q, (int64_t)*seq);
    gv_query_put_int(&q, rows_max);
    while (good && gv_query_next(&q)) {
        struct gv_ledger_entry entry;
        good = gv_query_get_uint(&q, INT64_MAX) == *seq + 1 && get_account(&q, &entry.from) &&
               get_account(&q, &entry.to);
        if (good) {
            entry.amount = gv_query_get_uint(&q, GV_ORDER_AMOUNT_MAX);
            good = !q.corrupt && gv_ledger_move(balances, &entry, NULL) == GV_OK;
        }
        *seq += good;
    }
    const enum gv_err err = gv_query_end(&q);
    return good ? err : GV_ERR_CRYPTO;
}
