#include "app/store/link.h"
#include "app/store/query.h"
#include "firmware/base/text.h"

#include <string.h>

static void hash_row(struct gv_hash256 *hash, const struct gv_audit_row *row)
{
    struct gv_sha256 sha;
    gv_link_begin(&sha, "gavel/audit", &row->prev_hash, row->id, row->at.s);
    gv_link_text(&sha, row->kind);
    gv_link_text(&sha, row->subject);
    gv_link_text(&sha, row->detail);
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
    struct gv_audit_row row = {.at = at};
    uint64_t last = 0;
    enum gv_err err = read_last(store, &last, &row.prev_hash);
    if (err != GV_OK) {
        return err;
    }
    row.id = last + 1;
    gv_format_cut(row.kind, sizeof(row.kind), "%s", kind);
    gv_format_cut(row.subject, sizeof(row.subject), "%s", subject);
    gv_format_cut(row.detail, sizeof(row.detail), "%s", detail);
    hash_row(&row.hash, &row);

    struct gv_query q = gv_query_start(store, GV_SQL_AUDIT_INSERT, "audit");
    gv_query_put_int(&q, (int64_t)row.id);
    gv_query_put_int(&q, row.at.s);
    gv_query_put_text(&q, row.kind);
    gv_query_put_text(&q, row.subject);
    gv_query_put_text(&q, row.detail);
    gv_query_put_blob(&q, gv_view_of(row.prev_hash.b, sizeof(row.prev_hash.b)));
    gv_query_put_blob(&q, gv_view_of(row.hash.b, sizeof(row.hash.b)));
    return gv_query_run(&q);
}

static void get_row(struct gv_query *q, struct gv_audit_row *row)
{
    row->id = gv_query_get_uint(q, INT64_MAX);
    row->at = (struct gv_utc){gv_query_get_int(q)};
    gv_query_get_text(q, row->kind, sizeof(row->kind));
    gv_query_get_text(q, row->subject, sizeof(row->subject));
    gv_query_get_text(q, row->detail, sizeof(row->detail));
    gv_query_get_hash(q, &row->prev_hash);
    gv_query_get_hash(q, &row->hash);
}

enum gv_err gv_store_audit_verify_more(struct gv_store *store, uint32_t rows_max, uint64_t *rows,
                                       struct gv_hash256 *last)
{
    struct gv_audit_row row;
    struct gv_hash256 computed;
    bool good = true;
    struct gv_query q = gv_query_start(store, GV_SQL_AUDIT_EACH, "audit");
    gv_query_put_int(&q, (int64_t)*rows);
    for (uint32_t i = 0; i < rows_max && good && gv_query_next(&q); i++) {
        get_row(&q, &row);
        hash_row(&computed, &row);
        good = !q.corrupt && row.id == *rows + 1 && gv_hash256_equal(&row.prev_hash, last) &&
               gv_hash256_equal(&row.hash, &computed);
        if (good) {
            (*rows)++;
            *last = row.hash;
        }
    }
    const enum gv_err err = gv_query_end(&q);
    return good ? err : GV_ERR_CRYPTO;
}

enum gv_err gv_store_audit_verify(struct gv_store *store, uint64_t *rows, struct gv_hash256 *last)
{
    *rows = 0;
    *last = (struct gv_hash256){{0}};
    return gv_store_audit_verify_more(store, UINT32_MAX, rows, last);
}

static enum gv_err read_rows(struct gv_query *q, struct gv_audit_row *rows, uint32_t rows_max,
                             uint32_t *count)
{
    *count = 0;
    while (*count < rows_max && gv_query_next(q)) {
        get_row(q, &rows[*count]);
        *count += q->corrupt ? 0u : 1u;
    }
    return gv_query_end(q);
}

enum gv_err gv_store_audit_list(struct gv_store *store, uint64_t before, const char *kind,
                                struct gv_audit_row *rows, uint32_t rows_max, uint32_t *count)
{
    const int64_t below = before > INT64_MAX ? INT64_MAX : (int64_t)before;
    const bool whole = strchr(kind, '.') != NULL; /* a kind has one dot at most */
    const unsigned kinds = kind[0] == '\0' ? 0 : whole ? 1 : 3;
    const enum gv_sql sql = kinds == 0   ? GV_SQL_AUDIT_BEFORE
                            : kinds == 1 ? GV_SQL_AUDIT_KIND_BEFORE
                                         : GV_SQL_AUDIT_AREA_BEFORE;
    struct gv_query q = gv_query_start(store, sql, "audit");
    gv_query_put_int(&q, below);
    for (unsigned i = 0; i < kinds; i++) {
        gv_query_put_text(&q, kind);
    }
    gv_query_put_int(&q, rows_max);
    return read_rows(&q, rows, rows_max, count);
}

enum gv_err gv_store_audit_about(struct gv_store *store, const char *subject,
                                 struct gv_audit_row *rows, uint32_t rows_max, uint32_t *count)
{
    struct gv_query q = gv_query_start(store, GV_SQL_AUDIT_ABOUT, "audit");
    gv_query_put_text(&q, subject);
    gv_query_put_int(&q, rows_max);
    return read_rows(&q, rows, rows_max, count);
}
