/* Options: the daemon's command line, and the settings that result from it.
 * Thread: main, once. */
#ifndef GV_FIRMWARE_BOOT_OPTIONS_H
#define GV_FIRMWARE_BOOT_OPTIONS_H

#include "app/config/config.h"

enum gv_options_action {
    GV_OPTIONS_RUN,
    GV_OPTIONS_EXIT, /* help or version was printed */
};

/** Command line over environment over stored over file and drop-ins over defaults. Stored settings
 *  that cannot be used are replaced by their last good copy, or left out, with a line in the log: they
 *  must not keep a box from starting. Drop-ins are the files *.conf of the folder conf.d beside the
 *  file, by name. Messages go to stderr.
 *  Returns: a sysexits(3) status: EX_OK, EX_USAGE, EX_CONFIG (a setting, or the file it is in).
 *  Out: below: what ranks below the stored settings. */
GV_MUST_USE int gv_options_read(struct gv_config *config, struct gv_config *below,
                                enum gv_options_action *action, int argc, char **argv);

#endif
