/* Shows that what the box writes into a token it reads back, that tokens of another form or algorithm
 * are refused, and which claims are believed. Signatures are judged elsewhere (tests/unit/hal).
 * Vectors: RFC 7515 appendix A.3 (an ES256 token), RFC 7517 appendix A.1 (a key set). */
#include "app/account/jwks.h"

#include "firmware/base/json.h"
#include "firmware/base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static _Alignas(16) uint8_t memory[128 * 1024];
static struct gv_arena arena;
static struct gv_jwt jwt;
static struct gv_fail fail;

static enum gv_err parse(const char *token)
{
    gv_arena_init(&arena, memory, sizeof(memory));
    memset(&fail, 0, sizeof(fail));
    return gv_jwt_parse(&jwt, gv_view_str(token), &arena, &fail);
}

/* A token of these JSON texts and an empty-looking signature of 64 bytes. */
static const char *token_of(const char *header, const char *body)
{
    static char token[GV_JWT_MAX + 64];
    uint8_t signature[64] = {9};
    size_t n = gv_base64url_encode(token, gv_view_str(header));
    token[n++] = '.';
    n += gv_base64url_encode(token + n, gv_view_str(body));
    token[n++] = '.';
    n += gv_base64url_encode(token + n, gv_view_of(signature, sizeof(signature)));
    return token;
}

static const char header[] = "{\"alg\":\"ES256\",\"kid\":\"k\"}";

static void what_the_box_writes_it_reads(void **state)
{
    (void)state;
    static const uint8_t signature[GV_ES256_LEN] = {1, 2, 3};
    static struct gv_user user = {.id = "ffffffff-ffff-4fff-bfff-ffffffffffff",
                                  .name = "12345678901234567890123456789012",
                                  .role = GV_ROLE_OPERATOR};
    char text[GV_JWT_MAX];
    const struct gv_jwt_grant grant = {.issuer = "gavel",
                                       .audience = "gavel-live",
                                       .kid = "0123456789abcdef",
                                       .user = &user,
                                       .session = "abcdefgh",
                                       .now = {1780000000}};
    size_t n = gv_jwt_begin(text, &grant);
    const size_t signed_n = n;
    n = gv_jwt_finish(text, n, signature);
    assert_int_equal(strlen(text), n);
    assert_int_equal(parse(text), GV_OK);
    assert_int_equal(jwt.alg, GV_JWT_ES256);
    assert_string_equal(jwt.kid, grant.kid);
    assert_int_equal(jwt.signed_part.n, signed_n);
    assert_int_equal(jwt.signature_n, GV_ES256_LEN);
    assert_memory_equal(jwt.signature, signature, GV_ES256_LEN);
    assert_string_equal(jwt.claims.subject, user.id);
    assert_string_equal(jwt.claims.username, user.name);
    assert_string_equal(jwt.claims.session, "abcdefgh");
    assert_int_equal(jwt.claims.expires_at.s, 1780000900);
    assert_int_equal(
        gv_jwt_judge(&jwt.claims, "gavel", "gavel-live", (struct gv_utc){1780000899}, NULL), GV_OK);
    assert_int_equal(
        gv_jwt_judge(&jwt.claims, "gavel", "gavel-live", (struct gv_utc){1780000900}, &fail),
        GV_ERR_UNAUTHORIZED);
    assert_string_equal(fail.code, "jwt.expired");
}

static void the_token_of_rfc_7515_is_read_as_far_as_it_goes(void **state)
{
    (void)state;
    /* Its claims have no sub: refused, but for that and not for its form. */
    assert_int_equal(
        parse("eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9l"
              "eGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfT"
              "jDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"),
        GV_ERR_INVALID);
    assert_string_equal(fail.code, "jwt.claims");
    assert_int_equal(jwt.signature_n, 64);
}

static void other_algorithms_are_refused(void **state)
{
    (void)state;
    static const char *const algs[] = {"none", "None", "HS256", "ES512", "RS512", "PS256", ""};
    for (size_t i = 0; i < sizeof(algs) / sizeof(algs[0]); i++) {
        char text[64];
        snprintf(text, sizeof(text), "{\"alg\":\"%s\"}", algs[i]);
        assert_int_equal(parse(token_of(text, "{\"sub\":\"a\",\"exp\":2000000000}")),
                         GV_ERR_INVALID);
        assert_string_equal(fail.code, "jwt.alg");
    }
    assert_int_equal(parse(token_of("{\"alg\":\"ES256\",\"crit\":[\"x\"]}",
                                    "{\"sub\":\"a\",\"exp\":2000000000}")),
                     GV_ERR_INVALID);
    assert_int_equal(parse(token_of("{\"alg\":\"ES256\",\"alg\":\"RS256\"}",
                                    "{\"sub\":\"a\",\"exp\":2000000000}")),
                     GV_ERR_INVALID);
}

static void texts_of_another_form_are_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        ".",
        "..",
        "...",
        "a.b",
        "a.b.",
        "e30.e30.",
        "e30..AAAA",
        ".e30.AAAA",
        "e30.e30.AA=",
        "e30.e30.A+B/",
        "e30.e30.AAAA.AAAA",
        "W10.W10.AAAA",
        "e30.e30.AA AA",
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        assert_int_equal(parse(texts[i]), GV_ERR_INVALID);
    }
    static char longest[GV_JWT_MAX + 2];
    memset(longest, 'A', sizeof(longest) - 1);
    assert_int_equal(parse(longest), GV_ERR_TOO_LARGE);
}

static void claims_of_another_type_are_refused(void **state)
{
    (void)state;
    static const char *const bodies[] = {
        "{}",
        "{\"sub\":\"a\"}",
        "{\"exp\":2000000000}",
        "{\"sub\":\"\",\"exp\":2000000000}",
        "{\"sub\":7,\"exp\":2000000000}",
        "{\"sub\":\"a\",\"exp\":\"2000000000\"}",
        "{\"sub\":\"a\",\"exp\":2e9}",
        "{\"sub\":\"a\",\"exp\":-1}",
        "{\"sub\":\"a\",\"exp\":99999999999999}",
        "{\"sub\":\"a\",\"exp\":2000000000,\"nbf\":\"x\"}",
        "{\"sub\":\"a\",\"exp\":2000000000,\"aud\":7}",
        "{\"sub\":\"a\",\"exp\":2000000000,\"aud\":[\"1\",\"2\",\"3\",\"4\",\"5\"]}",
        "{\"sub\":\"a\\nb\",\"exp\":2000000000}",
        "{\"sub\":\"a\",\"exp\":2000000000,\"exp\":1}",
    };
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        assert_int_equal(parse(token_of(header, bodies[i])), GV_ERR_INVALID);
    }
}

static enum gv_err judge(const char *body)
{
    assert_int_equal(parse(token_of(header, body)), GV_OK);
    return gv_jwt_judge(&jwt.claims, "https://id.example", "box", (struct gv_utc){1780000000},
                        &fail);
}

static void only_claims_for_this_box_and_now_are_believed(void **state)
{
    (void)state;
    assert_int_equal(judge("{\"iss\":\"https://id.example\",\"aud\":\"box\",\"sub\":\"a\","
                           "\"exp\":1780000001,\"cognito:username\":\"bob\",\"username\":\"x\"}"),
                     GV_OK);
    assert_string_equal(jwt.claims.username, "bob");
    assert_int_equal(judge("{\"iss\":\"https://id.example\",\"aud\":[\"x\",\"box\"],\"sub\":\"a\","
                           "\"exp\":1780000001,\"nbf\":1780000060}"),
                     GV_OK);
    assert_int_equal(judge("{\"iss\":\"https://id.example/\",\"aud\":\"box\",\"sub\":\"a\","
                           "\"exp\":1780000001}"),
                     GV_ERR_UNAUTHORIZED);
    assert_string_equal(fail.code, "jwt.issuer");
    assert_int_equal(judge("{\"iss\":\"https://id.example\",\"aud\":\"boxes\",\"sub\":\"a\","
                           "\"exp\":1780000001}"),
                     GV_ERR_UNAUTHORIZED);
    assert_string_equal(fail.code, "jwt.audience");
    assert_int_equal(judge("{\"iss\":\"https://id.example\",\"sub\":\"a\",\"exp\":1780000001}"),
                     GV_ERR_UNAUTHORIZED);
    assert_int_equal(judge("{\"iss\":\"https://id.example\",\"aud\":\"box\",\"sub\":\"a\","
                           "\"exp\":1780000001,\"nbf\":1780000061}"),
                     GV_ERR_UNAUTHORIZED);
    assert_string_equal(fail.code, "jwt.not_yet");
}

/* ---- key sets ------------------------------------------------------------------------------------- */

#define EC_KEY(kid)                                                                                \
    "{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"" kid "\",\"use\":\"sig\","                       \
    "\"x\":\"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4\","                                       \
    "\"y\":\"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM\"}"

static struct gv_jwks jwks;

static enum gv_err read_set(const char *json)
{
    static char text[GV_JWKS_BYTES_MAX + GV_JSON_PADDING];
    const size_t n = strlen(json);
    memcpy(text, json, n);
    gv_arena_init(&arena, memory, sizeof(memory));
    return gv_jwks_parse(&jwks, &arena, text, n, &fail);
}

static void a_key_is_found_by_name_and_algorithm(void **state)
{
    (void)state;
    assert_int_equal(read_set("{\"keys\":[" EC_KEY("one") "," EC_KEY(
                         "two") ","
                                "{\"kty\":\"oct\",\"k\":\"AAAA\",\"kid\":\"three\"},"
                                "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"kid\":\"four\"}]}"),
                     GV_OK);
    assert_int_equal(jwks.count, 2);
    assert_int_equal(parse(token_of("{\"alg\":\"ES256\",\"kid\":\"two\"}",
                                    "{\"sub\":\"a\",\"exp\":2000000000}")),
                     GV_OK);
    assert_ptr_equal(gv_jwks_find(&jwks, &jwt), &jwks.keys[1]);
    /* HS/RS confusion: an EC key never answers for another algorithm. */
    jwt.alg = GV_JWT_RS256;
    assert_null(gv_jwks_find(&jwks, &jwt));
    jwt.alg = GV_JWT_ES256;
    jwt.kid[0] = '\0';
    assert_null(gv_jwks_find(&jwks, &jwt));
    jwks.count = 1;
    assert_ptr_equal(gv_jwks_find(&jwks, &jwt), &jwks.keys[0]);
}

static void malformed_sets_are_refused(void **state)
{
    (void)state;
    static const char *const sets[] = {
        "",
        "[]",
        "{}",
        "{\"keys\":{}}",
        "{\"keys\":[7]}",
        "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AAAA\",\"y\":\"AAAA\"}]}",
        "{\"keys\":[{\"kty\":\"RSA\",\"n\":\"AQAB\",\"e\":\"AQAB\"}]}",
    };
    for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
        assert_int_equal(read_set(sets[i]), GV_ERR_INVALID);
    }
    assert_int_equal(read_set("{\"keys\":[]}"), GV_ERR_NOT_FOUND);
    assert_int_equal(read_set("{\"keys\":[{\"kty\":\"EC\",\"use\":\"enc\",\"crv\":\"P-256\"}]}"),
                     GV_ERR_NOT_FOUND);
    assert_int_equal(
        read_set(
            "{\"keys\":[" EC_KEY("1") "," EC_KEY("2") "," EC_KEY("3") "," EC_KEY("4") "," EC_KEY(
                "5") "," EC_KEY("6") "," EC_KEY("7") "," EC_KEY("8") "," EC_KEY("9") "]}"),
        GV_ERR_FULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_box_writes_it_reads),
        cmocka_unit_test(the_token_of_rfc_7515_is_read_as_far_as_it_goes),
        cmocka_unit_test(other_algorithms_are_refused),
        cmocka_unit_test(texts_of_another_form_are_refused),
        cmocka_unit_test(claims_of_another_type_are_refused),
        cmocka_unit_test(only_claims_for_this_box_and_now_are_believed),
        cmocka_unit_test(a_key_is_found_by_name_and_algorithm),
        cmocka_unit_test(malformed_sets_are_refused),
    };
    return cmocka_run_group_tests_name("account_jwt", tests, NULL, NULL);
}
