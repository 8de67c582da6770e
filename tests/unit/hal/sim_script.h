/* A script for the scripted node: transactions with one letter for a name, and ways to hear and ask
 * the node in words. Shared by the tests of its notifications and of its answers. */
#ifndef GV_TESTS_UNIT_HAL_SIM_SCRIPT_H
#define GV_TESTS_UNIT_HAL_SIM_SCRIPT_H

#include "tests/unit/hal/hal_test.h"

#include "hal/sim/node.h"

/** The node of the running test. */
extern struct gv_sim_node node;

struct world {
    struct gv_http http;
    struct gv_feed feed;
    char reply[65536];
    int status;
};

int setup(void **state); /* a fresh node, subscribed to all three topics */
int teardown(void **state);

struct letter {
    char raw[8];
    struct gv_sim_tx tx;
    struct gv_sim_outpoint spends;
    struct gv_sim_output makes[2];
};

/** A transaction that spends output `vout` of another (NULL: an outpoint nobody else knows). */
struct letter make(char name, const struct letter *parent, uint32_t vout);
/** For the node; the pointers inside are set here, so that letters may be copied. */
const struct gv_sim_tx *tx_of(struct letter *l);
void send_letter(struct letter *l);

/** The waiting messages as words: "tX" rawtx of X ("t*" a coinbase), "b" rawblock, "AX" and "RX" with
 *  the letter of the transaction, "C" and "D". In: letters: the names to recognise. */
const char *heard(struct world *w, const char *letters);

/** The body of the answer to a request, or the code of the failure. */
const char *ask(struct world *w, const char *body);
/** The same for one JSON-RPC 2.0 call. */
const char *call(struct world *w, const char *method, const char *params);
/** A hash as people write it, in quotes; one of four buffers in turn. */
const char *quoted(const uint8_t hash[32]);
/** Fail unless `part` is in `reply`. */
void expect(const char *reply, const char *part);

#endif
