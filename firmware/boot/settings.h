/* Settings while the daemon runs: the changes that its owner stores, and what of them is live.
 * Thread: open and close main. */
#ifndef GV_FIRMWARE_BOOT_SETTINGS_H
#define GV_FIRMWARE_BOOT_SETTINGS_H

#include "app/config/changes.h"

#include <stdatomic.h>

/** Keeps both. In: below: what ranks below the stored settings. */
struct gv_changes *gv_settings_open(const struct gv_config *running, const struct gv_config *below);
/** Wipe what is secret. */
void gv_settings_close(void);
/** webhooks.private_targets as it is now. Any thread. */
const atomic_bool *gv_settings_private_targets(void);

#endif
