#include "app/backup/payload.h"

#include "firmware/base/assert.h"
#include "firmware/base/json.h"
#include "firmware/base/text.h"

#include <string.h>

#define FORMAT       1
#define LENGTH_BYTES 4u

static const char *const names[GV_PAYLOAD_FILES] = {"gavel.db", "seal.key", "settings.conf"};
static const uint64_t bytes_max[GV_PAYLOAD_FILES] = {GV_PAYLOAD_FILE_MAX, GV_SEAL_KEY_LEN, 65536};

/* ---- writing -------------------------------------------------------------------------------- */

size_t gv_manifest_write(uint8_t *out, const struct gv_manifest *manifest)
{
    struct gv_json_out json;
    char hex[2 * sizeof(struct gv_hash256) + 1];
    gv_json_out_init(&json, (char *)out + LENGTH_BYTES, GV_PAYLOAD_MANIFEST_MAX);
    gv_jo_object(&json);
    gv_jo_kint(&json, "format", FORMAT);
    gv_jo_kstring(&json, "version", manifest->version);
    gv_jo_kint(&json, "schema", manifest->schema);
    gv_jo_key(&json, "files");
    gv_jo_array(&json);
    for (unsigned i = 0; i < GV_PAYLOAD_FILES; i++) {
        const struct gv_payload_entry *entry = &manifest->files[i];
        if (entry->present) {
            gv_hex_encode(hex, gv_view_of(entry->sha256.b, sizeof(entry->sha256.b)));
            gv_jo_object(&json);
            gv_jo_kstring(&json, "name", names[i]);
            gv_jo_kint(&json, "bytes", (int64_t)entry->bytes);
            gv_jo_kstring(&json, "sha256", hex);
            gv_jo_object_end(&json);
        }
    }
    gv_jo_array_end(&json);
    gv_jo_object_end(&json);
    GV_ASSERT(!json.full);
    struct gv_writer w = gv_writer_of(out, LENGTH_BYTES);
    gv_write_u32le(&w, (uint32_t)json.n);
    return LENGTH_BYTES + json.n;
}

/* ---- the manifest --------------------------------------------------------------------------- */

static enum gv_err bad_manifest(struct gv_fail *fail)
{
    return gv_fail(fail, GV_ERR_INVALID, "backup.manifest",
                   "the list of contents of this backup is not in order");
}

/* Names ascend in the fixed order, so none can come twice. */
static enum gv_err read_entry(struct gv_manifest *manifest, gv_json_ref object, unsigned *next,
                              struct gv_fail *fail)
{
    static const char *const members[] = {"name", "bytes", "sha256", NULL};
    struct gv_view name;
    struct gv_view hex;
    int64_t bytes = 0;
    if (gv_json_members(object, members, "", NULL) != GV_OK ||
        !gv_json_string(gv_json_get(object, "name"), &name) ||
        !gv_json_int(gv_json_get(object, "bytes"), &bytes) ||
        !gv_json_string(gv_json_get(object, "sha256"), &hex)) {
        return bad_manifest(fail);
    }
    while (*next < GV_PAYLOAD_FILES && !gv_view_is(name, names[*next])) {
        (*next)++;
    }
    if (*next == GV_PAYLOAD_FILES || bytes < 0 || (uint64_t)bytes > bytes_max[*next]) {
        return bad_manifest(fail);
    }
    struct gv_payload_entry *entry = &manifest->files[*next];
    entry->present = true;
    entry->bytes = (uint64_t)bytes;
    (*next)++;
    return gv_hex_decode(entry->sha256.b, sizeof(entry->sha256.b), (const char *)hex.p, hex.n) ==
                   GV_OK
               ? GV_OK
               : bad_manifest(fail);
}

static enum gv_err read_files(struct gv_manifest *manifest, gv_json_ref files, struct gv_fail *fail)
{
    struct gv_json_iter it;
    unsigned next = 0;
    enum gv_err err = gv_json_type(files) == GV_JSON_ARRAY ? GV_OK : bad_manifest(fail);
    for (gv_json_ref e = gv_json_first(&it, files); e != NULL && err == GV_OK;
         e = gv_json_next(&it)) {
        err = read_entry(manifest, e, &next, fail);
    }
    if (err == GV_OK && (!manifest->files[GV_PAYLOAD_DATABASE].present ||
                         manifest->files[GV_PAYLOAD_SEAL_KEY].bytes != GV_SEAL_KEY_LEN)) {
        err = bad_manifest(fail);
    }
    return err;
}

static enum gv_err read_manifest(struct gv_payload_reader *reader, size_t n, struct gv_fail *fail)
{
    static const char *const members[] = {"format", "version", "schema", "files", NULL};
    struct gv_manifest *manifest = &reader->manifest;
    struct gv_arena arena;
    struct gv_json json;
    struct gv_view version;
    int64_t format = 0;
    int64_t schema = 0;
    gv_arena_init(&arena, reader->arena, sizeof(reader->arena));
    if (gv_json_parse(&json, &arena, (char *)reader->head + LENGTH_BYTES, n, NULL) != GV_OK ||
        !gv_json_int(gv_json_get(json.root, "format"), &format)) {
        return bad_manifest(fail);
    }
    if (format != FORMAT) {
        return gv_fail(fail, GV_ERR_UNSUPPORTED, "backup.version",
                       "this backup has a form that this release does not know");
    }
    if (gv_json_members(json.root, members, "", NULL) != GV_OK ||
        !gv_json_string(gv_json_get(json.root, "version"), &version) ||
        version.n >= sizeof(manifest->version) ||
        !gv_json_int(gv_json_get(json.root, "schema"), &schema) || schema < 1 ||
        schema > INT32_MAX) {
        return bad_manifest(fail);
    }
    memcpy(manifest->version, version.p, version.n);
    manifest->version[version.n] = '\0';
    manifest->schema = (uint32_t)schema;
    return read_files(manifest, gv_json_get(json.root, "files"), fail);
}

/* ---- reading -------------------------------------------------------------------------------- */

void gv_payload_open(struct gv_payload_reader *reader, const struct gv_payload_ops *ops, void *ctx)
{
    reader->ops = ops;
    reader->ctx = ctx;
    memset(&reader->manifest, 0, sizeof(reader->manifest));
    reader->left = 0;
    reader->file = 0;
    reader->has_manifest = false;
    reader->head_n = 0;
}

static enum gv_err end_file(struct gv_payload_reader *reader, struct gv_fail *fail)
{
    struct gv_hash256 hash;
    gv_sha256_finish(&reader->sha, &hash);
    const enum gv_payload_file file = (enum gv_payload_file)reader->file;
    if (!gv_hash256_equal(&hash, &reader->manifest.files[file].sha256)) {
        return gv_fail(fail, GV_ERR_CRYPTO, "backup.hash", "%s is not as the backup says",
                       names[file]);
    }
    reader->file++;
    return reader->ops->bytes(reader->ctx, file, gv_view_of(NULL, 0));
}

/* Begin the file under way, or the next one that is there; files without bytes end at once. */
static enum gv_err begin_file(struct gv_payload_reader *reader, struct gv_fail *fail)
{
    enum gv_err err = GV_OK;
    reader->left = 0;
    while (err == GV_OK && reader->left == 0 && reader->file < GV_PAYLOAD_FILES) {
        const struct gv_payload_entry *entry = &reader->manifest.files[reader->file];
        if (!entry->present) {
            reader->file++;
            continue;
        }
        gv_sha256_init(&reader->sha);
        reader->left = entry->bytes;
        if (entry->bytes == 0) {
            err = end_file(reader, fail);
        }
    }
    return err;
}

/* Takes bytes of length and manifest. Out: bytes: what is left. */
static enum gv_err feed_head(struct gv_payload_reader *reader, struct gv_view *bytes,
                             struct gv_fail *fail)
{
    size_t need = LENGTH_BYTES;
    while (bytes->n > 0) {
        if (reader->head_n >= LENGTH_BYTES) {
            struct gv_reader r = gv_reader_of(gv_view_of(reader->head, LENGTH_BYTES));
            const uint32_t n = gv_read_u32le(&r);
            if (n == 0 || n > GV_PAYLOAD_MANIFEST_MAX) {
                return bad_manifest(fail);
            }
            need = LENGTH_BYTES + n;
        }
        const size_t want = need - reader->head_n;
        const size_t n = bytes->n < want ? bytes->n : want;
        memcpy(reader->head + reader->head_n, bytes->p, n);
        reader->head_n += n;
        *bytes = gv_view_of(bytes->p + n, bytes->n - n);
        if (need > LENGTH_BYTES && reader->head_n == need) {
            enum gv_err err = read_manifest(reader, need - LENGTH_BYTES, fail);
            if (err == GV_OK && reader->ops->manifest != NULL) {
                err = reader->ops->manifest(reader->ctx, &reader->manifest);
            }
            reader->has_manifest = err == GV_OK;
            return err == GV_OK ? begin_file(reader, fail) : err;
        }
    }
    return GV_OK;
}

enum gv_err gv_payload_feed(struct gv_payload_reader *reader, struct gv_view bytes,
                            struct gv_fail *fail)
{
    enum gv_err err = reader->has_manifest ? GV_OK : feed_head(reader, &bytes, fail);
    while (bytes.n > 0 && err == GV_OK) {
        if (reader->file == GV_PAYLOAD_FILES) {
            return gv_fail(fail, GV_ERR_INVALID, "backup.surplus",
                           "the backup holds more than its list of contents");
        }
        const size_t n = bytes.n < reader->left ? bytes.n : (size_t)reader->left;
        gv_sha256_add(&reader->sha, gv_view_of(bytes.p, n));
        err = reader->ops->bytes(reader->ctx, (enum gv_payload_file)reader->file,
                                 gv_view_of(bytes.p, n));
        reader->left -= n;
        bytes = gv_view_of(bytes.p + n, bytes.n - n);
        if (err == GV_OK && reader->left == 0) {
            err = end_file(reader, fail);
            if (err == GV_OK) {
                err = begin_file(reader, fail);
            }
        }
    }
    return err;
}

enum gv_err gv_payload_close(const struct gv_payload_reader *reader, struct gv_fail *fail)
{
    if (!reader->has_manifest || reader->file != GV_PAYLOAD_FILES) {
        return gv_fail(fail, GV_ERR_INVALID, "backup.short",
                       "the backup holds less than its list of contents");
    }
    return GV_OK;
}
