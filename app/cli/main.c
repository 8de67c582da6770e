/* gavelctl: one command for the box's owner. Talks to the running daemon through its control socket
 * (the kernel tells the daemon who we are), except for commands that need no daemon. */
#include "app/cli/ctl_client.h"
#include "app/cli/psbt_check.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

static int usage(FILE *to, int status)
{
    fputs(
        "usage: gavelctl [--data DIR] [--json] COMMAND\n"
        "  status                                   node, listings, memory of the running daemon\n"
        "  apikey create --name NAME [--scope SCOPE]... [--legacy-unlocked]\n"
        "                                           make a key; it is shown once\n"
        "  apikey list\n"
        "  apikey revoke ID\n"
        "  psbt check --txid T --vout N --script HEX --amount SATS --price SATS\n"
        "             [--block B] [--network NET] [--json] [FILE|-]\n"
        "Scopes: auctions:read, auctions:write (the default), admin.\n"
        "Exit status: sysexits(3); psbt check: 0 listable, 2 valid only, 1 invalid, 64 usage.\n",
        to);
    return status;
}

int main(int argc, char **argv)
{
    struct gv_ctl_options options = {.data_dir = "/var/lib/gavel", .json = false};
    int at = 1;
    for (; at < argc && argv[at][0] == '-'; at++) {
        if (strcmp(argv[at], "--json") == 0) {
            options.json = true;
        } else if (strcmp(argv[at], "--data") == 0 && at + 1 < argc) {
            options.data_dir = argv[++at];
        } else if (strcmp(argv[at], "--help") == 0) {
            return usage(stdout, EX_OK);
        } else {
            return usage(stderr, EX_USAGE);
        }
    }
    const int left = argc - at;
    char **rest = argv + at;
    if (left >= 2 && strcmp(rest[0], "psbt") == 0 && strcmp(rest[1], "check") == 0) {
        return gv_cli_psbt_check(left - 2, rest + 2);
    }
    if (left == 1 && strcmp(rest[0], "status") == 0) {
        return gv_ctl_status(&options);
    }
    if (left >= 2 && strcmp(rest[0], "apikey") == 0 && strcmp(rest[1], "create") == 0) {
        return gv_ctl_key_create(&options, left - 2, rest + 2);
    }
    if (left == 2 && strcmp(rest[0], "apikey") == 0 && strcmp(rest[1], "list") == 0) {
        return gv_ctl_key_list(&options);
    }
    if (left == 3 && strcmp(rest[0], "apikey") == 0 && strcmp(rest[1], "revoke") == 0) {
        return gv_ctl_key_revoke(&options, rest[2]);
    }
    return usage(stderr, EX_USAGE);
}
