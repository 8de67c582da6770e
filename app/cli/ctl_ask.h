/* One question to the running daemon over its control socket, and how its answers are printed.
 * One request at a time: its text and the answer lie in static memory until the next.
 * Thread: main. */
#ifndef GV_APP_CLI_CTL_ASK_H
#define GV_APP_CLI_CTL_ASK_H

#include "app/cli/ctl_client.h"
#include "firmware/base/json.h"

#include <stdint.h>

/** Begin the request object {"cmd":command; the caller adds members. */
void gv_ctl_begin(struct gv_json_out *out, const char *command);
/** Send the request that `out` holds; on EX_OK *answer is the daemon's object, {"ok":true,...}.
 *  With --json the answer is printed as it came and *answer is NULL.
 *  Returns: EX_OK; EX_USAGE; EX_UNAVAILABLE; EX_NOPERM; EX_PROTOCOL; EX_DATAERR (the daemon refused). */
int gv_ctl_ask(const struct gv_ctl_options *options, struct gv_json_out *out, gv_json_ref *answer);
/** All rows of a list command, newest first, page by page; with --json one answer a page.
 *  In: print_row: prints one of its items. Returns: as gv_ctl_ask. */
int gv_ctl_list(const struct gv_ctl_options *options, const char *command,
                void (*print_row)(gv_json_ref row));
/** Forget request and answer: they held a secret. */
void gv_ctl_wipe(void);

/** A text of the answer, padded as a column or with a line end. Keys and names come from the daemon,
 *  but a terminal obeys control characters: none is shown. */
void gv_ctl_print(bool column, gv_json_ref v);
/** Members of other types count as 0 and false. */
int64_t gv_ctl_number(gv_json_ref object, const char *key);
bool gv_ctl_flag(gv_json_ref object, const char *key);

#endif
