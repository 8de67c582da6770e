/* Ports file: tests and scripts ask for free ports (0) and find the chosen ones in DATA_DIR/ports.json
 * while the daemon runs.
 * Thread: main. In: data_dir: of a length below which other files have been opened. */
#ifndef GV_FIRMWARE_BOOT_PORTS_FILE_H
#define GV_FIRMWARE_BOOT_PORTS_FILE_H

#include "firmware/base/err.h"

#include <stdint.h>

/** In: orders: six ports of the sequencer (gv_orders_thread_ports); NULL: it does not run.
 *  Returns: GV_OK; GV_ERR_IO. */
GV_MUST_USE enum gv_err gv_ports_file_write(const char *data_dir, unsigned http_port,
                                            unsigned https_port, const uint16_t *orders,
                                            struct gv_fail *fail);
void gv_ports_file_remove(const char *data_dir);

#endif
