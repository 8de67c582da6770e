/* The chain and the mempool of the scripted node, and what the script does to them. */
#include "hal/sim/node_parts.h"

#include "firmware/base/assert.h"
#include "firmware/base/wait.h"

#include <string.h>

/* ---- looking things up ---------------------------------------------------------------------- */

int32_t gv_sim_find_tx(const struct gv_sim_node *node, const uint8_t txid[32])
{
    for (uint32_t i = 0; i < node->txs_n; i++) {
        if (memcmp(node->txs[i].txid, txid, 32) == 0) {
            return (int32_t)i;
        }
    }
    return -1;
}

int32_t gv_sim_find_block(const struct gv_sim_node *node, const uint8_t hash[32])
{
    for (uint32_t i = 0; i < node->blocks_n; i++) {
        if (memcmp(node->blocks[i].hash, hash, 32) == 0) {
            return (int32_t)i;
        }
    }
    return -1;
}

int32_t gv_sim_block_at(const struct gv_sim_node *node, uint32_t height)
{
    int32_t block = node->tip;
    while (block >= 0 && node->blocks[block].height > height) {
        block = node->blocks[block].previous;
    }
    return block >= 0 && node->blocks[block].height == height ? block : -1;
}

static bool spends(const struct gv_sim_node *node, const struct gv_sim_stored_tx *tx,
                   const struct gv_sim_outpoint *outpoint)
{
    for (uint32_t i = 0; i < tx->spends_n; i++) {
        const struct gv_sim_outpoint *o = &node->spends[tx->spends_at + i];
        if (o->vout == outpoint->vout && memcmp(o->txid, outpoint->txid, 32) == 0) {
            return true;
        }
    }
    return false;
}

int32_t gv_sim_spender(const struct gv_sim_node *node, const struct gv_sim_outpoint *outpoint,
                       bool in_mempool)
{
    for (uint32_t i = 0; i < node->txs_n; i++) {
        const struct gv_sim_stored_tx *tx = &node->txs[i];
        bool counts = in_mempool ? tx->in_mempool : tx->block >= 0;
        if (counts && spends(node, tx, outpoint)) {
            return (int32_t)i;
        }
    }
    return -1;
}

bool gv_sim_block_has(const struct gv_sim_node *node, const struct gv_sim_stored_block *block,
                      uint32_t tx)
{
    for (uint32_t i = 0; i < block->txs_n; i++) {
        if (node->block_txs[block->txs_at + i] == tx) {
            return true;
        }
    }
    return false;
}

uint32_t gv_sim_store_tx(struct gv_sim_node *node, const struct gv_sim_tx *tx, bool is_coinbase)
{
    GV_ASSERT(node->txs_n < GV_SIM_TXS_MAX);
    GV_ASSERT(tx->spends_n <= GV_SIM_LINKS_MAX - node->spends_n);
    GV_ASSERT(tx->makes_n <= GV_SIM_LINKS_MAX - node->makes_n);
    struct gv_sim_stored_tx *stored = &node->txs[node->txs_n];
    *stored = (struct gv_sim_stored_tx){
        .raw_at = gv_sim_keep_bytes(node, tx->raw),
        .raw_n = (uint32_t)tx->raw.n,
        .spends_at = node->spends_n,
        .spends_n = tx->spends_n,
        .makes_at = node->makes_n,
        .makes_n = tx->makes_n,
        .block = -1,
        .is_coinbase = is_coinbase,
    };
    memcpy(stored->txid, tx->txid, sizeof(stored->txid));
    for (uint32_t i = 0; i < tx->spends_n; i++) {
        node->spends[node->spends_n++] = tx->spends[i];
    }
    for (uint32_t i = 0; i < tx->makes_n; i++) {
        node->makes[node->makes_n++] = tx->makes[i];
    }
    return node->txs_n++;
}

static uint32_t find_or_store(struct gv_sim_node *node, const struct gv_sim_tx *tx)
{
    int32_t found = gv_sim_find_tx(node, tx->txid);
    return found >= 0 ? (uint32_t)found : gv_sim_store_tx(node, tx, false);
}

/* ---- mempool -------------------------------------------------------------------------------- */

static void enter_mempool(struct gv_sim_node *node, uint32_t index)
{
    struct gv_sim_stored_tx *tx = &node->txs[index];
    tx->in_mempool = true;
    gv_sim_publish_tx(node, index);
    gv_sim_publish_sequence(node, tx->txid, 'A');
}

/* Whether any of its inputs is an output of a transaction that has just been dropped. */
static bool hangs_on(const struct gv_sim_node *node, const struct gv_sim_stored_tx *tx,
                     const uint8_t parent[32])
{
    for (uint32_t i = 0; i < tx->spends_n; i++) {
        if (memcmp(node->spends[tx->spends_at + i].txid, parent, 32) == 0) {
            return true;
        }
    }
    return false;
}

/* Drop a transaction and everything that hangs on it, in order of arrival. A parent is stored
 * before its children, so one pass from it on finds them all. */
static void leave_mempool(struct gv_sim_node *node, uint32_t index)
{
    static bool dropped[GV_SIM_TXS_MAX]; /* under the node's lock */
    memset(dropped, 0, sizeof(dropped));
    dropped[index] = true;
    for (uint32_t i = index; i < node->txs_n; i++) {
        struct gv_sim_stored_tx *tx = &node->txs[i];
        for (uint32_t p = index; p < i && tx->in_mempool && !dropped[i]; p++) {
            dropped[i] = dropped[p] && hangs_on(node, tx, node->txs[p].txid);
        }
        if (dropped[i] && tx->in_mempool) {
            tx->in_mempool = false;
            gv_sim_publish_sequence(node, tx->txid, 'R');
        }
    }
}

/* Drop from the mempool everything that spends what `index` spends. */
static void drop_conflicts(struct gv_sim_node *node, uint32_t index)
{
    const struct gv_sim_stored_tx *tx = &node->txs[index];
    for (uint32_t i = 0; i < tx->spends_n; i++) {
        int32_t other = gv_sim_spender(node, &node->spends[tx->spends_at + i], true);
        if (other >= 0 && (uint32_t)other != index) {
            leave_mempool(node, (uint32_t)other);
        }
    }
}

static bool is_spent_by_block(const struct gv_sim_node *node, const struct gv_sim_tx *tx)
{
    for (uint32_t i = 0; i < tx->spends_n; i++) {
        if (gv_sim_spender(node, &tx->spends[i], false) >= 0) {
            return true;
        }
    }
    return false;
}

bool gv_sim_node_send(struct gv_sim_node *node, const struct gv_sim_tx *tx)
{
    pthread_mutex_lock(&node->lock);
    int32_t known = gv_sim_find_tx(node, tx->txid);
    bool accepted = (known < 0 || (!node->txs[known].in_mempool && node->txs[known].block < 0)) &&
                    !is_spent_by_block(node, tx);
    if (accepted) {
        uint32_t index = find_or_store(node, tx);
        drop_conflicts(node, index);
        enter_mempool(node, index);
    }
    pthread_mutex_unlock(&node->lock);
    return accepted;
}

bool gv_sim_node_evict(struct gv_sim_node *node, const uint8_t txid[32])
{
    pthread_mutex_lock(&node->lock);
    int32_t index = gv_sim_find_tx(node, txid);
    bool is_there = index >= 0 && node->txs[index].in_mempool;
    if (is_there) {
        leave_mempool(node, (uint32_t)index);
    }
    pthread_mutex_unlock(&node->lock);
    return is_there;
}

/* ---- blocks --------------------------------------------------------------------------------- */

/* Conflicts go first, then the transactions, then the block: the order of bitcoind's messages. */
static void connect(struct gv_sim_node *node, int32_t index)
{
    struct gv_sim_stored_block *block = &node->blocks[index];
    const uint32_t *txs = node->block_txs + block->txs_at;
    for (uint32_t i = 0; i < block->txs_n; i++) {
        drop_conflicts(node, txs[i]);
    }
    for (uint32_t i = 0; i < block->txs_n; i++) {
        struct gv_sim_stored_tx *tx = &node->txs[txs[i]];
        if (tx->in_mempool) {
            tx->in_mempool = false;
            node->mempool_sequence++; /* removed for inclusion: counted, not told */
        }
        tx->block = index;
        gv_sim_publish_tx(node, txs[i]);
    }
    block->active = true;
    node->tip = index;
    gv_sim_publish_sequence(node, block->hash, 'C');
}

/* Returns: the index of the block that was the tip. */
static int32_t disconnect_tip(struct gv_sim_node *node)
{
    int32_t index = node->tip;
    struct gv_sim_stored_block *block = &node->blocks[index];
    GV_ASSERT(block->previous >= 0);
    for (uint32_t i = 0; i < block->txs_n; i++) {
        uint32_t tx = node->block_txs[block->txs_at + i];
        node->txs[tx].block = -1;
        gv_sim_publish_tx(node, tx);
    }
    block->active = false;
    node->tip = block->previous;
    gv_sim_publish_sequence(node, block->hash, 'D');
    return index;
}

/* Whether every output it spends is there: made by a block or the mempool, and not spent. */
static bool can_return(const struct gv_sim_node *node, const struct gv_sim_stored_tx *tx)
{
    if (tx->is_coinbase || tx->block >= 0 || tx->in_mempool) {
        return false;
    }
    for (uint32_t i = 0; i < tx->spends_n; i++) {
        const struct gv_sim_outpoint *o = &node->spends[tx->spends_at + i];
        int32_t parent = gv_sim_find_tx(node, o->txid);
        bool parent_gone =
            parent >= 0 && node->txs[parent].block < 0 && !node->txs[parent].in_mempool;
        if (parent_gone || gv_sim_spender(node, o, false) >= 0 ||
            gv_sim_spender(node, o, true) >= 0) {
            return false;
        }
    }
    return true;
}

/* The transactions of disconnected blocks return to the mempool as far as they still can. */
static void return_transactions(struct gv_sim_node *node, const int32_t *blocks, uint32_t n)
{
    for (uint32_t b = n; b-- > 0;) { /* the oldest block first */
        const struct gv_sim_stored_block *block = &node->blocks[blocks[b]];
        for (uint32_t i = 0; i < block->txs_n; i++) {
            uint32_t tx = node->block_txs[block->txs_at + i];
            if (can_return(node, &node->txs[tx])) {
                enter_mempool(node, tx);
            } else if (node->txs[tx].block < 0 && !node->txs[tx].in_mempool) {
                leave_mempool(node, tx); /* it is gone for good: what hangs on it goes as well */
            }
        }
    }
}

/* The indices of what is mined: the mempool in order of arrival, then the unseen ones. */
static uint32_t choose(struct gv_sim_node *node, bool take_mempool, const struct gv_sim_tx *unseen,
                       uint32_t unseen_n, uint32_t chosen[GV_SIM_BLOCK_TXS_MAX])
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < node->txs_n && take_mempool; i++) {
        if (node->txs[i].in_mempool) {
            GV_ASSERT(n < GV_SIM_BLOCK_TXS_MAX);
            chosen[n++] = i;
        }
    }
    for (uint32_t i = 0; i < unseen_n; i++) {
        GV_ASSERT(n < GV_SIM_BLOCK_TXS_MAX);
        chosen[n++] = find_or_store(node, &unseen[i]);
    }
    return n;
}

void gv_sim_node_mine(struct gv_sim_node *node, bool take_mempool, const struct gv_sim_tx *unseen,
                      uint32_t unseen_n)
{
    uint32_t chosen[GV_SIM_BLOCK_TXS_MAX];
    pthread_mutex_lock(&node->lock);
    uint32_t n = choose(node, take_mempool, unseen, unseen_n, chosen);
    connect(node, gv_sim_make_block(node, node->tip, chosen, n));
    gv_sim_publish_block(node, (uint32_t)node->tip);
    pthread_mutex_unlock(&node->lock);
}

void gv_sim_node_disconnect(struct gv_sim_node *node, uint32_t depth)
{
    pthread_mutex_lock(&node->lock);
    for (uint32_t i = 0; i < depth; i++) { /* bitcoind does it block by block, too */
        int32_t block = disconnect_tip(node);
        return_transactions(node, &block, 1);
    }
    pthread_mutex_unlock(&node->lock);
}

void gv_sim_node_reorg(struct gv_sim_node *node, uint32_t depth, const struct gv_sim_tx *unseen,
                       uint32_t unseen_n)
{
    static int32_t gone[GV_SIM_BLOCKS_MAX]; /* under the node's lock */
    uint32_t chosen[GV_SIM_BLOCK_TXS_MAX];
    pthread_mutex_lock(&node->lock);
    GV_ASSERT(depth < GV_SIM_BLOCKS_MAX);
    for (uint32_t i = 0; i < depth; i++) {
        gone[i] = disconnect_tip(node);
    }
    uint32_t n = choose(node, false, unseen, unseen_n, chosen);
    for (uint32_t i = 0; i <= depth; i++) {
        connect(node, gv_sim_make_block(node, node->tip, chosen, i == 0 ? n : 0));
    }
    return_transactions(node, gone, depth);
    gv_sim_publish_block(node, (uint32_t)node->tip);
    pthread_mutex_unlock(&node->lock);
}

void gv_sim_node_prune(struct gv_sim_node *node, uint32_t lowest_held)
{
    pthread_mutex_lock(&node->lock);
    if (lowest_held > node->lowest_held) {
        node->lowest_held = lowest_held;
    }
    pthread_mutex_unlock(&node->lock);
}

void gv_sim_node_restart(struct gv_sim_node *node)
{
    pthread_mutex_lock(&node->lock);
    memset(node->counters, 0, sizeof(node->counters));
    node->mempool_sequence = 1;
    node->feed_n = 0;
    for (uint32_t i = 0; i < node->txs_n; i++) {
        if (node->txs[i].in_mempool) {
            enter_mempool(node, i);
        }
    }
    pthread_mutex_unlock(&node->lock);
}

/* ---- start and questions -------------------------------------------------------------------- */

void gv_sim_node_init(struct gv_sim_node *node, struct gv_utc start)
{
    memset(node, 0, sizeof(*node));
    GV_ASSERT(pthread_mutex_init(&node->lock, NULL) == 0);
    gv_wait_init(&node->published);
    node->start_s = start.s;
    node->mempool_sequence = 1;
    node->tip = -1;
    connect(node, gv_sim_make_block(node, -1, NULL, 0));
    memset(node->counters, 0, sizeof(node->counters)); /* nobody heard of the genesis block */
}

void gv_sim_node_deinit(struct gv_sim_node *node)
{
    GV_ASSERT(pthread_cond_destroy(&node->published) == 0);
    GV_ASSERT(pthread_mutex_destroy(&node->lock) == 0);
}

void gv_sim_node_require(struct gv_sim_node *node, const char *user_pass)
{
    pthread_mutex_lock(&node->lock);
    node->user_pass = user_pass;
    pthread_mutex_unlock(&node->lock);
}

void gv_sim_node_switch(struct gv_sim_node *node, struct gv_sim_switches switches)
{
    pthread_mutex_lock(&node->lock);
    node->switches = switches;
    pthread_mutex_unlock(&node->lock);
}

uint32_t gv_sim_node_height(struct gv_sim_node *node)
{
    pthread_mutex_lock(&node->lock);
    uint32_t height = gv_sim_tip(node)->height;
    pthread_mutex_unlock(&node->lock);
    return height;
}

void gv_sim_node_tip(struct gv_sim_node *node, uint8_t hash[32])
{
    pthread_mutex_lock(&node->lock);
    memcpy(hash, gv_sim_tip(node)->hash, 32);
    pthread_mutex_unlock(&node->lock);
}

struct gv_sim_outpoint gv_sim_node_coinbase(struct gv_sim_node *node, uint64_t *sat)
{
    struct gv_sim_outpoint outpoint = {.vout = 0};
    pthread_mutex_lock(&node->lock);
    const struct gv_sim_stored_tx *tx = &node->txs[node->block_txs[gv_sim_tip(node)->txs_at]];
    memcpy(outpoint.txid, tx->txid, sizeof(outpoint.txid));
    *sat = node->makes[tx->makes_at].sat;
    pthread_mutex_unlock(&node->lock);
    return outpoint;
}
