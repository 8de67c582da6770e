#include "app/backup/archive.h"

#include "firmware/base/assert.h"
#include "firmware/base/kdf.h"
#include "firmware/base/text.h"

#include <string.h>

/* Header: magic 8 | rounds 4 | schema 4 | flags 4 | zero 4 | created 8 | salt 16 | id 16 | zero 16 |
 * check 16. The check tells a wrong passphrase from damage, before anything is decrypted. */
#define MAGIC     "GAVELBK1"
#define MAGIC_LEN 8u
#define CHECK_AT  80u
#define CHECK_LEN 16u
_Static_assert(CHECK_AT + CHECK_LEN == GV_ARCHIVE_HEADER_LEN, "the check ends the header");

#define LAST_AT 8u /* in a nonce, behind the chunk's number */

/* ---- keys ------------------------------------------------------------------------------------- */

void gv_archive_derive(struct gv_seal_key *key, const char *passphrase,
                       const uint8_t salt[GV_ARCHIVE_SALT_LEN], uint32_t rounds)
{
    uint8_t block[GV_SHA512_LEN];
    gv_pbkdf2_sha512(block, gv_view_str(passphrase), gv_view_of(salt, GV_ARCHIVE_SALT_LEN), rounds);
    memcpy(key->b, block, sizeof(key->b));
    gv_secure_zero(block, sizeof(block));
}

static void mac(struct gv_hash256 *out, const struct gv_seal_key *key, const char *purpose,
                struct gv_view about)
{
    uint8_t message[GV_ARCHIVE_HEADER_LEN + 32];
    const struct gv_view name = gv_view_str(purpose);
    GV_ASSERT(name.n + about.n <= sizeof(message));
    memcpy(message, name.p, name.n);
    memcpy(message + name.n, about.p, about.n);
    gv_hmac_sha256(out, gv_view_of(key->b, sizeof(key->b)), gv_view_of(message, name.n + about.n));
}

/* One key a file, so that two files never use one nonce with one key. */
static void file_key(struct gv_seal_key *out, const struct gv_seal_key *key,
                     const uint8_t header[GV_ARCHIVE_HEADER_LEN])
{
    struct gv_hash256 derived;
    mac(&derived, key, "gavel/backup/file", gv_view_of(header, CHECK_AT));
    memcpy(out->b, derived.b, sizeof(out->b));
    gv_secure_zero(&derived, sizeof(derived));
}

static void check_value(uint8_t out[CHECK_LEN], const struct gv_seal_key *key,
                        const uint8_t header[GV_ARCHIVE_HEADER_LEN])
{
    struct gv_hash256 value;
    mac(&value, key, "gavel/backup/check", gv_view_of(header, CHECK_AT));
    memcpy(out, value.b, CHECK_LEN);
}

/* ---- header ----------------------------------------------------------------------------------- */

static void write_header(uint8_t out[GV_ARCHIVE_HEADER_LEN], const struct gv_archive_header *header)
{
    static const uint8_t zero[16] = {0};
    struct gv_writer w = gv_writer_of(out, GV_ARCHIVE_HEADER_LEN);
    gv_write_bytes(&w, gv_view_of(MAGIC, MAGIC_LEN));
    gv_write_u32le(&w, header->rounds);
    gv_write_u32le(&w, header->schema);
    gv_write_u32le(&w, header->flags);
    gv_write_u32le(&w, 0);
    gv_write_u64le(&w, (uint64_t)header->created_at.s);
    gv_write_bytes(&w, gv_view_of(header->salt, sizeof(header->salt)));
    gv_write_bytes(&w, gv_view_of(header->file_id, sizeof(header->file_id)));
    gv_write_bytes(&w, gv_view_of(zero, sizeof(zero)));
    gv_write_bytes(&w, gv_view_of(zero, CHECK_LEN));
    GV_ASSERT(gv_written(&w).n == GV_ARCHIVE_HEADER_LEN);
}

enum gv_err gv_archive_header_read(struct gv_archive_header *header, struct gv_view v,
                                   struct gv_fail *fail)
{
    uint8_t again[GV_ARCHIVE_HEADER_LEN];
    if (v.n < GV_ARCHIVE_HEADER_LEN || memcmp(v.p, MAGIC, MAGIC_LEN - 1) != 0) {
        return gv_fail(fail, GV_ERR_INVALID, "backup.format", "this is no backup of gavel");
    }
    if (v.p[MAGIC_LEN - 1] != (uint8_t)MAGIC[MAGIC_LEN - 1]) {
        return gv_fail(fail, GV_ERR_UNSUPPORTED, "backup.version",
                       "this backup has a form that this release does not know");
    }
    struct gv_reader r = gv_reader_of(gv_view_of(v.p + MAGIC_LEN, CHECK_AT - MAGIC_LEN));
    header->rounds = gv_read_u32le(&r);
    header->schema = gv_read_u32le(&r);
    header->flags = gv_read_u32le(&r);
    (void)gv_read_u32le(&r);
    header->created_at.s = (int64_t)gv_read_u64le(&r);
    memcpy(header->salt, gv_read_bytes(&r, sizeof(header->salt)).p, sizeof(header->salt));
    memcpy(header->file_id, gv_read_bytes(&r, sizeof(header->file_id)).p, sizeof(header->file_id));
    /* What we would not write ourselves is refused: no bits that mean nothing. */
    write_header(again, header);
    if (memcmp(again, v.p, CHECK_AT) != 0 || header->rounds == 0 ||
        header->rounds > GV_ARCHIVE_ROUNDS_MAX || header->created_at.s < 0 ||
        (header->flags & ~(uint32_t)GV_ARCHIVE_AUTOMATIC) != 0) {
        return gv_fail(fail, GV_ERR_INVALID, "backup.format", "the head of this backup is damaged");
    }
    return GV_OK;
}

/* ---- chunks ----------------------------------------------------------------------------------- */

static void make_nonce(uint8_t nonce[GV_SEAL_NONCE_LEN], uint64_t number, bool last)
{
    struct gv_writer w = gv_writer_of(nonce, GV_SEAL_NONCE_LEN);
    gv_write_u64le(&w, number);
    gv_write_u32le(&w, last ? 1u : 0u);
}

static enum gv_err write_chunk(struct gv_archive_writer *writer, bool last)
{
    uint8_t nonce[GV_SEAL_NONCE_LEN];
    make_nonce(nonce, writer->number, last);
    gv_seal(writer->sealed, &writer->key, nonce, gv_view_of(writer->header, sizeof(writer->header)),
            gv_view_of(writer->plain, writer->n));
    const size_t n = writer->n + GV_SEAL_OVERHEAD;
    writer->number++;
    writer->n = 0;
    return writer->sink(writer->ctx, gv_view_of(writer->sealed, n));
}

enum gv_err gv_archive_begin(struct gv_archive_writer *writer,
                             const struct gv_archive_header *header, const struct gv_seal_key *key,
                             gv_archive_sink *sink, void *ctx)
{
    writer->number = 0;
    writer->n = 0;
    writer->sink = sink;
    writer->ctx = ctx;
    write_header(writer->header, header);
    file_key(&writer->key, key, writer->header);
    check_value(writer->header + CHECK_AT, key, writer->header);
    return sink(ctx, gv_view_of(writer->header, sizeof(writer->header)));
}

enum gv_err gv_archive_put(struct gv_archive_writer *writer, struct gv_view bytes)
{
    enum gv_err err = GV_OK;
    while (bytes.n > 0 && err == GV_OK) {
        if (writer->n == GV_ARCHIVE_CHUNK) { /* more follows: not the last one */
            err = write_chunk(writer, false);
        }
        const size_t room = GV_ARCHIVE_CHUNK - writer->n;
        const size_t n = bytes.n < room ? bytes.n : room;
        memcpy(writer->plain + writer->n, bytes.p, n);
        writer->n += n;
        bytes = gv_view_of(bytes.p + n, bytes.n - n);
    }
    return err;
}

enum gv_err gv_archive_end(struct gv_archive_writer *writer)
{
    const enum gv_err err = write_chunk(writer, true);
    gv_secure_zero(writer, sizeof(*writer));
    return err;
}

static enum gv_err damaged(struct gv_fail *fail)
{
    return gv_fail(fail, GV_ERR_CRYPTO, "backup.damaged",
                   "the backup was changed, damaged or cut off");
}

static enum gv_err read_chunk(struct gv_archive_reader *reader, bool last, struct gv_fail *fail)
{
    uint8_t nonce[GV_SEAL_NONCE_LEN];
    make_nonce(nonce, reader->number, last);
    if (reader->n < GV_SEAL_OVERHEAD || memcmp(reader->sealed, nonce, sizeof(nonce)) != 0 ||
        gv_unseal(reader->plain, &reader->key, gv_view_of(reader->header, sizeof(reader->header)),
                  gv_view_of(reader->sealed, reader->n)) != GV_OK) {
        return damaged(fail);
    }
    const size_t n = reader->n - GV_SEAL_OVERHEAD;
    reader->number++;
    reader->n = 0;
    return reader->sink(reader->ctx, gv_view_of(reader->plain, n));
}

enum gv_err gv_archive_open(struct gv_archive_reader *reader, struct gv_view header,
                            const struct gv_seal_key *key, gv_archive_sink *sink, void *ctx,
                            struct gv_fail *fail)
{
    uint8_t check[CHECK_LEN];
    GV_ASSERT(header.n >= GV_ARCHIVE_HEADER_LEN);
    reader->number = 0;
    reader->n = 0;
    reader->sink = sink;
    reader->ctx = ctx;
    memcpy(reader->header, header.p, sizeof(reader->header));
    check_value(check, key, reader->header);
    if (!gv_constant_time_equal(check, reader->header + CHECK_AT, sizeof(check))) {
        return gv_fail(fail, GV_ERR_CRYPTO, "backup.passphrase",
                       "the passphrase does not open this backup");
    }
    file_key(&reader->key, key, reader->header);
    return GV_OK;
}

enum gv_err gv_archive_feed(struct gv_archive_reader *reader, struct gv_view bytes,
                            struct gv_fail *fail)
{
    enum gv_err err = GV_OK;
    while (bytes.n > 0 && err == GV_OK) {
        if (reader->n == GV_ARCHIVE_SEALED) {
            err = read_chunk(reader, false, fail);
        }
        const size_t room = GV_ARCHIVE_SEALED - reader->n;
        const size_t n = bytes.n < room ? bytes.n : room;
        memcpy(reader->sealed + reader->n, bytes.p, n);
        reader->n += n;
        bytes = gv_view_of(bytes.p + n, bytes.n - n);
    }
    return err;
}

enum gv_err gv_archive_close(struct gv_archive_reader *reader, struct gv_fail *fail)
{
    const enum gv_err err = read_chunk(reader, true, fail);
    gv_secure_zero(reader, sizeof(*reader));
    return err;
}
