/* Memory statistics of the process. Thread: any. */
#ifndef GV_HAL_LINUX_MEMORY_STATS_H
#define GV_HAL_LINUX_MEMORY_STATS_H

#include <stdint.h>

/** Resident set size in bytes; 0 when /proc is not there. Source: proc(5), statm. */
uint64_t gv_resident_bytes(void);

#endif
