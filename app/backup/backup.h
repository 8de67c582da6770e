/* Backups as their owner sees them, and what can be done with them. The work is done by one thread of
 * firmware/boot, one job at a time; web and gavelctl come in by these operations.
 * Thread: any. */
#ifndef GV_APP_BACKUP_BACKUP_H
#define GV_APP_BACKUP_BACKUP_H

#include "app/account/actor.h"
#include "app/backup/archive.h"

#define GV_BACKUP_ID_MAX 24u /* "20261121-041500-1a2b" */
#define GV_BACKUPS_MAX   32u

struct gv_backup {
    char id[GV_BACKUP_ID_MAX];
    struct gv_utc created_at;
    uint64_t bytes;
    uint32_t schema;
    bool automatic;           /* made by night, as its head says: on this box or another */
    struct gv_utc checked_at; /* trial restore; s = 0: never */
    bool check_good;
};

enum gv_backup_work {
    GV_BACKUP_NOTHING,
    GV_BACKUP_CREATE,
    GV_BACKUP_VERIFY,
    GV_BACKUP_RESTORE,
};

enum gv_backup_phase {
    GV_BACKUP_IDLE,
    GV_BACKUP_RUNNING,
    GV_BACKUP_DONE,
    GV_BACKUP_FAILED,
};

/** The job that runs, or the last one. */
struct gv_backup_job {
    enum gv_backup_work work;
    enum gv_backup_phase phase;
    const char *step; /* "copy", "encrypt", "read", "check", "seal"; a static string */
    uint64_t done;    /* of the step: pages, bytes or rows */
    uint64_t all;     /* 0: not known */
    char id[GV_BACKUP_ID_MAX];
    struct gv_utc began_at;
    struct gv_utc ended_at;
    struct gv_fail fail; /* GV_BACKUP_FAILED */
};

struct gv_backup_request {
    enum gv_backup_work work;
    char id[GV_BACKUP_ID_MAX];                  /* of what is verified or restored */
    char passphrase[GV_ARCHIVE_PASSPHRASE_MAX]; /* "": the box's own key; a secret */
    bool with_settings;                         /* restore also the stored settings */
    bool replace;                               /* although there are listings here */
    struct gv_actor actor;                      /* for the audit log */
};

struct gv_backup_status {
    bool has_key; /* backups can be made without a passphrase, at night too */
    struct gv_backup_job job;
    struct gv_utc created_at;  /* newest one that is not from the future; s = 0: none */
    struct gv_utc verified_at; /* newest good trial restore, as well */
    bool restored;             /* this database came from a backup */
    struct gv_utc restored_at;
    char restored_id[GV_BACKUP_ID_MAX];
};

struct gv_backup_ops {
    void (*status)(struct gv_backup_status *status);
    /** Newest first. Returns: how many of GV_BACKUPS_MAX rows were filled. */
    uint32_t (*list)(struct gv_backup rows[GV_BACKUPS_MAX]);
    /** Begin a job. Returns: GV_OK; GV_ERR_CONFLICT "backup.busy"; GV_ERR_NOT_FOUND "backup.unknown";
     *  GV_ERR_INVALID "backup.passphrase_needed", "backup.passphrase_short"; GV_ERR_STATE
     *  "backup.not_empty". */
    enum gv_err (*start)(const struct gv_backup_request *request, struct gv_fail *fail);
    enum gv_err (*remove)(const char *id, struct gv_fail *fail);
    /** Bytes of a file from an offset; *n = 0 at its end. */
    enum gv_err (*read)(const char *id, uint64_t offset, void *out, size_t cap, size_t *n,
                        struct gv_fail *fail);
    /** Take a file in: begin, put in order, end. One at a time (GV_ERR_CONFLICT "backup.busy").
     *  End: good = false throws it away. Out: id of the new one. */
    enum gv_err (*upload_begin)(struct gv_fail *fail);
    enum gv_err (*upload_put)(void *ctx, struct gv_view bytes, struct gv_fail *fail);
    enum gv_err (*upload_end)(bool good, char id[GV_BACKUP_ID_MAX], struct gv_fail *fail);
};

#endif
