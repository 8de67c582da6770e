/* Update gate: may the box be away for some minutes now? Each module whose work a restart would harm has its question here.
 * Thread: any. */
#ifndef GV_FIRMWARE_BOOT_UPDATE_GATE_H
#define GV_FIRMWARE_BOOT_UPDATE_GATE_H

#include "firmware/base/err.h"

/** Does something run that a restart would harm? A falling-price sale is none: its reveals follow the chain.
 *  Returns: GV_OK; GV_ERR_STATE "update.backup", "update.live". */
GV_MUST_USE enum gv_err gv_update_gate_restart(struct gv_fail *fail);

/** As above, and the box must be ready: a release could not prove itself on a box whose present one does not.
 *  Returns also: GV_ERR_STATE "update.not_ready". */
GV_MUST_USE enum gv_err gv_update_gate_install(struct gv_fail *fail);

#endif
