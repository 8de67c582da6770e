/* Size "large": boxes with 2 GB of memory and more, which may run the node, too. */
#ifndef GV_BOARD_SIZES_LARGE_H
#define GV_BOARD_SIZES_LARGE_H

/* Address space of everything fixed; resident memory stays far below. A board may have more. */
#ifndef GV_BUDGET_BYTES
#define GV_BUDGET_BYTES (96ull * 1024 * 1024)
#endif
/* Listings held at a time, settled ones included until they are retired. */
#define GV_LISTINGS_MAX 2048u
/* Uploads of a ladder at the same time (the next is asked to come again), and the longest:
 * 4 MiB holds 2,016 PSBTs
 * of about 1,500 bytes each in base64 with their numbers. */
#ifndef GV_SUBMISSIONS_MAX
#define GV_SUBMISSIONS_MAX 1u
#endif
#define GV_BODY_MAX     4194304u
#define GV_HTTP_WORKERS 16u
/* Connections that have not begun a request: they wait at the entrance and hold no worker. Two hundred
 * half-open handshakes fit. */
#define GV_ENTRANCE_PLACES 208u
/* Clients of the live thread, and events kept for those who come back. */
#define GV_LIVE_CLIENTS_MAX 500u
#define GV_LIVE_EVENTS      1024u
/* Transactions of the price's rolling window: three hours at 4.6 a second, an ordinary day. */
#define GV_ORACLE_TX_MAX 50000u
/* Open orders: five hours of arrivals at one every second tick, while no solver takes any. */
#define GV_ORDERS_MAX 10240u
/* Bids for orders in auction or committed: at the usual pace some 40 of those, so 400 for each. */
#define GV_ORDER_BIDS_MAX 15000u
/* Connections to the order port, and as many to the bid port. */
#define GV_SEQUENCER_SOLVERS_MAX 256u
/* Places of each encrypted port of the sequencer. */
#define GV_SEQUENCER_TLS_PLACES 16u
/* Bids and claims of one commit. */
#define GV_SEQUENCER_BATCH 256u

#endif
