#include "hal/linux/button.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/input.h>
#include <unistd.h>

#define EVENTS_PER_LOOK 32u

bool gv_button_open(struct gv_button *button, const char *path)
{
    *button = (struct gv_button){.fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)};
    return button->fd >= 0;
}

void gv_button_close(struct gv_button *button)
{
    if (button->fd >= 0) {
        (void)close(button->fd);
        button->fd = -1;
    }
}

bool gv_button_held_long(struct gv_button *button, struct gv_mono now)
{
    struct input_event event;
    if (button->fd < 0) {
        return false;
    }
    for (unsigned i = 0; i < EVENTS_PER_LOOK; i++) {
        const ssize_t n = read(button->fd, &event, sizeof(event));
        if (n != (ssize_t)sizeof(event)) {
            if (n < 0 && errno == ENODEV) {
                gv_button_close(button); /* it was unplugged */
                return false;
            }
            break;
        }
        if (event.type != EV_KEY || event.code != KEY_RESTART) {
            continue;
        }
        if (event.value == 0) {
            button->down = false;
        } else if (!button->down) { /* 1: pressed; 2: the kernel repeats it */
            button->down = true;
            button->told = false;
            button->down_at = now;
        }
    }
    if (!button->down || button->told || now.ms - button->down_at.ms < GV_BUTTON_LONG_MS) {
        return false;
    }
    button->told = true;
    return true;
}
