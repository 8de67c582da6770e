#include "firmware/boot/outbox_threads.h"

#include "firmware/base/assert.h"
#include "firmware/base/beat.h"
#include "firmware/boot/thread.h"

#include <time.h>

/* How long a delivery may lie before its thread looks. */
#define LOOK_MS 200

static struct {
    struct gv_outbox lanes[GV_LANES];
    pthread_t threads[GV_LANES];
    unsigned running;
} self;

static void *run(void *ctx)
{
    struct gv_outbox *outbox = ctx;
    const struct timespec pause = {.tv_nsec = LOOK_MS * 1000000L};
    while (!atomic_load(&outbox->stop)) {
        gv_beat();
        if (!gv_outbox_step(outbox)) {
            (void)nanosleep(&pause, NULL);
        }
    }
    return NULL;
}

enum gv_err gv_outbox_threads_start(struct gv_engine *engine, struct gv_http *http,
                                    const struct gv_clock *clock,
                                    const atomic_bool *private_targets, struct gv_fail *fail)
{
    static const char *const names[GV_LANES] = {"outbox", "outbox_slow"};
    enum gv_err err = GV_OK;
    for (unsigned i = 0; i < GV_LANES && err == GV_OK; i++) {
        const struct gv_outbox_config config = {
            .engine = engine,
            .http = &http[i],
            .clock = clock,
            .lane = (enum gv_lane)i,
            .private_targets = private_targets,
        };
        gv_outbox_init(&self.lanes[i], &config);
        err = gv_thread_start(&self.threads[i], names[i], run, &self.lanes[i], fail);
        self.running += err == GV_OK;
    }
    return err;
}

void gv_outbox_threads_stop(void)
{
    for (unsigned i = 0; i < self.running; i++) {
        gv_outbox_stop(&self.lanes[i]);
    }
    for (unsigned i = 0; i < self.running; i++) {
        GV_ASSERT(pthread_join(self.threads[i], NULL) == 0);
    }
    self.running = 0;
}
