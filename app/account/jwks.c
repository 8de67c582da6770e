#include "app/account/jwks.h"

#include "firmware/base/assert.h"
#include "firmware/base/json.h"
#include "firmware/base/text.h"

#include <string.h>

static bool text_is(gv_json_ref object, const char *key, const char *value)
{
    struct gv_view text;
    return gv_json_string(gv_json_get(object, key), &text) && gv_view_is(text, value);
}

/* Absent, or this value. */
static bool allows(gv_json_ref object, const char *key, const char *value)
{
    return gv_json_get(object, key) == NULL || text_is(object, key, value);
}

static bool read_bytes(gv_json_ref object, const char *key, uint8_t *out, size_t cap, size_t *n)
{
    struct gv_view text;
    return gv_json_string(gv_json_get(object, key), &text) &&
           gv_base64url_decode(out, n, cap, text) == GV_OK && *n > 0;
}

static bool read_ec(struct gv_jwk *key, gv_json_ref object)
{
    size_t x_n = 0;
    size_t y_n = 0;
    key->alg = GV_JWT_ES256;
    return read_bytes(object, "x", key->point, 32, &x_n) && x_n == 32 &&
           read_bytes(object, "y", key->point + 32, 32, &y_n) && y_n == 32;
}

static bool read_rsa(struct gv_jwk *key, gv_json_ref object)
{
    key->alg = GV_JWT_RS256;
    return read_bytes(object, "n", key->modulus, sizeof(key->modulus), &key->modulus_n) &&
           key->modulus_n >= GV_RSA_BYTES_MIN && key->modulus[0] != 0 &&
           read_bytes(object, "e", key->exponent, sizeof(key->exponent), &key->exponent_n);
}

static bool read_kid(struct gv_jwk *key, gv_json_ref object)
{
    struct gv_view kid;
    const gv_json_ref member = gv_json_get(object, "kid");
    if (member == NULL) {
        return true;
    }
    if (!gv_json_string(member, &kid) || kid.n >= sizeof(key->kid)) {
        return false;
    }
    memcpy(key->kid, kid.p, kid.n);
    key->kid[kid.n] = '\0';
    return true;
}

/* Returns: GV_OK; GV_ERR_UNSUPPORTED: to be passed over; GV_ERR_INVALID. */
static enum gv_err read_key(struct gv_jwk *key, gv_json_ref object)
{
    memset(key, 0, sizeof(*key));
    if (gv_json_type(object) != GV_JSON_OBJECT || !read_kid(key, object)) {
        return GV_ERR_INVALID;
    }
    if (!allows(object, "use", "sig")) {
        return GV_ERR_UNSUPPORTED;
    }
    bool good = false;
    if (text_is(object, "kty", "EC") && text_is(object, "crv", "P-256") &&
        allows(object, "alg", "ES256")) {
        good = read_ec(key, object);
    } else if (text_is(object, "kty", "RSA") && allows(object, "alg", "RS256")) {
        good = read_rsa(key, object);
    } else {
        return GV_ERR_UNSUPPORTED;
    }
    return good ? GV_OK : GV_ERR_INVALID;
}

enum gv_err gv_jwks_parse(struct gv_jwks *jwks, struct gv_arena *arena, char *text, size_t n,
                          struct gv_fail *fail)
{
    struct gv_json json;
    struct gv_json_iter it;
    jwks->count = 0;
    enum gv_err err = gv_json_parse(&json, arena, text, n, fail);
    if (err != GV_OK) {
        return err;
    }
    const gv_json_ref keys = gv_json_get(json.root, "keys");
    if (gv_json_type(keys) != GV_JSON_ARRAY) {
        return gv_fail(fail, GV_ERR_INVALID, "jwks.form", "a key set has an array keys");
    }
    for (gv_json_ref e = gv_json_first(&it, keys); e != NULL; e = gv_json_next(&it)) {
        struct gv_jwk key;
        err = read_key(&key, e);
        if (err == GV_ERR_UNSUPPORTED) {
            continue;
        }
        if (err != GV_OK) {
            return gv_fail(fail, err, "jwks.form", "a key of the set is malformed");
        }
        if (jwks->count == GV_JWKS_KEYS_MAX) {
            return gv_fail(fail, GV_ERR_FULL, "jwks.full", "more than %u keys", GV_JWKS_KEYS_MAX);
        }
        jwks->keys[jwks->count++] = key;
    }
    if (jwks->count == 0) {
        return gv_fail(fail, GV_ERR_NOT_FOUND, "jwks.empty", "no key of a known kind");
    }
    return GV_OK;
}

const struct gv_jwk *gv_jwks_find(const struct gv_jwks *jwks, const struct gv_jwt *jwt)
{
    for (uint32_t i = 0; i < jwks->count; i++) {
        const struct gv_jwk *key = &jwks->keys[i];
        const bool named = jwt->kid[0] != '\0' && strcmp(key->kid, jwt->kid) == 0;
        const bool only = jwt->kid[0] == '\0' && jwks->count == 1;
        if (key->alg == jwt->alg && (named || only)) {
            return key;
        }
    }
    return NULL;
}

/* ---- shelf ------------------------------------------------------------------------------------ */

void gv_jwks_shelf_init(struct gv_jwks_shelf *shelf)
{
    const int rc = pthread_mutex_init(&shelf->lock, NULL);
    GV_ASSERT(rc == 0);
    shelf->keys.count = 0;
    atomic_init(&shelf->missed, false);
}

bool gv_jwks_shelf_missed(struct gv_jwks_shelf *shelf)
{
    return atomic_load(&shelf->missed);
}

void gv_jwks_shelf_forget_missed(struct gv_jwks_shelf *shelf)
{
    atomic_store(&shelf->missed, false);
}

void gv_jwks_shelf_put(struct gv_jwks_shelf *shelf, const struct gv_jwks *keys)
{
    pthread_mutex_lock(&shelf->lock);
    shelf->keys = *keys;
    pthread_mutex_unlock(&shelf->lock);
}

bool gv_jwks_shelf_find(struct gv_jwks_shelf *shelf, const struct gv_jwt *jwt, struct gv_jwk *key)
{
    pthread_mutex_lock(&shelf->lock);
    const struct gv_jwk *found = gv_jwks_find(&shelf->keys, jwt);
    if (found != NULL) {
        *key = *found;
    }
    pthread_mutex_unlock(&shelf->lock);
    if (found == NULL && jwt->kid[0] != '\0') {
        atomic_store(&shelf->missed, true);
    }
    return found != NULL;
}
