/* systemd notifications without libsystemd: datagrams to the socket named by the environment.
 *
 * Everything here does nothing when the process was not started by systemd.
 * Thread: open main at start-up; notify any. Source: sd_notify(3). */
#ifndef GV_HAL_LINUX_SYSTEMD_H
#define GV_HAL_LINUX_SYSTEMD_H

#include "firmware/base/err.h"

#include <stdint.h>

/** Read NOTIFY_SOCKET and WATCHDOG_USEC/WATCHDOG_PID once and open the socket.
 *  Returns: GV_OK (also without systemd); GV_ERR_INVALID (a socket name that cannot be used);
 *  GV_ERR_IO. */
GV_MUST_USE enum gv_err gv_systemd_open(struct gv_fail *fail);
void gv_systemd_close(void);

/** Tell that start-up is complete ("READY=1"); the watchdog has the period of the unit again. */
void gv_systemd_ready(void);
/** Tell that the process begins again as itself. Never "STOPPING=1": systemd would take it for a stop, which no later
 *  "READY=1" takes back and which ends in a kill. The watchdog waits GV_SYSTEMD_RESTART_MS from now on. */
void gv_systemd_restarting(void);
#define GV_SYSTEMD_RESTART_MS 120000u /* as TimeoutStartSec of the unit: what a start may take */
/** Tell that the stop has begun ("STOPPING=1"); the process must end. */
void gv_systemd_stopping(void);
/** Tell that we are alive ("WATCHDOG=1"). */
void gv_systemd_watchdog(void);
#endif
