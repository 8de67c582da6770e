/* RPC on the wire: one JSON-RPC 1.0 exchange, from the method's name to its result.
 *
 *   gv_rpc_begin ─► parameters with gv_jo_* ─► gv_rpc_call | gv_rpc_call_hex
 *
 * Private to app/node. Thread: the owner of the gv_rpc. */
#ifndef GV_APP_NODE_RPC_WIRE_H
#define GV_APP_NODE_RPC_WIRE_H

#include "app/node/rpc.h"

/* Bitcoin Core rpc/protocol.h */
enum {
    GV_RPC_MISC_ERROR = -1,
    GV_RPC_INVALID_ADDRESS_OR_KEY = -5,
    GV_RPC_INVALID_PARAMETER = -8,
    GV_RPC_IN_WARMUP = -28,
};

struct gv_rpc_request {
    const char *method; /* a literal */
    struct gv_json_out out;
    /* A refusal with one of these codes (0: none) means GV_ERR_NOT_FOUND. */
    int absent_codes[2];
    const char *absent_slug;
};

/** Write the head of a request into rpc->request. */
void gv_rpc_begin(struct gv_rpc *rpc, struct gv_rpc_request *request, const char *method);

/** Send it and parse the answer.
 *  Out: result: lives in rpc until the next call; may be JSON null.
 *  Returns: as the typed calls in rpc.h. */
GV_MUST_USE enum gv_err gv_rpc_call(struct gv_rpc *rpc, struct gv_rpc_request *request,
                                    gv_json_ref *result, struct gv_fail *fail);

/** As gv_rpc_call for a result that is one long hex string, decoded while it arrives.
 *  Out: bytes, len. Returns also: GV_ERR_TOO_LARGE (more than cap bytes). */
GV_MUST_USE enum gv_err gv_rpc_call_hex(struct gv_rpc *rpc, struct gv_rpc_request *request,
                                        uint8_t *bytes, size_t cap, size_t *len,
                                        struct gv_fail *fail);

/* ---- between rpc.c and rpc_hex.c ------------------------------------------------------------- */

/** Send with credentials, once more after 401 with a cookie read anew. `restart` is called before
 *  each try, so that the sink begins at zero. Out: status: 200, 400, 404 or 500. */
GV_MUST_USE enum gv_err gv_rpc_exchange(struct gv_rpc *rpc, struct gv_rpc_request *request,
                                        gv_http_sink *sink, void (*restart)(void *ctx), void *ctx,
                                        int *status, struct gv_fail *fail);
/** Judge the answer of `n` bytes in rpc->answer. */
GV_MUST_USE enum gv_err gv_rpc_parse(struct gv_rpc *rpc, const struct gv_rpc_request *request,
                                     int status, size_t n, gv_json_ref *result,
                                     struct gv_fail *fail);

#endif
