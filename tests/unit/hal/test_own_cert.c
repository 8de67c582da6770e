/* The owner's certificate: each rule has a file that breaks it and nothing else (tests/vectors/tls), and a text that is
 * cut or bent anywhere is refused and never read beyond its end. */
#include "tests/unit/hal/hal_test.h"

#include "firmware/base/text.h"
#include "hal/linux/own_cert.h"
#include "hal/linux/third_party_memory.h"
#include "hal/sim/entropy.h"

#include <stdlib.h>

static struct gv_sim_random world_random;
static struct gv_entropy entropy;

static int rng(void *ctx, unsigned char *out, size_t n)
{
    gv_entropy_fill(ctx, out, n);
    return 0;
}

static int setup(void **state)
{
    (void)state;
    gv_memory_init();
    world_random = gv_sim_random_of(11);
    entropy = gv_sim_entropy(&world_random);
    return 0;
}

static size_t read_vector(char text[GV_OWN_CERT_PEM_MAX + 1], const char *name)
{
    char path[256];
    (void)snprintf(path, sizeof(path), "tests/vectors/tls/%s", name);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    const size_t n = fread(text, 1, GV_OWN_CERT_PEM_MAX, file);
    assert_int_equal(fclose(file), 0);
    text[n] = '\0';
    return n;
}

static enum gv_err load(struct gv_own_pair *pair, const char *text, size_t n, struct gv_fail *fail)
{
    return gv_own_cert_load(pair, gv_view_of(text, n + 1), rng, &entropy, fail);
}

static void a_whole_chain_with_its_key_is_taken(void **state)
{
    (void)state;
    static const char *const files[] = {"leaf.pem", "rsa.pem",
                                        "expired.pem"}; /* time comes later */
    char text[GV_OWN_CERT_PEM_MAX + 1];
    for (size_t i = 0; i < 3; i++) {
        struct gv_own_pair pair;
        const size_t n = read_vector(text, files[i]);
        assert_int_equal(load(&pair, text, n, NULL), GV_OK);
        assert_int_equal(pair.says.state, GV_OWN_CERT_SERVED);
        assert_int_equal(pair.says.names_n, 2);
        assert_string_equal(pair.says.names[0], "box.example.org");
        assert_int_equal(strlen(pair.says.sha256), 95);
        gv_own_cert_free(&pair);
    }
}

static void each_rule_has_its_code(void **state)
{
    (void)state;
    static const struct {
        const char *file;
        const char *code;
    } cases[] = {
        {"root.crt", "tls.own_purpose"},  {"disorder.pem", "tls.own_order"},
        {"forged.pem", "tls.own_order"},  {"client.pem", "tls.own_purpose"},
        {"weak.pem", "tls.own_purpose"},  {"nameless.pem", "tls.own_names"},
        {"keyless.pem", "tls.own_key"},   {"locked.pem", "tls.own_key"},
        {"stranger.pem", "tls.own_pair"},
    };
    char text[GV_OWN_CERT_PEM_MAX + 1];
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct gv_own_pair pair;
        struct gv_fail fail = {.err = GV_OK};
        const size_t n = read_vector(text, cases[i].file);
        assert_int_equal(load(&pair, text, n, &fail), GV_ERR_INVALID);
        assert_string_equal(fail.code, cases[i].code);
        assert_int_equal(pair.says.state, GV_OWN_CERT_NONE);
        gv_own_cert_free(&pair);
    }
}

static void what_is_cut_or_bent_is_refused(void **state)
{
    (void)state;
    char whole[GV_OWN_CERT_PEM_MAX + 1];
    const size_t n = read_vector(whole, "leaf.pem");
    for (size_t cut = 0; cut < n - 20; cut += 7) { /* the key ends with its last line */
        struct gv_own_pair pair;
        char *text = malloc(cut + 1); /* of its own, so that a read beyond it is seen */
        assert_non_null(text);
        memcpy(text, whole, cut);
        text[cut] = '\0';
        assert_int_equal(load(&pair, text, cut, NULL), GV_ERR_INVALID);
        gv_own_cert_free(&pair);
        free(text);
    }
    for (size_t at = 0; at < n; at += 3) {
        struct gv_own_pair pair;
        char bent[GV_OWN_CERT_PEM_MAX + 1];
        memcpy(bent, whole, n + 1);
        bent[at] = bent[at] == 'A' ? 'B' : 'A';
        if (load(&pair, bent, n, NULL) == GV_OK) { /* where a byte means nothing */
            assert_string_equal(pair.says.names[0], "box.example.org");
        }
        gv_own_cert_free(&pair);
    }
}

static void time_is_judged_at_both_ends(void **state)
{
    (void)state;
    struct gv_own_cert own = {.not_before = {1000}, .not_after = {2000}};
    struct gv_fail fail = {.err = GV_OK};
    assert_int_equal(gv_own_cert_check_time(&own, (struct gv_utc){1000}, true, NULL), GV_OK);
    assert_int_equal(gv_own_cert_check_time(&own, (struct gv_utc){1999}, true, NULL), GV_OK);
    assert_int_equal(gv_own_cert_check_time(&own, (struct gv_utc){2000}, false, &fail),
                     GV_ERR_INVALID);
    assert_string_equal(fail.code, "tls.own_time");
    assert_int_equal(gv_own_cert_check_time(&own, (struct gv_utc){999}, true, NULL),
                     GV_ERR_INVALID);
    /* A box whose clock is not set yet serves what it had. */
    assert_int_equal(gv_own_cert_check_time(&own, (struct gv_utc){999}, false, NULL), GV_OK);
}

static void a_star_stands_for_one_label(void **state)
{
    (void)state;
    const struct gv_own_cert own = {.names = {"box.example.org", "*.shop.example.org"},
                                    .names_n = 2};
    static const char *const yes[] = {"box.example.org", "BOX.Example.ORG", "a.shop.example.org"};
    static const char *const no[] = {"",
                                     "example.org",
                                     "box.example.orgx",
                                     "box.example.or",
                                     "shop.example.org",
                                     ".shop.example.org",
                                     "a.b.shop.example.org",
                                     "*",
                                     "127.0.0.1"};
    for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++) {
        assert_true(gv_own_cert_covers(&own, gv_view_str(yes[i])));
    }
    for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++) {
        assert_false(gv_own_cert_covers(&own, gv_view_str(no[i])));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_chain_with_its_key_is_taken),
        cmocka_unit_test(each_rule_has_its_code),
        cmocka_unit_test(what_is_cut_or_bent_is_refused),
        cmocka_unit_test(time_is_judged_at_both_ends),
        cmocka_unit_test(a_star_stands_for_one_label),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
