/* LED: the board's activity light as indicator, by blinking patterns of two seconds.
 *
 *   starting   flickers                 ready    two short flashes, as a heart beats
 *   node wait  one second on, one off   sale     long flashes for six seconds, then what was before
 *   broken     steady light
 * The pattern is played by us and not by a trigger of the kernel: a daemon that hangs has no heartbeat.
 * A board without a light, or one we may not write to, is normal: then each change is a log line only.
 * Thread: open and close main; show any; step the one that plays. */
#ifndef GV_HAL_LINUX_LED_H
#define GV_HAL_LINUX_LED_H

#include "hal/iface/indicator.h"

#include <stdatomic.h>
#include <stdbool.h>

#define GV_LED_STEP_MS 125u

/** Caller's storage. */
struct gv_led {
    int fd; /* brightness; -1: no light */
    unsigned step;
    bool lit;
    atomic_int state;      /* enum gv_indication that lasts */
    atomic_int sale_steps; /* of the sale's pattern that remain */
};

/** Find the light and take it from the kernel's triggers.
 *  Returns: true when there is one that we may write to.
 *  In: root: "" for this machine, or a folder with the same files (tests). */
bool gv_led_open(struct gv_led *led, const char *root);
/** Dark and closed; but GV_INDICATE_BROKEN stays lit when nobody plays it any more. */
void gv_led_close(struct gv_led *led);
/** Keeps `led`. */
struct gv_indicator gv_led_indicator(struct gv_led *led);
/** Play the next step; call every GV_LED_STEP_MS. */
void gv_led_step(struct gv_led *led);

/** Whether the light is on in a step of a pattern. In: step: any, it repeats. */
bool gv_led_lit(enum gv_indication what, unsigned step);

#endif
