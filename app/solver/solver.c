#include "app/solver/solver.h"

#include "firmware/base/assert.h"
#include "firmware/base/log.h"
#include "firmware/base/text.h"

#include <inttypes.h>
#include <string.h>

#define READY_MAX   64u
#define SHOT_MS     5000u /* for a bid or claim to be gone */
#define RETRY_MS    500u
#define FORGET_MS   5000u /* behind a deadline: nobody tells of it any more */
#define ORDER_TOKEN 0u
#define SHOT_TOKEN  1u

void gv_solver_init(struct gv_solver *solver, const struct gv_solver_config *config)
{
    memset(solver, 0, sizeof(*solver));
    solver->config = *config;
}

/* ---- bids and claims ------------------------------------------------------------------------------- */

static struct gv_shot *new_shot(struct gv_solver *solver, uint32_t target, uint64_t order_id,
                                uint32_t job, struct gv_mono now)
{
    struct gv_shot *shot = NULL;
    for (uint32_t i = 0; i < GV_SOLVER_SHOTS_MAX && shot == NULL; i++) {
        shot = solver->shots[i].used ? NULL : &solver->shots[i];
    }
    if (shot == NULL || gv_tcp_dial(&solver->config.tcp, target, &shot->net) != GV_OK) {
        return NULL;
    }
    const uint32_t token = SHOT_TOKEN + (uint32_t)(shot - solver->shots);
    if (gv_tcp_watch(&solver->config.tcp, &shot->net, token, GV_TCP_WRITE) != GV_OK) {
        gv_net_close(&shot->net);
        return NULL;
    }
    shot->used = true;
    shot->greeted = false;
    shot->since_ms = now.ms;
    shot->job = job;
    shot->order_id = order_id;
    shot->sent = 0;
    return shot;
}

/* "sig:" and a BIP340 signature in hexadecimal digits. */
static void sign(struct gv_solver *solver, char auth[GV_ORDER_AUTH_MAX],
                 const struct gv_hash256 *digest)
{
    uint8_t aux[32];
    uint8_t sig[64];
    char hex[2u * sizeof(sig) + 1u];
    gv_entropy_fill(&solver->config.entropy, aux, sizeof(aux));
    gv_schnorr_sign(sig, solver->config.signer, digest, aux);
    gv_hex_encode(hex, gv_view_of(sig, sizeof(sig)));
    const bool fits = gv_format(auth, GV_ORDER_AUTH_MAX, "sig:%s", hex);
    GV_ASSERT(fits);
}

static void send_bid(struct gv_solver *solver, uint64_t order_id, struct gv_mono now)
{
    struct gv_strategy_terms terms;
    gv_strategy_terms(solver->config.strategy, order_id, &terms);
    if (!terms.bids) {
        gv_log(GV_LOG_INFO, "solver", "pass order=%" PRIu64, order_id);
        return;
    }
    struct gv_shot *shot =
        new_shot(solver, solver->config.bid_target, order_id, GV_SOLVER_JOBS_MAX, now);
    if (shot == NULL) {
        solver->counts.unsent++;
        gv_log(GV_LOG_UNUSUAL, "solver", "bid not sent order=%" PRIu64, order_id);
        return;
    }
    struct gv_order_wire_bid bid = {
        .bid = {.order_id = order_id,
                .solver = solver->config.id,
                .max_input = terms.max_input,
                .rate = terms.rate,
                .valid_till_s = gv_clock_utc(solver->config.clock).s + (int64_t)terms.validity_s}};
    struct gv_json_out out;
    memcpy(bid.auth, solver->config.auth, sizeof(bid.auth));
    gv_order_rate_format(bid.rate_text, terms.rate);
    if (solver->config.signer != NULL) {
        struct gv_hash256 digest;
        gv_order_bid_digest(&digest, solver->config.domain, &bid);
        sign(solver, bid.auth, &digest);
    }
    gv_json_out_init(&out, shot->line, sizeof(shot->line));
    gv_order_write_bid(&out, &bid);
    GV_ASSERT(!out.full);
    shot->n = (uint32_t)out.n;
    solver->counts.bids++;
    gv_log(GV_LOG_INFO, "solver", "bid order=%" PRIu64 " max_input=%" PRIu64 " rate=%s", order_id,
           terms.max_input, bid.rate_text);
}

static void send_claim(struct gv_solver *solver, uint32_t index, struct gv_mono now)
{
    struct gv_job *job = &solver->jobs[index];
    struct gv_shot *shot = new_shot(solver, solver->config.claim_target, job->order_id, index, now);
    if (shot == NULL) {
        job->claim_at_ms = now.ms + RETRY_MS;
        return;
    }
    struct gv_order_wire_claim claim = {.order_id = job->order_id, .solver = solver->config.id};
    struct gv_json_out out;
    memcpy(claim.auth, solver->config.auth, sizeof(claim.auth));
    if (solver->config.signer != NULL) {
        struct gv_hash256 digest;
        gv_order_claim_digest(&digest, solver->config.domain, &claim);
        sign(solver, claim.auth, &digest);
    }
    gv_json_out_init(&out, shot->line, sizeof(shot->line));
    gv_order_write_claim(&out, &claim);
    GV_ASSERT(!out.full);
    shot->n = (uint32_t)out.n;
    job->state = GV_JOB_CLAIMED;
}

static void end_shot(struct gv_solver *solver, struct gv_shot *shot, bool failed,
                     struct gv_mono now)
{
    const bool is_claim = shot->job < GV_SOLVER_JOBS_MAX;
    gv_net_close(&shot->net);
    shot->used = false;
    if (failed && is_claim && shot->sent == 0) {
        struct gv_job *job = &solver->jobs[shot->job];
        job->state = GV_JOB_WORKS; /* nobody has heard of it */
        job->claim_at_ms = now.ms + RETRY_MS;
    } else if (failed) {
        solver->counts.unsent++;
        gv_log(GV_LOG_UNUSUAL, "solver", "%s not sent order=%" PRIu64, is_claim ? "claim" : "bid",
               shot->order_id);
    } else if (is_claim) {
        solver->counts.claims++;
        gv_log(GV_LOG_INFO, "solver", "claim order=%" PRIu64, shot->order_id);
    }
}

/* Go on with a handshake, which waits for what the other side says. Returns: whether bytes may flow. */
static bool greet_shot(struct gv_solver *solver, struct gv_shot *shot, struct gv_mono now)
{
    const struct gv_tcp *tcp = &solver->config.tcp;
    const uint32_t token = SHOT_TOKEN + (uint32_t)(shot - solver->shots);
    if (shot->greeted) {
        return true;
    }
    enum gv_err err = gv_tcp_greet(tcp, &shot->net);
    shot->greeted = err == GV_OK;
    if (err == GV_ERR_AGAIN) {
        err = gv_tcp_watch(tcp, &shot->net, token, GV_TCP_READ);
    } else if (err == GV_OK) {
        err = gv_tcp_watch(tcp, &shot->net, token, GV_TCP_WRITE);
    }
    if (err != GV_OK) {
        end_shot(solver, shot, true, now);
    }
    return shot->greeted && err == GV_OK;
}

/* Write, then close; no answer is expected. */
static void serve_shot(struct gv_solver *solver, struct gv_shot *shot, struct gv_mono now)
{
    if (!shot->used || !greet_shot(solver, shot, now)) {
        return;
    }
    while (shot->used) {
        size_t sent;
        const enum gv_err err = gv_net_send(
            &shot->net, gv_view_of(shot->line + shot->sent, shot->n - shot->sent), &sent);
        if (err == GV_ERR_AGAIN) {
            return;
        }
        if (err == GV_OK) {
            shot->sent += (uint32_t)sent;
        }
        if (err != GV_OK || shot->sent == shot->n) {
            end_shot(solver, shot, err != GV_OK, now);
        }
    }
}

/* ---- what is told ---------------------------------------------------------------------------------- */

static bool is_new(struct gv_solver *solver, const struct gv_order_wire_order *order)
{
    for (uint32_t i = 0; i < GV_SOLVER_SEEN_MAX; i++) {
        const struct gv_seen *seen = &solver->seen[i];
        if (seen->order_id == order->id && seen->created_s == order->created_s) {
            return false;
        }
    }
    solver->seen[solver->seen_next] =
        (struct gv_seen){.order_id = order->id, .created_s = order->created_s};
    solver->seen_next = (solver->seen_next + 1u) % GV_SOLVER_SEEN_MAX;
    return true;
}

static void on_batch(struct gv_solver *solver, const struct gv_order_line *line, struct gv_mono now)
{
    struct gv_json_iter it;
    for (gv_json_ref v = gv_json_first(&it, line->batch.orders); v != NULL; v = gv_json_next(&it)) {
        struct gv_order_wire_order order;
        struct gv_fail fail;
        if (gv_order_wire_order_read(&order, v, &fail) == GV_OK && is_new(solver, &order)) {
            solver->counts.orders++;
            send_bid(solver, order.id, now);
        }
    }
}

static struct gv_job *new_job(struct gv_solver *solver, uint64_t order_id, int64_t deadline_s)
{
    struct gv_job *job = NULL;
    for (uint32_t i = 0; i < GV_SOLVER_JOBS_MAX; i++) {
        struct gv_job *other = &solver->jobs[i];
        if (other->state == GV_JOB_FREE) {
            job = job == NULL ? other : job;
        } else if (other->order_id == order_id && other->deadline_s == deadline_s) {
            return NULL; /* known */
        }
    }
    return job;
}

static void on_commitment(struct gv_solver *solver, const struct gv_order_wire_commitment *told,
                          struct gv_mono now)
{
    const int64_t left_s = told->commitment.deadline_s - gv_clock_utc(solver->config.clock).s;
    struct gv_strategy_terms terms;
    if (!gv_solver_id_equal(&told->commitment.solver, &solver->config.id)) {
        return;
    }
    struct gv_job *job = new_job(solver, told->order_id, told->commitment.deadline_s);
    if (job == NULL) {
        return;
    }
    const uint32_t work_s = gv_strategy_work(solver->config.strategy, told->order_id, left_s);
    gv_strategy_terms(solver->config.strategy, told->order_id, &terms);
    const bool can = left_s >= 0 && terms.delivers && (int64_t)work_s <= left_s;
    *job = (struct gv_job){
        .state = can ? GV_JOB_WORKS : GV_JOB_CLAIMED,
        .order_id = told->order_id,
        .deadline_s = told->commitment.deadline_s,
        .claim_at_ms = now.ms + (uint64_t)work_s * 1000u,
        .forget_at_ms = now.ms + (left_s > 0 ? (uint64_t)left_s * 1000u : 0u) + FORGET_MS,
    };
    solver->counts.commitments++;
    gv_log(GV_LOG_INFO, "solver",
           "commitment order=%" PRIu64 " input=%" PRIu64 " output=%" PRIu64 " left_s=%" PRId64
           " work_s=%" PRIu32 "%s",
           told->order_id, told->commitment.input, told->commitment.output, left_s, work_s,
           can ? "" : " given_up");
}

static void on_line(struct gv_solver *solver, char *text, size_t n, struct gv_mono now)
{
    struct gv_order_line line;
    struct gv_arena arena;
    struct gv_fail fail;
    gv_arena_init(&arena, solver->arena, sizeof(solver->arena));
    if (gv_order_line_parse(&line, &arena, text, n, &fail) != GV_OK) {
        gv_log(GV_LOG_UNUSUAL, "solver", "line not understood code=%s", fail.code);
        return;
    }
    switch (line.kind) {
    case GV_ORDER_LINE_BATCH:
        on_batch(solver, &line, now);
        return;
    case GV_ORDER_LINE_COMMITMENT:
        on_commitment(solver, &line.commitment, now);
        return;
    case GV_ORDER_LINE_CLOSED:
        gv_log(GV_LOG_INFO, "solver", "closed order=%" PRIu64, line.closed);
        return;
    case GV_ORDER_LINE_BLANK:
    case GV_ORDER_LINE_BID:
    case GV_ORDER_LINE_CLAIM:
        return; /* nothing that a sequencer says */
    }
    GV_ASSERT(!"a kind of line without a meaning");
}

/* ---- the order connection -------------------------------------------------------------------------- */

static void dial(struct gv_solver *solver, struct gv_mono now)
{
    solver->n = 0;
    solver->skips = false;
    solver->greeted = false;
    solver->connected = false;
    solver->dial_at_ms = now.ms + GV_SOLVER_RECONNECT_MS;
    if (gv_tcp_dial(&solver->config.tcp, solver->config.order_target, &solver->net) != GV_OK) {
        return;
    }
    if (gv_tcp_watch(&solver->config.tcp, &solver->net, ORDER_TOKEN, GV_TCP_READ | GV_TCP_WRITE) !=
        GV_OK) {
        gv_net_close(&solver->net);
        return;
    }
    solver->dialled = true;
}

static void hang_up(struct gv_solver *solver, struct gv_mono now)
{
    gv_net_close(&solver->net);
    gv_log(GV_LOG_INFO, "solver", "%s retry_s=%u",
           solver->connected ? "disconnected" : "not connected", GV_SOLVER_RECONNECT_MS / 1000u);
    solver->dialled = false;
    solver->connected = false;
    solver->dial_at_ms = now.ms + GV_SOLVER_RECONNECT_MS;
}

/* The parser writes over the bytes behind a line: they are put back for the next one. */
static void take_lines(struct gv_solver *solver, struct gv_mono now)
{
    char *newline;
    while ((newline = memchr(solver->line, '\n', solver->n)) != NULL) {
        const size_t n = (size_t)(newline - solver->line);
        char behind[GV_JSON_PADDING];
        memcpy(behind, newline, sizeof(behind));
        if (!solver->skips) {
            on_line(solver, solver->line, n, now);
        }
        memcpy(newline, behind, sizeof(behind));
        solver->skips = false;
        solver->n -= (uint32_t)n + 1u;
        memmove(solver->line, newline + 1, solver->n);
    }
    if (solver->n == GV_ORDER_LINE_MAX) {
        gv_log(GV_LOG_UNUSUAL, "solver", "line over %u bytes passed over", GV_ORDER_LINE_MAX);
        solver->skips = true;
        solver->n = 0;
    }
}

static void read_lines(struct gv_solver *solver, struct gv_mono now)
{
    for (;;) {
        size_t got;
        const enum gv_err err = gv_net_recv(&solver->net, solver->line + solver->n,
                                            GV_ORDER_LINE_MAX - solver->n, &got);
        if (err == GV_ERR_AGAIN) {
            return;
        }
        if (err != GV_OK) {
            hang_up(solver, now);
            return;
        }
        solver->n += (uint32_t)got;
        take_lines(solver, now);
    }
}

static bool greet(struct gv_solver *solver, struct gv_mono now)
{
    if (solver->greeted) {
        return true;
    }
    enum gv_err err = gv_tcp_greet(&solver->config.tcp, &solver->net);
    solver->greeted = err == GV_OK;
    if (err == GV_ERR_AGAIN) {
        err = gv_tcp_watch(&solver->config.tcp, &solver->net, ORDER_TOKEN, GV_TCP_READ);
    }
    if (err != GV_OK) {
        gv_log(GV_LOG_UNUSUAL, "solver", "no connection, or its certificate is not the right one");
        hang_up(solver, now);
    }
    return solver->greeted;
}

static void on_ready(struct gv_solver *solver, const struct gv_tcp_ready *ready, struct gv_mono now)
{
    if (ready->token != ORDER_TOKEN) {
        GV_ASSERT(ready->token - SHOT_TOKEN < GV_SOLVER_SHOTS_MAX);
        serve_shot(solver, &solver->shots[ready->token - SHOT_TOKEN], now);
        return;
    }
    if (!solver->dialled || !greet(solver, now)) {
        return;
    }
    if ((ready->what & GV_TCP_READ) != 0) {
        read_lines(solver, now); /* finds out about a connection that failed, too */
    }
    if (solver->dialled && !solver->connected) {
        solver->connected = true;
        solver->counts.connects++;
        gv_log(GV_LOG_INFO, "solver", "connected");
        if (gv_tcp_watch(&solver->config.tcp, &solver->net, ORDER_TOKEN, GV_TCP_READ) != GV_OK) {
            hang_up(solver, now);
        }
    }
}

/* ---- the loop -------------------------------------------------------------------------------------- */

static void work(struct gv_solver *solver, struct gv_mono now)
{
    for (uint32_t i = 0; i < GV_SOLVER_JOBS_MAX; i++) {
        struct gv_job *job = &solver->jobs[i];
        if (job->state == GV_JOB_WORKS && now.ms >= job->claim_at_ms) {
            if (gv_clock_utc(solver->config.clock).s <= job->deadline_s) {
                send_claim(solver, i, now);
            } else {
                gv_log(GV_LOG_UNUSUAL, "solver", "too late order=%" PRIu64, job->order_id);
                job->state = GV_JOB_CLAIMED;
            }
        }
        if (job->state == GV_JOB_CLAIMED && now.ms >= job->forget_at_ms) {
            job->state = GV_JOB_FREE;
        }
    }
    for (uint32_t i = 0; i < GV_SOLVER_SHOTS_MAX; i++) {
        if (solver->shots[i].used && now.ms - solver->shots[i].since_ms >= SHOT_MS) {
            end_shot(solver, &solver->shots[i], true, now);
        }
    }
}

/* Until the next claim is due, at most. */
static uint32_t time_to_wait(const struct gv_solver *solver, uint32_t timeout_ms,
                             struct gv_mono now)
{
    for (uint32_t i = 0; i < GV_SOLVER_JOBS_MAX; i++) {
        const struct gv_job *job = &solver->jobs[i];
        if (job->state == GV_JOB_WORKS) {
            const uint64_t left_ms = job->claim_at_ms > now.ms ? job->claim_at_ms - now.ms : 0;
            timeout_ms = left_ms < timeout_ms ? (uint32_t)left_ms : timeout_ms;
        }
    }
    return timeout_ms;
}

void gv_solver_step(struct gv_solver *solver, uint32_t timeout_ms)
{
    struct gv_tcp_ready ready[READY_MAX];
    struct gv_mono now = gv_clock_mono(solver->config.clock);
    if (!solver->dialled && now.ms >= solver->dial_at_ms) {
        dial(solver, now);
    }
    const uint32_t n =
        gv_tcp_wait(&solver->config.tcp, ready, READY_MAX, time_to_wait(solver, timeout_ms, now));
    now = gv_clock_mono(solver->config.clock);
    for (uint32_t i = 0; i < n; i++) {
        on_ready(solver, &ready[i], now);
    }
    work(solver, now);
}

void gv_solver_close(struct gv_solver *solver)
{
    if (solver->dialled) {
        gv_net_close(&solver->net);
        solver->dialled = false;
    }
    for (uint32_t i = 0; i < GV_SOLVER_SHOTS_MAX; i++) {
        if (solver->shots[i].used) {
            gv_net_close(&solver->shots[i].net);
            solver->shots[i].used = false;
        }
    }
}
