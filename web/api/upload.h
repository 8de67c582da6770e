/* Upload: a ladder that somebody wants listed, from body to checked submission.
 *
 *   read (body, JSON, fields, ladder) ─► chain (node, UTXO, asset) ─► judge (each PSBT) ─► engine
 * Cheap rules come first, and nothing outside is asked before the upload is well-formed. The first
 * broken rule ends it; the preflight goes on and lists them all.
 * An upload owns its submission and, from `chain` on, a watch reference; gv_upload_close gives both
 * back unless the engine has taken them over.
 * Thread: the worker that opened it. Source: fact sheet 2 (validation chain), 3.5. */
#ifndef GV_WEB_API_UPLOAD_H
#define GV_WEB_API_UPLOAD_H

#include "app/bitcoin/psbt_check.h"
#include "web/api/api_state.h"

struct gv_upload {
    struct gv_api *api;
    struct gv_api_worker *worker;
    struct gv_submission *submission; /* NULL: none, or taken over by the engine */
    struct gv_dutch_numbers numbers;
    struct gv_view asset_qty; /* decimal text */
};

/** Take a slot and read the body as JSON.
 *  Returns: GV_OK with *json in the slot's memory; GV_ERR_FULL (503); GV_ERR_UNSUPPORTED (415);
 *  GV_ERR_INVALID (json.*); GV_ERR_TOO_LARGE; GV_ERR_TIMEOUT. */
GV_MUST_USE enum gv_err gv_upload_open(struct gv_upload *upload, struct gv_exchange *x,
                                       struct gv_json *json, struct gv_fail *fail);
void gv_upload_close(struct gv_upload *upload);

/** The eleven fields and the ladder; everything that needs no node.
 *  In: strict: unknown members are refused (/api/v1), else tolerated as the original did. */
GV_MUST_USE enum gv_err gv_upload_fields(struct gv_upload *upload, gv_json_ref root, bool strict,
                                         struct gv_fail *fail);

/** Tip, UTXO and asset: watch first, then ask, so that a spend in between is seen.
 *  Returns also GV_ERR_UNAVAILABLE when node or indexer cannot be trusted now (503). */
GV_MUST_USE enum gv_err gv_upload_chain(struct gv_upload *upload, struct gv_fail *fail);

/** Judge rung `i` (sorted order) and keep its served form.
 *  Out: verdict: complete in every case.
 *  Returns: GV_OK; GV_ERR_INVALID psbt.*, "dutch.payout_differs", "dutch.unlocked". */
GV_MUST_USE enum gv_err gv_upload_judge(struct gv_upload *upload, uint32_t i, bool may_be_unlocked,
                                        struct gv_psbt_verdict *verdict, struct gv_fail *fail);

#endif
