/* Shows, on a simulated clock: when the box looks at its leaf again, and that one made before the time was known is
 * replaced as soon as it is. */
#include "firmware/boot/tls_files.h"

#include "firmware/base/text.h"
#include "hal/linux/third_party_memory.h"
#include "hal/sim/clock.h"
#include "hal/sim/entropy.h"

#include "tests/unit/hal/hal_test.h"

#include <unistd.h>

#define MINUTE_MS  UINT64_C(60000)
#define DAY_S      86400
#define BUILD_S    (GV_CERT_EPOCH_S + 10 * DAY_S) /* a box without a clock begins here */
#define REAL_S     (BUILD_S + 200 * DAY_S)
#define LEAF_DAY_S (47 * DAY_S)

static struct {
    char folder[PATH_BYTES];
    struct gv_config config;
    struct gv_sim_clock sim;
    struct gv_sim_random random;
    struct gv_clock clock;
    struct gv_entropy entropy;
    struct gv_tls_files files;
} world;

static int set_up(void **state)
{
    (void)state;
    memset(&world, 0, sizeof(world));
    gv_memory_init();
    make_folder(world.folder);
    gv_config_defaults(&world.config);
    assert_true(
        gv_format(world.config.data_dir, sizeof(world.config.data_dir), "%s", world.folder));
    world.config.https_tls = true;
    world.random = gv_sim_random_of(7);
    world.entropy = gv_sim_entropy(&world.random);
    world.clock = gv_sim_clock_init(&world.sim, (struct gv_mono){90500}, (struct gv_utc){BUILD_S});
    assert_int_equal(
        gv_tls_files_open(&world.files, &world.config, &world.clock, &world.entropy, NULL), GV_OK);
    return 0;
}

static int tear_down(void **state)
{
    static const char *const names[] = {"tls/ca.crt", "tls/ca.key", "tls/leaf.crt", "tls/leaf.key"};
    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        (void)unlink(in_folder(world.folder, names[i]));
    }
    (void)rmdir(in_folder(world.folder, "tls"));
    assert_int_equal(rmdir(world.folder), 0);
    return 0;
}

static bool is_due(void)
{
    return gv_tls_files_due(&world.files, &world.clock);
}

static void set_clock(int64_t at_s)
{
    gv_sim_clock_set_utc(&world.sim, (struct gv_utc){at_s});
}

/* Returns: true when there is another leaf. */
static bool renew(void)
{
    bool changed = false;
    assert_int_equal(gv_tls_files_renew(&world.files, &world.config, &world.clock, &world.entropy,
                                        false, &changed, NULL),
                     GV_OK);
    return changed;
}

static void the_leaf_is_looked_at_every_hour(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        assert_false(is_due());
        gv_sim_clock_advance(&world.sim, 60 * MINUTE_MS - 1000u);
        assert_false(is_due());
        gv_sim_clock_advance(&world.sim, 1000u);
        assert_true(is_due());
        assert_false(renew());
    }
}

static void a_clock_that_is_set_makes_it_due_at_once(void **state)
{
    static const struct {
        int64_t by_s;
        bool due;
    } cases[] = {{60, false}, {61, true}, {-60, false}, {-61, true}};
    (void)state;
    gv_sim_clock_advance(&world.sim, 30 * MINUTE_MS);
    const int64_t now_s = gv_clock_utc(&world.clock).s;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        set_clock(now_s + cases[i].by_s);
        assert_int_equal(is_due(), cases[i].due);
    }
}

static void a_leaf_made_before_the_time_was_known_is_replaced(void **state)
{
    (void)state;
    gv_sim_clock_advance(&world.sim, 2000u);
    set_clock(REAL_S);
    assert_true(world.files.report.not_after.s < REAL_S);
    assert_true(is_due());
    assert_true(renew());
    assert_true(world.files.report.not_after.s > REAL_S);
    assert_false(world.files.report.ca_made);
    assert_false(is_due());
}

static void a_leaf_from_the_future_is_replaced(void **state)
{
    (void)state;
    set_clock(REAL_S);
    assert_true(renew());
    set_clock(BUILD_S + DAY_S);
    assert_true(is_due());
    assert_true(renew());
    assert_true(world.files.report.not_after.s < BUILD_S + DAY_S + LEAF_DAY_S);
    assert_false(is_due());
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(the_leaf_is_looked_at_every_hour),
        CASE(a_clock_that_is_set_makes_it_due_at_once),
        CASE(a_leaf_made_before_the_time_was_known_is_replaced),
        CASE(a_leaf_from_the_future_is_replaced),
    };
    return cmocka_run_group_tests_name("tls_files", tests, NULL, NULL);
}
