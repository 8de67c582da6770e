/* The archive: what is written comes back; every flipped bit, every cut, every swapped or repeated chunk and
 * a wrong passphrase are refused; the manifest lets nothing through that it should not. */
#include "app/backup/archive.h"
#include "app/backup/payload.h"
#include "firmware/base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define BYTES_MAX (5u * GV_ARCHIVE_SEALED)

struct bytes {
    size_t n;
    uint8_t b[BYTES_MAX];
};

static struct bytes archive;
static struct bytes back;
static uint8_t plain[4u * GV_ARCHIVE_CHUNK];
static struct gv_archive_writer writer;
static struct gv_archive_reader reader;
static struct gv_payload_reader payload;

static enum gv_err keep(void *ctx, struct gv_view v)
{
    struct bytes *to = ctx;
    assert_true(to->n + v.n <= BYTES_MAX);
    memcpy(to->b + to->n, v.p, v.n);
    to->n += v.n;
    return GV_OK;
}

static struct gv_seal_key key_of(const char *passphrase)
{
    struct gv_seal_key key;
    static const uint8_t salt[GV_ARCHIVE_SALT_LEN] = {1, 2, 3};
    gv_archive_derive(&key, passphrase, salt, 2); /* two rounds: the count is not what is shown */
    return key;
}

static const struct gv_archive_header head = {
    .rounds = 2, .salt = {1, 2, 3}, .file_id = {9}, .created_at = {1700000000}, .schema = 3};

/* An archive over the first n bytes of `plain`, put in pieces. */
static void write_archive(size_t n, size_t piece)
{
    const struct gv_seal_key key = key_of("correct horse");
    archive.n = 0;
    for (size_t i = 0; i < sizeof(plain); i++) {
        plain[i] = (uint8_t)(i * 31u + (i >> 8));
    }
    assert_int_equal(gv_archive_begin(&writer, &head, &key, keep, &archive), GV_OK);
    for (size_t at = 0; at < n; at += piece) {
        const size_t len = n - at < piece ? n - at : piece;
        assert_int_equal(gv_archive_put(&writer, gv_view_of(plain + at, len)), GV_OK);
    }
    assert_int_equal(gv_archive_end(&writer), GV_OK);
}

static enum gv_err read_archive(const struct bytes *from, const char *passphrase, size_t piece,
                                struct gv_fail *fail)
{
    const struct gv_seal_key key = key_of(passphrase);
    struct gv_archive_header header;
    back.n = 0;
    enum gv_err err = gv_archive_header_read(&header, gv_view_of(from->b, from->n), fail);
    if (err == GV_OK) {
        err = gv_archive_open(&reader, gv_view_of(from->b, from->n), &key, keep, &back, fail);
    }
    for (size_t at = GV_ARCHIVE_HEADER_LEN; err == GV_OK && at < from->n; at += piece) {
        const size_t len = from->n - at < piece ? from->n - at : piece;
        err = gv_archive_feed(&reader, gv_view_of(from->b + at, len), fail);
    }
    return err == GV_OK ? gv_archive_close(&reader, fail) : err;
}

static void what_is_written_comes_back_at_every_edge(void **state)
{
    (void)state;
    static const size_t sizes[] = {0,
                                   1,
                                   GV_ARCHIVE_CHUNK - 1,
                                   GV_ARCHIVE_CHUNK,
                                   GV_ARCHIVE_CHUNK + 1,
                                   3u * GV_ARCHIVE_CHUNK,
                                   3u * GV_ARCHIVE_CHUNK + 7};
    static const size_t pieces[] = {1, 4096, GV_ARCHIVE_SEALED, BYTES_MAX};
    struct gv_archive_header header;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        for (size_t p = 0; p < sizeof(pieces) / sizeof(pieces[0]); p++) {
            write_archive(sizes[i], pieces[p]);
            assert_int_equal(read_archive(&archive, "correct horse", pieces[p], NULL), GV_OK);
            assert_int_equal(back.n, sizes[i]);
            assert_memory_equal(back.b, plain, sizes[i]);
        }
    }
    assert_int_equal(gv_archive_header_read(&header, gv_view_of(archive.b, archive.n), NULL),
                     GV_OK);
    assert_int_equal(header.created_at.s, 1700000000);
    assert_int_equal(header.schema, 3);
}

static void a_wrong_passphrase_is_told_from_damage(void **state)
{
    (void)state;
    struct gv_fail fail;
    write_archive(100, 100);
    assert_int_equal(read_archive(&archive, "correct horsf", BYTES_MAX, &fail), GV_ERR_CRYPTO);
    assert_string_equal(fail.code, "backup.passphrase");
    archive.b[archive.n - 1] ^= 1;
    assert_int_equal(read_archive(&archive, "correct horse", BYTES_MAX, &fail), GV_ERR_CRYPTO);
    assert_string_equal(fail.code, "backup.damaged");
}

static void every_flipped_bit_is_found(void **state)
{
    (void)state;
    write_archive(GV_ARCHIVE_CHUNK + 50, 4096);
    /* Every bit of head, nonces, tags and the last chunk; every 61st byte between. */
    for (size_t at = 0; at < archive.n; at++) {
        const bool dense = at < GV_ARCHIVE_HEADER_LEN + 40 ||
                           at > GV_ARCHIVE_HEADER_LEN + GV_ARCHIVE_SEALED - 40 || at % 61 == 0;
        for (unsigned bit = 0; dense && bit < 8; bit++) {
            archive.b[at] ^= (uint8_t)(1u << bit);
            if (read_archive(&archive, "correct horse", BYTES_MAX, NULL) == GV_OK) {
                fail_msg("byte %zu bit %u was not missed", at, bit);
            }
            archive.b[at] ^= (uint8_t)(1u << bit);
        }
    }
    assert_int_equal(read_archive(&archive, "correct horse", BYTES_MAX, NULL), GV_OK);
}

static void every_cut_is_found(void **state)
{
    (void)state;
    write_archive(3u * GV_ARCHIVE_CHUNK, GV_ARCHIVE_CHUNK);
    const size_t whole = archive.n;
    for (size_t n = 0; n < whole; n += n < 200 ? 1 : 97) {
        archive.n = n;
        assert_int_not_equal(read_archive(&archive, "correct horse", BYTES_MAX, NULL), GV_OK);
    }
    /* At the edges of chunks, where the bytes that remain are good. */
    for (size_t chunks = 0; chunks < 3; chunks++) {
        archive.n = GV_ARCHIVE_HEADER_LEN + chunks * GV_ARCHIVE_SEALED;
        assert_int_not_equal(read_archive(&archive, "correct horse", BYTES_MAX, NULL), GV_OK);
    }
    archive.n = whole + 1;
    assert_int_not_equal(read_archive(&archive, "correct horse", BYTES_MAX, NULL), GV_OK);
}

static void chunks_cannot_be_swapped_repeated_or_brought_from_elsewhere(void **state)
{
    (void)state;
    static struct bytes other;
    write_archive(3u * GV_ARCHIVE_CHUNK, GV_ARCHIVE_CHUNK);
    uint8_t *first = archive.b + GV_ARCHIVE_HEADER_LEN;
    uint8_t *second = first + GV_ARCHIVE_SEALED;
    other = archive;
    memcpy(first, other.b + GV_ARCHIVE_HEADER_LEN + GV_ARCHIVE_SEALED, GV_ARCHIVE_SEALED);
    assert_int_not_equal(read_archive(&archive, "correct horse", BYTES_MAX, NULL), GV_OK);
    memcpy(second, other.b + GV_ARCHIVE_HEADER_LEN, GV_ARCHIVE_SEALED);
    assert_int_not_equal(read_archive(&archive, "correct horse", BYTES_MAX, NULL), GV_OK);

    /* The same place of another file of the same passphrase. */
    const struct gv_seal_key key = key_of("correct horse");
    struct gv_archive_header stranger = head;
    stranger.file_id[0]++;
    other.n = 0;
    assert_int_equal(gv_archive_begin(&writer, &stranger, &key, keep, &other), GV_OK);
    assert_int_equal(gv_archive_put(&writer, gv_view_of(plain, 3u * GV_ARCHIVE_CHUNK)), GV_OK);
    assert_int_equal(gv_archive_end(&writer), GV_OK);
    write_archive(3u * GV_ARCHIVE_CHUNK, GV_ARCHIVE_CHUNK);
    memcpy(second, other.b + GV_ARCHIVE_HEADER_LEN + GV_ARCHIVE_SEALED, GV_ARCHIVE_SEALED);
    assert_int_not_equal(read_archive(&archive, "correct horse", BYTES_MAX, NULL), GV_OK);
}

static void hostile_heads_cost_nothing(void **state)
{
    (void)state;
    struct gv_archive_header header;
    struct gv_fail fail;
    write_archive(1, 1);
    memset(archive.b + 8, 0xff, 4); /* four thousand million rounds */
    assert_int_equal(gv_archive_header_read(&header, gv_view_of(archive.b, archive.n), &fail),
                     GV_ERR_INVALID);
    write_archive(1, 1);
    archive.b[7]++;
    assert_int_equal(gv_archive_header_read(&header, gv_view_of(archive.b, archive.n), &fail),
                     GV_ERR_UNSUPPORTED);
}

/* ---- payload ------------------------------------------------------------------------------------ */

static struct {
    struct bytes files[GV_PAYLOAD_FILES];
    unsigned ended;
} taken;

static enum gv_err take(void *ctx, enum gv_payload_file file, struct gv_view v)
{
    (void)ctx;
    if (v.n == 0) {
        taken.ended |= 1u << file;
        return GV_OK;
    }
    return keep(&taken.files[file], v);
}

static const struct gv_payload_ops ops = {.bytes = take};

static enum gv_err read_payload(struct gv_view v, size_t piece, struct gv_fail *fail)
{
    memset(&taken, 0, sizeof(taken));
    gv_payload_open(&payload, &ops, NULL);
    enum gv_err err = GV_OK;
    for (size_t at = 0; err == GV_OK && at < v.n; at += piece) {
        err = gv_payload_feed(&payload, gv_view_of(v.p + at, v.n - at < piece ? v.n - at : piece),
                              fail);
    }
    return err == GV_OK ? gv_payload_close(&payload, fail) : err;
}

static struct bytes stream;

static void make_payload(size_t database_n, bool settings)
{
    static const uint8_t seal[GV_SEAL_KEY_LEN] = {7};
    struct gv_manifest manifest = {.version = "1.2.3", .schema = 4};
    const struct gv_view parts[GV_PAYLOAD_FILES] = {gv_view_of(plain, database_n),
                                                    gv_view_of(seal, sizeof(seal)),
                                                    gv_view_str("[log]\nlevel = info\n")};
    for (unsigned i = 0; i < GV_PAYLOAD_FILES; i++) {
        manifest.files[i].present = i != GV_PAYLOAD_SETTINGS || settings;
        manifest.files[i].bytes = parts[i].n;
        gv_sha256_of(&manifest.files[i].sha256, parts[i]);
    }
    stream.n = gv_manifest_write(stream.b, &manifest);
    for (unsigned i = 0; i < GV_PAYLOAD_FILES; i++) {
        if (manifest.files[i].present) {
            (void)keep(&stream, parts[i]);
        }
    }
}

static void files_come_back_in_every_cutting(void **state)
{
    (void)state;
    for (size_t piece = 1; piece < 3000; piece = piece * 3 + 1) {
        make_payload(5000, true);
        assert_int_equal(read_payload(gv_view_of(stream.b, stream.n), piece, NULL), GV_OK);
        assert_int_equal(taken.files[GV_PAYLOAD_DATABASE].n, 5000);
        assert_memory_equal(taken.files[GV_PAYLOAD_DATABASE].b, plain, 5000);
        assert_int_equal(taken.files[GV_PAYLOAD_SEAL_KEY].n, GV_SEAL_KEY_LEN);
        assert_int_equal(taken.ended, 7);
        assert_string_equal(payload.manifest.version, "1.2.3");
    }
    make_payload(0, false);
    assert_int_equal(read_payload(gv_view_of(stream.b, stream.n), 7, NULL), GV_OK);
    assert_int_equal(taken.ended, 3);
}

static void a_payload_that_is_short_long_or_changed_is_refused(void **state)
{
    (void)state;
    struct gv_fail fail;
    make_payload(300, true);
    for (size_t n = 0; n < stream.n; n++) {
        assert_int_not_equal(read_payload(gv_view_of(stream.b, n), 64, NULL), GV_OK);
    }
    stream.b[stream.n] = 0;
    assert_int_equal(read_payload(gv_view_of(stream.b, stream.n + 1), 64, &fail), GV_ERR_INVALID);
    assert_string_equal(fail.code, "backup.surplus");
    stream.b[stream.n - 1] ^= 1;
    assert_int_equal(read_payload(gv_view_of(stream.b, stream.n), 64, &fail), GV_ERR_CRYPTO);
    assert_string_equal(fail.code, "backup.hash");
}

/* In: json: put in the place of a manifest. */
static enum gv_err read_manifest_text(const char *json)
{
    struct gv_writer w = gv_writer_of(stream.b, 4);
    gv_write_u32le(&w, (uint32_t)strlen(json));
    stream.n = 4;
    (void)keep(&stream, gv_view_str(json));
    return read_payload(gv_view_of(stream.b, stream.n), BYTES_MAX, NULL);
}

#define HASH "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define KEY  "{\"name\":\"seal.key\",\"bytes\":32,\"sha256\":\"" HASH "\"}"
#define DB   "{\"name\":\"gavel.db\",\"bytes\":0,\"sha256\":\"" HASH "\"}"

static void manifests_that_name_anything_else_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "null",
        "{}",
        "{\"format\":2,\"version\":\"1\",\"schema\":1,\"files\":[" DB "," KEY "]}",
        "{\"format\":1,\"version\":\"1\",\"schema\":0,\"files\":[" DB "," KEY "]}",
        "{\"format\":1,\"version\":\"1\",\"schema\":1,\"files\":[" KEY "," DB "]}",
        "{\"format\":1,\"version\":\"1\",\"schema\":1,\"files\":[" DB "," DB "," KEY "]}",
        "{\"format\":1,\"version\":\"1\",\"schema\":1,\"files\":[" DB "]}",
        "{\"format\":1,\"version\":\"1\",\"schema\":1,\"files\":[" KEY "]}",
        "{\"format\":1,\"version\":\"1\",\"schema\":1,\"files\":[]}",
        "{\"format\":1,\"version\":\"1\",\"schema\":1,\"files\":{}}",
        "{\"format\":1,\"version\":\"1\",\"schema\":1,\"files\":[" DB "," KEY "],\"x\":1}",
        "{\"format\":1,\"version\":\"1\",\"schema\":1,\"files\":[" DB "," KEY
        ",{\"name\":\"../gavel.db\",\"bytes\":0,\"sha256\":\"" HASH "\"}]}",
        "{\"format\":1,\"version\":\"1\",\"schema\":1,\"files\":[" DB "," KEY
        ",{\"name\":\"/etc/passwd\",\"bytes\":0,\"sha256\":\"" HASH "\"}]}",
        "{\"format\":1,\"version\":\"1\",\"schema\":1,\"files\":[" DB
        ",{\"name\":\"seal.key\",\"bytes\":31,\"sha256\":\"" HASH "\"}]}",
        "{\"format\":1,\"version\":\"1\",\"schema\":1,\"files\":[{\"name\":\"gavel.db\",\"bytes\":-"
        "1,"
        "\"sha256\":\"" HASH "\"}," KEY "]}",
        "{\"format\":1,\"version\":\"1\",\"schema\":1,\"files\":[{\"name\":\"gavel.db\",\"bytes\":"
        "0,"
        "\"sha256\":\"00\"}," KEY "]}",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        if (read_manifest_text(bad[i]) == GV_OK) {
            fail_msg("taken: %s", bad[i]);
        }
    }
    /* A length that no manifest has. */
    memset(stream.b, 0xff, 4);
    assert_int_equal(read_payload(gv_view_of(stream.b, 4), 4, NULL), GV_ERR_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_comes_back_at_every_edge),
        cmocka_unit_test(a_wrong_passphrase_is_told_from_damage),
        cmocka_unit_test(every_flipped_bit_is_found),
        cmocka_unit_test(every_cut_is_found),
        cmocka_unit_test(chunks_cannot_be_swapped_repeated_or_brought_from_elsewhere),
        cmocka_unit_test(hostile_heads_cost_nothing),
        cmocka_unit_test(files_come_back_in_every_cutting),
        cmocka_unit_test(a_payload_that_is_short_long_or_changed_is_refused),
        cmocka_unit_test(manifests_that_name_anything_else_are_refused),
    };
    return cmocka_run_group_tests_name("archive", tests, NULL, NULL);
}
