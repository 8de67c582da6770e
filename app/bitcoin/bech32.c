#include "app/bitcoin/bech32.h"

#include <string.h>

#include "firmware/base/assert.h"

#define CHECKSUM_CHARS 6u
#define CONST_BECH32   1u
#define CONST_BECH32M  0x2bc830a3u

static const char charset[] = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";

static uint32_t polymod_step(uint32_t sum, uint8_t value)
{
    static const uint32_t generator[5] = {0x3b6a57b2u, 0x26508e6du, 0x1ea119fau, 0x3d4233ddu,
                                          0x2a1462b3u};
    const uint32_t top = sum >> 25;
    sum = (sum & 0x1ffffffu) << 5 ^ value;
    for (size_t i = 0; i < 5; i++) {
        if ((top >> i & 1u) != 0) {
            sum ^= generator[i];
        }
    }
    return sum;
}

static uint32_t polymod_prefix(const char *prefix)
{
    uint32_t sum = 1;
    for (size_t i = 0; prefix[i] != '\0'; i++) {
        sum = polymod_step(sum, (uint8_t)((uint8_t)prefix[i] >> 5));
    }
    sum = polymod_step(sum, 0);
    for (size_t i = 0; prefix[i] != '\0'; i++) {
        sum = polymod_step(sum, (uint8_t)((uint8_t)prefix[i] & 31u));
    }
    return sum;
}

/* ---- decoding ------------------------------------------------------------------------------- */

/* Characters 33 .. 126 of one case. */
static bool characters_are_allowed(struct gv_view text)
{
    bool lower = false;
    bool upper = false;
    for (size_t i = 0; i < text.n; i++) {
        const uint8_t c = text.p[i];
        if (c < 33 || c > 126) {
            return false;
        }
        lower = lower || (c >= 'a' && c <= 'z');
        upper = upper || (c >= 'A' && c <= 'Z');
    }
    return !(lower && upper);
}

static char to_lower(uint8_t c)
{
    return (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

static size_t last_separator(struct gv_view text)
{
    size_t at = text.n;
    while (at > 0 && text.p[at - 1] != '1') {
        at--;
    }
    return at == 0 ? text.n : at - 1;
}

bool gv_bech32_decode(struct gv_bech32 *out, struct gv_view text)
{
    if (text.n > GV_BECH32_TEXT_MAX || !characters_are_allowed(text)) {
        return false;
    }
    const size_t separator = last_separator(text);
    if (separator == 0 || separator + 1 + CHECKSUM_CHARS > text.n) {
        return false;
    }
    for (size_t i = 0; i < separator; i++) {
        out->prefix[i] = to_lower(text.p[i]);
    }
    out->prefix[separator] = '\0';

    uint32_t sum = polymod_prefix(out->prefix);
    const size_t values = text.n - separator - 1;
    for (size_t i = 0; i < values; i++) {
        const char *const found = strchr(charset, to_lower(text.p[separator + 1 + i]));
        if (found == NULL) {
            return false;
        }
        out->data[i] = (uint8_t)(found - charset);
        sum = polymod_step(sum, out->data[i]);
    }
    out->m = sum == CONST_BECH32M;
    out->data_len = (uint8_t)(values - CHECKSUM_CHARS);
    return out->m || sum == CONST_BECH32;
}

/* 5-bit groups to bytes; what is left over must be less than a group and zero. */
static bool groups_to_bytes(struct gv_segwit *out, const uint8_t *groups, size_t count)
{
    uint32_t bits = 0;
    uint32_t have = 0;
    size_t n = 0;
    for (size_t i = 0; i < count; i++) {
        bits = (bits << 5 | groups[i]) & 0xfffu;
        have += 5;
        if (have >= 8) {
            if (n == sizeof out->program) {
                return false;
            }
            have -= 8;
            out->program[n] = (uint8_t)(bits >> have);
            n++;
        }
    }
    out->program_len = (uint8_t)n;
    return have < 5 && (bits & ((1u << have) - 1u)) == 0;
}

bool gv_segwit_decode(struct gv_segwit *out, struct gv_view text)
{
    struct gv_bech32 raw = {0};
    if (!gv_bech32_decode(&raw, text) || raw.data_len < 1 || raw.data[0] > 16) {
        return false;
    }
    out->version = raw.data[0];
    if (!groups_to_bytes(out, raw.data + 1, raw.data_len - 1u) || out->program_len < 2) {
        return false;
    }
    if (out->version == 0 && out->program_len != 20 && out->program_len != 32) {
        return false;
    }
    memcpy(out->prefix, raw.prefix, sizeof out->prefix);
    return raw.m == (out->version != 0);
}

/* ---- encoding ------------------------------------------------------------------------------- */

void gv_segwit_encode(char *text, const char *prefix, uint8_t version, struct gv_view program)
{
    GV_ASSERT(version <= 16);
    GV_ASSERT(program.n >= 2);
    GV_ASSERT(program.n <= 40);
    size_t n = strlen(prefix);
    memcpy(text, prefix, n);
    text[n++] = '1';

    uint32_t sum = polymod_step(polymod_prefix(prefix), version);
    text[n++] = charset[version];
    uint32_t bits = 0;
    uint32_t have = 0;
    for (size_t i = 0; i < program.n || have > 0;) {
        if (have < 5 && i < program.n) {
            bits = (bits << 8 | program.p[i]) & 0xffffu;
            have += 8;
            i++;
            continue;
        }
        const uint32_t shift = have < 5 ? 5 - have : 0; /* the last group is filled with zeros */
        const uint8_t group = (uint8_t)((bits << shift >> (have + shift - 5)) & 31u);
        have = have < 5 ? 0 : have - 5;
        sum = polymod_step(sum, group);
        text[n++] = charset[group];
    }
    for (size_t i = 0; i < CHECKSUM_CHARS; i++) {
        sum = polymod_step(sum, 0);
    }
    sum ^= version == 0 ? CONST_BECH32 : CONST_BECH32M;
    for (size_t i = 0; i < CHECKSUM_CHARS; i++) {
        text[n++] = charset[sum >> (25u - 5u * i) & 31u];
    }
    text[n] = '\0';
}
