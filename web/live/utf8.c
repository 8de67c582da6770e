#include "web/live/seat.h"

/* Bytes that follow a lead byte, and the range its first follower must be in (no overlong forms, no
 * surrogates, nothing above U+10FFFF: RFC 3629 section 4). */
static bool lead(uint8_t c, unsigned *followers, uint8_t *low, uint8_t *high)
{
    *low = 0x80;
    *high = 0xbf;
    if (c >= 0xc2 && c <= 0xdf) {
        *followers = 1;
    } else if (c >= 0xe0 && c <= 0xef) {
        *followers = 2;
        *low = c == 0xe0 ? 0xa0 : 0x80;
        *high = c == 0xed ? 0x9f : 0xbf;
    } else if (c >= 0xf0 && c <= 0xf4) {
        *followers = 3;
        *low = c == 0xf0 ? 0x90 : 0x80;
        *high = c == 0xf4 ? 0x8f : 0xbf;
    } else {
        return false;
    }
    return true;
}

bool gv_utf8_valid(struct gv_view text)
{
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] < 0x80) {
            continue;
        }
        unsigned followers = 0;
        uint8_t low = 0;
        uint8_t high = 0;
        if (!lead(text.p[i], &followers, &low, &high) || followers > text.n - i - 1) {
            return false;
        }
        for (; followers > 0; followers--) {
            i++;
            if (text.p[i] < low || text.p[i] > high) {
                return false;
            }
            low = 0x80;
            high = 0xbf;
        }
    }
    return true;
}
