/* Shows: the solver against a sequencer whose every byte the test decides: captured traffic to the byte,
 * many commitments at a time, one claim each, a new connection after a loss. */
#include "app/solver/solver.h"
#include "firmware/base/text.h"
#include "hal/sim/clock.h"
#include "hal/sim/tcp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum {
    ORDERS,
    BIDS,
    CLAIMS
};

/* When the captured order was made. */
#define BORN_S 1795210487

static struct gv_sim_tcp sim;
static struct gv_sim_clock sim_clock;
static struct gv_clock simulated_clock;
static struct gv_strategy strategy;
static struct gv_solver solver;
static struct gv_sim_peer *sequencer;

static void steps(unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        gv_solver_step(&solver, 0);
    }
}

static void begin(const char *script, const char *auth)
{
    assert_int_equal(gv_strategy_script(&strategy, gv_view_str(script), NULL), GV_OK);
    simulated_clock =
        gv_sim_clock_init(&sim_clock, (struct gv_mono){9000}, (struct gv_utc){BORN_S});
    struct gv_solver_config config = {
        .clock = &simulated_clock,
        .order_target = ORDERS,
        .bid_target = BIDS,
        .claim_target = CLAIMS,
        .strategy = &strategy,
    };
    strcpy(config.id.text, "s1");
    strcpy(config.auth, auth);
    gv_sim_tcp_init(&config.tcp, &sim);
    gv_solver_init(&solver, &config);
    steps(2);
    sequencer = gv_sim_dialled(&sim, ORDERS);
    assert_non_null(sequencer);
    assert_int_equal(solver.counts.connects, 1);
}

static void tell(const char *line)
{
    assert_int_equal(gv_sim_say(sequencer, line, strlen(line)), strlen(line));
    steps(2);
}

static void pass_s(unsigned s)
{
    for (unsigned i = 0; i < s * 4u; i++) {
        gv_sim_clock_advance(&sim_clock, 250);
        steps(2);
    }
}

/* What was sent over the newest connection to a port, which must have been closed; "" when none was. */
static const char *shot(uint32_t target)
{
    struct gv_sim_peer *peer = gv_sim_dialled(&sim, target);
    if (peer == NULL) {
        return "";
    }
    assert_true(peer->we_closed);
    return gv_sim_heard(peer);
}

#define BATCH_3                                                                                    \
    "{\"NewOrderBatch\":[{\"id\":3,\"description\":\"Sample Order #3\","                           \
    "\"creation_time\":1795210487}]}\n"
#define BID_3                                                                                      \
    "{\"SubmitBid\":{\"order_id\":3,\"solver_id\":\"s1\",\"max_input\":174,"                       \
    "\"conversion_rate\":0.9646770440214334,\"valid_till\":1795210509}}\n"
#define COMMITMENT_3                                                                               \
    "{\"CommitmentNotification\":{\"order_id\":3,\"solver_id\":\"s1\",\"input_amount\":174,"       \
    "\"min_output_amount\":167,\"deadline\":1795210503}}\n"
#define CLAIM_3 "{\"FulfillmentComplete\":{\"order_id\":3,\"solver_id\":\"s1\"}}\n"
#define SCRIPT  "3 174 0.9646770440214334 22 6\n4 78 1.1027385625194817 52 6\n* 100 1 60 1\n"

static void the_captured_dialogue_is_spoken_to_the_byte(void **state)
{
    (void)state;
    begin(SCRIPT, "");
    tell(BATCH_3);
    assert_string_equal(shot(BIDS), BID_3);
    tell("{\"AuctionClosedNoWinner\":2}\n");
    pass_s(5);
    tell(COMMITMENT_3);
    pass_s(5);
    assert_string_equal(shot(CLAIMS), "");
    pass_s(1);
    assert_string_equal(shot(CLAIMS), CLAIM_3);
    pass_s(20);
    assert_string_equal(shot(CLAIMS), ""); /* once */
    assert_string_equal(gv_sim_heard(sequencer), "");
}

static void a_rate_of_one_is_written_as_a_double_and_the_key_is_sent(void **state)
{
    (void)state;
    begin(SCRIPT, "key:gvs_x");
    tell("{\"NewOrderBatch\":[{\"id\":9,\"description\":\"\",\"creation_time\":1}]}\n");
    assert_string_equal(shot(BIDS),
                        "{\"SubmitBid\":{\"order_id\":9,\"solver_id\":\"s1\",\"max_input\":100,"
                        "\"conversion_rate\":1.0,\"valid_till\":1795210547,"
                        "\"auth\":\"key:gvs_x\"}}\n");
}

#define COMMITMENT(order, solver, deadline)                                                        \
    "{\"CommitmentNotification\":{\"order_id\":" order ",\"solver_id\":\"" solver "\","            \
    "\"input_amount\":1,\"min_output_amount\":1,\"deadline\":" deadline "}}\n"

static void commitments_are_worked_on_at_the_same_time(void **state)
{
    (void)state;
    begin("* 1 1 60 4", "");
    for (unsigned i = 0; i < 10; i++) {
        char line[] = COMMITMENT("3", "s1", "1795210497");
        *strchr(line, '3') = (char)('0' + i);
        tell(line);
    }
    pass_s(4);
    assert_int_equal(solver.counts.claims, 10);
}

static void others_and_repeated_and_hopeless_commitments_are_left_alone(void **state)
{
    (void)state;
    begin("* 1 1 60 4", "");
    tell(COMMITMENT("3", "s2", "1795210497"));
    tell(COMMITMENT("4", "s1", "1795210490")); /* three seconds for four of work */
    tell(COMMITMENT("5", "s1", "1795210400")); /* long past */
    tell(COMMITMENT("6", "s1", "1795210497"));
    tell(COMMITMENT("6", "s1", "1795210497"));
    pass_s(6);
    tell(COMMITMENT("6", "s1", "1795210497"));
    pass_s(20);
    assert_int_equal(solver.counts.claims, 1);
    assert_int_equal(solver.counts.commitments, 3);
}

static void a_claim_that_could_not_be_begun_is_tried_again_until_the_deadline(void **state)
{
    (void)state;
    begin("* 1 1 60 1", "");
    tell(COMMITMENT("3", "s1", "1795210497"));
    gv_sim_clock_advance(&sim_clock, 1000);
    gv_solver_step(&solver, 0);
    struct gv_sim_peer *refused = gv_sim_dialled(&sim, CLAIMS);
    assert_non_null(refused);
    gv_sim_hang_up(refused);
    steps(2);
    assert_int_equal(solver.counts.claims, 0);
    pass_s(1);
    assert_string_equal(shot(CLAIMS), CLAIM_3);
    assert_int_equal(solver.counts.claims, 1);
}

static void a_claim_may_be_sent_in_the_second_of_the_deadline_and_not_behind_it(void **state)
{
    (void)state;
    begin("* 1 1 60 4", "");
    tell(COMMITMENT("3", "s1", "1795210491")); /* four seconds for four of work */
    pass_s(4);
    assert_string_equal(shot(CLAIMS), CLAIM_3);
    tell(COMMITMENT("4", "s1", "1795210500"));
    gv_sim_clock_advance(&sim_clock, 10000); /* it was not asked in time */
    steps(2);
    assert_string_equal(shot(CLAIMS), "");
    assert_int_equal(solver.counts.claims, 1);
}

static void another_round_of_an_order_is_another_commitment(void **state)
{
    (void)state;
    begin("* 1 1 60 1", "");
    tell(COMMITMENT("3", "s1", "1795210497"));
    pass_s(1);
    assert_string_equal(shot(CLAIMS), CLAIM_3);
    tell(COMMITMENT("3", "s1", "1795210499"));
    pass_s(1);
    assert_string_equal(shot(CLAIMS), CLAIM_3);
}

/* The sequencer may have read what it needed: a second claim could undo the first at the original. */
static void a_claim_that_was_begun_is_never_sent_again(void **state)
{
    (void)state;
    begin("* 1 1 60 1", "");
    tell(COMMITMENT("3", "s1", "1795210497"));
    gv_sim_clock_advance(&sim_clock, 1000);
    gv_solver_step(&solver, 0);
    struct gv_sim_peer *half = gv_sim_dialled(&sim, CLAIMS);
    assert_non_null(half);
    half->to_peer.n = GV_SIM_PIPE_BYTES - 11u; /* ten bytes of room */
    steps(1);
    gv_sim_hang_up(half);
    half->to_peer.n = 0;
    steps(2);
    pass_s(8);
    assert_null(gv_sim_dialled(&sim, CLAIMS));
    assert_int_equal(solver.counts.unsent, 1);
}

static void a_bid_that_nobody_takes_is_given_up(void **state)
{
    (void)state;
    begin("* 1 1 60 1", "");
    assert_int_equal(gv_sim_say(sequencer, BATCH_3, strlen(BATCH_3)), strlen(BATCH_3));
    gv_solver_step(&solver, 0);
    struct gv_sim_peer *stalled = gv_sim_dialled(&sim, BIDS);
    assert_non_null(stalled);
    stalled->stalled = true;
    pass_s(4);
    assert_false(stalled->we_closed);
    pass_s(1);
    assert_true(stalled->we_closed);
    assert_int_equal(solver.counts.unsent, 1);
}

static void commitments_are_forgotten_behind_their_deadline(void **state)
{
    (void)state;
    begin("* 1 1 60 never", "");
    for (unsigned i = 0; i <= GV_SOLVER_JOBS_MAX; i++) {
        char line[256];
        gv_format_cut(line, sizeof(line), COMMITMENT("%u", "s1", "1795210489"), i);
        tell(line);
    }
    assert_int_equal(solver.counts.commitments, GV_SOLVER_JOBS_MAX);
    pass_s(8);
    tell(COMMITMENT("3", "s1", "1795210999"));
    assert_int_equal(solver.counts.commitments, GV_SOLVER_JOBS_MAX + 1u);
}

static void a_lost_connection_is_made_again_and_nothing_done_twice(void **state)
{
    (void)state;
    begin("* 1 1 60 1", "");
    tell(BATCH_3);
    gv_sim_hang_up(sequencer);
    steps(2);
    pass_s(4);
    assert_null(gv_sim_dialled(&sim, ORDERS));
    pass_s(2);
    sequencer = gv_sim_dialled(&sim, ORDERS);
    assert_non_null(sequencer);
    tell(BATCH_3);
    assert_int_equal(solver.counts.bids, 1);
    tell("{\"NewOrderBatch\":[{\"id\":3,\"description\":\"\",\"creation_time\":1795210999}]}\n");
    assert_int_equal(solver.counts.bids, 2); /* another order of that number: a new sequencer */
}

static void nonsense_is_passed_over(void **state)
{
    (void)state;
    char chunk[4096];
    begin("* 1 1 60 1", "");
    tell("\n{\"Surprise\":1}\nx\n{\"NewOrderBatch\":[{\"id\":-1}]}\n");
    memset(chunk, 'x', sizeof(chunk));
    for (unsigned i = 0; i < 40; i++) {
        assert_int_equal(gv_sim_say(sequencer, chunk, sizeof(chunk)), sizeof(chunk));
        steps(1);
    }
    tell("\n" BATCH_3);
    assert_int_equal(solver.counts.bids, 1);
    assert_int_equal(solver.counts.connects, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_captured_dialogue_is_spoken_to_the_byte),
        cmocka_unit_test(a_rate_of_one_is_written_as_a_double_and_the_key_is_sent),
        cmocka_unit_test(commitments_are_worked_on_at_the_same_time),
        cmocka_unit_test(others_and_repeated_and_hopeless_commitments_are_left_alone),
        cmocka_unit_test(a_claim_that_could_not_be_begun_is_tried_again_until_the_deadline),
        cmocka_unit_test(a_claim_may_be_sent_in_the_second_of_the_deadline_and_not_behind_it),
        cmocka_unit_test(another_round_of_an_order_is_another_commitment),
        cmocka_unit_test(a_claim_that_was_begun_is_never_sent_again),
        cmocka_unit_test(a_bid_that_nobody_takes_is_given_up),
        cmocka_unit_test(commitments_are_forgotten_behind_their_deadline),
        cmocka_unit_test(a_lost_connection_is_made_again_and_nothing_done_twice),
        cmocka_unit_test(nonsense_is_passed_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
