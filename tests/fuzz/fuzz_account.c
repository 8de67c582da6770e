/* What strangers send to be let in: tokens, key sets, PHC strings and Cookie headers. The first byte
 * chooses. What parses stays within its bounds, formats to what parses again, and a cookie's value lies
 * inside the header. */
#include "app/account/jwks.h"
#include "app/account/password.h"
#include "app/account/session.h"
#include "firmware/base/json.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static _Alignas(16) uint8_t memory[128 * 1024];

static void check(bool claim)
{
    if (!claim) {
        abort();
    }
}

/* A copy of exactly this size, so that a read past its end is seen. */
static char *exact(const uint8_t *data, size_t size, size_t padding)
{
    char *copy = malloc(size + padding + 1);
    if (copy == NULL) {
        abort();
    }
    if (size > 0) {
        memcpy(copy, data, size);
    }
    return copy;
}

static void token(const uint8_t *data, size_t size)
{
    struct gv_arena arena;
    struct gv_jwt jwt;
    char *text = exact(data, size, 0);
    gv_arena_init(&arena, memory, sizeof(memory));
    const enum gv_err err = gv_jwt_parse(&jwt, gv_view_of(text, size), &arena, NULL);
    check(err == GV_OK || err == GV_ERR_INVALID || err == GV_ERR_TOO_LARGE);
    if (err == GV_OK) {
        check(jwt.signed_part.n < size);
        check(jwt.signature_n <= sizeof(jwt.signature));
        check(jwt.claims.audience_n <= GV_JWT_AUDIENCES);
        check(jwt.claims.subject[0] != '\0');
        check(memchr(jwt.claims.subject, '\0', sizeof(jwt.claims.subject)) != NULL);
        check(memchr(jwt.kid, '\0', sizeof(jwt.kid)) != NULL);
        (void)!gv_jwt_judge(&jwt.claims, "iss", "aud", (struct gv_utc){1780000000}, NULL);
    }
    free(text);
}

static void key_set(const uint8_t *data, size_t size)
{
    struct gv_arena arena;
    static struct gv_jwks jwks;
    if (size > GV_JWKS_BYTES_MAX) {
        return;
    }
    char *text = exact(data, size, GV_JSON_PADDING);
    gv_arena_init(&arena, memory, sizeof(memory));
    if (gv_jwks_parse(&jwks, &arena, text, size, NULL) == GV_OK) {
        check(jwks.count >= 1 && jwks.count <= GV_JWKS_KEYS_MAX);
        for (uint32_t i = 0; i < jwks.count; i++) {
            check(jwks.keys[i].modulus_n <= GV_RSA_BYTES_MAX);
            check(memchr(jwks.keys[i].kid, '\0', GV_JWT_KID_MAX) != NULL);
        }
    }
    free(text);
}

static void phc_string(const uint8_t *data, size_t size)
{
    struct gv_phc phc;
    struct gv_phc again;
    char text[GV_PHC_MAX];
    char *given = exact(data, size, 0);
    if (gv_phc_parse(&phc, gv_view_of(given, size)) == GV_OK) {
        check(phc.rounds >= 1 && phc.rounds <= GV_PHC_ROUNDS_MAX);
        check(phc.salt_n >= 8 && phc.salt_n <= sizeof(phc.salt));
        gv_phc_format(text, &phc);
        check(strlen(text) == size && memcmp(text, given, size) == 0);
        check(gv_phc_parse(&again, gv_view_of(text, size)) == GV_OK);
        check(memcmp(&again, &phc, sizeof(phc)) == 0);
    }
    (void)!gv_password_check(gv_view_of(given, size), "name", "/password", NULL);
    free(given);
}

static void cookie(const uint8_t *data, size_t size)
{
    struct gv_view value = {0};
    char agent[GV_SESSION_AGENT_MAX];
    char *header = exact(data, size, 0);
    if (gv_cookie_find(gv_view_of(header, size), GV_SID_COOKIE, &value) == GV_OK) {
        check(value.p >= (const uint8_t *)header);
        check(value.p + value.n <= (const uint8_t *)header + size);
        check(value.n == 0 || memchr(value.p, ';', value.n) == NULL);
    }
    gv_session_agent(agent, gv_view_of(header, size));
    check(memchr(agent, '\0', sizeof(agent)) != NULL);
    free(header);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const parsers[])(const uint8_t *, size_t) = {token, key_set, phc_string, cookie};
    if (size > 0) {
        parsers[data[0] % 4](data + 1, size - 1);
    }
    return 0;
}
