/* Entropy of the kernel: getrandom(), which waits at boot until the pool is seeded. Thread: any. */
#ifndef GV_HAL_LINUX_ENTROPY_H
#define GV_HAL_LINUX_ENTROPY_H

#include "hal/iface/entropy.h"

struct gv_entropy gv_linux_entropy(void);

#endif
