/* Board "qemu": the SD image in emulation, with the numbers of the build that it carries. */
#ifndef GV_BOARD_QEMU_LIMITS_H
#define GV_BOARD_QEMU_LIMITS_H

#define GV_BOARD_NAME "qemu"
#include "board/sizes/medium.h"

#endif
