/* Shows: what is put into a bundle comes out again, in order; a full one takes no more and keeps what it
 * has; a packed part that was not made here is not taken.
 * How: bundles of every size, and every packed part cut off at every byte. */
#include "app/auction/dutch/bundle.h"

#include "firmware/base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct gv_dutch_terms terms_of(const char *name)
{
    struct gv_dutch_terms terms = {.asset_qty_base = 5, .asset_divisible = true};
    memcpy(terms.asset_name, name, strlen(name) + 1);
    return terms;
}

static uint32_t count_of(const struct gv_dutch_terms *terms)
{
    struct gv_dutch_asset asset;
    uint32_t n = 0;
    for (struct gv_bundle_iter it = gv_bundle_iter(terms); gv_bundle_next(&it, &asset);)
        n++;
    return n;
}

static void a_single_asset_is_a_bundle_of_one(void **state)
{
    (void)state;
    const struct gv_dutch_terms terms = terms_of("RAREPEPE");
    struct gv_bundle_iter it = gv_bundle_iter(&terms);
    struct gv_dutch_asset asset;
    assert_true(gv_bundle_next(&it, &asset));
    assert_true(gv_view_is(asset.name, "RAREPEPE"));
    assert_int_equal(asset.qty_base, 5);
    assert_true(asset.divisible);
    assert_false(gv_bundle_next(&it, &asset));
    assert_int_equal(gv_bundle_packed(&terms).n, 0);
}

static void eight_assets_of_ordinary_names_fit(void **state)
{
    (void)state;
    struct gv_dutch_terms terms = terms_of("ABCDEFGHIJKL");
    for (uint32_t i = 1; i < GV_BUNDLE_MAX; i++)
        assert_true(gv_bundle_add(&terms, gv_view_str("MNOPQRSTUVWX"), INT64_MAX - i, i % 2u));
    assert_false(gv_bundle_add(&terms, gv_view_str("A"), 1, true));
    assert_int_equal(count_of(&terms), GV_BUNDLE_MAX);
    assert_string_equal(terms.asset_name, "ABCDEFGHIJKL");
    struct gv_bundle_iter it = gv_bundle_iter(&terms);
    struct gv_dutch_asset asset;
    for (uint32_t i = 0; gv_bundle_next(&it, &asset); i++) {
        if (i == 0)
            continue;
        assert_true(gv_view_is(asset.name, "MNOPQRSTUVWX"));
        assert_true(asset.qty_base == (int64_t)(INT64_MAX - i));
        assert_int_equal(asset.divisible, i % 2u);
    }
}

static void long_names_leave_less_room(void **state)
{
    (void)state;
    char name[GV_ASSET_NAME_MAX];
    memset(name, 'A', sizeof(name));
    for (size_t n = 1; n < sizeof(name); n++) {
        name[n] = '\0';
        struct gv_dutch_terms terms = terms_of(name);
        const size_t room = GV_ASSET_NAME_MAX - n - 1u;
        assert_int_equal(gv_bundle_add(&terms, gv_view_str("BB"), 1, false), room >= 12);
        assert_int_equal(count_of(&terms), room >= 12 ? 2 : 1);
        name[n] = 'A';
    }
}

static void what_is_stored_is_loaded_and_nothing_else(void **state)
{
    (void)state;
    struct gv_dutch_terms terms = terms_of("RAREPEPE");
    assert_true(gv_bundle_add(&terms, gv_view_str("FROGKING"), 7, true));
    assert_true(gv_bundle_add(&terms, gv_view_str("PARENT.child"), 9, false));
    const struct gv_view packed = gv_bundle_packed(&terms);
    struct gv_dutch_terms loaded = terms_of("RAREPEPE");
    assert_true(gv_bundle_load(&loaded, packed));
    assert_true(gv_view_equal(gv_bundle_packed(&loaded), packed));
    for (size_t n = 1; n < packed.n; n++) {
        struct gv_dutch_terms cut = terms_of("RAREPEPE");
        const bool whole = n == 1u + 8u + 1u + 8u; /* the first alone */
        assert_int_equal(gv_bundle_load(&cut, gv_view_of(packed.p, n)), whole);
    }
    uint8_t bad[32];
    memcpy(bad, packed.p, 18);
    bad[9] = 2; /* divisible */
    assert_false(gv_bundle_load(&loaded, gv_view_of(bad, 18)));
    memcpy(bad, packed.p, 18);
    bad[17] = 0x80; /* above 2^63 - 1 */
    assert_false(gv_bundle_load(&loaded, gv_view_of(bad, 18)));
    memset(bad, 0, sizeof(bad));
    assert_false(gv_bundle_load(&loaded, gv_view_of(bad, 10))); /* no name, no quantity */
    uint8_t many[GV_ASSET_NAME_MAX] = {0};
    assert_false(gv_bundle_load(&loaded, gv_view_of(many, sizeof(many))));
    assert_true(gv_bundle_load(&loaded, gv_view_of(NULL, 0)));
    assert_int_equal(count_of(&loaded), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_single_asset_is_a_bundle_of_one),
        cmocka_unit_test(eight_assets_of_ordinary_names_fit),
        cmocka_unit_test(long_names_leave_less_room),
        cmocka_unit_test(what_is_stored_is_loaded_and_nothing_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
