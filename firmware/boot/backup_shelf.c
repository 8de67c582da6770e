#include "firmware/boot/backup_shelf.h"

#include "firmware/base/assert.h"
#include "firmware/base/log.h"
#include "firmware/base/text.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ENDING  ".gavel"
#define CHECKED ".check"
#define NIGHT   ".night"
/* More files than rows: a full shelf still finds its newest. */
#define NAMES_MAX 128u

bool gv_shelf_path(char path[GV_FILE_PATH_MAX], const char *data_dir, const char *name,
                   const char *suffix)
{
    return gv_format(path, GV_FILE_PATH_MAX, "%s/backups/%s%s", data_dir, name, suffix);
}

bool gv_shelf_is_id(const char *id)
{
    static const char form[] = "dddddddd-dddddd-xxxx";
    size_t i = 0;
    for (; form[i] != '\0'; i++) {
        const char c = id[i];
        const bool digit = c >= '0' && c <= '9';
        const bool hex = digit || (c >= 'a' && c <= 'f');
        if (!(form[i] == 'd' ? digit : form[i] == 'x' ? hex : c == '-')) {
            return false;
        }
    }
    return id[i] == '\0';
}

void gv_shelf_id(char id[GV_BACKUP_ID_MAX], const struct gv_archive_header *header)
{
    char iso[GV_ISO_MAX];
    char digits[GV_ISO_MAX];
    size_t n = 0;
    gv_utc_format(header->created_at, iso); /* 2026-11-21T04:15:00Z */
    for (size_t i = 0; iso[i] != '\0'; i++) {
        if (iso[i] >= '0' && iso[i] <= '9') {
            digits[n++] = iso[i];
        }
    }
    digits[n] = '\0';
    gv_format_cut(id, GV_BACKUP_ID_MAX, "%.8s-%.6s-%02x%02x", digits, n > 8 ? digits + 8 : "",
                  header->file_id[0], header->file_id[1]);
}

static void sweep(const char *data_dir, const char *suffix)
{
    static char names[NAMES_MAX][GV_FILE_NAME_MAX];
    char path[GV_FILE_PATH_MAX];
    size_t n = 0;
    if (!gv_shelf_path(path, data_dir, "", "") ||
        gv_dir_names(path, suffix, names, NAMES_MAX, &n, NULL) != GV_OK) {
        return;
    }
    for (size_t i = 0; i < n; i++) {
        if (gv_shelf_path(path, data_dir, names[i], "")) {
            (void)unlink(path);
        }
    }
}

enum gv_err gv_shelf_open(const char *data_dir, struct gv_fail *fail)
{
    char path[GV_FILE_PATH_MAX];
    if (!gv_format(path, sizeof(path), "%s/backups", data_dir)) {
        return gv_fail(fail, GV_ERR_INVALID, "backup.path", "general.data_dir is too long");
    }
    const enum gv_err err = gv_dir_create(path, fail);
    if (err == GV_OK) {
        sweep(data_dir, ".part");
        sweep(data_dir, ".tmp");
        sweep(data_dir, ".tmp-journal");
    }
    return err;
}

enum gv_err gv_shelf_header(const char *data_dir, const char *id,
                            uint8_t bytes[GV_ARCHIVE_HEADER_LEN], struct gv_archive_header *header,
                            struct gv_fail *fail)
{
    char path[GV_FILE_PATH_MAX];
    int fd = -1;
    if (gv_shelf_is_id(id) && gv_shelf_path(path, data_dir, id, ENDING)) {
        fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    }
    if (fd < 0) {
        return gv_fail(fail, GV_ERR_NOT_FOUND, "backup.unknown", "there is no such backup");
    }
    const ssize_t n = read(fd, bytes, GV_ARCHIVE_HEADER_LEN);
    (void)close(fd);
    return gv_archive_header_read(header, gv_view_of(bytes, n > 0 ? (size_t)n : 0), fail);
}

/* "1700000000 good" */
static void read_mark(const char *data_dir, struct gv_backup *row)
{
    char path[GV_FILE_PATH_MAX];
    char text[32];
    uint64_t at = 0;
    size_t n = 0;
    if (!gv_shelf_path(path, data_dir, row->id, CHECKED) ||
        gv_file_read(path, text, sizeof(text) - 1, &n, NULL) != GV_OK) {
        return;
    }
    text[n] = '\0';
    const char *space = strchr(text, ' ');
    if (space != NULL && gv_parse_u64(&at, gv_view_of(text, (size_t)(space - text)), INT64_MAX)) {
        row->checked_at.s = (int64_t)at;
        row->check_good = strcmp(space, " good") == 0;
    }
}

void gv_shelf_mark(const char *data_dir, const char *id, struct gv_utc at, bool good)
{
    char path[GV_FILE_PATH_MAX];
    char text[32];
    gv_format_cut(text, sizeof(text), "%lld %s", (long long)at.s, good ? "good" : "bad");
    if (!gv_shelf_path(path, data_dir, id, CHECKED) ||
        gv_file_write_private(path, gv_view_str(text), NULL) != GV_OK) {
        gv_log(GV_LOG_UNUSUAL, "backup", "not noted id=%s %s", id, text);
    }
}

enum gv_err gv_shelf_mark_night(const char *data_dir, const char *id, struct gv_fail *fail)
{
    char path[GV_FILE_PATH_MAX];
    return gv_shelf_path(path, data_dir, id, NIGHT)
               ? gv_file_write_private(path, gv_view_str("made here"), fail)
               : gv_fail(fail, GV_ERR_INVALID, "backup.path", "general.data_dir is too long");
}

/* Backups that have a file with this ending, newest first. */
static uint32_t list(const char *data_dir, const char *ending, struct gv_backup *rows, uint32_t max)
{
    char names[NAMES_MAX][GV_FILE_NAME_MAX];
    char path[GV_FILE_PATH_MAX];
    uint8_t bytes[GV_ARCHIVE_HEADER_LEN];
    struct gv_archive_header header = {.rounds = 0};
    struct stat info;
    uint32_t count = 0;
    size_t n = 0;
    if (!gv_shelf_path(path, data_dir, "", "") ||
        gv_dir_names(path, ending, names, NAMES_MAX, &n, NULL) != GV_OK) {
        return 0;
    }
    for (size_t i = n; i > 0 && count < max; i--) { /* names begin with their time */
        struct gv_backup *row = &rows[count];
        *row = (struct gv_backup){.bytes = 0};
        gv_format_cut(row->id, sizeof(row->id), "%.*s",
                      (int)(strlen(names[i - 1]) - strlen(ending)), names[i - 1]);
        if (gv_shelf_header(data_dir, row->id, bytes, &header, NULL) != GV_OK ||
            !gv_shelf_path(path, data_dir, row->id, ENDING) || stat(path, &info) != 0) {
            continue;
        }
        row->created_at = header.created_at;
        row->bytes = (uint64_t)info.st_size;
        row->schema = header.schema;
        row->automatic = (header.flags & GV_ARCHIVE_AUTOMATIC) != 0;
        read_mark(data_dir, row);
        count++;
    }
    return count;
}

uint32_t gv_shelf_list(const char *data_dir, struct gv_backup rows[GV_BACKUPS_MAX])
{
    return list(data_dir, ENDING, rows, GV_BACKUPS_MAX);
}

uint32_t gv_shelf_nights(const char *data_dir, struct gv_backup rows[GV_NIGHTS_MAX])
{
    return list(data_dir, NIGHT, rows, GV_NIGHTS_MAX);
}

void gv_shelf_mark_earlier(const char *data_dir, const struct gv_backup_key *key)
{
    static struct gv_backup rows[NAMES_MAX]; /* more than the owner's list shows */
    uint8_t bytes[GV_ARCHIVE_HEADER_LEN];
    struct gv_archive_header header;
    const uint32_t n =
        list(data_dir, NIGHT, rows, 1) > 0 ? 0 : list(data_dir, ENDING, rows, NAMES_MAX);
    for (uint32_t i = 0; i < n; i++) {
        const bool is_ours = rows[i].automatic &&
                             gv_shelf_header(data_dir, rows[i].id, bytes, &header, NULL) == GV_OK &&
                             gv_backup_key_fits(key, &header);
        if (is_ours && gv_shelf_mark_night(data_dir, rows[i].id, NULL) != GV_OK) {
            gv_log(GV_LOG_UNUSUAL, "backup", "not marked id=%s", rows[i].id);
        }
    }
}

enum gv_err gv_shelf_remove(const char *data_dir, const char *id, struct gv_fail *fail)
{
    static const char *const beside[] = {CHECKED, NIGHT};
    char path[GV_FILE_PATH_MAX];
    if (!gv_shelf_is_id(id) || !gv_shelf_path(path, data_dir, id, ENDING) || unlink(path) != 0) {
        return gv_fail(fail, GV_ERR_NOT_FOUND, "backup.unknown", "there is no such backup");
    }
    for (size_t i = 0; i < sizeof(beside) / sizeof(beside[0]); i++) {
        if (gv_shelf_path(path, data_dir, id, beside[i])) {
            (void)unlink(path);
        }
    }
    return GV_OK;
}

struct kept {
    uint32_t good;
    uint32_t others; /* tried in vain, or not at all */
};

/* Is there enough of this kind that is newer? */
static bool is_spare(struct kept *kept, const struct gv_backup *row, uint32_t keep)
{
    uint32_t *same = row->check_good ? &kept->good : &kept->others;
    if (kept->good >= keep || *same >= keep) {
        return true;
    }
    (*same)++;
    return false;
}

void gv_shelf_prune(const char *data_dir, uint32_t keep, struct gv_utc now)
{
    struct gv_backup rows[GV_NIGHTS_MAX];
    const uint32_t n = gv_shelf_nights(data_dir, rows);
    struct kept kept = {.good = 0};
    GV_ASSERT(keep > 0);
    /* Those of the past, then those of the future. */
    for (uint32_t turn = 0; turn < 2 * n; turn++) {
        const struct gv_backup *row = &rows[turn % n];
        const bool is_ahead = row->created_at.s > now.s;
        if (is_ahead == (turn >= n) && is_spare(&kept, row, keep) &&
            gv_shelf_remove(data_dir, row->id, NULL) == GV_OK) {
            gv_log(GV_LOG_INFO, "backup", "removed id=%s automatic ones kept=%u", row->id, keep);
        }
    }
}
