/* The commands of gavelctl that ask the running daemon.
 * Each prints its answer (plain text, or the daemon's JSON with --json) and returns a sysexits(3)
 * status: EX_OK, EX_USAGE, EX_UNAVAILABLE (no daemon), EX_NOPERM, EX_DATAERR (it refused). */
#ifndef GV_APP_CLI_CTL_CLIENT_H
#define GV_APP_CLI_CTL_CLIENT_H

#include <stdbool.h>
#include <stdio.h>

struct gv_ctl_options {
    const char *data_dir;
    bool json;
    FILE *copy; /* where the daemon's answers go as they came, besides being read; NULL: nowhere */
};

int gv_ctl_status(const struct gv_ctl_options *options);
/** argv: --name NAME, --scope SCOPE (repeatable), --legacy-unlocked. */
int gv_ctl_key_create(const struct gv_ctl_options *options, int argc, char **argv);
int gv_ctl_key_list(const struct gv_ctl_options *options);
int gv_ctl_key_revoke(const struct gv_ctl_options *options, const char *id);
/** In: command: "audit.verify" or "orders.verify". EX_DATAERR: the chain of entries is broken; the text names the first bad one. */
int gv_ctl_verify(const struct gv_ctl_options *options, const char *command);

#endif
