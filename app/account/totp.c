#include "app/account/totp.h"

#include "firmware/base/assert.h"
#include "firmware/base/crypto.h"
#include "firmware/base/kdf.h"
#include "firmware/base/text.h"

#define DIGITS 6u

uint32_t gv_totp_value(struct gv_view secret, uint64_t step, unsigned digits)
{
    uint8_t message[8];
    uint8_t mac[GV_SHA1_LEN];
    for (size_t i = 0; i < sizeof(message); i++) {
        message[i] = (uint8_t)(step >> (56u - 8u * i));
    }
    gv_hmac_sha1(mac, secret, gv_view_of(message, sizeof(message)));
    const uint8_t *p = mac + (mac[GV_SHA1_LEN - 1] & 15u);
    const uint32_t number =
        (uint32_t)(p[0] & 0x7fu) << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
    uint32_t modulus = 1;
    for (unsigned i = 0; i < digits; i++) {
        modulus *= 10u;
    }
    gv_secure_zero(mac, sizeof(mac));
    return number % modulus;
}

bool gv_totp_check(const uint8_t secret[GV_TOTP_SECRET_LEN], struct gv_view code, struct gv_utc now,
                   uint64_t last_step, uint64_t *step)
{
    char expected[DIGITS + 1];
    if (code.n != DIGITS || now.s < 0) {
        return false;
    }
    bool found = false;
    const uint64_t middle = (uint64_t)now.s / GV_TOTP_STEP_S;
    const uint64_t first = middle >= GV_TOTP_DRIFT ? middle - GV_TOTP_DRIFT : 0;
    for (uint64_t at = first; at <= middle + GV_TOTP_DRIFT; at++) {
        const uint32_t value = gv_totp_value(gv_view_of(secret, GV_TOTP_SECRET_LEN), at, DIGITS);
        const bool fits = gv_format(expected, sizeof(expected), "%06u", (unsigned)value);
        GV_ASSERT(fits);
        if (gv_constant_time_equal(expected, code.p, DIGITS) && at > last_step && !found) {
            *step = at;
            found = true;
        }
    }
    gv_secure_zero(expected, sizeof(expected));
    return found;
}

/* Twenty bytes are exactly 32 digits: no padding. */
void gv_totp_secret_text(char text[GV_TOTP_TEXT_MAX], const uint8_t secret[GV_TOTP_SECRET_LEN])
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    size_t n = 0;
    for (size_t i = 0; i < GV_TOTP_SECRET_LEN; i += 5) {
        uint64_t group = 0;
        for (size_t k = 0; k < 5; k++) {
            group = group << 8 | secret[i + k];
        }
        for (unsigned k = 0; k < 8; k++) {
            text[n++] = digits[group >> (35u - 5u * k) & 31u];
        }
    }
    text[n] = '\0';
}

void gv_totp_uri(char uri[GV_TOTP_URI_MAX], const char *name,
                 const uint8_t secret[GV_TOTP_SECRET_LEN])
{
    char text[GV_TOTP_TEXT_MAX];
    gv_totp_secret_text(text, secret);
    const bool fits = gv_format(
        uri, GV_TOTP_URI_MAX,
        "otpauth://totp/gavel:%s?secret=%s&issuer=gavel&algorithm=SHA1&digits=6&period=30", name,
        text);
    GV_ASSERT(fits);
    gv_secure_zero(text, sizeof(text));
}
