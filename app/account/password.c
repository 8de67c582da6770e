#include "app/account/password.h"

#include "firmware/base/assert.h"
#include "firmware/base/crypto.h"
#include "firmware/base/text.h"

#include <string.h>

static const char prefix[] = "$pbkdf2-sha512$i=";
#define PREFIX_LEN (sizeof(prefix) - 1)

/* ---- which are taken ------------------------------------------------------------------------------ */

/* Length of the UTF-8 character at p, 0 when it is none. Source: RFC 3629 section 4. */
static size_t utf8_len(const uint8_t *p, size_t left)
{
    static const struct {
        uint8_t first_min, first_max, second_min, second_max;
        size_t n;
    } forms[] = {
        {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3}, {0xe1, 0xec, 0x80, 0xbf, 3},
        {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3}, {0xf0, 0xf0, 0x90, 0xbf, 4},
        {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
    };
    if (p[0] < 0x80) {
        return 1;
    }
    for (size_t f = 0; f < sizeof(forms) / sizeof(forms[0]); f++) {
        if (p[0] < forms[f].first_min || p[0] > forms[f].first_max) {
            continue;
        }
        bool good =
            left >= forms[f].n && p[1] >= forms[f].second_min && p[1] <= forms[f].second_max;
        for (size_t i = 2; good && i < forms[f].n; i++) {
            good = p[i] >= 0x80 && p[i] <= 0xbf;
        }
        return good ? forms[f].n : 0;
    }
    return 0;
}

/* Characters of the text; 0 when it is no UTF-8 or holds control characters. */
static size_t characters(struct gv_view text)
{
    size_t count = 0;
    for (size_t i = 0; i < text.n;) {
        const size_t n = utf8_len(text.p + i, text.n - i);
        if (n == 0 || text.p[i] < 0x20 || text.p[i] == 0x7f) {
            return 0;
        }
        i += n;
        count++;
    }
    return count;
}

static size_t distinct_bytes(struct gv_view text)
{
    bool seen[256] = {false};
    size_t count = 0;
    for (size_t i = 0; i < text.n; i++) {
        count += seen[text.p[i]] ? 0u : 1u;
        seen[text.p[i]] = true;
    }
    return count;
}

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c + ('a' - 'A')) : c;
}

static bool holds(struct gv_view text, struct gv_view part)
{
    for (size_t at = 0; part.n > 0 && at + part.n <= text.n; at++) {
        size_t i = 0;
        while (i < part.n && lower(text.p[at + i]) == lower(part.p[i])) {
            i++;
        }
        if (i == part.n) {
            return true;
        }
    }
    return false;
}

enum gv_err gv_password_check(struct gv_view password, const char *name, const char *pointer,
                              struct gv_fail *fail)
{
    if (password.n > GV_PASSWORD_MAX) {
        return gv_fail_at(fail, GV_ERR_INVALID, pointer, "password.long",
                          "a password has at most %u bytes", GV_PASSWORD_MAX);
    }
    const size_t n = characters(password);
    if (n == 0 && password.n > 0) {
        return gv_fail_at(fail, GV_ERR_INVALID, pointer, "password.characters",
                          "a password is UTF-8 without control characters");
    }
    if (n < GV_PASSWORD_MIN) {
        return gv_fail_at(fail, GV_ERR_INVALID, pointer, "password.short",
                          "a password has at least %u characters", GV_PASSWORD_MIN);
    }
    if (distinct_bytes(password) < GV_PASSWORD_DISTINCT) {
        return gv_fail_at(fail, GV_ERR_INVALID, pointer, "password.simple",
                          "a password has at least %u different characters", GV_PASSWORD_DISTINCT);
    }
    /* Names of one or two characters are in many good passwords by chance. */
    const struct gv_view user = gv_view_str(name);
    if (user.n >= 3 && holds(password, user)) {
        return gv_fail_at(fail, GV_ERR_INVALID, pointer, "password.name",
                          "a password does not hold the user's name");
    }
    return GV_OK;
}

/* ---- PHC string ----------------------------------------------------------------------------------- */

/* base64 without padding into out; false when not canonical or longer than cap. */
static bool decode_part(uint8_t *out, size_t *out_n, size_t cap, struct gv_view text)
{
    char padded[96];
    size_t n = text.n;
    if (n == 0 || n % 4 == 1 || n + 3 > sizeof(padded) || memchr(text.p, '=', n) != NULL) {
        return false;
    }
    memcpy(padded, text.p, n);
    while (n % 4 != 0) {
        padded[n++] = '=';
    }
    return gv_base64_decode(out, out_n, cap, padded, n) == GV_OK;
}

/* Without the padding. */
static void encode_part(char text[GV_BASE64_LEN(GV_SHA512_LEN) + 1], struct gv_view bytes)
{
    size_t n = gv_base64_encode(text, bytes);
    while (n > 0 && text[n - 1] == '=') {
        text[--n] = '\0';
    }
}

/* What stands before the next '$' (or the end), which is taken, too. */
static struct gv_view take_part(struct gv_view *rest)
{
    const uint8_t *end = rest->n > 0 ? memchr(rest->p, '$', rest->n) : NULL;
    const size_t n = end != NULL ? (size_t)(end - rest->p) : rest->n;
    const struct gv_view part = gv_view_of(rest->p, n);
    const size_t taken = end != NULL ? n + 1 : n;
    *rest = gv_view_of(rest->p + taken, rest->n - taken);
    return part;
}

enum gv_err gv_phc_parse(struct gv_phc *phc, struct gv_view text)
{
    uint64_t rounds = 0;
    size_t hash_n = 0;
    *phc = (struct gv_phc){.rounds = 0};
    if (text.n >= GV_PHC_MAX || text.n < PREFIX_LEN || memcmp(text.p, prefix, PREFIX_LEN) != 0) {
        return GV_ERR_INVALID;
    }
    struct gv_view rest = gv_view_of(text.p + PREFIX_LEN, text.n - PREFIX_LEN);
    const struct gv_view number = take_part(&rest);
    const struct gv_view salt = take_part(&rest);
    const struct gv_view hash = rest;
    if (!gv_parse_u64(&rounds, number, GV_PHC_ROUNDS_MAX) || rounds == 0 ||
        !decode_part(phc->salt, &phc->salt_n, sizeof(phc->salt), salt) || phc->salt_n < 8 ||
        !decode_part(phc->hash, &hash_n, sizeof(phc->hash), hash) || hash_n != sizeof(phc->hash)) {
        return GV_ERR_INVALID;
    }
    phc->rounds = (uint32_t)rounds;
    return GV_OK;
}

void gv_phc_format(char text[GV_PHC_MAX], const struct gv_phc *phc)
{
    char salt[GV_BASE64_LEN(GV_SHA512_LEN) + 1];
    char hash[GV_BASE64_LEN(GV_SHA512_LEN) + 1];
    encode_part(salt, gv_view_of(phc->salt, phc->salt_n));
    encode_part(hash, gv_view_of(phc->hash, sizeof(phc->hash)));
    const bool fits =
        gv_format(text, GV_PHC_MAX, "%s%u$%s$%s", prefix, (unsigned)phc->rounds, salt, hash);
    GV_ASSERT(fits);
    gv_secure_zero(hash, sizeof(hash));
}

/* ---- hashing -------------------------------------------------------------------------------------- */

void gv_password_hash(char phc[GV_PHC_MAX], struct gv_view password,
                      const uint8_t salt[GV_PASSWORD_SALT_LEN])
{
    struct gv_phc parts = {.rounds = GV_PASSWORD_ROUNDS, .salt_n = GV_PASSWORD_SALT_LEN};
    memcpy(parts.salt, salt, GV_PASSWORD_SALT_LEN);
    gv_pbkdf2_sha512(parts.hash, password, gv_view_of(parts.salt, parts.salt_n), parts.rounds);
    gv_phc_format(phc, &parts);
    gv_secure_zero(&parts, sizeof(parts));
}

bool gv_password_verify(const char *phc, struct gv_view password)
{
    struct gv_phc parts;
    uint8_t hash[GV_SHA512_LEN];
    const bool known = phc != NULL && gv_phc_parse(&parts, gv_view_str(phc)) == GV_OK;
    if (!known) {
        parts = (struct gv_phc){.rounds = GV_PASSWORD_ROUNDS, .salt_n = GV_PASSWORD_SALT_LEN};
    }
    gv_pbkdf2_sha512(hash, password, gv_view_of(parts.salt, parts.salt_n), parts.rounds);
    const bool same = gv_constant_time_equal(hash, parts.hash, sizeof(hash));
    gv_secure_zero(hash, sizeof(hash));
    gv_secure_zero(&parts, sizeof(parts));
    return known && same;
}

bool gv_password_outdated(const char *phc)
{
    struct gv_phc parts;
    const bool current = gv_phc_parse(&parts, gv_view_str(phc)) == GV_OK &&
                         parts.rounds >= GV_PASSWORD_ROUNDS && parts.salt_n >= GV_PASSWORD_SALT_LEN;
    gv_secure_zero(&parts, sizeof(parts));
    return !current;
}
