#include "firmware/base/kdf.h"

#include "firmware/base/assert.h"
#include "firmware/base/crypto.h"

#include <mbedtls/sha1.h>
#include <mbedtls/sha512.h>
#include <string.h>

enum {
    SHA512_BLOCK = 128,
    SHA1_BLOCK = 64,
    INNER_PAD = 0x36,
    OUTER_PAD = 0x5c
};

/* ---- PBKDF2 ------------------------------------------------------------------------------- */

/* HMAC-SHA512 with the key already absorbed. Each round then costs two compressions; the library's
 * own PBKDF2 absorbs the key anew each time and costs four, which would help the attacker alone. */
struct keyed {
    mbedtls_sha512_context inner;
    mbedtls_sha512_context outer;
};

static void absorb(mbedtls_sha512_context *ctx, const uint8_t key[SHA512_BLOCK], uint8_t pad)
{
    uint8_t block[SHA512_BLOCK];
    for (size_t i = 0; i < sizeof(block); i++) {
        block[i] = key[i] ^ pad;
    }
    mbedtls_sha512_init(ctx);
    int rc = mbedtls_sha512_starts(ctx, 0);
    GV_ASSERT(rc == 0);
    rc = mbedtls_sha512_update(ctx, block, sizeof(block));
    GV_ASSERT(rc == 0);
    gv_secure_zero(block, sizeof(block));
}

static void keyed_init(struct keyed *keyed, struct gv_view password)
{
    uint8_t key[SHA512_BLOCK] = {0};
    if (password.n > sizeof(key)) {
        int rc = mbedtls_sha512(password.p, password.n, key, 0);
        GV_ASSERT(rc == 0);
    } else if (password.n > 0) {
        memcpy(key, password.p, password.n);
    }
    absorb(&keyed->inner, key, INNER_PAD);
    absorb(&keyed->outer, key, OUTER_PAD);
    gv_secure_zero(key, sizeof(key));
}

static void finish_from(uint8_t out[GV_SHA512_LEN], const mbedtls_sha512_context *state,
                        struct gv_view first, struct gv_view second)
{
    mbedtls_sha512_context ctx;
    mbedtls_sha512_init(&ctx);
    mbedtls_sha512_clone(&ctx, state);
    int rc = first.n > 0 ? mbedtls_sha512_update(&ctx, first.p, first.n) : 0;
    GV_ASSERT(rc == 0);
    rc = second.n > 0 ? mbedtls_sha512_update(&ctx, second.p, second.n) : 0;
    GV_ASSERT(rc == 0);
    rc = mbedtls_sha512_finish(&ctx, out);
    GV_ASSERT(rc == 0);
    mbedtls_sha512_free(&ctx);
}

static void mac(uint8_t out[GV_SHA512_LEN], const struct keyed *keyed, struct gv_view first,
                struct gv_view second)
{
    uint8_t inner[GV_SHA512_LEN];
    finish_from(inner, &keyed->inner, first, second);
    finish_from(out, &keyed->outer, gv_view_of(inner, sizeof(inner)), gv_view_of(NULL, 0));
    gv_secure_zero(inner, sizeof(inner));
}

void gv_pbkdf2_sha512(uint8_t out[GV_SHA512_LEN], struct gv_view password, struct gv_view salt,
                      uint32_t rounds)
{
    static const uint8_t first_block[4] = {0, 0, 0, 1};
    struct keyed keyed;
    uint8_t u[GV_SHA512_LEN];
    GV_ASSERT(rounds >= 1);
    keyed_init(&keyed, password);
    mac(u, &keyed, salt, gv_view_of(first_block, sizeof(first_block)));
    memcpy(out, u, sizeof(u));
    for (uint32_t round = 1; round < rounds; round++) {
        mac(u, &keyed, gv_view_of(u, sizeof(u)), gv_view_of(NULL, 0));
        for (size_t i = 0; i < sizeof(u); i++) {
            out[i] ^= u[i];
        }
    }
    gv_secure_zero(u, sizeof(u));
    mbedtls_sha512_free(&keyed.inner); /* wipes it */
    mbedtls_sha512_free(&keyed.outer);
}

/* ---- HMAC-SHA-1 --------------------------------------------------------------------------- */

static void sha1_of(uint8_t out[GV_SHA1_LEN], struct gv_view first, struct gv_view second)
{
    mbedtls_sha1_context ctx;
    mbedtls_sha1_init(&ctx);
    int rc = mbedtls_sha1_starts(&ctx);
    GV_ASSERT(rc == 0);
    rc = mbedtls_sha1_update(&ctx, first.p, first.n);
    GV_ASSERT(rc == 0);
    rc = second.n > 0 ? mbedtls_sha1_update(&ctx, second.p, second.n) : 0;
    GV_ASSERT(rc == 0);
    rc = mbedtls_sha1_finish(&ctx, out);
    GV_ASSERT(rc == 0);
    mbedtls_sha1_free(&ctx);
}

void gv_hmac_sha1(uint8_t out[GV_SHA1_LEN], struct gv_view key, struct gv_view message)
{
    uint8_t block[SHA1_BLOCK] = {0};
    uint8_t inner[GV_SHA1_LEN];
    if (key.n > sizeof(block)) {
        sha1_of(block, key, gv_view_of(NULL, 0));
    } else if (key.n > 0) {
        memcpy(block, key.p, key.n);
    }
    for (size_t i = 0; i < sizeof(block); i++) {
        block[i] ^= INNER_PAD;
    }
    sha1_of(inner, gv_view_of(block, sizeof(block)), message);
    for (size_t i = 0; i < sizeof(block); i++) {
        block[i] ^= INNER_PAD ^ OUTER_PAD;
    }
    sha1_of(out, gv_view_of(block, sizeof(block)), gv_view_of(inner, sizeof(inner)));
    gv_secure_zero(block, sizeof(block));
    gv_secure_zero(inner, sizeof(inner));
}
