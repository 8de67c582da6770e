/* What an owner brings as chain and key: it is refused, or it has names, an end, and a key that belongs to it. Mbed TLS
 * does the parsing, our rules the judging. Names it speaks for are found again by it. */
#include "firmware/base/assert.h"
#include "firmware/base/text.h"
#include "hal/linux/own_cert.h"
#include "hal/linux/third_party_memory.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int rng(void *ctx, unsigned char *out, size_t n)
{
    (void)ctx;
    memset(out, 0x5a, n);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool ready;
    struct gv_own_pair pair;
    if (!ready) {
        gv_memory_init();
        ready = true;
    }
    if (size > GV_OWN_CERT_PEM_MAX) {
        return 0;
    }
    uint8_t *pem = malloc(size + 1); /* of its own, so that a read beyond it is seen */
    GV_ASSERT(pem != NULL);
    memcpy(pem, data, size);
    pem[size] = '\0';
    const enum gv_err err = gv_own_cert_load(&pair, gv_view_of(pem, size + 1), rng, NULL, NULL);
    GV_ASSERT((err == GV_OK) == (pair.says.state == GV_OWN_CERT_SERVED));
    GV_ASSERT(err != GV_OK || pair.says.names_n > 0);
    for (uint32_t i = 0; i < pair.says.names_n; i++) {
        const struct gv_view name = gv_view_str(pair.says.names[i]);
        GV_ASSERT(name.n > 0);
        GV_ASSERT(name.p[0] == '*' || gv_own_cert_covers(&pair.says, name));
    }
    gv_own_cert_free(&pair);
    free(pem);
    return 0;
}
