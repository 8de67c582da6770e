/* Key derivation and the old MAC: what passwords (PBKDF2) and one-time codes (HMAC-SHA-1) are made of.
 *
 * PBKDF2 is slow on purpose (210,000 rounds: 0.1 s on a PC, 0.5 s on a Pi): call it where waiting is
 * allowed, and bound how many run at once. Pure. Thread: any. */
#ifndef GV_FIRMWARE_BASE_KDF_H
#define GV_FIRMWARE_BASE_KDF_H

#include "firmware/base/bytes.h"

#define GV_SHA512_LEN 64u
#define GV_SHA1_LEN   20u

/** First block of PBKDF2-HMAC-SHA512. Source: RFC 8018 section 5.2.
 *  In: rounds: at least 1. */
void gv_pbkdf2_sha512(uint8_t out[GV_SHA512_LEN], struct gv_view password, struct gv_view salt,
                      uint32_t rounds);

/** Source: RFC 2104 with SHA-1, for RFC 4226 alone. */
void gv_hmac_sha1(uint8_t out[GV_SHA1_LEN], struct gv_view key, struct gv_view message);

#endif
