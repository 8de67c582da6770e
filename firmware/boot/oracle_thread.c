#include "firmware/boot/oracle_thread.h"

#include "firmware/base/assert.h"
#include "firmware/base/beat.h"
#include "firmware/boot/thread.h"

#include <stdatomic.h>

/* How long the thread sleeps at most: a stop is heard, and ages are told. */
#define WAIT_MAX_MS 250u
/* Items applied before the clock is looked at again: some 20 ms of a small board. */
#define BATCH_MAX 4096u

/* UTC in milliseconds from a clock that tells seconds: the fraction runs with the monotonic clock, the
 * seconds follow every step of UTC. One for each thread. */
struct stamp {
    bool set;
    int64_t ahead_ms; /* of UTC before the monotonic clock */
};

static struct {
    struct gv_oracle_service *service; /* NULL: off */
    const struct gv_clock *clock;
    struct gv_tap tap;
    struct stamp node_stamp;
    struct stamp own_stamp;
    pthread_t thread;
    atomic_bool stop;
} self;

static struct gv_oracle_now read_clock(struct stamp *stamp)
{
    struct gv_oracle_now now = {.mono = gv_clock_mono(self.clock)};
    const int64_t utc_s = gv_clock_utc(self.clock).s;
    const int64_t mono_ms = (int64_t)now.mono.ms;
    const int64_t off_s = (mono_ms + stamp->ahead_ms) / 1000 - utc_s;
    if (!stamp->set || off_s > 1 || off_s < -1) {
        stamp->ahead_ms = utc_s * 1000 - mono_ms;
        stamp->set = true;
    }
    now.utc_ms = mono_ms + stamp->ahead_ms;
    return now;
}

/* ---- the tap: node thread --------------------------------------------------------------------------- */

/* What a large transaction spends behind the inputs that its own item holds. */
static void push_spends(struct gv_oracle_item *item, const struct gv_tx *tx)
{
    struct gv_tx_inputs inputs = gv_tx_inputs(tx);
    item->kind = GV_ORACLE_ITEM_SPENDS;
    item->tx.value_count = 0;
    (void)gv_oracle_filter_inputs(&item->tx, &inputs); /* the first ones are known */
    while (gv_oracle_filter_inputs(&item->tx, &inputs)) {
        gv_oracle_service_push(self.service, item);
    }
}

static void push_tx(enum gv_oracle_item_kind kind, const struct gv_tx *tx, int64_t time_ms)
{
    const int64_t now_ms = read_clock(&self.node_stamp).utc_ms;
    struct gv_oracle_item item = {.kind = kind, .time_ms = time_ms < now_ms ? time_ms : now_ms};
    gv_oracle_filter(&item.tx, tx);
    gv_oracle_service_push(self.service, &item);
    if ((item.tx.broken & GV_ORACLE_RULE_INPUTS) != 0) {
        push_spends(&item, tx);
    }
}

static void on_announced(void *ctx, const struct gv_tx *tx)
{
    (void)ctx;
    push_tx(GV_ORACLE_ITEM_TX, tx, INT64_MAX);
}

static void on_mined(void *ctx, const struct gv_tx *tx, struct gv_utc block_time)
{
    (void)ctx;
    push_tx(GV_ORACLE_ITEM_MINED, tx, block_time.s * 1000);
}

static void on_waiting(void *ctx, const struct gv_tx *tx, struct gv_utc entered)
{
    (void)ctx;
    push_tx(GV_ORACLE_ITEM_TX, tx, entered.s * 1000);
}

static void on_removed(void *ctx, const struct gv_hash256 *txid)
{
    struct gv_oracle_item item = {.kind = GV_ORACLE_ITEM_REMOVED};
    (void)ctx;
    item.tx.txid = *txid;
    gv_oracle_service_push(self.service, &item);
}

static void push_value(enum gv_oracle_item_kind kind, uint32_t value)
{
    const struct gv_oracle_item item = {.kind = kind, .value = value};
    gv_oracle_service_push(self.service, &item);
}

static void on_in_step(void *ctx, bool in_step)
{
    (void)ctx;
    push_value(GV_ORACLE_ITEM_NODE, in_step ? 1 : 0);
}

static void on_filled(void *ctx, uint32_t permille)
{
    (void)ctx;
    push_value(GV_ORACLE_ITEM_FILL, permille);
}

const struct gv_tap *gv_oracle_thread_tap(void)
{
    return self.service != NULL ? &self.tap : NULL;
}

/* ---- the thread ---------------------------------------------------------------------------------------- */

static void *body(void *ctx)
{
    struct gv_oracle_service *service = ctx;
    while (!atomic_load(&self.stop)) {
        gv_beat();
        uint32_t wait_ms = gv_oracle_service_tick(service, read_clock(&self.own_stamp));
        wait_ms = wait_ms < WAIT_MAX_MS ? wait_ms : WAIT_MAX_MS;
        for (uint32_t i = 0; i < BATCH_MAX; i++) {
            if (!gv_oracle_service_take(service, i == 0 ? wait_ms : 0)) {
                break;
            }
        }
    }
    return NULL;
}

enum gv_err gv_oracle_thread_start(const struct gv_oracle_service_config *config,
                                   const struct gv_clock *clock, struct gv_fail *fail)
{
    struct gv_oracle_service *service = gv_oracle_service_instance();
    self.clock = clock;
    self.tap = (struct gv_tap){
        .announced = on_announced,
        .removed = on_removed,
        .mined = on_mined,
        .waiting = on_waiting,
        .in_step = on_in_step,
        .filled = on_filled,
        .fill_s = config->window_hours * 3600u,
    };
    atomic_store(&self.stop, false);
    gv_oracle_service_init(service, config, read_clock(&self.own_stamp));
    const enum gv_err err = gv_thread_start(&self.thread, "oracle", body, service, fail);
    if (err == GV_OK) {
        self.service = service;
    }
    return err;
}

void gv_oracle_thread_stop(void)
{
    if (self.service == NULL) {
        return;
    }
    atomic_store(&self.stop, true);
    gv_oracle_service_close(self.service);
    GV_ASSERT(pthread_join(self.thread, NULL) == 0);
    self.service = NULL;
}
