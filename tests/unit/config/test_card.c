/* The owner's file on the SD card: what it may say, and that nothing in it can mean more than itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app/config/card.h"
#include "firmware/base/text.h"

#include <string.h>

#define KEY "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl"

static void assert_refused(const char *text, const char *code, const char *message)
{
    struct gv_card card = {.host_name = "before"};
    struct gv_fail fail = {.err = GV_OK};
    assert_int_equal(gv_card_read(&card, gv_view_str(text), &fail), GV_ERR_INVALID);
    assert_string_equal(fail.code, code);
    assert_string_equal(fail.text, message);
    assert_string_equal(card.host_name, "before");
}

static void a_file_from_any_editor_is_read(void **state)
{
    (void)state;
    static const char text[] = "\xef\xbb\xbf# comment = no key\r\n\r\n"
                               "wifi_name=caf\xc3\xa9 = bar\r\n"
                               " wifi_password \t= se\"cret # pass \r\n"
                               "wifi_country = DE\n"
                               "host_name = box-2\n"
                               "ssh_key = " KEY " me@laptop\n"
                               "node = regtest";
    struct gv_card card;
    struct gv_fail fail = {.err = GV_OK};
    assert_int_equal(gv_card_read(&card, gv_view_str(text), &fail), GV_OK);
    assert_string_equal(card.wifi_name, "caf\xc3\xa9 = bar");
    assert_string_equal(card.wifi_password, "se\"cret # pass");
    assert_string_equal(card.wifi_country, "DE");
    assert_string_equal(card.host_name, "box-2");
    assert_string_equal(card.ssh_key, KEY " me@laptop");
    assert_string_equal(card.node, "regtest");
}

static void a_file_of_comments_says_nothing(void **state)
{
    (void)state;
    static const struct gv_card nothing;
    struct gv_card card;
    struct gv_fail fail = {.err = GV_OK};
    assert_int_equal(gv_card_read(&card, gv_view_str("# only\n\n#host_name = x\n"), &fail), GV_OK);
    assert_memory_equal(&card, &nothing, sizeof(card));
    assert_int_equal(gv_card_read(&card, gv_view_str(""), &fail), GV_OK);
}

static void a_key_without_a_value_is_a_line_that_is_missing(void **state)
{
    (void)state;
    static const char text[] = "wifi_name =\r\nwifi_password = \t \nwifi_country=\n"
                               "host_name =\nhost_name = box\nhost_name =\nssh_key=\nnode =";
    static const struct gv_card expected = {.host_name = "box"};
    struct gv_card card;
    struct gv_fail fail = {.err = GV_OK};
    assert_int_equal(gv_card_read(&card, gv_view_str(text), &fail), GV_OK);
    assert_memory_equal(&card, &expected, sizeof(card));
    assert_refused("hostname =", "card.key", "line 1: no such setting");
    assert_refused("wifi_name = n\nwifi_password =\nwifi_country = DE", "card.wifi",
                   "wifi_name needs wifi_password and wifi_country");
}

static void values_that_could_mean_more_are_refused(void **state)
{
    (void)state;
    static const char host[] = "line 1: host_name: 1 to 63 small letters, digits and inner hyphens";
    static const char key[] = "line 1: ssh_key: one public key as ssh-keygen writes it";
    static const char password[] = "line 2: wifi_password: 8 to 63 characters, or 64 hex digits";
    assert_refused("host_name = a.b", "card.value", host);
    assert_refused("host_name = -a", "card.value", host);
    assert_refused("host_name = a;reboot", "card.value", host);
    assert_refused("ssh_key = command=\"sh\" " KEY, "card.value", key);
    assert_refused("ssh_key = ssh-ed25519 AAAA", "card.value", key);
    assert_refused("ssh_key = " KEY "\tx", "card.value", key);
    assert_refused("wifi_name = n\nwifi_password = short", "card.value", password);
    assert_refused("wifi_name = n\nwifi_password = bell\x07"
                   "bell",
                   "card.value", password);
    assert_refused("wifi_country = de", "card.value",
                   "line 1: wifi_country: two capital letters, as DE");
    assert_refused("node = mainnet", "card.value", "line 1: node: main, test, signet or regtest");
}

static void a_file_is_taken_whole_or_not_at_all(void **state)
{
    (void)state;
    assert_refused("host_name = box\nhostname = box", "card.key", "line 2: no such setting");
    assert_refused("host_name = box\nhost_name = box", "card.twice",
                   "line 2: host_name was there before");
    assert_refused("host_name = box\n\nhello", "card.line", "line 3: no \"=\"");
    assert_refused("wifi_country = DE", "card.wifi", "wifi_name is missing");
    assert_refused("wifi_name = open", "card.wifi",
                   "wifi_name needs wifi_password and wifi_country");
}

static void names_and_passwords_fit_to_the_last_byte(void **state)
{
    (void)state;
    char text[256];
    struct gv_card card;
    struct gv_fail fail = {.err = GV_OK};
    gv_format_cut(text, sizeof(text), "wifi_country = DE\nwifi_name = %.*s\nwifi_password = %.*s",
                  32, "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn", 63,
                  "ppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppp");
    assert_int_equal(gv_card_read(&card, gv_view_str(text), &fail), GV_OK);
    assert_int_equal(strlen(card.wifi_name), 32);
    assert_int_equal(strlen(card.wifi_password), 63);
    gv_format_cut(text, sizeof(text), "wifi_name = %s", "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn");
    assert_refused(text, "card.value", "line 1: wifi_name: 1 to 32 bytes");
    gv_format_cut(text, sizeof(text), "wifi_name = n\nwifi_password = %.*s", 64,
                  "pppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppp");
    assert_refused(text, "card.value",
                   "line 2: wifi_password: 8 to 63 characters, or 64 hex digits");
}

static void wifi_text_carries_the_name_as_digits_and_the_password_in_quotes(void **state)
{
    (void)state;
    const struct gv_card card = {
        .wifi_name = "a\"}b", .wifi_password = "12345678\"", .wifi_country = "FR"};
    char text[GV_CARD_WIFI_MAX];
    gv_card_wifi(&card, text);
    assert_non_null(strstr(text, "country=FR\n"));
    assert_non_null(strstr(text, "\tssid=61227d62\n"));
    assert_non_null(strstr(text, "\tpsk=\"12345678\"\"\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_from_any_editor_is_read),
        cmocka_unit_test(a_file_of_comments_says_nothing),
        cmocka_unit_test(a_key_without_a_value_is_a_line_that_is_missing),
        cmocka_unit_test(values_that_could_mean_more_are_refused),
        cmocka_unit_test(a_file_is_taken_whole_or_not_at_all),
        cmocka_unit_test(names_and_passwords_fit_to_the_last_byte),
        cmocka_unit_test(wifi_text_carries_the_name_as_digits_and_the_password_in_quotes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
