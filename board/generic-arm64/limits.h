/* Board "generic-arm64": any 64-bit ARM box; the one build that fits all boards of the SD image. */
#ifndef GV_BOARD_GENERIC_ARM64_LIMITS_H
#define GV_BOARD_GENERIC_ARM64_LIMITS_H

#define GV_BOARD_NAME "generic-arm64"
#include "board/sizes/medium.h"

#endif
