#include "hal/linux/led.h"

#include "firmware/base/log.h"
#include "firmware/base/text.h"
#include "hal/linux/files.h"

#include <fcntl.h>
#include <stdint.h>
#include <unistd.h>

#define STEPS      16u
#define SALE_STEPS 48

bool gv_led_lit(enum gv_indication what, unsigned step)
{
    uint32_t pattern = 0; /* the first step is the highest bit */
    switch (what) {
    case GV_INDICATE_STARTING:
        pattern = 0xaaaa;
        break;
    case GV_INDICATE_READY:
        pattern = 0xa000;
        break;
    case GV_INDICATE_NODE_WAIT:
        pattern = 0xff00;
        break;
    case GV_INDICATE_SALE:
        pattern = 0xeeee;
        break;
    case GV_INDICATE_BROKEN:
        pattern = 0xffff;
        break;
    }
    return (pattern >> (STEPS - 1u - step % STEPS) & 1u) != 0;
}

static const char *name_of(enum gv_indication what)
{
    switch (what) {
    case GV_INDICATE_STARTING:
        return "starting";
    case GV_INDICATE_READY:
        return "ready";
    case GV_INDICATE_NODE_WAIT:
        return "node_wait";
    case GV_INDICATE_SALE:
        return "sale";
    case GV_INDICATE_BROKEN:
        return "broken";
    }
    return "unknown";
}

static int open_attribute(const char *root, const char *light, const char *attribute)
{
    char path[GV_FILE_PATH_MAX];
    if (!gv_format(path, sizeof(path), "%s/sys/class/leds/%s/%s", root, light, attribute)) {
        return -1;
    }
    return open(path, O_WRONLY | O_CLOEXEC);
}

bool gv_led_open(struct gv_led *led, const char *root)
{
    /* The activity light of Raspberry Pis: by its name today, and before Linux 6. */
    static const char *const lights[] = {"ACT", "led0"};
    *led = (struct gv_led){.fd = -1};
    for (size_t i = 0; i < sizeof(lights) / sizeof(lights[0]) && led->fd < 0; i++) {
        const int trigger = open_attribute(root, lights[i], "trigger");
        if (trigger < 0) {
            continue;
        }
        if (write(trigger, "none", 4) == 4) {
            led->fd = open_attribute(root, lights[i], "brightness");
        }
        (void)close(trigger);
    }
    return led->fd >= 0;
}

/* A light that is lost is no reason to stop, so what write says is not looked at. */
static void set(struct gv_led *led, bool lit)
{
    led->lit = lit;
    const ssize_t written = pwrite(led->fd, lit ? "1" : "0", 1, 0);
    (void)written;
}

void gv_led_close(struct gv_led *led)
{
    if (led->fd >= 0) {
        set(led, atomic_load(&led->state) == GV_INDICATE_BROKEN);
        (void)close(led->fd);
        led->fd = -1;
    }
}

static void op_show(void *ctx, enum gv_indication what)
{
    struct gv_led *led = ctx;
    if (what == GV_INDICATE_SALE) {
        atomic_store(&led->sale_steps, SALE_STEPS);
        gv_log(GV_LOG_INFO, "indicator", "shows=%s", name_of(what));
    } else if (atomic_exchange(&led->state, (int)what) != (int)what) {
        gv_log(GV_LOG_INFO, "indicator", "shows=%s", name_of(what));
    }
}

struct gv_indicator gv_led_indicator(struct gv_led *led)
{
    static const struct gv_indicator_ops led_ops = {.show = op_show};
    return (struct gv_indicator){.ops = &led_ops, .ctx = led};
}

void gv_led_step(struct gv_led *led)
{
    enum gv_indication what = (enum gv_indication)atomic_load(&led->state);
    if (atomic_load(&led->sale_steps) > 0) {
        (void)atomic_fetch_sub(&led->sale_steps, 1);
        what = GV_INDICATE_SALE;
    }
    const bool lit = gv_led_lit(what, led->step++);
    if (led->fd >= 0 && lit != led->lit) {
        set(led, lit);
    }
}
