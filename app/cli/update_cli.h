/* gavelctl update and verify: a bundle in hand. Thread: main. */
#ifndef GV_APP_CLI_UPDATE_CLI_H
#define GV_APP_CLI_UPDATE_CLI_H

#include "app/cli/ctl_client.h"

/** Judge a bundle without a daemon: signature, parts, which version it is.
 *  Returns: EX_OK; EX_NOINPUT; EX_DATAERR (the text says which rule it breaks). */
int gv_cli_verify(const char *path);

/** Hand a bundle to the daemon of this machine, which asks for its installation; path NULL: only say how it goes.
 *  Returns: a sysexits(3) status. */
int gv_cli_update(const struct gv_ctl_options *options, const char *path);

extern const char gv_cli_update_usage[];

#endif
