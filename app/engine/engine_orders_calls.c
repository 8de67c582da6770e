/* Orders: what callers ask of the engine, and how they wait. */
#include "app/bitcoin/sig.h"
#include "app/engine/engine_internal.h"
#include "firmware/base/assert.h"
#include "firmware/base/text.h"

#include <string.h>

static enum gv_err acquire(struct gv_engine *engine, enum gv_orders_op op, uint32_t margin,
                           struct gv_command **command, struct gv_fail *fail)
{
    if (engine->config.orders == NULL) {
        (void)gv_fail(fail, GV_ERR_UNAVAILABLE, "orders.off", "order auctions are switched off");
        return GV_ERR_UNAVAILABLE;
    }
    *command = gv_command_acquire(engine, GV_COMMAND_ORDERS, margin);
    if (*command == NULL) {
        return gv_command_busy(fail);
    }
    (*command)->orders.op = op;
    return GV_OK;
}

/* ---- posted calls --------------------------------------------------------------------------------- */

static enum gv_err post(struct gv_engine *engine, enum gv_orders_op op, struct gv_order_call *call,
                        struct gv_fail *fail)
{
    struct gv_command *command = NULL;
    const enum gv_err err = acquire(engine, op, 0, &command, fail);
    if (err != GV_OK) {
        return err;
    }
    command->orders.call = call;
    gv_command_abandon(engine, command);
    if (gv_command_post(engine, command) != GV_OK) {
        gv_command_release(engine, command);
        return gv_fail(fail, GV_ERR_UNAVAILABLE, "engine.stopped", "the service is shutting down");
    }
    if (engine->config.self_serve) {
        (void)gv_engine_step(engine);
    }
    return GV_OK;
}

_Static_assert(offsetof(struct gv_order_intake, call) == 0, "the command's union relies on it");
_Static_assert(offsetof(struct gv_order_tick, call) == 0, "the command's union relies on it");
_Static_assert(offsetof(struct gv_order_snapshot, call) == 0, "the command's union relies on it");

enum gv_err gv_engine_orders_intake(struct gv_engine *engine, struct gv_order_intake *intake,
                                    struct gv_fail *fail)
{
    return post(engine, GV_ORDERS_OP_INTAKE, &intake->call, fail);
}

enum gv_err gv_engine_orders_tick(struct gv_engine *engine, struct gv_order_tick *tick,
                                  struct gv_fail *fail)
{
    return post(engine, GV_ORDERS_OP_TICK, &tick->call, fail);
}

enum gv_err gv_engine_orders_snapshot(struct gv_engine *engine, struct gv_order_snapshot *snapshot,
                                      struct gv_fail *fail)
{
    return post(engine, GV_ORDERS_OP_SNAPSHOT, &snapshot->call, fail);
}

/* ---- uploads -------------------------------------------------------------------------------------- */

GV_POOL_STORAGE(order_uploads, struct gv_order_upload, GV_ORDER_UPLOADS_MAX);

void gv_order_uploads_init(void)
{
    GV_POOL_INIT(order_uploads);
}

void gv_order_uploads_deinit(void)
{
    gv_pool_deinit(&order_uploads);
}

struct gv_order_upload *gv_order_upload_acquire(void)
{
    return gv_pool_acquire(&order_uploads, 0);
}

void gv_order_upload_release(struct gv_order_upload *upload)
{
    gv_pool_release(&order_uploads, upload);
}

enum gv_err gv_order_upload_put(struct gv_order_upload *upload, struct gv_view description,
                                struct gv_fail *fail)
{
    if (description.n < 1 || description.n > GV_ORDER_TEXT_MAX || !gv_text_is_plain(description)) {
        return gv_fail(fail, GV_ERR_INVALID, "orders.description",
                       "a description has 1 to %u bytes of UTF-8 without control characters",
                       GV_ORDER_TEXT_MAX);
    }
    if (upload->count == GV_ORDER_UPLOAD_MAX ||
        description.n >= GV_ORDER_UPLOAD_BYTES - upload->len) {
        return gv_fail(fail, GV_ERR_TOO_LARGE, "orders.too_many",
                       "a request holds at most %u orders and %u bytes of text",
                       GV_ORDER_UPLOAD_MAX, GV_ORDER_UPLOAD_BYTES);
    }
    memcpy(upload->text + upload->len, description.p, description.n);
    upload->text[upload->len + description.n] = '\0';
    upload->len += (uint32_t)description.n + 1;
    upload->count++;
    return GV_OK;
}

/* ---- changes -------------------------------------------------------------------------------------- */

enum gv_err gv_engine_orders_add(struct gv_engine *engine, const struct gv_actor *actor,
                                 struct gv_order_upload *upload, uint64_t *first_id,
                                 struct gv_fail *fail)
{
    struct gv_command *command = NULL;
    enum gv_err err = acquire(engine, GV_ORDERS_OP_ADD, GV_COMMANDS_MARGIN, &command, fail);
    if (err != GV_OK) {
        gv_order_upload_release(upload);
        return err;
    }
    command->orders.actor = *actor;
    command->orders.add.upload = upload;
    err = gv_command_ask(engine, command, GV_ENGINE_WAIT_MS, fail);
    if (err == GV_OK) {
        *first_id = command->orders.add.first_id;
        gv_command_release(engine, command);
    }
    return err;
}

#define SECRET_LEN 32u
#define XONLY_LEN  32u

/* A public key of BIP340 stands for the point with even Y. */
static bool is_point(struct gv_view xonly)
{
    uint8_t compressed[1 + XONLY_LEN] = {0x02};
    struct gv_pubkey point;
    if (xonly.n != XONLY_LEN) {
        return false;
    }
    memcpy(compressed + 1, xonly.p, XONLY_LEN);
    return gv_pubkey_parse(&point, gv_view_of(compressed, sizeof(compressed)));
}

/* "gvs_" and 256 random bits in base64url. */
static void make_secret(struct gv_engine *engine, char text[GV_SOLVER_SECRET_TEXT],
                        struct gv_hash256 *hash)
{
    uint8_t random[SECRET_LEN];
    char secret[GV_BASE64_LEN(SECRET_LEN) + 1];
    gv_entropy_fill(engine->config.entropy, random, sizeof(random));
    (void)gv_base64url_encode(secret, gv_view_of(random, sizeof(random)));
    const bool fits = gv_format(text, GV_SOLVER_SECRET_TEXT, "gvs_%s", secret);
    GV_ASSERT(fits);
    gv_solver_secret_hash(hash, gv_view_str(text));
    gv_secure_zero(random, sizeof(random));
    gv_secure_zero(secret, sizeof(secret));
}

enum gv_err gv_engine_solver_register(struct gv_engine *engine, const struct gv_actor *actor,
                                      const struct gv_solver_id *id, struct gv_view pubkey,
                                      bool want_secret, char secret[GV_SOLVER_SECRET_TEXT],
                                      struct gv_fail *fail)
{
    struct gv_command *command = NULL;
    secret[0] = '\0';
    if ((pubkey.n != 0 && !is_point(pubkey)) || (pubkey.n == 0 && !want_secret)) {
        return gv_fail(fail, GV_ERR_INVALID, "orders.pubkey",
                       "a solver needs a secret or a BIP340 public key of 32 bytes");
    }
    enum gv_err err = acquire(engine, GV_ORDERS_OP_REGISTER, GV_COMMANDS_MARGIN, &command, fail);
    if (err != GV_OK) {
        return err;
    }
    command->orders.actor = *actor;
    command->orders.solver.id = *id;
    command->orders.solver.has_pubkey = pubkey.n != 0;
    if (pubkey.n != 0) {
        memcpy(command->orders.solver.pubkey, pubkey.p, sizeof(command->orders.solver.pubkey));
    }
    command->orders.solver.has_secret = want_secret;
    if (want_secret) {
        make_secret(engine, secret, &command->orders.solver.secret_hash);
    }
    err = gv_command_tell(engine, command, fail);
    if (err != GV_OK) {
        gv_secure_zero(secret, GV_SOLVER_SECRET_TEXT);
    }
    return err;
}

enum gv_err gv_engine_solver_suspend(struct gv_engine *engine, const struct gv_actor *actor,
                                     const struct gv_solver_id *id, int64_t until_s,
                                     const struct gv_expect *expect, struct gv_fail *fail)
{
    struct gv_command *command = NULL;
    const enum gv_err err =
        acquire(engine, GV_ORDERS_OP_SUSPEND, GV_COMMANDS_MARGIN, &command, fail);
    if (err != GV_OK) {
        return err;
    }
    command->orders.actor = *actor;
    command->orders.solver.id = *id;
    command->orders.solver.until_s = until_s;
    command->orders.expect = gv_expect_of(expect);
    return gv_command_tell(engine, command, fail);
}

static enum gv_err check_proof(const char *proof, struct gv_fail *fail)
{
    const size_t n = strnlen(proof, GV_ORDER_PROOF_MAX);
    bool good = n >= 1 && n < GV_ORDER_PROOF_MAX;
    for (size_t i = 0; good && i < n; i++) {
        good = proof[i] >= 0x20 && proof[i] <= 0x7e;
    }
    return good ? GV_OK
                : gv_fail_at(fail, GV_ERR_INVALID, "/proof", "orders.proof",
                             "what shows the deposit has 1 to %u printable characters",
                             GV_ORDER_PROOF_MAX - 1);
}

static enum gv_err deposit(struct gv_engine *engine, enum gv_orders_op op,
                           const struct gv_actor *actor, const struct gv_orders_command *asked,
                           const char *proof, struct gv_fail *fail)
{
    const int64_t amount = asked->deposit.amount;
    struct gv_command *command = NULL;
    const int64_t most = (int64_t)GV_ORDER_AMOUNT_MAX;
    enum gv_err err = check_proof(proof, fail);
    if (err == GV_OK && (amount == 0 || amount > most || amount < -most)) {
        err = gv_fail_at(fail, GV_ERR_INVALID, "/amount", "orders.amount",
                         "an amount is 1 to 2^53 - 1, or negative to take it out");
    }
    if (err == GV_OK) {
        err = acquire(engine, op, GV_COMMANDS_MARGIN, &command, fail);
    }
    if (err != GV_OK) {
        return err;
    }
    command->orders.actor = *actor;
    command->orders.deposit = asked->deposit;
    gv_format_cut(command->orders.deposit.proof, GV_ORDER_PROOF_MAX, "%s", proof);
    return gv_command_tell(engine, command, fail);
}

enum gv_err gv_engine_solver_deposit(struct gv_engine *engine, const struct gv_actor *actor,
                                     const struct gv_solver_id *id, int64_t amount,
                                     const char *proof, struct gv_fail *fail)
{
    const struct gv_orders_command asked = {.deposit = {.id = *id, .amount = amount}};
    return deposit(engine, GV_ORDERS_OP_DEPOSIT, actor, &asked, proof, fail);
}

enum gv_err gv_engine_order_deposit(struct gv_engine *engine, const struct gv_actor *actor,
                                    uint64_t order_id, uint64_t amount, const char *proof,
                                    struct gv_fail *fail)
{
    /* Beyond the limit is beyond it, also when it does not fit. */
    const int64_t checked = amount > GV_ORDER_AMOUNT_MAX ? INT64_MAX : (int64_t)amount;
    const struct gv_orders_command asked = {.deposit = {.order_id = order_id, .amount = checked}};
    return deposit(engine, GV_ORDERS_OP_ORDER_DEPOSIT, actor, &asked, proof, fail);
}

/* ---- reads ---------------------------------------------------------------------------------------- */

struct read {
    enum gv_orders_op op;
    uint64_t id;
    uint64_t from;
    uint32_t state;
    uint32_t rows_max;
    void *rows;
    size_t row_bytes;
};

/* Rows come through the engine's page, one reader after the other. */
static enum gv_err read_rows(struct gv_engine *engine, const struct read *read, uint32_t *count,
                             struct gv_fail *fail)
{
    struct gv_command *command = NULL;
    const uint32_t page = read->op == GV_ORDERS_OP_LOG ? GV_ORDER_LOG_PAGE : GV_ORDER_PAGE;
    enum gv_err err = acquire(engine, read->op, GV_COMMANDS_MARGIN, &command, fail);
    if (err != GV_OK) {
        return err;
    }
    command->orders.read.id = read->id;
    command->orders.read.from = read->from;
    command->orders.read.state = read->state;
    command->orders.read.rows_max = read->rows_max < page ? read->rows_max : page;
    command->orders.read.count = 1;
    pthread_mutex_lock(&engine->orders.reader);
    err = gv_command_ask(engine, command, GV_ENGINE_WAIT_MS, fail);
    if (err == GV_OK) {
        *count = command->orders.read.count;
        memcpy(read->rows, &engine->orders.page, *count * read->row_bytes);
    }
    pthread_mutex_unlock(&engine->orders.reader);
    if (err == GV_OK) {
        gv_command_release(engine, command);
    }
    return err;
}

enum gv_err gv_engine_orders_page(struct gv_engine *engine, uint32_t state, uint64_t before,
                                  uint32_t rows_max, struct gv_order_row *rows, uint32_t *count,
                                  struct gv_fail *fail)
{
    const struct read read = {.op = GV_ORDERS_OP_PAGE,
                              .state = state,
                              .from = before,
                              .rows_max = rows_max,
                              .rows = rows,
                              .row_bytes = sizeof(*rows)};
    return read_rows(engine, &read, count, fail);
}

enum gv_err gv_engine_order_get(struct gv_engine *engine, uint64_t id, struct gv_order_row *row,
                                struct gv_fail *fail)
{
    uint32_t count = 0;
    const struct read read = {
        .op = GV_ORDERS_OP_GET, .id = id, .rows_max = 1, .rows = row, .row_bytes = sizeof(*row)};
    return read_rows(engine, &read, &count, fail);
}

enum gv_err gv_engine_order_bids(struct gv_engine *engine, uint64_t id, uint64_t before,
                                 uint32_t rows_max, struct gv_order_bid_row *rows, uint32_t *count,
                                 struct gv_fail *fail)
{
    const struct read read = {.op = GV_ORDERS_OP_BIDS,
                              .id = id,
                              .from = before,
                              .rows_max = rows_max,
                              .rows = rows,
                              .row_bytes = sizeof(*rows)};
    return read_rows(engine, &read, count, fail);
}

enum gv_err gv_engine_order_commitments(struct gv_engine *engine, uint64_t id, uint32_t rows_max,
                                        struct gv_order_commitment_row *rows, uint32_t *count,
                                        struct gv_fail *fail)
{
    const struct read read = {.op = GV_ORDERS_OP_COMMITMENTS,
                              .id = id,
                              .rows_max = rows_max,
                              .rows = rows,
                              .row_bytes = sizeof(*rows)};
    return read_rows(engine, &read, count, fail);
}

enum gv_err gv_engine_order_claims(struct gv_engine *engine, uint64_t id, uint32_t rows_max,
                                   struct gv_order_claim_row *rows, uint32_t *count,
                                   struct gv_fail *fail)
{
    const struct read read = {.op = GV_ORDERS_OP_CLAIMS,
                              .id = id,
                              .rows_max = rows_max,
                              .rows = rows,
                              .row_bytes = sizeof(*rows)};
    return read_rows(engine, &read, count, fail);
}

enum gv_err gv_engine_orders_log(struct gv_engine *engine, uint64_t from, uint32_t rows_max,
                                 struct gv_order_event_row *rows, uint32_t *count,
                                 struct gv_fail *fail)
{
    const struct read read = {.op = GV_ORDERS_OP_LOG,
                              .from = from,
                              .rows_max = rows_max,
                              .rows = rows,
                              .row_bytes = sizeof(*rows)};
    return read_rows(engine, &read, count, fail);
}

static enum gv_err verify_step(struct gv_engine *engine, enum gv_orders_op op,
                               struct gv_orders_verify *verify, struct gv_fail *fail)
{
    struct gv_command *command = NULL;
    enum gv_err err = acquire(engine, op, GV_COMMANDS_MARGIN, &command, fail);
    if (err != GV_OK) {
        return err;
    }
    command->orders.verify = *verify;
    err = gv_command_ask(engine, command, GV_ENGINE_WAIT_MS, fail);
    if (err == GV_OK) {
        *verify = command->orders.verify;
        gv_command_release(engine, command);
    }
    return err;
}

enum gv_err gv_engine_orders_verify(struct gv_engine *engine, struct gv_orders_verified *verified,
                                    struct gv_fail *fail)
{
    static const enum gv_orders_op ops[] = {GV_ORDERS_OP_VERIFY_LOG, GV_ORDERS_OP_VERIFY_LEDGER};
    struct gv_orders_verify verify = {.done = false};
    enum gv_err err = GV_OK;
    /* One at a time: the balances are computed in the engine's memory. A step whose caller has given up is done
     * before the first of the next one, since the queue keeps its order. */
    if (pthread_mutex_trylock(&engine->orders.verifier) != 0) {
        return gv_fail(fail, GV_ERR_FULL, "engine.busy",
                       "the log is being verified already; try again when that is over");
    }
    for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]) && err == GV_OK; i++) {
        do {
            err = verify_step(engine, ops[i], &verify, fail);
        } while (err == GV_OK && !verify.done);
    }
    pthread_mutex_unlock(&engine->orders.verifier);
    *verified = (struct gv_orders_verified){
        .first = verify.first, .count = verify.count, .last = verify.last};
    return err;
}

void gv_engine_orders_status(struct gv_engine *engine, struct gv_orders_status *status)
{
    pthread_mutex_lock(&engine->view.lock);
    *status = engine->view.orders.status;
    pthread_mutex_unlock(&engine->view.lock);
}

void gv_engine_solver_registry(struct gv_engine *engine, struct gv_solver_registry *registry)
{
    pthread_mutex_lock(&engine->view.lock);
    if (registry->generation != engine->view.orders.registry.generation) {
        *registry = engine->view.orders.registry;
    }
    pthread_mutex_unlock(&engine->view.lock);
}

uint32_t gv_engine_solvers(struct gv_engine *engine,
                           struct gv_solver_status solvers[GV_SOLVERS_MAX])
{
    pthread_mutex_lock(&engine->view.lock);
    const uint32_t count = engine->view.orders.solver_count;
    memcpy(solvers, engine->view.orders.solvers, count * sizeof(solvers[0]));
    pthread_mutex_unlock(&engine->view.lock);
    return count;
}
