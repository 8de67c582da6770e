/* Button: one key of an input device, looked at for a long press.
 *
 * The kernel's gpio-keys driver makes an input device of a button on a pin; a rule of the package names it
 * /dev/input/gavel-button. No button is normal.
 * Thread: one. Source: kernel documentation of input events; KEY_RESTART of input-event-codes.h. */
#ifndef GV_HAL_LINUX_BUTTON_H
#define GV_HAL_LINUX_BUTTON_H

#include "firmware/base/time.h"

#include <stdbool.h>

#define GV_BUTTON_PATH "/dev/input/gavel-button"
/* Nobody leans on a button for ten seconds without meaning it. */
#define GV_BUTTON_LONG_MS 10000u

struct gv_button {
    int fd; /* -1: no button */
    bool down;
    bool told;
    struct gv_mono down_at;
};

/** Returns: true when there is a button. */
bool gv_button_open(struct gv_button *button, const char *path);
void gv_button_close(struct gv_button *button);
/** Take what happened since the last call; once a second is enough.
 *  Returns: true once for each press of at least GV_BUTTON_LONG_MS, still held. */
bool gv_button_held_long(struct gv_button *button, struct gv_mono now);

#endif
