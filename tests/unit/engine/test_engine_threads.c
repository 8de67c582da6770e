/* Shows the engine thread under parallel callers: of two creates on one outpoint exactly one wins (row
 * 48 of tests/api/cases.md), and so of two changes to what both saw alike; readers never wait for
 * it, and stopping answers everybody. Meant for the thread sanitizer as well. */
#include "app/engine/accounts.h"
#include "firmware/base/text.h"
#include "tests/support/engine_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

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

/* ---- two who saw the same ------------------------------------------------------------------------ */

struct writer {
    pthread_barrier_t *barrier;
    char id[GV_USER_ID_LEN + 1];
    enum gv_role role;
    enum gv_err results[ROUNDS];
    struct gv_fail fails[ROUNDS];
};

/* Each round both read the person, and only then both change him. */
static void *write_on(void *ctx)
{
    struct writer *writer = ctx;
    for (uint32_t round = 0; round < ROUNDS; round++) {
        struct gv_user user = {.role = GV_ROLE_OWNER};
        const struct gv_user_change change = {
            .set_role = true,
            .role = writer->role,
            .set_disabled = true,
            .disabled = round % 2 == 0, /* what is changed is never what it was */
        };
        (void)!gv_engine_user_by_id(gv_world_engine(), gv_view_str(writer->id), &user);
        const struct gv_expect expect = {.count = 1, .versions = {gv_user_version(&user)}};
        (void)pthread_barrier_wait(writer->barrier);
        writer->results[round] =
            gv_engine_user_change(gv_world_engine(), gv_world_actor(), gv_view_str(writer->id),
                                  &change, &expect, &writer->fails[round]);
        (void)pthread_barrier_wait(writer->barrier);
    }
    return NULL;
}

static void of_two_writers_who_saw_the_same_person_exactly_one_wins(void **state)
{
    (void)state;
    static struct writer writers[2] = {{.role = GV_ROLE_OPERATOR}, {.role = GV_ROLE_HOST}};
    pthread_barrier_t barrier;
    pthread_t threads[2];
    char id[GV_USER_ID_LEN + 1];
    assert_int_equal(gv_engine_user_create(gv_world_engine(), gv_world_actor(), gv_view_str("ada"),
                                           GV_ROLE_VIEWER, "$x$", id, NULL),
                     GV_OK);
    assert_int_equal(pthread_barrier_init(&barrier, NULL, 2), 0);
    for (uint32_t i = 0; i < 2; i++) {
        writers[i].barrier = &barrier;
        memcpy(writers[i].id, id, sizeof(id));
        assert_int_equal(pthread_create(&threads[i], NULL, write_on, &writers[i]), 0);
    }
    pthread_join(threads[0], NULL);
    pthread_join(threads[1], NULL);
    pthread_barrier_destroy(&barrier);
    for (uint32_t round = 0; round < ROUNDS; round++) {
        const uint32_t loser = writers[0].results[round] == GV_OK ? 1 : 0;
        assert_int_equal(writers[1 - loser].results[round], GV_OK);
        assert_int_equal(writers[loser].results[round], GV_ERR_STATE);
        assert_string_equal(writers[loser].fails[round].code, "http.changed");
    }
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
        TEST(of_two_writers_who_saw_the_same_person_exactly_one_wins),
        TEST(readers_see_whole_rows_while_blocks_and_spends_come),
    };
    return cmocka_run_group_tests_name("engine_threads", tests, NULL, NULL);
}
