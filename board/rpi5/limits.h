/* Board "rpi5": Raspberry Pi 5, 2 GB and more. */
#ifndef GV_BOARD_RPI5_LIMITS_H
#define GV_BOARD_RPI5_LIMITS_H

#define GV_BOARD_NAME "rpi5"
#include "board/sizes/large.h"

#endif
