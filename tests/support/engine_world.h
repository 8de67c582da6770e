/* A whole engine in one process, for tests: real SQLite on the fault disk, seeded clock and entropy,
 * a scripted chain, and ladders whose "signatures" are patterns that the sold test compares as bytes.
 *
 * Everything is derived from small numbers (a coin, a height, a branch), so a test reads like the
 * table in tests/api/cases.md. One instance, static. */
#ifndef GV_TESTS_SUPPORT_ENGINE_WORLD_H
#define GV_TESTS_SUPPORT_ENGINE_WORLD_H

#include "app/engine/accounts.h"
#include "hal/sim/clock.h"
#include "hal/sim/entropy.h"
#include "hal/sim/fault_storage.h"

/** What is offered: price at block b is start_price - step * (b - start). */
struct gv_offer {
    uint32_t coin; /* numbers the outpoint */
    uint32_t start;
    uint32_t end;
    uint32_t after;
    uint64_t start_price;
    uint64_t step;
    bool one_signature; /* unlocked: rungs of one price share their signature */
    uint32_t padding;   /* bytes of one more witness item, to make PSBTs longer */
    bool has_outpoint;  /* an output of the scripted node instead of one made from `coin` */
    struct gv_outpoint outpoint;
};

/** Rows 34-75 of tests/api/cases.md: s=1000, e=1010, b=5, tip 990. */
struct gv_offer gv_offer_of(uint32_t coin);
struct gv_outpoint gv_offer_outpoint(const struct gv_offer *offer);
uint64_t gv_offer_price(const struct gv_offer *offer, uint32_t block);

/* ---- life ------------------------------------------------------------------------------------- */

/** Clock, entropy and seal key as at the start; the disk stays as it is. */
void gv_world_reset(void);
/** Empty disk, no plan of faults, and reset. */
void gv_world_format(void);
/** Open database and engine. In: self_serve: see engine.h. */
enum gv_err gv_world_open(bool self_serve);
void gv_world_close(void);
/** Close and open again, self-serving, as after a restart; the node has not spoken yet. */
void gv_world_restart(void);

/** Who is told of events from the next open on; NULL: nobody. */
void gv_world_set_event_sink(gv_event_sink *sink, void *ctx);
/** From now on the database answers nothing (also no commit), or works again. */
void gv_world_storage_down(bool down);
/** Refuse the next commit, once. */
void gv_world_refuse_commit(void);
/** Change the database behind the engine's back. */
void gv_world_sql(const char *sql);

struct gv_engine *gv_world_engine(void);
/** Whoever makes keys and accounts in tests. */
const struct gv_actor *gv_world_actor(void);
struct gv_market *gv_world_market(void);
struct gv_watch *gv_world_watch(void);
struct gv_sim_clock *gv_world_clock(void);
/** The same clock as the engine reads it. */
const struct gv_clock *gv_world_time(void);
/** Order auctions from the next open on; NULL: none. Kept. */
void gv_world_set_orders(const struct gv_engine_orders_config *orders);
/** Use another seal key at the next open. */
void gv_world_set_seal_key(uint8_t first_byte);

/* ---- chain ------------------------------------------------------------------------------------ */

struct gv_hash256 gv_block_hash_of(uint32_t height, uint32_t branch);

/** Jump to a height of branch 0 and report a live node. Returns: the first error. */
enum gv_err gv_world_start(uint32_t height);
/** Connect the next block of a branch with these spends. Returns: the engine's answer. */
enum gv_err gv_world_mine(uint32_t branch, const struct gv_spend_evidence *spends, uint32_t count);
/** Mine empty blocks of branch 0 until the tip is `height`. */
void gv_world_mine_to(uint32_t height);
/** Disconnect until the tip is `height`, then report a live node there. */
void gv_world_unwind_to(uint32_t height);
/** Report the node's state: at the cursor (live) or unreachable. */
enum gv_err gv_world_node(bool reachable);
/** Report a node whose validated tip is the cursor, but with other header heights or in IBD. */
void gv_world_node_syncing(uint32_t blocks_ahead, uint32_t headers_ahead, bool initial_download);

/* ---- listings --------------------------------------------------------------------------------- */

/** A filled submission that has reserved its outpoint. Asserts that a slot is free. */
struct gv_submission *gv_world_prepare(const struct gv_offer *offer);
/** Fill a slot behind what is parked in it. */
void gv_world_fill(struct gv_submission *submission, const struct gv_offer *offer);
/** Hand it to the engine, then release it. Returns: the engine's answer. */
enum gv_err gv_world_submit(struct gv_submission *submission, uint64_t *id, struct gv_fail *fail);
enum gv_err gv_world_submit_extension(struct gv_submission *submission, uint64_t id,
                                      struct gv_fail *fail);
/** Prepare and create. Returns: the engine's answer. */
enum gv_err gv_world_create(const struct gv_offer *offer, uint64_t *id, struct gv_fail *fail);
/** Create, which must succeed. */
uint64_t gv_world_list(const struct gv_offer *offer);

/** The served PSBT of a rung, as the submission carried it. Returns: its length. */
size_t gv_world_psbt(const struct gv_offer *offer, uint32_t block, uint8_t *psbt, size_t cap);

/** A copy of the published row. Asserts that it is there. */
struct gv_market_row gv_world_row(uint64_t id);
bool gv_world_has_row(uint64_t id);
/** The row shows exactly the PSBT of that block (0: none). */
bool gv_world_shows(uint64_t id, const struct gv_offer *offer, uint32_t block);

/* ---- spends ------------------------------------------------------------------------------------- */

struct gv_hash256 gv_txid_of(uint32_t tx);

/** Transaction number `tx` buys with the PSBT of `block`: pair at index 1, buyer's output at 0. */
struct gv_spend_evidence gv_world_sale(const struct gv_offer *offer, uint32_t block, uint32_t tx);
/** Transaction number `tx` spends the coin some other way. */
struct gv_spend_evidence gv_world_other_spend(const struct gv_offer *offer, uint32_t tx);

#endif
