#include "firmware/boot/thread.h"

#include "firmware/base/assert.h"
#include "firmware/base/beat.h"
#include "firmware/base/mem.h"

#include <signal.h>
#include <string.h>
#include <sys/prctl.h>

struct start {
    const char *name;
    void *(*body)(void *ctx);
    void *ctx;
};

/* One start at a time: main waits until the new thread has taken its copy. */
static struct {
    pthread_mutex_t lock;
    pthread_cond_t taken;
    struct start start;
    bool pending;
} handoff = {.lock = PTHREAD_MUTEX_INITIALIZER, .taken = PTHREAD_COND_INITIALIZER};

static void *enter(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&handoff.lock);
    const struct start start = handoff.start;
    handoff.pending = false;
    pthread_cond_signal(&handoff.taken);
    pthread_mutex_unlock(&handoff.lock);
    prctl(PR_SET_NAME, start.name);
    gv_beat_begin(start.name);
    return start.body(start.ctx);
}

enum gv_err gv_thread_start(pthread_t *thread, const char *name, void *(*body)(void *ctx),
                            void *ctx, struct gv_fail *fail)
{
    pthread_attr_t attributes;
    sigset_t all, before;
    GV_ASSERT(!gv_mem_sealed());
    GV_ASSERT(pthread_attr_init(&attributes) == 0);
    GV_ASSERT(pthread_attr_setstacksize(&attributes, GV_THREAD_STACK_BYTES) == 0);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before); /* inherited: signals are main's business */
    pthread_mutex_lock(&handoff.lock);
    handoff.start = (struct start){.name = name, .body = body, .ctx = ctx};
    handoff.pending = true;
    const int failed = pthread_create(thread, &attributes, enter, NULL);
    while (failed == 0 && handoff.pending) {
        pthread_cond_wait(&handoff.taken, &handoff.lock);
    }
    pthread_mutex_unlock(&handoff.lock);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    if (failed != 0) {
        return gv_fail(fail, GV_ERR_IO, "thread.start", "thread %s: errno %d", name, failed);
    }
    return GV_OK;
}
