/* Clock of the system: CLOCK_MONOTONIC for deadlines, CLOCK_REALTIME for people. Thread: any. */
#ifndef GV_HAL_LINUX_CLOCK_H
#define GV_HAL_LINUX_CLOCK_H

#include "hal/iface/clock.h"

struct gv_clock gv_linux_clock(void);

#endif
