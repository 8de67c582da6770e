/* The keys of an issuer, on a told clock and from a scripted server: when it is asked, what an answer changes, and what
 * only a good answer may. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app/issuer/issuer.h"
#include "firmware/base/text.h"
#include "hal/sim/clock.h"

#include <stdio.h>
#include <string.h>

#define X43 "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU" /* RFC 7515, A.3 */
#define Y43 "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"

static struct {
    struct gv_sim_clock sim;
    struct gv_clock clock;
    struct gv_http http;
    struct gv_jwks_shelf shelf;
    struct gv_issuer issuer;
    enum gv_err err; /* what the next request meets */
    int status;
    char body[3 * GV_JWKS_BYTES_MAX];
    unsigned asked;
} world;

static enum gv_err perform(void *ctx, const struct gv_http_request *request, int *status,
                           struct gv_fail *fail)
{
    (void)ctx;
    world.asked++;
    assert_string_equal(request->method, "GET");
    assert_string_equal(request->url, "https://id.example/keys");
    assert_null(request->user_pass);
    if (world.err != GV_OK) {
        return gv_fail(fail, world.err, "http.test", "as scripted");
    }
    *status = world.status;
    return request->sink(request->sink_ctx, gv_view_str(world.body)) ? GV_OK : GV_ERR_TOO_LARGE;
}

static void answer_with(int status, const char *kid)
{
    world.err = GV_OK;
    world.status = status;
    (void)snprintf(world.body, sizeof(world.body),
                   "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"%s\",\"x\":\"" X43
                   "\",\"y\":\"" Y43 "\"}]}",
                   kid);
}

static bool finds(const char *kid)
{
    struct gv_jwt jwt = {.alg = GV_JWT_ES256};
    struct gv_jwk key;
    gv_format_cut(jwt.kid, sizeof(jwt.kid), "%s", kid);
    return gv_jwks_shelf_find(&world.shelf, &jwt, &key);
}

/* Steps after so long. */
static bool after_ms(uint64_t ms)
{
    gv_sim_clock_advance(&world.sim, ms);
    return gv_issuer_step(&world.issuer);
}

static int setup(void **state)
{
    static const struct gv_http_ops ops = {.perform = perform};
    (void)state;
    memset(&world, 0, sizeof(world));
    world.clock = gv_sim_clock_init(&world.sim, (struct gv_mono){5}, (struct gv_utc){1800000000});
    world.http = (struct gv_http){.ops = &ops};
    gv_jwks_shelf_init(&world.shelf);
    const struct gv_issuer_config config = {.http = &world.http,
                                            .clock = &world.clock,
                                            .url = "https://id.example/keys",
                                            .shelf = &world.shelf};
    gv_issuer_init(&world.issuer, &config);
    answer_with(200, "one");
    return 0;
}

static void keys_come_at_once_and_then_hourly(void **state)
{
    (void)state;
    assert_false(finds("one"));
    assert_true(after_ms(0));
    assert_true(finds("one"));
    assert_false(after_ms(GV_ISSUER_FRESH_MS - 1));
    answer_with(200, "two");
    assert_true(after_ms(1));
    assert_true(finds("two"));
    assert_false(finds("one")); /* withdrawn */
    assert_int_equal(world.asked, 2);
}

static void an_unknown_key_brings_the_next_fetch_forward_and_no_more(void **state)
{
    (void)state;
    assert_true(after_ms(0));
    answer_with(200, "two");
    assert_false(finds("two"));
    assert_false(after_ms(GV_ISSUER_SOON_MS - 1));
    assert_true(after_ms(1));
    assert_true(finds("two"));
    /* Whoever makes up names costs one question in so long. */
    for (unsigned i = 0; i < 1000; i++) {
        assert_false(finds("made up"));
        (void)after_ms(GV_ISSUER_SOON_MS / 100);
    }
    assert_in_range(world.asked, 2 + 9, 2 + 10);
    /* Nobody asks: nothing is fetched. */
    gv_jwks_shelf_forget_missed(&world.shelf);
    assert_false(after_ms(GV_ISSUER_SOON_MS));
}

static void a_bad_answer_leaves_the_keys(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "{}", "{\"keys\":[]}", "{\"keys\":[{\"kty\":1}]}",
                                      "<html>"};
    assert_true(after_ms(0));
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        (void)snprintf(world.body, sizeof(world.body), "%s", bad[i]);
        assert_true(after_ms(GV_ISSUER_FRESH_MS));
        assert_true(finds("one"));
    }
    answer_with(404, "two");
    assert_true(after_ms(GV_ISSUER_FRESH_MS));
    answer_with(302, "two");
    assert_true(after_ms(GV_ISSUER_FRESH_MS));
    world.err = GV_ERR_CRYPTO; /* another's certificate */
    assert_true(after_ms(GV_ISSUER_FRESH_MS));
    world.err = GV_OK;
    world.status = 200;
    memset(world.body, ' ', GV_JWKS_BYTES_MAX + 1u);
    world.body[GV_JWKS_BYTES_MAX + 1u] = '\0';
    assert_true(after_ms(GV_ISSUER_FRESH_MS));
    assert_true(finds("one"));
    assert_false(finds("two"));
}

static void a_day_of_silence_takes_the_keys_away(void **state)
{
    (void)state;
    assert_true(after_ms(0));
    world.err = GV_ERR_TIMEOUT;
    assert_true(after_ms(GV_ISSUER_FRESH_MS));
    assert_false(after_ms(GV_ISSUER_AGAIN_MS - 1));
    assert_true(after_ms(1));
    assert_true(after_ms(GV_ISSUER_STALE_MS - GV_ISSUER_FRESH_MS - GV_ISSUER_AGAIN_MS - 1));
    assert_true(finds("one"));
    assert_true(after_ms(GV_ISSUER_AGAIN_MS));
    assert_false(finds("one"));
    answer_with(200, "one");
    assert_true(after_ms(GV_ISSUER_AGAIN_MS));
    assert_true(finds("one"));
}

static void a_stopped_one_asks_nobody(void **state)
{
    (void)state;
    gv_issuer_stop(&world.issuer);
    assert_false(after_ms(0));
    assert_int_equal(world.asked, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(keys_come_at_once_and_then_hourly, setup),
        cmocka_unit_test_setup(an_unknown_key_brings_the_next_fetch_forward_and_no_more, setup),
        cmocka_unit_test_setup(a_bad_answer_leaves_the_keys, setup),
        cmocka_unit_test_setup(a_day_of_silence_takes_the_keys_away, setup),
        cmocka_unit_test_setup(a_stopped_one_asks_nobody, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
