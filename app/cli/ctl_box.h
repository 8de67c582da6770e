/* The commands of gavelctl about the box as a whole: doctor, auction, cert, bundle.
 * Return a sysexits(3) status as those of ctl_client.h; also EX_TEMPFAIL (the doctor found a failure) and
 * EX_CANTCREAT (the bundle's file). */
#ifndef GV_APP_CLI_CTL_BOX_H
#define GV_APP_CLI_CTL_BOX_H

#include "app/cli/ctl_client.h"

extern const char gv_ctl_box_usage[];

/** Is the first word one of these commands? */
bool gv_ctl_box_knows(const char *word);
int gv_ctl_box(const struct gv_ctl_options *options, int argc, char **argv);

/** Everything a supporter needs to know of a running daemon in one JSON file, without secrets.
 *  In: path: a file that is not there yet; "-": standard output. */
int gv_ctl_bundle(const struct gv_ctl_options *options, const char *path);

#endif
