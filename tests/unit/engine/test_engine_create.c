/* Shows when a listing is taken and when it is refused (rows 38, 47-49 of tests/api/cases.md), that
 * a submission and its watch reference are given back whatever happens, and what a full board does. */
#include "app/engine/engine_internal.h"
#include "tests/support/engine_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static int set_up(void **state)
{
    (void)state;
    gv_world_format();
    assert_int_equal(gv_world_open(true), GV_OK);
    assert_int_equal(gv_world_start(990), GV_OK);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    gv_world_close();
    return 0;
}

static void assert_refused(const struct gv_offer *offer, enum gv_err err, const char *code)
{
    struct gv_fail fail = {.code = ""};
    uint64_t id = 0;
    uint32_t watched = gv_watch_count(gv_world_watch());
    assert_int_equal(gv_world_create(offer, &id, &fail), err);
    assert_string_equal(fail.code, code);
    assert_int_equal(gv_watch_count(gv_world_watch()), watched);
    /* Every slot is free again. */
    struct gv_submission *taken[GV_SUBMISSIONS_MAX];
    for (uint32_t i = 0; i < GV_SUBMISSIONS_MAX; i++) {
        taken[i] = gv_submission_acquire();
        assert_non_null(taken[i]);
    }
    for (uint32_t i = 0; i < GV_SUBMISSIONS_MAX; i++) {
        gv_submission_release(taken[i]);
    }
}

static void row_38_the_start_must_be_above_the_tip(void **state)
{
    (void)state;
    struct gv_offer offer = gv_offer_of(1);
    offer.start = 990;
    assert_refused(&offer, GV_ERR_INVALID, "dutch.started");
    offer.start = 991;
    gv_world_mine_to(991); /* the tip reached it while the upload was checked */
    assert_refused(&offer, GV_ERR_INVALID, "dutch.started");
    offer.start = 992;
    uint64_t id = gv_world_list(&offer);
    assert_int_equal(gv_world_row(id).status, GV_DUTCH_UPCOMING);
}

static void row_47_a_spend_between_check_and_insert_is_refused(void **state)
{
    (void)state;
    struct gv_offer offer = gv_offer_of(1);
    struct gv_submission *submission = gv_world_prepare(&offer);
    struct gv_outpoint outpoint = gv_offer_outpoint(&offer);
    gv_watch_fire(gv_world_watch(), &outpoint);
    struct gv_fail fail;
    uint64_t id = 0;
    assert_int_equal(gv_world_submit(submission, &id, &fail), GV_ERR_INVALID);
    assert_string_equal(fail.code, "dutch.utxo_spent");
    assert_string_equal(fail.pointer, "/utxo_txid");
    assert_false(gv_watch_has(gv_world_watch(), &outpoint));
}

static void row_48_a_second_listing_of_a_live_outpoint_conflicts(void **state)
{
    (void)state;
    struct gv_offer offer = gv_offer_of(1);
    (void)gv_world_list(&offer);
    struct gv_offer again = offer;
    again.start = 1020;
    again.end = 1025;
    assert_refused(&again, GV_ERR_CONFLICT, "dutch.utxo_listed"); /* upcoming */
    gv_world_mine_to(1005);
    assert_refused(&again, GV_ERR_CONFLICT, "dutch.utxo_listed"); /* active */
    gv_world_mine_to(1012);
    assert_refused(&again, GV_ERR_CONFLICT, "dutch.utxo_listed"); /* finished */
    struct gv_fail fail;
    uint64_t id = 0;
    assert_int_equal(gv_world_create(&again, &id, &fail), GV_ERR_CONFLICT);
    assert_non_null(strstr(fail.text, "finished"));
    assert_non_null(strstr(fail.text, ":1 "));
}

static void row_48_of_two_creates_in_one_batch_one_wins(void **state)
{
    (void)state;
    if (GV_SUBMISSIONS_MAX < 2u) {
        print_message("this board takes one upload at a time: two never meet in a batch\n");
        skip();
    }
    struct gv_engine *engine = gv_world_engine();
    struct gv_offer offer = gv_offer_of(1);
    struct gv_command *commands[2];
    for (uint32_t i = 0; i < 2; i++) {
        commands[i] = gv_command_acquire(engine, GV_COMMAND_CREATE, 0);
        assert_non_null(commands[i]);
        commands[i]->create.submission = gv_world_prepare(&offer);
        assert_int_equal(gv_command_post(engine, commands[i]), GV_OK);
    }
    assert_int_equal(gv_engine_step(engine), 2);
    for (uint32_t i = 0; i < 2; i++) {
        assert_int_equal(gv_command_wait(engine, commands[i], 0), GV_OK);
    }
    assert_int_equal(commands[0]->err, GV_OK);
    assert_int_equal(commands[1]->err, GV_ERR_CONFLICT);
    gv_command_release(engine, commands[0]);
    gv_command_release(engine, commands[1]);
    assert_int_equal(gv_watch_count(gv_world_watch()), 1);
}

static void row_49_listing_again_is_for_expired_ones_only(void **state)
{
    (void)state;
    struct gv_offer offer = gv_offer_of(1);
    uint64_t first = gv_world_list(&offer);
    gv_world_mine_to(1015);
    struct gv_offer again = offer;
    again.start = 1020;
    again.end = 1025;
    uint64_t second = gv_world_list(&again);
    assert_true(second > first);
    assert_int_equal(gv_watch_count(gv_world_watch()), 1);

    struct gv_spend_evidence sale = gv_world_sale(&again, 1020, 1);
    gv_world_mine_to(1020);
    assert_int_equal(gv_engine_mempool_spend(gv_world_engine(), &sale), GV_OK);
    again.start = 1100;
    again.end = 1105;
    assert_refused(&again, GV_ERR_INVALID, "dutch.utxo_spent"); /* provisional */
    assert_int_equal(gv_world_mine(0, &sale, 1), GV_OK);
    assert_refused(&again, GV_ERR_INVALID, "dutch.utxo_spent"); /* sold */
}

static void row_49_tells_the_lowest_price_that_was_ever_revealed(void **state)
{
    (void)state;
    struct gv_offer offer = gv_offer_of(1);
    const struct gv_outpoint outpoint = gv_offer_outpoint(&offer);
    struct gv_dutch_prior prior;
    assert_int_equal(gv_engine_dutch_prior(gv_world_engine(), &outpoint, &prior, NULL), GV_OK);
    assert_int_equal(prior.live_id, 0);
    assert_int_equal(prior.lowest_id, 0);

    uint64_t first = gv_world_list(&offer);
    assert_int_equal(gv_engine_dutch_prior(gv_world_engine(), &outpoint, &prior, NULL), GV_OK);
    assert_int_equal(prior.live_id, first);
    assert_int_equal(prior.live_status, GV_DUTCH_UPCOMING);
    assert_int_equal(prior.lowest_id, 0); /* listed, but nothing has been shown */

    gv_world_mine_to(1003);
    assert_int_equal(gv_engine_dutch_prior(gv_world_engine(), &outpoint, &prior, NULL), GV_OK);
    assert_int_equal(prior.lowest_id, first);
    assert_int_equal(prior.lowest.v, gv_offer_price(&offer, 1003));

    gv_world_mine_to(1015);
    offer.start = 1020;
    offer.end = 1025;
    offer.start_price = 500000;
    uint64_t second = gv_world_list(&offer);
    gv_world_mine_to(1021);
    gv_world_restart();
    assert_int_equal(gv_engine_dutch_prior(gv_world_engine(), &outpoint, &prior, NULL), GV_OK);
    assert_int_equal(prior.live_id, second);
    assert_int_equal(prior.lowest_id, first); /* the older one was cheaper */
    assert_int_equal(prior.lowest.v, 90000);
}

static void ids_and_times_keep_one_order_when_the_clock_steps_back(void **state)
{
    (void)state;
    struct gv_offer offer = gv_offer_of(1);
    uint64_t a = gv_world_list(&offer);
    gv_sim_clock_set_utc(gv_world_clock(), (struct gv_utc){1000});
    offer = gv_offer_of(2);
    uint64_t b = gv_world_list(&offer);
    assert_int_equal(b, a + 1);
    assert_int_equal(gv_world_row(b).listing.created_at.s, gv_world_row(a).listing.created_at.s);
    gv_world_restart();
    assert_int_equal(gv_world_node(true), GV_OK);
    offer = gv_offer_of(3);
    uint64_t c = gv_world_list(&offer);
    assert_int_equal(c, b + 1);
    assert_int_equal(gv_world_row(c).listing.created_at.s, gv_world_row(a).listing.created_at.s);
}

static void a_listing_survives_a_restart_in_every_member(void **state)
{
    (void)state;
    struct gv_offer offer = gv_offer_of(7);
    uint64_t id = gv_world_list(&offer);
    static struct gv_market_row before;
    before = gv_world_row(id);
    gv_world_restart();
    struct gv_market_row after = gv_world_row(id);
    const struct gv_dutch_terms *a = &before.listing.terms;
    const struct gv_dutch_terms *b = &after.listing.terms;
    assert_string_equal(a->asset_name, b->asset_name);
    assert_int_equal(a->asset_qty_base, b->asset_qty_base);
    assert_int_equal(a->asset_divisible, b->asset_divisible);
    assert_int_equal(a->locked, b->locked);
    assert_true(gv_outpoint_equal(&a->utxo, &b->utxo));
    assert_int_equal(a->utxo_value.v, b->utxo_value.v);
    assert_true(gv_spk_equal(&a->utxo_spk, &b->utxo_spk));
    assert_true(gv_spk_equal(&a->payout_spk, &b->payout_spk));
    assert_int_equal(a->start_block, b->start_block);
    assert_int_equal(a->end_block, b->end_block);
    assert_int_equal(a->blocks_after_end, b->blocks_after_end);
    assert_int_equal(a->start_price.v, b->start_price.v);
    assert_int_equal(a->end_price.v, b->end_price.v);
    assert_int_equal(a->price_decrement.v, b->price_decrement.v);
    assert_string_equal(a->seller, b->seller);
    assert_int_equal(before.listing.created_at.s, after.listing.created_at.s);
}

static struct gv_offer numbered_offer(uint32_t number)
{
    struct gv_offer offer = gv_offer_of(100 + number);
    offer.end = offer.start + 1;
    return offer;
}

static void a_full_board_refuses_until_a_settled_listing_can_leave(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < GV_LISTINGS_MAX; i++) {
        struct gv_offer offer = numbered_offer(i);
        assert_int_equal(gv_world_list(&offer), i + 1);
    }
    struct gv_offer extra = gv_offer_of(1);
    extra.start = 1500;
    extra.end = 1501;
    assert_refused(&extra, GV_ERR_FULL, "dutch.full");

    gv_world_mine_to(1000);
    struct gv_offer sold = numbered_offer(4);
    struct gv_spend_evidence sale = gv_world_sale(&sold, 1000, 1);
    assert_int_equal(gv_world_mine(0, &sale, 1), GV_OK);
    gv_world_mine_to(1001 + GV_SETTLED_DEPTH - 1);
    assert_refused(&extra, GV_ERR_FULL, "dutch.full");
    gv_world_mine_to(1001 + GV_SETTLED_DEPTH);

    uint64_t id = gv_world_list(&extra);
    assert_int_equal(id, GV_LISTINGS_MAX + 1);
    assert_true(gv_world_has_row(id));
    assert_false(gv_world_has_row(5));
    struct gv_dutch_listing listing;
    assert_int_equal(gv_engine_dutch_retired(gv_world_engine(), 5, &listing), GV_OK);
    assert_int_equal(listing.spend.outcome, GV_OUTCOME_SOLD);
    assert_int_equal(gv_engine_dutch_retired(gv_world_engine(), 99999, &listing), GV_ERR_NOT_FOUND);

    gv_world_restart(); /* the retired one stays retired */
    assert_false(gv_world_has_row(5));
    assert_true(gv_world_has_row(6));
    assert_true(gv_world_has_row(id));
}

static void a_read_that_fails_undoes_and_darkens_nothing(void **state)
{
    (void)state;
    struct gv_offer offer = gv_offer_of(1);
    uint64_t id = gv_world_list(&offer);
    struct gv_dutch_listing listing;
    struct gv_engine_stats stats;
    struct gv_market_head head;
    gv_world_storage_down(true);
    assert_int_equal(gv_engine_dutch_retired(gv_world_engine(), id, &listing), GV_ERR_STORAGE);
    gv_world_storage_down(false);
    gv_engine_stats(gv_world_engine(), &stats);
    gv_market_head(gv_world_market(), &head);
    assert_int_equal(stats.commits_failed, 0);
    assert_true(head.tip.live);
}

static void a_listing_that_settles_in_the_same_batch_does_not_leave_yet(void **state)
{
    (void)state;
    struct gv_engine *engine = gv_world_engine();
    for (uint32_t i = 0; i < GV_LISTINGS_MAX; i++) {
        struct gv_offer offer = numbered_offer(i);
        (void)gv_world_list(&offer);
    }
    gv_world_mine_to(1000);
    struct gv_offer sold = numbered_offer(4);
    struct gv_spend_evidence sale = gv_world_sale(&sold, 1000, 1);
    assert_int_equal(gv_world_mine(0, &sale, 1), GV_OK);
    gv_world_mine_to(1001 + GV_SETTLED_DEPTH - 1);

    struct gv_chain_cursor cursor;
    gv_engine_cursor(engine, &cursor);
    const struct gv_block_report block = {.height = cursor.height + 1,
                                          .hash = gv_block_hash_of(cursor.height + 1, 0),
                                          .prev = cursor.hash};
    struct gv_offer extra = gv_offer_of(1);
    extra.start = 1500;
    extra.end = 1501;
    struct gv_command *connect = gv_command_acquire(engine, GV_COMMAND_CONNECT, 0);
    struct gv_command *create = gv_command_acquire(engine, GV_COMMAND_CREATE, 0);
    assert_non_null(connect);
    assert_non_null(create);
    connect->block = &block;
    create->create.submission = gv_world_prepare(&extra);
    assert_int_equal(gv_command_post(engine, connect), GV_OK);
    assert_int_equal(gv_command_post(engine, create), GV_OK);
    assert_int_equal(gv_engine_step(engine), 2);
    assert_int_equal(gv_command_wait(engine, connect, 0), GV_OK);
    assert_int_equal(gv_command_wait(engine, create, 0), GV_OK);
    assert_int_equal(connect->err, GV_OK);
    assert_int_equal(create->err, GV_ERR_FULL); /* its outpoint is still in the watch set */
    gv_command_release(engine, connect);
    gv_command_release(engine, create);
    assert_int_equal(gv_watch_count(gv_world_watch()), GV_LISTINGS_MAX - 1);
    (void)gv_world_list(&extra);
    assert_int_equal(gv_watch_count(gv_world_watch()), GV_LISTINGS_MAX);
}

static void after_stop_every_call_is_unavailable(void **state)
{
    (void)state;
    gv_engine_stop(gv_world_engine());
    struct gv_offer offer = gv_offer_of(1);
    assert_refused(&offer, GV_ERR_UNAVAILABLE, "engine.stopped");
    assert_int_equal(gv_engine_chain_disconnect(gv_world_engine()), GV_ERR_UNAVAILABLE);
}

static void callers_leave_the_margin_to_the_node(void **state)
{
    (void)state;
    struct gv_engine *engine = gv_world_engine();
    struct gv_command *taken[GV_COMMANDS_MAX];
    uint32_t n = 0;
    while ((taken[n] = gv_command_acquire(engine, GV_COMMAND_RETIRED, GV_COMMANDS_MARGIN)) !=
           NULL) {
        n++;
    }
    assert_int_equal(n, GV_COMMANDS_MAX - GV_COMMANDS_MARGIN);
    struct gv_offer offer = gv_offer_of(1);
    assert_refused(&offer, GV_ERR_FULL, "engine.busy");
    assert_int_equal(gv_world_mine(0, NULL, 0), GV_OK);
    while (n > 0) {
        n--;
        gv_command_release(engine, taken[n]);
    }
    struct gv_engine_stats stats;
    gv_engine_stats(engine, &stats);
    assert_true(stats.queue_refused >= 2);
}

static void the_nth_command_slot_can_be_refused(void **state)
{
    (void)state;
    struct gv_engine *engine = gv_world_engine();
    struct gv_offer offer = gv_offer_of(1);
    engine->pool.fail_after = 1;
    assert_refused(&offer, GV_ERR_FULL, "engine.busy");
    (void)gv_world_list(&offer);
    engine->pool.fail_after = 1;
    assert_int_equal(gv_world_mine(0, NULL, 0), GV_ERR_FULL);
    assert_int_equal(gv_world_mine(0, NULL, 0), GV_OK);
}

static void an_abandoned_create_is_finished_and_cleaned_up_by_the_engine(void **state)
{
    (void)state;
    struct gv_engine *engine = gv_world_engine();
    struct gv_offer offer = gv_offer_of(1);
    struct gv_command *command = gv_command_acquire(engine, GV_COMMAND_CREATE, 0);
    assert_non_null(command);
    command->create.submission = gv_world_prepare(&offer);
    assert_int_equal(gv_command_post(engine, command), GV_OK);
    assert_int_equal(gv_command_wait(engine, command, 1), GV_ERR_TIMEOUT);
    assert_int_equal(gv_engine_step(engine), 1);
    assert_true(gv_world_has_row(1));
    assert_int_equal(gv_pool_stats(&engine->pool).in_use, 0);
    struct gv_offer again = offer;
    assert_refused(&again, GV_ERR_CONFLICT, "dutch.utxo_listed");
}

static void another_seal_key_is_refused(void **state)
{
    (void)state;
    gv_world_close();
    gv_world_set_seal_key(2);
    assert_int_equal(gv_world_open(true), GV_ERR_CRYPTO);
    gv_world_set_seal_key(1);
    assert_int_equal(gv_world_open(true), GV_OK);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(row_38_the_start_must_be_above_the_tip),
        TEST(row_47_a_spend_between_check_and_insert_is_refused),
        TEST(row_48_a_second_listing_of_a_live_outpoint_conflicts),
        TEST(row_48_of_two_creates_in_one_batch_one_wins),
        TEST(row_49_listing_again_is_for_expired_ones_only),
        TEST(row_49_tells_the_lowest_price_that_was_ever_revealed),
        TEST(ids_and_times_keep_one_order_when_the_clock_steps_back),
        TEST(a_listing_survives_a_restart_in_every_member),
        TEST(a_full_board_refuses_until_a_settled_listing_can_leave),
        TEST(a_read_that_fails_undoes_and_darkens_nothing),
        TEST(a_listing_that_settles_in_the_same_batch_does_not_leave_yet),
        TEST(after_stop_every_call_is_unavailable),
        TEST(callers_leave_the_margin_to_the_node),
        TEST(the_nth_command_slot_can_be_refused),
        TEST(an_abandoned_create_is_finished_and_cleaned_up_by_the_engine),
        TEST(another_seal_key_is_refused),
    };
    return cmocka_run_group_tests_name("engine_create", tests, NULL, NULL);
}
