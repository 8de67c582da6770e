/* Query: one run of one prepared statement, with errors that stick.
 *
 *   gv_query_start ─► gv_query_put_* ... ─► gv_query_run              (writes)
 *                                      └──► gv_query_next ─► gv_query_get_* ...  (reads, by row)
 *                                             └──► gv_query_end
 *
 * Parameters and columns go in order, so each row format is written down once per direction. A
 * column outside its limits sets `corrupt`, which gv_query_end turns into GV_ERR_STORAGE.
 * Private to app/store. Thread: engine. */
#ifndef GV_APP_STORE_QUERY_H
#define GV_APP_STORE_QUERY_H

#include "app/store/sql.h"
#include "app/store/store.h"

struct gv_query {
    struct gv_storage *storage;
    struct gv_stmt *stmt;
    const char *about; /* table, for the log */
    enum gv_err err;
    int put; /* parameters bound so far */
    int got; /* columns of this row read so far */
    bool corrupt;
};

struct gv_query gv_query_start(struct gv_store *store, enum gv_sql sql, const char *about);

void gv_query_put_int(struct gv_query *q, int64_t v);
void gv_query_put_text(struct gv_query *q, const char *text);
void gv_query_put_blob(struct gv_query *q, struct gv_view v);

/** Run a statement without rows. */
GV_MUST_USE enum gv_err gv_query_run(struct gv_query *q);

/** Step to the next row. Returns: false at the end and after any error. */
bool gv_query_next(struct gv_query *q);

/** The next column, 0 <= value <= max. */
uint64_t gv_query_get_uint(struct gv_query *q, uint64_t max);
int64_t gv_query_get_int(struct gv_query *q);
bool gv_query_get_bool(struct gv_query *q);
/** Copy a text of less than `cap` bytes without NULs. */
void gv_query_get_text(struct gv_query *q, char *out, size_t cap);
/** The bytes, valid until the next step. */
struct gv_view gv_query_get_blob(struct gv_query *q);
void gv_query_get_hash(struct gv_query *q, struct gv_hash256 *out);
void gv_query_get_spk(struct gv_query *q, struct gv_spk *out);

/** Give the statement back. Returns: the first error. */
GV_MUST_USE enum gv_err gv_query_end(struct gv_query *q);

#endif
