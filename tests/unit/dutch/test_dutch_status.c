/* Shows: status and revelation as functions of the height (rows 56 to 59 of tests/api/cases.md), at
 * every boundary. How: the pure functions, called with small heights. */
#include "app/auction/dutch/dutch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct gv_dutch_listing listing_of(uint32_t s, uint32_t e, uint32_t b)
{
    struct gv_dutch_listing listing;
    memset(&listing, 0, sizeof(listing));
    listing.id = 1;
    listing.terms.start_block = s;
    listing.terms.end_block = e;
    listing.terms.blocks_after_end = b;
    listing.terms.start_price.v = 20000;
    listing.terms.end_price.v = 10000;
    return listing;
}

static enum gv_dutch_status status_at(uint32_t s, uint32_t e, uint32_t b, uint32_t h)
{
    const struct gv_dutch_listing listing = listing_of(s, e, b);
    return gv_dutch_status(&listing, (struct gv_height){h});
}

static struct gv_tip live_tip(uint32_t h)
{
    return (struct gv_tip){.known = true, .live = true, .height = {h}};
}

static void status_follows_the_sheets_examples(void **state)
{
    (void)state;
    const struct {
        uint32_t b, h;
        enum gv_dutch_status expected;
    } rows[] = {
        {0, 99, GV_DUTCH_UPCOMING},    {0, 100, GV_DUTCH_ACTIVE},    {0, 103, GV_DUTCH_ACTIVE},
        {0, 104, GV_DUTCH_EXPIRED},    {1, 103, GV_DUTCH_ACTIVE},    {1, 104, GV_DUTCH_EXPIRED},
        {2, 104, GV_DUTCH_FINISHED},   {2, 105, GV_DUTCH_EXPIRED},   {144, 104, GV_DUTCH_FINISHED},
        {144, 246, GV_DUTCH_FINISHED}, {144, 247, GV_DUTCH_EXPIRED},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_int_equal(status_at(100, 103, rows[i].b, rows[i].h), rows[i].expected);
}

static void expiry_does_not_wrap_at_the_largest_heights(void **state)
{
    (void)state;
    assert_int_equal(status_at(1, UINT32_MAX, 100, UINT32_MAX), GV_DUTCH_ACTIVE);
    assert_int_equal(status_at(1, UINT32_MAX - 1, 100, UINT32_MAX), GV_DUTCH_FINISHED);
}

static void spend_decides_over_height(void **state)
{
    (void)state;
    struct gv_dutch_listing listing = listing_of(1000, 1010, 5);
    const uint32_t heights[] = {999, 1000, 1012, 2000};
    for (size_t i = 0; i < 4; i++) {
        const struct gv_height h = {heights[i]};
        listing.spend.state = GV_SPEND_PENDING;
        listing.spend.outcome = GV_OUTCOME_SOLD;
        assert_int_equal(gv_dutch_status(&listing, h), GV_DUTCH_SOLD);
        listing.spend.state = GV_SPEND_CONFIRMED;
        assert_int_equal(gv_dutch_status(&listing, h), GV_DUTCH_SOLD);
        listing.spend.outcome = GV_OUTCOME_CLOSED;
        assert_int_equal(gv_dutch_status(&listing, h), GV_DUTCH_CLOSED);
        listing.spend.state = GV_SPEND_UNKNOWN;
        listing.spend.outcome = GV_OUTCOME_SOLD; /* never guessed */
        assert_int_equal(gv_dutch_status(&listing, h), GV_DUTCH_CLOSED);
    }
}

static void row_56_reveals_the_rung_of_the_tip_and_no_other(void **state)
{
    (void)state;
    const struct gv_dutch_listing listing = listing_of(1000, 1010, 5);
    const struct {
        uint32_t h;
        enum gv_reveal_kind kind;
        uint32_t block;
    } rows[] = {
        {999, GV_REVEAL_NOT_STARTED, 0}, {1000, GV_REVEAL_RUNG, 1000}, {1005, GV_REVEAL_RUNG, 1005},
        {1010, GV_REVEAL_RUNG, 1010},    {1011, GV_REVEAL_RUNG, 1010}, {1014, GV_REVEAL_RUNG, 1010},
        {1015, GV_REVEAL_EXPIRED, 0},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct gv_tip tip = live_tip(rows[i].h);
        const struct gv_reveal reveal = gv_dutch_reveal(&listing, &tip);
        assert_int_equal(reveal.kind, rows[i].kind);
        assert_int_equal(reveal.block, rows[i].block);
    }
}

static void row_57_shows_the_last_rung_at_e_even_without_blocks_after(void **state)
{
    (void)state;
    for (uint32_t b = 0; b <= 1; b++) {
        const struct gv_dutch_listing listing = listing_of(1000, 1010, b);
        struct gv_tip tip = live_tip(1010);
        assert_int_equal(gv_dutch_reveal(&listing, &tip).block, 1010);
        tip = live_tip(1011);
        assert_int_equal(gv_dutch_reveal(&listing, &tip).kind, GV_REVEAL_EXPIRED);
    }
}

static void nothing_is_revealed_when_the_tip_cannot_be_trusted(void **state)
{
    (void)state;
    const struct gv_dutch_listing listing = listing_of(1000, 1010, 5);
    struct gv_tip tip = live_tip(1005);
    struct gv_sat price;
    tip.live = false;
    assert_int_equal(gv_dutch_reveal(&listing, &tip).kind, GV_REVEAL_NOT_LIVE);
    assert_false(gv_dutch_shown_price(&listing, &tip, (struct gv_sat){1}, &price));
    tip.live = true;
    tip.known = false;
    assert_int_equal(gv_dutch_reveal(&listing, &tip).kind, GV_REVEAL_NOT_LIVE);
}

static void nothing_is_revealed_while_a_spend_is_pending(void **state)
{
    (void)state;
    struct gv_dutch_listing listing = listing_of(1000, 1010, 5);
    const struct gv_tip tip = live_tip(1005);
    listing.spend.state = GV_SPEND_PENDING;
    listing.spend.outcome = GV_OUTCOME_CLOSED;
    assert_int_equal(gv_dutch_reveal(&listing, &tip).kind, GV_REVEAL_PENDING);
    listing.spend.state = GV_SPEND_NONE; /* evicted: back to the row for this height */
    assert_int_equal(gv_dutch_reveal(&listing, &tip).block, 1005);
    listing.spend.state = GV_SPEND_CONFIRMED;
    assert_int_equal(gv_dutch_reveal(&listing, &tip).kind, GV_REVEAL_SPENT);
}

static void shown_price_matches_the_sheet(void **state)
{
    (void)state;
    struct gv_dutch_listing listing = listing_of(1000, 1010, 5);
    const struct gv_sat rung = {15000};
    struct gv_sat price;
    struct gv_tip tip = live_tip(999);
    assert_true(gv_dutch_shown_price(&listing, &tip, rung, &price));
    assert_int_equal(price.v, 20000);
    tip = live_tip(1004);
    assert_true(gv_dutch_shown_price(&listing, &tip, rung, &price));
    assert_int_equal(price.v, 15000);
    tip = live_tip(1015);
    assert_false(gv_dutch_shown_price(&listing, &tip, rung, &price));
    listing.spend.state = GV_SPEND_CONFIRMED;
    listing.spend.outcome = GV_OUTCOME_SOLD;
    listing.spend.sold_price.v = 12345;
    assert_true(gv_dutch_shown_price(&listing, &tip, rung, &price));
    assert_int_equal(price.v, 12345);
    listing.spend.outcome = GV_OUTCOME_CLOSED;
    assert_false(gv_dutch_shown_price(&listing, &tip, rung, &price));
}

static void status_names_parse_back_and_nothing_else_does(void **state)
{
    (void)state;
    for (unsigned i = 0; i < GV_DUTCH_STATUSES; i++) {
        enum gv_dutch_status parsed;
        const char *text = gv_dutch_status_text((enum gv_dutch_status)i);
        assert_true(gv_dutch_status_parse(&parsed, gv_view_of(text, strlen(text))));
        assert_int_equal(parsed, i);
    }
    const char *wrong[] = {"", "Active", "active ", "foo", "sol"};
    for (size_t i = 0; i < 5; i++) {
        enum gv_dutch_status parsed;
        assert_false(gv_dutch_status_parse(&parsed, gv_view_of(wrong[i], strlen(wrong[i]))));
    }
}

static void an_older_psbt_undercuts_only_below_the_new_end_price(void **state)
{
    (void)state;
    struct gv_dutch_prior prior = {0};
    struct gv_dutch_listing first = listing_of(100, 103, 0);
    struct gv_dutch_listing second = listing_of(200, 203, 0);
    second.id = 2;
    const struct gv_height expired = {204};

    gv_dutch_prior_add(&prior, &first, (struct gv_sat){1}, expired);
    assert_int_equal(prior.lowest_id, 0); /* nothing was revealed: the price means nothing */
    assert_false(gv_dutch_prior_undercuts(&prior, (struct gv_sat){GV_SAT_MAX}));

    second.revealed_high = 203;
    gv_dutch_prior_add(&prior, &second, (struct gv_sat){15000}, expired);
    first.revealed_high = 101;
    gv_dutch_prior_add(&prior, &first, (struct gv_sat){15001}, expired);
    assert_int_equal(prior.lowest_id, 2);
    assert_int_equal(prior.lowest.v, 15000);
    assert_int_equal(prior.live_id, 0);
    assert_false(gv_dutch_prior_undercuts(&prior, (struct gv_sat){14999}));
    assert_false(gv_dutch_prior_undercuts(&prior, (struct gv_sat){15000}));
    assert_true(gv_dutch_prior_undercuts(&prior, (struct gv_sat){15001}));

    gv_dutch_prior_add(&prior, &second, (struct gv_sat){15000}, (struct gv_height){201});
    assert_int_equal(prior.live_id, 2);
    assert_int_equal(prior.live_status, GV_DUTCH_ACTIVE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(status_follows_the_sheets_examples),
        cmocka_unit_test(expiry_does_not_wrap_at_the_largest_heights),
        cmocka_unit_test(spend_decides_over_height),
        cmocka_unit_test(row_56_reveals_the_rung_of_the_tip_and_no_other),
        cmocka_unit_test(row_57_shows_the_last_rung_at_e_even_without_blocks_after),
        cmocka_unit_test(nothing_is_revealed_when_the_tip_cannot_be_trusted),
        cmocka_unit_test(nothing_is_revealed_while_a_spend_is_pending),
        cmocka_unit_test(shown_price_matches_the_sheet),
        cmocka_unit_test(an_older_psbt_undercuts_only_below_the_new_end_price),
        cmocka_unit_test(status_names_parse_back_and_nothing_else_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
