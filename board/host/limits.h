/* Board "host": the product on a desk or a PC beside the node. */
#ifndef GV_BOARD_HOST_LIMITS_H
#define GV_BOARD_HOST_LIMITS_H

#define GV_BOARD_NAME "host"
/* A PC has memory for two uploads at a time. */
#define GV_BUDGET_BYTES    (128ull * 1024 * 1024)
#define GV_SUBMISSIONS_MAX 2u
#include "board/sizes/large.h"

#endif
