#include "hal/sim/fault_storage.h"

#include "firmware/base/assert.h"
#include "firmware/base/text.h"
#include "hal/sim/entropy.h"

#include <sqlite3.h>
#include <stdatomic.h>
#include <string.h>

#define SHM_REGION_BYTES 32768 /* WALINDEX_PGSZ of SQLite */
#define SHM_REGIONS      64

/* One open file. SQLite lends the memory (szOsFile). */
struct handle {
    sqlite3_file base; /* first: SQLite sees only this */
    struct gv_disk_file *file;
    int level; /* SQLITE_LOCK_* */
    unsigned shm_shared;
    unsigned shm_exclusive;
    bool shm_mapped;
    struct handle *next;
};

static struct handle *handles;
static struct gv_sim_random vfs_random;
static _Alignas(8) uint8_t shm[SHM_REGIONS][SHM_REGION_BYTES];
static int shm_regions_n;

static struct handle *handle_of(sqlite3_file *base)
{
    return (struct handle *)base;
}

/* ---- file methods --------------------------------------------------------------------------- */

static int vfs_close(sqlite3_file *base)
{
    struct handle *self = handle_of(base);
    struct handle **link = &handles;
    while (*link != self) {
        link = &(*link)->next;
    }
    *link = self->next;
    base->pMethods = NULL;
    return SQLITE_OK;
}

static int vfs_read(sqlite3_file *base, void *out, int n, sqlite3_int64 offset)
{
    size_t got = 0;
    if (gv_disk_read(handle_of(base)->file, out, (size_t)n, (uint64_t)offset, &got) != GV_OK) {
        return SQLITE_IOERR_READ;
    }
    return got == (size_t)n ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}

static int vfs_write(sqlite3_file *base, const void *p, int n, sqlite3_int64 offset)
{
    enum gv_err err =
        gv_disk_write(handle_of(base)->file, gv_view_of(p, (size_t)n), (uint64_t)offset);
    if (err == GV_ERR_FULL) {
        return SQLITE_FULL;
    }
    return err == GV_OK ? SQLITE_OK : SQLITE_IOERR_WRITE;
}

static int vfs_truncate(sqlite3_file *base, sqlite3_int64 bytes)
{
    return gv_disk_truncate(handle_of(base)->file, (uint64_t)bytes) == GV_OK
               ? SQLITE_OK
               : SQLITE_IOERR_TRUNCATE;
}

static int vfs_sync(sqlite3_file *base, int flags)
{
    (void)flags;
    return gv_disk_sync(handle_of(base)->file) == GV_OK ? SQLITE_OK : SQLITE_IOERR_FSYNC;
}

static int vfs_file_size(sqlite3_file *base, sqlite3_int64 *bytes)
{
    uint64_t size = 0;
    enum gv_err err = gv_disk_size(handle_of(base)->file, &size);
    *bytes = (sqlite3_int64)size;
    return err == GV_OK ? SQLITE_OK : SQLITE_IOERR_FSTAT;
}

/* The strongest lock that other connections hold on the same file. */
static int level_of_others(const struct handle *self)
{
    int level = SQLITE_LOCK_NONE;
    for (const struct handle *h = handles; h != NULL; h = h->next) {
        if (h != self && h->file == self->file && h->level > level) {
            level = h->level;
        }
    }
    return level;
}

/* Source: SQLite's file locking, "File Locking And Concurrency In SQLite Version 3". */
static int vfs_lock(sqlite3_file *base, int level)
{
    struct handle *self = handle_of(base);
    int others = level_of_others(self);
    if (self->level >= level) {
        return SQLITE_OK;
    }
    if (level == SQLITE_LOCK_SHARED && others >= SQLITE_LOCK_PENDING) {
        return SQLITE_BUSY;
    }
    if (level > SQLITE_LOCK_SHARED && others >= SQLITE_LOCK_RESERVED) {
        return SQLITE_BUSY;
    }
    if (level == SQLITE_LOCK_EXCLUSIVE && others >= SQLITE_LOCK_SHARED) {
        self->level = SQLITE_LOCK_PENDING;
        return SQLITE_BUSY;
    }
    self->level = level;
    return SQLITE_OK;
}

static int vfs_unlock(sqlite3_file *base, int level)
{
    handle_of(base)->level = level;
    return SQLITE_OK;
}

static int vfs_check_reserved(sqlite3_file *base, int *is_reserved)
{
    struct handle *self = handle_of(base);
    *is_reserved =
        self->level >= SQLITE_LOCK_RESERVED || level_of_others(self) >= SQLITE_LOCK_RESERVED;
    return SQLITE_OK;
}

static int vfs_file_control(sqlite3_file *base, int what, void *arg)
{
    (void)base;
    (void)what;
    (void)arg;
    return SQLITE_NOTFOUND;
}

static int vfs_sector_size(sqlite3_file *base)
{
    (void)base;
    return (int)GV_DISK_SECTOR;
}

static int vfs_characteristics(sqlite3_file *base)
{
    (void)base;
    return 0;
}

/* ---- shared memory of the WAL index --------------------------------------------------------- */

static int vfs_shm_map(sqlite3_file *base, int region, int bytes, int extend,
                       void volatile **mapped)
{
    GV_ASSERT(bytes == SHM_REGION_BYTES);
    *mapped = NULL;
    if (!gv_disk_has_power()) {
        return SQLITE_IOERR_SHMMAP;
    }
    handle_of(base)->shm_mapped = true;
    if (region >= shm_regions_n) {
        if (extend == 0) {
            return SQLITE_OK;
        }
        if (region >= SHM_REGIONS) {
            return SQLITE_FULL;
        }
        memset(shm[shm_regions_n], 0, (size_t)(region + 1 - shm_regions_n) * SHM_REGION_BYTES);
        shm_regions_n = region + 1;
    }
    *mapped = shm[region];
    return SQLITE_OK;
}

static int vfs_shm_lock(sqlite3_file *base, int first, int n, int flags)
{
    struct handle *self = handle_of(base);
    unsigned mask = ((1u << n) - 1u) << first;
    if ((flags & SQLITE_SHM_UNLOCK) != 0) {
        self->shm_shared &= ~mask;
        self->shm_exclusive &= ~mask;
        return SQLITE_OK;
    }
    bool exclusive = (flags & SQLITE_SHM_EXCLUSIVE) != 0;
    for (const struct handle *h = handles; h != NULL; h = h->next) {
        unsigned taken = h->shm_exclusive | (exclusive ? h->shm_shared : 0u);
        if (h != self && h->file == self->file && (taken & mask) != 0) {
            return SQLITE_BUSY;
        }
    }
    if (exclusive) {
        self->shm_exclusive |= mask;
    } else {
        self->shm_shared |= mask;
    }
    return SQLITE_OK;
}

static void vfs_shm_barrier(sqlite3_file *base)
{
    (void)base;
    atomic_thread_fence(memory_order_seq_cst);
}

/* The index is forgotten with its last user: the next one rebuilds it from the WAL. */
static int vfs_shm_unmap(sqlite3_file *base, int delete_it)
{
    struct handle *self = handle_of(base);
    (void)delete_it;
    self->shm_mapped = false;
    self->shm_shared = 0;
    self->shm_exclusive = 0;
    for (const struct handle *h = handles; h != NULL; h = h->next) {
        if (h->shm_mapped) {
            return SQLITE_OK;
        }
    }
    shm_regions_n = 0;
    return SQLITE_OK;
}

/* ---- the VFS -------------------------------------------------------------------------------- */

static int vfs_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *base, int flags,
                    int *out_flags)
{
    static const sqlite3_io_methods methods = {
        .iVersion = 2,
        .xClose = vfs_close,
        .xRead = vfs_read,
        .xWrite = vfs_write,
        .xTruncate = vfs_truncate,
        .xSync = vfs_sync,
        .xFileSize = vfs_file_size,
        .xLock = vfs_lock,
        .xUnlock = vfs_unlock,
        .xCheckReservedLock = vfs_check_reserved,
        .xFileControl = vfs_file_control,
        .xSectorSize = vfs_sector_size,
        .xDeviceCharacteristics = vfs_characteristics,
        .xShmMap = vfs_shm_map,
        .xShmLock = vfs_shm_lock,
        .xShmBarrier = vfs_shm_barrier,
        .xShmUnmap = vfs_shm_unmap,
    };
    struct handle *self = handle_of(base);
    (void)vfs;
    *self = (struct handle){.file = NULL};
    if (name == NULL) { /* a temporary file: our build keeps these in memory */
        return SQLITE_CANTOPEN;
    }
    self->file = gv_disk_open(name, (flags & SQLITE_OPEN_CREATE) != 0);
    if (self->file == NULL) {
        return SQLITE_CANTOPEN;
    }
    self->base.pMethods = &methods;
    self->next = handles;
    handles = self;
    if (out_flags != NULL) {
        *out_flags = flags;
    }
    return SQLITE_OK;
}

static int vfs_delete(sqlite3_vfs *vfs, const char *name, int sync_folder)
{
    (void)vfs;
    (void)sync_folder;
    enum gv_err err = gv_disk_delete(name);
    if (err == GV_ERR_NOT_FOUND) {
        return SQLITE_IOERR_DELETE_NOENT;
    }
    return err == GV_OK ? SQLITE_OK : SQLITE_IOERR_DELETE;
}

static int vfs_access(sqlite3_vfs *vfs, const char *name, int flags, int *answer)
{
    (void)vfs;
    (void)flags;
    *answer = gv_disk_exists(name) ? 1 : 0;
    return SQLITE_OK;
}

static int vfs_full_path(sqlite3_vfs *vfs, const char *name, int cap, char *out)
{
    (void)vfs;
    return gv_text_copy(out, (size_t)cap, name) ? SQLITE_OK : SQLITE_CANTOPEN;
}

static int vfs_randomness(sqlite3_vfs *vfs, int n, char *out)
{
    struct gv_entropy entropy = gv_sim_entropy(&vfs_random);
    (void)vfs;
    gv_entropy_fill(&entropy, out, (size_t)n);
    return n;
}

static int vfs_sleep(sqlite3_vfs *vfs, int us)
{
    (void)vfs;
    return us; /* simulated time: nobody waits */
}

static int vfs_current_time(sqlite3_vfs *vfs, sqlite3_int64 *julian_ms)
{
    (void)vfs;
    *julian_ms = 212667292800000; /* 2027-01-15: SQL of ours never asks for the time */
    return SQLITE_OK;
}

static sqlite3_vfs vfs_table = {
    .iVersion = 2,
    .szOsFile = sizeof(struct handle),
    .mxPathname = GV_DISK_NAME_MAX,
    .zName = GV_FAULT_VFS,
    .xOpen = vfs_open,
    .xDelete = vfs_delete,
    .xAccess = vfs_access,
    .xFullPathname = vfs_full_path,
    .xRandomness = vfs_randomness,
    .xSleep = vfs_sleep,
    .xCurrentTimeInt64 = vfs_current_time,
};

/* ---- control -------------------------------------------------------------------------------- */

void gv_fault_init(void)
{
    GV_ASSERT(handles == NULL);
    shm_regions_n = 0;
    vfs_random = gv_sim_random_of(1);
    gv_disk_format();
    GV_ASSERT(sqlite3_vfs_register(&vfs_table, 0) == SQLITE_OK); /* again is allowed */
}

void gv_fault_crash_at_sync(uint32_t k, enum gv_disk_moment moment)
{
    gv_disk_crash_at_sync(k, moment);
}

void gv_fault_refuse_write(uint32_t n)
{
    gv_disk_refuse_write(n);
}

bool gv_fault_crashed(void)
{
    return !gv_disk_has_power();
}

uint32_t gv_fault_writes(void)
{
    return gv_disk_writes();
}

void gv_fault_restart(uint64_t seed)
{
    GV_ASSERT(handles == NULL);
    shm_regions_n = 0;
    gv_disk_restart(seed);
}

/* One run with the power failing at the k-th sync. Returns whether it got that far. */
static bool crash_once(const struct gv_fault_run *run, uint32_t k, enum gv_disk_moment moment,
                       uint64_t seed)
{
    gv_fault_init();
    gv_fault_crash_at_sync(k, moment);
    run->work(run->ctx);
    bool crashed = gv_fault_crashed();
    gv_fault_restart(seed);
    run->check(run->ctx);
    return crashed;
}

uint32_t gv_fault_each_sync(const struct gv_fault_run *run, uint32_t seeds)
{
    GV_ASSERT(seeds > 0);
    for (uint32_t k = 1;; k++) {
        for (uint32_t seed = 0; seed < seeds; seed++) {
            if (!crash_once(run, k, GV_DISK_BEFORE_SYNC, (uint64_t)k << 32 | seed)) {
                return k - 1;
            }
            GV_ASSERT(crash_once(run, k, GV_DISK_AFTER_SYNC, (uint64_t)k << 32 | seed));
        }
    }
}

uint32_t gv_fault_each_write(const struct gv_fault_run *run)
{
    for (uint32_t n = 1;; n++) {
        gv_fault_init();
        gv_fault_refuse_write(n);
        run->work(run->ctx);
        bool reached = gv_fault_writes() >= n;
        gv_fault_restart(n);
        run->check(run->ctx);
        if (!reached) {
            return n - 1;
        }
    }
}
