/* Shows that PBKDF2 gives the published values, that a PHC string reads back as it was written and
 * nothing else is read, and which passwords are taken.
 * Vectors: PBKDF2-HMAC-SHA512 with the inputs of RFC 6070 as widely published (and as Python's
 * hashlib.pbkdf2_hmac computes them); HMAC-SHA-1: RFC 2202. */
#include "app/account/password.h"

#include "firmware/base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static void expect_hex(const void *bytes, size_t n, const char *want)
{
    char text[2 * 64 + 1];
    gv_hex_encode(text, gv_view_of(bytes, n));
    assert_string_equal(text, want);
}

static void pbkdf2_passes_its_vectors(void **state)
{
    (void)state;
    static const struct {
        const char *password;
        const char *salt;
        uint32_t rounds;
        const char *hash;
    } vectors[] = {
        {"password", "salt", 1,
         "867f70cf1ade02cff3752599a3a53dc4af34c7a669815ae5d513554e1c8cf252"
         "c02d470a285a0501bad999bfe943c08f050235d7d68b1da55e63f73b60a57fce"},
        {"password", "salt", 2,
         "e1d9c16aa681708a45f5c7c4e215ceb66e011a2e9f0040713f18aefdb866d53c"
         "f76cab2868a39b9f7840edce4fef5a82be67335c77a6068e04112754f27ccf4e"},
        {"password", "salt", 4096,
         "d197b1b33db0143e018b12f3d1d1479e6cdebdcc97c5c0f87f6902e072f457b5"
         "143f30602641b3d55cd335988cb36b84376060ecd532e039b742a239434af2d5"},
        {"passwordPASSWORDpassword", "saltSALTsaltSALTsaltSALTsaltSALTsalt", 4096,
         "8c0511f4c6e597c6ac6315d8f0362e225f3c501495ba23b868c005174dc4ee71"
         "115b59f9e60cd9532fa33e0f75aefe30225c583a186cd82bd4daea9724a3d3b8"},
    };
    uint8_t hash[GV_SHA512_LEN];
    for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
        gv_pbkdf2_sha512(hash, gv_view_str(vectors[i].password), gv_view_str(vectors[i].salt),
                         vectors[i].rounds);
        expect_hex(hash, sizeof(hash), vectors[i].hash);
    }
}

/* A key longer than a block is hashed first (RFC 2104): as long as one more than 128 bytes. */
static void pbkdf2_takes_long_passwords(void **state)
{
    (void)state;
    uint8_t hash[GV_SHA512_LEN];
    char password[200];
    memset(password, 'x', sizeof(password));
    gv_pbkdf2_sha512(hash, gv_view_of(password, sizeof(password)), gv_view_str("salt"), 3);
    expect_hex(hash, sizeof(hash),
               "7e06f7557aae6057f38260ec33f67b9675bebccb8b17931386629a07d32149d2"
               "378b0cb294a152173818b94281c3db47d169e538b02deb3f2457884f1a3e04d9");
}

static void hmac_sha1_passes_its_vectors(void **state)
{
    (void)state;
    uint8_t mac[GV_SHA1_LEN];
    uint8_t key[80];
    gv_hmac_sha1(mac, gv_view_str("Jefe"), gv_view_str("what do ya want for nothing?"));
    expect_hex(mac, sizeof(mac), "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
    memset(key, 0xaa, sizeof(key));
    gv_hmac_sha1(mac, gv_view_of(key, sizeof(key)),
                 gv_view_str("Test Using Larger Than Block-Size Key - Hash Key First"));
    expect_hex(mac, sizeof(mac), "aa4ae5e15272d00e95705637ce8a3b55ed402112");
}

/* ---- PHC strings ---------------------------------------------------------------------------------- */

static void a_hash_verifies_its_password_and_no_other(void **state)
{
    (void)state;
    static const uint8_t salt[GV_PASSWORD_SALT_LEN] = {1, 2, 3};
    char phc[GV_PHC_MAX];
    gv_password_hash(phc, gv_view_str("correct horse battery"), salt);
    assert_memory_equal(phc, "$pbkdf2-sha512$i=210000$", 24);
    assert_true(gv_password_verify(phc, gv_view_str("correct horse battery")));
    assert_false(gv_password_verify(phc, gv_view_str("correct horse batterY")));
    assert_false(gv_password_verify(NULL, gv_view_str("correct horse battery")));
    assert_false(gv_password_outdated(phc));
}

/* The processor time of this thread, which other programs do not lengthen. */
static int64_t cost_ns(const char *phc)
{
    struct timespec before;
    struct timespec after;
    assert_int_equal(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &before), 0);
    assert_false(gv_password_verify(phc, gv_view_str("wrong")));
    assert_int_equal(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &after), 0);
    return (int64_t)(after.tv_sec - before.tv_sec) * 1000000000 + after.tv_nsec - before.tv_nsec;
}

static void a_name_that_nobody_has_costs_a_hash_as_any_other(void **state)
{
    (void)state;
    static const uint8_t salt[GV_PASSWORD_SALT_LEN] = {1};
    char phc[GV_PHC_MAX];
    gv_password_hash(phc, gv_view_str("correct horse battery"), salt);
    assert_true(cost_ns(NULL) > cost_ns(phc) / 4);
}

static struct gv_phc sample(void)
{
    struct gv_phc phc = {.rounds = 1000, .salt_n = 16};
    memset(phc.salt, 0x11, phc.salt_n);
    memset(phc.hash, 0x22, sizeof(phc.hash));
    return phc;
}

static void a_phc_string_reads_back(void **state)
{
    (void)state;
    static const size_t salts[] = {8, 15, 16, 31, 32};
    for (size_t i = 0; i < sizeof(salts) / sizeof(salts[0]); i++) {
        char text[GV_PHC_MAX];
        char again[GV_PHC_MAX];
        struct gv_phc phc = sample();
        struct gv_phc read;
        phc.salt_n = salts[i];
        gv_phc_format(text, &phc);
        assert_int_equal(gv_phc_parse(&read, gv_view_str(text)), GV_OK);
        gv_phc_format(again, &read);
        assert_string_equal(again, text);
    }
}

/* Each byte changed, left out or cut after: read as something else, or refused; never the same. */
static void no_other_text_reads_as_the_same(void **state)
{
    (void)state;
    char text[GV_PHC_MAX];
    struct gv_phc phc = sample();
    struct gv_phc read;
    gv_phc_format(text, &phc);
    const size_t n = strlen(text);
    for (size_t cut = 0; cut < n; cut++) {
        assert_int_equal(gv_phc_parse(&read, gv_view_of(text, cut)), GV_ERR_INVALID);
    }
    for (size_t at = 0; at < n; at++) {
        char changed[GV_PHC_MAX];
        memcpy(changed, text, n + 1);
        changed[at] = changed[at] == '!' ? '?' : '!';
        assert_int_equal(gv_phc_parse(&read, gv_view_of(changed, n)), GV_ERR_INVALID);
    }
}

static void odd_phc_strings_are_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "$",
        "$pbkdf2-sha256$i=210000$AAAAAAAAAAAAAAAAAAAAAA$AAAA",
        "$pbkdf2-sha512$i=0$AAAAAAAAAAAAAAAAAAAAAA$AAAA",
        "$pbkdf2-sha512$i=99999999999$AAAAAAAAAAAAAAAAAAAAAA$AAAA",
        "$pbkdf2-sha512$i=1000$$AAAA",
        "$pbkdf2-sha512$i=1000$AAAAAAAAAAAAAAAAAAAAAA$",
        "$pbkdf2-sha512$i=1000$AAAAAAAAAAAAAAAAAAAAAA==$AAAA",
        "$pbkdf2-sha512$i=1000",
    };
    struct gv_phc phc;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        assert_int_equal(gv_phc_parse(&phc, gv_view_str(texts[i])), GV_ERR_INVALID);
        assert_true(gv_password_outdated(texts[i]));
    }
    char weak[GV_PHC_MAX];
    phc = sample();
    gv_phc_format(weak, &phc);
    assert_true(gv_password_outdated(weak));
}

/* ---- policy --------------------------------------------------------------------------------------- */

static void expect_code(const char *password, const char *code)
{
    struct gv_fail fail = {0};
    const enum gv_err err = gv_password_check(gv_view_str(password), "alice", "/password", &fail);
    assert_int_equal(err, code == NULL ? GV_OK : GV_ERR_INVALID);
    assert_string_equal(fail.code, code == NULL ? "" : code);
}

static void the_policy_names_what_is_wrong(void **state)
{
    (void)state;
    char longest[GV_PASSWORD_MAX + 2];
    for (size_t i = 0; i < sizeof(longest); i++) {
        longest[i] = (char)('a' + (int)(i % 26));
    }
    longest[GV_PASSWORD_MAX + 1] = '\0';
    expect_code(longest, "password.long");
    longest[GV_PASSWORD_MAX] = '\0';
    expect_code(longest, NULL);
    expect_code("", "password.short");
    expect_code("abcdefghijk", "password.short");
    expect_code("abcdefghijkl", NULL);
    expect_code("aaaabbbbcccc", "password.simple");
    expect_code("my name is ALICE", "password.name");
    expect_code("bell\a in the tower", "password.characters");
    expect_code("broken \xff utf-8 text", "password.characters");
    expect_code("overlong \xc0\xaf sequence", "password.characters");
    expect_code("half of it \xed\xa0\x80", "password.characters");
    /* Twelve characters of two bytes each; eleven are too few although they are 22 bytes. */
    expect_code("\xc3\xa4\xc3\xb6\xc3\xbc\xc3\xa9\xc3\xa8\xc3\xa1\xc3\xa0\xc3\xb3\xc3\xb2\xc3\xba"
                "\xc3\xb9\xc3\xb1",
                NULL);
    expect_code("\xc3\xa4\xc3\xb6\xc3\xbc\xc3\xa9\xc3\xa8\xc3\xa1\xc3\xa0\xc3\xb3\xc3\xb2\xc3\xba"
                "\xc3\xb9",
                "password.short");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pbkdf2_passes_its_vectors),
        cmocka_unit_test(pbkdf2_takes_long_passwords),
        cmocka_unit_test(hmac_sha1_passes_its_vectors),
        cmocka_unit_test(a_hash_verifies_its_password_and_no_other),
        cmocka_unit_test(a_name_that_nobody_has_costs_a_hash_as_any_other),
        cmocka_unit_test(a_phc_string_reads_back),
        cmocka_unit_test(no_other_text_reads_as_the_same),
        cmocka_unit_test(odd_phc_strings_are_refused),
        cmocka_unit_test(the_policy_names_what_is_wrong),
    };
    return cmocka_run_group_tests_name("account_password", tests, NULL, NULL);
}
