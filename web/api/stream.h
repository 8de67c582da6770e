/* Inside web/api: the channels of the live stream. Their names are the protocol's and never change; a new
 * kind (lots, orders) is a topic more.
 * Thread: stated in api.h. */
#ifndef GV_WEB_API_STREAM_H
#define GV_WEB_API_STREAM_H

#include "web/api/api_state.h"

enum gv_topic {
    GV_TOPIC_MARKET,  /* listing: one that changed; snapshot: read the lists again */
    GV_TOPIC_AUCTION, /* auction:ID, one Dutch listing */
    GV_TOPIC_NODE,
    GV_TOPIC_PRICE,
    GV_TOPIC_SYSTEM,  /* also where the time and errors are told, asked for or not */
    GV_TOPIC_MEMPOOL, /* /ws/mempool; ids are forms (price.h) */
    GV_TOPICS
};

/** The newest of them is all that a client needs. */
enum gv_newest_of {
    GV_NEWEST_OF_NONE,
    GV_NEWEST_OF_PRICE,
    GV_NEWEST_OF_NODE
};

/** `data` of the price channel. */
size_t gv_price_data(const struct gv_api *api, char *buf, size_t cap);

#endif
