#include "hal/sim/fault_disk.h"

#include "firmware/base/assert.h"
#include "firmware/base/text.h"
#include "hal/sim/entropy.h"

#include <pthread.h>
#include <string.h>

#define PAGE_BYTES     4096u
#define PAGE_SECTORS   (PAGE_BYTES / GV_DISK_SECTOR)
#define PAGES          (GV_DISK_BYTES / PAGE_BYTES)
#define FILE_PAGES_MAX 8192u
#define NO_PAGE        UINT16_MAX

_Static_assert(PAGES < NO_PAGE, "page numbers fit 16 bits");
_Static_assert(PAGE_SECTORS == 8, "one bit per sector in `dirty`");

/* A page of a file: what a reader sees now, what a power failure leaves, and which sectors were
 * written since the last sync. Both numbers are the same while nothing is dirty. */
struct page_ref {
    uint16_t now;
    uint16_t durable;
    uint8_t dirty;
};

struct gv_disk_file {
    char name[GV_DISK_NAME_MAX]; /* "" when the slot is free */
    uint64_t bytes;
    uint64_t durable_bytes;
    struct page_ref pages[FILE_PAGES_MAX];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static uint8_t memory[PAGES][PAGE_BYTES];
static uint16_t free_pages[PAGES];
static uint32_t free_pages_n;
static struct gv_disk_file files[GV_DISK_FILES_MAX];

static struct {
    bool has_power;
    uint32_t syncs;
    uint32_t writes;
    uint32_t crash_at; /* value of `syncs` at which the power fails; 0: never */
    enum gv_disk_moment crash_moment;
    uint32_t refuse_at; /* value of `writes` at which the disk is full; 0: never */
} disk;

/* ---- pages ---------------------------------------------------------------------------------- */

static void give_page(uint16_t page)
{
    if (page != NO_PAGE) {
        free_pages[free_pages_n++] = page;
    }
}

/* A page of its own with the same contents (zeros for none); NO_PAGE when the disk is full. */
static uint16_t take_copy(uint16_t of)
{
    if (free_pages_n == 0) {
        return NO_PAGE;
    }
    uint16_t page = free_pages[--free_pages_n];
    if (of == NO_PAGE) {
        memset(memory[page], 0, PAGE_BYTES);
    } else {
        memcpy(memory[page], memory[of], PAGE_BYTES);
    }
    return page;
}

/* Make the page differ from the durable one, so that it can be changed. */
static bool make_own(struct page_ref *ref)
{
    if (ref->now == NO_PAGE || ref->now == ref->durable) {
        uint16_t page = take_copy(ref->now);
        if (page == NO_PAGE) {
            return false;
        }
        ref->now = page;
    }
    return true;
}

static void drop_now(struct page_ref *ref)
{
    if (ref->now != ref->durable) {
        give_page(ref->now);
    }
    ref->now = NO_PAGE;
}

static void make_durable(struct page_ref *ref)
{
    if (ref->now != ref->durable) {
        give_page(ref->durable);
        ref->durable = ref->now;
    }
    ref->dirty = 0;
}

/* ---- files ---------------------------------------------------------------------------------- */

static struct gv_disk_file *find(const char *name)
{
    for (size_t i = 0; i < GV_DISK_FILES_MAX; i++) {
        if (files[i].name[0] != '\0' && strcmp(files[i].name, name) == 0) {
            return &files[i];
        }
    }
    return NULL;
}

static void clear(struct gv_disk_file *file)
{
    file->name[0] = '\0';
    file->bytes = 0;
    file->durable_bytes = 0;
    for (size_t i = 0; i < FILE_PAGES_MAX; i++) {
        file->pages[i] = (struct page_ref){.now = NO_PAGE, .durable = NO_PAGE, .dirty = 0};
    }
}

static struct gv_disk_file *create_file(const char *name)
{
    for (size_t i = 0; i < GV_DISK_FILES_MAX; i++) {
        if (files[i].name[0] == '\0') {
            return gv_text_copy(files[i].name, sizeof(files[i].name), name) ? &files[i] : NULL;
        }
    }
    return NULL;
}

void gv_disk_format(void)
{
    pthread_mutex_lock(&lock);
    free_pages_n = 0;
    for (uint32_t i = 0; i < PAGES; i++) {
        free_pages[free_pages_n++] = (uint16_t)(PAGES - 1 - i);
    }
    for (size_t i = 0; i < GV_DISK_FILES_MAX; i++) {
        clear(&files[i]);
    }
    memset(&disk, 0, sizeof(disk));
    disk.has_power = true;
    pthread_mutex_unlock(&lock);
}

struct gv_disk_file *gv_disk_open(const char *name, bool create)
{
    struct gv_disk_file *file = NULL;
    pthread_mutex_lock(&lock);
    if (disk.has_power) {
        file = find(name);
        if (file == NULL && create) {
            file = create_file(name);
        }
    }
    pthread_mutex_unlock(&lock);
    return file;
}

bool gv_disk_exists(const char *name)
{
    pthread_mutex_lock(&lock);
    bool is_there = find(name) != NULL;
    pthread_mutex_unlock(&lock);
    return is_there;
}

enum gv_err gv_disk_delete(const char *name)
{
    enum gv_err err = GV_ERR_IO;
    pthread_mutex_lock(&lock);
    if (disk.has_power) {
        struct gv_disk_file *file = find(name);
        err = file == NULL ? GV_ERR_NOT_FOUND : GV_OK;
        if (file != NULL) {
            for (size_t i = 0; i < FILE_PAGES_MAX; i++) {
                drop_now(&file->pages[i]);
                give_page(file->pages[i].durable);
            }
            clear(file);
        }
    }
    pthread_mutex_unlock(&lock);
    return err;
}

/* ---- reading and writing -------------------------------------------------------------------- */

/* The part of [offset, offset + n) that lies in one page. */
static size_t chunk_of(uint64_t offset, size_t n)
{
    size_t room = PAGE_BYTES - (size_t)(offset % PAGE_BYTES);
    return n < room ? n : room;
}

enum gv_err gv_disk_read(struct gv_disk_file *file, uint8_t *out, size_t n, uint64_t offset,
                         size_t *got)
{
    enum gv_err err = GV_ERR_IO;
    pthread_mutex_lock(&lock);
    *got = 0;
    memset(out, 0, n);
    if (disk.has_power) {
        err = GV_OK;
        uint64_t left = offset < file->bytes ? file->bytes - offset : 0;
        *got = left < n ? (size_t)left : n;
        for (size_t done = 0; done < *got;) {
            size_t chunk = chunk_of(offset + done, *got - done);
            uint16_t page = file->pages[(offset + done) / PAGE_BYTES].now;
            if (page != NO_PAGE) {
                memcpy(out + done, memory[page] + (offset + done) % PAGE_BYTES, chunk);
            }
            done += chunk;
        }
    }
    pthread_mutex_unlock(&lock);
    return err;
}

static bool write_chunk(struct page_ref *ref, size_t start, const uint8_t *p, size_t n)
{
    if (!make_own(ref)) {
        return false;
    }
    memcpy(memory[ref->now] + start, p, n);
    for (size_t sector = start / GV_DISK_SECTOR; sector <= (start + n - 1) / GV_DISK_SECTOR;
         sector++) {
        ref->dirty |= (uint8_t)(1u << sector);
    }
    return true;
}

enum gv_err gv_disk_write(struct gv_disk_file *file, struct gv_view data, uint64_t offset)
{
    enum gv_err err = GV_OK;
    pthread_mutex_lock(&lock);
    disk.writes++;
    if (!disk.has_power) {
        err = GV_ERR_IO;
    } else if (disk.writes == disk.refuse_at ||
               offset + data.n > (uint64_t)FILE_PAGES_MAX * PAGE_BYTES) {
        err = GV_ERR_FULL;
    }
    for (size_t done = 0; done < data.n && err == GV_OK;) {
        uint64_t at = offset + done;
        size_t chunk = chunk_of(at, data.n - done);
        if (!write_chunk(&file->pages[at / PAGE_BYTES], (size_t)(at % PAGE_BYTES), data.p + done,
                         chunk)) {
            err = GV_ERR_FULL;
            break;
        }
        done += chunk;
        file->bytes = file->bytes < at + chunk ? at + chunk : file->bytes;
    }
    pthread_mutex_unlock(&lock);
    return err;
}

/* Zero everything behind the end, so that growing again shows zeros. */
static bool cut(struct gv_disk_file *file, uint64_t bytes)
{
    size_t first = (size_t)(bytes / PAGE_BYTES);
    size_t rest = (size_t)(bytes % PAGE_BYTES);
    if (rest != 0 && file->pages[first].now != NO_PAGE) {
        static const uint8_t zeros[PAGE_BYTES];
        if (!write_chunk(&file->pages[first], rest, zeros, PAGE_BYTES - rest)) {
            return false;
        }
        first++;
    }
    for (size_t i = first; i < FILE_PAGES_MAX; i++) {
        if (file->pages[i].now != NO_PAGE) {
            drop_now(&file->pages[i]);
            file->pages[i].dirty = UINT8_MAX;
        }
    }
    file->bytes = bytes;
    return true;
}

enum gv_err gv_disk_truncate(struct gv_disk_file *file, uint64_t bytes)
{
    enum gv_err err = GV_ERR_IO;
    pthread_mutex_lock(&lock);
    if (disk.has_power) {
        err = GV_OK;
        if (bytes >= file->bytes) {
            file->bytes = bytes;
        } else if (!cut(file, bytes)) {
            err = GV_ERR_FULL;
        }
    }
    pthread_mutex_unlock(&lock);
    return err;
}

enum gv_err gv_disk_sync(struct gv_disk_file *file)
{
    pthread_mutex_lock(&lock);
    disk.syncs++;
    bool fails = disk.has_power && disk.syncs == disk.crash_at;
    if (disk.has_power && (!fails || disk.crash_moment == GV_DISK_AFTER_SYNC)) {
        for (size_t i = 0; i < FILE_PAGES_MAX; i++) {
            make_durable(&file->pages[i]);
        }
        file->durable_bytes = file->bytes;
    }
    disk.has_power = disk.has_power && !fails;
    enum gv_err err = disk.has_power ? GV_OK : GV_ERR_IO;
    pthread_mutex_unlock(&lock);
    return err;
}

enum gv_err gv_disk_size(struct gv_disk_file *file, uint64_t *bytes)
{
    pthread_mutex_lock(&lock);
    *bytes = file->bytes;
    enum gv_err err = disk.has_power ? GV_OK : GV_ERR_IO;
    pthread_mutex_unlock(&lock);
    return err;
}

/* ---- faults --------------------------------------------------------------------------------- */

void gv_disk_crash_at_sync(uint32_t k, enum gv_disk_moment moment)
{
    pthread_mutex_lock(&lock);
    disk.crash_at = k == 0 ? 0 : disk.syncs + k;
    disk.crash_moment = moment;
    pthread_mutex_unlock(&lock);
}

void gv_disk_refuse_write(uint32_t n)
{
    pthread_mutex_lock(&lock);
    disk.refuse_at = n == 0 ? 0 : disk.writes + n;
    pthread_mutex_unlock(&lock);
}

bool gv_disk_has_power(void)
{
    pthread_mutex_lock(&lock);
    bool has_power = disk.has_power;
    pthread_mutex_unlock(&lock);
    return has_power;
}

uint32_t gv_disk_writes(void)
{
    pthread_mutex_lock(&lock);
    uint32_t writes = disk.writes;
    pthread_mutex_unlock(&lock);
    return writes;
}

/* What the power failure left of one sector that was not synced. */
static void settle_sector(uint8_t *out, const uint8_t *old, struct gv_sim_random *random)
{
    static const uint8_t zeros[GV_DISK_SECTOR];
    switch (gv_sim_random_below(random, 3)) {
    case 0: /* written */
        break;
    case 1: /* not written */
        memcpy(out, old == NULL ? zeros : old, GV_DISK_SECTOR);
        break;
    default: {
        struct gv_entropy garbage = gv_sim_entropy(random);
        gv_entropy_fill(&garbage, out, GV_DISK_SECTOR);
        break;
    }
    }
}

static void settle_page(struct page_ref *ref, struct gv_sim_random *random)
{
    if (ref->dirty == 0) {
        return;
    }
    GV_ASSERT(make_own(ref)); /* a page of slack is always there: see GV_DISK_BYTES */
    for (size_t sector = 0; sector < PAGE_SECTORS; sector++) {
        if ((ref->dirty & (1u << sector)) != 0) {
            size_t at = sector * GV_DISK_SECTOR;
            settle_sector(memory[ref->now] + at,
                          ref->durable == NO_PAGE ? NULL : memory[ref->durable] + at, random);
        }
    }
    make_durable(ref);
}

static void settle_file(struct gv_disk_file *file, struct gv_sim_random *random)
{
    uint64_t bytes = gv_sim_random_below(random, 2) == 0 ? file->bytes : file->durable_bytes;
    for (size_t i = 0; i < FILE_PAGES_MAX; i++) {
        settle_page(&file->pages[i], random);
    }
    GV_ASSERT(cut(file, bytes));
    for (size_t i = 0; i < FILE_PAGES_MAX; i++) {
        make_durable(&file->pages[i]);
    }
    file->durable_bytes = bytes;
}

void gv_disk_restart(uint64_t seed)
{
    struct gv_sim_random random = gv_sim_random_of(seed);
    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < GV_DISK_FILES_MAX; i++) {
        if (files[i].name[0] != '\0') {
            settle_file(&files[i], &random);
        }
    }
    disk.has_power = true;
    disk.crash_at = 0;
    disk.refuse_at = 0;
    pthread_mutex_unlock(&lock);
}
