/* Is the daemon of this machine ready? Asked as everybody asks: GET /ready over plain http, which serves loopback.
 * Thread: main; waits for some seconds at most. */
#ifndef GV_APP_CLI_READY_H
#define GV_APP_CLI_READY_H

#include <stdbool.h>

/** In: data_dir: where the daemon has written ports.json. Returns: true only for an answer 200. */
bool gv_cli_is_ready(const char *data_dir);

#endif
