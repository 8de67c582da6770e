/* Files: bounded reading, and writing of private files that are whole or absent after a crash.
 * Limits: a path has at most GV_FILE_PATH_MAX bytes with its end. Thread: any. */
#ifndef GV_HAL_LINUX_FILES_H
#define GV_HAL_LINUX_FILES_H

#include "firmware/base/bytes.h"
#include "hal/linux/wear.h"

#define GV_FILE_PATH_MAX 512
#define GV_FILE_NAME_MAX 64

/** Read a whole regular file.
 *  Returns: GV_OK; GV_ERR_NOT_FOUND; GV_ERR_TOO_LARGE (more than cap bytes); GV_ERR_INVALID (not a
 *           regular file); GV_ERR_IO.
 *  Out:     out: n bytes, no end mark is added. */
GV_MUST_USE enum gv_err gv_file_read(const char *path, void *out, size_t cap, size_t *n,
                                     struct gv_fail *fail);

/** Replace a file by `data` with mode 0600: written aside, synced, renamed, folder synced.
 *  Returns: GV_OK once durable; GV_ERR_INVALID (path too long); GV_ERR_IO (the old file, if any,
 *           is untouched). */
GV_MUST_USE enum gv_err gv_file_write_private(const char *path, struct gv_view data,
                                              struct gv_fail *fail);

/** Write all of it where the open file stands, and count it.
 *  Returns: false, with errno, when the disk refuses a byte. In: wear: the class it is counted in. */
GV_MUST_USE bool gv_file_put(int fd, struct gv_view data, enum gv_wear wear);

/** Create a folder with mode 0700 unless it is there; its parent must exist.
 *  Returns: GV_OK; GV_ERR_INVALID (something else has that name); GV_ERR_IO. */
GV_MUST_USE enum gv_err gv_dir_create(const char *path, struct gv_fail *fail);

/** Whether a folder lies on a disk of its own: not on the file system of "/", nor in memory. What is in
 *  the way of a mount that failed would look like an empty disk, and go with the next start.
 *  Returns: GV_OK; GV_ERR_UNAVAILABLE "file.no_mount"; GV_ERR_IO (no such folder). */
GV_MUST_USE enum gv_err gv_dir_check_mount(const char *path, struct gv_fail *fail);

/** Claim a folder for this process until it ends, however it ends.
 *  Returns: GV_OK; GV_ERR_CONFLICT "file.locked" (another process holds it); GV_ERR_IO. */
GV_MUST_USE enum gv_err gv_dir_lock(const char *path, struct gv_fail *fail);

/** Names in a folder that end with `suffix` and are shorter than GV_FILE_NAME_MAX, sorted by byte; the
 *  first `max` of them. A folder that is not there has none. Returns: GV_OK; GV_ERR_IO. */
GV_MUST_USE enum gv_err gv_dir_names(const char *path, const char *suffix,
                                     char (*names)[GV_FILE_NAME_MAX], size_t max, size_t *n,
                                     struct gv_fail *fail);

/** Make a name in a folder durable. In: path: of the file. Returns: GV_OK; GV_ERR_IO. */
GV_MUST_USE enum gv_err gv_file_sync_folder(const char *path, struct gv_fail *fail);

#endif
