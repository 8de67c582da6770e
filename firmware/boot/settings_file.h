/* Settings file: DATA/settings.conf, what the owner stored through the box, and its last good copy.
 *
 *   settings.conf          written whole by every change; read at the next start
 *   settings.conf.good     copy of the one that a start last succeeded with
 *   settings.conf.refused  one that a start failed with, set aside; the good copy takes its place
 * So a box that was given an address nobody can reach comes back with the settings it had before.
 * Thread: main; gv_settings_file_write any, one at a time. */
#ifndef GV_FIRMWARE_BOOT_SETTINGS_FILE_H
#define GV_FIRMWARE_BOOT_SETTINGS_FILE_H

#include "app/config/config.h"

/** Read the file, or its good copy, into `config`.
 *  Returns: GV_OK (also when there is none); GV_ERR_INVALID with line and reason; GV_ERR_IO;
 *  GV_ERR_NOT_FOUND for a copy that does not exist. */
GV_MUST_USE enum gv_err gv_settings_file_read(struct gv_config *config, const char *data_dir,
                                              bool good_copy, struct gv_fail *fail);
/** Returns: GV_OK once durable; GV_ERR_IO; GV_ERR_INVALID (path too long). */
GV_MUST_USE enum gv_err gv_settings_file_write(const char *data_dir, struct gv_view text,
                                               struct gv_fail *fail);
/** The start succeeded with settings.conf. */
void gv_settings_file_confirm(const char *data_dir);
/** The start failed: when settings.conf was never good, set it aside. Returns: true when it was. */
bool gv_settings_file_refuse(const char *data_dir);

#endif
