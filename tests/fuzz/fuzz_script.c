/* Any bytes as a script, a multisig script, a witness stack and a DER signature. What the multisig
 * parser takes must be what its parts say when they are written again. */
#include "app/bitcoin/script.h"
#include "app/bitcoin/sig.h"
#include "firmware/base/assert.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void write_again(const struct gv_multisig *multisig, struct gv_view script)
{
    uint8_t bytes[1200];
    struct gv_writer w = gv_writer_of(bytes, sizeof bytes);
    gv_write_u8(&w, (uint8_t)(GV_OP_1 + multisig->need - 1u));
    for (uint32_t i = 0; i < multisig->keys; i++) {
        gv_script_write_push(&w, multisig->key[i]);
    }
    gv_write_u8(&w, (uint8_t)(GV_OP_1 + multisig->keys - 1u));
    gv_write_u8(&w, GV_OP_CHECKMULTISIG);
    GV_ASSERT(gv_view_equal(gv_written(&w), script));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct gv_view script = gv_view_of(data, size);
    struct gv_multisig multisig;
    struct gv_stack stack;
    struct gv_view push;
    struct gv_reader r = gv_reader_of(script);
    struct gv_script_op op;
    size_t pushed = 0;
    while (gv_script_next(&r, &op)) {
        pushed += op.data.n;
    }
    GV_ASSERT(pushed <= size);
    (void)gv_script_classify(script);
    (void)gv_script_dust(script);
    (void)gv_stack_parse(&stack, script);
    (void)gv_script_single_push(script, &push);
    if (gv_multisig_parse(&multisig, script)) {
        write_again(&multisig, script);
    }
    if (gv_sig_is_strict_der(script)) {
        static const struct gv_hash256 digest;
        struct gv_pubkey key;
        static const uint8_t generator[33] = {0x02, 0x79, 0xbe, 0x66, 0x7e, 0xf9, 0xdc, 0xbb, 0xac,
                                              0x55, 0xa0, 0x62, 0x95, 0xce, 0x87, 0x0b, 0x07, 0x02,
                                              0x9b, 0xfc, 0xdb, 0x2d, 0xce, 0x28, 0xd9, 0x59, 0xf2,
                                              0x81, 0x5b, 0x16, 0xf8, 0x17, 0x98};
        GV_ASSERT(gv_pubkey_parse(&key, gv_view_of(generator, sizeof generator)));
        GV_ASSERT(gv_ecdsa_verify(gv_view_of(data, size - 1), &key, &digest) != GV_SIG_NOT_DER);
    }
    return 0;
}
