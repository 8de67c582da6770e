#include "firmware/boot/update_gate.h"

#include "firmware/boot/backup_thread.h"
#include "firmware/boot/machine.h"
#include "firmware/boot/parts.h"
#include "web/api/readiness.h"

/* States of an open order in gv_orders_status.open: those with a deadline of seconds. */
#define IN_AUCTION 1u
#define COMMITTED  2u

enum gv_err gv_update_gate_restart(struct gv_fail *fail)
{
    struct gv_backup_status backup;
    struct gv_orders_status orders;
    gv_backup_thread_ops.status(&backup);
    if (backup.job.phase == GV_BACKUP_RUNNING) {
        return gv_fail(fail, GV_ERR_STATE, "update.backup",
                       "a backup or restore is under way: wait for its end");
    }
    gv_engine_orders_status(gv_engine_instance(), &orders);
    if (orders.on && orders.open[IN_AUCTION] + orders.open[COMMITTED] > 0) {
        return gv_fail(fail, GV_ERR_STATE, "update.live",
                       "an auction is under way: wait for its end");
    }
    return GV_OK;
}

enum gv_err gv_update_gate_install(struct gv_fail *fail)
{
    enum gv_verdict verdicts[GV_READY_PARTS];
    struct gv_market_head head;
    struct gv_engine_stats engine;
    struct gv_api_machine machine;
    const enum gv_err err = gv_update_gate_restart(fail);
    if (err != GV_OK) {
        return err;
    }
    gv_market_head(&gv_boot.market, &head);
    gv_engine_stats(gv_engine_instance(), &engine);
    gv_machine_read(NULL, &machine);
    if (gv_readiness(verdicts, &head, &engine, &machine, gv_clock_utc(&gv_boot.clock)) != GV_FAIL) {
        return GV_OK;
    }
    for (unsigned i = 0; i < GV_READY_PARTS; i++) {
        if (verdicts[i] == GV_FAIL) {
            return gv_fail(fail, GV_ERR_STATE, "update.not_ready",
                           "the box is not ready (%s), so a new release could not prove itself",
                           gv_ready_name((enum gv_ready)i));
        }
    }
    return GV_OK;
}
