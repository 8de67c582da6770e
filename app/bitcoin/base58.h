/* Base58Check: a payload of up to 21 bytes with a checksum of four, as legacy addresses use it.
 * Source: Bitcoin Core base58.cpp. Thread: any (pure). */
#ifndef GV_APP_BITCOIN_BASE58_H
#define GV_APP_BITCOIN_BASE58_H

#include "firmware/base/bytes.h"

#define GV_BASE58_PAYLOAD_MAX 21u
/* 25 bytes give at most 35 digits: 25 * log(256) / log(58), rounded up. */
#define GV_BASE58_TEXT_MAX 35u

/** In: payload: at most GV_BASE58_PAYLOAD_MAX bytes (asserted).
 *  Out: text: at most GV_BASE58_TEXT_MAX characters and NUL. */
void gv_base58check_encode(char *text, struct gv_view payload);

/** Returns: false unless the text is exactly n payload bytes (<= GV_BASE58_PAYLOAD_MAX) and their
 *  right checksum. */
GV_MUST_USE bool gv_base58check_decode(uint8_t *payload, size_t n, struct gv_view text);

#endif
