/* Board "sim": the product in the simulator, small so that tests reach every limit. */
#ifndef GV_BOARD_SIM_LIMITS_H
#define GV_BOARD_SIM_LIMITS_H

#define GV_BOARD_NAME "sim"
/* Resident memory that gaveld may take with everything on. */
#define GV_BUDGET_BYTES (72ull * 1024 * 1024)
/* Listings held at a time, settled ones included until they are retired. */
#define GV_LISTINGS_MAX 32u
/* Uploads of a ladder checked at the same time. */
#define GV_SUBMISSIONS_MAX 2u
#define GV_HTTP_WORKERS    4u
/* WebSocket clients of the live thread. */
#define GV_LIVE_CLIENTS_MAX 16u

#endif
