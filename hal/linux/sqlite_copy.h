/* Copies of databases, beside the connection that works with them.
 *
 * A copy is taken from one snapshot: a reader's transaction is held open on a connection of its own, so
 * writers go on meanwhile and what they write is not in it. It goes in small steps; only the
 * write-ahead log grows until it is done. None of these files is synced: who keeps one does that.
 * Thread: any, one database at a time. gv_memory_init must have run. */
#ifndef GV_HAL_LINUX_SQLITE_COPY_H
#define GV_HAL_LINUX_SQLITE_COPY_H

#include "firmware/base/bytes.h"

/** Called between steps. Returns: false to stop. */
typedef bool gv_sqlite_progress(void *ctx, uint32_t pages_done, uint32_t pages_all);

/** Copy a database that others write to into a new file (an old one is replaced), mode 0600.
 *  Returns: GV_OK; GV_ERR_STORAGE "storage.copy" (also disk full); GV_ERR_CLOSED (stopped); GV_ERR_IO. */
GV_MUST_USE enum gv_err gv_sqlite_copy(const char *from, const char *to,
                                       gv_sqlite_progress *progress, void *ctx,
                                       struct gv_fail *fail);

/** Delete all rows of some tables of a copy and overwrite what they held. A table that does not exist is
 *  passed over. In: tables: NULL-terminated, referring ones first.
 *  Returns: GV_OK; GV_ERR_STORAGE: the copy is of no use any more, remove it. */
GV_MUST_USE enum gv_err gv_sqlite_empty_tables(const char *path, const char *const *tables,
                                               struct gv_fail *fail);

/** Replace the rows of some tables by those of another database, in one transaction; both files are whole and without
 *  a log beside them afterwards. Of a row that a newer release has given more columns, those that both know are taken.
 *  In: tables: NULL-terminated, referring ones first; one that `from` lacks is left empty. */
GV_MUST_USE enum gv_err gv_sqlite_take_tables(const char *path, const char *from,
                                              const char *const *tables, struct gv_fail *fail);

/** Are tables, indices, views and triggers of two databases the same to the letter? In a file that somebody
 *  else made a trigger can wait for our rows, and columns can stand in another order.
 *  Returns: GV_OK; GV_ERR_INVALID "storage.schema"; GV_ERR_STORAGE "storage.copy". */
GV_MUST_USE enum gv_err gv_sqlite_same_schema(const char *path, const char *other,
                                              struct gv_fail *fail);

#endif
