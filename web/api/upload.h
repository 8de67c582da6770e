/* Upload: a ladder that somebody wants listed, from body to checked submission.
 *
 *   open, parse, fields ─► tip, utxo, asset, prior ─► judge (each PSBT) ─► engine
 * Cheap rules come first, and nothing outside is asked before the upload is well-formed. The first
 * broken rule ends it; the preflight goes on and lists them all.
 * An upload owns its submission and, from `utxo` on, a watch reference; gv_upload_close gives both
 * back. The items of a batch are checked one after the other in its one slot.
 * Thread: the worker that opened it. Source: tests/api/cases.md, rows 1 to 51. */
#ifndef GV_WEB_API_UPLOAD_H
#define GV_WEB_API_UPLOAD_H

#include "app/bitcoin/psbt_check.h"
#include "web/api/api_state.h"

struct gv_upload {
    struct gv_api *api;
    struct gv_api_worker *worker;
    struct gv_submission *submission; /* NULL: none, or kept by an engine that did not answer */
    struct gv_dutch_numbers numbers;
    /* As the upload says; the first one alone has the pointers of a single asset. */
    bool is_bundle;
    uint32_t asset_count;
    struct {
        struct gv_view name;
        struct gv_view qty; /* decimal text */
    } assets[GV_BUNDLE_MAX];
    uint32_t tip;                /* height that the UTXO's facts belong to, from gv_upload_utxo */
    uint32_t confirmations;      /* of the UTXO, from gv_upload_utxo */
    struct gv_dutch_prior prior; /* from gv_upload_prior */
};

/** Take a slot and read the body into it.
 *  Returns: GV_OK; GV_ERR_FULL (503); GV_ERR_UNSUPPORTED (415); GV_ERR_INVALID "json.empty";
 *  GV_ERR_TOO_LARGE; GV_ERR_TIMEOUT.   Out: body: as it came, until it is parsed. */
GV_MUST_USE enum gv_err gv_upload_open(struct gv_upload *upload, struct gv_exchange *x,
                                       struct gv_view *body, struct gv_fail *fail);
/** The body as JSON, in the slot's memory. Returns: GV_OK; GV_ERR_INVALID json.*; GV_ERR_TOO_LARGE. */
GV_MUST_USE enum gv_err gv_upload_parse(struct gv_upload *upload, struct gv_json *json,
                                        struct gv_fail *fail);
/** Forget the ladder that was checked, but not the body: for the next item of a batch. */
void gv_upload_next(struct gv_upload *upload);
void gv_upload_close(struct gv_upload *upload);

/** The eleven fields and the ladder; everything that needs no node.
 *  In: strict: unknown members are refused (/api/v1), else tolerated as the original did. */
GV_MUST_USE enum gv_err gv_upload_fields(struct gv_upload *upload, gv_json_ref root, bool strict,
                                         struct gv_fail *fail);

/** The list of rungs alone, in the order of the upload. */
GV_MUST_USE enum gv_err gv_upload_rungs(struct gv_upload *upload, gv_json_ref psbts, bool strict,
                                        struct gv_fail *fail);

/* What others know, one question each, in this order. Each returns also GV_ERR_UNAVAILABLE when who
 * is asked cannot be trusted now (503). A preflight goes on after GV_ERR_INVALID of the tip and of
 * the asset; without the UTXO nothing that follows can be judged. */

/** The node is live and the start is above its tip. */
GV_MUST_USE enum gv_err gv_upload_tip(struct gv_upload *upload, struct gv_fail *fail);
/** The UTXO: watched first, then asked for, so that a spend in between is seen.
 *  Returns also: GV_ERR_UNAVAILABLE "node.moved": node and market are not at one block. */
GV_MUST_USE enum gv_err gv_upload_utxo(struct gv_upload *upload, struct gv_fail *fail);
/** It holds exactly the assets and quantities offered, and no others. */
GV_MUST_USE enum gv_err gv_upload_asset(struct gv_upload *upload, struct gv_fail *fail);
/** Earlier listings of the UTXO, into upload->prior. */
GV_MUST_USE enum gv_err gv_upload_prior(struct gv_upload *upload, struct gv_fail *fail);

/** Member "warnings": what the seller should know although the listing is good; mostly empty. */
void gv_upload_write_warnings(struct gv_json_out *out, const struct gv_dutch_prior *prior,
                              struct gv_sat end_price);

/** How PSBTs of uploads were judged; unfit: valid, but not for a listing. */
enum gv_upload_verdict {
    GV_UPLOAD_LISTABLE,
    GV_UPLOAD_UNFIT,
    GV_UPLOAD_INVALID,
};
#define GV_UPLOAD_VERDICTS 3u
const char *gv_upload_verdict_name(enum gv_upload_verdict verdict);
/** Since the start. Thread: any. */
uint64_t gv_upload_checks(enum gv_upload_verdict verdict);

/** Judge rung `i` (sorted order) and keep its served form.
 *  Out: verdict: complete in every case.
 *  Returns: GV_OK; GV_ERR_INVALID psbt.*, "dutch.payout_differs", "dutch.unlocked". */
GV_MUST_USE enum gv_err gv_upload_judge(struct gv_upload *upload, uint32_t i, bool may_be_unlocked,
                                        struct gv_psbt_verdict *verdict, struct gv_fail *fail);

#endif
