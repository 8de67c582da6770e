/* Input of the oracle commands: a file as it is, or unpacked by gzip(1) when its name ends in .gz.
 * Thread: main. */
#ifndef GV_APP_CLI_ORACLE_INPUT_H
#define GV_APP_CLI_ORACLE_INPUT_H

#include "firmware/base/bytes.h"

#include <sys/types.h>

struct gv_cli_input {
    int fd;
    pid_t child; /* gzip, or 0 */
};

/** Returns: GV_OK; GV_ERR_IO "input.open" with the reason. */
GV_MUST_USE enum gv_err gv_cli_input_open(struct gv_cli_input *input, const char *path,
                                          struct gv_fail *fail);

/** Read up to cap bytes. Out: n: 0 at the end. Returns: GV_OK; GV_ERR_IO "input.read". */
GV_MUST_USE enum gv_err gv_cli_input_read(struct gv_cli_input *input, void *out, size_t cap,
                                          size_t *n, struct gv_fail *fail);

/** Close; waits for gzip. Returns: GV_OK; GV_ERR_IO "input.gzip" when it ended with an error (also
 *  when not all was read). */
GV_MUST_USE enum gv_err gv_cli_input_close(struct gv_cli_input *input, struct gv_fail *fail);

#endif
