/* gavelctl: one command for the box's owner. Talks to the running daemon through its control socket
 * (the kernel tells the daemon who we are), except for commands that need no daemon. */
#include "app/cli/backup_cli.h"
#include "app/cli/card_cli.h"
#include "app/cli/config_cli.h"
#include "app/cli/ctl_box.h"
#include "app/cli/ctl_client.h"
#include "app/cli/ctl_orders.h"
#include "app/cli/ctl_people.h"
#include "app/cli/oracle.h"
#include "app/cli/psbt_check.h"
#include "app/cli/slot_cli.h"
#include "app/cli/update_cli.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

static int usage(FILE *to, int status)
{
    fputs(
        "usage: gavelctl COMMAND [--data DIR] [--json]\n"
        "  status                                   node, listings, memory of the running daemon\n"
        "  apikey create --name NAME [--scope SCOPE]... [--expires TIME] [--legacy-unlocked]\n"
        "                                           make a key; it is shown once\n"
        "  apikey list                              ids, names and scopes, never the keys\n"
        "  apikey revoke ID                         the 8 characters behind gvl_\n"
        "  audit verify                             recompute the hash chain of the audit log\n"
        "  config show | config get KEY             settings of the running daemon, and their "
        "sources\n"
        "  config set KEY=VALUE... | KEY...         store values; a key alone takes the value "
        "away\n"
        "  config check [FILE]                      read a file and its conf.d as gaveld would\n",
        to);
    fputs(
        "  backup create [--passphrase] | list | verify ID [--passphrase] | delete ID\n"
        "  restore ID [--passphrase] [--replace] [--no-settings]\n"
        "                                           encrypted copies; a passphrase is asked for\n",
        to);
    fputs(gv_ctl_box_usage, to);
    fputs(gv_cli_update_usage, to);
    fputs(gv_ctl_people_usage, to);
    fputs(gv_ctl_orders_usage, to);
    fputs(
        "  psbt check --txid T --vout N --script HEX --amount SATS --price SATS\n"
        "             [--block B] [--network NET] [FILE|-]\n"
        "  oracle eval FILE.csv[.gz]                price of one window of transactions, as JSON\n"
        "  oracle block FILE.bin                    what the price filter makes of one block\n"
        "  oracle watch                             the running daemon's price, live\n"
        "  card read FILE DIR                       the owner's text file of an SD card, for the "
        "image\n",
        to);
    fputs(gv_cli_slot_usage, to);
    fputs("  --help, --version\n"
          "--data DIR is the daemon's general.data_dir, /var/lib/gavel unless given.\n"
          "Scopes: auctions:read, auctions:write (the default), admin; bids:write and\n"
          "orders:solve have no effect yet.\n"
          "Keys made with --legacy-unlocked may list ladders without height locks, as the\n"
          "wallets of today make them.\n"
          "Exit status: 0 done, 64 usage, 65 the daemon refused or the audit log is broken,\n"
          "69 no daemon runs, 73 no file can be made, 75 the doctor found a failure,\n"
          "77 not allowed; psbt check: 0 listable, 2 valid but not listable, 1 invalid,\n"
          "64 usage.\n",
          to);
    return status;
}

/* Options that every command takes, wherever they stand, are taken out of argv.
 * Returns: how many words are left, -1 when a value is missing. */
static int take_options(struct gv_ctl_options *options, int argc, char **argv)
{
    int left = 0;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--json") == 0) {
            options->json = true;
        } else if (strcmp(argv[i], "--data") != 0) {
            argv[left++] = argv[i];
        } else if (++i < argc) {
            options->data_dir = argv[i];
        } else {
            return -1;
        }
    }
    return left;
}

static bool is_command(int left, char **words, const char *first, const char *second)
{
    return left >= 2 && strcmp(words[0], first) == 0 && strcmp(words[1], second) == 0;
}

static int config(const struct gv_ctl_options *options, int left, char **words)
{
    if (left >= 1 && left <= 2 && strcmp(words[0], "check") == 0) {
        return gv_cli_config_check(left == 2 ? words[1] : "/etc/gavel/gavel.conf");
    }
    if (left == 1 && strcmp(words[0], "show") == 0) {
        return gv_cli_config_show(options, NULL);
    }
    if (left == 2 && strcmp(words[0], "get") == 0) {
        return gv_cli_config_show(options, words[1]);
    }
    if (left >= 2 && strcmp(words[0], "set") == 0) {
        return gv_cli_config_set(options, left - 1, words + 1);
    }
    return usage(stderr, EX_USAGE);
}

/* No command of this group. */
#define UNKNOWN (-1)

static int updates(const struct gv_ctl_options *options, int left, char **words)
{
    if (left == 2 && strcmp(words[0], "verify") == 0) {
        return gv_cli_verify(words[1]);
    }
    if (left >= 1 && left <= 2 && strcmp(words[0], "update") == 0) {
        return gv_cli_update(options, left == 2 ? words[1] : NULL);
    }
    if (left >= 1 && strcmp(words[0], "slot") == 0) {
        return gv_cli_slot(options, left - 1, words + 1);
    }
    return UNKNOWN;
}

static int psbt_oracle_or_card(const struct gv_ctl_options *options, int left, char **words)
{
    if (is_command(left, words, "psbt", "check")) {
        return gv_cli_psbt_check(options->json, left - 2, words + 2);
    }
    if (is_command(left, words, "oracle", "eval")) {
        return gv_cli_oracle_eval(left - 2, words + 2);
    }
    if (is_command(left, words, "oracle", "block")) {
        return gv_cli_oracle_block(left - 2, words + 2);
    }
    if (left == 2 && is_command(left, words, "oracle", "watch")) {
        return gv_cli_oracle_watch(options);
    }
    if (left == 4 && is_command(left, words, "card", "read")) {
        return gv_cli_card_read(words[2], words[3]);
    }
    return UNKNOWN;
}

static int keys_and_audit(const struct gv_ctl_options *options, int left, char **words)
{
    if (is_command(left, words, "apikey", "create")) {
        return gv_ctl_key_create(options, left - 2, words + 2);
    }
    if (left == 2 && is_command(left, words, "apikey", "list")) {
        return gv_ctl_key_list(options);
    }
    if (left == 3 && is_command(left, words, "apikey", "revoke")) {
        return gv_ctl_key_revoke(options, words[2]);
    }
    if (left == 2 && is_command(left, words, "audit", "verify")) {
        return gv_ctl_verify(options, "audit.verify");
    }
    return UNKNOWN;
}

static int box(const struct gv_ctl_options *options, int left, char **words)
{
    if (left == 1 && strcmp(words[0], "status") == 0) {
        return gv_ctl_status(options);
    }
    if (left >= 1 && gv_ctl_box_knows(words[0])) {
        return gv_ctl_box(options, left, words);
    }
    if (left >= 1 && strcmp(words[0], "orders") == 0) {
        return gv_ctl_orders(options, left - 1, words + 1);
    }
    if (left >= 1 && gv_ctl_people_knows(words[0])) {
        return gv_ctl_people(options, left, words);
    }
    if (left >= 2 && strcmp(words[0], "backup") == 0) {
        const int status = gv_cli_backup(options, left - 1, words + 1);
        return status == EX_USAGE ? UNKNOWN : status;
    }
    if (left >= 1 && strcmp(words[0], "restore") == 0) { /* `backup restore`, for hurried people */
        const int status = gv_cli_backup(options, left, words);
        return status == EX_USAGE ? UNKNOWN : status;
    }
    if (left >= 1 && strcmp(words[0], "config") == 0) {
        return config(options, left - 1, words + 1);
    }
    return UNKNOWN;
}

int main(int argc, char **argv)
{
    static int (*const groups[])(const struct gv_ctl_options *options, int left, char **words) = {
        psbt_oracle_or_card, keys_and_audit, updates, box};
    struct gv_ctl_options options = {.data_dir = "/var/lib/gavel", .json = false};
    const int left = take_options(&options, argc, argv);
    if (left == 1 && (strcmp(argv[0], "--help") == 0 || strcmp(argv[0], "-h") == 0 ||
                      strcmp(argv[0], "help") == 0)) {
        return usage(stdout, EX_OK);
    }
    if (left == 1 && strcmp(argv[0], "--version") == 0) {
        puts("gavelctl " GV_VERSION);
        return EX_OK;
    }
    for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
        const int status = groups[i](&options, left, argv);
        if (status != UNKNOWN) {
            return status;
        }
    }
    return usage(stderr, EX_USAGE);
}
