/* gavelctl config: check a file without a daemon; show, get and set what the running one has.
 * Each returns a sysexits(3) status. Thread: main. */
#ifndef GV_APP_CLI_CONFIG_CLI_H
#define GV_APP_CLI_CONFIG_CLI_H

#include "app/cli/ctl_client.h"

/** Read FILE and the drop-ins of conf.d beside it as gaveld would; every finding has file and line.
 *  Returns: EX_OK; EX_DATAERR (a finding was printed); EX_NOINPUT. */
int gv_cli_config_check(const char *path);
/** key NULL: all settings, one a line: key, value, source. Otherwise the value alone. */
int gv_cli_config_show(const struct gv_ctl_options *options, const char *key);
/** argv: KEY=VALUE..., or KEY alone: back to the value below what is stored. */
int gv_cli_config_set(const struct gv_ctl_options *options, int argc, char **argv);

#endif
