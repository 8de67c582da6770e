/* Order auctions in the engine's world (engine_world.h): the sequencer's part in a few words. */
#ifndef GV_TESTS_SUPPORT_ORDERS_WORLD_H
#define GV_TESTS_SUPPORT_ORDERS_WORLD_H

#include "app/engine/solvers.h"
#include "tests/support/engine_world.h"

/** The original's rules in claim mode, unauthenticated; a test changes its copy. */
extern const struct gv_engine_orders_config gv_orders_claim_mode;

/** The engine with empty storage and these rules; *config is lent until gv_orders_world_close. */
void gv_orders_world_open(const struct gv_engine_orders_config *config);
void gv_orders_world_close(void);
struct gv_solver_id gv_world_solver(const char *name);

/** Add orders "Order <n>". Returns: id of the first, 0 when refused. */
uint64_t gv_orders_add(uint32_t count);
/** Bid of a solver named `solver`; rate 1, so output is input; valid for `valid_s` from the wall clock.
 *  Returns: the verdict; GV_ERR_STORAGE when the call failed. Out: code: may be NULL. */
enum gv_err gv_orders_bid(uint64_t order, const char *solver, uint64_t input, int64_t valid_s,
                          const char **code);
enum gv_err gv_orders_claim(uint64_t order, const char *solver, const char **code);
/** Lines of this solver are proven by this secret from now on; "": by none. Held for four solvers. */
void gv_orders_speak_as(const char *solver, const char *secret);
/** Let `seconds` pass, then tick. Returns: the call's answer; the lines are gv_orders_lines. */
enum gv_err gv_orders_tick_after(uint32_t seconds);
const char *gv_orders_lines(void);
const struct gv_order_tick *gv_orders_ticked(void);
/** Lines of the snapshot for a new solver. */
const char *gv_orders_snapshot(void);

/** The order as stored. Asserts that it is there. */
struct gv_order_row gv_orders_row(uint64_t id);
enum gv_order_state gv_orders_state(uint64_t id);
/** Events of a kind in the log, all of it. */
uint32_t gv_orders_events(const char *kind);
/** Log and ledger are whole. */
bool gv_orders_verified(void);

#endif
