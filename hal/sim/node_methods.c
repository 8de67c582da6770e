/* The RPC methods of the scripted node, as a pruned bitcoind without txindex answers them. */
#include "hal/sim/node_parts.h"

#include "firmware/base/assert.h"
#include "firmware/base/text.h"

#include <string.h>

enum {
    RPC_MISC = -1,
    RPC_NOT_FOUND = -5,
    RPC_BAD_PARAMETER = -8,
    RPC_UNKNOWN_METHOD = -32601,
};

#define SAT_PER_BTC    100000000u
#define MEDIAN_BACK    5u /* the median of eleven evenly spaced blocks */
#define BLOCK_INTERVAL 600

/* One call: what it was given, where the result goes, what went wrong. */
struct call {
    struct gv_sim_node *node;
    gv_json_ref params;
    struct gv_json_out *out;
    const char *message;
};

static int fail(struct call *c, int code, const char *message)
{
    c->message = message;
    return code;
}

/* ---- parameters ----------------------------------------------------------------------------- */

static gv_json_ref param(const struct call *c, size_t index)
{
    struct gv_json_iter it;
    gv_json_ref e = gv_json_first(&it, c->params);
    for (size_t i = 0; i < index && e != NULL; i++) {
        e = gv_json_next(&it);
    }
    return e;
}

static bool read_hash(gv_json_ref v, uint8_t hash[32])
{
    struct gv_view text;
    return gv_json_string(v, &text) &&
           gv_hex_decode_reversed(hash, 32, (const char *)text.p, text.n) == GV_OK;
}

/* A number, or true and false as 1 and 0; `absent` when it is not there. */
static int64_t int_param(const struct call *c, size_t index, int64_t absent)
{
    int64_t v = 0;
    bool b = false;
    if (gv_json_bool(param(c, index), &b)) {
        return b ? 1 : 0;
    }
    return gv_json_int(param(c, index), &v) ? v : absent;
}

/* ---- results -------------------------------------------------------------------------------- */

static void put_hash(struct gv_json_out *out, const char *key, const uint8_t hash[32])
{
    gv_jo_key(out, key);
    gv_jo_hash(out, hash);
}

static void put_hex(struct call *c, struct gv_view bytes)
{
    char *hex = c->node->hex;
    GV_ASSERT(2 * bytes.n + 3 <= sizeof(c->node->hex));
    hex[0] = '"';
    gv_hex_encode(hex + 1, bytes);
    hex[1 + 2 * bytes.n] = '"';
    gv_jo_raw(c->out, hex, 2 * bytes.n + 2);
}

static void put_btc(struct gv_json_out *out, const char *key, uint64_t sat)
{
    char text[32];
    gv_format_cut(text, sizeof(text), "%llu.%08llu", (unsigned long long)(sat / SAT_PER_BTC),
                  (unsigned long long)(sat % SAT_PER_BTC));
    gv_jo_key(out, key);
    gv_jo_raw(out, text, strlen(text));
}

static int64_t time_of(const struct gv_sim_node *node, uint32_t height)
{
    return node->start_s + (int64_t)height * BLOCK_INTERVAL;
}

static int64_t confirmations(const struct gv_sim_node *node, const struct gv_sim_stored_block *b)
{
    return b->active ? (int64_t)gv_sim_tip(node)->height - b->height + 1 : -1;
}

static bool is_held(const struct gv_sim_node *node, const struct gv_sim_stored_block *block)
{
    return block->height >= node->lowest_held;
}

static struct gv_view block_raw(const struct gv_sim_node *node,
                                const struct gv_sim_stored_block *block)
{
    return gv_sim_bytes(node, block->raw_at, block->raw_n);
}

/* ---- chain ---------------------------------------------------------------------------------- */

static int getblockchaininfo(struct call *c)
{
    const struct gv_sim_node *node = c->node;
    const struct gv_sim_stored_block *tip = gv_sim_tip(node);
    uint32_t median = tip->height > MEDIAN_BACK ? tip->height - MEDIAN_BACK : 0;
    gv_jo_object(c->out);
    gv_jo_kstring(c->out, "chain", "regtest");
    gv_jo_kint(c->out, "blocks", tip->height);
    gv_jo_kint(c->out, "headers", (int64_t)tip->height + node->switches.headers_ahead);
    put_hash(c->out, "bestblockhash", tip->hash);
    gv_jo_kint(c->out, "time", time_of(node, tip->height));
    gv_jo_kint(c->out, "mediantime", time_of(node, median));
    gv_jo_kint(c->out, "verificationprogress", 1);
    gv_jo_kbool(c->out, "initialblockdownload", node->switches.in_ibd);
    gv_jo_kint(c->out, "size_on_disk", node->bytes_n);
    gv_jo_kbool(c->out, "pruned", true);
    gv_jo_kint(c->out, "pruneheight", node->lowest_held);
    gv_jo_kbool(c->out, "automatic_pruning", false);
    gv_jo_key(c->out, "warnings");
    gv_jo_array(c->out);
    gv_jo_array_end(c->out);
    gv_jo_object_end(c->out);
    return 0;
}

static int getblockcount(struct call *c)
{
    gv_jo_int(c->out, gv_sim_tip(c->node)->height);
    return 0;
}

static int getbestblockhash(struct call *c)
{
    gv_jo_hash(c->out, gv_sim_tip(c->node)->hash);
    return 0;
}

static int getblockhash(struct call *c)
{
    int64_t height = int_param(c, 0, -1);
    if (height < 0 || height > gv_sim_tip(c->node)->height) {
        return fail(c, RPC_BAD_PARAMETER, "Block height out of range");
    }
    gv_jo_hash(c->out, c->node->blocks[gv_sim_block_at(c->node, (uint32_t)height)].hash);
    return 0;
}

/* The block named by the first parameter, or NULL with *code set. */
static const struct gv_sim_stored_block *block_param(struct call *c, size_t index, int *code,
                                                     const char *unknown)
{
    uint8_t hash[32];
    if (!read_hash(param(c, index), hash)) {
        *code = fail(c, RPC_BAD_PARAMETER, "blockhash must be of length 64");
        return NULL;
    }
    int32_t found = gv_sim_find_block(c->node, hash);
    if (found < 0) {
        *code = fail(c, RPC_NOT_FOUND, unknown);
        return NULL;
    }
    return &c->node->blocks[found];
}

static void put_block_fields(struct call *c, const struct gv_sim_stored_block *block)
{
    const struct gv_sim_node *node = c->node;
    uint32_t median = block->height > MEDIAN_BACK ? block->height - MEDIAN_BACK : 0;
    put_hash(c->out, "hash", block->hash);
    gv_jo_kint(c->out, "confirmations", confirmations(node, block));
    gv_jo_kint(c->out, "height", block->height);
    put_hash(c->out, "merkleroot", block->header + 36);
    gv_jo_kint(c->out, "time", time_of(node, block->height));
    gv_jo_kint(c->out, "mediantime", time_of(node, median));
    gv_jo_kstring(c->out, "bits", "207fffff");
    gv_jo_kint(c->out, "nTx", block->txs_n);
    if (block->previous >= 0) {
        put_hash(c->out, "previousblockhash", node->blocks[block->previous].hash);
    }
    int32_t next = block->active ? gv_sim_block_at(node, block->height + 1) : -1;
    if (next >= 0) {
        put_hash(c->out, "nextblockhash", node->blocks[next].hash);
    }
}

static int getblockheader(struct call *c)
{
    int code = 0;
    const struct gv_sim_stored_block *block = block_param(c, 0, &code, "Block not found");
    if (block == NULL) {
        return code;
    }
    if (int_param(c, 1, 1) == 0) {
        put_hex(c, gv_view_of(block->header, sizeof(block->header)));
        return 0;
    }
    gv_jo_object(c->out);
    put_block_fields(c, block);
    gv_jo_object_end(c->out);
    return 0;
}

static int getblock(struct call *c)
{
    int code = 0;
    int64_t verbosity = int_param(c, 1, 1);
    const struct gv_sim_stored_block *block = block_param(c, 0, &code, "Block not found");
    if (block == NULL) {
        return code;
    }
    if (!is_held(c->node, block)) {
        return fail(c, RPC_MISC, "Block not available (pruned data)");
    }
    if (verbosity == 0) {
        put_hex(c, block_raw(c->node, block));
        return 0;
    }
    if (verbosity != 1) {
        return fail(c, RPC_BAD_PARAMETER, "the scripted node knows verbosity 0 and 1");
    }
    gv_jo_object(c->out);
    put_block_fields(c, block);
    gv_jo_key(c->out, "tx");
    gv_jo_array(c->out);
    for (uint32_t i = 0; i < block->txs_n; i++) {
        gv_jo_hash(c->out, c->node->txs[c->node->block_txs[block->txs_at + i]].txid);
    }
    gv_jo_array_end(c->out);
    gv_jo_object_end(c->out);
    return 0;
}

/* ---- outputs -------------------------------------------------------------------------------- */

static void put_output(struct call *c, const struct gv_sim_stored_tx *tx,
                       const struct gv_sim_output *output)
{
    gv_jo_object(c->out);
    put_hash(c->out, "bestblock", gv_sim_tip(c->node)->hash);
    gv_jo_kint(c->out, "confirmations",
               tx->block < 0 ? 0 : confirmations(c->node, &c->node->blocks[tx->block]));
    put_btc(c->out, "value", output->sat);
    gv_jo_key(c->out, "scriptPubKey");
    gv_jo_object(c->out);
    gv_jo_kstring(c->out, "asm", "");
    gv_jo_key(c->out, "hex");
    put_hex(c, gv_view_of(output->script, output->script_n));
    gv_jo_kstring(c->out, "type", "nonstandard");
    gv_jo_object_end(c->out);
    gv_jo_kbool(c->out, "coinbase", tx->is_coinbase);
    gv_jo_object_end(c->out);
}

/* Spent, never existed and index too high are not told apart: null. */
static int gettxout(struct call *c)
{
    struct gv_sim_outpoint outpoint;
    const struct gv_sim_node *node = c->node;
    int64_t vout = int_param(c, 1, -1);
    bool with_mempool = int_param(c, 2, 1) != 0;
    if (!read_hash(param(c, 0), outpoint.txid) || vout < 0 || vout > UINT32_MAX) {
        return fail(c, RPC_BAD_PARAMETER, "txid must be of length 64 and n a number");
    }
    outpoint.vout = (uint32_t)vout;
    int32_t found = gv_sim_find_tx(node, outpoint.txid);
    bool exists = found >= 0 &&
                  (node->txs[found].block >= 0 || (with_mempool && node->txs[found].in_mempool));
    if (!exists || outpoint.vout >= node->txs[found].makes_n ||
        gv_sim_spender(node, &outpoint, false) >= 0 ||
        (with_mempool && gv_sim_spender(node, &outpoint, true) >= 0)) {
        gv_jo_null(c->out);
        return 0;
    }
    put_output(c, &node->txs[found], &node->makes[node->txs[found].makes_at + outpoint.vout]);
    return 0;
}

static int gettxspendingprevout(struct call *c)
{
    struct gv_json_iter it;
    gv_jo_array(c->out);
    for (gv_json_ref e = gv_json_first(&it, param(c, 0)); e != NULL; e = gv_json_next(&it)) {
        struct gv_sim_outpoint outpoint;
        int64_t vout = -1;
        if (!read_hash(gv_json_get(e, "txid"), outpoint.txid) ||
            !gv_json_int(gv_json_get(e, "vout"), &vout) || vout < 0 || vout > UINT32_MAX) {
            return fail(c, RPC_BAD_PARAMETER, "Invalid parameter, txid and vout are needed");
        }
        outpoint.vout = (uint32_t)vout;
        int32_t spender = gv_sim_spender(c->node, &outpoint, true);
        gv_jo_object(c->out);
        put_hash(c->out, "txid", outpoint.txid);
        gv_jo_kint(c->out, "vout", vout);
        if (spender >= 0) {
            put_hash(c->out, "spendingtxid", c->node->txs[spender].txid);
        }
        gv_jo_object_end(c->out);
    }
    gv_jo_array_end(c->out);
    return 0;
}

/* ---- transactions --------------------------------------------------------------------------- */

static int put_transaction(struct call *c, const struct gv_sim_stored_tx *tx,
                           const struct gv_sim_stored_block *block)
{
    struct gv_view raw = gv_sim_bytes(c->node, tx->raw_at, tx->raw_n);
    if (int_param(c, 1, 0) == 0) {
        put_hex(c, raw);
        return 0;
    }
    gv_jo_object(c->out);
    if (block != NULL) {
        gv_jo_kbool(c->out, "in_active_chain", block->active);
        put_hash(c->out, "blockhash", block->hash);
        gv_jo_kint(c->out, "confirmations", confirmations(c->node, block));
    }
    put_hash(c->out, "txid", tx->txid);
    gv_jo_key(c->out, "hex");
    put_hex(c, raw);
    gv_jo_object_end(c->out);
    return 0;
}

static int getrawtransaction(struct call *c)
{
    uint8_t txid[32];
    int code = 0;
    if (!read_hash(param(c, 0), txid)) {
        return fail(c, RPC_BAD_PARAMETER, "txid must be of length 64");
    }
    int32_t tx = gv_sim_find_tx(c->node, txid);
    if (param(c, 2) == NULL) {
        if (tx < 0 || !c->node->txs[tx].in_mempool) {
            return fail(c, RPC_NOT_FOUND,
                        "No such mempool transaction. Use -txindex or provide a block hash to "
                        "enable blockchain transaction queries. Use gettransaction for wallet "
                        "transactions.");
        }
        return put_transaction(c, &c->node->txs[tx], NULL);
    }
    const struct gv_sim_stored_block *block = block_param(c, 2, &code, "Block hash not found");
    if (block == NULL) {
        return code;
    }
    if (!is_held(c->node, block)) {
        return fail(c, RPC_MISC, "Block not available");
    }
    if (tx < 0 || !gv_sim_block_has(c->node, block, (uint32_t)tx)) {
        return fail(c, RPC_NOT_FOUND,
                    "No such transaction found in the provided block. Use gettransaction for "
                    "wallet transactions.");
    }
    return put_transaction(c, &c->node->txs[tx], block);
}

/* ---- mempool and node ----------------------------------------------------------------------- */

static uint32_t mempool_size(const struct gv_sim_node *node)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < node->txs_n; i++) {
        n += node->txs[i].in_mempool ? 1u : 0u;
    }
    return n;
}

static int getrawmempool(struct call *c)
{
    bool with_sequence = int_param(c, 1, 0) != 0;
    if (int_param(c, 0, 0) != 0) {
        return fail(c, RPC_BAD_PARAMETER, "the scripted node has no verbose mempool");
    }
    if (with_sequence) {
        gv_jo_object(c->out);
        gv_jo_key(c->out, "txids");
    }
    gv_jo_array(c->out);
    for (uint32_t i = 0; i < c->node->txs_n; i++) {
        if (c->node->txs[i].in_mempool) {
            gv_jo_hash(c->out, c->node->txs[i].txid);
        }
    }
    gv_jo_array_end(c->out);
    if (with_sequence) {
        gv_jo_key(c->out, "mempool_sequence");
        gv_jo_uint(c->out, c->node->mempool_sequence);
        gv_jo_object_end(c->out);
    }
    return 0;
}

/* Only what is asked for: a transaction has entered with the tip of now. */
static int getmempoolentry(struct call *c)
{
    uint8_t txid[32];
    if (!read_hash(param(c, 0), txid)) {
        return fail(c, RPC_BAD_PARAMETER, "txid must be of length 64");
    }
    const int32_t tx = gv_sim_find_tx(c->node, txid);
    if (tx < 0 || !c->node->txs[tx].in_mempool) {
        return fail(c, RPC_NOT_FOUND, "Transaction not in mempool");
    }
    gv_jo_object(c->out);
    gv_jo_kint(c->out, "time", time_of(c->node, gv_sim_tip(c->node)->height));
    gv_jo_object_end(c->out);
    return 0;
}

static int getmempoolinfo(struct call *c)
{
    gv_jo_object(c->out);
    gv_jo_kbool(c->out, "loaded", true);
    gv_jo_kint(c->out, "size", mempool_size(c->node));
    gv_jo_kbool(c->out, "fullrbf", true);
    gv_jo_object_end(c->out);
    return 0;
}

static int getzmqnotifications(struct call *c)
{
    static const char *const types[] = {"pubrawtx", "pubrawblock", "pubsequence"};
    gv_jo_array(c->out);
    for (size_t i = 0; i < 3 && !c->node->switches.no_feed; i++) {
        gv_jo_object(c->out);
        gv_jo_kstring(c->out, "type", types[i]);
        gv_jo_kstring(c->out, "address", "tcp://127.0.0.1:28332");
        gv_jo_kint(c->out, "hwm", GV_SIM_FEED_MAX);
        gv_jo_object_end(c->out);
    }
    gv_jo_array_end(c->out);
    return 0;
}

static int getnetworkinfo(struct call *c)
{
    gv_jo_object(c->out);
    gv_jo_kint(c->out, "version", 290000);
    gv_jo_kstring(c->out, "subversion", "/Satoshi:29.0.0/");
    gv_jo_kint(c->out, "protocolversion", 70016);
    gv_jo_kbool(c->out, "networkactive", true);
    gv_jo_kint(c->out, "connections", 8);
    gv_jo_object_end(c->out);
    return 0;
}

/* ---- dispatch ------------------------------------------------------------------------------- */

int gv_sim_call(struct gv_sim_node *node, struct gv_view method, gv_json_ref params,
                struct gv_json_out *out, const char **message)
{
    static const struct {
        const char *name;
        int (*run)(struct call *c);
    } methods[] = {
        {"getbestblockhash", getbestblockhash},
        {"getblock", getblock},
        {"getblockchaininfo", getblockchaininfo},
        {"getblockcount", getblockcount},
        {"getblockhash", getblockhash},
        {"getblockheader", getblockheader},
        {"getmempoolentry", getmempoolentry},
        {"getmempoolinfo", getmempoolinfo},
        {"getnetworkinfo", getnetworkinfo},
        {"getrawmempool", getrawmempool},
        {"getrawtransaction", getrawtransaction},
        {"gettxout", gettxout},
        {"gettxspendingprevout", gettxspendingprevout},
        {"getzmqnotifications", getzmqnotifications},
    };
    struct call c = {.node = node, .params = params, .out = out, .message = ""};
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
        if (gv_view_is(method, methods[i].name)) {
            int code = methods[i].run(&c);
            *message = c.message;
            return code;
        }
    }
    *message = "Method not found";
    return RPC_UNKNOWN_METHOD;
}
