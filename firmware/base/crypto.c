#include "firmware/base/crypto.h"

#include "firmware/base/assert.h"

#include <mbedtls/constant_time.h>
#include <mbedtls/gcm.h>
#include <mbedtls/ripemd160.h>
#include <mbedtls/sha256.h>
#include <string.h>

enum {
    SHA256_BLOCK = 64
};

_Static_assert(sizeof(mbedtls_sha256_context) <= sizeof(struct gv_sha256),
               "the caller's memory holds the library's context");
_Static_assert(_Alignof(mbedtls_sha256_context) <= _Alignof(struct gv_sha256),
               "and is aligned for it");

/* ---- SHA-256 ------------------------------------------------------------------------------ */

static mbedtls_sha256_context *inside(struct gv_sha256 *ctx)
{
    return (mbedtls_sha256_context *)(void *)ctx->opaque;
}

void gv_sha256_init(struct gv_sha256 *ctx)
{
    mbedtls_sha256_init(inside(ctx));
    int rc = mbedtls_sha256_starts(inside(ctx), 0);
    GV_ASSERT(rc == 0);
}

void gv_sha256_add(struct gv_sha256 *ctx, struct gv_view v)
{
    if (v.n == 0) {
        return;
    }
    int rc = mbedtls_sha256_update(inside(ctx), v.p, v.n);
    GV_ASSERT(rc == 0);
}

void gv_sha256_finish(struct gv_sha256 *ctx, struct gv_hash256 *out)
{
    int rc = mbedtls_sha256_finish(inside(ctx), out->b);
    GV_ASSERT(rc == 0);
    mbedtls_sha256_free(inside(ctx)); /* wipes it */
}

void gv_sha256_of(struct gv_hash256 *out, struct gv_view v)
{
    struct gv_sha256 ctx;
    gv_sha256_init(&ctx);
    gv_sha256_add(&ctx, v);
    gv_sha256_finish(&ctx, out);
}

void gv_sha256d_finish(struct gv_sha256 *ctx, struct gv_hash256 *out)
{
    struct gv_hash256 first;
    gv_sha256_finish(ctx, &first);
    gv_sha256_of(out, gv_view_of(first.b, sizeof(first.b)));
}

void gv_sha256d_of(struct gv_hash256 *out, struct gv_view v)
{
    struct gv_sha256 ctx;
    gv_sha256_init(&ctx);
    gv_sha256_add(&ctx, v);
    gv_sha256d_finish(&ctx, out);
}

void gv_hash160_of(struct gv_hash160 *out, struct gv_view v)
{
    struct gv_hash256 first;
    gv_sha256_of(&first, v);
    int rc = mbedtls_ripemd160(first.b, sizeof(first.b), out->b);
    GV_ASSERT(rc == 0);
}

void gv_tagged_init(struct gv_sha256 *ctx, const char *tag)
{
    struct gv_hash256 tag_hash;
    gv_sha256_of(&tag_hash, gv_view_of(tag, strlen(tag)));
    gv_sha256_init(ctx);
    gv_sha256_add(ctx, gv_view_of(tag_hash.b, sizeof(tag_hash.b)));
    gv_sha256_add(ctx, gv_view_of(tag_hash.b, sizeof(tag_hash.b)));
}

/* ---- MAC and comparing -------------------------------------------------------------------- */

/* RFC 2104. Written out because the library's own takes its context from the heap. */
void gv_hmac_sha256(struct gv_hash256 *out, struct gv_view key, struct gv_view message)
{
    uint8_t block[SHA256_BLOCK] = {0};
    if (key.n > sizeof(block)) {
        struct gv_hash256 short_key;
        gv_sha256_of(&short_key, key);
        memcpy(block, short_key.b, sizeof(short_key.b));
        gv_secure_zero(&short_key, sizeof(short_key));
    } else if (key.n > 0) {
        memcpy(block, key.p, key.n);
    }
    for (size_t i = 0; i < sizeof(block); i++) {
        block[i] ^= 0x36;
    }
    struct gv_sha256 ctx;
    struct gv_hash256 inner;
    gv_sha256_init(&ctx);
    gv_sha256_add(&ctx, gv_view_of(block, sizeof(block)));
    gv_sha256_add(&ctx, message);
    gv_sha256_finish(&ctx, &inner);

    for (size_t i = 0; i < sizeof(block); i++) {
        block[i] ^= 0x36 ^ 0x5c;
    }
    gv_sha256_init(&ctx);
    gv_sha256_add(&ctx, gv_view_of(block, sizeof(block)));
    gv_sha256_add(&ctx, gv_view_of(inner.b, sizeof(inner.b)));
    gv_sha256_finish(&ctx, out);
    gv_secure_zero(block, sizeof(block));
    gv_secure_zero(&inner, sizeof(inner));
}

bool gv_hash256_equal(const struct gv_hash256 *a, const struct gv_hash256 *b)
{
    return memcmp(a->b, b->b, sizeof(a->b)) == 0;
}

bool gv_constant_time_equal(const void *a, const void *b, size_t n)
{
    return n == 0 || mbedtls_ct_memcmp(a, b, n) == 0;
}

void gv_secure_zero(void *p, size_t n)
{
    explicit_bzero(p, n);
}

/* ---- sealing ------------------------------------------------------------------------------ */

static void gcm_begin(mbedtls_gcm_context *gcm, const struct gv_seal_key *key)
{
    mbedtls_gcm_init(gcm);
    int rc = mbedtls_gcm_setkey(gcm, MBEDTLS_CIPHER_ID_AES, key->b, 8 * sizeof(key->b));
    GV_ASSERT(rc == 0);
}

void gv_seal(uint8_t *out, const struct gv_seal_key *key, const uint8_t nonce[GV_SEAL_NONCE_LEN],
             struct gv_view aad, struct gv_view plain)
{
    mbedtls_gcm_context gcm;
    gcm_begin(&gcm, key);
    uint8_t *tag = out + GV_SEAL_NONCE_LEN + plain.n;
    int rc = mbedtls_gcm_crypt_and_tag(&gcm, MBEDTLS_GCM_ENCRYPT, plain.n, nonce, GV_SEAL_NONCE_LEN,
                                       aad.p, aad.n, plain.p, out + GV_SEAL_NONCE_LEN,
                                       GV_SEAL_TAG_LEN, tag);
    GV_ASSERT(rc == 0);
    memcpy(out, nonce, GV_SEAL_NONCE_LEN);
    mbedtls_gcm_free(&gcm);
}

enum gv_err gv_unseal(uint8_t *out, const struct gv_seal_key *key, struct gv_view aad,
                      struct gv_view sealed)
{
    if (sealed.n < GV_SEAL_OVERHEAD) {
        return GV_ERR_CRYPTO;
    }
    size_t n = sealed.n - GV_SEAL_OVERHEAD;
    const uint8_t *text = sealed.p + GV_SEAL_NONCE_LEN;
    mbedtls_gcm_context gcm;
    gcm_begin(&gcm, key);
    int rc = mbedtls_gcm_auth_decrypt(&gcm, n, sealed.p, GV_SEAL_NONCE_LEN, aad.p, aad.n, text + n,
                                      GV_SEAL_TAG_LEN, text, out);
    mbedtls_gcm_free(&gcm);
    GV_ASSERT(rc == 0 || rc == MBEDTLS_ERR_GCM_AUTH_FAILED);
    return rc == 0 ? GV_OK : GV_ERR_CRYPTO;
}
