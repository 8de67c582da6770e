/* Shows the engine thread under parallel callers: of two creates on one outpoint exactly one wins (row
 * 48 of the fact sheet's table), readers never wait for it, and stopping answers everybody. Meant for
 * the thread sanitizer as well. */
#include "tests/support/engine_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum {
    ROUNDS = 60
};

static pthread_t engine_thread;

static void *serve(void *ctx)
{
    gv_engine_run(ctx);
    return NULL;
}

static int set_up(void **state)
{
    (void)state;
    gv_world_format();
    assert_int_equal(gv_world_open(false), GV_OK);
    assert_int_equal(pthread_create(&engine_thread, NULL, serve, gv_world_engine()), 0);
    assert_int_equal(gv_world_start(990), GV_OK);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    gv_engine_stop(gv_world_engine());
    pthread_join(engine_thread, NULL);
    gv_world_close();
    return 0;
}

struct racer {
    pthread_barrier_t *barrier;
    enum gv_err results[ROUNDS];
};

static void *race(void *ctx)
{
    struct racer *racer = ctx;
    for (uint32_t round = 0; round < ROUNDS; round++) {
        struct gv_offer offer = gv_offer_of(round);
        struct gv_submission *submission = gv_world_prepare(&offer);
        uint64_t id = 0;
        (void)pthread_barrier_wait(racer->barrier);
        racer->results[round] = gv_world_submit(submission, &id, NULL);
        (void)pthread_barrier_wait(racer->barrier);
    }
    return NULL;
}

static void row_48_of_two_parallel_creates_exactly_one_wins(void **state)
{
    (void)state;
    if (GV_SUBMISSIONS_MAX < 2u) {
        print_message("this board takes one upload at a time: two never race\n");
        skip();
    }
    static struct racer racers[2];
    pthread_barrier_t barrier;
    pthread_t threads[2];
    assert_int_equal(pthread_barrier_init(&barrier, NULL, 2), 0);
    for (uint32_t i = 0; i < 2; i++) {
        racers[i].barrier = &barrier;
        assert_int_equal(pthread_create(&threads[i], NULL, race, &racers[i]), 0);
    }
    pthread_join(threads[0], NULL);
    pthread_join(threads[1], NULL);
    pthread_barrier_destroy(&barrier);
    for (uint32_t round = 0; round < ROUNDS; round++) {
        enum gv_err a = racers[0].results[round];
        enum gv_err b = racers[1].results[round];
        assert_true((a == GV_OK && b == GV_ERR_CONFLICT) || (a == GV_ERR_CONFLICT && b == GV_OK));
    }
    struct gv_market_head head;
    gv_market_head(gv_world_market(), &head);
    assert_int_equal(head.count, ROUNDS);
    assert_int_equal(gv_watch_count(gv_world_watch()), ROUNDS);
}

struct reader {
    atomic_bool stop;
    uint32_t bad;
};

static bool check_row(void *ctx, const struct gv_market_row *row)
{
    struct reader *reader = ctx;
    bool shown = row->reveal.kind == GV_REVEAL_RUNG;
    reader->bad += shown != (row->psbt_len > 0);
    return true;
}

static void *read_on(void *ctx)
{
    struct reader *reader = ctx;
    struct gv_market_head head;
    struct gv_chain_cursor cursor;
    struct gv_hash256 hash;
    struct gv_outpoint outpoint = {.vout = 1};
    while (!atomic_load(&reader->stop)) {
        gv_market_head(gv_world_market(), &head);
        (void)gv_market_each(gv_world_market(), 0, NULL, check_row, reader);
        gv_engine_cursor(gv_world_engine(), &cursor);
        (void)!gv_engine_block_hash(gv_world_engine(), cursor.height, &hash);
        (void)gv_engine_spend_state(gv_world_engine(), &outpoint, &hash);
        uint32_t scopes = 0;
        char id[GV_KEY_ID_LEN + 1];
        (void)!gv_engine_key_check(gv_world_engine(), gv_view_of("x", 1), &scopes, id);
    }
    return NULL;
}

static void readers_see_whole_rows_while_blocks_and_spends_come(void **state)
{
    (void)state;
    static struct reader reader;
    pthread_t thread;
    struct gv_offer offers[4];
    for (uint32_t i = 0; i < 4; i++) {
        offers[i] = gv_offer_of(i);
        (void)gv_world_list(&offers[i]);
    }
    atomic_store(&reader.stop, false);
    assert_int_equal(pthread_create(&thread, NULL, read_on, &reader), 0);
    gv_world_mine_to(1000);
    for (uint32_t i = 0; i < 10; i++) {
        struct gv_spend_evidence spend = gv_world_sale(&offers[i % 4], 1000, i);
        struct gv_outpoint outpoint = gv_offer_outpoint(&offers[i % 4]);
        assert_int_equal(gv_engine_mempool_spend(gv_world_engine(), &spend), GV_OK);
        assert_int_equal(gv_world_mine(0, NULL, 0), GV_OK);
        assert_int_equal(gv_engine_mempool_clear(gv_world_engine(), &outpoint), GV_OK);
        char text[GV_KEY_TEXT_MAX];
        assert_int_equal(gv_engine_key_create(gv_world_engine(), gv_world_actor(), "k",
                                              GV_SCOPE_ADMIN, (struct gv_utc){0}, text, NULL),
                         GV_OK);
    }
    atomic_store(&reader.stop, true);
    pthread_join(thread, NULL);
    assert_int_equal(reader.bad, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(row_48_of_two_parallel_creates_exactly_one_wins),
        TEST(readers_see_whole_rows_while_blocks_and_spends_come),
    };
    return cmocka_run_group_tests_name("engine_threads", tests, NULL, NULL);
}
