#include "tests/support/engine_world.h"

#include "app/bitcoin/psbt.h"
#include "firmware/base/assert.h"
#include "firmware/base/mem.h"
#include "hal/linux/sqlite_storage.h"
#include "hal/linux/third_party_memory.h"

#define DATABASE     "engine.db"
#define BRANCH_MAX   3000u /* heights the world can remember */
#define FIRST_SECOND 1780000000

static struct {
    struct gv_sqlite sqlite;
    struct gv_storage disk;    /* SQLite */
    struct gv_storage storage; /* what the engine sees: SQLite, unless it is told to fail */
    struct gv_storage_ops storage_ops;
    const struct gv_engine_orders_config *orders;
    gv_event_sink *on_event;
    void *on_event_ctx;
    bool storage_down;
    bool refuse_commit;
    struct gv_sim_clock sim_clock;
    struct gv_clock clock;
    struct gv_sim_random random;
    struct gv_entropy entropy;
    struct gv_seal_key seal_key;
    struct gv_market market;
    struct gv_watch watch;
    struct gv_node_status node;
    uint32_t branch_at[BRANCH_MAX]; /* branch of the active block at a height */
} world;

/* ---- offers ------------------------------------------------------------------------------------ */

struct gv_offer gv_offer_of(uint32_t coin)
{
    return (struct gv_offer){
        .coin = coin, .start = 1000, .end = 1010, .after = 5, .start_price = 100000, .step = 1000};
}

struct gv_outpoint gv_offer_outpoint(const struct gv_offer *offer)
{
    if (offer->has_outpoint) {
        return offer->outpoint;
    }
    struct gv_outpoint outpoint = {.vout = offer->coin % 4};
    memset(outpoint.txid.b, 0xc0, sizeof(outpoint.txid.b));
    memcpy(outpoint.txid.b, &offer->coin, sizeof(offer->coin));
    return outpoint;
}

uint64_t gv_offer_price(const struct gv_offer *offer, uint32_t block)
{
    return offer->start_price - offer->step * (block - offer->start);
}

static struct gv_spk spk_of(uint8_t first, uint32_t number)
{
    struct gv_spk spk = {.n = 22};
    spk.b[1] = 20;
    spk.b[2] = first;
    memcpy(&spk.b[3], &number, sizeof(number));
    return spk;
}

static struct gv_spk coin_spk(const struct gv_offer *offer)
{
    return spk_of(0x11, offer->coin);
}

static struct gv_spk payout_spk(const struct gv_offer *offer)
{
    return spk_of(0x22, offer->coin);
}

#define WITNESS_MAX 1500u

/* Witness of a P2WPKH input: two items, 71 bytes of pattern and a key; or with padding behind. */
static size_t write_witness(const struct gv_offer *offer, uint32_t block, uint8_t *out)
{
    static const uint8_t padding[WITNESS_MAX];
    struct gv_writer w = gv_writer_of(out, WITNESS_MAX);
    uint64_t price = gv_offer_price(offer, block);
    uint8_t sig[71];
    uint8_t key[33];
    memset(sig, 0x5a, sizeof(sig));
    memcpy(&sig[0], &offer->coin, sizeof(offer->coin));
    memcpy(&sig[8], &price, sizeof(price));
    if (!offer->one_signature) {
        memcpy(&sig[16], &block, sizeof(block));
    }
    sig[70] = 0x83;
    memset(key, 0x02, sizeof(key));
    gv_write_compact(&w, offer->padding > 0 ? 3 : 2);
    gv_write_var_bytes(&w, gv_view_of(sig, sizeof(sig)));
    gv_write_var_bytes(&w, gv_view_of(key, sizeof(key)));
    if (offer->padding > 0) {
        gv_write_var_bytes(&w, gv_view_of(padding, offer->padding));
    }
    GV_ASSERT(!w.full);
    return w.n;
}

size_t gv_world_psbt(const struct gv_offer *offer, uint32_t block, uint8_t *psbt, size_t cap)
{
    uint8_t witness[WITNESS_MAX];
    struct gv_spk from = coin_spk(offer);
    struct gv_spk to = payout_spk(offer);
    const struct gv_psbt_write_input input = {
        .outpoint = gv_offer_outpoint(offer),
        .sequence = 0xfffffffe,
        .utxo = {.value_sat = 546, .script = gv_spk_view(&from)},
        .witness = gv_view_of(witness, write_witness(offer, block, witness)),
    };
    const struct gv_tx_output output = {.value_sat = gv_offer_price(offer, block),
                                        .script = gv_spk_view(&to)};
    struct gv_writer w = gv_writer_of(psbt, cap);
    gv_psbt_write(&w, 2, offer->one_signature ? 0 : block, &input, 1, &output, 1);
    GV_ASSERT(!w.full);
    return w.n;
}

/* ---- life ---------------------------------------------------------------------------------------- */

/* The row's text is the PSBT alone. */
static void render(struct gv_market_row *row, struct gv_view psbt)
{
    row->psbt_at = 0;
    row->psbt_len = (uint16_t)gv_base64_encode(row->text, psbt);
    row->text_len = row->psbt_len;
}

static void start_process(void)
{
    static bool started;
    if (!started) {
        gv_memory_init();
        gv_submissions_init();
        started = true;
    }
}

void gv_world_format(void)
{
    start_process();
    gv_fault_init();
    gv_world_reset();
}

void gv_world_reset(void)
{
    start_process();
    gv_world_set_seal_key(1);
    world.clock =
        gv_sim_clock_init(&world.sim_clock, (struct gv_mono){1}, (struct gv_utc){FIRST_SECOND});
    world.random = gv_sim_random_of(20261120);
    world.entropy = gv_sim_entropy(&world.random);
}

void gv_world_set_seal_key(uint8_t first_byte)
{
    memset(world.seal_key.b, first_byte, sizeof(world.seal_key.b));
}

static enum gv_err failing_begin(void *ctx)
{
    (void)ctx;
    return world.storage_down ? GV_ERR_STORAGE : gv_storage_begin(&world.disk);
}

static enum gv_err failing_step(void *ctx, struct gv_stmt *stmt, bool *has_row)
{
    (void)ctx;
    return world.storage_down ? GV_ERR_STORAGE : gv_storage_step(&world.disk, stmt, has_row);
}

static enum gv_err failing_commit(void *ctx)
{
    (void)ctx;
    if (world.storage_down || world.refuse_commit) {
        world.refuse_commit = false;
        gv_storage_rollback(&world.disk);
        return GV_ERR_STORAGE;
    }
    return gv_storage_commit(&world.disk);
}

static void wrap_storage(void)
{
    world.disk = gv_sqlite_storage(&world.sqlite);
    world.storage_ops = *world.disk.ops;
    world.storage_ops.begin = failing_begin;
    world.storage_ops.step = failing_step;
    world.storage_ops.commit = failing_commit;
    world.storage = (struct gv_storage){.ops = &world.storage_ops, .ctx = world.disk.ctx};
    world.storage_down = false;
    world.refuse_commit = false;
}

void gv_world_set_orders(const struct gv_engine_orders_config *orders)
{
    world.orders = orders;
}

void gv_world_set_event_sink(gv_event_sink *sink, void *ctx)
{
    world.on_event = sink;
    world.on_event_ctx = ctx;
}

void gv_world_sql(const char *sql)
{
    enum gv_err err = gv_storage_exec(&world.disk, sql);
    GV_ASSERT(err == GV_OK);
}

void gv_world_storage_down(bool down)
{
    world.storage_down = down;
}

void gv_world_refuse_commit(void)
{
    world.refuse_commit = true;
}

enum gv_err gv_world_open(bool self_serve)
{
    enum gv_err err = gv_sqlite_open(&world.sqlite, DATABASE, GV_FAULT_VFS, NULL);
    if (err != GV_OK) {
        return err;
    }
    wrap_storage();
    gv_market_init(&world.market, render, 6);
    gv_watch_init(&world.watch);
    world.node = (struct gv_node_status){.network = GV_NETWORK_REGTEST};
    const struct gv_engine_config config = {
        .storage = &world.storage,
        .clock = &world.clock,
        .entropy = &world.entropy,
        .seal_key = &world.seal_key,
        .market = &world.market,
        .watch = &world.watch,
        .on_event = world.on_event,
        .on_event_ctx = world.on_event_ctx,
        .orders = world.orders,
        .network = GV_NETWORK_REGTEST,
        .final_depth = 6,
        .self_serve = self_serve,
    };
    err = gv_engine_open(gv_engine_instance(), &config, NULL);
    if (err != GV_OK) {
        gv_sqlite_close(&world.sqlite);
    }
    return err;
}

void gv_world_close(void)
{
    gv_engine_close(gv_engine_instance());
    gv_sqlite_close(&world.sqlite);
}

void gv_world_restart(void)
{
    gv_world_close();
    enum gv_err err = gv_world_open(true);
    GV_ASSERT(err == GV_OK);
}

const struct gv_actor *gv_world_actor(void)
{
    static const struct gv_actor actor = {.who = "test", .address = "192.0.2.7", .route = "unit"};
    return &actor;
}

struct gv_engine *gv_world_engine(void)
{
    return gv_engine_instance();
}

struct gv_market *gv_world_market(void)
{
    return &world.market;
}

struct gv_watch *gv_world_watch(void)
{
    return &world.watch;
}

struct gv_sim_clock *gv_world_clock(void)
{
    return &world.sim_clock;
}

const struct gv_clock *gv_world_time(void)
{
    return &world.clock;
}

/* ---- chain ------------------------------------------------------------------------------------------ */

struct gv_hash256 gv_block_hash_of(uint32_t height, uint32_t branch)
{
    struct gv_hash256 hash = {{0xb1}};
    memcpy(&hash.b[4], &height, sizeof(height));
    memcpy(&hash.b[8], &branch, sizeof(branch));
    return hash;
}

static uint32_t *branch_at(uint32_t height)
{
    GV_ASSERT(height < BRANCH_MAX);
    return &world.branch_at[height];
}

enum gv_err gv_world_node(bool reachable)
{
    struct gv_chain_cursor cursor;
    gv_engine_cursor(gv_engine_instance(), &cursor);
    world.node.reachable = reachable;
    world.node.initial_download = false;
    world.node.blocks = cursor.height;
    world.node.headers = cursor.height;
    world.node.tip_hash = cursor.hash;
    return gv_engine_node_status(gv_engine_instance(), &world.node);
}

void gv_world_node_syncing(uint32_t blocks_ahead, uint32_t headers_ahead, bool initial_download)
{
    struct gv_chain_cursor cursor;
    gv_engine_cursor(gv_engine_instance(), &cursor);
    world.node.reachable = true;
    world.node.initial_download = initial_download;
    world.node.blocks = cursor.height + blocks_ahead;
    world.node.headers = cursor.height + headers_ahead;
    world.node.tip_hash = cursor.hash;
    (void)!gv_engine_node_status(gv_engine_instance(), &world.node);
}

enum gv_err gv_world_start(uint32_t height)
{
    const struct gv_block_report block = {.height = height, .hash = gv_block_hash_of(height, 0)};
    *branch_at(height) = 0;
    enum gv_err err = gv_engine_chain_jump(gv_engine_instance(), &block);
    return err == GV_OK ? gv_world_node(true) : err;
}

enum gv_err gv_world_mine(uint32_t branch, const struct gv_spend_evidence *spends, uint32_t count)
{
    struct gv_chain_cursor cursor;
    gv_engine_cursor(gv_engine_instance(), &cursor);
    const struct gv_block_report block = {
        .height = cursor.height + 1,
        .hash = gv_block_hash_of(cursor.height + 1, branch),
        .prev = cursor.hash,
        .time = {FIRST_SECOND + (int64_t)cursor.height * 600},
        .spend_count = count,
        .spends = spends,
    };
    enum gv_err err = gv_engine_chain_connect(gv_engine_instance(), &block);
    if (err == GV_OK) {
        *branch_at(block.height) = branch;
    }
    return err;
}

void gv_world_mine_to(uint32_t height)
{
    struct gv_chain_cursor cursor;
    for (gv_engine_cursor(gv_engine_instance(), &cursor); cursor.height < height;
         gv_engine_cursor(gv_engine_instance(), &cursor)) {
        enum gv_err err = gv_world_mine(0, NULL, 0);
        GV_ASSERT(err == GV_OK);
    }
}

void gv_world_unwind_to(uint32_t height)
{
    struct gv_chain_cursor cursor;
    for (gv_engine_cursor(gv_engine_instance(), &cursor); cursor.height > height;
         gv_engine_cursor(gv_engine_instance(), &cursor)) {
        enum gv_err err = gv_engine_chain_disconnect(gv_engine_instance());
        GV_ASSERT(err == GV_OK);
    }
    enum gv_err err = gv_world_node(true);
    GV_ASSERT(err == GV_OK);
}

/* ---- listings --------------------------------------------------------------------------------------- */

static struct gv_dutch_terms terms_of(const struct gv_offer *offer)
{
    struct gv_dutch_terms terms = {
        .asset_name = "FROGKING",
        .asset_qty_base = 250000000,
        .asset_divisible = true,
        .locked = !offer->one_signature,
        .utxo = gv_offer_outpoint(offer),
        .utxo_value = {546},
        .utxo_spk = coin_spk(offer),
        .payout_spk = payout_spk(offer),
        .start_block = offer->start,
        .end_block = offer->end,
        .blocks_after_end = offer->after,
        .start_price = {gv_offer_price(offer, offer->start)},
        .end_price = {gv_offer_price(offer, offer->end)},
        .price_decrement = {offer->step},
        .seller = "bcrt1qseller",
    };
    return terms;
}

void gv_world_fill(struct gv_submission *submission, const struct gv_offer *offer)
{
    submission->terms = terms_of(offer);
    submission->actor = *gv_world_actor();
    submission->rung_count = offer->end - offer->start + 1;
    uint32_t at = (uint32_t)submission->parked_end;
    for (uint32_t i = 0; i < submission->rung_count; i++) {
        uint32_t block = offer->start + i;
        submission->rungs[i] =
            (struct gv_dutch_rung){.block = block, .price = {gv_offer_price(offer, block)}};
        submission->psbt_at[i] = at;
        submission->psbt_len[i] =
            (uint16_t)gv_world_psbt(offer, block, &submission->ladder[at], GV_PSBT_SERVED_MAX);
        at += submission->psbt_len[i];
    }
    enum gv_err err = gv_watch_add(&world.watch, &submission->terms.utxo, &submission->watch_fired);
    GV_ASSERT(err == GV_OK);
    submission->watched = true;
}

struct gv_submission *gv_world_prepare(const struct gv_offer *offer)
{
    struct gv_submission *submission = gv_submission_acquire();
    GV_ASSERT(submission != NULL);
    gv_world_fill(submission, offer);
    return submission;
}

static enum gv_err give_back(struct gv_submission *submission, enum gv_err err)
{
    if (submission != NULL) {
        gv_submission_release(submission);
    }
    return err;
}

enum gv_err gv_world_submit(struct gv_submission *submission, uint64_t *id, struct gv_fail *fail)
{
    const enum gv_err err = gv_engine_create_dutch(gv_engine_instance(), &submission, id, fail);
    return give_back(submission, err);
}

enum gv_err gv_world_submit_extension(struct gv_submission *submission, uint64_t id,
                                      struct gv_fail *fail)
{
    const enum gv_err err = gv_engine_extend_dutch(gv_engine_instance(), &submission, id, fail);
    return give_back(submission, err);
}

enum gv_err gv_world_create(const struct gv_offer *offer, uint64_t *id, struct gv_fail *fail)
{
    return gv_world_submit(gv_world_prepare(offer), id, fail);
}

uint64_t gv_world_list(const struct gv_offer *offer)
{
    uint64_t id = 0;
    enum gv_err err = gv_world_create(offer, &id, NULL);
    GV_ASSERT(err == GV_OK);
    return id;
}

static void copy_row(void *ctx, const struct gv_market_row *row)
{
    struct gv_market_row *out = ctx;
    *out = *row;
}

static void touch_row(void *ctx, const struct gv_market_row *row)
{
    (void)ctx;
    (void)row;
}

struct gv_market_row gv_world_row(uint64_t id)
{
    struct gv_market_row row = {.sequence = 0};
    enum gv_err err = gv_market_with(&world.market, id, NULL, copy_row, &row);
    GV_ASSERT(err == GV_OK);
    return row;
}

bool gv_world_has_row(uint64_t id)
{
    return gv_market_with(&world.market, id, NULL, touch_row, NULL) == GV_OK;
}

bool gv_world_shows(uint64_t id, const struct gv_offer *offer, uint32_t block)
{
    uint8_t psbt[GV_PSBT_SERVED_MAX];
    char expected[GV_BASE64_LEN(GV_PSBT_SERVED_MAX) + 1];
    struct gv_market_row row = gv_world_row(id);
    if (block == 0) {
        return row.psbt_len == 0 && row.reveal.kind != GV_REVEAL_RUNG;
    }
    size_t n = gv_base64_encode(expected,
                                gv_view_of(psbt, gv_world_psbt(offer, block, psbt, sizeof(psbt))));
    return row.reveal.kind == GV_REVEAL_RUNG && row.reveal.block == block && row.psbt_len == n &&
           memcmp(row.text + row.psbt_at, expected, n) == 0 &&
           row.price.v == gv_offer_price(offer, block);
}

/* ---- spends ------------------------------------------------------------------------------------------- */

struct gv_hash256 gv_txid_of(uint32_t tx)
{
    struct gv_hash256 txid = {{0x7a}};
    memcpy(&txid.b[4], &tx, sizeof(tx));
    return txid;
}

struct gv_spend_evidence gv_world_other_spend(const struct gv_offer *offer, uint32_t tx)
{
    struct gv_spend_evidence evidence = {
        .outpoint = gv_offer_outpoint(offer),
        .txid = gv_txid_of(tx),
        .input_index = 1,
        .version = 2,
        .sequence = 0xfffffffe,
        .has_pair = true,
        .pair_value_sat = gv_offer_price(offer, offer->start),
        .pair_script = spk_of(0x33, tx),
        .has_proof = true,
        .asset_output = 0,
        .has_asset_script = true,
        .asset_script = spk_of(0x44, tx),
    };
    return evidence;
}

struct gv_spend_evidence gv_world_sale(const struct gv_offer *offer, uint32_t block, uint32_t tx)
{
    struct gv_spend_evidence evidence = gv_world_other_spend(offer, tx);
    evidence.locktime = offer->one_signature ? 0 : block;
    evidence.pair_value_sat = gv_offer_price(offer, block);
    evidence.pair_script = payout_spk(offer);
    evidence.witness_len = (uint16_t)write_witness(offer, block, evidence.proof);
    return evidence;
}
