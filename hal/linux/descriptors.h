/* File descriptors: the limit of the process is raised to what our own limits add up to (limits.h).
 * Debian's soft limit of 1,024 would be reached before a large board's clients have their seats. */
#ifndef GV_HAL_LINUX_DESCRIPTORS_H
#define GV_HAL_LINUX_DESCRIPTORS_H

#include "firmware/base/err.h"

/** Have at least so many. A higher limit stays as it is.
 *  Returns: GV_OK; GV_ERR_IO "descriptors" when the hard limit is lower.  Thread: main. */
GV_MUST_USE enum gv_err gv_descriptors_raise(unsigned wanted, struct gv_fail *fail);

#endif
