/* Places at the entrance, and whose they are. Internal to entrance.c and porter.c.
 *
 *   FREE ──admit──► WAITING ──a request begins──► READY ──take──► PARKED ──claim──► FREE
 *  master           porter                        master   │ TLS  worker
 *                     └── ended ──► FREE                   └ plain ──► FREE
 *
 * A state names the thread whose place it is. That thread alone uses the fields, without the lock, and
 * moves the place on, under the lock. */
#ifndef GV_WEB_SERVER_PLACES_H
#define GV_WEB_SERVER_PLACES_H

#include "web/server/entrance.h"

#include "firmware/base/limits.h"

#include <pthread.h>

/* Free places that the porter sees to. */
#define GV_ENTRANCE_SPARE 16u

enum gv_place_state {
    GV_PLACE_FREE,
    GV_PLACE_WAITING,
    GV_PLACE_READY,
    GV_PLACE_PARKED
};

enum gv_place_stage {
    GV_STAGE_SILENT, /* nothing received */
    GV_STAGE_HANDSHAKE,
    GV_STAGE_REQUEST, /* the handshake is done, nothing of a request has come */
};

struct gv_place {
    enum gv_place_state state;
    bool is_tls;
    int descriptor;
    int listener;
    uint64_t order; /* of arrival */
    struct mbedtls_ssl_context *ssl;
    struct sockaddr_storage address;
    socklen_t address_len;

    /* The porter's. */
    enum gv_place_stage stage;
    uint32_t events;   /* what epoll looks for */
    uint64_t since_ms; /* accepted, or the end of the handshake */
    uint64_t moved_ms; /* the client was last given the word */
    unsigned moves;
};

struct gv_entrance {
    pthread_mutex_t lock;
    struct gv_place places[GV_ENTRANCE_PLACES];
    unsigned vacant; /* places by state */
    unsigned waiting;
    unsigned ready;
    bool stopping; /* down to here: under the lock */

    uint64_t arrivals; /* the master's */
    struct gv_entrance_config config;
    pthread_t porter;
    int epoll_fd; /* descriptors of WAITING places by index, and wake_fd */
    int wake_fd;  /* wakes the porter: the first came, places run short, or stop */
    int bell_fd;  /* wakes the master: somebody is ready, a worker or a place came free */
};
extern struct gv_entrance gv_entrance;

/** Wake who polls this eventfd; and take note of having been woken. */
void gv_entrance_ring(int descriptor);
void gv_entrance_hush(int descriptor);
/** Pass a place on.  Thread: whose place it is, under the lock. */
void gv_place_move(struct gv_place *place, enum gv_place_state state);
/** End the connection: with the goodbye of its TLS session, or by a reset, which leaves nothing behind.
 *  The place is free then.  Thread: whose place it is; main, when no other runs. */
void gv_place_end(struct gv_place *place, bool politely);

/** The porter: serves until the entrance stops. */
void *gv_porter_run(void *arg);

#endif
