#include "app/store/link.h"

#include "firmware/base/text.h"

static void add_u64(struct gv_sha256 *sha, uint64_t v)
{
    uint8_t bytes[8];
    struct gv_writer w = gv_writer_of(bytes, sizeof(bytes));
    gv_write_u64le(&w, v);
    gv_sha256_add(sha, gv_written(&w));
}

void gv_link_begin(struct gv_sha256 *sha, const char *table, const struct gv_hash256 *prev,
                   uint64_t id, int64_t at)
{
    gv_tagged_init(sha, table);
    gv_sha256_add(sha, gv_view_of(prev->b, sizeof(prev->b)));
    add_u64(sha, id);
    add_u64(sha, (uint64_t)at);
}

void gv_link_text(struct gv_sha256 *sha, const char *text)
{
    const struct gv_view v = gv_view_str(text);
    add_u64(sha, v.n);
    gv_sha256_add(sha, v);
}
