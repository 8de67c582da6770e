/* The bundle reader and the record of updates. The first byte says how the input is cut; the rest is lines that we sign,
 * as a maker with other ideas would, then parts. What is believed keeps every limit of its header. */
#include "app/update/maker.h"
#include "app/update/record.h"
#include "firmware/base/assert.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct gv_signer signer;
static uint8_t head[GV_BUNDLE_HEAD];
static struct gv_bundle_reader reader;

static void open_signer(void)
{
    const uint8_t secret[32] = {[31] = 42};
    uint8_t seed[32] = {1};
    const enum gv_err err = gv_signer_open(&signer, secret, seed, NULL);
    GV_ASSERT(err == GV_OK);
}

static void assert_within_limits(const struct gv_bundle *bundle)
{
    uint64_t bytes = GV_BUNDLE_HEAD;
    GV_ASSERT(bundle->parts_n >= 1);
    GV_ASSERT(bundle->parts_n <= GV_BUNDLE_PARTS_MAX);
    for (uint32_t i = 0; i < bundle->parts_n; i++) {
        GV_ASSERT(bundle->parts[i].bytes <= GV_BUNDLE_PART_MAX);
        GV_ASSERT(strpbrk(bundle->parts[i].name, "/ \n") == NULL);
        GV_ASSERT(bundle->parts[i].name[0] != '.');
        bytes += bundle->parts[i].bytes;
    }
    GV_ASSERT(bytes == bundle->bytes);
    GV_ASSERT(bytes <= GV_BUNDLE_BYTES_MAX);
}

static void read_record(const uint8_t *data, size_t size)
{
    char text[GV_SLOT_RECORD_MAX];
    char again[GV_UPDATE_STATE_MAX];
    struct gv_update_state state;
    const size_t n = size < sizeof(text) ? size : sizeof(text) - 1;
    memcpy(text, data, n);
    text[n] = '\0';
    if (gv_update_state_parse(&state, text, NULL) == GV_OK) {
        struct gv_update_state second;
        gv_update_state_format(&state, again);
        const enum gv_err err = gv_update_state_parse(&second, again, NULL);
        GV_ASSERT(err == GV_OK);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct gv_bundle_rules rules = {.has_key = true, .any_version = true};
    const struct gv_bundle_sink nowhere = {.ctx = NULL};
    struct gv_fail fail = {.err = GV_OK};
    if (size < 2) {
        return 0;
    }
    if (signer.pubkey[0] == 0) {
        open_signer();
    }
    read_record(data + 1, size - 1);
    const uint8_t *end = memchr(data + 1, 0, size - 1);
    const size_t lines = end == NULL ? size - 1 : (size_t)(end - data - 1);
    memset(head, 0, sizeof(head));
    memcpy(rules.key, signer.pubkey, sizeof(rules.key));
    const size_t n = lines < sizeof(head) - 256 ? lines : sizeof(head) - 256;
    memcpy(head, data + 1, n);
    const uint8_t aux[32] = {0};
    if ((data[0] & 1u) == 0 &&
        gv_bundle_sign_lines(head, n, &signer, aux, NULL) != GV_OK) { /* else: not signed */
        return 0;
    }
    gv_bundle_reader_init(&reader, &rules, &nowhere);
    enum gv_err err = gv_bundle_put(&reader, gv_view_of(head, sizeof(head)), &fail);
    if (err == GV_OK) {
        assert_within_limits(&reader.bundle);
        const size_t step = 1u + (data[0] >> 1);
        for (size_t at = 1 + lines; err == GV_OK && at < size; at += step) {
            err = gv_bundle_put(&reader, gv_view_of(data + at, size - at < step ? size - at : step),
                                &fail);
        }
    }
    if (err == GV_OK) {
        err = gv_bundle_end(&reader, &fail);
    }
    GV_ASSERT((err == GV_OK) == (fail.code[0] == '\0'));
    return 0;
}
