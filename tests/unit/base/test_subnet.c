/* Shows which lists of networks are read and which are not, and which addresses lie in them: at both edges of
 * every prefix length that cuts a byte or not, for both families, and for IPv4 in IPv6 clothes. */
#include "firmware/base/subnet.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static bool holds(const char *list, const char *address)
{
    struct gv_subnets subnets;
    assert_int_equal(gv_subnets_parse(&subnets, list, NULL), GV_OK);
    return gv_subnets_hold(&subnets, address);
}

static void an_empty_list_holds_nobody(void **state)
{
    (void)state;
    assert_false(holds("", "127.0.0.1"));
    assert_false(holds("", "::"));
    assert_false(holds("", ""));
}

static void a_network_holds_what_lies_between_its_edges(void **state)
{
    (void)state;
    static const struct {
        const char *list, *first, *last, *before, *behind;
    } rows[] = {
        {"10.21.0.0/16", "10.21.0.0", "10.21.255.255", "10.20.255.255", "10.22.0.0"},
        {"10.21.8.0/21", "10.21.8.0", "10.21.15.255", "10.21.7.255", "10.21.16.0"},
        {"192.0.2.7", "192.0.2.7", "192.0.2.7", "192.0.2.6", "192.0.2.8"},
        {"192.0.2.7/31", "192.0.2.6", "192.0.2.7", "192.0.2.5", "192.0.2.8"},
        {"fd00:1::/32", "fd00:1::", "fd00:1:ffff::1", "fd00:0:ffff::", "fd00:2::"},
        {"2001:db8::/33", "2001:db8::", "2001:db8:7fff::", "2001:db7::", "2001:db8:8000::"},
        {"::1", "::1", "::1", "::", "::2"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_true(holds(rows[i].list, rows[i].first));
        assert_true(holds(rows[i].list, rows[i].last));
        assert_false(holds(rows[i].list, rows[i].before));
        assert_false(holds(rows[i].list, rows[i].behind));
    }
    assert_true(holds("0.0.0.0/0", "203.0.113.9"));
    assert_false(holds("0.0.0.0/0", "2001:db8::1"));
    assert_true(holds("::/0", "203.0.113.9"));
    assert_true(holds("127.0.0.1", "::ffff:127.0.0.1"));
    assert_true(holds("::ffff:10.0.0.0/104", "10.1.2.3"));
}

static void several_are_separated_by_commas_with_or_without_blanks(void **state)
{
    (void)state;
    const char *list = "10.0.0.1,  192.0.2.0/24 ,fd00::/8";
    assert_true(holds(list, "10.0.0.1"));
    assert_true(holds(list, "192.0.2.200"));
    assert_true(holds(list, "fd12::1"));
    assert_false(holds(list, "10.0.0.2"));
}

static void what_is_no_network_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "x",
        ",",
        "10.0.0.1,",
        ",10.0.0.1",
        "10.0.0.0/33",
        "10.0.0.0/",
        "10.0.0.0/-1",
        "10.0.0.0/1/2",
        "::/129",
        "10.0.0.1:80",
        "[::1]",
        "fe80::1%lo",
        "10.0.0.1 10.0",
        "10.0.0.1;::1",
        " ",
        "10.0.0",
        "010.0.0.1/8",
        "10.0.0.1/0x8",
        "10.0.0.1 /8",
        "127.0.0.1,,::1",
        "1.1.1.1,1.1.1.2,1.1.1.3,1.1.1.4,1.1.1.5,1.1.1.6,1.1.1.7,1.1.1.8,1.1.1.9",
        "0000:0000:0000:0000:0000:0000:0000:0000:0000:0000/12"};
    struct gv_subnets subnets;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct gv_fail fail = {.err = GV_OK};
        assert_int_equal(gv_subnets_parse(&subnets, bad[i], &fail), GV_ERR_INVALID);
        assert_int_equal(fail.err, GV_ERR_INVALID);
    }
    assert_true(gv_address_valid("203.0.113.9"));
    assert_true(gv_address_valid("::ffff:1.2.3.4"));
    assert_false(gv_address_valid("203.0.113.9:80"));
    assert_false(gv_address_valid("unknown"));
    assert_false(gv_address_valid(""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_list_holds_nobody),
        cmocka_unit_test(a_network_holds_what_lies_between_its_edges),
        cmocka_unit_test(several_are_separated_by_commas_with_or_without_blanks),
        cmocka_unit_test(what_is_no_network_is_refused),
    };
    return cmocka_run_group_tests_name("subnet", tests, NULL, NULL);
}
