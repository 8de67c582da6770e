/* Control thread: serves gavelctl on <data_dir>/ctl.sock, one connection and one line at a time.
 *
 * Only root and the daemon's own user may ask; the kernel tells who the peer is. A peer has 2 s to
 * send its line. Thread: start and stop main. */
#ifndef GV_FIRMWARE_BOOT_CONTROL_THREAD_H
#define GV_FIRMWARE_BOOT_CONTROL_THREAD_H

#include "web/control/control.h"

/** Listen and start the thread. Keeps control.
 *  Returns: GV_OK; GV_ERR_CONFLICT (another daemon runs on this data); GV_ERR_INVALID; GV_ERR_IO. */
GV_MUST_USE enum gv_err gv_control_thread_start(const struct gv_control *control,
                                                const char *data_dir, struct gv_fail *fail);
void gv_control_thread_stop(void);

#endif
