/* The notifications of the scripted node, row by row as they were observed on bitcoind 29. */
#include "tests/unit/hal/sim_script.h"

#include "firmware/base/text.h"

static void a_transaction_enters(void **state)
{
    struct letter t = make('T', NULL, 0);
    send_letter(&t);
    assert_string_equal(heard(*state, "T"), "tT AT");
    assert_false(gv_sim_node_send(&node, tx_of(&t))); /* once only */
    assert_string_equal(heard(*state, "T"), "");
}

static void a_replacement_removes_first(void **state)
{
    struct letter t = make('T', NULL, 0);
    struct letter child = make('C', &t, 0);
    struct letter u = make('U', NULL, 0);
    u.spends = t.spends;
    send_letter(&t);
    send_letter(&child);
    (void)heard(*state, "");
    send_letter(&u);
    assert_string_equal(heard(*state, "TCU"), "RT RC tU AU");
}

static void a_block_tells_its_transactions_then_itself(void **state)
{
    struct letter t = make('T', NULL, 0);
    send_letter(&t);
    (void)heard(*state, "");
    gv_sim_node_mine(&node, true, NULL, 0);
    assert_string_equal(heard(*state, "T"), "t* tT C b");
}

static void a_transaction_may_be_seen_in_a_block_first(void **state)
{
    struct letter t = make('T', NULL, 0);
    gv_sim_node_mine(&node, true, tx_of(&t), 1);
    assert_string_equal(heard(*state, "T"), "t* tT C b");
    struct letter twice = make('X', NULL, 0);
    twice.spends = t.spends;
    assert_false(gv_sim_node_send(&node, tx_of(&twice))); /* a block has spent it */
}

static void a_block_with_a_conflict_removes_first(void **state)
{
    struct letter t = make('T', NULL, 0);
    struct letter u = make('U', NULL, 0);
    u.spends = t.spends;
    send_letter(&t);
    (void)heard(*state, "");
    gv_sim_node_mine(&node, false, tx_of(&u), 1);
    assert_string_equal(heard(*state, "TU"), "RT t* tU C b");
}

static void a_disconnected_block_gives_its_transactions_back(void **state)
{
    struct letter t = make('T', NULL, 0);
    send_letter(&t);
    gv_sim_node_mine(&node, true, NULL, 0);
    (void)heard(*state, "");
    gv_sim_node_disconnect(&node, 1);
    assert_string_equal(heard(*state, "T"), "t* tT D tT AT");
    assert_int_equal(gv_sim_node_height(&node), 0);
}

static void a_reorg_tells_one_rawblock(void **state)
{
    gv_sim_node_mine(&node, true, NULL, 0);
    gv_sim_node_mine(&node, true, NULL, 0);
    (void)heard(*state, "");
    gv_sim_node_reorg(&node, 2, NULL, 0);
    assert_string_equal(heard(*state, ""), "t* D t* D t* C t* C t* C b");
    assert_int_equal(gv_sim_node_height(&node), 3);
}

static void a_reorg_with_a_double_spend_does_not_give_it_back(void **state)
{
    struct letter t = make('T', NULL, 0);
    struct letter child = make('C', &t, 0);
    struct letter u = make('U', NULL, 0);
    u.spends = t.spends;
    send_letter(&t);
    gv_sim_node_mine(&node, true, NULL, 0);
    send_letter(&child);
    (void)heard(*state, "");
    gv_sim_node_reorg(&node, 1, tx_of(&u), 1);
    assert_string_equal(heard(*state, "TCU"), "t* tT D t* tU C t* C RC b");
}

static void an_eviction_removes_what_hangs_on_it(void **state)
{
    struct letter t = make('T', NULL, 0);
    struct letter child = make('C', &t, 1);
    struct letter other = make('O', NULL, 0);
    send_letter(&t);
    send_letter(&child);
    send_letter(&other);
    (void)heard(*state, "");
    assert_true(gv_sim_node_evict(&node, t.tx.txid));
    assert_string_equal(heard(*state, "TCO"), "RT RC");
    assert_false(gv_sim_node_evict(&node, t.tx.txid));
    send_letter(&t); /* it may come back */
    assert_string_equal(heard(*state, "TCO"), "tT AT");
}

static void a_restart_begins_counters_anew_and_tells_the_mempool(void **state)
{
    struct world *w = *state;
    struct gv_feed_message m;
    struct letter t = make('T', NULL, 0);
    send_letter(&t);
    (void)heard(w, "");
    gv_sim_node_restart(&node);
    assert_int_equal(gv_feed_recv(&w->feed, &m, 0), GV_OK);
    assert_int_equal(m.counter, 0);
    assert_true(gv_view_is(m.body, "raw-T"));
    assert_string_equal(heard(w, "T"), "AT");
}

static void lost_messages_leave_a_gap(void **state)
{
    struct world *w = *state;
    struct gv_feed_message m;
    struct letter t = make('T', NULL, 0);
    struct letter u = make('U', NULL, 0);
    gv_sim_node_switch(&node, (struct gv_sim_switches){.drops_feed = true});
    send_letter(&t);
    gv_sim_node_switch(&node, (struct gv_sim_switches){.drops_feed = false});
    send_letter(&u);
    assert_int_equal(gv_feed_recv(&w->feed, &m, 0), GV_OK);
    assert_int_equal(m.counter, 1);
    assert_int_equal(gv_feed_recv(&w->feed, &m, 0), GV_OK);
    assert_int_equal(m.counter, 1);
    assert_int_equal(m.body.p[33], 2); /* mempool sequence 1 was lost */
    assert_int_equal(gv_feed_recv(&w->feed, &m, 1), GV_ERR_AGAIN);
}

static void *mine_later(void *ctx)
{
    (void)ctx;
    gv_sim_node_mine(&node, true, NULL, 0);
    return NULL;
}

/* The code under test may wait in a thread of its own. */
static void a_waiting_reader_is_woken(void **state)
{
    struct world *w = *state;
    struct gv_feed_message m;
    pthread_t script;
    assert_int_equal(pthread_create(&script, NULL, mine_later, NULL), 0);
    for (int i = 0; i < 3; i++) { /* coinbase, C, rawblock */
        assert_int_equal(gv_feed_recv(&w->feed, &m, 20000), GV_OK);
        (void)call(w, "getblockchaininfo", "");
    }
    assert_true(gv_view_is(m.topic, "rawblock"));
    assert_int_equal(pthread_join(script, NULL), 0);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_transaction_enters),
        TEST(a_replacement_removes_first),
        TEST(a_block_tells_its_transactions_then_itself),
        TEST(a_transaction_may_be_seen_in_a_block_first),
        TEST(a_block_with_a_conflict_removes_first),
        TEST(a_disconnected_block_gives_its_transactions_back),
        TEST(a_reorg_tells_one_rawblock),
        TEST(a_reorg_with_a_double_spend_does_not_give_it_back),
        TEST(an_eviction_removes_what_hangs_on_it),
        TEST(a_restart_begins_counters_anew_and_tells_the_mempool),
        TEST(lost_messages_leave_a_gap),
        TEST(a_waiting_reader_is_woken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
