/* Listing a ladder: one of a request, or one of a batch. Thread: the worker. */
#ifndef GV_WEB_API_CREATE_H
#define GV_WEB_API_CREATE_H

#include "web/api/handlers.h"
#include "web/api/upload.h"

/** Have the answer kept in the listing's transaction (idempotency.h). Before gv_create_dutch. */
void gv_create_keep(struct gv_upload *upload, const struct gv_family *family,
                    const struct gv_hash256 *key, const struct gv_hash256 *body);

/** Judge every rung and keep its served form. Returns: as gv_upload_judge of the first bad one. */
GV_MUST_USE enum gv_err gv_create_judge(struct gv_upload *upload, uint32_t granted,
                                        struct gv_fail *fail);

/** Every check, in the order in which a client wants to hear what is wrong. Returns: what gv_upload_*
 *  return. In: granted: scopes and flags of the caller. */
GV_MUST_USE enum gv_err gv_create_check(struct gv_upload *upload, gv_json_ref root,
                                        const struct gv_family *family, uint32_t granted,
                                        struct gv_fail *fail);

/** Check, then the engine's command.
 *  In: upload: open; close it afterwards, whatever is returned. granted: scopes and flags of the caller.
 *  Returns: GV_OK with *id; what gv_upload_* and gv_engine_create_dutch return. */
GV_MUST_USE enum gv_err gv_create_dutch(struct gv_upload *upload, gv_json_ref root,
                                        const struct gv_family *family, uint32_t granted,
                                        uint64_t *id, struct gv_fail *fail);

#endif
