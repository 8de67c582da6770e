/* Journal: audit lines sent to systemd's journal in its own protocol, so that they carry a fixed MESSAGE_ID and can be
 * found among all others: journalctl MESSAGE_ID=5b1f4ad2c0e94f6fa3a8a3d1e60f7c42.
 *
 * Only when standard error leads to the journal anyway; elsewhere the line goes where all lines go.
 * Thread: open main at start-up; the writer any. Source: systemd.io/JOURNAL_NATIVE_PROTOCOL. */
#ifndef GV_HAL_LINUX_JOURNAL_H
#define GV_HAL_LINUX_JOURNAL_H

#include "firmware/base/err.h"

/** Never to be changed: people search for it. */
#define GV_JOURNAL_AUDIT_ID "5b1f4ad2c0e94f6fa3a8a3d1e60f7c42"

/** Take audit lines over (gv_log_set_audit_writer) when JOURNAL_STREAM says that standard error is the journal.
 *  In:      path: of the journal's socket; NULL: the system's.
 *  Returns: GV_OK (also without a journal); GV_ERR_IO: there should be one, and lines go to standard error. */
GV_MUST_USE enum gv_err gv_journal_open(const char *path, struct gv_fail *fail);
void gv_journal_close(void);

#endif
