#include "tests/sim/sim_world.h"

#include "app/bitcoin/tx.h"
#include "app/node/follower.h"
#include "firmware/base/assert.h"
#include "firmware/base/log.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define COIN_SAT 546u
#define TURNS_MS 1000u

struct gv_sim_node gv_sim_node;

static struct {
    uint64_t seed;
    uint32_t step;
    struct gv_http http;
    struct gv_feed feed;
    const struct gv_tap *tap; /* NULL: nobody looks along */
    bool spoilt;              /* answers are being spoilt: nothing is checked */
    struct gv_rpc_config rpc;
    struct sim_coin coins[SIM_COINS_MAX];
    struct sim_tx txs[SIM_TXS_MAX];
    uint32_t txs_n;
    uint32_t next_number; /* makes buyers' inputs differ */
} sim;

void gv_sim_fail(const char *fmt, ...)
{
    char text[256];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    fprintf(stderr, "sim: seed %" PRIu64 " step %" PRIu32 ": %s\n", sim.seed, sim.step, text);
    fflush(stderr);
    _Exit(1);
}

void gv_sim_set_step(uint32_t step)
{
    sim.step = step;
}

/* ---- transactions ------------------------------------------------------------------------------ */

static void write_input(struct gv_writer *w, const struct gv_sim_outpoint *outpoint,
                        uint32_t sequence)
{
    gv_write_bytes(w, gv_view_of(outpoint->txid, sizeof(outpoint->txid)));
    gv_write_u32le(w, outpoint->vout);
    gv_write_compact(w, 0);
    gv_write_u32le(w, sequence);
}

static void write_output(struct gv_writer *w, const struct gv_sim_output *output)
{
    gv_write_u64le(w, output->sat);
    gv_write_var_bytes(w, gv_view_of(output->script, output->script_n));
}

static struct gv_sim_output output_of(uint64_t sat, const struct gv_spk *spk)
{
    struct gv_sim_output output = {.sat = sat, .script_n = spk->n};
    memcpy(output.script, spk->b, spk->n);
    return output;
}

static struct gv_spk some_script(uint32_t number)
{
    struct gv_spk spk = {.n = 22, .b = {0, 20, 0x99}};
    memcpy(&spk.b[3], &number, sizeof(number));
    return spk;
}

static struct gv_sim_outpoint outpoint_of(const struct gv_outpoint *outpoint)
{
    struct gv_sim_outpoint out = {.vout = outpoint->vout};
    memcpy(out.txid, outpoint->txid.b, sizeof(out.txid));
    return out;
}

static void set_txid(struct sim_tx *tx)
{
    struct gv_tx parsed;
    enum gv_err err = gv_tx_parse(&parsed, gv_view_of(tx->raw, tx->raw_n), NULL);
    GV_ASSERT(err == GV_OK);
    gv_tx_txid(&tx->txid, &parsed);
}

/* Buyer's input and output at 0, then the pairs. A legacy lock time or sequence never matters to the
 * scripted node; the engine compares pair and proof. */
static void finish_spend(struct sim_tx *tx, uint32_t number)
{
    struct gv_spend_evidence parts[SIM_COINS_OF_TX];
    struct gv_spk script = some_script(number);
    struct gv_writer w = gv_writer_of(tx->raw, sizeof(tx->raw));
    for (uint32_t i = 0; i < tx->coins_n; i++) {
        const struct gv_offer *offer = &sim.coins[tx->coins[i]].offer;
        parts[i] = tx->rungs[i] != 0 ? gv_world_sale(offer, tx->rungs[i], number)
                                     : gv_world_other_spend(offer, number);
        tx->spends[i + 1] = outpoint_of(&offer->outpoint);
        tx->makes[i + 1] = output_of(parts[i].pair_value_sat, &parts[i].pair_script);
    }
    tx->spends[0] = (struct gv_sim_outpoint){.txid = {0xee}, .vout = number};
    tx->makes[0] = output_of(COIN_SAT, &script);
    gv_write_u32le(&w, 2);
    gv_write_u8(&w, 0); /* marker and flag of BIP144 */
    gv_write_u8(&w, 1);
    gv_write_compact(&w, tx->coins_n + 1);
    for (uint32_t i = 0; i <= tx->coins_n; i++) {
        write_input(&w, &tx->spends[i], 0xfffffffe);
    }
    gv_write_compact(&w, tx->coins_n + 1);
    for (uint32_t i = 0; i <= tx->coins_n; i++) {
        write_output(&w, &tx->makes[i]);
    }
    gv_write_compact(&w, 1); /* the buyer's witness: one empty item */
    gv_write_compact(&w, 0);
    for (uint32_t i = 0; i < tx->coins_n; i++) {
        if (parts[i].witness_len > 0) {
            gv_write_bytes(&w, gv_view_of(parts[i].proof, parts[i].witness_len));
        } else {
            gv_write_compact(&w, 0);
        }
    }
    gv_write_u32le(&w, 0);
    GV_ASSERT(!w.full);
    tx->raw_n = w.n;
    set_txid(tx);
}

static struct sim_tx *next_tx(void)
{
    GV_ASSERT(sim.txs_n < SIM_TXS_MAX);
    struct sim_tx *tx = &sim.txs[sim.txs_n++];
    memset(tx, 0, sizeof(*tx));
    tx->at = -1;
    return tx;
}

const struct sim_tx *gv_sim_make_spend(uint32_t coin, uint32_t rung, uint32_t variant)
{
    struct sim_tx *tx = next_tx();
    tx->coins_n = 1;
    tx->coins[0] = coin;
    tx->rungs[0] = rung;
    finish_spend(tx, variant * 100000u + sim.next_number++);
    return tx;
}

const struct sim_tx *gv_sim_make_double(const uint32_t coins[2], const uint32_t rungs[2])
{
    struct sim_tx *tx = next_tx();
    tx->coins_n = 2;
    for (uint32_t i = 0; i < 2; i++) {
        tx->coins[i] = coins[i];
        tx->rungs[i] = rungs[i];
    }
    finish_spend(tx, sim.next_number++);
    return tx;
}

struct gv_sim_tx gv_sim_tx_of(const struct sim_tx *tx)
{
    struct gv_sim_tx out = {.raw = gv_view_of(tx->raw, tx->raw_n),
                            .spends = tx->spends,
                            .spends_n = tx->coins_n + 1,
                            .makes = tx->makes,
                            .makes_n = tx->coins_n + 1};
    memcpy(out.txid, tx->txid.b, sizeof(out.txid));
    return out;
}

bool gv_sim_send(const struct sim_tx *tx)
{
    struct gv_sim_tx out = gv_sim_tx_of(tx);
    return gv_sim_node_send(&gv_sim_node, &out);
}

/* ---- life -------------------------------------------------------------------------------------- */

/* One transaction in block 2 spends the coinbase of block 1 and makes all coins. */
static void fund(void)
{
    static uint8_t raw[SIM_COINS_MAX * 40u + 100u];
    struct gv_sim_output makes[SIM_COINS_MAX];
    uint64_t sat = 0;
    gv_sim_node_mine(&gv_sim_node, true, NULL, 0);
    struct gv_sim_outpoint from = gv_sim_node_coinbase(&gv_sim_node, &sat);
    struct gv_writer w = gv_writer_of(raw, sizeof(raw));
    gv_write_u32le(&w, 2);
    gv_write_compact(&w, 1);
    write_input(&w, &from, 0xffffffff);
    gv_write_compact(&w, SIM_COINS_MAX);
    for (uint32_t i = 0; i < SIM_COINS_MAX; i++) {
        struct gv_spk spk = some_script(i);
        makes[i] = output_of(COIN_SAT, &spk);
        write_output(&w, &makes[i]);
    }
    gv_write_u32le(&w, 0);
    GV_ASSERT(!w.full);
    struct sim_tx funding = {.raw_n = 0};
    struct gv_tx parsed;
    enum gv_err err = gv_tx_parse(&parsed, gv_written(&w), NULL);
    GV_ASSERT(err == GV_OK);
    gv_tx_txid(&funding.txid, &parsed);
    struct gv_sim_tx tx = {.raw = gv_written(&w),
                           .spends = &from,
                           .spends_n = 1,
                           .makes = makes,
                           .makes_n = SIM_COINS_MAX};
    memcpy(tx.txid, funding.txid.b, sizeof(tx.txid));
    gv_sim_node_mine(&gv_sim_node, false, &tx, 1);
    for (uint32_t i = 0; i < SIM_COINS_MAX; i++) {
        sim.coins[i] = (struct sim_coin){.offer = gv_offer_of(i)};
        sim.coins[i].offer.has_outpoint = true;
        sim.coins[i].offer.outpoint = (struct gv_outpoint){.txid = funding.txid, .vout = i};
    }
}

static void start_follower(enum gv_network network)
{
    sim.http = gv_sim_wire();
    sim.feed = gv_sim_node_feed(&gv_sim_node);
    const struct gv_follower_config config = {
        .engine = gv_world_engine(),
        .watch = gv_world_watch(),
        .http = &sim.http,
        .feed = &sim.feed,
        .clock = gv_world_time(),
        .rpc = &sim.rpc,
        .network = network,
        .poll_ms = SIM_POLL_MS,
        .cross_check_ms = 3600000,
        .tap = sim.tap,
    };
    gv_follower_init(gv_follower_instance(), &config);
}

void gv_sim_open(uint64_t seed, uint32_t height)
{
    memset(&sim, 0, sizeof(sim));
    sim.seed = seed;
    sim.next_number = 1;
    sim.rpc = (struct gv_rpc_config){.url = "http://node.sim:18443",
                                     .user_pass = "gavel:sim",
                                     .connect_timeout_ms = 1000,
                                     .timeout_ms = 1000};
    gv_log_set_level(getenv("GAVEL_SIM_LOG") != NULL ? GV_LOG_DEBUG : GV_LOG_BROKEN);
    gv_sim_node_init(&gv_sim_node, (struct gv_utc){1780000000});
    gv_sim_wire_open(gv_sim_node_http(&gv_sim_node), seed);
    fund();
    while (gv_sim_node_height(&gv_sim_node) < height) {
        gv_sim_node_mine(&gv_sim_node, true, NULL, 0);
    }
    gv_world_format();
    enum gv_err err = gv_world_open(true);
    GV_ASSERT(err == GV_OK);
    start_follower(GV_NETWORK_REGTEST);
}

void gv_sim_close(void)
{
    gv_world_close();
    gv_sim_node_deinit(&gv_sim_node);
}

void gv_sim_restart_box(void)
{
    sim.feed.ops->close(sim.feed.ctx);
    gv_world_restart();
    start_follower(GV_NETWORK_REGTEST);
}

void gv_sim_use_tap(const struct gv_tap *tap)
{
    sim.tap = tap;
    start_follower(GV_NETWORK_REGTEST);
}

void gv_sim_use_network(enum gv_network network)
{
    start_follower(network);
}

struct sim_coin *gv_sim_coin(uint32_t coin)
{
    GV_ASSERT(coin < SIM_COINS_MAX);
    return &sim.coins[coin];
}

enum gv_err gv_sim_list(uint32_t coin, uint32_t start_in, uint32_t blocks, uint32_t after)
{
    struct sim_coin *c = gv_sim_coin(coin);
    GV_ASSERT(c->id == 0);
    c->offer.start = gv_sim_node_height(&gv_sim_node) + start_in;
    c->offer.end = c->offer.start + blocks - 1;
    c->offer.after = after;
    uint64_t id = 0;
    enum gv_err err = gv_world_create(&c->offer, &id, NULL);
    if (err == GV_OK) {
        c->id = id;
    }
    return err;
}

void gv_sim_spoil(uint32_t one_in)
{
    gv_sim_wire_spoil(one_in);
    sim.spoilt = one_in > 0;
    for (uint32_t i = 0; i < SIM_COINS_MAX; i++) {
        sim.coins[i].known = false; /* what was shown meanwhile proves nothing */
    }
}

/* ---- time -------------------------------------------------------------------------------------- */

void gv_sim_turn(uint32_t ms)
{
    gv_sim_clock_advance(gv_world_clock(), ms);
    gv_follower_step(gv_follower_instance(), 0);
    if (!sim.spoilt) {
        gv_sim_check_safety();
    }
}

void gv_sim_settle(void)
{
    for (uint32_t ms = 0; ms <= SIM_POLL_MS + 2 * TURNS_MS; ms += TURNS_MS) {
        gv_sim_turn(TURNS_MS);
    }
    /* Slices of a long walk follow each other without waiting. */
    for (uint32_t i = 0; i < 200; i++) {
        gv_sim_turn(1);
    }
}

/* ---- truth ------------------------------------------------------------------------------------- */

static bool spends_coin(const struct sim_tx *tx, uint32_t coin)
{
    for (uint32_t i = 0; i < tx->coins_n; i++) {
        if (tx->coins[i] == coin) {
            return true;
        }
    }
    return false;
}

/* The node never moves a transaction that it has stored. */
static int32_t index_of(struct sim_tx *tx)
{
    for (uint32_t i = 0; i < gv_sim_node.txs_n && tx->at < 0; i++) {
        if (memcmp(gv_sim_node.txs[i].txid, tx->txid.b, 32) == 0) {
            tx->at = (int32_t)i;
        }
    }
    return tx->at;
}

static struct sim_truth truth_of_tx(struct sim_tx *tx)
{
    struct sim_truth truth = {.kind = SIM_UNSPENT, .tx = tx};
    int32_t at = index_of(tx);
    if (at < 0) {
        return truth;
    }
    const struct gv_sim_stored_tx *stored = &gv_sim_node.txs[at];
    if (stored->block >= 0) {
        truth.kind = SIM_IN_BLOCK;
        truth.height = gv_sim_node.blocks[stored->block].height;
        memcpy(truth.block_hash.b, gv_sim_node.blocks[stored->block].hash, 32);
    } else if (stored->in_mempool) {
        truth.kind = SIM_IN_MEMPOOL;
    }
    return truth;
}

struct sim_truth gv_sim_truth(uint32_t coin)
{
    for (uint32_t i = 0; i < sim.txs_n; i++) {
        if (spends_coin(&sim.txs[i], coin)) {
            struct sim_truth truth = truth_of_tx(&sim.txs[i]);
            if (truth.kind != SIM_UNSPENT) {
                return truth;
            }
        }
    }
    return (struct sim_truth){.kind = SIM_UNSPENT};
}

void gv_sim_prune(uint32_t lowest_held)
{
    for (uint32_t i = 0; i < SIM_COINS_MAX; i++) {
        struct sim_coin *coin = &sim.coins[i];
        struct sim_truth truth = gv_sim_truth(i);
        if (coin->id == 0 || truth.kind != SIM_IN_BLOCK || truth.height >= lowest_held) {
            continue;
        }
        struct gv_market_row row = gv_world_row(coin->id);
        const struct gv_dutch_spend *spend = &row.listing.spend;
        bool seen = spend->state == GV_SPEND_CONFIRMED &&
                    gv_hash256_equal(&spend->block_hash, &truth.block_hash);
        coin->lost = coin->lost || !seen;
    }
    gv_sim_node_prune(&gv_sim_node, lowest_held);
}

/* ---- checks ------------------------------------------------------------------------------------ */

static struct gv_market_head head(void)
{
    struct gv_market_head out;
    gv_market_head(gv_world_market(), &out);
    return out;
}

/* A spend once shown may only go when the transaction is gone from the node as well. */
static void check_memory(uint32_t i, const struct gv_dutch_spend *spend)
{
    struct sim_coin *coin = &sim.coins[i];
    struct sim_truth truth = gv_sim_truth(i);
    if (spend->state == GV_SPEND_NONE && coin->known && truth.kind != SIM_UNSPENT &&
        gv_hash256_equal(&truth.tx->txid, &coin->known_txid)) {
        gv_sim_fail("coin %u: a spend was forgotten that the node still holds", i);
    }
    coin->known = spend->state == GV_SPEND_PENDING || spend->state == GV_SPEND_CONFIRMED;
    coin->known_txid = spend->txid;
}

void gv_sim_check_safety(void)
{
    struct gv_market_head now = head();
    for (uint32_t i = 0; i < SIM_COINS_MAX; i++) {
        if (sim.coins[i].id == 0) {
            continue;
        }
        struct gv_market_row row = gv_world_row(sim.coins[i].id);
        check_memory(i, &row.listing.spend);
        if (row.reveal.kind != GV_REVEAL_RUNG) {
            continue;
        }
        if (!now.tip.live) {
            gv_sim_fail("coin %u: a PSBT is shown while the tip is not live", i);
        }
        if (row.reveal.block > now.tip.height.v) {
            gv_sim_fail("coin %u: PSBT of %u is shown at tip %u", i, row.reveal.block,
                        now.tip.height.v);
        }
    }
}

static const char *state_name(enum gv_spend_state state)
{
    switch (state) {
    case GV_SPEND_NONE:
        return "none";
    case GV_SPEND_PENDING:
        return "pending";
    case GV_SPEND_CONFIRMED:
        return "confirmed";
    case GV_SPEND_UNKNOWN:
        return "unknown";
    }
    return "?";
}

static enum gv_spend_state expected_state(const struct sim_coin *coin,
                                          const struct sim_truth *truth)
{
    switch (truth->kind) {
    case SIM_UNSPENT:
        return GV_SPEND_NONE;
    case SIM_IN_MEMPOOL:
        return GV_SPEND_PENDING;
    case SIM_IN_BLOCK:
        return coin->lost ? GV_SPEND_UNKNOWN : GV_SPEND_CONFIRMED;
    }
    return GV_SPEND_NONE;
}

static void check_spend(uint32_t i, const struct sim_truth *truth,
                        const struct gv_dutch_spend *spend)
{
    const struct sim_coin *coin = &sim.coins[i];
    enum gv_spend_state expected = expected_state(coin, truth);
    if (spend->state != expected) {
        gv_sim_fail("coin %u: expected %s, got %s", i, state_name(expected),
                    state_name(spend->state));
    }
    if (expected == GV_SPEND_NONE) {
        return;
    }
    if (expected == GV_SPEND_UNKNOWN) {
        if (spend->outcome != GV_OUTCOME_CLOSED) {
            gv_sim_fail("coin %u: an unknown spender was taken for a sale", i);
        }
        return;
    }
    uint32_t rung = truth->tx->coins[0] == i ? truth->tx->rungs[0] : truth->tx->rungs[1];
    if (!gv_hash256_equal(&spend->txid, &truth->tx->txid)) {
        gv_sim_fail("coin %u: another transaction", i);
    }
    if ((spend->outcome == GV_OUTCOME_SOLD) != (rung != 0)) {
        gv_sim_fail("coin %u: rung %u, outcome %d", i, rung, (int)spend->outcome);
    }
    if (rung != 0 && spend->sold_rung != rung) {
        gv_sim_fail("coin %u: expected rung %u, got %u", i, rung, spend->sold_rung);
    }
    if (expected == GV_SPEND_CONFIRMED &&
        (spend->block != truth->height ||
         !gv_hash256_equal(&spend->block_hash, &truth->block_hash))) {
        gv_sim_fail("coin %u: expected block %u, got %u", i, truth->height, spend->block);
    }
}

/* The rung to be shown, by a rule written down a second time. */
static uint32_t expected_rung(const struct gv_offer *offer, uint32_t height)
{
    if (height < offer->start) {
        return 0;
    }
    if (height <= offer->end) {
        return height;
    }
    return height < offer->end + offer->after ? offer->end : 0;
}

static void check_facts(void)
{
    struct gv_market_head now = head();
    for (uint32_t i = 0; i < SIM_COINS_MAX; i++) {
        const struct sim_coin *coin = &sim.coins[i];
        if (coin->id == 0) {
            continue;
        }
        struct sim_truth truth = gv_sim_truth(i);
        struct gv_market_row row = gv_world_row(coin->id);
        check_spend(i, &truth, &row.listing.spend);
        uint32_t rung = 0;
        if (now.tip.live && truth.kind == SIM_UNSPENT) {
            rung = expected_rung(&coin->offer, now.tip.height.v);
        }
        if (!gv_world_shows(coin->id, &coin->offer, rung)) {
            gv_sim_fail("coin %u: at height %u the PSBT of %u should be shown", i, now.tip.height.v,
                        rung);
        }
    }
}

void gv_sim_check(void)
{
    struct gv_market_head now = head();
    uint32_t height = gv_sim_node_height(&gv_sim_node);
    if (now.tip.height.v != height) {
        gv_sim_fail("the market is at %u, the node at %u", now.tip.height.v, height);
    }
    if (!now.tip.live) {
        gv_sim_fail("not live at height %u: reachable=%d \"%s\"", height, now.node.reachable,
                    now.node.error);
    }
    check_facts();
}

void gv_sim_check_dark(void)
{
    struct gv_market_head now = head();
    if (now.tip.live) {
        gv_sim_fail("live at height %u beside an unhealthy node", now.tip.height.v);
    }
}
