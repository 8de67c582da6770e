/* The ZMQ feed against a real publisher in the same process: what arrives, what is refused, and
 * that a publisher that goes away and comes back is found again. */
#include "tests/unit/hal/hal_test.h"

#include "firmware/base/limits.h"
#include "firmware/base/text.h"
#include "hal/linux/zmq_feed.h"

#include <time.h>
#include <zmq.h>

#define LONG_MS 10000u

struct world {
    void *context;
    void *publisher;
    char endpoint[64];
    struct gv_zmq zmq;
    struct gv_feed feed;
};

static void *open_publisher(struct world *w, const char *endpoint)
{
    int linger = 0;
    int wants_all = 1;
    size_t n = sizeof(w->endpoint);
    void *publisher = zmq_socket(w->context, ZMQ_XPUB); /* tells us of subscriptions */
    assert_non_null(publisher);
    assert_int_equal(zmq_setsockopt(publisher, ZMQ_LINGER, &linger, sizeof(linger)), 0);
    assert_int_equal(zmq_setsockopt(publisher, ZMQ_XPUB_VERBOSE, &wants_all, sizeof(wants_all)), 0);
    assert_int_equal(zmq_bind(publisher, endpoint), 0);
    assert_int_equal(zmq_getsockopt(publisher, ZMQ_LAST_ENDPOINT, w->endpoint, &n), 0);
    return publisher;
}

/* Until the subscriber is known, what is published is lost. libzmq sends subscriptions from within
 * the calls of the subscriber's own thread, so the feed is read meanwhile. */
static void await_subscription(struct world *w, const char *topic)
{
    char message[64] = {0};
    struct gv_feed_message m;
    for (int tries = 0; message[0] != 1; tries++) { /* 0: the old subscription has ended */
        assert_true(tries < 2000);
        assert_int_equal(gv_feed_recv(&w->feed, &m, 5), GV_ERR_AGAIN);
        if (zmq_recv(w->publisher, message, sizeof(message), ZMQ_DONTWAIT) < 0) {
            message[0] = 0;
        }
    }
    assert_memory_equal(message + 1, topic, strlen(topic));
}

static int setup(void **state)
{
    static struct world world;
    world = (struct world){.context = zmq_ctx_new()};
    assert_non_null(world.context);
    world.publisher = open_publisher(&world, "tcp://127.0.0.1:*");
    assert_int_equal(gv_zmq_open(&world.zmq, NULL), GV_OK);
    world.feed = gv_zmq_feed(&world.zmq);
    *state = &world;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;
    gv_zmq_close(&w->zmq);
    gv_zmq_close(&w->zmq); /* a closed one is allowed */
    (void)zmq_close(w->publisher);
    return zmq_ctx_term(w->context);
}

static void subscribe(struct world *w, const char *topic)
{
    assert_int_equal(gv_feed_subscribe(&w->feed, w->endpoint, topic, NULL), GV_OK);
    await_subscription(w, topic);
}

static void frame(struct world *w, const void *p, size_t n, bool more)
{
    assert_int_equal(zmq_send(w->publisher, p, n, more ? ZMQ_SNDMORE : 0), (int)n);
}

static void publish(struct world *w, const char *topic, const char *body, uint32_t counter)
{
    const uint8_t le[4] = {(uint8_t)counter, (uint8_t)(counter >> 8), (uint8_t)(counter >> 16),
                           (uint8_t)(counter >> 24)};
    frame(w, topic, strlen(topic), true);
    frame(w, body, strlen(body), true);
    frame(w, le, sizeof(le), false);
}

static void expect(struct world *w, const char *topic, const char *body, uint32_t counter)
{
    struct gv_feed_message m;
    assert_int_equal(gv_feed_recv(&w->feed, &m, LONG_MS), GV_OK);
    assert_true(gv_view_is(m.topic, topic));
    assert_true(gv_view_is(m.body, body));
    assert_int_equal(m.counter, counter);
}

static void messages_arrive_whole_and_in_order(void **state)
{
    struct world *w = *state;
    subscribe(w, "rawtx");
    subscribe(w, "sequence");
    publish(w, "rawtx", "one", 0);
    publish(w, "sequence", "two", 0xfffefdfcu);
    publish(w, "rawtx", "", 1);
    expect(w, "rawtx", "one", 0);
    expect(w, "sequence", "two", 0xfffefdfcu);
    expect(w, "rawtx", "", 1);
}

static void counters_pass_through_with_their_gaps(void **state)
{
    struct world *w = *state;
    subscribe(w, "rawtx");
    publish(w, "rawtx", "a", 7);
    publish(w, "rawtx", "b", 9);
    publish(w, "rawtx", "c", 0); /* the node began anew */
    expect(w, "rawtx", "a", 7);
    expect(w, "rawtx", "b", 9);
    expect(w, "rawtx", "c", 0);
}

static void other_topics_do_not_arrive(void **state)
{
    struct world *w = *state;
    subscribe(w, "rawblock");
    publish(w, "rawtx", "unwanted", 0);
    publish(w, "rawblock", "wanted", 0);
    expect(w, "rawblock", "wanted", 0);
}

static void silence_is_again(void **state)
{
    struct world *w = *state;
    struct gv_feed_message m;
    assert_int_equal(gv_feed_recv(&w->feed, &m, 1), GV_ERR_AGAIN); /* nothing subscribed */
    subscribe(w, "rawtx");
    assert_int_equal(gv_feed_recv(&w->feed, &m, 1), GV_ERR_AGAIN);
}

static void malformed_messages_are_refused_and_the_next_is_read(void **state)
{
    struct world *w = *state;
    struct gv_feed_message m;
    static const char long_topic[] = "rawtx-and-much-more-than-any-topic-has";
    subscribe(w, "rawtx");
    frame(w, "rawtx", 5, false); /* one frame */
    frame(w, "rawtx", 5, true);  /* two */
    frame(w, "body", 4, false);
    frame(w, "rawtx", 5, true); /* four */
    frame(w, "body", 4, true);
    frame(w, "\1\0\0\0", 4, true);
    frame(w, "surplus", 7, false);
    frame(w, "rawtx", 5, true); /* counter of three bytes */
    frame(w, "body", 4, true);
    frame(w, "\1\0\0", 3, false);
    frame(w, "rawtx", 5, true); /* and of none */
    frame(w, "body", 4, true);
    frame(w, "", 0, false);
    frame(w, long_topic, sizeof(long_topic) - 1, true);
    frame(w, "body", 4, true);
    frame(w, "\1\0\0\0", 4, false);
    publish(w, "rawtx", "good", 5);
    for (int i = 0; i < 6; i++) {
        assert_int_equal(gv_feed_recv(&w->feed, &m, LONG_MS), GV_ERR_INVALID);
    }
    expect(w, "rawtx", "good", 5);
}

static void the_largest_block_arrives(void **state)
{
    static uint8_t block[GV_BLOCK_BYTES_MAX];
    struct world *w = *state;
    struct gv_feed_message m;
    memset(block, 0xbb, sizeof(block));
    subscribe(w, "rawblock");
    frame(w, "rawblock", 8, true);
    frame(w, block, sizeof(block), true);
    frame(w, "\2\0\0\0", 4, false);
    assert_int_equal(gv_feed_recv(&w->feed, &m, LONG_MS), GV_OK);
    assert_int_equal(m.body.n, sizeof(block));
    assert_int_equal(m.body.p[sizeof(block) - 1], 0xbb);
    assert_int_equal(m.counter, 2);
}

/* libzmq gives up a connection that carries too much, and never dials again by itself. */
static void an_oversize_message_does_not_arrive_and_the_feed_recovers(void **state)
{
    static uint8_t big[GV_BLOCK_BYTES_MAX + 2048];
    struct world *w = *state;
    w->zmq.silence_ms = 1000;
    subscribe(w, "rawtx");
    frame(w, "rawtx", 5, true);
    frame(w, big, sizeof(big), true);
    frame(w, "\0\0\0\0", 4, false);
    await_subscription(w, "rawtx"); /* the new connection */
    w->zmq.silence_ms = GV_ZMQ_SILENCE_MS;
    publish(w, "rawtx", "after", 1);
    expect(w, "rawtx", "after", 1);
}

static void a_publisher_that_comes_back_is_found_again(void **state)
{
    struct world *w = *state;
    char endpoint[sizeof(w->endpoint)];
    subscribe(w, "rawtx");
    publish(w, "rawtx", "before", 41);
    expect(w, "rawtx", "before", 41);
    memcpy(endpoint, w->endpoint, sizeof(endpoint));
    assert_int_equal(zmq_unbind(w->publisher, endpoint), 0);
    assert_int_equal(zmq_close(w->publisher), 0);
    w->publisher = zmq_socket(w->context, ZMQ_XPUB);
    for (int tries = 0; zmq_bind(w->publisher, endpoint) != 0; tries++) {
        struct timespec pause = {.tv_nsec = 20000000};
        assert_true(tries < 250); /* the old socket is closed by another thread */
        assert_int_equal(nanosleep(&pause, NULL), 0);
    }
    await_subscription(w, "rawtx");
    publish(w, "rawtx", "again", 0);
    expect(w, "rawtx", "again", 0);
}

static void close_drops_all_and_subscribe_begins_anew(void **state)
{
    struct world *w = *state;
    struct gv_feed_message m;
    subscribe(w, "rawtx");
    gv_feed_close(&w->feed);
    assert_int_equal(gv_feed_recv(&w->feed, &m, 1), GV_ERR_AGAIN);
    char unsubscribed[16];
    assert_int_equal(zmq_recv(w->publisher, unsubscribed, sizeof(unsubscribed), 0), 6);
    assert_int_equal(unsubscribed[0], 0);
    subscribe(w, "sequence");
    publish(w, "rawtx", "old", 0);
    publish(w, "sequence", "new", 0);
    expect(w, "sequence", "new", 0);
}

static void endpoints_outside_the_rules_are_refused(void **state)
{
    struct world *w = *state;
    static const char *const wrong[] = {
        "",        "127.0.0.1:28332",   "http://127.0.0.1/", "inproc://x",
        "tcp://*", "tcp://127.0.0.1:x", "tcp://127.0.0.1",   "udp://127.0.0.1:1"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct gv_fail fail;
        assert_int_equal(gv_feed_subscribe(&w->feed, wrong[i], "rawtx", &fail), GV_ERR_INVALID);
        assert_string_equal(fail.code, "feed.endpoint");
    }
    for (int i = 0; i < GV_ZMQ_ENDPOINTS_MAX; i++) {
        char endpoint[64];
        (void)snprintf(endpoint, sizeof(endpoint), "ipc:///nowhere/%d", i);
        assert_int_equal(gv_feed_subscribe(&w->feed, endpoint, "rawtx", NULL), GV_OK);
        assert_int_equal(gv_feed_subscribe(&w->feed, endpoint, "sequence", NULL), GV_OK);
    }
    assert_int_equal(gv_feed_subscribe(&w->feed, "tcp://127.0.0.1:1", "rawtx", NULL), GV_ERR_FULL);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(messages_arrive_whole_and_in_order),
        TEST(counters_pass_through_with_their_gaps),
        TEST(other_topics_do_not_arrive),
        TEST(silence_is_again),
        TEST(malformed_messages_are_refused_and_the_next_is_read),
        TEST(the_largest_block_arrives),
        TEST(an_oversize_message_does_not_arrive_and_the_feed_recovers),
        TEST(a_publisher_that_comes_back_is_found_again),
        TEST(close_drops_all_and_subscribe_begins_anew),
        TEST(endpoints_outside_the_rules_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
