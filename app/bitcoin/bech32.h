/* Bech32 and Bech32m: witness programs as text.
 * Source: BIP173, BIP350. Thread: any (pure). */
#ifndef GV_APP_BITCOIN_BECH32_H
#define GV_APP_BITCOIN_BECH32_H

#include "firmware/base/bytes.h"

#define GV_BECH32_TEXT_MAX   90u /* characters: beyond, the checksum's promise does not hold */
#define GV_BECH32_PREFIX_MAX 83u

struct gv_bech32 {
    bool m; /* Bech32m checksum, not Bech32 */
    uint8_t data_len;
    char prefix[GV_BECH32_PREFIX_MAX + 1]; /* lower case, NUL-terminated */
    uint8_t data[GV_BECH32_TEXT_MAX];      /* 5-bit groups without the checksum */
};

/** Any Bech32 or Bech32m string. Returns: false for mixed case, bad characters, lengths, sums. */
GV_MUST_USE bool gv_bech32_decode(struct gv_bech32 *out, struct gv_view text);

struct gv_segwit {
    char prefix[GV_BECH32_PREFIX_MAX + 1];
    uint8_t version;
    uint8_t program_len;
    uint8_t program[40];
};

/** A segwit address of any prefix, with the rules of both BIPs on version, length and checksum. */
GV_MUST_USE bool gv_segwit_decode(struct gv_segwit *out, struct gv_view text);

/** In: version: 0 .. 16. program: 2 .. 40 bytes (asserted). Out: text: at most 90 and NUL. */
void gv_segwit_encode(char *text, const char *prefix, uint8_t version, struct gv_view program);

#endif
