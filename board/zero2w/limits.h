/* Board "zero2w": Raspberry Pi Zero 2 W, 512 MB; its node is on another machine. */
#ifndef GV_BOARD_ZERO2W_LIMITS_H
#define GV_BOARD_ZERO2W_LIMITS_H

#define GV_BOARD_NAME "zero2w"
#include "board/sizes/small.h"

#endif
