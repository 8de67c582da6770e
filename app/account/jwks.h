/* JWKS: the public keys of an issuer of tokens, read from its file.
 * Keys that are not for signatures, or of a kind nobody here verifies, are passed over; one that is
 * malformed refuses the whole file. Source: RFC 7517, RFC 7518 section 6. Parsing and finding are pure. Thread: any. */
#ifndef GV_APP_ACCOUNT_JWKS_H
#define GV_APP_ACCOUNT_JWKS_H

#include "app/account/jwt.h"

#include <pthread.h>
#include <stdatomic.h>

#define GV_JWKS_KEYS_MAX  8u
#define GV_JWKS_BYTES_MAX 16384u
#define GV_RSA_BYTES_MAX  512u /* 4096 bits */
#define GV_RSA_BYTES_MIN  256u /* 2048 bits */

struct gv_jwk {
    enum gv_jwt_alg alg;
    char kid[GV_JWT_KID_MAX];
    uint8_t point[64]; /* GV_JWT_ES256: x and y on P-256 */
    uint8_t modulus[GV_RSA_BYTES_MAX];
    size_t modulus_n;
    uint8_t exponent[8];
    size_t exponent_n;
};

struct gv_jwks {
    uint32_t count;
    struct gv_jwk keys[GV_JWKS_KEYS_MAX];
};

/** In: text: changed in place, GV_JSON_PADDING writable bytes behind it.
 *  Returns: GV_OK; GV_ERR_INVALID "jwks.form"; GV_ERR_FULL "jwks.full" (more than
 *  GV_JWKS_KEYS_MAX); GV_ERR_NOT_FOUND "jwks.empty" when no key is left. */
GV_MUST_USE enum gv_err gv_jwks_parse(struct gv_jwks *jwks, struct gv_arena *arena, char *text,
                                      size_t n, struct gv_fail *fail);

/** The issuer's keys as they are now: replaced as a whole while others look for one. Zeroed: none. */
struct gv_jwks_shelf {
    pthread_mutex_t lock;
    struct gv_jwks keys;
    atomic_bool missed; /* a token named a key that is not here */
};
void gv_jwks_shelf_init(struct gv_jwks_shelf *shelf);
void gv_jwks_shelf_put(struct gv_jwks_shelf *shelf, const struct gv_jwks *keys);
/** Was a key looked for by name, and not found, since this was forgotten? */
bool gv_jwks_shelf_missed(struct gv_jwks_shelf *shelf);
void gv_jwks_shelf_forget_missed(struct gv_jwks_shelf *shelf);
/** As gv_jwks_find. Returns: false: there is none. Out: key. */
GV_MUST_USE bool gv_jwks_shelf_find(struct gv_jwks_shelf *shelf, const struct gv_jwt *jwt,
                                    struct gv_jwk *key);

/** The key a token names, of the token's own algorithm; NULL: none. A token without kid finds the
 *  key only when there is no other. */
const struct gv_jwk *gv_jwks_find(const struct gv_jwks *jwks, const struct gv_jwt *jwt);

#endif
