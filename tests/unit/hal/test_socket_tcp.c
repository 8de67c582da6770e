/* Shows: real sockets behind the TCP interface: who dials is accepted, readiness is told until it is
 * taken, another thread can wake the wait, a dead target is found out, and running out of sockets or of
 * descriptors sends people away instead of blocking the listener. */
#include "hal/linux/socket_tcp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#define PATIENCE_MS 5000u

static struct gv_socket_tcp state;
static struct gv_tcp tcp;
static uint32_t listener;
static uint32_t target;
static uint16_t port;

static int setup(void **unused)
{
    (void)unused;
    port = 0;
    assert_int_equal(gv_socket_tcp_open(&tcp, &state, NULL), GV_OK);
    assert_int_equal(gv_socket_tcp_listen(&state, "127.0.0.1", &port, &listener, NULL), GV_OK);
    assert_int_not_equal(port, 0);
    assert_int_equal(gv_socket_tcp_target(&state, "127.0.0.1", port, &target, NULL), GV_OK);
    return 0;
}

static int teardown(void **unused)
{
    (void)unused;
    gv_socket_tcp_close(&state);
    return 0;
}

static void await(uint32_t token, unsigned what)
{
    struct gv_tcp_ready ready[4];
    const uint32_t n = gv_tcp_wait(&tcp, ready, 4, PATIENCE_MS);
    assert_int_equal(n, 1);
    assert_int_equal(ready[0].token, token);
    assert_int_equal(ready[0].what, what);
}

static void connect_pair(struct gv_net *ours, struct gv_net *theirs)
{
    struct gv_tcp_peer peer;
    assert_int_equal(gv_tcp_dial(&tcp, target, theirs), GV_OK);
    await(GV_TCP_LISTENER + listener, GV_TCP_READ);
    assert_int_equal(gv_tcp_accept(&tcp, listener, ours, &peer), GV_OK);
    assert_true(peer.is_loopback);
    assert_string_equal(peer.text, "127.0.0.1");
    assert_int_equal(gv_tcp_accept(&tcp, listener, ours, &peer), GV_ERR_AGAIN);
}

static void bytes_go_both_ways_and_readiness_is_told_until_taken(void **unused)
{
    (void)unused;
    struct gv_net ours, theirs;
    char text[16];
    size_t n;
    connect_pair(&ours, &theirs);
    assert_int_equal(gv_tcp_watch(&tcp, &ours, 7, GV_TCP_READ), GV_OK);
    assert_int_equal(gv_net_send(&theirs, gv_view_of("hello", 5), &n), GV_OK);
    await(7, GV_TCP_READ);
    await(7, GV_TCP_READ);
    assert_int_equal(gv_net_recv(&ours, text, sizeof(text), &n), GV_OK);
    assert_memory_equal(text, "hello", 5);
    assert_int_equal(gv_net_recv(&ours, text, sizeof(text), &n), GV_ERR_AGAIN);
    assert_int_equal(gv_tcp_watch(&tcp, &ours, 7, GV_TCP_READ | GV_TCP_WRITE), GV_OK);
    await(7, GV_TCP_WRITE);
    gv_net_close(&theirs);
    assert_int_equal(gv_tcp_watch(&tcp, &ours, 7, GV_TCP_READ), GV_OK);
    await(7, GV_TCP_READ);
    assert_int_equal(gv_net_recv(&ours, text, sizeof(text), &n), GV_ERR_CLOSED);
    gv_net_close(&ours);
}

static void a_wake_ends_the_wait_and_tells_nothing(void **unused)
{
    (void)unused;
    struct gv_tcp_ready ready[4];
    gv_tcp_wake(&tcp);
    assert_int_equal(gv_tcp_wait(&tcp, ready, 4, PATIENCE_MS), 0);
    assert_int_equal(gv_tcp_wait(&tcp, ready, 4, 0), 0);
}

static void a_target_that_nobody_listens_at_is_found_out(void **unused)
{
    (void)unused;
    struct gv_net net;
    size_t n;
    teardown(NULL); /* the port is free again, and nobody's */
    assert_int_equal(gv_socket_tcp_open(&tcp, &state, NULL), GV_OK);
    assert_int_equal(gv_socket_tcp_target(&state, "127.0.0.1", port, &target, NULL), GV_OK);
    if (gv_tcp_dial(&tcp, target, &net) == GV_OK) {
        assert_int_equal(gv_tcp_watch(&tcp, &net, 1, GV_TCP_WRITE), GV_OK);
        await(1, GV_TCP_READ | GV_TCP_WRITE);
        const enum gv_err err = gv_net_send(&net, gv_view_of("x", 1), &n);
        assert_true(err == GV_ERR_IO || err == GV_ERR_CLOSED);
        gv_net_close(&net);
    }
}

static void a_port_is_listened_at_once_and_an_address_must_be_one(void **unused)
{
    (void)unused;
    uint32_t again;
    uint16_t any = 0;
    assert_int_equal(gv_socket_tcp_listen(&state, "127.0.0.1", &port, &again, NULL),
                     GV_ERR_CONFLICT);
    assert_int_equal(gv_socket_tcp_listen(&state, "localhost", &any, &again, NULL), GV_ERR_INVALID);
    assert_true(gv_address_text_is_loopback("127.8.9.1"));
    assert_true(gv_address_text_is_loopback("::1"));
    assert_true(gv_address_text_is_loopback("::ffff:127.0.0.1"));
    assert_false(gv_address_text_is_loopback("0.0.0.0"));
    assert_false(gv_address_text_is_loopback("::"));
    assert_false(gv_address_text_is_loopback("localhost"));
}

static void without_a_descriptor_who_waits_is_sent_away(void **unused)
{
    (void)unused;
    struct gv_net theirs, ours;
    struct gv_tcp_peer peer;
    struct rlimit limit;
    size_t n;
    char byte;
    assert_int_equal(gv_tcp_dial(&tcp, target, &theirs), GV_OK);
    await(GV_TCP_LISTENER + listener, GV_TCP_READ);
    const int highest = dup(0);
    assert_true(highest > 0);
    close(highest);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    const struct rlimit none = {.rlim_cur = (rlim_t)highest, .rlim_max = limit.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    const enum gv_err err = gv_tcp_accept(&tcp, listener, &ours, &peer);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    assert_int_equal(err, GV_ERR_FULL);
    assert_int_equal(gv_tcp_watch(&tcp, &theirs, 1, GV_TCP_READ), GV_OK);
    await(1, GV_TCP_READ);
    assert_int_equal(gv_net_recv(&theirs, &byte, 1, &n), GV_ERR_CLOSED);
    gv_net_close(&theirs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        TEST(bytes_go_both_ways_and_readiness_is_told_until_taken),
        TEST(a_wake_ends_the_wait_and_tells_nothing),
        TEST(a_target_that_nobody_listens_at_is_found_out),
        TEST(a_port_is_listened_at_once_and_an_address_must_be_one),
        TEST(without_a_descriptor_who_waits_is_sent_away),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
