/* gavelctl slot: the half of an update that runs as root, called by the image's scripts (firmware/image). It believes nothing
 * that the daemon says of a bundle. PLACES is a folder of root with links to what it works on:
 *   cmdline   /proc/cmdline                root-a, root-b   the slots' partitions
 *   card      the boot partition, mounted  kept             a folder for what survives a restart
 * and `state` there tells the daemon how it goes (record.h).
 * Thread: main. */
#ifndef GV_APP_CLI_SLOT_CLI_H
#define GV_APP_CLI_SLOT_CLI_H

#include "app/cli/ctl_client.h"

/** look     at each start: prints plain, confirmed, fell-back, trial, mislabelled or stray, and records what a cut left open
 *  install  the bundle that the daemon staged (--data), into the slot that does not run
 *  watch    a trial, until it is proved (status 0) or the SECONDS are over (75)
 *  confirm  make the slot that runs the chosen one
 *  may-restart   does the daemon allow it now (0) or not (65)?
 *  In: argv: COMMAND PLACES [SECONDS]. Returns: a sysexits(3) status. */
int gv_cli_slot(const struct gv_ctl_options *options, int argc, char **argv);

extern const char gv_cli_slot_usage[];

#endif
