/* Board "host": the product on a desk or a PC beside the node. */
#ifndef GV_BOARD_HOST_LIMITS_H
#define GV_BOARD_HOST_LIMITS_H

#define GV_BOARD_NAME "host"
/* Resident memory that gaveld may take with everything on. */
#define GV_BUDGET_BYTES (96ull * 1024 * 1024)
/* Listings held at a time, settled ones included until they are retired. */
#define GV_LISTINGS_MAX 2048u
/* Uploads of a ladder checked at the same time. */
#define GV_SUBMISSIONS_MAX 2u
#define GV_HTTP_WORKERS    16u
/* Clients of the live thread. */
#define GV_LIVE_CLIENTS_MAX 160u

#endif
