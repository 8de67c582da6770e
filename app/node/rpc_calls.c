/* The typed calls: each names its method, reads every field it needs with its type and range, and
 * takes nothing else for an answer. Source: Bitcoin Core RPC documentation, v24 to v31. */
#include "app/node/rpc_wire.h"

#include "app/money/sat.h"
#include "firmware/base/assert.h"
#include "firmware/base/text.h"

#include <stdlib.h>
#include <string.h>

/* Heights stay below Bitcoin's LOCKTIME_THRESHOLD. */
#define HEIGHT_MAX 499999999

static enum gv_err bad_field(struct gv_fail *fail, const char *method, const char *field)
{
    return gv_fail(fail, GV_ERR_UNAVAILABLE, "node.bad_answer",
                   "%s: %s is missing or not what it "
                   "should be",
                   method, field);
}

static bool read_u32(gv_json_ref object, const char *key, uint32_t max, uint32_t *out)
{
    int64_t v = 0;
    if (!gv_json_int(gv_json_get(object, key), &v) || v < 0 || v > (int64_t)max) {
        return false;
    }
    *out = (uint32_t)v;
    return true;
}

static bool hash_of(gv_json_ref value, struct gv_hash256 *out)
{
    struct gv_view text;
    return gv_json_string(value, &text) &&
           gv_hex_decode_reversed(out->b, sizeof(out->b), (const char *)text.p, text.n) == GV_OK;
}

static bool read_hash(gv_json_ref object, const char *key, struct gv_hash256 *out)
{
    return hash_of(gv_json_get(object, key), out);
}

/* Copy a string that must fit and hold no NUL. */
static bool read_text(gv_json_ref object, const char *key, char *out, size_t cap)
{
    struct gv_view text;
    if (!gv_json_string(gv_json_get(object, key), &text) || text.n >= cap) {
        return false;
    }
    memcpy(out, text.p, text.n);
    out[text.n] = '\0';
    return true;
}

/* 0..1, for people only: rounding does not matter. */
static bool read_ratio(gv_json_ref object, const char *key, double *out)
{
    struct gv_view text;
    char copy[40];
    if (!gv_json_number_text(gv_json_get(object, key), &text) || text.n >= sizeof(copy)) {
        return false;
    }
    memcpy(copy, text.p, text.n);
    copy[text.n] = '\0';
    double v = strtod(copy, NULL);
    if (!(v >= 0.0 && v <= 1.0)) {
        return false;
    }
    *out = v;
    return true;
}

/* ---- chain ------------------------------------------------------------------------------------- */

enum gv_err gv_rpc_blockchain(struct gv_rpc *rpc, struct gv_rpc_chain *chain, struct gv_fail *fail)
{
    static const char method[] = "getblockchaininfo";
    struct gv_rpc_request request;
    gv_rpc_begin(rpc, &request, method);
    gv_json_ref result = NULL;
    enum gv_err err = gv_rpc_call(rpc, &request, &result, fail);
    if (err != GV_OK) {
        return err;
    }
    memset(chain, 0, sizeof(*chain));
    if (!read_text(result, "chain", chain->chain, sizeof(chain->chain))) {
        return bad_field(fail, method, "chain");
    }
    if (!read_u32(result, "blocks", HEIGHT_MAX, &chain->blocks) ||
        !read_u32(result, "headers", HEIGHT_MAX, &chain->headers)) {
        return bad_field(fail, method, "blocks or headers");
    }
    if (!read_hash(result, "bestblockhash", &chain->best_hash)) {
        return bad_field(fail, method, "bestblockhash");
    }
    if (!gv_json_int(gv_json_get(result, "time"), &chain->time.s) || chain->time.s < 0) {
        return bad_field(fail, method, "time");
    }
    if (!gv_json_bool(gv_json_get(result, "initialblockdownload"), &chain->initial_download)) {
        return bad_field(fail, method, "initialblockdownload");
    }
    if (!gv_json_bool(gv_json_get(result, "pruned"), &chain->pruned) ||
        (chain->pruned && !read_u32(result, "pruneheight", HEIGHT_MAX, &chain->prune_height))) {
        return bad_field(fail, method, "pruned or pruneheight");
    }
    if (!read_ratio(result, "verificationprogress", &chain->verification_progress)) {
        return bad_field(fail, method, "verificationprogress");
    }
    return GV_OK;
}

enum gv_err gv_rpc_version(struct gv_rpc *rpc, int64_t *version, struct gv_fail *fail)
{
    struct gv_rpc_request request;
    gv_rpc_begin(rpc, &request, "getnetworkinfo");
    gv_json_ref result = NULL;
    enum gv_err err = gv_rpc_call(rpc, &request, &result, fail);
    if (err == GV_OK && (!gv_json_int(gv_json_get(result, "version"), version) || *version < 0)) {
        err = bad_field(fail, request.method, "version");
    }
    return err;
}

enum gv_err gv_rpc_block_hash(struct gv_rpc *rpc, uint32_t height, struct gv_hash256 *hash,
                              struct gv_fail *fail)
{
    struct gv_rpc_request request;
    gv_rpc_begin(rpc, &request, "getblockhash");
    request.absent_codes[0] = GV_RPC_INVALID_PARAMETER;
    gv_jo_uint(&request.out, height);
    gv_json_ref result = NULL;
    enum gv_err err = gv_rpc_call(rpc, &request, &result, fail);
    if (err == GV_OK && !hash_of(result, hash)) {
        err = bad_field(fail, request.method, "the hash");
    }
    return err;
}

enum gv_err gv_rpc_header(struct gv_rpc *rpc, const struct gv_hash256 *hash,
                          struct gv_hash256 *prev, struct gv_utc *time, uint32_t *height,
                          struct gv_fail *fail)
{
    struct gv_rpc_request request;
    gv_rpc_begin(rpc, &request, "getblockheader");
    request.absent_codes[0] = GV_RPC_INVALID_ADDRESS_OR_KEY;
    gv_jo_hash(&request.out, hash->b);
    gv_jo_bool(&request.out, true);
    gv_json_ref result = NULL;
    enum gv_err err = gv_rpc_call(rpc, &request, &result, fail);
    if (err != GV_OK) {
        return err;
    }
    struct gv_hash256 same;
    if (!read_hash(result, "hash", &same) || !gv_hash256_equal(&same, hash)) {
        return bad_field(fail, request.method, "hash");
    }
    if (!read_u32(result, "height", HEIGHT_MAX, height)) {
        return bad_field(fail, request.method, "height");
    }
    if (!gv_json_int(gv_json_get(result, "time"), &time->s) || time->s < 0) {
        return bad_field(fail, request.method, "time");
    }
    memset(prev, 0, sizeof(*prev));
    if (*height != 0 && !read_hash(result, "previousblockhash", prev)) {
        return bad_field(fail, request.method, "previousblockhash");
    }
    return GV_OK;
}

enum gv_err gv_rpc_block(struct gv_rpc *rpc, const struct gv_hash256 *hash, uint8_t *block,
                         size_t cap, size_t *len, struct gv_fail *fail)
{
    struct gv_rpc_request request;
    gv_rpc_begin(rpc, &request, "getblock");
    request.absent_codes[0] = GV_RPC_MISC_ERROR;
    request.absent_codes[1] = GV_RPC_INVALID_ADDRESS_OR_KEY;
    request.absent_slug = "node.block_missing";
    gv_jo_hash(&request.out, hash->b);
    gv_jo_int(&request.out, 0);
    return gv_rpc_call_hex(rpc, &request, block, cap, len, fail);
}

/* ---- outputs and the mempool ------------------------------------------------------------------- */

static enum gv_err read_script(gv_json_ref script, struct gv_rpc_txout *txout, struct gv_fail *fail)
{
    struct gv_view hex;
    if (!gv_json_string(gv_json_get(script, "hex"), &hex) || hex.n % 2 != 0) {
        return bad_field(fail, "gettxout", "scriptPubKey.hex");
    }
    txout->spk_fits = hex.n / 2 <= GV_SPK_MAX;
    if (txout->spk_fits) {
        if (gv_hex_decode(txout->spk.b, hex.n / 2, (const char *)hex.p, hex.n) != GV_OK) {
            return bad_field(fail, "gettxout", "scriptPubKey.hex");
        }
        txout->spk.n = (uint8_t)(hex.n / 2);
    }
    if (gv_json_type(gv_json_get(script, "address")) != GV_JSON_ABSENT &&
        !read_text(script, "address", txout->address, sizeof(txout->address))) {
        return bad_field(fail, "gettxout", "scriptPubKey.address");
    }
    return GV_OK;
}

enum gv_err gv_rpc_txout(struct gv_rpc *rpc, const struct gv_outpoint *outpoint,
                         bool include_mempool, struct gv_rpc_txout *txout, struct gv_fail *fail)
{
    static const char method[] = "gettxout";
    struct gv_rpc_request request;
    gv_rpc_begin(rpc, &request, method);
    gv_jo_hash(&request.out, outpoint->txid.b);
    gv_jo_uint(&request.out, outpoint->vout);
    gv_jo_bool(&request.out, include_mempool);
    gv_json_ref result = NULL;
    enum gv_err err = gv_rpc_call(rpc, &request, &result, fail);
    if (err != GV_OK) {
        return err;
    }
    memset(txout, 0, sizeof(*txout));
    if (gv_json_type(result) == GV_JSON_NULL) {
        return GV_OK;
    }
    if (!read_hash(result, "bestblock", &txout->best_hash)) {
        return bad_field(fail, method, "bestblock");
    }
    if (!read_u32(result, "confirmations", HEIGHT_MAX, &txout->confirmations)) {
        return bad_field(fail, method, "confirmations");
    }
    int64_t sats = 0;
    if (!gv_json_sats(gv_json_get(result, "value"), &sats) || sats < 0 ||
        sats > (int64_t)GV_SAT_MAX) {
        return bad_field(fail, method, "value");
    }
    if (!gv_json_bool(gv_json_get(result, "coinbase"), &txout->coinbase)) {
        return bad_field(fail, method, "coinbase");
    }
    txout->value_sat = (uint64_t)sats;
    err = read_script(gv_json_get(result, "scriptPubKey"), txout, fail);
    txout->found = err == GV_OK;
    return err;
}

/* The node reads vout as an int and refuses the whole list for one beyond it. No transaction has so
 * many outputs: such an outpoint is unspent without being asked about. */
static bool may_exist(const struct gv_outpoint *outpoint)
{
    return outpoint->vout <= INT32_MAX;
}

/* One member of the answer: the outpoint asked for, and its spender when it is in the mempool. */
static bool read_spender(gv_json_ref member, const struct gv_outpoint *outpoint, bool *spent,
                         struct gv_hash256 *txid)
{
    struct gv_outpoint same;
    if (!read_hash(member, "txid", &same.txid) ||
        !read_u32(member, "vout", UINT32_MAX, &same.vout) || !gv_outpoint_equal(&same, outpoint)) {
        return false;
    }
    gv_json_ref spender = gv_json_get(member, "spendingtxid");
    bool confirmed = gv_json_get(member, "blockhash") != NULL;
    *spent = spender != NULL && !confirmed;
    return spender == NULL || hash_of(spender, txid);
}

enum gv_err gv_rpc_spenders(struct gv_rpc *rpc, const struct gv_outpoint *outpoints, uint32_t count,
                            bool *spent, struct gv_hash256 *txids, struct gv_fail *fail)
{
    GV_ASSERT(count <= GV_RPC_BATCH_MAX);
    struct gv_rpc_request request;
    uint32_t asked = 0;
    gv_rpc_begin(rpc, &request, "gettxspendingprevout");
    gv_jo_array(&request.out);
    for (uint32_t i = 0; i < count; i++) {
        spent[i] = false;
        if (!may_exist(&outpoints[i])) {
            continue;
        }
        asked++;
        gv_jo_object(&request.out);
        gv_jo_key(&request.out, "txid");
        gv_jo_hash(&request.out, outpoints[i].txid.b);
        gv_jo_kint(&request.out, "vout", outpoints[i].vout);
        gv_jo_object_end(&request.out);
    }
    gv_jo_array_end(&request.out);
    if (asked == 0) {
        return GV_OK; /* the node refuses an empty list */
    }
    gv_json_ref result = NULL;
    enum gv_err err = gv_rpc_call(rpc, &request, &result, fail);
    if (err != GV_OK) {
        return err;
    }
    if (gv_json_type(result) != GV_JSON_ARRAY || gv_json_len(result) != asked) {
        return bad_field(fail, request.method, "one member for each outpoint");
    }
    struct gv_json_iter it;
    uint32_t i = 0;
    for (gv_json_ref member = gv_json_first(&it, result); member != NULL;
         member = gv_json_next(&it), i++) {
        while (!may_exist(&outpoints[i])) {
            i++;
        }
        if (!read_spender(member, &outpoints[i], &spent[i], &txids[i])) {
            return bad_field(fail, request.method, "txid, vout or spendingtxid");
        }
    }
    return GV_OK;
}

enum gv_err gv_rpc_mempool_tx(struct gv_rpc *rpc, const struct gv_hash256 *txid, uint8_t *tx,
                              size_t cap, size_t *len, struct gv_fail *fail)
{
    struct gv_rpc_request request;
    gv_rpc_begin(rpc, &request, "getrawtransaction");
    request.absent_codes[0] = GV_RPC_INVALID_ADDRESS_OR_KEY;
    gv_jo_hash(&request.out, txid->b);
    return gv_rpc_call_hex(rpc, &request, tx, cap, len, fail);
}

enum gv_err gv_rpc_mempool(struct gv_rpc *rpc, struct gv_rpc_mempool *mempool, struct gv_fail *fail)
{
    struct gv_rpc_request request;
    gv_rpc_begin(rpc, &request, "getmempoolinfo");
    gv_json_ref result = NULL;
    enum gv_err err = gv_rpc_call(rpc, &request, &result, fail);
    if (err != GV_OK) {
        return err;
    }
    if (!gv_json_bool(gv_json_get(result, "loaded"), &mempool->loaded)) {
        return bad_field(fail, request.method, "loaded");
    }
    if (!gv_json_int(gv_json_get(result, "size"), &mempool->count) || mempool->count < 0) {
        return bad_field(fail, request.method, "size");
    }
    return GV_OK;
}

enum gv_err gv_rpc_mempool_time(struct gv_rpc *rpc, const struct gv_hash256 *txid,
                                struct gv_utc *entered, struct gv_fail *fail)
{
    struct gv_rpc_request request;
    gv_rpc_begin(rpc, &request, "getmempoolentry");
    request.absent_codes[0] = GV_RPC_INVALID_ADDRESS_OR_KEY;
    gv_jo_hash(&request.out, txid->b);
    gv_json_ref result = NULL;
    enum gv_err err = gv_rpc_call(rpc, &request, &result, fail);
    if (err == GV_OK &&
        (!gv_json_int(gv_json_get(result, "time"), &entered->s) || entered->s < 0 ||
         entered->s > UINT32_MAX)) { /* as in block headers; nobody's milliseconds overflow */
        err = bad_field(fail, request.method, "time");
    }
    return err;
}

/* ---- notifications ------------------------------------------------------------------------------ */

enum gv_err gv_rpc_zmq_endpoint(struct gv_rpc *rpc, const char *topic, char *endpoint, size_t cap,
                                struct gv_fail *fail)
{
    endpoint[0] = '\0';
    struct gv_rpc_request request;
    gv_rpc_begin(rpc, &request, "getzmqnotifications");
    gv_json_ref result = NULL;
    enum gv_err err = gv_rpc_call(rpc, &request, &result, fail);
    if (err != GV_OK) {
        return err;
    }
    if (gv_json_type(result) != GV_JSON_ARRAY) {
        return bad_field(fail, request.method, "the list");
    }
    struct gv_json_iter it;
    for (gv_json_ref row = gv_json_first(&it, result); row != NULL; row = gv_json_next(&it)) {
        struct gv_view type;
        if (!gv_json_string(gv_json_get(row, "type"), &type)) {
            return bad_field(fail, request.method, "type");
        }
        if (gv_view_is(type, topic) && read_text(row, "address", endpoint, cap)) {
            return GV_OK;
        }
    }
    return GV_OK;
}
