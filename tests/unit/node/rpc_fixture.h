/* A gv_rpc against a scripted peer, set up anew for each test. */
#ifndef GV_TESTS_UNIT_NODE_RPC_FIXTURE_H
#define GV_TESTS_UNIT_NODE_RPC_FIXTURE_H

#include "app/node/rpc.h"
#include "tests/unit/node/fake_http.h"

#define RPC_HASH_A "07ae00000000000000000000000000000000000000000000000000000000ab01"
#define RPC_HASH_B "935e00000000000000000000000000000000000000000000000000000000cd02"

extern struct gv_rpc rpc_under_test;
extern struct gv_rpc_config rpc_config;
extern struct fake_http rpc_fake;
extern struct gv_fail rpc_fail;
extern const char *rpc_cookie; /* what the cookie file holds; NULL: there is none */
extern unsigned rpc_cookie_reads;

int rpc_set_up(void **state);
/** The peer's next answer. */
void rpc_push(int status, const char *body);
struct gv_hash256 rpc_hash(const char *text);

#endif
