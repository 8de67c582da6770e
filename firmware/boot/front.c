#include "firmware/boot/front.h"

#include "firmware/base/assert.h"
#include "firmware/base/beat.h"
#include "firmware/base/log.h"
#include "firmware/boot/thread.h"
#include "hal/linux/button.h"
#include "hal/linux/clock.h"
#include "hal/linux/led.h"

#include <stdatomic.h>
#include <time.h>

#define STEPS_PER_LOOK 8u /* at the button */

static struct {
    const char *data_dir;
    void (*restart)(void *ctx);
    struct gv_led led;
    struct gv_button button;
    pthread_t thread;
    bool running;
    atomic_bool stop;
} self = {.led = {.fd = -1}, .button = {.fd = -1}};

static void look_at_button(struct gv_mono now)
{
    struct gv_fail fail = {0};
    if (!gv_button_held_long(&self.button, now)) {
        return;
    }
    if (gv_factory_reset_ask(self.data_dir, &fail) != GV_OK) {
        gv_log(GV_LOG_BROKEN, "front", "factory reset refused: %s", fail.text);
        return;
    }
    gv_log(GV_LOG_UNUSUAL, "front", "factory reset asked for by the button");
    self.restart(NULL);
}

static void *play(void *ctx)
{
    const struct gv_clock clock = gv_linux_clock();
    const struct timespec pause = {.tv_nsec = GV_LED_STEP_MS * 1000000L};
    (void)ctx;
    for (unsigned step = 0; !atomic_load(&self.stop); step++) {
        gv_beat();
        gv_led_step(&self.led);
        if (step % STEPS_PER_LOOK == 0) {
            look_at_button(gv_clock_mono(&clock));
        }
        (void)nanosleep(&pause, NULL);
    }
    return NULL;
}

enum gv_err gv_front_start(struct gv_indicator *indicator, const char *data_dir,
                           void (*restart)(void *ctx), struct gv_fail *fail)
{
    const bool has_light = gv_led_open(&self.led, "");
    const bool has_button = gv_button_open(&self.button, GV_BUTTON_PATH);
    self.data_dir = data_dir;
    self.restart = restart;
    *indicator = gv_led_indicator(&self.led);
    gv_log(GV_LOG_INFO, "front", "light=%d button=%d", has_light, has_button);
    if (!has_light && !has_button) {
        return GV_OK;
    }
    const enum gv_err err = gv_thread_start(&self.thread, "front", play, NULL, fail);
    self.running = err == GV_OK;
    return err;
}

void gv_front_stop(void)
{
    if (self.running) {
        atomic_store(&self.stop, true);
        GV_ASSERT(pthread_join(self.thread, NULL) == 0);
        self.running = false;
    }
    gv_led_close(&self.led);
    gv_button_close(&self.button);
}

void gv_front_stop_broken(void)
{
    const struct gv_indicator indicator = gv_led_indicator(&self.led);
    gv_indicator_show(&indicator, GV_INDICATE_BROKEN);
    gv_front_stop();
}

enum gv_indication gv_front_says(bool alive, uint64_t commits_failed, bool live)
{
    if (!alive || commits_failed > 0) {
        return GV_INDICATE_BROKEN;
    }
    return live ? GV_INDICATE_READY : GV_INDICATE_NODE_WAIT;
}
