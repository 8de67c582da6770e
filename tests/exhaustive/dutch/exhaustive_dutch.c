/* Shows: status, revelation and shown price agree with a naive model in every state of a tiny world,
 * and nothing is ever revealed that should be hidden.
 * How: all s <= e in 1..4, all b in 0..4, all heights 0..10, every spend state, live or not. The
 * model walks the blocks one by one as a person would with a pencil, instead of comparing. */
#include "app/auction/dutch/dutch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

struct world {
    uint32_t s, e, b, h;
    enum gv_spend_state spend;
    enum gv_spend_outcome outcome;
    bool live;
};

/* The pencil: begin at block 0 as upcoming and note what each following block changes. */
static enum gv_dutch_status model_unspent(const struct world *w)
{
    enum gv_dutch_status now = GV_DUTCH_UPCOMING;
    uint32_t blocks_left_after_end = w->b > 0 ? w->b - 1 : 0;
    for (uint32_t block = 1; block <= w->h; block++) {
        if (block == w->s)
            now = GV_DUTCH_ACTIVE;
        if (block <= w->e)
            continue;
        if (blocks_left_after_end == 0) {
            now = GV_DUTCH_EXPIRED;
        } else {
            now = GV_DUTCH_FINISHED;
            blocks_left_after_end--;
        }
    }
    return now;
}

static enum gv_dutch_status model_status(const struct world *w)
{
    if (w->spend == GV_SPEND_NONE)
        return model_unspent(w);
    if (w->spend != GV_SPEND_UNKNOWN && w->outcome == GV_OUTCOME_SOLD)
        return GV_DUTCH_SOLD;
    return GV_DUTCH_CLOSED;
}

static uint32_t model_rung(const struct world *w) /* 0: nothing */
{
    const enum gv_dutch_status status = model_unspent(w);
    if (!w->live || w->spend != GV_SPEND_NONE)
        return 0;
    if (status == GV_DUTCH_ACTIVE)
        return w->h;
    return status == GV_DUTCH_FINISHED ? w->e : 0;
}

static uint64_t worlds_checked;

static void check_world(const struct world *w)
{
    struct gv_dutch_listing listing;
    memset(&listing, 0, sizeof(listing));
    listing.terms.start_block = w->s;
    listing.terms.end_block = w->e;
    listing.terms.blocks_after_end = w->b;
    listing.spend.state = w->spend;
    listing.spend.outcome = w->outcome;
    const struct gv_tip tip = {.known = true, .live = w->live, .height = {w->h}};
    const struct gv_reveal reveal = gv_dutch_reveal(&listing, &tip);
    const uint32_t rung = model_rung(w);

    assert_int_equal(gv_dutch_status(&listing, tip.height), model_status(w));
    assert_int_equal(reveal.kind == GV_REVEAL_RUNG, rung != 0);
    assert_int_equal(reveal.block, rung);
    assert_true(reveal.block <= w->h); /* nothing above the tip, ever */

    struct gv_sat price = {0};
    const bool shown = gv_dutch_shown_price(&listing, &tip, (struct gv_sat){7}, &price);
    const enum gv_dutch_status status = model_status(w);
    const bool needs_rung = status == GV_DUTCH_ACTIVE || status == GV_DUTCH_FINISHED;
    if (needs_rung)
        assert_int_equal(shown, rung != 0);
    else
        assert_int_equal(shown, status == GV_DUTCH_UPCOMING || status == GV_DUTCH_SOLD);
    worlds_checked++;
}

static void every_tiny_world_agrees_with_the_pencil(void **state)
{
    (void)state;
    struct world w;
    for (w.s = 1; w.s <= 4; w.s++)
        for (w.e = w.s; w.e <= 4; w.e++)
            for (w.b = 0; w.b <= 4; w.b++)
                for (w.h = 0; w.h <= 10; w.h++)
                    for (int spend = GV_SPEND_NONE; spend <= GV_SPEND_UNKNOWN; spend++)
                        for (int outcome = GV_OUTCOME_CLOSED; outcome <= GV_OUTCOME_SOLD; outcome++)
                            for (int live = 0; live <= 1; live++) {
                                w.spend = (enum gv_spend_state)spend;
                                w.outcome = (enum gv_spend_outcome)outcome;
                                w.live = live == 1;
                                check_world(&w);
                            }
    assert_int_equal(worlds_checked, 10u * 5u * 11u * 4u * 2u * 2u);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_tiny_world_agrees_with_the_pencil),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
