/* Indicator of a board without a light: each change is one log line. Thread: any. */
#ifndef GV_HAL_LINUX_INDICATOR_NONE_H
#define GV_HAL_LINUX_INDICATOR_NONE_H

#include "hal/iface/indicator.h"

#include <stdatomic.h>

/** Caller's storage; zero it before use. */
struct gv_indicator_none {
    atomic_int shown; /* enum gv_indication + 1; 0: nothing yet */
};

/** Keeps `none`. */
struct gv_indicator gv_indicator_none(struct gv_indicator_none *none);

#endif
