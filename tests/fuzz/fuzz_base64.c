/* Base64 from outside (PSBTs): what decodes is canonical, so encoding it gives the same text again;
 * decoding in place and into a buffer that is exactly long enough gives the same bytes. Any bytes
 * encode to a text that decodes to them. */
#include "firmware/base/bytes.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool claim)
{
    if (!claim) {
        abort();
    }
}

static void decode(const uint8_t *data, size_t size)
{
    size_t cap = size / 4 * 3;
    uint8_t *out = malloc(cap + 1);
    char *text = malloc(size + 1);
    char *again = malloc(GV_BASE64_LEN(cap) + 1);
    if (out == NULL || text == NULL || again == NULL) {
        abort();
    }
    memcpy(text, data, size);
    size_t n = 0;
    enum gv_err err = gv_base64_decode(out, &n, cap, text, size);
    check(err == GV_OK || err == GV_ERR_INVALID);
    if (err == GV_OK) {
        check(gv_base64_encode(again, gv_view_of(out, n)) == size);
        check(memcmp(again, data, size) == 0);
        size_t exact = 0;
        check(gv_base64_decode((uint8_t *)text, &exact, n, text, size) == GV_OK);
        check(exact == n);
        check(memcmp(text, out, n) == 0);
        check(n == 0 || gv_base64_decode(out, &exact, n - 1, again, size) == GV_ERR_TOO_LARGE);
    } else {
        check(n == 0);
    }
    free(again);
    free(text);
    free(out);
}

static void round_trip(const uint8_t *data, size_t size)
{
    char *text = malloc(GV_BASE64_LEN(size) + 1);
    uint8_t *out = malloc(size + 1);
    if (text == NULL || out == NULL) {
        abort();
    }
    size_t text_len = gv_base64_encode(text, gv_view_of(data, size));
    size_t n = 0;
    check(text_len == GV_BASE64_LEN(size));
    check(gv_base64_decode(out, &n, size, text, text_len) == GV_OK);
    check(n == size);
    check(memcmp(out, data, size) == 0);
    free(out);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    decode(data, size);
    round_trip(data, size);
    return 0;
}
