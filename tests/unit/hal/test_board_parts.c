/* Light, button and sensors, on stand-ins: a folder with the files of /sys and /run, and a FIFO in place of the
 * input device, which carries the same records. No real board was asked. */
#include "firmware/base/text.h"
#include "hal/linux/button.h"
#include "hal/linux/files.h"
#include "hal/linux/led.h"
#include "hal/linux/sensors.h"

#include <fcntl.h>
#include <linux/input.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <setjmp.h>

#include <cmocka.h>

static char root[64];

static int setup(void **state)
{
    (void)state;
    gv_format_cut(root, sizeof(root), "/tmp/gavel-board-XXXXXX");
    return mkdtemp(root) == NULL;
}

static int teardown(void **state)
{
    char command[96];
    (void)state;
    gv_format_cut(command, sizeof(command), "rm -rf %s", root);
    return system(command);
}

static void put(const char *path, const char *text)
{
    char full[GV_FILE_PATH_MAX];
    gv_format_cut(full, sizeof(full), "%s%s", root, path);
    for (char *slash = full + strlen(root) + 1; (slash = strchr(slash, '/')) != NULL; slash++) {
        *slash = '\0';
        (void)mkdir(full, 0700);
        *slash = '/';
    }
    FILE *file = fopen(full, "w");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

static char brightness(void)
{
    char full[GV_FILE_PATH_MAX];
    char text[16] = "";
    size_t n = 0;
    gv_format_cut(full, sizeof(full), "%s/sys/class/leds/ACT/brightness", root);
    assert_int_equal(gv_file_read(full, text, sizeof(text), &n, NULL), GV_OK);
    return text[0];
}

/* ---- light ---------------------------------------------------------------------------------------- */

static void patterns_can_be_told_apart(void **state)
{
    (void)state;
    for (int a = GV_INDICATE_STARTING; a <= GV_INDICATE_BROKEN; a++) {
        for (int b = a + 1; b <= GV_INDICATE_BROKEN; b++) {
            unsigned differ = 0;
            for (unsigned step = 0; step < 16; step++) {
                differ += gv_led_lit((enum gv_indication)a, step) !=
                          gv_led_lit((enum gv_indication)b, step);
            }
            assert_true(differ >= 4);
        }
    }
}

static void light_plays_what_is_shown(void **state)
{
    struct gv_led led;
    (void)state;
    put("/sys/class/leds/ACT/trigger", "none [mmc0] timer\n");
    put("/sys/class/leds/ACT/brightness", "0\n");
    assert_true(gv_led_open(&led, root));
    struct gv_indicator indicator = gv_led_indicator(&led);
    gv_indicator_show(&indicator, GV_INDICATE_READY);
    for (unsigned step = 0; step < 64; step++) {
        gv_led_step(&led);
        assert_int_equal(brightness(), gv_led_lit(GV_INDICATE_READY, step) ? '1' : '0');
    }
    gv_indicator_show(&indicator, GV_INDICATE_BROKEN);
    gv_led_step(&led);
    assert_int_equal(brightness(), '1');
    gv_indicator_show(&indicator, GV_INDICATE_READY);
    gv_led_close(&led);
    assert_int_equal(brightness(), '0');
}

/* Whatever moment of its pattern the light is closed in. */
static void light_that_asks_for_a_person_outlives_its_player(void **state)
{
    struct gv_led led;
    (void)state;
    put("/sys/class/leds/ACT/trigger", "none\n");
    put("/sys/class/leds/ACT/brightness", "0\n");
    assert_true(gv_led_open(&led, root));
    struct gv_indicator indicator = gv_led_indicator(&led);
    gv_indicator_show(&indicator, GV_INDICATE_STARTING);
    gv_led_step(&led);
    gv_led_step(&led);
    assert_int_equal(brightness(), '0');
    gv_indicator_show(&indicator, GV_INDICATE_BROKEN);
    gv_led_close(&led);
    assert_int_equal(brightness(), '1');
}

static void sale_is_shown_for_six_seconds_only(void **state)
{
    struct gv_led led;
    (void)state;
    put("/sys/class/leds/led0/trigger", "none\n"); /* the older name */
    put("/sys/class/leds/led0/brightness", "0\n");
    assert_true(gv_led_open(&led, root));
    struct gv_indicator indicator = gv_led_indicator(&led);
    gv_indicator_show(&indicator, GV_INDICATE_NODE_WAIT);
    gv_indicator_show(&indicator, GV_INDICATE_SALE);
    for (unsigned step = 0; step < 96; step++) {
        const enum gv_indication shown =
            step < 6000 / GV_LED_STEP_MS ? GV_INDICATE_SALE : GV_INDICATE_NODE_WAIT;
        gv_led_step(&led);
        assert_int_equal(led.lit, gv_led_lit(shown, step));
    }
    gv_led_close(&led);
}

/* ---- button --------------------------------------------------------------------------------------- */

static struct gv_button button;
static int finger = -1; /* the other end of the stand-in */

static void attach(void)
{
    char path[GV_FILE_PATH_MAX];
    gv_format_cut(path, sizeof(path), "%s/stand-in-button", root);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_true(gv_button_open(&button, path));
    finger = open(path, O_WRONLY | O_NONBLOCK);
    assert_true(finger >= 0);
}

static void detach(void)
{
    gv_button_close(&button);
    (void)close(finger);
}

static void key(unsigned code, int value)
{
    const struct input_event event = {.type = EV_KEY, .code = (__u16)code, .value = value};
    assert_int_equal(write(finger, &event, sizeof(event)), sizeof(event));
}

static bool held(uint64_t ms)
{
    return gv_button_held_long(&button, (struct gv_mono){ms});
}

static void long_press_is_told_once(void **state)
{
    (void)state;
    attach();
    assert_false(held(1000));
    key(KEY_RESTART, 1);
    assert_false(held(2000)); /* from now on it counts */
    key(KEY_RESTART, 2);
    assert_false(held(11999));
    assert_true(held(12000));
    assert_false(held(30000));
    key(KEY_RESTART, 0);
    assert_false(held(31000));
    key(KEY_RESTART, 1);
    assert_false(held(32000));
    assert_true(held(42000));
    detach();
}

static void short_presses_and_other_keys_are_nothing(void **state)
{
    (void)state;
    attach();
    key(KEY_RESTART, 1);
    assert_false(held(0));
    key(KEY_RESTART, 0);
    key(KEY_RESTART, 1);
    assert_false(held(9000)); /* a new press: counted anew */
    assert_false(held(18999));
    key(KEY_RESTART, 0);
    key(KEY_POWER, 1);
    assert_false(held(20000));
    assert_false(held(60000));
    detach();
}

static void no_button_is_normal(void **state)
{
    (void)state;
    assert_false(gv_button_open(&button, "/nowhere/button"));
    assert_false(held(0));
    assert_false(held(20000));
    gv_button_close(&button);
}

/* ---- sensors -------------------------------------------------------------------------------------- */

static void absent_sensors_are_said_to_be_absent(void **state)
{
    struct gv_sensors s;
    (void)state;
    gv_sensors_read(&s, root);
    assert_false(s.has_temperature);
    assert_false(s.has_undervoltage);
    assert_false(s.has_throttled);
    assert_int_equal(s.clock, GV_CLOCK_SYNC_UNKNOWN);
}

static void warmest_zone_counts_and_nonsense_does_not(void **state)
{
    struct gv_sensors s;
    (void)state;
    put("/sys/class/thermal/thermal_zone0/temp", "48312\n");
    put("/sys/class/thermal/thermal_zone1/temp", "51000\n");
    put("/sys/class/thermal/thermal_zone2/temp", "warm\n");
    put("/sys/class/thermal/thermal_zone3/temp", "999999999\n");
    put("/sys/class/thermal/thermal_zone4/temp", "");
    gv_sensors_read(&s, root);
    assert_true(s.has_temperature);
    assert_int_equal(s.temperature_mc, 51000);
}

static void throttling_is_what_holds_now(void **state)
{
    static const struct {
        const char *text;
        bool known, undervoltage, throttled;
    } cases[] = {
        {"0\n", true, false, false},        {"1\n", true, true, false},
        {"50005\n", true, true, true},      {"50000\n", true, false, false}, /* it was, once */
        {"8\n", true, false, true},         {"2\n", true, false, true},
        {"nothing\n", false, false, false},
    };
    struct gv_sensors s;
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        put("/sys/devices/platform/soc/soc:firmware/get_throttled", cases[i].text);
        gv_sensors_read(&s, root);
        assert_int_equal(s.has_undervoltage, cases[i].known);
        assert_int_equal(s.has_throttled, cases[i].known);
        assert_int_equal(s.undervoltage, cases[i].undervoltage);
        assert_int_equal(s.throttled, cases[i].throttled);
    }
}

static void upstream_kernel_tells_low_voltage_and_nothing_of_throttling(void **state)
{
    struct gv_sensors s;
    (void)state;
    put("/sys/class/hwmon/hwmon0/name", "cpu_thermal\n");
    put("/sys/class/hwmon/hwmon1/name", "rpi_volt\n");
    put("/sys/class/hwmon/hwmon1/in0_lcrit_alarm", "1\n");
    gv_sensors_read(&s, root);
    assert_true(s.has_undervoltage);
    assert_true(s.undervoltage);
    assert_false(s.has_throttled);
    put("/sys/class/hwmon/hwmon1/in0_lcrit_alarm", "0\n");
    gv_sensors_read(&s, root);
    assert_true(s.has_undervoltage);
    assert_false(s.undervoltage);
    assert_false(s.has_throttled);
}

static void clock_follows_when_the_time_service_says_so(void **state)
{
    struct gv_sensors s;
    (void)state;
    put("/run/systemd/timesync/clock", "");
    gv_sensors_read(&s, root);
    assert_int_equal(s.clock, GV_CLOCK_SYNC_NO);
    put("/run/systemd/timesync/synchronized", "");
    gv_sensors_read(&s, root);
    assert_int_equal(s.clock, GV_CLOCK_SYNC_YES);
}

#define WITH_ROOT(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(patterns_can_be_told_apart),
        WITH_ROOT(light_plays_what_is_shown),
        WITH_ROOT(light_that_asks_for_a_person_outlives_its_player),
        WITH_ROOT(sale_is_shown_for_six_seconds_only),
        WITH_ROOT(long_press_is_told_once),
        WITH_ROOT(short_presses_and_other_keys_are_nothing),
        cmocka_unit_test(no_button_is_normal),
        WITH_ROOT(absent_sensors_are_said_to_be_absent),
        WITH_ROOT(warmest_zone_counts_and_nonsense_does_not),
        WITH_ROOT(throttling_is_what_holds_now),
        WITH_ROOT(upstream_kernel_tells_low_voltage_and_nothing_of_throttling),
        WITH_ROOT(clock_follows_when_the_time_service_says_so),
    };
    return cmocka_run_group_tests_name("board parts", tests, NULL, NULL);
}
