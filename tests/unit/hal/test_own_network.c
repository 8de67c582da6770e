/* Shows who is a neighbour: whoever lies in the network of one of the interfaces, at both edges of prefixes
 * that cut a byte or not, for both families; that this machine's own networks are found; and who counts as one
 * while they cannot be. */
#include "hal/linux/own_network.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/resource.h>

static struct sockaddr_storage of(const char *text)
{
    struct sockaddr_storage storage = {.ss_family = AF_UNSPEC};
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
    if (inet_pton(AF_INET, text, &v4.sin_addr) == 1) {
        memcpy(&storage, &v4, sizeof(v4));
    } else if (inet_pton(AF_INET6, text, &v6.sin6_addr) == 1) {
        memcpy(&storage, &v6, sizeof(v6));
    }
    return storage;
}

/* With one interface, behind one that has no address. */
static bool holds(const char *own, const char *mask, const char *address)
{
    struct sockaddr_storage own_at = of(own);
    struct sockaddr_storage mask_at = of(mask);
    const struct sockaddr_storage asked = of(address);
    struct ifaddrs with = {.ifa_addr = (struct sockaddr *)&own_at,
                           .ifa_netmask = (struct sockaddr *)&mask_at};
    const struct ifaddrs without = {.ifa_next = &with};
    return gv_in_networks_of(&without, (const struct sockaddr *)&asked);
}

static void a_network_ends_where_its_mask_says(void **state)
{
    (void)state;
    static const char mask64[] = "ffff:ffff:ffff:ffff::";
    assert_true(holds("2001:db8:1:2::5", mask64, "2001:db8:1:2::"));
    assert_true(holds("2001:db8:1:2::5", mask64, "2001:db8:1:2:ffff:ffff:ffff:ffff"));
    assert_false(holds("2001:db8:1:2::5", mask64, "2001:db8:1:1:ffff:ffff:ffff:ffff"));
    assert_false(holds("2001:db8:1:2::5", mask64, "2001:db8:1:3::"));
    assert_true(holds("2001:db8:1:2::5", "ffff:ffff:ffff:fffc::", "2001:db8:1:3::1"));
    assert_false(holds("2001:db8:1:2::5", "ffff:ffff:ffff:fffc::", "2001:db8:1:4::1"));
    assert_true(holds("fe80::1", mask64, "fe80::9"));
    assert_true(holds("198.51.100.5", "255.255.255.128", "198.51.100.127"));
    assert_false(holds("198.51.100.5", "255.255.255.128", "198.51.100.128"));
    assert_true(holds("198.51.100.5", "255.255.255.0", "::ffff:198.51.100.9"));
}

static void who_is_alone_has_no_neighbour_and_everybody_is_none(void **state)
{
    (void)state;
    static const char mask128[] = "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff";
    assert_true(holds("2001:db8::5", mask128, "2001:db8::5"));
    assert_false(holds("2001:db8::5", mask128, "2001:db8::6"));
    assert_false(holds("10.0.0.1", "0.0.0.0", "198.51.100.1"));
    assert_false(holds("2001:db8::5", "::", "2001:db8::6"));
}

static void families_are_not_mixed(void **state)
{
    (void)state;
    assert_false(holds("10.0.0.1", "255.0.0.0", "a00::1"));
    assert_false(holds("a00::1", "ff00::", "10.0.0.1"));
    assert_false(holds("10.0.0.1", "255.0.0.0", "no address"));
}

static void this_machine_knows_its_own_networks(void **state)
{
    (void)state;
    assert_true(gv_own_network_holds_text("127.0.0.1"));
    assert_false(gv_own_network_holds_text("240.0.0.1"));
    assert_false(gv_own_network_holds_text("3fff::1"));
    assert_false(gv_own_network_holds_text(""));
}

/* Without a descriptor the kernel cannot be asked. */
static void in_doubt_the_stricter_answer_is_given(void **state)
{
    (void)state;
    struct rlimit all;
    const struct sockaddr_storage stranger = of("240.0.0.1");
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &all), 0);
    const struct rlimit none = {.rlim_cur = 0, .rlim_max = all.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    const bool kept_away = gv_own_network_holds((const struct sockaddr *)&stranger);
    const bool eased = gv_own_network_holds_text("127.0.0.1");
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &all), 0);
    assert_true(kept_away);
    assert_false(eased);
    assert_false(gv_own_network_holds((const struct sockaddr *)&stranger));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_network_ends_where_its_mask_says),
        cmocka_unit_test(who_is_alone_has_no_neighbour_and_everybody_is_none),
        cmocka_unit_test(families_are_not_mixed),
        cmocka_unit_test(this_machine_knows_its_own_networks),
        cmocka_unit_test(in_doubt_the_stricter_answer_is_given),
    };
    return cmocka_run_group_tests_name("own_network", tests, NULL, NULL);
}
