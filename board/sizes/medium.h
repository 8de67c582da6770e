/* Size "medium": boxes with 1 GB of memory, or with half of one and nothing else to do. */
#ifndef GV_BOARD_SIZES_MEDIUM_H
#define GV_BOARD_SIZES_MEDIUM_H

/* Address space of everything fixed; resident memory stays far below. */
#define GV_BUDGET_BYTES (48ull * 1024 * 1024)
/* Listings held at a time, settled ones included until they are retired. */
#define GV_LISTINGS_MAX 768u
/* Uploads of a ladder at the same time (the next is asked to come again), and the longest:
 * 2 MiB holds 2,016 PSBTs
 * of about 700 bytes each, which is what P2WPKH and P2TR need. */
#define GV_SUBMISSIONS_MAX 1u
#define GV_BODY_MAX        2097152u
#define GV_HTTP_WORKERS    8u
/* Connections that have not begun a request: they wait at the entrance and hold no worker. */
#define GV_ENTRANCE_PLACES 56u
/* Clients of the live thread, and events kept for those who come back. */
#define GV_LIVE_CLIENTS_MAX 64u
#define GV_LIVE_EVENTS      1024u
/* Transactions of the price's rolling window: three hours at 2.8 a second, a quiet day. */
#define GV_ORACLE_TX_MAX 30000u
/* Open orders: two hours of arrivals at one every second tick, while no solver takes any. */
#define GV_ORDERS_MAX 4096u
/* Bids for orders in auction or committed: at the usual pace some 40 of those, so 370 for each. */
#define GV_ORDER_BIDS_MAX 14900u
/* Connections to the order port, and as many to the bid port. */
#define GV_SEQUENCER_SOLVERS_MAX 256u
/* Places of each encrypted port of the sequencer. */
#define GV_SEQUENCER_TLS_PLACES 8u
/* Bids and claims of one commit. */
#define GV_SEQUENCER_BATCH 256u

#endif
