/* Update stage: the daemon's half of an update. It has no right to write a slot: a bundle is judged, laid into its folder,
 * and a file "wanted" beside it wakes the program that runs as root (gavel-update.path), which believes nothing of this.
 * What that program tells is read from update.folder; an empty setting means that this box is updated elsewhere.
 * Memory: one bundle's reader. Thread: open main; operations any. */
#ifndef GV_FIRMWARE_BOOT_UPDATE_STAGE_H
#define GV_FIRMWARE_BOOT_UPDATE_STAGE_H

#include "app/config/config.h"
#include "app/update/update.h"

/** Keeps config. A bundle that lies there from before is staged again when it may still be installed. */
void gv_update_stage_open(const struct gv_config *config);

/** For web and control. */
extern const struct gv_update_ops gv_update_stage_ops;

#endif
