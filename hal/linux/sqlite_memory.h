/* SQLite's memory: one static arena, split into page slots and a general (memsys5) part.
 *
 * memsys5 rounds every block up to a power of two, so a cached page (4096 bytes and its header)
 * would take 8192: pages get slots of their exact size instead.
 * Thread: init main at start-up, before any other use of SQLite; stats any. */
#ifndef GV_HAL_LINUX_SQLITE_MEMORY_H
#define GV_HAL_LINUX_SQLITE_MEMORY_H

#include "firmware/base/heap.h"

#define GV_SQLITE_PAGE_BYTES 4096
/* Cached pages of all connections together: 1 MB of an average listing's rows. */
#define GV_SQLITE_PAGE_SLOTS 256

/** Configure and initialise SQLite. Once per process. */
void gv_sqlite_memory_init(void);

/** See gv_memory_sqlite. */
struct gv_heap_stats gv_sqlite_memory_stats(void);

#endif
