#include "app/bitcoin/sig.h"

#include <secp256k1.h>
#include <secp256k1_extrakeys.h>
#include <secp256k1_schnorrsig.h>
#include <string.h>

_Static_assert(sizeof(struct gv_pubkey) == sizeof(secp256k1_pubkey), "the library's own form");

bool gv_pubkey_parse(struct gv_pubkey *out, struct gv_view key)
{
    const bool compressed = key.n == 33 && (key.p[0] == 2 || key.p[0] == 3);
    const bool full = key.n == 65 && key.p[0] == 4;
    secp256k1_pubkey parsed;
    if (!compressed && !full) {
        return false;
    }
    if (secp256k1_ec_pubkey_parse(secp256k1_context_static, &parsed, key.p, key.n) != 1) {
        return false;
    }
    memcpy(out->opaque, &parsed, sizeof parsed);
    return true;
}

/* One DER integer at `at`: positive, not padded. Returns its length with tag and size, 0 if bad. */
static size_t der_integer(struct gv_view sig, size_t at, size_t end)
{
    if (end - at < 3 || sig.p[at] != 0x02) {
        return 0;
    }
    const size_t n = sig.p[at + 1];
    const uint8_t *const value = sig.p + at + 2;
    if (n == 0 || n > end - at - 2) {
        return 0;
    }
    if ((value[0] & 0x80u) != 0) {
        return 0;
    }
    if (n > 1 && value[0] == 0 && (value[1] & 0x80u) == 0) {
        return 0;
    }
    return n + 2;
}

/* 30 <length> 02 <length r> <r> 02 <length s> <s> <sighash byte>, lengths in one byte each. */
bool gv_sig_is_strict_der(struct gv_view sig_and_type)
{
    const struct gv_view sig = sig_and_type;
    if (sig.n < 9 || sig.n > 73 || sig.p[0] != 0x30 || sig.p[1] != sig.n - 3) {
        return false;
    }
    const size_t end = sig.n - 1;
    const size_t r_bytes = der_integer(sig, 2, end);
    if (r_bytes == 0) {
        return false;
    }
    const size_t s_bytes = der_integer(sig, 2 + r_bytes, end);
    return s_bytes != 0 && 2 + r_bytes + s_bytes == end;
}

enum gv_sig gv_ecdsa_verify(struct gv_view der, const struct gv_pubkey *key,
                            const struct gv_hash256 *digest)
{
    const secp256k1_context *const ctx = secp256k1_context_static;
    secp256k1_ecdsa_signature sig;
    secp256k1_pubkey pubkey;
    if (secp256k1_ecdsa_signature_parse_der(ctx, &sig, der.p, der.n) != 1) {
        return GV_SIG_NOT_DER;
    }
    if (secp256k1_ecdsa_signature_normalize(ctx, NULL, &sig) == 1) {
        return GV_SIG_HIGH_S;
    }
    memcpy(&pubkey, key->opaque, sizeof pubkey);
    return secp256k1_ecdsa_verify(ctx, &sig, digest->b, &pubkey) == 1 ? GV_SIG_GOOD : GV_SIG_FALSE;
}

bool gv_schnorr_verify(struct gv_view sig, struct gv_view key, struct gv_view message)
{
    const secp256k1_context *const ctx = secp256k1_context_static;
    secp256k1_xonly_pubkey pubkey;
    if (sig.n != 64 || key.n != 32) {
        return false;
    }
    if (secp256k1_xonly_pubkey_parse(ctx, &pubkey, key.p) != 1) {
        return false;
    }
    return secp256k1_schnorrsig_verify(ctx, sig.p, message.p, message.n, &pubkey) == 1;
}

/* ---- taproot -------------------------------------------------------------------------------- */

void gv_taproot_leaf(struct gv_hash256 *out, uint8_t version, struct gv_view script)
{
    uint8_t head[10];
    struct gv_writer w = gv_writer_of(head, sizeof head);
    gv_write_u8(&w, version);
    gv_write_compact(&w, script.n);
    struct gv_sha256 ctx;
    gv_tagged_init(&ctx, "TapLeaf");
    gv_sha256_add(&ctx, gv_written(&w));
    gv_sha256_add(&ctx, script);
    gv_sha256_finish(&ctx, out);
}

bool gv_taproot_commits(struct gv_view output_key, bool odd, struct gv_view internal_key,
                        struct gv_view merkle_root)
{
    const secp256k1_context *const ctx = secp256k1_context_static;
    secp256k1_xonly_pubkey internal;
    if (output_key.n != 32 || internal_key.n != 32) {
        return false;
    }
    if (secp256k1_xonly_pubkey_parse(ctx, &internal, internal_key.p) != 1) {
        return false;
    }
    struct gv_sha256 hash;
    struct gv_hash256 tweak;
    gv_tagged_init(&hash, "TapTweak");
    gv_sha256_add(&hash, internal_key);
    gv_sha256_add(&hash, merkle_root);
    gv_sha256_finish(&hash, &tweak);
    return secp256k1_xonly_pubkey_tweak_add_check(ctx, output_key.p, odd ? 1 : 0, &internal,
                                                  tweak.b) == 1;
}

/* Branches hash their children in byte order, so that a path needs no left or right. */
static void branch(struct gv_hash256 *node, struct gv_view sibling)
{
    const struct gv_view own = gv_view_of(node->b, sizeof node->b);
    const bool own_first = memcmp(own.p, sibling.p, own.n) < 0;
    struct gv_sha256 ctx;
    gv_tagged_init(&ctx, "TapBranch");
    gv_sha256_add(&ctx, own_first ? own : sibling);
    gv_sha256_add(&ctx, own_first ? sibling : own);
    gv_sha256_finish(&ctx, node);
}

bool gv_taproot_control_leads(struct gv_view output_key, struct gv_view control,
                              const struct gv_hash256 *leaf)
{
    if (control.n < GV_TAPROOT_CONTROL_MIN || control.n > GV_TAPROOT_CONTROL_MAX ||
        (control.n - GV_TAPROOT_CONTROL_MIN) % 32 != 0) {
        return false;
    }
    struct gv_hash256 node = *leaf;
    for (size_t at = GV_TAPROOT_CONTROL_MIN; at < control.n; at += 32) {
        branch(&node, gv_view_of(control.p + at, 32));
    }
    return gv_taproot_commits(output_key, (control.p[0] & 1u) != 0, gv_view_of(control.p + 1, 32),
                              gv_view_of(node.b, sizeof node.b));
}
