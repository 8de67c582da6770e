/* Board "host": the product on a desk or a PC beside the node. */
#ifndef GV_BOARD_HOST_LIMITS_H
#define GV_BOARD_HOST_LIMITS_H

#define GV_BOARD_NAME "host"
#include "board/sizes/large.h"

#endif
