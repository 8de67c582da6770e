/* What a stranger's backup file is read by: its head, its chunks, and what would come out of them. The
 * input is taken as all three, since no fuzzer guesses a key. */
#include "app/backup/archive.h"
#include "app/backup/payload.h"
#include "firmware/base/assert.h"

static enum gv_err drop(void *ctx, struct gv_view v)
{
    (void)ctx;
    (void)v;
    return GV_OK;
}

static uint64_t seen[GV_PAYLOAD_FILES];

static enum gv_err take(void *ctx, enum gv_payload_file file, struct gv_view v)
{
    (void)ctx;
    GV_ASSERT((unsigned)file < GV_PAYLOAD_FILES);
    seen[file] += v.n;
    return GV_OK;
}

static void read_archive(struct gv_view input)
{
    static struct gv_archive_reader reader;
    static const struct gv_seal_key key;
    struct gv_archive_header header;
    struct gv_fail fail;
    if (gv_archive_header_read(&header, input, &fail) != GV_OK) {
        return;
    }
    GV_ASSERT(header.rounds <= GV_ARCHIVE_ROUNDS_MAX);
    if (gv_archive_open(&reader, input, &key, drop, NULL, &fail) != GV_OK) {
        return;
    }
    const struct gv_view rest =
        gv_view_of(input.p + GV_ARCHIVE_HEADER_LEN, input.n - GV_ARCHIVE_HEADER_LEN);
    if (gv_archive_feed(&reader, rest, &fail) == GV_OK) {
        (void)!gv_archive_close(&reader, &fail);
    }
}

/* In: piece: bytes at a time. Returns: the verdict, which may not depend on the cutting. */
static enum gv_err read_payload(struct gv_view input, size_t piece)
{
    static struct gv_payload_reader reader;
    static const struct gv_payload_ops ops = {.bytes = take};
    struct gv_fail fail;
    enum gv_err err = GV_OK;
    for (unsigned i = 0; i < GV_PAYLOAD_FILES; i++) {
        seen[i] = 0;
    }
    gv_payload_open(&reader, &ops, NULL);
    for (size_t at = 0; at < input.n && err == GV_OK; at += piece) {
        const size_t n = input.n - at < piece ? input.n - at : piece;
        err = gv_payload_feed(&reader, gv_view_of(input.p + at, n), &fail);
    }
    if (err == GV_OK) {
        err = gv_payload_close(&reader, &fail);
    }
    for (unsigned i = 0; err == GV_OK && i < GV_PAYLOAD_FILES; i++) {
        GV_ASSERT(seen[i] == reader.manifest.files[i].bytes);
    }
    return err;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct gv_view input = gv_view_of(data, size);
    read_archive(input);
    GV_ASSERT(read_payload(input, size + 1) == read_payload(input, 3));
    return 0;
}
