#include "web/api/token.h"

#include "firmware/base/text.h"
#include "web/api/api_state.h"

#include <string.h>

void gv_token_kid(const struct gv_api *api, char kid[GV_TOKEN_KID_MAX])
{
    struct gv_hash256 hash;
    gv_sha256_of(&hash, gv_view_of(api->config.signer->point, GV_POINT_LEN));
    gv_hex_encode(kid, gv_view_of(hash.b, 8));
}

/* ---- verifying -------------------------------------------------------------------------------------- */

/* Who cannot prove himself learns no more than that. */
static enum gv_err refuse(struct gv_fail *why, const char *text)
{
    return gv_fail(why, GV_ERR_UNAUTHORIZED, "auth.token_wrong", "%s", text);
}

static bool is_own(const struct gv_api *api, const struct gv_jwt *jwt)
{
    char kid[GV_TOKEN_KID_MAX];
    gv_token_kid(api, kid);
    return strcmp(jwt->kid, kid) == 0;
}

static enum gv_err verify_own(struct gv_api *api, const struct gv_jwt *jwt,
                              const struct gv_hash256 *hash, struct gv_caller *caller)
{
    if (jwt->alg != GV_JWT_ES256 || jwt->signature_n != GV_ES256_LEN ||
        gv_signer_verify_es256(api->config.signer, api->config.signer->point, hash,
                               jwt->signature) != GV_OK) {
        return refuse(&caller->why, "the token is not valid");
    }
    const enum gv_err err = gv_jwt_judge(&jwt->claims, GV_TOKEN_ISSUER, GV_TOKEN_AUDIENCE,
                                         gv_clock_utc(api->config.clock), &caller->why);
    if (err != GV_OK) {
        return err;
    }
    if (gv_engine_session_known(api->config.engine, gv_view_str(jwt->claims.session),
                                &caller->identity) != GV_OK ||
        strcmp(caller->identity.user_id, jwt->claims.subject) != 0) {
        return refuse(&caller->why, "the session of this token has ended");
    }
    caller->kind = GV_CALLER_SESSION;
    caller->granted = gv_role_scopes(caller->identity.role);
    return GV_OK;
}

static enum gv_err verify_signature(const struct gv_api *api, const struct gv_jwk *key,
                                    const struct gv_jwt *jwt, const struct gv_hash256 *hash)
{
    switch (key->alg) {
    case GV_JWT_ES256:
        return jwt->signature_n == GV_ES256_LEN
                   ? gv_signer_verify_es256(api->config.signer, key->point, hash, jwt->signature)
                   : GV_ERR_CRYPTO;
    case GV_JWT_RS256:
        return gv_signer_verify_rs256(api->config.signer, gv_view_of(key->modulus, key->modulus_n),
                                      gv_view_of(key->exponent, key->exponent_n), hash,
                                      gv_view_of(jwt->signature, jwt->signature_n));
    }
    return GV_ERR_CRYPTO;
}

/* A guest's id and name come from outside: they are cut to what ours may be, never matched to ours. */
static void describe_guest(struct gv_caller *caller, const struct gv_jwt_claims *claims)
{
    const char *name = claims->username[0] != '\0' ? claims->username : claims->subject;
    caller->kind = GV_CALLER_GUEST;
    caller->granted = GV_SCOPE_AUCTIONS_READ | GV_SCOPE_BIDS_WRITE;
    caller->identity = (struct gv_identity){.role = GV_ROLE_BIDDER};
    gv_format_cut(caller->identity.user_id, sizeof(caller->identity.user_id), "%s",
                  claims->subject);
    gv_format_cut(caller->identity.name, sizeof(caller->identity.name), "%s", name);
}

static enum gv_err verify_guest(struct gv_api *api, const struct gv_jwt *jwt,
                                const struct gv_hash256 *hash, struct gv_caller *caller)
{
    const struct gv_config *config = api->config.config;
    struct gv_jwk key;
    if (config->auth_issuer[0] == '\0' || !gv_jwks_shelf_find(api->config.jwks, jwt, &key) ||
        verify_signature(api, &key, jwt, hash) != GV_OK ||
        gv_view_str(jwt->claims.subject).n > GV_USER_ID_LEN) {
        return refuse(&caller->why, "the token is not valid");
    }
    const enum gv_err err = gv_jwt_judge(&jwt->claims, config->auth_issuer, config->auth_audience,
                                         gv_clock_utc(api->config.clock), &caller->why);
    if (err == GV_OK) {
        describe_guest(caller, &jwt->claims);
    }
    return err;
}

enum gv_err gv_token_verify(struct gv_api *api, struct gv_arena *arena, struct gv_view token,
                            struct gv_caller *caller)
{
    struct gv_jwt jwt;
    struct gv_hash256 hash;
    if (gv_jwt_parse(&jwt, token, arena, NULL) != GV_OK) {
        return refuse(&caller->why, "this is neither an API key nor a token");
    }
    gv_sha256_of(&hash, jwt.signed_part);
    const enum gv_err err = is_own(api, &jwt) ? verify_own(api, &jwt, &hash, caller)
                                              : verify_guest(api, &jwt, &hash, caller);
    if (err == GV_OK) {
        caller->identity.expires_at = jwt.claims.expires_at;
    }
    return err;
}

/* ---- making ----------------------------------------------------------------------------------------- */

enum gv_err gv_token_make(struct gv_api *api, const struct gv_identity *identity,
                          char text[GV_JWT_MAX], struct gv_utc *expires_at)
{
    char kid[GV_TOKEN_KID_MAX];
    uint8_t signature[GV_ES256_LEN];
    struct gv_user user;
    struct gv_hash256 hash;
    if (!gv_engine_user_by_id(api->config.engine, gv_view_str(identity->user_id), &user)) {
        return GV_ERR_NOT_FOUND;
    }
    gv_token_kid(api, kid);
    const struct gv_jwt_grant grant = {.issuer = GV_TOKEN_ISSUER,
                                       .audience = GV_TOKEN_AUDIENCE,
                                       .kid = kid,
                                       .user = &user,
                                       .session = identity->session,
                                       .now = gv_clock_utc(api->config.clock)};
    const size_t n = gv_jwt_begin(text, &grant);
    gv_secure_zero(&user, sizeof(user));
    gv_sha256_of(&hash, gv_view_of(text, n));
    const enum gv_err err = gv_signer_sign(api->config.signer, &hash, signature);
    if (err == GV_OK) {
        (void)!gv_jwt_finish(text, n, signature);
        *expires_at = (struct gv_utc){grant.now.s + GV_JWT_LIFE_S};
    }
    return err;
}
