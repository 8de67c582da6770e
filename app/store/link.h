/* Link: the hash that chains the rows of an append-only table, of the audit log and of the order
 * auctions' events. Each row's hash covers the row before it, its number, time and texts.
 * Private to app/store. Thread: any (pure). */
#ifndef GV_APP_STORE_LINK_H
#define GV_APP_STORE_LINK_H

#include "firmware/base/crypto.h"
#include "firmware/base/time.h"

/** Begin the hash of a row. In: table: tag of its own for each table ("gavel/audit"). */
void gv_link_begin(struct gv_sha256 *sha, const char *table, const struct gv_hash256 *prev,
                   uint64_t id, int64_t at);
/** Add a text, its length first, so that no two rows have the same bytes. */
void gv_link_text(struct gv_sha256 *sha, const char *text);

#endif
