/* The wire between the box and the scripted node: things may happen between two requests, and answers
 * may be cut or changed on their way. One instance, static. Thread: one. */
#ifndef GV_TESTS_SIM_SIM_WIRE_H
#define GV_TESTS_SIM_SIM_WIRE_H

#include "hal/iface/http.h"

/** Begin undisturbed. In: through: the node. seed: of the spoiling. */
void gv_sim_wire_open(struct gv_http through, uint64_t seed);
/** The box's end. */
struct gv_http gv_sim_wire(void);

/** From now on call `interrupt` before each request: the node does not stand still while it is being
 *  read. In: request: its text. NULL: it does. */
void gv_sim_set_interrupt(void (*interrupt)(const char *request));
/** From now on the first `from` in each request and each short answer is replaced by `to`. Keeps both
 *  texts. NULL: nothing is. */
void gv_sim_wire_replace(const char *from, const char *to);
/** One answer in `one_in` is cut short or has one bit changed; 0: none. */
void gv_sim_wire_spoil(uint32_t one_in);
/** Requests made since it was opened. */
uint32_t gv_sim_requests(void);

#endif
