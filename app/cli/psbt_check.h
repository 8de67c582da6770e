/* gavelctl psbt check: is this PSBT a good listing? Needs no daemon and no node.
 *
 *   psbt check --txid T --vout N --script HEX --amount SATS --price SATS
 *              [--block B] [--network NET] [--json] [FILE|-]
 *
 * The input, a file or standard input, is base64 (one line end behind it is allowed, as text files
 * have it) or the binary form, up to 128 KiB. Prices are data: --price 0 is judged, not refused.
 * Thread: main. */
#ifndef GV_APP_CLI_PSBT_CHECK_H
#define GV_APP_CLI_PSBT_CHECK_H

#include <stdbool.h>

/** In: json: print JSON (--json was taken off argv already). argv: what follows "psbt check", argc
 *  of them. Prints the verdict.
 *  Returns: exit status: 0 listable, 2 valid but not listable, 1 invalid, 64 usage (also a file
 *           that cannot be read). */
int gv_cli_psbt_check(bool json, int argc, char **argv);

#endif
