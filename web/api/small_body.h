/* Small JSON bodies: read and parsed in the worker's own memory, checked member by member. */
#ifndef GV_WEB_API_SMALL_BODY_H
#define GV_WEB_API_SMALL_BODY_H

#include "app/bitcoin/tx_types.h"
#include "web/api/api_state.h"

/** Read the body of a route with body_max <= GV_SMALL_BODY_MAX; an object of exactly `members`.
 *  Returns: GV_OK; GV_ERR_UNSUPPORTED, GV_ERR_INVALID, GV_ERR_TOO_LARGE, GV_ERR_TIMEOUT. */
GV_MUST_USE enum gv_err gv_small_body(struct gv_exchange *x, const char *const *members,
                                      struct gv_json *json, struct gv_fail *fail);

/** Overwrite the body, when it held a secret. */
void gv_small_body_wipe(struct gv_exchange *x);

/** Text member of min to max bytes; lies in the body. Returns: GV_OK; GV_ERR_INVALID "json.text". */
GV_MUST_USE enum gv_err gv_member_text(gv_json_ref object, const char *key, size_t min, size_t max,
                                       struct gv_view *out, struct gv_fail *fail);
/** Text member of less than cap bytes, copied; when there is none, out stays as it is.
 *  Returns: GV_OK; GV_ERR_INVALID "json.type". */
GV_MUST_USE enum gv_err gv_member_text_if_there(gv_json_ref object, const char *key, char *out,
                                                size_t cap, struct gv_fail *fail);
/** Integer member from min to max. Returns: GV_OK; GV_ERR_INVALID "json.type" or "range". */
GV_MUST_USE enum gv_err gv_member_int(gv_json_ref object, const char *key, int64_t min, int64_t max,
                                      int64_t *out, struct gv_fail *fail);
/** Members naming an outpoint. In: pointer: of the object, "" for the root. */
GV_MUST_USE enum gv_err gv_member_outpoint(gv_json_ref object, const char *txid_key,
                                           const char *vout_key, const char *pointer,
                                           struct gv_outpoint *out, struct gv_fail *fail);
/** Address member of this box's network, as its script. */
GV_MUST_USE enum gv_err gv_member_address(const struct gv_api *api, gv_json_ref object,
                                          const char *key, struct gv_spk *out,
                                          struct gv_fail *fail);

#endif
