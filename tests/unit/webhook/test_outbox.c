/* The outbox over a whole engine, a simulated clock and a scripted receiver: what is told, in which order,
 * when again after failures, and that nothing is lost by a crash between commit and send or between
 * send and answer. */
#include "app/outbox/outbox.h"
#include "firmware/base/text.h"
#include "tests/support/engine_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum {
    SENT_MAX = 64
};

/* The receivers: by URL, an HTTP status or an error; and what was sent to them. */
static struct {
    struct {
        const char *url;
        int status; /* 0: no answer */
    } answers[4];
    struct {
        char url[64];
        char body[GV_WEBHOOK_BODY_MAX + 1];
        char headers[3][160];
        bool public_only;
    } sent[SENT_MAX];
    uint32_t count;
} net;

static atomic_bool private_targets;
static struct gv_outbox lanes[GV_LANES];
static struct gv_http http;

static enum gv_err perform(void *ctx, const struct gv_http_request *request, int *status,
                           struct gv_fail *fail)
{
    (void)ctx;
    assert_true(net.count < SENT_MAX);
    (void)snprintf(net.sent[net.count].url, 64, "%s", request->url);
    memcpy(net.sent[net.count].body, request->body.p, request->body.n);
    net.sent[net.count].body[request->body.n] = '\0';
    net.sent[net.count].public_only = request->public_only;
    for (size_t i = 0; i < 3; i++) {
        (void)snprintf(net.sent[net.count].headers[i], 160, "%s", request->headers[i]);
    }
    net.count++;
    for (size_t i = 0; i < 4; i++) {
        if (net.answers[i].url != NULL && strcmp(net.answers[i].url, request->url) == 0) {
            *status = net.answers[i].status;
            return *status != 0 ? GV_OK
                                : gv_fail(fail, GV_ERR_TIMEOUT, "http.timeout", "no answer");
        }
    }
    *status = 204;
    return GV_OK;
}

static const struct gv_http_ops http_ops = {.perform = perform};

static void start_lanes(void)
{
    http = (struct gv_http){.ops = &http_ops};
    for (unsigned i = 0; i < GV_LANES; i++) {
        const struct gv_outbox_config config = {
            .engine = gv_world_engine(),
            .http = &http,
            .clock = gv_world_time(),
            .lane = (enum gv_lane)i,
            .private_targets = &private_targets,
        };
        gv_outbox_init(&lanes[i], &config);
    }
}

static int set_up(void **state)
{
    (void)state;
    memset(&net, 0, sizeof(net));
    gv_world_format();
    assert_int_equal(gv_world_open(true), GV_OK);
    assert_int_equal(gv_world_start(990), GV_OK);
    start_lanes();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    gv_world_close();
    return 0;
}

static uint64_t add(const char *url, uint32_t events)
{
    char secret[GV_WEBHOOK_SECRET_TEXT];
    uint64_t id = 0;
    assert_int_equal(gv_engine_webhook_create(gv_world_engine(), gv_world_actor(), "test", url,
                                              events, &id, secret, NULL),
                     GV_OK);
    assert_int_equal(strncmp(secret, "whsec_", 6), 0);
    return id;
}

static struct gv_webhook_status see(uint64_t id)
{
    struct gv_webhook_status all[GV_WEBHOOKS_MAX];
    const uint32_t n = gv_engine_webhooks(gv_world_engine(), all);
    for (uint32_t i = 0; i < n; i++) {
        if (all[i].webhook.id == id) {
            return all[i];
        }
    }
    fail_msg("no webhook");
    return all[0];
}

/* Both lanes until nothing is due. */
static void drain(void)
{
    while (gv_outbox_step(&lanes[GV_LANE_FAST]) || gv_outbox_step(&lanes[GV_LANE_SLOW])) {
    }
}

static void pass(uint32_t seconds)
{
    gv_sim_clock_advance(gv_world_clock(), (uint64_t)seconds * 1000u);
}

static void assert_sent(uint32_t at, const char *url, const char *type)
{
    char wanted[64];
    assert_true(at < net.count);
    assert_string_equal(net.sent[at].url, url);
    (void)snprintf(wanted, sizeof(wanted), "\"type\":\"%s\"", type);
    if (strstr(net.sent[at].body, wanted) == NULL) {
        fail_msg("%u: expected %s, got %s", at, wanted, net.sent[at].body);
    }
}

/* ---- what is told -------------------------------------------------------------------------------- */

static void a_listings_life_is_told_in_order(void **state)
{
    (void)state;
    add("http://a/", GV_WEBHOOK_EVENTS_ALL);
    const struct gv_offer offer = gv_offer_of(1);
    gv_world_list(&offer);
    gv_world_mine_to(1001);
    const struct gv_spend_evidence sale = gv_world_sale(&offer, 1001, 7);
    assert_int_equal(gv_engine_mempool_spend(gv_world_engine(), &sale), GV_OK);
    assert_int_equal(gv_world_mine(0, &sale, 1), GV_OK);
    gv_world_unwind_to(1001);
    assert_int_equal(gv_engine_mempool_clear(gv_world_engine(), &sale.outpoint), GV_OK);
    const struct gv_spend_evidence other = gv_world_other_spend(&offer, 8);
    assert_int_equal(gv_world_mine(1, &other, 1), GV_OK);
    drain();
    static const char *const types[] = {"listing.created", "listing.revealed", "listing.pending",
                                        "listing.sold",    "listing.reorged",  "listing.reorged",
                                        "listing.closed"};
    assert_int_equal(net.count, sizeof(types) / sizeof(types[0]));
    for (uint32_t i = 0; i < net.count; i++) {
        assert_sent(i, "http://a/", types[i]);
        assert_null(strstr(net.sent[i].body, "psbt"));
        assert_int_equal(strncmp(net.sent[i].headers[0], "Gavel-Signature: t=", 19), 0);
        assert_int_equal(strncmp(net.sent[i].headers[1], "Gavel-Delivery: ", 16), 0);
        assert_true(net.sent[i].public_only);
    }
    drain();
    assert_int_equal(net.count, 7); /* each once */
}

static void only_what_was_subscribed_to_is_told(void **state)
{
    (void)state;
    add("http://sold/", 1u << GV_WEBHOOK_SOLD);
    add("http://new/", 1u << GV_WEBHOOK_CREATED);
    const struct gv_offer offer = gv_offer_of(1);
    gv_world_list(&offer);
    drain();
    assert_int_equal(net.count, 1);
    assert_sent(0, "http://new/", "listing.created");
}

static void a_refused_commit_tells_nobody(void **state)
{
    (void)state;
    struct gv_fail fail;
    uint64_t id = 0;
    const uint64_t hook = add("http://a/", GV_WEBHOOK_EVENTS_ALL);
    const struct gv_offer offer = gv_offer_of(1);
    gv_world_refuse_commit();
    assert_int_equal(gv_world_create(&offer, &id, &fail), GV_ERR_STORAGE);
    assert_int_equal(gv_world_node(true), GV_OK);
    drain();
    assert_int_equal(net.count, 0);
    assert_int_equal(see(hook).pending, 0);
}

/* ---- failures ------------------------------------------------------------------------------------ */

static void a_failing_receiver_is_asked_again_later_and_later_and_after_a_day_no_more(void **state)
{
    (void)state;
    const uint64_t hook = add("http://a/", GV_WEBHOOK_EVENTS_ALL);
    net.answers[0].url = "http://a/";
    net.answers[0].status = 500;
    uint64_t delivery = 0;
    assert_int_equal(gv_engine_webhook_ping(gv_world_engine(), hook, &delivery, NULL), GV_OK);
    static const uint32_t waits[] = {10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600};
    drain();
    assert_int_equal(net.count, 1);
    uint32_t elapsed_s = 0;
    for (uint32_t i = 0; i < sizeof(waits) / sizeof(waits[0]); i++) {
        pass(waits[i] - 1);
        drain();
        assert_int_equal(net.count, i + 1);
        pass(1);
        drain();
        assert_int_equal(net.count, i + 2);
        elapsed_s += waits[i];
    }
    /* One body and one delivery id, each time freshly signed. */
    assert_string_equal(net.sent[0].body, net.sent[5].body);
    assert_string_equal(net.sent[0].headers[1], net.sent[5].headers[1]);
    assert_string_not_equal(net.sent[0].headers[0], net.sent[5].headers[0]);
    uint32_t tries = net.count;
    while (see(hook).webhook.disabled_at.s == 0) {
        assert_true(elapsed_s < GV_WEBHOOK_GIVE_UP_S + 3600);
        pass(3600);
        elapsed_s += 3600;
        drain();
        assert_true(net.count == tries + 1);
        tries++;
    }
    assert_in_range(elapsed_s, GV_WEBHOOK_GIVE_UP_S, GV_WEBHOOK_GIVE_UP_S + 3600);
    assert_string_equal(see(hook).webhook.disabled_why, "answered 500");
    pass(100000);
    drain();
    assert_int_equal(net.count, tries);
    assert_int_equal(gv_engine_webhook_ping(gv_world_engine(), hook, &delivery, NULL),
                     GV_ERR_STATE);

    /* Enabled again by somebody who has seen that it was disabled, it gets what waited. */
    const struct gv_webhook_change change = {.has_enabled = true, .enabled = true};
    const struct gv_webhook_status status = see(hook);
    const uint64_t version = gv_webhook_version(&status.webhook);
    const struct gv_expect late = {.count = 1, .versions = {version ^ 1u}};
    const struct gv_expect seen = {.count = 2, .versions = {version ^ 1u, version}};
    assert_int_equal(
        gv_engine_webhook_change(gv_world_engine(), gv_world_actor(), hook, &change, &late, NULL),
        GV_ERR_STATE);
    assert_int_equal(
        gv_engine_webhook_delete(gv_world_engine(), gv_world_actor(), hook, &late, NULL),
        GV_ERR_STATE);
    assert_int_equal(
        gv_engine_webhook_change(gv_world_engine(), gv_world_actor(), hook, &change, &seen, NULL),
        GV_OK);
    net.answers[0].status = 200;
    drain();
    assert_int_equal(net.count, tries + 1);
    assert_int_equal(see(hook).pending, 0);
}

static void order_is_kept_behind_a_failed_delivery(void **state)
{
    (void)state;
    add("http://a/", GV_WEBHOOK_EVENTS_ALL);
    net.answers[0].url = "http://a/";
    net.answers[0].status = 503;
    const struct gv_offer offers[] = {gv_offer_of(1), gv_offer_of(2)};
    gv_world_list(&offers[0]);
    drain();
    gv_world_list(&offers[1]);
    drain();
    assert_int_equal(net.count, 1);
    net.answers[0].status = 200;
    pass(10);
    drain();
    assert_int_equal(net.count, 3);
    assert_string_equal(net.sent[1].body, net.sent[0].body);
    assert_non_null(strstr(net.sent[1].body, "\"listing_id\":1,"));
    assert_non_null(strstr(net.sent[2].body, "\"listing_id\":2,"));
}

static void a_dead_receiver_leaves_the_fast_lane_to_the_others(void **state)
{
    (void)state;
    add("http://dead/", GV_WEBHOOK_EVENTS_ALL);
    add("http://alive/", GV_WEBHOOK_EVENTS_ALL);
    net.answers[0].url = "http://dead/";
    const struct gv_offer first = gv_offer_of(1);
    gv_world_list(&first);
    while (gv_outbox_step(&lanes[GV_LANE_FAST])) {
    }
    pass(10); /* the dead one is due again, but not here */
    for (uint32_t coin = 2; coin < 6; coin++) {
        const struct gv_offer offer = gv_offer_of(coin);
        gv_world_list(&offer);
    }
    const uint32_t before = net.count;
    while (gv_outbox_step(&lanes[GV_LANE_FAST])) {
    }
    assert_int_equal(net.count, before + 4);
    for (uint32_t i = before; i < net.count; i++) {
        assert_string_equal(net.sent[i].url, "http://alive/");
    }
    assert_true(gv_outbox_step(&lanes[GV_LANE_SLOW]));
    assert_string_equal(net.sent[net.count - 1].url, "http://dead/");
}

/* ---- crashes ------------------------------------------------------------------------------------- */

static void a_crash_between_commit_and_send_loses_nothing(void **state)
{
    (void)state;
    const uint64_t hook = add("http://a/", GV_WEBHOOK_EVENTS_ALL);
    const struct gv_offer offer = gv_offer_of(1);
    gv_world_list(&offer);
    gv_world_restart();
    start_lanes();
    assert_int_equal(gv_world_node(true), GV_OK);
    drain();
    assert_int_equal(net.count, 1);
    assert_sent(0, "http://a/", "listing.created");
    assert_int_equal(see(hook).pending, 0);
}

static void a_crash_between_send_and_answer_sends_again(void **state)
{
    (void)state;
    static struct gv_outgoing outgoing;
    add("http://a/", GV_WEBHOOK_EVENTS_ALL);
    const struct gv_offer offer = gv_offer_of(1);
    gv_world_list(&offer);
    assert_int_equal(gv_engine_outbox_take(gv_world_engine(), GV_LANE_FAST, &outgoing), GV_OK);
    drain();
    assert_int_equal(net.count, 0); /* somebody has it */
    gv_world_restart();
    start_lanes();
    assert_int_equal(gv_world_node(true), GV_OK);
    drain();
    assert_int_equal(net.count, 1);
    assert_memory_equal(net.sent[0].body, outgoing.body, outgoing.body_n);
}

/* ---- owners -------------------------------------------------------------------------------------- */

static void deliveries_are_listed_pruned_and_sent_again(void **state)
{
    (void)state;
    static struct gv_delivery rows[GV_DELIVERIES_PAGE];
    uint32_t n = 0;
    uint64_t delivery = 0;
    const uint64_t hook = add("http://a/", GV_WEBHOOK_EVENTS_ALL);
    for (uint32_t i = 0; i < GV_WEBHOOK_KEPT + 30; i++) {
        assert_int_equal(gv_engine_webhook_ping(gv_world_engine(), hook, &delivery, NULL), GV_OK);
        net.count = 0;
        drain();
    }
    uint32_t kept = 0;
    uint64_t before = UINT64_MAX;
    do {
        assert_int_equal(gv_engine_deliveries(gv_world_engine(), hook, before, GV_DELIVERIES_PAGE,
                                              rows, &n, NULL),
                         GV_OK);
        for (uint32_t i = 0; i < n; i++) {
            assert_true(rows[i].id < before);
            assert_int_equal(rows[i].state, GV_DELIVERY_DONE);
            assert_int_equal(rows[i].status, 204);
            before = rows[i].id;
        }
        kept += n;
    } while (n == GV_DELIVERIES_PAGE);
    assert_int_equal(kept, GV_WEBHOOK_KEPT);

    net.count = 0;
    assert_int_equal(gv_engine_redeliver(gv_world_engine(), before, &delivery, NULL), GV_OK);
    drain();
    assert_int_equal(net.count, 1);
    assert_sent(0, "http://a/", "ping");
    assert_int_equal(gv_engine_redeliver(gv_world_engine(), 1, &delivery, NULL), GV_ERR_NOT_FOUND);
}

static void a_queue_that_is_full_disables_its_receiver(void **state)
{
    (void)state;
    const uint64_t hook = add("http://a/", GV_WEBHOOK_EVENTS_ALL);
    uint64_t delivery = 0;
    for (uint32_t i = 0; i < GV_WEBHOOK_PENDING_MAX; i++) {
        assert_int_equal(gv_engine_webhook_ping(gv_world_engine(), hook, &delivery, NULL), GV_OK);
    }
    const struct gv_offer offer = gv_offer_of(1);
    gv_world_list(&offer);
    assert_true(see(hook).webhook.disabled_at.s != 0);
    assert_int_equal(see(hook).pending, GV_WEBHOOK_PENDING_MAX);
}

static void a_deleted_receiver_takes_its_queue_along(void **state)
{
    (void)state;
    static struct gv_outgoing outgoing;
    const uint64_t hook = add("http://a/", GV_WEBHOOK_EVENTS_ALL);
    const struct gv_offer offer = gv_offer_of(1);
    gv_world_list(&offer);
    assert_int_equal(gv_engine_outbox_take(gv_world_engine(), GV_LANE_FAST, &outgoing), GV_OK);
    assert_int_equal(
        gv_engine_webhook_delete(gv_world_engine(), gv_world_actor(), hook, NULL, NULL), GV_OK);
    assert_int_equal(gv_engine_outbox_done(gv_world_engine(), outgoing.delivery.id, 200, ""),
                     GV_OK);
    drain();
    assert_int_equal(net.count, 0);
    assert_int_equal(
        gv_engine_webhook_delete(gv_world_engine(), gv_world_actor(), hook, NULL, NULL),
        GV_ERR_NOT_FOUND);
}

static void no_more_than_the_limit_and_no_bad_ones(void **state)
{
    (void)state;
    char secret[GV_WEBHOOK_SECRET_TEXT];
    struct gv_fail fail;
    uint64_t id = 0;
    struct gv_engine *engine = gv_world_engine();
    assert_int_equal(
        gv_engine_webhook_create(engine, gv_world_actor(), "", "http://a", 2, &id, secret, &fail),
        GV_ERR_INVALID);
    assert_int_equal(
        gv_engine_webhook_create(engine, gv_world_actor(), "n", "a", 2, &id, secret, &fail),
        GV_ERR_INVALID);
    assert_int_equal(
        gv_engine_webhook_create(engine, gv_world_actor(), "n", "http://a", 0, &id, secret, &fail),
        GV_ERR_INVALID);
    assert_int_equal(
        gv_engine_webhook_create(engine, gv_world_actor(), "n", "http://a", 1, &id, secret, &fail),
        GV_ERR_INVALID); /* pings alone */
    for (uint32_t i = 0; i < GV_WEBHOOKS_MAX; i++) {
        add("http://a/", GV_WEBHOOK_EVENTS_ALL);
    }
    assert_int_equal(
        gv_engine_webhook_create(engine, gv_world_actor(), "n", "http://a", 2, &id, secret, &fail),
        GV_ERR_FULL);
}

int main(void)
{
#define OUTBOX_TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        OUTBOX_TEST(a_listings_life_is_told_in_order),
        OUTBOX_TEST(only_what_was_subscribed_to_is_told),
        OUTBOX_TEST(a_refused_commit_tells_nobody),
        OUTBOX_TEST(a_failing_receiver_is_asked_again_later_and_later_and_after_a_day_no_more),
        OUTBOX_TEST(order_is_kept_behind_a_failed_delivery),
        OUTBOX_TEST(a_dead_receiver_leaves_the_fast_lane_to_the_others),
        OUTBOX_TEST(a_crash_between_commit_and_send_loses_nothing),
        OUTBOX_TEST(a_crash_between_send_and_answer_sends_again),
        OUTBOX_TEST(deliveries_are_listed_pruned_and_sent_again),
        OUTBOX_TEST(a_queue_that_is_full_disables_its_receiver),
        OUTBOX_TEST(a_deleted_receiver_takes_its_queue_along),
        OUTBOX_TEST(no_more_than_the_limit_and_no_bad_ones),
    };
    return cmocka_run_group_tests_name("outbox", tests, NULL, NULL);
}
