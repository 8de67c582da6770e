#include "firmware/boot/issuer_thread.h"

#include "firmware/base/assert.h"
#include "firmware/base/beat.h"
#include "firmware/boot/thread.h"

#include <time.h>

/* How long a token with a new key may wait, beside the issuer's own time; also the wait of a stop. */
#define LOOK_MS 500

static struct {
    struct gv_issuer issuer;
    pthread_t thread;
    bool runs;
} self;

static void *run(void *ctx)
{
    const struct timespec pause = {.tv_nsec = LOOK_MS * 1000000L};
    (void)ctx;
    while (!atomic_load(&self.issuer.stop)) {
        gv_beat();
        if (!gv_issuer_step(&self.issuer)) {
            (void)nanosleep(&pause, NULL);
        }
    }
    return NULL;
}

enum gv_err gv_issuer_thread_start(const struct gv_issuer_config *config, struct gv_fail *fail)
{
    if (config->url[0] == '\0') {
        return GV_OK;
    }
    gv_issuer_init(&self.issuer, config);
    const enum gv_err err = gv_thread_start(&self.thread, "issuer", run, NULL, fail);
    self.runs = err == GV_OK;
    return err;
}

void gv_issuer_thread_stop(void)
{
    if (self.runs) {
        gv_issuer_stop(&self.issuer);
        GV_ASSERT(pthread_join(self.thread, NULL) == 0);
        self.runs = false;
    }
}
