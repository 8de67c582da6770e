/* Rules of webhooks: names, addresses, waiting, signatures (against a MAC computed elsewhere), and which
 * addresses are public. */
#include "app/webhook/webhook.h"
#include "firmware/base/text.h"
#include "hal/linux/address_range.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void events_have_one_name_each_and_a_ping_cannot_be_subscribed_to(void **state)
{
    (void)state;
    for (uint32_t i = 1; i < GV_WEBHOOK_EVENTS; i++) {
        const char *name = gv_webhook_event_name((enum gv_webhook_event)i);
        assert_int_equal(gv_webhook_event_bit(gv_view_str(name)), 1u << i);
    }
    assert_int_equal(gv_webhook_event_bit(gv_view_str("ping")), 0);
    assert_int_equal(gv_webhook_event_bit(gv_view_str("listing")), 0);
    assert_int_equal(gv_webhook_event_bit(gv_view_str("")), 0);
}

static void addresses_are_checked_before_they_are_stored(void **state)
{
    (void)state;
    static const char *const good[] = {"https://a", "http://a:80/x?y=1", "https://[2001:db8::1]/"};
    static const char *const bad[] = {"",
                                      "ftp://a",
                                      "https://",
                                      "https:///x",
                                      "https://:80",
                                      "https://?",
                                      "https://u@a",
                                      "https://u:p@a/",
                                      "https://a/#f",
                                      "https://a b",
                                      "https://a\n",
                                      "https://a\x7f",
                                      "https://\xc3\xa4",
                                      "javascript:x",
                                      "https://a\\b"};
    struct gv_fail fail;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_int_equal(gv_webhook_check_url(good[i], &fail), GV_OK);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        if (gv_webhook_check_url(bad[i], &fail) != GV_ERR_INVALID) {
            fail_msg("taken: %s", bad[i]);
        }
        assert_string_equal(fail.pointer, "/url");
    }
    char url[GV_WEBHOOK_URL_MAX + 1] = "https://";
    memset(url + 8, 'a', sizeof(url) - 9);
    url[GV_WEBHOOK_URL_MAX] = '\0';
    assert_int_equal(gv_webhook_check_url(url, NULL), GV_ERR_INVALID);
    url[GV_WEBHOOK_URL_MAX - 1] = '\0';
    assert_int_equal(gv_webhook_check_url(url, NULL), GV_OK);
}

static void waiting_doubles_from_ten_seconds_to_an_hour(void **state)
{
    (void)state;
    static const uint32_t expected[] = {10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600};
    for (uint32_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
        assert_int_equal(gv_webhook_backoff_s(i + 1), expected[i]);
    }
    assert_int_equal(gv_webhook_backoff_s(UINT32_MAX), 3600);
}

static void a_signature_is_the_mac_of_time_and_body(void **state)
{
    (void)state;
    /* printf '1700000000.{"id":"1"}' | openssl dgst -sha256 -hmac whsec_test */
    char header[GV_WEBHOOK_SIGNATURE_MAX];
    gv_webhook_sign(header, "whsec_test", (struct gv_utc){1700000000},
                    gv_view_str("{\"id\":\"1\"}"));
    assert_string_equal(header, "t=1700000000,v1="
                                "11bf4466ea17c3df3fd743af0b435368e16b7a05eb8eced85e8c4670767bdec5");
}

static void secrets_and_ids_have_their_form(void **state)
{
    (void)state;
    uint8_t bytes[32];
    char secret[GV_WEBHOOK_SECRET_TEXT];
    char uuid[GV_UUID_MAX];
    memset(bytes, 0xff, sizeof(bytes));
    gv_webhook_secret_text(secret, bytes);
    assert_string_equal(secret, "whsec___________________________________________8");
    gv_uuid_text(uuid, bytes);
    assert_string_equal(uuid, "ffffffff-ffff-4fff-bfff-ffffffffffff");
    memset(bytes, 0, sizeof(bytes));
    gv_uuid_text(uuid, bytes);
    assert_string_equal(uuid, "00000000-0000-4000-8000-000000000000");
}

static bool is_public(const char *text)
{
    struct sockaddr_storage storage = {.ss_family = AF_INET};
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
    if (inet_pton(AF_INET, text, &v4.sin_addr) == 1) {
        memcpy(&storage, &v4, sizeof(v4));
    } else {
        assert_int_equal(inet_pton(AF_INET6, text, &v6.sin6_addr), 1);
        memcpy(&storage, &v6, sizeof(v6));
    }
    return gv_address_is_public((const struct sockaddr *)&storage);
}

static void special_ranges_are_not_public_at_their_edges(void **state)
{
    (void)state;
    static const char *const public[] = {
        "1.0.0.0",     "9.255.255.255",   "11.0.0.0",         "100.63.255.255",
        "100.128.0.0", "126.255.255.255", "128.0.0.0",        "169.253.255.255",
        "169.255.0.0", "172.15.255.255",  "172.32.0.0",       "192.167.255.255",
        "192.169.0.0", "192.0.1.0",       "192.0.3.0",        "198.17.255.255",
        "198.20.0.0",  "223.255.255.255", "2606:4700::1",     "2001:4860::8",
        "2400::1",     "::ffff:8.8.8.8",  "64:ff9b::808:808", "2001:200::1"};
    static const char *const special[] = {"0.0.0.0",
                                          "0.255.255.255",
                                          "10.0.0.0",
                                          "10.255.255.255",
                                          "100.64.0.0",
                                          "100.127.255.255",
                                          "127.0.0.1",
                                          "127.255.255.255",
                                          "169.254.0.0",
                                          "169.254.169.254",
                                          "172.16.0.0",
                                          "172.31.255.255",
                                          "192.0.0.255",
                                          "192.0.2.1",
                                          "192.88.99.1",
                                          "192.168.0.0",
                                          "192.168.255.255",
                                          "198.18.0.0",
                                          "198.19.255.255",
                                          "198.51.100.7",
                                          "203.0.113.255",
                                          "224.0.0.0",
                                          "240.0.0.0",
                                          "255.255.255.255",
                                          "::",
                                          "::1",
                                          "fe80::1",
                                          "fc00::1",
                                          "fdff::1",
                                          "ff02::1",
                                          "::ffff:127.0.0.1",
                                          "::ffff:10.1.1.1",
                                          "64:ff9b::a00:1",
                                          "2001:db8::1",
                                          "2001::1",
                                          "2001:1ff::1",
                                          "2002:a00:1::",
                                          "3fff::1",
                                          "4000::1",
                                          "::127.0.0.1"};
    for (size_t i = 0; i < sizeof(public) / sizeof(public[0]); i++) {
        if (!is_public(public[i])) {
            fail_msg("refused: %s", public[i]);
        }
    }
    for (size_t i = 0; i < sizeof(special) / sizeof(special[0]); i++) {
        if (is_public(special[i])) {
            fail_msg("taken: %s", special[i]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events_have_one_name_each_and_a_ping_cannot_be_subscribed_to),
        cmocka_unit_test(addresses_are_checked_before_they_are_stored),
        cmocka_unit_test(waiting_doubles_from_ten_seconds_to_an_hour),
        cmocka_unit_test(a_signature_is_the_mac_of_time_and_body),
        cmocka_unit_test(secrets_and_ids_have_their_form),
        cmocka_unit_test(special_ranges_are_not_public_at_their_edges),
    };
    return cmocka_run_group_tests_name("webhook", tests, NULL, NULL);
}
