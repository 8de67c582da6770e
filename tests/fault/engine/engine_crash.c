/* Shows that posting and selling are all or nothing: the power fails at every sync, and every write is
 * refused once. After each, the database is opened again and must hold exactly the state after the
 * last acknowledged step, or after the step that was under way: no acknowledged listing lost, none
 * half there, cursor and spends together (row 73 of tests/api/cases.md). */
#include "app/engine/engine_internal.h"
#include "tests/support/engine_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum {
    SEEDS = 3
};

/* ---- the work: small steps, each one command -------------------------------------------------------- */

static struct gv_offer offer_a(void)
{
    return gv_offer_of(1);
}

static struct gv_offer offer_b(void)
{
    struct gv_offer offer = gv_offer_of(2);
    offer.end = 1002;
    offer.after = 0;
    return offer;
}

static enum gv_err create(struct gv_offer offer)
{
    uint64_t id = 0;
    return gv_world_create(&offer, &id, NULL);
}

static enum gv_err mine(uint32_t branch)
{
    return gv_world_mine(branch, NULL, 0);
}

static enum gv_err open_world(void)
{
    gv_world_reset();
    enum gv_err err = gv_world_open(true);
    return err;
}

static enum gv_err jump(void)
{
    const struct gv_block_report block = {.height = 998, .hash = gv_block_hash_of(998, 0)};
    return gv_engine_chain_jump(gv_world_engine(), &block);
}

static enum gv_err node_speaks(void)
{
    return gv_world_node(true);
}

/* What a client is told of listing a. */
static void write_told(const struct gv_submission *submission,
                       const struct gv_dutch_listing *listing, struct gv_replay *replay)
{
    (void)submission;
    replay->status = 201;
    replay->text_len = 4;
    memset(replay->text, (int)('0' + listing->id), replay->text_len);
    replay->location[0] = '\0';
}

static struct gv_hash256 told_key(void)
{
    return gv_block_hash_of(7, 7);
}

/* With an Idempotency-Key: listing and kept answer are there together, or neither. */
static enum gv_err create_a(void)
{
    const struct gv_offer offer = offer_a();
    struct gv_submission *submission = gv_world_prepare(&offer);
    uint64_t id = 0;
    submission->answer = write_told;
    submission->replay_key = told_key();
    return gv_world_submit(submission, &id, NULL);
}

static enum gv_err create_b(void)
{
    return create(offer_b());
}

/* Three more blocks: rungs, new end and kept answer are there together, or none of them. */
static enum gv_err extend_b(void)
{
    struct gv_offer more = offer_b();
    const struct gv_offer before = more;
    more.start = before.end + 1;
    more.end = before.end + 3;
    more.start_price = gv_offer_price(&before, before.end);
    struct gv_submission *submission = gv_world_prepare(&more);
    return gv_world_submit_extension(submission, 2, NULL);
}

static enum gv_err mine_main(void)
{
    return mine(0);
}

static enum gv_err mine_branch(void)
{
    return mine(1);
}

static enum gv_err see_sale_of_a(void)
{
    struct gv_offer offer = offer_a();
    struct gv_spend_evidence evidence = gv_world_sale(&offer, 1000, 1);
    return gv_engine_mempool_spend(gv_world_engine(), &evidence);
}

static enum gv_err mine_both(void)
{
    struct gv_offer a = offer_a();
    struct gv_offer b = offer_b();
    struct gv_spend_evidence spends[2] = {gv_world_sale(&a, 1000, 1), gv_world_other_spend(&b, 2)};
    return gv_world_mine(0, spends, 2);
}

static enum gv_err disconnect(void)
{
    return gv_engine_chain_disconnect(gv_world_engine());
}

static enum gv_err clear_b(void)
{
    struct gv_offer offer = offer_b();
    struct gv_outpoint outpoint = gv_offer_outpoint(&offer);
    return gv_engine_mempool_clear(gv_world_engine(), &outpoint);
}

static enum gv_err make_key(void)
{
    char text[GV_KEY_TEXT_MAX];
    return gv_engine_key_create(gv_world_engine(), gv_world_actor(), "wallet", GV_SCOPE_ADMIN,
                                (struct gv_utc){0}, text, NULL);
}

static enum gv_err (*const steps[])(void) = {
    open_world, jump,       node_speaks, create_a,      create_b,    extend_b,
    make_key,   mine_main,  mine_main,   see_sale_of_a, mine_both,   mine_main,
    disconnect, disconnect, clear_b,     mine_branch,   mine_branch, mine_branch,
};
enum {
    STEPS = sizeof(steps) / sizeof(steps[0])
};

/* ---- what storage holds, as one hash ------------------------------------------------------------------ */

static void add(struct gv_sha256 *sha, uint64_t v)
{
    gv_sha256_add(sha, gv_view_of(&v, sizeof(v)));
}

static void add_hash(struct gv_sha256 *sha, const struct gv_hash256 *hash)
{
    gv_sha256_add(sha, gv_view_of(hash->b, sizeof(hash->b)));
}

static void add_rungs(struct gv_sha256 *sha, const struct gv_dutch_listing *listing)
{
    struct gv_store *store = &gv_world_engine()->store;
    uint32_t count = 0;
    assert_int_equal(gv_store_rung_count(store, listing->id, &count), GV_OK);
    assert_int_equal(count, listing->terms.end_block - listing->terms.start_block + 1);
    for (uint32_t i = 0; i < count; i++) {
        uint8_t psbt[GV_PSBT_SERVED_MAX];
        size_t n = 0;
        struct gv_sat price;
        assert_int_equal(
            gv_store_rung_get(store, listing, listing->terms.start_block + i, &price, psbt, &n),
            GV_OK);
        add(sha, price.v);
        gv_sha256_add(sha, gv_view_of(psbt, n));
    }
}

static void add_listing(struct gv_sha256 *sha, const struct gv_dutch_listing *listing)
{
    const struct gv_dutch_spend *spend = &listing->spend;
    add(sha, listing->id);
    add_hash(sha, &listing->terms.utxo.txid);
    add(sha, listing->revealed_high);
    add(sha, spend->state);
    add(sha, spend->outcome);
    add_hash(sha, &spend->txid);
    add(sha, spend->block);
    add_hash(sha, &spend->block_hash);
    add(sha, (uint64_t)spend->block_time.s);
    add(sha, spend->sold_rung);
    add(sha, spend->sold_price.v);
    add_rungs(sha, listing);
}

/* The kept answer. Returns: is it there? */
static bool add_replay(struct gv_sha256 *sha)
{
    static struct gv_replay replay;
    const struct gv_hash256 key = told_key();
    const enum gv_err err =
        gv_store_replay_get(&gv_world_engine()->store, &key, (struct gv_utc){0}, &replay);
    assert_true(err == GV_OK || err == GV_ERR_NOT_FOUND);
    if (err == GV_OK) {
        add(sha, replay.status);
        gv_sha256_add(sha, gv_view_of(replay.text, replay.text_len));
    }
    return err == GV_OK;
}

/* The state of an open world. Asserts what must hold in every state. */
static struct gv_hash256 digest(void)
{
    const struct gv_engine *engine = gv_world_engine();
    struct gv_sha256 sha;
    struct gv_hash256 out;
    struct gv_hash256 audit;
    uint64_t rows = 0;
    gv_sha256_init(&sha);
    for (uint32_t i = 0; i < engine->record_count; i++) {
        add_listing(&sha, &engine->records[i].listing);
    }
    add(&sha, engine->chain.count);
    for (uint32_t i = 0; i < engine->chain.count; i++) {
        add(&sha, engine->chain.tip - i);
        add_hash(&sha, &engine->chain.hashes[(engine->chain.tip - i) % GV_CHAIN_RING]);
    }
    add(&sha, engine->keys.count);
    assert_int_equal(add_replay(&sha), engine->newest_id >= 1);
    assert_int_equal(gv_store_audit_verify(&gv_world_engine()->store, &rows, &audit), GV_OK);
    add(&sha, rows);
    gv_sha256_finish(&sha, &out);
    return out;
}

/* States after each step of an undisturbed run. */
static struct gv_hash256 golden[STEPS];

static void record_golden(void)
{
    gv_world_format();
    for (uint32_t i = 0; i < STEPS; i++) {
        assert_int_equal(steps[i](), GV_OK);
        golden[i] = digest();
    }
    gv_world_close();
}

/* ---- runs ------------------------------------------------------------------------------------------------ */

struct run {
    uint32_t done; /* steps acknowledged */
    bool retry;    /* repeat a refused step once, as callers do on 503 */
};

static void work(void *ctx)
{
    struct run *run = ctx;
    bool open = false;
    run->done = 0;
    for (uint32_t i = 0; i < STEPS; i++) {
        enum gv_err err = steps[i]();
        if (err != GV_OK && run->retry) {
            err = steps[i]();
        }
        if (err != GV_OK) {
            break;
        }
        open = true;
        run->done++;
    }
    if (open) {
        gv_world_close();
    }
}

static bool equal(const struct gv_hash256 *a, const struct gv_hash256 *b)
{
    return gv_hash256_equal(a, b);
}

static void check(void *ctx)
{
    const struct run *run = ctx;
    assert_int_equal(open_world(), GV_OK);
    struct gv_hash256 found = digest();
    bool acknowledged = run->done > 0 && equal(&found, &golden[run->done - 1]);
    bool under_way = run->done < STEPS && equal(&found, &golden[run->done]);
    bool empty = run->done == 0 && equal(&found, &golden[0]);
    if (!acknowledged && !under_way && !empty) {
        fail_msg("after %u acknowledged steps the database holds neither that state nor the next",
                 run->done);
    }
    assert_int_equal(gv_world_node(true), GV_OK); /* and it works on */
    gv_world_close();
}

static void nothing_acknowledged_is_lost_when_the_power_fails_at_any_sync(void **state)
{
    (void)state;
    struct run run = {.retry = false};
    const struct gv_fault_run fault_run = {.work = work, .check = check, .ctx = &run};
    uint32_t syncs = gv_fault_each_sync(&fault_run, SEEDS);
    assert_int_equal(run.done, STEPS);
    assert_true(syncs >= STEPS - 2); /* open syncs often, the node's word not at all */
}

static void a_refused_write_changes_nothing_and_a_second_try_succeeds(void **state)
{
    (void)state;
    struct run run = {.retry = true};
    const struct gv_fault_run fault_run = {.work = work, .check = check, .ctx = &run};
    uint32_t writes = gv_fault_each_write(&fault_run);
    assert_int_equal(run.done, STEPS);
    assert_true(writes > STEPS);
}

static void a_dead_disk_hides_every_psbt_until_it_is_back(void **state)
{
    (void)state;
    gv_world_format();
    assert_int_equal(gv_world_open(true), GV_OK);
    assert_int_equal(gv_world_start(998), GV_OK);
    struct gv_offer offer = offer_a();
    uint64_t id = gv_world_list(&offer);
    gv_world_mine_to(1000);
    assert_true(gv_world_shows(id, &offer, 1000));
    gv_fault_crash_at_sync(1, GV_DISK_BEFORE_SYNC);
    assert_int_equal(mine(0), GV_ERR_STORAGE);
    assert_true(gv_world_shows(id, &offer, 0));
    struct gv_fail fail;
    uint64_t other = 0;
    struct gv_offer second = gv_offer_of(7);
    second.start = 1005;
    assert_int_equal(gv_world_create(&second, &other, &fail), GV_ERR_STORAGE);
    assert_string_equal(fail.code, "storage.refused");
    struct gv_engine_stats stats;
    gv_engine_stats(gv_world_engine(), &stats);
    assert_true(stats.commits_failed >= 2);
    gv_world_close();
    gv_fault_restart(1);
    assert_int_equal(gv_world_open(true), GV_OK);
    assert_int_equal(gv_world_node(true), GV_OK);
    assert_true(gv_world_shows(id, &offer, 1000));
    gv_world_close();
}

/* A small board: one listing active at 1000, one sold and settled. */
static void open_board(struct gv_offer *active, uint64_t *id)
{
    gv_world_format();
    assert_int_equal(gv_world_open(true), GV_OK);
    assert_int_equal(gv_world_start(600), GV_OK);
    struct gv_offer sold = gv_offer_of(3);
    sold.start = 700;
    sold.end = 705;
    (void)gv_world_list(&sold);
    gv_world_mine_to(701);
    struct gv_spend_evidence sale = gv_world_sale(&sold, 701, 9);
    assert_int_equal(gv_world_mine(0, &sale, 1), GV_OK);
    *active = offer_a();
    *id = gv_world_list(active);
    gv_world_mine_to(1000);
    assert_int_equal(gv_watch_count(gv_world_watch()), 1); /* the sold one is settled */
}

static void storage_that_comes_back_is_read_again_and_served(void **state)
{
    (void)state;
    struct gv_offer offer;
    uint64_t id = 0;
    open_board(&offer, &id);
    gv_world_storage_down(true);
    assert_int_equal(mine(0), GV_ERR_STORAGE);
    struct gv_market_head head;
    gv_market_head(gv_world_market(), &head);
    assert_false(head.tip.live);
    assert_true(gv_world_shows(id, &offer, 0));
    assert_int_equal(gv_world_node(true), GV_ERR_STORAGE);
    gv_world_storage_down(false);
    assert_int_equal(mine(0), GV_OK);
    assert_int_equal(gv_world_node(true), GV_OK);
    assert_true(gv_world_shows(id, &offer, 1001));
    assert_int_equal(gv_watch_count(gv_world_watch()), 1);
    gv_world_close();
}

static void a_refused_commit_leaves_the_picture_and_the_live_tip_as_they_were(void **state)
{
    (void)state;
    struct gv_offer offer;
    uint64_t id = 0;
    open_board(&offer, &id);
    gv_world_refuse_commit();
    assert_int_equal(mine(0), GV_ERR_STORAGE);
    assert_true(gv_world_shows(id, &offer, 1000));
    struct gv_offer other = gv_offer_of(4);
    other.start = 1001; /* above the tip, which has not moved */
    gv_world_refuse_commit();
    uint64_t other_id = 0;
    assert_int_equal(gv_world_create(&other, &other_id, NULL), GV_ERR_STORAGE);
    assert_int_equal(gv_watch_count(gv_world_watch()), 1);
    assert_int_equal(gv_world_create(&other, &other_id, NULL), GV_OK);
    assert_int_equal(other_id, 3);
    assert_int_equal(gv_watch_count(gv_world_watch()), 2);
    assert_int_equal(mine(0), GV_OK);
    assert_true(gv_world_shows(id, &offer, 1001));
    assert_true(gv_world_shows(other_id, &other, 1001));
    gv_world_close();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_acknowledged_is_lost_when_the_power_fails_at_any_sync),
        cmocka_unit_test(a_refused_write_changes_nothing_and_a_second_try_succeeds),
        cmocka_unit_test(a_dead_disk_hides_every_psbt_until_it_is_back),
        cmocka_unit_test(storage_that_comes_back_is_read_again_and_served),
        cmocka_unit_test(a_refused_commit_leaves_the_picture_and_the_live_tip_as_they_were),
    };
    record_golden();
    return cmocka_run_group_tests_name("engine_crash", tests, NULL, NULL);
}
