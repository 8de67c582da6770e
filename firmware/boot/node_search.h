/* Where a node's cookie file may lie on this machine. Thread: any. */
#ifndef GV_FIRMWARE_BOOT_NODE_SEARCH_H
#define GV_FIRMWARE_BOOT_NODE_SEARCH_H

#include "web/api/api.h"

/** gv_api_config.find_cookies: look at the usual places. Returns: number found. */
uint32_t gv_boot_find_cookies(void *ctx, struct gv_api_cookie *found, uint32_t found_max);
/** gv_api_config.probe_zmq. */
enum gv_err gv_boot_probe_zmq(void *ctx, const char *endpoint, struct gv_fail *fail);

#endif
