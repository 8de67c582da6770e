/* A node that answers slowly, and a check that asks it about every listing: the thread proves that it lives at every
 * answer, and hears a stop between two. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app/node/follower.h"
#include "firmware/base/beat.h"
#include "tests/sim/sim_world.h"

#include <string.h>
#include <time.h>

#define START_HEIGHT 110u
#define ANSWER_MS    3u /* real ones: beats are counted by the machine's own clock */

static uint32_t asked; /* gettxout calls of the check */

static uint64_t now_ms(void)
{
    struct timespec now;
    assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &now), 0);
    return (uint64_t)now.tv_sec * 1000u + (uint64_t)now.tv_nsec / 1000000u;
}

static void note_age(void *ctx, const char *name, uint64_t age_ms)
{
    if (strcmp(name, "node") == 0) {
        *(uint64_t *)ctx = age_ms;
    }
}

/* All coins are listed, and every one is asked about in the next round. */
static int set_up(void **state)
{
    (void)state;
    gv_sim_open(0, START_HEIGHT);
    gv_sim_settle();
    for (uint32_t coin = 0; coin < SIM_COINS_MAX; coin++) {
        assert_int_equal(gv_sim_list(coin, 1, 10, 5), GV_OK);
    }
    gv_sim_settle();
    gv_sim_restart_box();
    asked = 0;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    gv_sim_set_interrupt(NULL);
    gv_sim_close();
    return 0;
}

static void answer_slowly(const char *request)
{
    static uint64_t first_ms;
    const struct timespec pause = {.tv_nsec = ANSWER_MS * 1000000L};
    if (strstr(request, "\"gettxout\"") == NULL) {
        return;
    }
    if (asked++ == 0) {
        first_ms = now_ms();
    } else {
        uint64_t age_ms = UINT64_MAX;
        gv_beat_each(note_age, &age_ms);
        assert_true(age_ms < now_ms() - first_ms);
    }
    (void)nanosleep(&pause, NULL);
}

static void every_answer_is_a_beat_of_the_thread_that_waited(void **state)
{
    (void)state;
    gv_beat_begin("node");
    gv_sim_set_interrupt(answer_slowly);
    gv_sim_turn(1);
    assert_int_equal(asked, SIM_COINS_MAX);
}

static void stop_at_the_first(const char *request)
{
    if (strstr(request, "\"gettxout\"") != NULL && asked++ == 0) {
        gv_follower_stop(gv_follower_instance());
    }
}

static void a_stop_ends_the_check_after_the_answer_under_way(void **state)
{
    (void)state;
    gv_sim_set_interrupt(stop_at_the_first);
    gv_sim_turn(1);
    assert_int_equal(asked, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_answer_is_a_beat_of_the_thread_that_waited, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_stop_ends_the_check_after_the_answer_under_way, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests_name("sim_slow", tests, NULL, NULL);
}
