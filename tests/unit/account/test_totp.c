/* Shows that one-time codes are those of the RFCs, that each opens once, and within one step only.
 * Vectors: RFC 6238 appendix B (SHA-1), RFC 4226 appendix D, RFC 4648 section 10 by its algorithm. */
#include "app/account/totp.h"

#include "firmware/base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const uint8_t secret[GV_TOTP_SECRET_LEN + 1] = "12345678901234567890";

static void the_vectors_of_rfc_6238(void **state)
{
    (void)state;
    static const struct {
        uint64_t time_s;
        uint32_t code;
    } vectors[] = {
        {59, 94287082},         {1111111109, 7081804},  {1111111111, 14050471},
        {1234567890, 89005924}, {2000000000, 69279037}, {20000000000, 65353130},
    };
    for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
        assert_int_equal(gv_totp_value(gv_view_of(secret, GV_TOTP_SECRET_LEN),
                                       vectors[i].time_s / GV_TOTP_STEP_S, 8),
                         vectors[i].code);
    }
}

static void the_vectors_of_rfc_4226(void **state)
{
    (void)state;
    static const uint32_t codes[] = {755224, 287082, 359152, 969429, 338314,
                                     254676, 287922, 162583, 399871, 520489};
    for (uint64_t count = 0; count < 10; count++) {
        assert_int_equal(gv_totp_value(gv_view_of(secret, GV_TOTP_SECRET_LEN), count, 6),
                         codes[count]);
    }
}

/* The code of `step`, tried at `now_s`. */
static bool check(uint64_t step_of_code, int64_t now_s, uint64_t last, uint64_t *taken)
{
    char code[8];
    snprintf(code, sizeof(code), "%06u",
             (unsigned)gv_totp_value(gv_view_of(secret, GV_TOTP_SECRET_LEN), step_of_code, 6));
    return gv_totp_check(secret, gv_view_str(code), (struct gv_utc){now_s}, last, taken);
}

static void a_code_is_taken_one_step_around_now(void **state)
{
    (void)state;
    const uint64_t now = 1000000;
    for (uint64_t step = now - 3; step <= now + 3; step++) {
        uint64_t taken = 0;
        const bool near = step + 1 >= now && step <= now + 1;
        assert_int_equal(check(step, (int64_t)now * 30 + 7, 0, &taken), near);
        assert_int_equal(taken, near ? step : 0);
    }
}

static void a_code_is_taken_once(void **state)
{
    (void)state;
    uint64_t taken = 0;
    assert_true(check(500, 500 * 30, 0, &taken));
    assert_int_equal(taken, 500);
    assert_false(check(500, 500 * 30, taken, &taken));
    assert_false(check(499, 500 * 30, taken, &taken));
    assert_true(check(501, 500 * 30, taken, &taken));
    assert_int_equal(taken, 501);
}

static void codes_of_another_form_are_refused(void **state)
{
    (void)state;
    static const char *const codes[] = {"", "12345", "1234567", "abcdef", " 75522"};
    uint64_t taken = 0;
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        assert_false(gv_totp_check(secret, gv_view_str(codes[i]), (struct gv_utc){0}, 0, &taken));
    }
    assert_false(gv_totp_check(secret, gv_view_str("755224"), (struct gv_utc){-1}, 0, &taken));
}

static void the_secret_is_shown_in_base32(void **state)
{
    (void)state;
    char text[GV_TOTP_TEXT_MAX];
    char uri[GV_TOTP_URI_MAX];
    gv_totp_secret_text(text, secret);
    assert_string_equal(text, "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
    gv_totp_uri(uri, "12345678901234567890123456789012", secret);
    assert_non_null(strstr(uri, "otpauth://totp/gavel:12345678901234567890123456789012?secret="
                                "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=gavel"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_vectors_of_rfc_6238),
        cmocka_unit_test(the_vectors_of_rfc_4226),
        cmocka_unit_test(a_code_is_taken_one_step_around_now),
        cmocka_unit_test(a_code_is_taken_once),
        cmocka_unit_test(codes_of_another_form_are_refused),
        cmocka_unit_test(the_secret_is_shown_in_base32),
    };
    return cmocka_run_group_tests_name("account_totp", tests, NULL, NULL);
}
