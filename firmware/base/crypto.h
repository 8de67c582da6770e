/* Hashes, MAC, the sealing of secrets at rest, and constant-time helpers.
 *
 * The one source file behind this header is the only place outside `hal/linux` and the TLS glue
 * that sees Mbed TLS. All functions are pure; a failure of the library itself is our programming
 * error and aborts. Thread: any. */
#ifndef GV_FIRMWARE_BASE_CRYPTO_H
#define GV_FIRMWARE_BASE_CRYPTO_H

#include "firmware/base/bytes.h"

struct gv_hash256 {
    uint8_t b[32]; /* internal byte order: as hashed, the reverse of how txids are printed */
};

struct gv_hash160 {
    uint8_t b[20];
};

/** Incremental SHA-256 on caller memory (no allocation). */
struct gv_sha256 {
    _Alignas(8) uint8_t opaque[128];
};

void gv_sha256_init(struct gv_sha256 *ctx);
void gv_sha256_add(struct gv_sha256 *ctx, struct gv_view v);
void gv_sha256_finish(struct gv_sha256 *ctx, struct gv_hash256 *out);

void gv_sha256_of(struct gv_hash256 *out, struct gv_view v);
/** SHA-256 of SHA-256 (Bitcoin "hash256"). */
void gv_sha256d_of(struct gv_hash256 *out, struct gv_view v);
/** Second round of SHA256d over a finished context. */
void gv_sha256d_finish(struct gv_sha256 *ctx, struct gv_hash256 *out);
/** RIPEMD-160 of SHA-256 (Bitcoin "hash160"). */
void gv_hash160_of(struct gv_hash160 *out, struct gv_view v);
/** Begin a BIP340 tagged hash: SHA256(tag) twice. */
void gv_tagged_init(struct gv_sha256 *ctx, const char *tag);

void gv_hmac_sha256(struct gv_hash256 *out, struct gv_view key, struct gv_view message);

bool gv_hash256_equal(const struct gv_hash256 *a, const struct gv_hash256 *b);

/** Compare without revealing where the difference is. */
bool gv_constant_time_equal(const void *a, const void *b, size_t n);
/** Overwrite in a way the compiler keeps. */
void gv_secure_zero(void *p, size_t n);

/* ---- sealing (AES-256-GCM) ------------------------------------------------------------------ */

#define GV_SEAL_KEY_LEN   32u
#define GV_SEAL_NONCE_LEN 12u
#define GV_SEAL_TAG_LEN   16u
#define GV_SEAL_OVERHEAD  (GV_SEAL_NONCE_LEN + GV_SEAL_TAG_LEN)

/** A key that cannot be printed: pass it by pointer, wipe it with gv_secure_zero. */
struct gv_seal_key {
    uint8_t b[GV_SEAL_KEY_LEN];
};

/** Seal `plain` as nonce | ciphertext | tag.
 *  In:  nonce: never used twice with one key (random, from gv_entropy). aad: bound, not hidden.
 *  Out: out: plain.n + GV_SEAL_OVERHEAD bytes. */
void gv_seal(uint8_t *out, const struct gv_seal_key *key, const uint8_t nonce[GV_SEAL_NONCE_LEN],
             struct gv_view aad, struct gv_view plain);

/** Open what gv_seal made.
 *  Returns: GV_OK; GV_ERR_CRYPTO when key, aad or bytes differ (out is all zero then).
 *  Out:     out: sealed.n - GV_SEAL_OVERHEAD bytes. */
GV_MUST_USE enum gv_err gv_unseal(uint8_t *out, const struct gv_seal_key *key, struct gv_view aad,
                                  struct gv_view sealed);

#endif
