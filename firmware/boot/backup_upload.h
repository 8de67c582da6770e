/* Upload of a backup file to the shelf: one at a time, whole or not at all. Only its head is judged here;
 * what it is worth, a trial restore tells.
 * Thread: any; put and end whoever began. */
#ifndef GV_FIRMWARE_BOOT_BACKUP_UPLOAD_H
#define GV_FIRMWARE_BOOT_BACKUP_UPLOAD_H

#include "app/backup/backup.h"

/** Keeps data_dir. Returns: GV_OK; GV_ERR_CONFLICT "backup.busy"; GV_ERR_IO. */
GV_MUST_USE enum gv_err gv_upload_begin(const char *data_dir, struct gv_fail *fail);
/** gv_body_take. Returns: GV_OK; GV_ERR_IO (disk full). */
GV_MUST_USE enum gv_err gv_upload_put(void *ctx, struct gv_view bytes, struct gv_fail *fail);
/** Returns: GV_OK with id; GV_ERR_INVALID (no backup of ours); GV_ERR_IO. */
GV_MUST_USE enum gv_err gv_upload_end(bool good, char id[GV_BACKUP_ID_MAX], struct gv_fail *fail);

#endif
