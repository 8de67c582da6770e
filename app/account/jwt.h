/* JWT: the tokens that live clients carry instead of a cookie, made by the box and read by it.
 *
 * What the box makes: ES256, 15 minutes, bound to the session it came from. What it reads: these,
 * and those of one configured issuer (ES256 or RS256). Reading judges form and algorithm, nothing
 * else: the caller finds the key by issuer and kid, the key fixes the algorithm (so that "none" and
 * the HS/RS confusion find no ear), then verifies the signature, then judges the claims.
 * Source: RFC 7515, RFC 7519, RFC 7518 section 3.4. Pure. Thread: any. */
#ifndef GV_APP_ACCOUNT_JWT_H
#define GV_APP_ACCOUNT_JWT_H

#include "app/account/session.h"
#include "firmware/base/arena.h"

#define GV_JWT_MAX           4096u
#define GV_JWT_LIFE_S        900
#define GV_JWT_LEEWAY_S      60 /* how far an issuer's clock may be off */
#define GV_JWT_SIGNATURE_MAX 512u
#define GV_JWT_AUDIENCES     4u
#define GV_JWT_TEXT_MAX      128u
#define GV_JWT_KID_MAX       128u
#define GV_ES256_LEN         64u

enum gv_jwt_alg {
    GV_JWT_ES256,
    GV_JWT_RS256,
};

struct gv_jwt_claims {
    char issuer[2 * GV_JWT_TEXT_MAX];
    char subject[GV_JWT_TEXT_MAX];
    char username[GV_JWT_TEXT_MAX];      /* cognito:username, username, preferred_username, or "" */
    char session[GV_SESSION_ID_LEN + 1]; /* our own tokens: "sid" */
    uint32_t audience_n;
    char audience[GV_JWT_AUDIENCES][GV_JWT_TEXT_MAX];
    struct gv_utc not_before; /* s = 0: absent */
    struct gv_utc expires_at;
};

/** A token as it was read: nothing of it is proved. */
struct gv_jwt {
    enum gv_jwt_alg alg;
    char kid[GV_JWT_KID_MAX]; /* "" when absent */
    struct gv_jwt_claims claims;
    struct gv_view signed_part; /* in the caller's token */
    uint8_t signature[GV_JWT_SIGNATURE_MAX];
    size_t signature_n;
};

/** Returns: GV_OK; GV_ERR_INVALID "jwt.form", "jwt.alg", "jwt.claims"; GV_ERR_TOO_LARGE.
 *  In: arena: scratch of 48 KiB, of which nothing is kept. */
GV_MUST_USE enum gv_err gv_jwt_parse(struct gv_jwt *jwt, struct gv_view token,
                                     struct gv_arena *arena, struct gv_fail *fail);
/** Judge the claims of a token whose signature is good.
 *  Returns: GV_OK; GV_ERR_UNAUTHORIZED "jwt.expired", "jwt.not_yet", "jwt.issuer", "jwt.audience". */
GV_MUST_USE enum gv_err gv_jwt_judge(const struct gv_jwt_claims *claims, const char *issuer,
                                     const char *audience, struct gv_utc now, struct gv_fail *fail);

/** What the box says about one of its users. */
struct gv_jwt_grant {
    const char *issuer;
    const char *audience;
    const char *kid;
    const struct gv_user *user;
    const char *session; /* public id */
    struct gv_utc now;
};
/** Header and claims, ready to be signed: SHA-256 of the text. Returns: its length. */
GV_MUST_USE size_t gv_jwt_begin(char text[GV_JWT_MAX], const struct gv_jwt_grant *grant);
/** Append the signature. Returns: length of the whole token, NUL behind it. */
GV_MUST_USE size_t gv_jwt_finish(char text[GV_JWT_MAX], size_t n,
                                 const uint8_t signature[GV_ES256_LEN]);

#endif
