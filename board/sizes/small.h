/* Size "small": boxes with 512 MB of memory that share it with a whole system. */
#ifndef GV_BOARD_SIZES_SMALL_H
#define GV_BOARD_SIZES_SMALL_H

/* Address space of everything fixed; resident memory stays far below. */
#define GV_BUDGET_BYTES (24ull * 1024 * 1024)
/* Listings held at a time, settled ones included until they are retired. */
#define GV_LISTINGS_MAX 160u
/* Uploads of a ladder at the same time (the next is asked to come again), and the longest:
 * half a mebibyte holds a
 * ladder of 3 days with 700 bytes for each PSBT; longer ones are listed in parts. */
#define GV_SUBMISSIONS_MAX 1u
#define GV_BODY_MAX        524288u
#define GV_HTTP_WORKERS    4u
/* Connections that have not begun a request: they wait at the entrance and hold no worker. */
#define GV_ENTRANCE_PLACES 32u
/* Clients of the live thread, and events kept for those who come back. */
#define GV_LIVE_CLIENTS_MAX 24u
#define GV_LIVE_EVENTS      256u
/* Transactions of the price's rolling window: an hour at 2.8 a second. */
#define GV_ORACLE_TX_MAX 10000u
/* Open orders: half an hour of arrivals at one every second tick, while no solver takes any. */
#define GV_ORDERS_MAX 1024u
/* Bids for orders in auction or committed: at the usual pace some 40 of those, so 40 for each. */
#define GV_ORDER_BIDS_MAX 1700u
/* Connections to the order port, and as many to the bid port. */
#define GV_SEQUENCER_SOLVERS_MAX 96u
/* Places of each encrypted port of the sequencer. */
#define GV_SEQUENCER_TLS_PLACES 4u
/* Bids and claims of one commit. */
#define GV_SEQUENCER_BATCH 64u

#endif
