/* Inside web/api: the node that a box may have itself, as the SD card image does: off until its owner asks for it.
 *
 * This process may not start services. It writes the network's name into a file (setup.node_file), which a small
 * root service of the image takes away (firmware/image). Thread: HTTP workers. */
#ifndef GV_WEB_API_OWN_NODE_H
#define GV_WEB_API_OWN_NODE_H

#include "firmware/base/json.h"
#include "web/api/api.h"

/** The next value of `out`: what the box's own node asks for and what the box has; null: it has no such node. */
void gv_own_node_write(const struct gv_api *api, struct gv_json_out *out);

#endif
