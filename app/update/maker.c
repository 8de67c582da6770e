#include "app/update/maker.h"

#include "firmware/base/text.h"

#include <inttypes.h>
#include <string.h>

static enum gv_err no_room(struct gv_fail *fail)
{
    return gv_fail(fail, GV_ERR_TOO_LARGE, "update.head", "the parts do not fit the head of %u",
                   GV_BUNDLE_HEAD);
}

enum gv_err gv_bundle_sign_lines(uint8_t head[GV_BUNDLE_HEAD], size_t n,
                                 const struct gv_signer *signer, const uint8_t aux[32],
                                 struct gv_fail *fail)
{
    uint8_t signature[64];
    char hex[2 * sizeof(signature) + 1];
    struct gv_hash256 digest;
    struct gv_sha256 sha;
    gv_tagged_init(&sha, GV_BUNDLE_TAG);
    gv_sha256_add(&sha, gv_view_of(head, n));
    gv_sha256_finish(&sha, &digest);
    gv_schnorr_sign(signature, signer, &digest, aux);
    gv_hex_encode(hex, gv_view_of(signature, sizeof(signature)));
    return gv_format((char *)head + n, GV_BUNDLE_HEAD - n, "signature %s\n", hex) ? GV_OK
                                                                                  : no_room(fail);
}

enum gv_err gv_bundle_make_head(uint8_t head[GV_BUNDLE_HEAD], const struct gv_bundle *bundle,
                                const struct gv_signer *signer, const uint8_t aux[32],
                                struct gv_fail *fail)
{
    char *text = (char *)head;
    char version[GV_VERSION_MAX];
    char from[GV_VERSION_MAX];
    memset(head, 0, GV_BUNDLE_HEAD);
    gv_version_format(bundle->version, version);
    gv_version_format(bundle->from, from);
    bool fits = gv_format(text, GV_BUNDLE_HEAD,
                          "gavel-bundle 1\nproduct %s\nversion %s\nfrom %s\nboard %s\n",
                          GV_BUNDLE_PRODUCT, version, from, GV_BUNDLE_BOARD);
    for (uint32_t i = 0; fits && i < bundle->parts_n; i++) {
        const struct gv_bundle_part *part = &bundle->parts[i];
        const size_t n = strlen(text);
        char hash[2 * sizeof(part->hash.b) + 1];
        gv_hex_encode(hash, gv_view_of(part->hash.b, sizeof(part->hash.b)));
        fits = gv_format(text + n, GV_BUNDLE_HEAD - n, "part %s %" PRIu64 " %s\n", part->name,
                         part->bytes, hash);
    }
    return fits ? gv_bundle_sign_lines(head, strlen(text), signer, aux, fail) : no_room(fail);
}
