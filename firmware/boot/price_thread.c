#include "firmware/boot/price_thread.h"

#include "firmware/base/assert.h"
#include "firmware/base/beat.h"
#include "firmware/base/log.h"
#include "firmware/base/text.h"
#include "firmware/base/wait.h"
#include "firmware/boot/thread.h"
#include "hal/linux/sqlite_storage.h"

#include <string.h>
#include <sys/resource.h>
#include <time.h>

/* A database that could not be used is tried again. */
#define REOPEN_MS 60000u
/* Behind the engine, the node thread and the workers. */
#define NICE 10

static struct {
    char path[GV_SQLITE_PATH_MAX];
    struct gv_sqlite sqlite;
    struct gv_storage storage;
    pthread_t thread;
    bool started;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool stop;
    bool woken;
} self = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* ---- the database ----------------------------------------------------------------------------------- */

static enum gv_err open_file(struct gv_fail *fail)
{
    enum gv_err err = gv_sqlite_open(&self.sqlite, self.path, NULL, fail);
    if (err != GV_OK) {
        return err;
    }
    err = gv_sqlite_check(&self.sqlite, fail);
    if (err == GV_OK) {
        err = gv_sqlite_make_soft(&self.sqlite, fail);
    }
    if (err == GV_OK) {
        self.storage = gv_sqlite_storage(&self.sqlite);
        err = gv_keeper_open(gv_keeper_instance(), &self.storage, fail);
    }
    if (err != GV_OK) {
        gv_sqlite_close(&self.sqlite);
    }
    return err;
}

static bool is_spoiled(enum gv_err err, const struct gv_fail *fail)
{
    return err == GV_ERR_INVALID || strcmp(fail->code, "storage.damaged") == 0;
}

/* It holds nothing that the node does not tell again, but for old days and history. */
static enum gv_err set_aside(struct gv_fail *fail)
{
    gv_log(GV_LOG_BROKEN, "prices", "database set aside as %s.bad: %s", self.path, fail->text);
    return gv_sqlite_set_aside(self.path, fail);
}

static bool open_database(void)
{
    struct gv_fail fail = {.err = GV_OK};
    enum gv_err err = open_file(&fail);
    if (err != GV_OK && is_spoiled(err, &fail)) {
        err = set_aside(&fail);
        if (err == GV_OK) {
            err = open_file(&fail);
        }
    }
    if (err != GV_OK) {
        gv_log(GV_LOG_UNUSUAL, "prices", "no database code=%s text=\"%s\"", fail.code, fail.text);
    }
    return err == GV_OK;
}

static void close_database(void)
{
    gv_keeper_close(gv_keeper_instance());
    gv_sqlite_close(&self.sqlite);
}

/* ---- the thread ------------------------------------------------------------------------------------- */

static bool stopping(void)
{
    pthread_mutex_lock(&self.lock);
    const bool stop = self.stop;
    pthread_mutex_unlock(&self.lock);
    return stop;
}

/* Until woken or stopped, at most wait_ms. */
static void wait(uint32_t wait_ms)
{
    const struct timespec until = gv_wait_until(wait_ms);
    pthread_mutex_lock(&self.lock);
    int rc = 0;
    while (!self.stop && !self.woken && rc == 0) {
        rc = pthread_cond_timedwait(&self.changed, &self.lock, &until);
    }
    self.woken = false;
    pthread_mutex_unlock(&self.lock);
}

/* Work until stopped, or until the database fails. */
static void work(void)
{
    while (!stopping()) {
        struct gv_fail fail = {.err = GV_OK};
        uint32_t wait_ms = 0;
        const enum gv_err err = gv_keeper_step(gv_keeper_instance(), &wait_ms, &fail);
        gv_beat();
        if (err != GV_OK) {
            close_database();
            gv_log(GV_LOG_UNUSUAL, "prices", "closed error=%s code=%s text=\"%s\"",
                   gv_err_slug(err), fail.code, fail.text);
            if (is_spoiled(err, &fail)) {
                (void)set_aside(&fail);
            }
            return;
        }
        if (wait_ms > 0) {
            wait(wait_ms);
        }
    }
    close_database();
}

/* Between two tries nothing but the database is asked for; the rounds go on for the watchdog. */
static void pause_before_reopening(void)
{
    for (uint32_t ms = 0; ms < REOPEN_MS && !stopping(); ms += GV_KEEPER_WAIT_MS) {
        wait(GV_KEEPER_WAIT_MS);
        gv_beat();
    }
}

static void *body(void *unused)
{
    (void)unused;
    /* On Linux the number 0 means this thread. A refusal leaves it as important as the others. */
    (void)setpriority(PRIO_PROCESS, 0, NICE);
    while (!stopping()) {
        if (open_database()) {
            work();
        } else {
            gv_keeper_publish_off(gv_keeper_instance());
        }
        pause_before_reopening();
    }
    return NULL;
}

/* The engine thread may wake us before this, and after the stop. */
static void set_started(bool started)
{
    pthread_mutex_lock(&self.lock);
    self.started = started;
    pthread_mutex_unlock(&self.lock);
}

enum gv_err gv_price_thread_start(const struct gv_keeper_config *config, const char *data_dir,
                                  struct gv_fail *fail)
{
    if (!gv_format(self.path, sizeof(self.path), "%s/price.db", data_dir)) {
        return gv_fail(fail, GV_ERR_INVALID, "boot.path", "general.data_dir is too long");
    }
    gv_wait_init(&self.changed);
    gv_keeper_init(gv_keeper_instance(), config);
    const enum gv_err err = gv_thread_start(&self.thread, "prices", body, NULL, fail);
    set_started(err == GV_OK);
    return err;
}

void gv_price_thread_stop(void)
{
    if (!self.started) {
        return;
    }
    pthread_mutex_lock(&self.lock);
    self.stop = true;
    pthread_cond_signal(&self.changed);
    pthread_mutex_unlock(&self.lock);
    GV_ASSERT(pthread_join(self.thread, NULL) == 0);
    set_started(false);
}

void gv_price_thread_wake(void)
{
    pthread_mutex_lock(&self.lock);
    self.woken = true;
    if (self.started) {
        pthread_cond_signal(&self.changed);
    }
    pthread_mutex_unlock(&self.lock);
}
