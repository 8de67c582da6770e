#include "app/store/query.h"

#include "firmware/base/assert.h"
#include "firmware/base/log.h"
#include "firmware/base/text.h"

struct gv_query gv_query_start(struct gv_store *store, enum gv_sql sql, const char *about)
{
    struct gv_query q = {
        .storage = store->storage, .stmt = &store->statements[sql], .about = about};
    GV_ASSERT(q.stmt->handle != NULL);
    q.err = gv_storage_reset(q.storage, q.stmt);
    return q;
}

void gv_query_put_int(struct gv_query *q, int64_t v)
{
    q->put++;
    if (q->err == GV_OK) {
        q->err = gv_storage_bind_int(q->storage, q->stmt, q->put, v);
    }
}

void gv_query_put_text(struct gv_query *q, const char *text)
{
    q->put++;
    if (q->err == GV_OK) {
        q->err = gv_storage_bind_text(q->storage, q->stmt, q->put, gv_view_str(text));
    }
}

void gv_query_put_blob(struct gv_query *q, struct gv_view v)
{
    q->put++;
    if (q->err == GV_OK) {
        q->err = gv_storage_bind_blob(q->storage, q->stmt, q->put, v);
    }
}

bool gv_query_next(struct gv_query *q)
{
    bool has_row = false;
    if (q->err == GV_OK && !q->corrupt) {
        q->got = 0;
        q->err = gv_storage_step(q->storage, q->stmt, &has_row);
    }
    return q->err == GV_OK && has_row;
}

enum gv_err gv_query_run(struct gv_query *q)
{
    bool has_row = gv_query_next(q);
    GV_ASSERT(!has_row);
    return gv_query_end(q);
}

int64_t gv_query_get_int(struct gv_query *q)
{
    return gv_storage_column_int(q->storage, q->stmt, q->got++);
}

uint64_t gv_query_get_uint(struct gv_query *q, uint64_t max)
{
    int64_t v = gv_query_get_int(q);
    if (v < 0 || (uint64_t)v > max) {
        q->corrupt = true;
        return 0;
    }
    return (uint64_t)v;
}

bool gv_query_get_bool(struct gv_query *q)
{
    return gv_query_get_uint(q, 1) == 1;
}

void gv_query_get_text(struct gv_query *q, char *out, size_t cap)
{
    struct gv_view text = gv_storage_column_text(q->storage, q->stmt, q->got++);
    out[0] = '\0';
    if (text.n >= cap || (text.n > 0 && memchr(text.p, '\0', text.n) != NULL)) {
        q->corrupt = true;
    } else if (text.n > 0) {
        memcpy(out, text.p, text.n);
        out[text.n] = '\0';
    }
}

struct gv_view gv_query_get_blob(struct gv_query *q)
{
    return gv_storage_column_blob(q->storage, q->stmt, q->got++);
}

void gv_query_get_hash(struct gv_query *q, struct gv_hash256 *out)
{
    struct gv_view v = gv_query_get_blob(q);
    if (v.n != sizeof(out->b)) {
        q->corrupt = true;
    } else {
        memcpy(out->b, v.p, sizeof(out->b));
    }
}

void gv_query_get_spk(struct gv_query *q, struct gv_spk *out)
{
    struct gv_view v = gv_query_get_blob(q);
    if (v.n == 0 || !gv_spk_set(out, v)) {
        q->corrupt = true;
    }
}

enum gv_err gv_query_end(struct gv_query *q)
{
    enum gv_err err = gv_storage_reset(q->storage, q->stmt);
    if (q->err != GV_OK) {
        return q->err;
    }
    if (q->corrupt) {
        gv_log(GV_LOG_BROKEN, "store", "corrupt_row table=%s", q->about);
        return GV_ERR_STORAGE;
    }
    return err;
}
