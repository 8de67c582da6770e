#include "app/account/jwt.h"

#include "firmware/base/assert.h"
#include "firmware/base/json.h"
#include "firmware/base/text.h"

#include <string.h>

/* ---- reading ---------------------------------------------------------------------------------------- */

static enum gv_err bad_form(struct gv_fail *fail)
{
    return gv_fail(fail, GV_ERR_INVALID, "jwt.form", "this is no signed JWT");
}

/* What stands before the next dot; false when there is none. */
static bool take_part(struct gv_view *rest, struct gv_view *part)
{
    const uint8_t *dot = rest->n > 0 ? memchr(rest->p, '.', rest->n) : NULL;
    if (dot == NULL || dot == rest->p) {
        return false;
    }
    *part = gv_view_of(rest->p, (size_t)(dot - rest->p));
    *rest = gv_view_of(dot + 1, rest->n - part->n - 1);
    return true;
}

/* base64url of a JSON object; the tree lies in the arena. */
static enum gv_err read_object(gv_json_ref *object, struct gv_view part, struct gv_arena *arena,
                               struct gv_fail *fail)
{
    struct gv_json json;
    size_t n = 0;
    char *text = gv_arena_take(arena, part.n + GV_JSON_PADDING);
    if (text == NULL || gv_base64url_decode((uint8_t *)text, &n, part.n, part) != GV_OK ||
        gv_json_parse(&json, arena, text, n, NULL) != GV_OK ||
        gv_json_unique(json.root, "", NULL) != GV_OK) {
        return bad_form(fail);
    }
    *object = json.root;
    return GV_OK;
}

/* A text member; absent is "". False when it has another type, is too long or holds controls. */
static bool read_text(gv_json_ref object, const char *key, char *out, size_t cap)
{
    struct gv_view text;
    const gv_json_ref member = gv_json_get(object, key);
    out[0] = '\0';
    if (member == NULL) {
        return true;
    }
    if (!gv_json_string(member, &text) || text.n >= cap) {
        return false;
    }
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] < 0x20 || text.p[i] == 0x7f) {
            return false;
        }
    }
    memcpy(out, text.p, text.n);
    out[text.n] = '\0';
    return true;
}

/* An extension that must be understood (RFC 7515 4.1.11) is one we do not understand. */
static enum gv_err read_header(struct gv_jwt *jwt, gv_json_ref header, struct gv_fail *fail)
{
    char alg[16];
    if (!read_text(header, "alg", alg, sizeof(alg)) ||
        !read_text(header, "kid", jwt->kid, sizeof(jwt->kid)) ||
        gv_json_get(header, "crit") != NULL) {
        return bad_form(fail);
    }
    if (strcmp(alg, "ES256") == 0) {
        jwt->alg = GV_JWT_ES256;
    } else if (strcmp(alg, "RS256") == 0) {
        jwt->alg = GV_JWT_RS256;
    } else {
        return gv_fail(fail, GV_ERR_INVALID, "jwt.alg", "tokens are signed by ES256 or RS256");
    }
    return GV_OK;
}

static bool copy_audience(struct gv_jwt_claims *claims, gv_json_ref v)
{
    struct gv_view text;
    if (claims->audience_n == GV_JWT_AUDIENCES || !gv_json_string(v, &text) ||
        text.n >= sizeof(claims->audience[0])) {
        return false;
    }
    char *out = claims->audience[claims->audience_n++];
    memcpy(out, text.p, text.n);
    out[text.n] = '\0';
    return true;
}

/* One text, or an array of them. */
static bool read_audience(struct gv_jwt_claims *claims, gv_json_ref aud)
{
    struct gv_json_iter it;
    if (gv_json_type(aud) != GV_JSON_ARRAY) {
        return aud == NULL || copy_audience(claims, aud);
    }
    for (gv_json_ref e = gv_json_first(&it, aud); e != NULL; e = gv_json_next(&it)) {
        if (!copy_audience(claims, e)) {
            return false;
        }
    }
    return true;
}

static bool read_username(struct gv_jwt_claims *claims, gv_json_ref body)
{
    static const char *const names[] = {"cognito:username", "username", "preferred_username"};
    bool good = true;
    claims->username[0] = '\0';
    for (size_t i = 0; good && claims->username[0] == '\0' && i < 3; i++) {
        good = read_text(body, names[i], claims->username, sizeof(claims->username));
    }
    return good;
}

static enum gv_err read_claims(struct gv_jwt_claims *claims, gv_json_ref body, struct gv_fail *fail)
{
    int64_t expires = 0;
    int64_t not_before = 0;
    const gv_json_ref nbf = gv_json_get(body, "nbf");
    const bool good = read_text(body, "iss", claims->issuer, sizeof(claims->issuer)) &&
                      read_text(body, "sub", claims->subject, sizeof(claims->subject)) &&
                      read_text(body, "sid", claims->session, sizeof(claims->session)) &&
                      read_username(claims, body) &&
                      read_audience(claims, gv_json_get(body, "aud")) &&
                      gv_json_int(gv_json_get(body, "exp"), &expires) &&
                      (nbf == NULL || gv_json_int(nbf, &not_before));
    if (!good || claims->subject[0] == '\0' || expires <= 0 || expires > INT32_MAX * 4LL ||
        not_before < 0 || not_before > INT32_MAX * 4LL) {
        return gv_fail(fail, GV_ERR_INVALID, "jwt.claims",
                       "a token needs sub and exp, and all claims in their types");
    }
    claims->expires_at = (struct gv_utc){expires};
    claims->not_before = (struct gv_utc){not_before};
    return GV_OK;
}

enum gv_err gv_jwt_parse(struct gv_jwt *jwt, struct gv_view token, struct gv_arena *arena,
                         struct gv_fail *fail)
{
    struct gv_view rest = token;
    struct gv_view header_text;
    struct gv_view body_text;
    gv_json_ref header = NULL;
    gv_json_ref body = NULL;
    memset(jwt, 0, sizeof(*jwt));
    if (token.n > GV_JWT_MAX) {
        return gv_fail(fail, GV_ERR_TOO_LARGE, "jwt.form", "a token has at most %u bytes",
                       GV_JWT_MAX);
    }
    if (!take_part(&rest, &header_text) || !take_part(&rest, &body_text) || rest.n == 0 ||
        gv_base64url_decode(jwt->signature, &jwt->signature_n, sizeof(jwt->signature), rest) !=
            GV_OK) {
        return bad_form(fail);
    }
    jwt->signed_part = gv_view_of(token.p, header_text.n + 1 + body_text.n);
    enum gv_err err = read_object(&header, header_text, arena, fail);
    if (err == GV_OK) {
        err = read_header(jwt, header, fail);
    }
    if (err == GV_OK) {
        err = read_object(&body, body_text, arena, fail);
    }
    return err != GV_OK ? err : read_claims(&jwt->claims, body, fail);
}

enum gv_err gv_jwt_judge(const struct gv_jwt_claims *claims, const char *issuer,
                         const char *audience, struct gv_utc now, struct gv_fail *fail)
{
    bool meant = false;
    for (uint32_t i = 0; i < claims->audience_n; i++) {
        meant = meant || strcmp(claims->audience[i], audience) == 0;
    }
    if (strcmp(claims->issuer, issuer) != 0) {
        return gv_fail(fail, GV_ERR_UNAUTHORIZED, "jwt.issuer", "a token of another issuer");
    }
    if (!meant) {
        return gv_fail(fail, GV_ERR_UNAUTHORIZED, "jwt.audience", "a token for somebody else");
    }
    if (now.s >= claims->expires_at.s) {
        return gv_fail(fail, GV_ERR_UNAUTHORIZED, "jwt.expired", "the token has expired");
    }
    if (now.s + GV_JWT_LEEWAY_S < claims->not_before.s) {
        return gv_fail(fail, GV_ERR_UNAUTHORIZED, "jwt.not_yet", "the token is not valid yet");
    }
    return GV_OK;
}

/* ---- making ----------------------------------------------------------------------------------------- */

#define CLAIMS_MAX 1024u

static size_t append_part(char text[GV_JWT_MAX], size_t n, struct gv_view part)
{
    GV_ASSERT(n + GV_BASE64_LEN(part.n) + 2 < GV_JWT_MAX);
    return n + gv_base64url_encode(text + n, part);
}

static size_t append_object(char text[GV_JWT_MAX], size_t n, struct gv_json_out *out)
{
    gv_jo_object_end(out);
    GV_ASSERT(!out->full); /* every text in it is bounded */
    return append_part(text, n, gv_view_of(out->p, out->n));
}

size_t gv_jwt_begin(char text[GV_JWT_MAX], const struct gv_jwt_grant *grant)
{
    char json[CLAIMS_MAX];
    struct gv_json_out out;
    gv_json_out_init(&out, json, sizeof(json));
    gv_jo_object(&out);
    gv_jo_kstring(&out, "alg", "ES256");
    gv_jo_kstring(&out, "typ", "JWT");
    gv_jo_kstring(&out, "kid", grant->kid);
    size_t n = append_object(text, 0, &out);
    text[n++] = '.';
    gv_json_out_init(&out, json, sizeof(json));
    gv_jo_object(&out);
    gv_jo_kstring(&out, "iss", grant->issuer);
    gv_jo_kstring(&out, "aud", grant->audience);
    gv_jo_kstring(&out, "sub", grant->user->id);
    gv_jo_kstring(&out, "username", grant->user->name);
    gv_jo_kstring(&out, "name", grant->user->name);
    gv_jo_kstring(&out, "role", gv_role_name(grant->user->role));
    gv_jo_kstring(&out, "sid", grant->session);
    gv_jo_kint(&out, "iat", grant->now.s);
    gv_jo_kint(&out, "exp", grant->now.s + GV_JWT_LIFE_S);
    return append_object(text, n, &out);
}

size_t gv_jwt_finish(char text[GV_JWT_MAX], size_t n, const uint8_t signature[GV_ES256_LEN])
{
    text[n++] = '.';
    return append_part(text, n, gv_view_of(signature, GV_ES256_LEN));
}
