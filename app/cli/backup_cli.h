/* gavelctl backup: create, list, verify, restore, delete. A job is waited for; the passphrase is read from
 * the terminal or standard input, never from the command line, where others would see it.
 * Each returns a sysexits(3) status. Thread: main. */
#ifndef GV_APP_CLI_BACKUP_CLI_H
#define GV_APP_CLI_BACKUP_CLI_H

#include "app/cli/ctl_client.h"

/** argv: the words behind "backup". Returns also: EX_USAGE (nothing was printed: show the usage). */
int gv_cli_backup(const struct gv_ctl_options *options, int argc, char **argv);

#endif
