/* Storage: SQL statements and transactions on one durable store.
 *
 * The abstraction is at the statement: SQL text and migrations live in app/store, engines here.
 * SQL stays within what SQLite and PostgreSQL both speak. One gv_storage is one connection.
 *
 *   begin ── exec/step ... ── commit (durable when it returns GV_OK) | rollback
 *
 * Statements are prepared once and kept by the caller; `index` starts at 1 for parameters and at 0
 * for columns. Bound values are copied. Blob and text columns are valid until the next step, reset
 * or finish of the statement. A failure may end the whole transaction (disk full, I/O): whatever
 * follows then fails as well, up to the commit or rollback. Thread: the one that opened it (engine).
 * Errors: GV_ERR_STORAGE (refused, disk full, corrupt), GV_ERR_CONFLICT (a constraint). */
#ifndef GV_HAL_IFACE_STORAGE_H
#define GV_HAL_IFACE_STORAGE_H

#include "firmware/base/bytes.h"

struct gv_stmt {
    void *handle; /* NULL: not prepared */
};

struct gv_storage_ops { /* every entry mandatory */
    enum gv_err (*begin)(void *ctx);
    enum gv_err (*commit)(void *ctx); /* GV_OK only once durable; otherwise rolled back */
    void (*rollback)(void *ctx);      /* allowed outside a transaction */
    void (*settle)(void *ctx);        /* outside a transaction; see gv_storage_settle */
    enum gv_err (*exec)(void *ctx, const char *sql); /* statements without result */
    enum gv_err (*prepare)(void *ctx, struct gv_stmt *stmt, const char *sql);
    void (*finish)(void *ctx, struct gv_stmt *stmt);       /* NULL handle allowed */
    enum gv_err (*reset)(void *ctx, struct gv_stmt *stmt); /* and clear the parameters */
    enum gv_err (*bind_int)(void *ctx, struct gv_stmt *stmt, int index, int64_t v);
    enum gv_err (*bind_text)(void *ctx, struct gv_stmt *stmt, int index, struct gv_view v);
    enum gv_err (*bind_blob)(void *ctx, struct gv_stmt *stmt, int index, struct gv_view v);
    enum gv_err (*step)(void *ctx, struct gv_stmt *stmt, bool *has_row);
    int64_t (*column_int)(void *ctx, struct gv_stmt *stmt, int index);
    struct gv_view (*column_text)(void *ctx, struct gv_stmt *stmt, int index);
    struct gv_view (*column_blob)(void *ctx, struct gv_stmt *stmt, int index);
};

struct gv_storage {
    const struct gv_storage_ops *ops;
    void *ctx;
};

GV_MUST_USE static inline enum gv_err gv_storage_begin(struct gv_storage *s)
{
    return s->ops->begin(s->ctx);
}

GV_MUST_USE static inline enum gv_err gv_storage_commit(struct gv_storage *s)
{
    return s->ops->commit(s->ctx);
}

static inline void gv_storage_rollback(struct gv_storage *s)
{
    s->ops->rollback(s->ctx);
}

/** A good moment for work that commits left undone: nobody waits for an answer. May wait for the disk.
 *  Never needed: what finds no good moment is done in a commit, later and at once. */
static inline void gv_storage_settle(struct gv_storage *s)
{
    s->ops->settle(s->ctx);
}

GV_MUST_USE static inline enum gv_err gv_storage_exec(struct gv_storage *s, const char *sql)
{
    return s->ops->exec(s->ctx, sql);
}

GV_MUST_USE static inline enum gv_err gv_storage_prepare(struct gv_storage *s, struct gv_stmt *stmt,
                                                         const char *sql)
{
    return s->ops->prepare(s->ctx, stmt, sql);
}

static inline void gv_storage_finish(struct gv_storage *s, struct gv_stmt *stmt)
{
    s->ops->finish(s->ctx, stmt);
}

GV_MUST_USE static inline enum gv_err gv_storage_reset(struct gv_storage *s, struct gv_stmt *stmt)
{
    return s->ops->reset(s->ctx, stmt);
}

GV_MUST_USE static inline enum gv_err
gv_storage_bind_int(struct gv_storage *s, struct gv_stmt *stmt, int index, int64_t v)
{
    return s->ops->bind_int(s->ctx, stmt, index, v);
}

GV_MUST_USE static inline enum gv_err
gv_storage_bind_text(struct gv_storage *s, struct gv_stmt *stmt, int index, struct gv_view v)
{
    return s->ops->bind_text(s->ctx, stmt, index, v);
}

GV_MUST_USE static inline enum gv_err
gv_storage_bind_blob(struct gv_storage *s, struct gv_stmt *stmt, int index, struct gv_view v)
{
    return s->ops->bind_blob(s->ctx, stmt, index, v);
}

GV_MUST_USE static inline enum gv_err gv_storage_step(struct gv_storage *s, struct gv_stmt *stmt,
                                                      bool *has_row)
{
    return s->ops->step(s->ctx, stmt, has_row);
}

static inline int64_t gv_storage_column_int(struct gv_storage *s, struct gv_stmt *stmt, int index)
{
    return s->ops->column_int(s->ctx, stmt, index);
}

static inline struct gv_view gv_storage_column_text(struct gv_storage *s, struct gv_stmt *stmt,
                                                    int index)
{
    return s->ops->column_text(s->ctx, stmt, index);
}

static inline struct gv_view gv_storage_column_blob(struct gv_storage *s, struct gv_stmt *stmt,
                                                    int index)
{
    return s->ops->column_blob(s->ctx, stmt, index);
}

#endif
