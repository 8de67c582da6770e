/* Where a node's cookie file may lie on this machine. Thread: any. */
#ifndef GV_FIRMWARE_BOOT_NODE_SEARCH_H
#define GV_FIRMWARE_BOOT_NODE_SEARCH_H

#include "web/api/api.h"

/** gv_api_config.find_cookies: look at the usual places. Returns: number found. */
uint32_t gv_boot_find_cookies(void *ctx, struct gv_api_cookie *found, uint32_t found_max);
/** gv_api_config.own_node_asked, .ask_own_node: the file of setup.node_file, which the image takes away. */
bool gv_boot_own_node_asked(void *ctx);
enum gv_err gv_boot_ask_own_node(void *ctx, enum gv_network network, struct gv_fail *fail);
/** gv_api_config.probe_zmq. */
enum gv_err gv_boot_probe_zmq(void *ctx, const char *endpoint, struct gv_fail *fail);

#endif
