/* Board "rpi4": Raspberry Pi 4, 2 GB and more. */
#ifndef GV_BOARD_RPI4_LIMITS_H
#define GV_BOARD_RPI4_LIMITS_H

#define GV_BOARD_NAME "rpi4"
#include "board/sizes/large.h"

#endif
