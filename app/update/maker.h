/* Maker: the head of a bundle, signed. For gavel-release and tests; nothing of it is linked into the box.
 * Thread: one for all of it (the signer's). */
#ifndef GV_APP_UPDATE_MAKER_H
#define GV_APP_UPDATE_MAKER_H

#include "app/bitcoin/sign.h"
#include "app/update/bundle.h"

/** In: bundle: version, from and parts; bytes is not looked at. aux: as gv_schnorr_sign.
 *  Returns: GV_OK; GV_ERR_TOO_LARGE "update.head": the parts do not fit the head. */
GV_MUST_USE enum gv_err gv_bundle_make_head(uint8_t head[GV_BUNDLE_HEAD],
                                            const struct gv_bundle *bundle,
                                            const struct gv_signer *signer, const uint8_t aux[32],
                                            struct gv_fail *fail);

/** Sign lines that are there already, as a maker with other ideas would. In: head: n bytes of lines, zeros behind. */
GV_MUST_USE enum gv_err gv_bundle_sign_lines(uint8_t head[GV_BUNDLE_HEAD], size_t n,
                                             const struct gv_signer *signer, const uint8_t aux[32],
                                             struct gv_fail *fail);

#endif
