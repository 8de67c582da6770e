/* Board "rpi3": Raspberry Pi 3, 1 GB; its node is on another machine. Also what 32-bit packages are built for. */
#ifndef GV_BOARD_RPI3_LIMITS_H
#define GV_BOARD_RPI3_LIMITS_H

#define GV_BOARD_NAME "rpi3"
#include "board/sizes/medium.h"

#endif
