/* Rendering: a listing as JSON, in the original's form and in that of /api/v1.
 * Thread: any (pure; rows are read under the market's lock or are copies). */
#ifndef GV_WEB_API_RENDER_H
#define GV_WEB_API_RENDER_H

#include "app/engine/market.h"
#include "firmware/base/json.h"

/** The original's listing object without PSBT members. */
void gv_render_legacy(struct gv_json_out *out, const struct gv_dutch_listing *listing,
                      enum gv_dutch_status status);

/** Members of the /api/v1 object without the PSBT, into an object that is open. */
void gv_render_v1_members(struct gv_json_out *out, const struct gv_market_row *row,
                          struct gv_tip tip);
/** The /api/v1 object of lists and live frames, with the revealed PSBT when there is one. */
void gv_render_v1(struct gv_json_out *out, const struct gv_market_row *row, struct gv_tip tip);
/** The /api/v1/node object. */
void gv_render_node(struct gv_json_out *out, const struct gv_market_head *head, struct gv_utc now);

/** Member "ladder_root": null when there is none. */
void gv_render_ladder_root(struct gv_json_out *out, const struct gv_hash256 *root);
/** Member "proof": that a rung was there from the beginning; null when there is none. */
void gv_render_proof(struct gv_json_out *out, const struct gv_ladder_proof *proof);

/** "rung", "not_started", ... Returns: a static string. */
const char *gv_reveal_text(enum gv_reveal_kind kind);

/** Base64 of the revealed PSBT inside the row's text; n = 0 when nothing is revealed. */
static inline struct gv_view gv_row_psbt(const struct gv_market_row *row)
{
    return gv_view_of(row->text + row->psbt_at, row->psbt_len);
}

/* small helpers that both forms use */
void gv_render_utc(struct gv_json_out *out, const char *key, struct gv_utc at);
/** null for s = 0: what has not happened yet, or never will. */
void gv_render_utc_or_null(struct gv_json_out *out, const char *key, struct gv_utc at);
void gv_render_text_or_null(struct gv_json_out *out, const char *key, const char *text);
void gv_render_hash_or_null(struct gv_json_out *out, const char *key, const struct gv_hash256 *hash,
                            bool present);
void gv_render_int_or_null(struct gv_json_out *out, const char *key, uint64_t v, bool present);

#endif
