/* Storage on SQLite: one connection to one database file.
 *
 * WAL with synchronous=FULL: when commit returns GV_OK the transaction is on the disk. The file is
 * private to our user (0600). An engine error is logged with SQLite's own text, which names tables
 * and columns and never a bound value.
 * A connection may be made soft: its commits do not wait for the disk, a cut of the power can take back
 * the newest of them, never a part of one.
 * Thread: the one that opened it. */
#ifndef GV_HAL_LINUX_SQLITE_STORAGE_H
#define GV_HAL_LINUX_SQLITE_STORAGE_H

#include "hal/iface/storage.h"
#include "hal/linux/wear.h"

struct sqlite3;
struct sqlite3_stmt;

#define GV_SQLITE_PATH_MAX 256

/** Caller's storage, kept where it is while open; the members are private. */
struct gv_sqlite {
    struct sqlite3 *db;
    struct sqlite3_stmt *begin;
    struct sqlite3_stmt *commit;
    struct sqlite3_stmt *rollback;
    bool in_transaction;
    enum gv_wear wear; /* what its writes are counted as; GV_WEAR_DURABLE unless changed */
    int frames;        /* in the WAL, after the last commit */
    int frames_copied; /* of them, by the last checkpoint */
};

/** Open or create a database. gv_memory_init must have run.
 *  Returns: GV_OK; GV_ERR_INVALID (path too long); GV_ERR_IO (file cannot be created or is not
 *           ours); GV_ERR_STORAGE ("storage.damaged": no database, or a corrupt one; "storage.open":
 *           locked by another process, disk full).
 *  In:      vfs_name: a registered SQLite VFS, or NULL for the file system. */
GV_MUST_USE enum gv_err gv_sqlite_open(struct gv_sqlite *sqlite, const char *path,
                                       const char *vfs_name, struct gv_fail *fail);

/** For data that may be lost with the last minute: WAL with synchronous=NORMAL, a small page cache. */
GV_MUST_USE enum gv_err gv_sqlite_make_soft(struct gv_sqlite *sqlite, struct gv_fail *fail);

/** Read the whole file and judge its structure; takes as long as reading it does.
 *  Returns: GV_OK; GV_ERR_STORAGE ("storage.damaged"; "storage.check": it could not be read). */
GV_MUST_USE enum gv_err gv_sqlite_check(struct gv_sqlite *sqlite, struct gv_fail *fail);

/** Rename a database that is not open to path.bad, in place of an older one, and forget its log.
 *  Returns: GV_OK; GV_ERR_INVALID (path too long); GV_ERR_IO. */
GV_MUST_USE enum gv_err gv_sqlite_set_aside(const char *path, struct gv_fail *fail);

/** All statements must be finished. Rolls an open transaction back. A closed one is allowed. */
void gv_sqlite_close(struct gv_sqlite *sqlite);

/** The open connection behind the storage interface. Keeps `sqlite`. */
struct gv_storage gv_sqlite_storage(struct gv_sqlite *sqlite);

#endif
