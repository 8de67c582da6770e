/* Inside web/api: the channels of the live stream. Their names are the protocol's and never change; a new
 * kind (lots) is a topic more.
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
    GV_TOPIC_LOGS,    /* private: the log has grown */
    GV_TOPIC_BOX,     /* private: GET /api/v1/system, every few seconds */
    GV_TOPIC_ORDERS,  /* order auctions: what happens; snapshot: how things stand */
    GV_TOPIC_MEMPOOL, /* /ws/mempool; ids are forms (price.h) */
    GV_TOPICS
};

/** The newest of them is all that a client needs. */
enum gv_newest_of {
    GV_NEWEST_OF_NONE,
    GV_NEWEST_OF_PRICE,
    GV_NEWEST_OF_NODE,
    GV_NEWEST_OF_LOGS,
    GV_NEWEST_OF_BOX
};

/** Tell everybody who hears a channel. In: data: n = 0: nothing is told. */
void gv_stream_publish(const struct gv_api *api, uint64_t channel, const char *type,
                       enum gv_newest_of newest_of, struct gv_view data);

/** Before anybody can listen. */
void gv_private_init(struct gv_api *api);
/** What is due once a second on the private channels. Thread: main. */
void gv_private_tick(struct gv_api *api);
/** `data` of a private channel's snapshot. Returns: 0 when it is not made yet. */
size_t gv_private_snapshot(struct gv_api *api, enum gv_topic topic, char *buf, size_t cap);

/** `data` of the price channel. */
size_t gv_price_data(const struct gv_api *api, char *buf, size_t cap);

#endif
