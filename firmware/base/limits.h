/* Limits: every capacity of the product, each a commented sum, checked against the board's budget.
 *
 * board/<name>/limits.h gives the numbers a board chooses (board/sizes: budget, listings, clients, workers,
 * how far the price looks back); everything below follows from them. Nobody has to ask where a number came from. */
#ifndef GV_FIRMWARE_BASE_LIMITS_H
#define GV_FIRMWARE_BASE_LIMITS_H

#include GV_BOARD_LIMITS_H

#include <assert.h>

/* ---- Bitcoin ------------------------------------------------------------------------------- */

/* Consensus: 4,000,000 weight units, so no block or transaction is longer. */
#define GV_BLOCK_BYTES_MAX 4000000u
/* A scriptPubKey worth listing or matching: P2WSH and P2TR need 34, P2A and friends less. */
#define GV_SPK_MAX     64u
#define GV_ADDRESS_MAX 96u /* bech32m text with NUL: at most 90 characters */

/* ---- PSBTs --------------------------------------------------------------------------------- */

/* Rungs of one ladder: two weeks of blocks. */
#define GV_RUNGS_MAX 2016u
/* One PSBT as uploaded, decoded (listing); the bare checker reads more. */
#define GV_PSBT_BYTES_MAX       16384u
#define GV_PSBT_CHECK_BYTES_MAX 131072u
/* The minimal finalized form: header 5, tx 94 + spk, witness UTXO 12 + spk, final scripts of a
 * 16-of-16 P2WSH (16 x 74 signatures + 547 script), keys and separators. */
#define GV_PSBT_SERVED_MAX 2048u

/* ---- HTTP ---------------------------------------------------------------------------------- */

/* Everything but ladders and backups. (GV_BODY_MAX, the longest ladder, is the board's choice.) */
#define GV_SMALL_BODY_MAX 16384u
/* A backup that comes back goes through in pieces; no box of ours has one over a gibibyte. */
#define GV_BACKUP_BODY_MAX 1073741824u
/* An update of the SD card: its slots hold 400 MiB each, and what starts them. */
#define GV_UPDATE_BODY_MAX 536870912u
/* yyjson keeps 16 bytes per value and reserves one value per 6 bytes of minified text. */
#define GV_BODY_ARENA_BYTES (GV_BODY_MAX / 6u * 16u + 65536u)
/* Served forms of one ladder: all as large as allowed, or as much as came, base64 with numbers, since
 * the served form of a PSBT is hardly ever the longer one. A ladder that does not fit is refused. */
#define GV_LADDER_BYTES_MAX                                                                        \
    (GV_BODY_MAX < GV_RUNGS_MAX * GV_PSBT_SERVED_MAX ? GV_BODY_MAX                                 \
                                                     : GV_RUNGS_MAX * GV_PSBT_SERVED_MAX)
/* An answer a worker builds; longer ones (lists) go out in chunks of this size. */
#define GV_REPLY_BYTES_MAX 65536u
/* One listing as rendered for lists: keys and punctuation 700, numbers 300, asset name 250, two
 * hashes 128, two addresses 180, times 42; PSBT in base64. */
#define GV_LISTING_JSON_MAX (1600u + (GV_PSBT_SERVED_MAX + 2u) / 3u * 4u)
/* What /api/v1 says beyond that: root and proof of a rung, 13 hashes and their keys. */
#define GV_PROOF_JSON_MAX (13u * 67u + 100u)
/* Rate limits: sets of 8 places of 32 bytes, and a lock (web/server/rate.h). */
#define GV_RATE_SETS      512u
#define GV_RATE_SET_BYTES (8u * 32u + 48u)

/* ---- Engine -------------------------------------------------------------------------------- */

/* One in flight for every worker, the node thread and the control socket, three of the sequencer. The other places are for
 * commands whose callers timed out and went on: each keeps its slot until the engine gets to it. */
#define GV_COMMANDS_MAX  (GV_HTTP_WORKERS + 64u + 2u + 3u)
#define GV_COMMAND_BATCH 32u
/* A spend or block must get in when clients have filled the queue. */
#define GV_COMMANDS_MARGIN 32u
/* Blocks whose hashes and spends are kept for undo (the node keeps at least 288). */
#define GV_CHAIN_RING 512u
_Static_assert(GV_CHAIN_RING >= 288u, "a reorg of all blocks a pruned node keeps must be undoable");

/* Watched outpoints: every listing that is not settled, and of each upload those parked in its slot and the one being
 * checked (asserted in app/engine/submission.c). */
#define GV_WATCH_MAX (GV_LISTINGS_MAX + GV_SUBMISSIONS_MAX * (GV_BATCH_MAX + 1u))

/* What is kept of the spend of one watched outpoint, until the engine has judged its block. */
#define GV_EVIDENCE_BYTES 3072u

#define GV_API_KEYS_MAX 64u
/* Listings of one batch: what the rate class of writes allows at once. */
#define GV_BATCH_MAX 20u
/* Answers kept for requests that are sent again (6 kB each, on disk). */
#define GV_REPLAYS_MAX 4096u

/* ---- Live ---------------------------------------------------------------------------------- */

#define GV_LIVE_FRAME_IN_MAX  16384u /* largest message a client may send */
#define GV_LIVE_TEXTS         16u   /* messages longer than a few words arriving at the same time */
#define GV_LIVE_FRAME_OUT_MAX 8192u /* envelope and one listing with its PSBT */
#define GV_LIVE_SUBS_MAX      16u   /* channels one client hears */
#define GV_LIVE_PER_ADDRESS   8u
/* What can be resumed from, stored once for all clients: a listing's event takes about 2 kB. */
#define GV_LIVE_EVENT_BYTES (GV_LIVE_EVENTS * 2048u)
/* Streams of other programs, which do not resume. */
#define GV_LIVE_RAW_EVENTS      128u
#define GV_LIVE_RAW_EVENT_BYTES (GV_LIVE_RAW_EVENTS * 4096u)
/* How far a client may lag behind what came while it listened. */
#define GV_LIVE_LAG_EVENTS 64u
#define GV_LIVE_LAG_BYTES  262144u
/* Frames on their way out, shared by clients that stand at the same place, and bytes that came with an
 * upgrade. When all are held by clients that take nothing, the one that is stuck longest goes. */
#define GV_LIVE_MESSAGES (GV_LIVE_CLIENTS_MAX < 64u ? 2u * GV_LIVE_CLIENTS_MAX : 128u)
/* A seat with its subscriptions, and the reader of its frames (asserted in web/live/frames.c). */
#define GV_LIVE_CLIENT_BYTES (3072u + 4608u)

_Static_assert(GV_LISTING_JSON_MAX + GV_PROOF_JSON_MAX + 512u <= GV_LIVE_FRAME_OUT_MAX,
               "one listing fits a message");
_Static_assert(GV_LIVE_LAG_EVENTS < GV_LIVE_RAW_EVENTS, "who lags is told before it is lost");
_Static_assert(GV_LIVE_LAG_BYTES < GV_LIVE_RAW_EVENT_BYTES, "who lags is told before it is lost");

/* ---- Price oracle -------------------------------------------------------------------------- */

/* Of GV_ORACLE_TX_MAX transactions in the window, the oldest leave early on busy days and with a long
 * window. Record, amounts, inputs, their buckets, moments and the points of an estimate (app/oracle/window.h). */
#define GV_ORACLE_TX_BYTES 107u
/* A block of 8,000 transactions is announced within a second; a quarter more for what comes
 * at the same time. An item: head 32, two amounts 16, five inputs 100. */
#define GV_ORACLE_INBOX_ITEMS      10240u
#define GV_ORACLE_INBOX_ITEM_BYTES 148u
/* States are told beside them: of the node, of its first fill, of the block price. */
#define GV_ORACLE_INBOX_STATES      16u
#define GV_ORACLE_INBOX_STATE_BYTES 32u
#define GV_ORACLE_INBOX_BYTES                                                                      \
    (GV_ORACLE_INBOX_ITEMS * GV_ORACLE_INBOX_ITEM_BYTES +                                          \
     GV_ORACLE_INBOX_STATES * GV_ORACLE_INBOX_STATE_BYTES)
/* Txids of the node's mempool while the first fill asks for them; resident only then. */
#define GV_FILL_TXIDS_MAX GV_ORACLE_TX_MAX
/* 8 bytes for each second of an hour, minute of a week, hour of two years. */
#define GV_ORACLE_HISTORY_BYTES (8u * 3600u + 8u * 7u * 24u * 60u + 8u * 2u * 366u * 24u)
/* All of it: window, inbox, history, histograms and scratch memory 55 kB, trail of points 19 kB,
 * payments not yet drawn 10 kB. Resident only when the oracle is switched on. */
#define GV_ORACLE_BYTES                                                                            \
    (GV_ORACLE_TX_MAX * GV_ORACLE_TX_BYTES + GV_ORACLE_INBOX_BYTES + GV_ORACLE_HISTORY_BYTES +     \
     96u * 1024u)

/* Published prices of 144 blocks (16 bytes) and 732 days (48 bytes), the newest price. */
#define GV_PRICES_PUBLISHED_BYTES (16u * 144u + 48u * 732u + 256u)
/* Amounts behind a block price: a busy day has 130,000. 16 bytes in their chains, 16 for two points. */
#define GV_PRICES_VALUES 150000u
/* The keeper of prices, idle: RPC client 341 kB, list of blocks 26 kB, bins and histogram 51 kB, a piece of
 * a record 33 kB, 29 kB to spare. Resident of it are some 60 kB. */
#define GV_KEEPER_BYTES (341u * 1024u + 26u * 1024u + 51u * 1024u + 33u * 1024u + 29u * 1024u)
/* At work: a block of 4 MB with its record of 1 MB, or the amounts of a window. */
#define GV_KEEPER_WORK_BYTES (GV_BLOCK_BYTES_MAX + 1024u * 1024u)

/* ---- Order auctions ------------------------------------------------------------------------- */

/* An order with its commitment; a bid with its links (asserted in app/auction/orders/book.c). */
#define GV_ORDER_BYTES     144u
#define GV_ORDER_BID_BYTES 128u
/* Resident only when the module is switched on, and as far as it is filled. */
#define GV_ORDER_BOOK_BYTES                                                                        \
    (GV_ORDERS_MAX * GV_ORDER_BYTES + GV_ORDER_BIDS_MAX * GV_ORDER_BID_BYTES + 256u)

/* Solvers that are registered or have been committed; each with its balances and counters, in the
 * engine, its copy for readers and that for the sequencer. */
#define GV_SOLVERS_MAX GV_SEQUENCER_SOLVERS_MAX
/* Record 168 with his duties 16, balances and their recomputation 176, status for readers 184, credential for
 * readers and the sequencer 262 (asserted in app/engine/engine_orders.c). */
#define GV_SOLVER_BYTES (168u + 16u + 176u + 184u + 262u)

/* New orders of a request on their way, with room for 16 kB of descriptions. */
#define GV_ORDER_UPLOADS_MAX       4u
#define GV_ORDER_UPLOAD_SLOT_BYTES 16512u
/* The page that is read for one caller at a time: 50 orders with descriptions of 1 kB. */
#define GV_ORDER_PAGE_BYTES 59392u

/* Sequencer: places of its three ports (a claim comes once for many bids), a quarter of the smallest for
 * one address; a connection with room for a line of usual length (a bid with a signature has 330 bytes). */
#define GV_SEQUENCER_CLAIMANTS_MAX    (GV_SEQUENCER_SOLVERS_MAX / 2u)
#define GV_SEQUENCER_PER_ADDRESS      (GV_SEQUENCER_SOLVERS_MAX / 4u)
#define GV_SEQUENCER_LINE_SHORT       384u
#define GV_SEQUENCER_CONNECTION_BYTES 552u
/* Its encrypted ports: places of each, half of them for one address. */
#define GV_SEQUENCER_TLS_PER_ADDRESS (GV_SEQUENCER_TLS_PLACES / 2u)
#define GV_SEQUENCER_TLS_MAX         (3u * GV_SEQUENCER_TLS_PLACES)
#define GV_SEQUENCER_CONNECTIONS_MAX                                                               \
    (2u * GV_SEQUENCER_SOLVERS_MAX + GV_SEQUENCER_CLAIMANTS_MAX + GV_SEQUENCER_TLS_MAX)
#define GV_TCP_SOCKETS_MAX GV_SEQUENCER_CONNECTIONS_MAX
/* Lines up to 64 KiB that arrive at the same time: no honest one is longer than a short one. */
#define GV_SEQUENCER_LONG_LINES 2u
/* Their values: yyjson reserves 16 bytes for every 6 of text. What has more values is no bid. */
#define GV_SEQUENCER_ARENA_BYTES (192u * 1024u)
/* A line in a batch; two batches by turns: one is read while the other is committed. */
#define GV_SEQUENCER_ITEM_BYTES 432u
/* What is told is stored once. Behind the lag that a solver may have there is room for a whole tick. */
#define GV_SEQUENCER_LAG_BYTES       262144u
#define GV_SEQUENCER_LAG_LINES       2048u
#define GV_SEQUENCER_FEED_BYTES      (2u * GV_SEQUENCER_LAG_BYTES)
#define GV_SEQUENCER_FEED_LINES      (2u * GV_SEQUENCER_LAG_LINES)
#define GV_SEQUENCER_FEED_LINE_BYTES 16u
/* A snapshot's page: as many lines as fit its bytes; a commitment has more than 100. */
#define GV_SEQUENCER_PAGE_LINES 2622u
/* Connections with their sockets, batches, feed. Resident only when the module is switched on. Not in it:
 * long lines, arena, and the buffers that the engine fills (a tick, a snapshot's page), resident as far
 * as one line, tick or page ever came to, which is a few kB unless somebody means harm. */
#define GV_SEQUENCER_BYTES                                                                         \
    (GV_SEQUENCER_CONNECTIONS_MAX * (GV_SEQUENCER_CONNECTION_BYTES + 16u) +                        \
     2u * GV_SEQUENCER_BATCH * GV_SEQUENCER_ITEM_BYTES + GV_SEQUENCER_FEED_BYTES +                 \
     (GV_SEQUENCER_FEED_LINES + GV_SEQUENCER_PAGE_LINES) * GV_SEQUENCER_FEED_LINE_BYTES)

/* ---- Heaps lent to libraries ---------------------------------------------------------------- */

/* Page cache and statements of two connections: the auctions', and the small one of prices. */
#define GV_SQLITE_HEAP_BYTES (4u * 1024u * 1024u)
/* TLS connections with workers, on their way to one, at the entrance, with the live thread, and those of the
 * sequencer. */
#define GV_TLS_SESSIONS_MAX                                                                        \
    (2u * GV_HTTP_WORKERS + GV_ENTRANCE_PLACES + GV_LIVE_CLIENTS_MAX + GV_SEQUENCER_TLS_MAX)
/* Trusted certificates 0.4 MB and the text of their bundle 0.2 MB while it is read, own ones and
 * configuration 0.1 MB; a session (26 kB) for each live connection, each worker, each connection on its
 * way to one, and each place at the entrance and of the sequencer, which may be in its handshake (9 kB more);
 * 30 kB for each of the two handshakes that are worked on; 40 kB for each outgoing connection. */
#define GV_TLS_HEAP_BYTES                                                                          \
    (768u * 1024u + 26u * 1024u * (GV_LIVE_CLIENTS_MAX + 2u * GV_HTTP_WORKERS) +                   \
     35u * 1024u * (GV_ENTRANCE_PLACES + GV_SEQUENCER_TLS_MAX) + 60u * 1024u +                     \
     40u * 1024u * GV_HTTP_CLIENTS)
/* Connection and its buffer for each worker (21 kB), settings and listening state. */
#define GV_CIVETWEB_HEAP_BYTES (24u * 1024u * GV_HTTP_WORKERS + 128u * 1024u)
/* Handles, buffers and DNS answers of each client; what all share. */
#define GV_CURL_HEAP_BYTES (64u * 1024u * GV_HTTP_CLIENTS + 256u * 1024u)
/* Outgoing HTTP handles: one per worker, the node thread's RPC, its question to the indexer, the price
 * keeper's RPC, the keys of an issuer of tokens, and the two lanes of the outbox. */
#define GV_HTTP_CLIENTS (GV_HTTP_WORKERS + 6u)

/* ---- File descriptors ------------------------------------------------------------------------ */

/* Connections: live clients; at the entrance, in CivetWeb's queue of 64, with a worker and the one being
 * accepted; the sequencer's; two of each outgoing handle while it
 * changes hosts. Beside them a worker's event, listeners and events of the threads 48, libzmq 64, the
 * databases with their journals 24, a backup or restore 16, log, lock and control socket 32. */
#define GV_DESCRIPTORS_MAX                                                                         \
    (GV_LIVE_CLIENTS_MAX + GV_ENTRANCE_PLACES + 64u + 2u * GV_HTTP_WORKERS + 1u +                  \
     GV_SEQUENCER_CONNECTIONS_MAX + 2u * GV_HTTP_CLIENTS + 48u + 64u + 24u + 16u + 32u)

/* ---- The sum -------------------------------------------------------------------------------- */

/* Uploads: body, its JSON tree and its ladder. */
#define GV_SUBMISSION_BYTES (GV_BODY_MAX + GV_BODY_ARENA_BYTES + GV_LADDER_BYTES_MAX)
/* One fact about each listing (web/api/stats.c). */
#define GV_FACT_BYTES 48u
/* A listing: engine's record, published row with its rendered text, its share of a publication's
 * PSBTs, spend view and watch places (asserted in app/engine/engine.c). */
#define GV_LISTING_BYTES (896u + 896u + 448u + GV_LISTING_JSON_MAX + 512u + 256u)

/* Reader and writer of archives, a piece each, settings twice, statements of a trial. */
#define GV_BACKUP_BYTES (4u * 17u * 1024u + 2u * 16u * 1024u + 2u * 64u * 1024u + 32u * 1024u)

#define GV_WIDE(n) ((unsigned long long)(n)) /* the sum is taken in 64 bits: it cannot wrap */
/* Address space of everything fixed. Resident memory is what has been touched, and stays below the
 * board's budget because list bodies and uploads are returned to the system when idle (mem.h).
 * Not in it is GV_KEEPER_WORK_BYTES: resident for a moment at each block, by the thread that matters
 * least, while much of the sum never is at the same time. */
#define GV_FIXED_BYTES                                                                             \
    (GV_WIDE(GV_SUBMISSIONS_MAX) * GV_SUBMISSION_BYTES +                                           \
     GV_WIDE(GV_LISTINGS_MAX) * (GV_LISTING_BYTES + GV_FACT_BYTES) +                               \
     GV_WIDE(GV_HTTP_WORKERS) * (GV_REPLY_BYTES_MAX + 2u * GV_SMALL_BODY_MAX) +                    \
     GV_WIDE(GV_RATE_SETS) * GV_RATE_SET_BYTES + GV_BLOCK_BYTES_MAX +                              \
     GV_WIDE(GV_WATCH_MAX) * GV_EVIDENCE_BYTES +                                                   \
     GV_WIDE(GV_LIVE_MESSAGES) * GV_LIVE_FRAME_OUT_MAX +                                           \
     GV_WIDE(GV_LIVE_CLIENTS_MAX) * GV_LIVE_CLIENT_BYTES +                                         \
     GV_WIDE(GV_LIVE_TEXTS) * GV_LIVE_FRAME_IN_MAX + GV_WIDE(GV_LIVE_EVENT_BYTES) +                \
     GV_WIDE(GV_LIVE_RAW_EVENT_BYTES) + GV_ORACLE_BYTES + GV_PRICES_PUBLISHED_BYTES +              \
     GV_KEEPER_BYTES + GV_ORDER_BOOK_BYTES + GV_WIDE(GV_SOLVERS_MAX) * GV_SOLVER_BYTES +           \
     GV_WIDE(GV_ORDER_UPLOADS_MAX) * GV_ORDER_UPLOAD_SLOT_BYTES + GV_ORDER_PAGE_BYTES +            \
     GV_SEQUENCER_BYTES + GV_WIDE(GV_BACKUP_BYTES) + GV_WIDE(GV_FILL_TXIDS_MAX) * 32u +            \
     GV_WIDE(GV_SQLITE_HEAP_BYTES) + GV_WIDE(GV_TLS_HEAP_BYTES) +                                  \
     GV_WIDE(GV_CIVETWEB_HEAP_BYTES) + GV_WIDE(GV_CURL_HEAP_BYTES))

_Static_assert(GV_FIXED_BYTES <= GV_BUDGET_BYTES, "the board's memory budget is exceeded");

#endif
