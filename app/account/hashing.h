/* Hashing: how many passwords may be hashed at once. One count for the process, because its parts
 * share the machine's cores: two hashes leave the others free for bids. Thread: any. */
#ifndef GV_APP_ACCOUNT_HASHING_H
#define GV_APP_ACCOUNT_HASHING_H

#include "firmware/base/err.h"

#define GV_HASHES_MAX 2u
/* What a refused caller is told: a hash takes a second on the slowest board. */
#define GV_HASHING_RETRY_S "1"

/** Returns: true: hash, then call gv_hashing_end; false: GV_HASHES_MAX are at work. */
GV_MUST_USE bool gv_hashing_begin(void);
void gv_hashing_end(void);

#endif
