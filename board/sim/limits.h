/* Board "sim": the product in the simulator, small so that tests reach every limit. The rules' own limits
 * (ladders, orders, window) are those of the largest boards: the tests know them. */
#ifndef GV_BOARD_SIM_LIMITS_H
#define GV_BOARD_SIM_LIMITS_H

#define GV_BOARD_NAME            "sim"
#define GV_BUDGET_BYTES          (73ull * 1024 * 1024)
#define GV_LISTINGS_MAX          32u
#define GV_SUBMISSIONS_MAX       2u
#define GV_BODY_MAX              4194304u
#define GV_HTTP_WORKERS          4u
#define GV_ENTRANCE_PLACES       64u
#define GV_LIVE_CLIENTS_MAX      16u
#define GV_LIVE_EVENTS           1024u
#define GV_ORACLE_TX_MAX         50000u
#define GV_ORDERS_MAX            10240u
#define GV_ORDER_BIDS_MAX        32768u
#define GV_SEQUENCER_SOLVERS_MAX 256u
#define GV_SEQUENCER_TLS_PLACES  4u
#define GV_SEQUENCER_BATCH       256u

#endif
