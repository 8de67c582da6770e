#include "app/store/query.h"
#include "firmware/base/text.h"

#define KIND_MAX 48u

struct audit_row {
    uint64_t id;
    struct gv_utc at;
    char kind[KIND_MAX];
    char subject[GV_AUDIT_SUBJECT_MAX];
    char detail[GV_AUDIT_DETAIL_MAX];
    struct gv_hash256 prev_hash;
};

static void add_u64(struct gv_sha256 *sha, uint64_t v)
{
    uint8_t bytes[8];
    struct gv_writer w = gv_writer_of(bytes, sizeof(bytes));
    gv_write_u64le(&w, v);
    gv_sha256_add(sha, gv_written(&w));
}

/* Length first, so that no two rows have the same bytes. */
static void add_text(struct gv_sha256 *sha, const char *text)
{
    struct gv_view v = gv_view_str(text);
    add_u64(sha, v.n);
    gv_sha256_add(sha, v);
}

static void hash_row(struct gv_hash256 *hash, const struct audit_row *row)
{
    struct gv_sha256 sha;
    gv_tagged_init(&sha, "gavel/audit");
    gv_sha256_add(&sha, gv_view_of(row->prev_hash.b, sizeof(row->prev_hash.b)));
    add_u64(&sha, row->id);
    add_u64(&sha, (uint64_t)row->at.s);
    add_text(&sha, row->kind);
    add_text(&sha, row->subject);
    add_text(&sha, row->detail);
    gv_sha256_finish(&sha, hash);
}

/* Read from the table each time: nothing is left to undo after a rollback. */
static enum gv_err read_last(struct gv_store *store, uint64_t *id, struct gv_hash256 *hash)
{
    struct gv_query q = gv_query_start(store, GV_SQL_AUDIT_LAST, "audit");
    *id = 0;
    *hash = (struct gv_hash256){{0}};
    if (gv_query_next(&q)) {
        *id = gv_query_get_uint(&q, INT64_MAX - 1);
        gv_query_get_hash(&q, hash);
    }
    return gv_query_end(&q);
}

enum gv_err gv_store_audit(struct gv_store *store, struct gv_utc at, const char *kind,
                           const char *subject, const char *detail)
{
    struct audit_row row = {.at = at};
    struct gv_hash256 hash;
    uint64_t last = 0;
    enum gv_err err = read_last(store, &last, &row.prev_hash);
    if (err != GV_OK) {
        return err;
    }
    row.id = last + 1;
    gv_format_cut(row.kind, sizeof(row.kind), "%s", kind);
    gv_format_cut(row.subject, sizeof(row.subject), "%s", subject);
    gv_format_cut(row.detail, sizeof(row.detail), "%s", detail);
    hash_row(&hash, &row);

    struct gv_query q = gv_query_start(store, GV_SQL_AUDIT_INSERT, "audit");
    gv_query_put_int(&q, (int64_t)row.id);
    gv_query_put_int(&q, row.at.s);
    gv_query_put_text(&q, row.kind);
    gv_query_put_text(&q, row.subject);
    gv_query_put_text(&q, row.detail);
    gv_query_put_blob(&q, gv_view_of(row.prev_hash.b, sizeof(row.prev_hash.b)));
    gv_query_put_blob(&q, gv_view_of(hash.b, sizeof(hash.b)));
    return gv_query_run(&q);
}

static void get_row(struct gv_query *q, struct audit_row *row, struct gv_hash256 *hash)
{
    row->id = gv_query_get_uint(q, INT64_MAX);
    row->at = (struct gv_utc){gv_query_get_int(q)};
    gv_query_get_text(q, row->kind, sizeof(row->kind));
    gv_query_get_text(q, row->subject, sizeof(row->subject));
    gv_query_get_text(q, row->detail, sizeof(row->detail));
    gv_query_get_hash(q, &row->prev_hash);
    gv_query_get_hash(q, hash);
}

enum gv_err gv_store_audit_verify(struct gv_store *store, uint64_t *rows, struct gv_hash256 *last)
{
    struct audit_row row;
    struct gv_hash256 stored;
    struct gv_hash256 computed;
    bool good = true;
    *rows = 0;
    *last = (struct gv_hash256){{0}};
    struct gv_query q = gv_query_start(store, GV_SQL_AUDIT_EACH, "audit");
    while (good && gv_query_next(&q)) {
        get_row(&q, &row, &stored);
        hash_row(&computed, &row);
        good = !q.corrupt && row.id == *rows + 1 && gv_hash256_equal(&row.prev_hash, last) &&
               gv_hash256_equal(&stored, &computed);
        if (good) {
            (*rows)++;
            *last = stored;
        }
    }
    enum gv_err err = gv_query_end(&q);
    if (!good) {
        return GV_ERR_CRYPTO;
    }
    return err;
}
