/* gavelctl oracle: the price algorithm on files, without daemon and node, and the live price.
 *
 *   oracle eval FILE.csv[.gz]    the price that one window of transactions gives
 *   oracle block FILE.bin        what the transaction filter makes of one block
 *   oracle watch                 the running daemon's price, until Ctrl-C
 *
 * The first two print one JSON object, with or without --json. Its members have the names of the recorded
 * results, its numbers 17 significant digits, so that they read back to the same double. What is
 * gavel's own stands beside them under the names of /api/v1/oracle.
 * Thread: main. */
#ifndef GV_APP_CLI_ORACLE_H
#define GV_APP_CLI_ORACLE_H

#include "app/cli/ctl_client.h"
#include "app/oracle/quality.h"

/** In: argv: what follows "oracle eval" or "oracle block", argc of them.
 *  Returns: exit status: 0; 64 usage; 65 the file's content is refused or gives no price; 66 it
 *           cannot be read. */
int gv_cli_oracle_eval(int argc, char **argv);
int gv_cli_oracle_block(int argc, char **argv);

/** Show the price as it changes: one line kept up to date on a terminal, a line for each change
 *  elsewhere, a JSON object for each with options->json.
 *  Returns: exit status: 0 after SIGINT or SIGTERM; else why the daemon cannot be asked (any more):
 *           69 it does not run, 65 its oracle is off, as gv_ctl_ask. */
int gv_cli_oracle_watch(const struct gv_ctl_options *options);

/** A window that was evaluated. */
struct gv_cli_window {
    struct gv_oracle_values values; /* slots in order of arrival */
    struct gv_oracle_scratch scratch;
    struct gv_oracle_estimate estimate;
    uint32_t transactions;
    uint32_t passing;
    double confidence;
    bool has_wide;
    struct gv_oracle_wide wide;
    bool has_spot; /* and an interval */
    struct gv_oracle_spot spot;
    struct gv_oracle_interval interval;
};

/** Print the JSON object of `oracle eval`. */
void gv_cli_oracle_print(const struct gv_cli_window *window);

#endif
