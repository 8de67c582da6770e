#include "tests/unit/prices/price_world.h"

#include "app/bitcoin/block.h"
#include "app/oracle/quality.h"
#include "hal/linux/third_party_memory.h"
#include "tests/support/oracle_market.h"

#include <string.h>

#define DB        "price.db"
#define MADE_MAX  4096u
#define TX_BYTES  400u
#define PAID_MAX  8192u
#define PRICE_USD 113600.0

struct price_world world;

static struct market_payment paid[PAID_MAX];
static uint32_t paid_n;
static uint32_t paid_at;
static uint8_t made_txid[MADE_MAX][32];
static struct gv_hash256 seen[MADE_MAX * 2u];
static uint32_t seen_n;
static uint8_t block_bytes[GV_BLOCK_BYTES_MAX];
static struct gv_oracle_slot slots[16384];
static double points[16384 * GV_ORACLE_POINTS_PER_VALUE];
static struct gv_oracle_values values;
static struct gv_oracle_scratch scratch;

uint32_t world_random(uint32_t below)
{
    world.random ^= world.random << 13;
    world.random ^= world.random >> 7;
    world.random ^= world.random << 17;
    return (uint32_t)((world.random >> 32) % below);
}

/* ---- amounts ---------------------------------------------------------------------------------------- */

static void keep_payment(void *ctx, const struct market_payment *payment)
{
    (void)ctx;
    if (paid_n < PAID_MAX) {
        paid[paid_n++] = *payment;
    }
}

/* Amounts of a usual day. */
static void draw_payments(void)
{
    static struct market market;
    market = (struct market){.seed = 5,
                             .usd = PRICE_USD,
                             .daily_deviation = 0.005,
                             .payments_per_s = 0.08,
                             .usd_share = 1.0,
                             .minutes = MARKET_MINUTES_MAX};
    paid_n = 0;
    market_start(&market);
    market_run(&market, keep_payment, NULL);
    assert_true(paid_n > 3000);
}

/* ---- set up ----------------------------------------------------------------------------------------- */

static void init_services(void)
{
    const struct gv_oracle_service_config oracle = {.window_hours = 3, .seed = 3};
    const struct gv_oracle_now now = {.mono = gv_clock_mono(&world.clock),
                                      .utc_ms = gv_clock_utc(&world.clock).s * 1000};
    gv_oracle_service_init(world.oracle, &oracle, now);
    gv_prices_init(world.prices);
    const struct gv_keeper_config config = {.prices = world.prices,
                                            .oracle = world.oracle,
                                            .clock = &world.clock,
                                            .http = &world.http,
                                            .rpc = &world.rpc_config,
                                            .seed = 0x1234567812345678};
    gv_keeper_init(world.keeper, &config);
}

enum gv_err world_open(void)
{
    struct gv_fail fail;
    init_services();
    assert_int_equal(gv_sqlite_open(&world.sqlite, DB, GV_FAULT_VFS, &fail), GV_OK);
    assert_int_equal(gv_sqlite_check(&world.sqlite, &fail), GV_OK);
    assert_int_equal(gv_sqlite_make_soft(&world.sqlite, &fail), GV_OK);
    world.storage = gv_sqlite_storage(&world.sqlite);
    return gv_keeper_open(world.keeper, &world.storage, &fail);
}

void world_close(void)
{
    gv_keeper_close(world.keeper);
    gv_sqlite_close(&world.sqlite);
}

int world_set_up(void **state)
{
    (void)state;
    gv_memory_init();
    gv_fault_init();
    gv_sim_node_init(&world.node, (struct gv_utc){WORLD_START_S});
    world.http = gv_sim_node_http(&world.node);
    world.clock = gv_sim_clock_init(&world.sim_clock, (struct gv_mono){1000},
                                    (struct gv_utc){WORLD_START_S + 400 * 600});
    world.rpc_config =
        (struct gv_rpc_config){.url = "http://node", .user_pass = "a:b", .timeout_ms = 1000};
    gv_rpc_init(&world.rpc, &world.http, &world.rpc_config);
    world.keeper = gv_keeper_instance();
    world.prices = gv_prices_instance();
    world.oracle = gv_oracle_service_instance();
    world.random = 0x9e3779b97f4a7c15u;
    world.made = 0;
    paid_at = 0;
    draw_payments();
    assert_int_equal(world_open(), GV_OK);
    return 0;
}

int world_tear_down(void **state)
{
    (void)state;
    world_close();
    gv_sim_node_deinit(&world.node);
    return 0;
}

/* ---- payments ---------------------------------------------------------------------------------------- */

static void choose_inputs(struct gv_sim_outpoint *spends, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        if (world.made > 0 && world_random(3) == 0) {
            const uint32_t back = world.made < 2000 ? world.made : 2000;
            memcpy(spends[i].txid, made_txid[world.made - 1 - world_random(back)], 32);
            spends[i].vout = world_random(2);
        } else {
            for (uint32_t b = 0; b < 32; b++) {
                spends[i].txid[b] = (uint8_t)world_random(256);
            }
            spends[i].vout = 0;
        }
    }
}

static size_t serialize(uint8_t *raw, const struct gv_sim_outpoint *spends, uint32_t spends_n,
                        const struct gv_sim_output *makes, uint32_t makes_n)
{
    struct gv_writer w = gv_writer_of(raw, TX_BYTES);
    gv_write_u32le(&w, 2);
    gv_write_compact(&w, spends_n);
    for (uint32_t i = 0; i < spends_n; i++) {
        gv_write_bytes(&w, gv_view_of(spends[i].txid, 32));
        gv_write_u32le(&w, spends[i].vout);
        gv_write_compact(&w, 0);
        gv_write_u32le(&w, 0xfffffffd);
    }
    gv_write_compact(&w, makes_n);
    for (uint32_t i = 0; i < makes_n; i++) {
        gv_write_u64le(&w, makes[i].sat);
        gv_write_var_bytes(&w, gv_view_of(makes[i].script, makes[i].script_n));
    }
    gv_write_u32le(&w, 0);
    assert_false(w.full);
    return w.n;
}

static void send_payment(void)
{
    struct gv_sim_outpoint spends[2];
    struct gv_sim_output makes[3];
    uint8_t raw[TX_BYTES];
    struct gv_hash256 hash;
    struct gv_sim_tx tx = {.spends = spends, .makes = makes};
    tx.spends_n = 1 + world_random(2);
    tx.makes_n = world_random(10) == 0 ? 3 : 2;
    choose_inputs(spends, tx.spends_n);
    const struct market_payment *payment = &paid[paid_at++ % paid_n];
    for (uint32_t i = 0; i < tx.makes_n; i++) {
        makes[i] =
            (struct gv_sim_output){.sat = payment->sats[i % 2], .script = {0x51}, .script_n = 1};
    }
    tx.raw = gv_view_of(raw, serialize(raw, spends, tx.spends_n, makes, tx.makes_n));
    gv_sha256d_of(&hash, tx.raw);
    memcpy(tx.txid, hash.b, 32);
    if (gv_sim_node_send(&world.node, &tx)) {
        assert_true(world.made < MADE_MAX);
        memcpy(made_txid[world.made++], hash.b, 32);
    }
}

void world_mine(uint32_t blocks, uint32_t payments)
{
    for (uint32_t i = 0; i < blocks; i++) {
        for (uint32_t p = 0; p < payments; p++) {
            send_payment();
        }
        gv_sim_node_mine(&world.node, true, NULL, 0);
    }
}

void world_reorg(uint32_t depth)
{
    gv_sim_node_disconnect(&world.node, depth);
    world_mine(depth + 1, 1);
}

/* ---- the keeper -------------------------------------------------------------------------------------- */

enum gv_err world_work(void)
{
    struct gv_fail fail;
    uint32_t wait_ms = 0;
    for (uint32_t i = 0; i < 2000; i++) {
        const enum gv_err err = gv_keeper_step(world.keeper, &wait_ms, &fail);
        if (err != GV_OK || wait_ms > 0) {
            return err;
        }
    }
    fail_msg("the keeper never wants to wait");
    return GV_ERR_STATE;
}

/* ---- naively ----------------------------------------------------------------------------------------- */

static bool was_seen(void *ctx, const struct gv_hash256 *txid)
{
    (void)ctx;
    for (uint32_t i = 0; i < seen_n; i++) {
        if (gv_hash256_equal(&seen[i], txid)) {
            return true;
        }
    }
    return false;
}

static void read_block(uint32_t height, struct gv_block *block)
{
    struct gv_hash256 hash;
    size_t n = 0;
    assert_int_equal(gv_rpc_block_hash(&world.rpc, height, &hash, NULL), GV_OK);
    assert_int_equal(gv_rpc_block(&world.rpc, &hash, block_bytes, sizeof(block_bytes), &n, NULL),
                     GV_OK);
    assert_int_equal(gv_block_parse(block, gv_view_of(block_bytes, n), NULL), GV_OK);
}

static void add_block(uint32_t height)
{
    struct gv_block block;
    struct gv_tx tx;
    read_block(height, &block);
    struct gv_block_txs it = gv_block_txs(&block);
    while (gv_block_next_tx(&it, &tx)) {
        struct gv_oracle_tx judged;
        gv_oracle_filter(&judged, &tx);
        const bool counts = judged.broken == 0 && !gv_oracle_has_parent(&judged, was_seen, NULL);
        for (uint32_t i = 0; counts && i < judged.value_count; i++) {
            gv_oracle_values_put(&values, values.count, judged.sats[i]);
        }
        assert_true(seen_n < sizeof(seen) / sizeof(seen[0]));
        seen[seen_n++] = judged.txid;
    }
}

static uint32_t scaled(double v, double scale)
{
    return (uint32_t)(v * scale + 0.5);
}

struct gv_price_fact world_naive(uint32_t first, uint32_t last)
{
    struct gv_oracle_estimate e;
    struct gv_oracle_wide wide;
    struct gv_price_fact fact = {.blocks = last - first + 1};
    seen_n = 0;
    gv_oracle_values_init(&values, slots, sizeof(slots) / sizeof(slots[0]));
    scratch.point = points;
    scratch.points_max = sizeof(points) / sizeof(points[0]);
    for (uint32_t height = first; height <= last; height++) {
        add_block(height);
    }
    fact.outputs = values.count;
    assert_true(values.count >= GV_ORACLE_OUTPUTS_LEAST);
    assert_int_equal(gv_oracle_estimate(&e, &values, &scratch, NULL), GV_OK);
    const bool has_wide = gv_oracle_wide(&wide, &values, &scratch, NULL) == GV_OK;
    fact.price_cents = scaled(e.near.price, 100.0);
    fact.rough_usd = e.slide.rough_usd;
    fact.low_cents = scaled(e.axis_down, 100.0);
    fact.high_cents = scaled(e.axis_up, 100.0);
    fact.deviation_e4 = scaled(e.spread, 1e4);
    fact.confidence_e4 = scaled(gv_oracle_confidence(&e, has_wide ? &wide : NULL), 1e4);
    return fact;
}

int64_t world_day(uint32_t height)
{
    struct gv_block block;
    read_block(height, &block);
    return (int64_t)block.header.time / GV_DAY_S;
}

void world_assert_fact(const struct gv_price_fact *fact, const struct gv_price_fact *naive)
{
    assert_int_equal(fact->blocks, naive->blocks);
    assert_int_equal(fact->outputs, naive->outputs);
    assert_int_equal(fact->price_cents, naive->price_cents);
    assert_memory_equal(fact, naive, sizeof(*fact));
}

void world_assert_window(void)
{
    struct gv_prices_view view;
    struct gv_prices_tip tip[GV_PRICES_WINDOW];
    const uint32_t height = gv_sim_node_height(&world.node);
    gv_prices_view(world.prices, &view);
    assert_int_equal(view.state, GV_PRICES_OK);
    assert_int_equal(view.height, height);
    assert_int_equal(view.progress_permille, 1000);
    const struct gv_price_fact naive = world_naive(height - (GV_PRICES_WINDOW - 1), height);
    world_assert_fact(&view.fact, &naive);
    const uint32_t n = gv_prices_tips(world.prices, tip);
    assert_true(n > 0);
    assert_int_equal(tip[n - 1].height, height);
    assert_int_equal(tip[n - 1].price_cents, naive.price_cents);
    for (uint32_t i = 1; i < n; i++) {
        assert_true(tip[i].height > tip[i - 1].height);
    }
}
