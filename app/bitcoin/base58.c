#include "app/bitcoin/base58.h"

#include <string.h>

#include "firmware/base/assert.h"
#include "firmware/base/crypto.h"

#define CHECKSUM_BYTES 4u
#define BYTES_MAX      (GV_BASE58_PAYLOAD_MAX + CHECKSUM_BYTES)

static const char alphabet[] = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

static void checksum_of(uint8_t out[CHECKSUM_BYTES], struct gv_view payload)
{
    struct gv_hash256 hash;
    gv_sha256d_of(&hash, payload);
    memcpy(out, hash.b, CHECKSUM_BYTES);
}

/* number = number * by + add, over digits of base `base`, least significant last. */
static bool multiply_add(uint8_t *digits, size_t n, uint32_t base, uint32_t by, uint32_t add)
{
    uint32_t carry = add;
    for (size_t i = n; i > 0; i--) {
        carry += digits[i - 1] * by;
        digits[i - 1] = (uint8_t)(carry % base);
        carry /= base;
    }
    return carry == 0;
}

void gv_base58check_encode(char *text, struct gv_view payload)
{
    GV_ASSERT(payload.n <= GV_BASE58_PAYLOAD_MAX);
    uint8_t bytes[BYTES_MAX];
    uint8_t digits[GV_BASE58_TEXT_MAX] = {0};
    memcpy(bytes, payload.p, payload.n);
    checksum_of(bytes + payload.n, payload);
    const size_t n = payload.n + CHECKSUM_BYTES;

    size_t zeros = 0;
    while (zeros < n && bytes[zeros] == 0) {
        zeros++;
    }
    for (size_t i = 0; i < n; i++) {
        const bool fits = multiply_add(digits, sizeof digits, 58, 256, bytes[i]);
        GV_ASSERT(fits);
    }
    size_t first = 0;
    while (first < sizeof digits && digits[first] == 0) {
        first++;
    }

    size_t at = 0;
    while (at < zeros) {
        text[at++] = alphabet[0];
    }
    while (first < sizeof digits) {
        text[at++] = alphabet[digits[first++]];
    }
    text[at] = '\0';
}

bool gv_base58check_decode(uint8_t *payload, size_t n, struct gv_view text)
{
    GV_ASSERT(n <= GV_BASE58_PAYLOAD_MAX);
    uint8_t bytes[BYTES_MAX] = {0};
    uint8_t checksum[CHECKSUM_BYTES];
    const size_t size = n + CHECKSUM_BYTES;
    if (text.n > GV_BASE58_TEXT_MAX) {
        return false;
    }
    for (size_t i = 0; i < text.n; i++) {
        const char *const found = text.p[i] == 0 ? NULL : strchr(alphabet, text.p[i]);
        if (found == NULL || !multiply_add(bytes, size, 256, 58, (uint32_t)(found - alphabet))) {
            return false;
        }
    }
    /* A leading '1' stands for a zero byte: their numbers must agree, or the length is another. */
    size_t ones = 0;
    size_t zeros = 0;
    while (ones < text.n && text.p[ones] == '1') {
        ones++;
    }
    while (zeros < size && bytes[zeros] == 0) {
        zeros++;
    }
    checksum_of(checksum, gv_view_of(bytes, n));
    if (ones != zeros || memcmp(checksum, bytes + n, CHECKSUM_BYTES) != 0) {
        return false;
    }
    memcpy(payload, bytes, n);
    return true;
}
