/* The claim that everything live stands on: 8 HTTP workers serve requests while 100 TLS WebSocket
 * clients, 10 of them stalled, are kept by the live thread; nobody waits for the stalled ones; and
 * afterwards descriptors and heaps are where they were (harness_stop). */
#include "tests/unit/web/harness.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define CROWD    100
#define STALLED  10
#define MESSAGES 120

static struct harness h;
static struct client crowd[CROWD];

static bool everybody(const struct harness *harness)
{
    return harness_live_stats(harness).clients == CROWD;
}

static bool nobody(const struct harness *harness)
{
    return harness_live_stats(harness).clients == 0;
}

/* Requests over TLS, on one connection and on new ones, until told to stop. */
struct requester {
    struct client client;
    struct answer answer;
    atomic_bool stop;
    atomic_int served;
};
static struct requester requester;

static void *request_on(void *arg)
{
    struct requester *r = arg;
    while (!atomic_load(&r->stop)) {
        client_open(&r->client, h.https, true);
        for (int i = 0; i < 10; i++) {
            client_get(&r->client, "/hello", &r->answer);
            if (r->answer.status != 200) {
                return NULL;
            }
            atomic_fetch_add(&r->served, 1);
        }
        client_close(&r->client);
    }
    return NULL;
}

static void open_crowd(void)
{
    for (int i = 0; i < CROWD; i++) {
        ws_open(&crowd[i], h.https, true);
        if (i >= STALLED) {
            ws_expect(&crowd[i], "greeting");
        }
    }
}

static void a_crowd_with_stalled_members_disturbs_nobody(void **state)
{
    (void)state;
    pthread_t thread;
    static char text[2001];
    harness_defaults(&h);
    h.config.workers = 8;
    h.live_config.silence_ms = 600000; /* the stalled ones stay for the whole test */
    harness_start(&h);
    open_crowd();
    harness_wait(&h, everybody);
    assert_int_equal(pthread_create(&thread, NULL, request_on, &requester), 0);
    memset(text, '.', 2000);
    for (int m = 0; m < MESSAGES; m++) {
        int n = snprintf(text, sizeof(text), "{\"seq\":%d,", m);
        text[n] = '.';
        harness_publish(&h, text);
        for (int i = STALLED; i < CROWD; i++) {
            ws_expect(&crowd[i], text); /* each message, in order, whatever the others do */
        }
    }
    /* requests went on all the time */
    atomic_store(&requester.stop, true);
    pthread_join(thread, NULL);
    assert_int_equal(requester.answer.status, 200);
    assert_true(atomic_load(&requester.served) >= 10);
    struct gv_live_stats stats = harness_live_stats(&h);
    assert_int_equal(stats.accepted, CROWD);
    assert_true(stats.clients >= CROWD - STALLED);
    assert_int_equal(stats.ended[GV_LIVE_END_CLOSED], 0);
    for (int i = 0; i < CROWD; i++) {
        client_close(&crowd[i]);
    }
    harness_wait(&h, nobody);
    harness_stop(&h);
}

/* Stop with everybody still there, and during a storm of upgrades. */
static void *upgrade_on(void *arg)
{
    struct requester *r = arg;
    while (!atomic_load(&r->stop)) {
        struct tls_choice choice = {.version = MBEDTLS_SSL_VERSION_TLS1_3};
        if (client_open_tls(&r->client, h.https, &choice) == 0) {
            ws_request(&r->client, "/live", "");
            client_answer(&r->client, &r->answer, false); /* 101, 503, or the end */
            atomic_fetch_add(&r->served, 1);
        }
        client_reset(&r->client);
    }
    return NULL;
}

static void stopping_in_the_middle_leaves_nothing_behind(void **state)
{
    (void)state;
    pthread_t thread;
    harness_defaults(&h);
    harness_start(&h);
    for (int i = 0; i < 30; i++) {
        ws_open(&crowd[i], h.https, true);
    }
    atomic_store(&requester.stop, false);
    atomic_store(&requester.served, 0);
    assert_int_equal(pthread_create(&thread, NULL, upgrade_on, &requester), 0);
    while (atomic_load(&requester.served) < 20) {
        struct timespec ms = {.tv_nsec = 1000000};
        nanosleep(&ms, NULL);
    }
    harness_stop_live(&h); /* first the live thread, while upgrades go on ... */
    int served = atomic_load(&requester.served);
    while (atomic_load(&requester.served) < served + 5) {
        struct timespec ms = {.tv_nsec = 1000000};
        nanosleep(&ms, NULL);
    }
    atomic_store(&requester.stop, true);
    pthread_join(thread, NULL);
    for (int i = 0; i < 30; i++) {
        client_reset(&crowd[i]);
    }
    harness_stop(&h); /* ... then the server: no TLS session may be left */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_crowd_with_stalled_members_disturbs_nobody),
        cmocka_unit_test(stopping_in_the_middle_leaves_nothing_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
