/* Hashes, MAC and sealing against published vectors, and a sealed record against every change.
 * Vectors: FIPS 180 (SHA-256), BIP173 and the genesis block (hash160, SHA256d), RFC 4231 (HMAC),
 * BIP341 wallet vectors (tagged hash), McGrew & Viega "The Galois/Counter Mode" cases 13-16. */
#include "firmware/base/crypto.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

struct buffer {
    uint8_t b[256];
    size_t n;
};

static struct buffer unhex(const char *text)
{
    struct buffer out = {.n = strlen(text) / 2};
    assert_true(out.n <= sizeof(out.b));
    assert_int_equal(gv_hex_decode(out.b, out.n, text, strlen(text)), GV_OK);
    return out;
}

static struct gv_view view(const struct buffer *b)
{
    return gv_view_of(b->b, b->n);
}

static void expect_hex(const void *bytes, size_t n, const char *want)
{
    char text[2 * 256 + 1];
    gv_hex_encode(text, gv_view_of(bytes, n));
    assert_string_equal(text, want);
}

/* ---- SHA-256 ------------------------------------------------------------------------------ */

static const struct {
    const char *message;
    const char *hash;
} sha256_vectors[] = {
    {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    {"abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnop"
     "qrsmnopqrstnopqrstu",
     "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"},
};

static void sha256_passes_its_vectors_at_every_split(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(sha256_vectors) / sizeof(sha256_vectors[0]); i++) {
        const char *message = sha256_vectors[i].message;
        size_t n = strlen(message);
        struct gv_hash256 hash;
        gv_sha256_of(&hash, gv_view_of(message, n));
        expect_hex(hash.b, 32, sha256_vectors[i].hash);
        for (size_t cut = 0; cut <= n; cut++) {
            struct gv_sha256 ctx;
            gv_sha256_init(&ctx);
            gv_sha256_add(&ctx, gv_view_of(message, cut));
            gv_sha256_add(&ctx, gv_view_of(NULL, 0));
            gv_sha256_add(&ctx, gv_view_of(message + cut, n - cut));
            gv_sha256_finish(&ctx, &hash);
            expect_hex(hash.b, 32, sha256_vectors[i].hash);
        }
    }
}

static void sha256_of_a_million_letters(void **state)
{
    (void)state;
    char block[1000];
    memset(block, 'a', sizeof(block));
    struct gv_sha256 ctx;
    gv_sha256_init(&ctx);
    for (int i = 0; i < 1000; i++) {
        gv_sha256_add(&ctx, gv_view_of(block, sizeof(block)));
    }
    struct gv_hash256 hash;
    gv_sha256_finish(&ctx, &hash);
    expect_hex(hash.b, 32, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

static void sha256d_of_the_genesis_header_is_its_block_hash(void **state)
{
    (void)state;
    struct buffer header = unhex(
        "0100000000000000000000000000000000000000000000000000000000000000000000003ba3edfd7a7b12"
        "b27ac72c3e67768f617fc81bc3888a51323a9fb8aa4b1e5e4a29ab5f49ffff001d1dac2b7c");
    struct gv_hash256 hash;
    gv_sha256d_of(&hash, view(&header));
    char text[65];
    gv_hex_encode_reversed(text, gv_view_of(hash.b, 32));
    assert_string_equal(text, "000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f");

    struct gv_sha256 ctx;
    struct gv_hash256 again;
    gv_sha256_init(&ctx);
    gv_sha256_add(&ctx, view(&header));
    gv_sha256d_finish(&ctx, &again);
    assert_true(gv_hash256_equal(&hash, &again));
    again.b[31] ^= 1;
    assert_false(gv_hash256_equal(&hash, &again));
}

static void context_copies_continue_on_their_own(void **state)
{
    (void)state;
    struct gv_sha256 a;
    gv_sha256_init(&a);
    gv_sha256_add(&a, gv_view_of("a", 1));
    struct gv_sha256 b = a;
    gv_sha256_add(&a, gv_view_of("bc", 2));
    gv_sha256_add(&b, gv_view_of("zz", 2));
    struct gv_hash256 hash_a;
    struct gv_hash256 hash_b;
    gv_sha256_finish(&b, &hash_b);
    gv_sha256_finish(&a, &hash_a);
    expect_hex(hash_a.b, 32, sha256_vectors[1].hash);
    assert_false(gv_hash256_equal(&hash_a, &hash_b));
}

/* ---- RIPEMD-160 of SHA-256 ------------------------------------------------------------------ */

static const struct {
    const char *message;
    const char *hash;
} hash160_vectors[] = {
    /* BIP173: the key of its example addresses */
    {"0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798",
     "751e76e8199196d454941c45d1b3a323f1433bd6"},
    /* the key of the genesis block's output, address 1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa */
    {"04678afdb0fe5548271967f1a67130b7105cd6a828e03909a67962e0ea1f61deb649f6bc3f4cef38c4f35504e51ec"
     "112de5c384df7ba0b8d578a4c702b6bf11d5f",
     "62e907b15cbf27d5425399ebf6f0fb50ebb88f18"},
    {"", "b472a266d0bd89c13706a4132ccfb16f7c3b9fcb"},
};

static void hash160_passes_its_vectors(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(hash160_vectors) / sizeof(hash160_vectors[0]); i++) {
        struct buffer message = unhex(hash160_vectors[i].message);
        struct gv_hash160 hash;
        gv_hash160_of(&hash, view(&message));
        expect_hex(hash.b, 20, hash160_vectors[i].hash);
    }
}

/* ---- tagged hash ---------------------------------------------------------------------------- */

static void tagged_hash_makes_the_tweak_of_bip341(void **state)
{
    (void)state;
    struct buffer key = unhex("d6889cb081036e0faefa3a35157ad71086b123b2b144b649798b494c300a961d");
    struct gv_sha256 ctx;
    struct gv_hash256 hash;
    gv_tagged_init(&ctx, "TapTweak");
    gv_sha256_add(&ctx, view(&key));
    gv_sha256_finish(&ctx, &hash);
    expect_hex(hash.b, 32, "b86e7be8f39bab32a6f2c0443abbc210f0edac0e2c53d501b36b64437d9c6c70");
}

/* ---- HMAC ----------------------------------------------------------------------------------- */

#define TEN_AA "aaaaaaaaaaaaaaaaaaaa"
#define KEY_131                                                                                    \
    TEN_AA TEN_AA TEN_AA TEN_AA TEN_AA TEN_AA TEN_AA TEN_AA TEN_AA TEN_AA TEN_AA TEN_AA TEN_AA "a" \
                                                                                               "a"

/* RFC 4231, all but case 5, which is about truncated output. */
static const struct {
    const char *key;
    const char *message;
    const char *mac;
} hmac_vectors[] = {
    {"0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "4869205468657265",
     "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
    {"4a656665", "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
     "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
    {TEN_AA TEN_AA,
     "ddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd"
     "ddd"
     "dddd",
     "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
    {"0102030405060708090a0b0c0d0e0f10111213141516171819",
     "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdc"
     "dcd"
     "cdcd",
     "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"},
    {KEY_131,
     "54657374205573696e67204c6172676572205468616e20426c6f636b2d53697a65204b6579202d2048617368204b6"
     "5"
     "79204669727374",
     "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
    {KEY_131,
     "5468697320697320612074657374207573696e672061206c6172676572207468616e20626c6f636b2d73697a65206"
     "b"
     "657920616e642061206c6172676572207468616e20626c6f636b2d73697a6520646174612e20546865206b6579206"
     "e"
     "6565647320746f20626520686173686564206265666f7265206265696e6720757365642062792074686520484d414"
     "3"
     "20616c676f726974686d2e",
     "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"},
};

static void hmac_passes_rfc_4231(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(hmac_vectors) / sizeof(hmac_vectors[0]); i++) {
        struct buffer key = unhex(hmac_vectors[i].key);
        struct buffer message = unhex(hmac_vectors[i].message);
        struct gv_hash256 mac;
        gv_hmac_sha256(&mac, view(&key), view(&message));
        expect_hex(mac.b, 32, hmac_vectors[i].mac);
    }
}

static void hmac_takes_empty_keys_and_keys_around_the_block_size(void **state)
{
    (void)state;
    struct gv_hash256 mac;
    gv_hmac_sha256(&mac, gv_view_of(NULL, 0), gv_view_of(NULL, 0));
    expect_hex(mac.b, 32, "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
    /* A key of 65 bytes counts as its hash; one of 64 as itself. */
    uint8_t key[65] = {1, 2, 3};
    struct gv_hash256 key_hash;
    struct gv_hash256 other;
    gv_sha256_of(&key_hash, gv_view_of(key, 65));
    gv_hmac_sha256(&mac, gv_view_of(key, 65), gv_view_of("m", 1));
    gv_hmac_sha256(&other, gv_view_of(key_hash.b, 32), gv_view_of("m", 1));
    assert_true(gv_hash256_equal(&mac, &other));
    gv_hmac_sha256(&mac, gv_view_of(key, 64), gv_view_of("m", 1));
    gv_hmac_sha256(&other, gv_view_of(key, 3), gv_view_of("m", 1)); /* zero-padded alike */
    assert_true(gv_hash256_equal(&mac, &other));
}

/* ---- comparing and wiping ------------------------------------------------------------------- */

static void constant_time_equal_sees_every_bit(void **state)
{
    (void)state;
    uint8_t a[40];
    uint8_t b[40];
    memset(a, 0x5c, sizeof(a));
    memcpy(b, a, sizeof(a));
    assert_true(gv_constant_time_equal(a, b, sizeof(a)));
    assert_true(gv_constant_time_equal(NULL, NULL, 0));
    for (size_t bit = 0; bit < 8 * sizeof(a); bit++) {
        b[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_false(gv_constant_time_equal(a, b, sizeof(a)));
        assert_true(gv_constant_time_equal(a, b, bit / 8));
        b[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
}

static void secure_zero_clears_exactly_its_bytes(void **state)
{
    (void)state;
    uint8_t a[5] = {1, 2, 3, 4, 5};
    gv_secure_zero(a + 1, 3);
    static const uint8_t want[5] = {1, 0, 0, 0, 5};
    assert_memory_equal(a, want, sizeof(a));
}

/* ---- sealing -------------------------------------------------------------------------------- */

static const struct {
    const char *key;
    const char *nonce;
    const char *aad;
    const char *plain;
    const char *cipher;
    const char *tag;
} gcm_vectors[] = {
    {"0000000000000000000000000000000000000000000000000000000000000000", "000000000000000000000000",
     "", "", "", "530f8afbc74536b9a963b4f1c4cb738b"},
    {"0000000000000000000000000000000000000000000000000000000000000000", "000000000000000000000000",
     "", "00000000000000000000000000000000", "cea7403d4d606b6e074ec5d3baf39d18",
     "d0d1c8a799996bf0265b98b5d48ab919"},
    {"feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888",
     "",
     "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b"
     "5"
     "25b16aedf5aa0de657ba637b391aafd255",
     "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828"
     "8"
     "38c5f61e6393ba7a0abcc9f662898015ad",
     "b094dac5d93471bdec1a502270e3cc6c"},
    {"feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888",
     "feedfacedeadbeeffeedfacedeadbeefabaddad2",
     "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b"
     "5"
     "25b16aedf5aa0de657ba637b39",
     "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828"
     "8"
     "38c5f61e6393ba7a0abcc9f662",
     "76fc6ece0f4e1768cddf8853bb2d551b"},
};

static struct gv_seal_key key_of(const char *hex)
{
    struct gv_seal_key key;
    assert_int_equal(gv_hex_decode(key.b, sizeof(key.b), hex, strlen(hex)), GV_OK);
    return key;
}

static void seal_passes_the_gcm_vectors_and_opens_again(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(gcm_vectors) / sizeof(gcm_vectors[0]); i++) {
        struct gv_seal_key key = key_of(gcm_vectors[i].key);
        struct buffer nonce = unhex(gcm_vectors[i].nonce);
        struct buffer aad = unhex(gcm_vectors[i].aad);
        struct buffer plain = unhex(gcm_vectors[i].plain);
        struct buffer cipher = unhex(gcm_vectors[i].cipher);
        struct buffer tag = unhex(gcm_vectors[i].tag);
        uint8_t sealed[256];
        gv_seal(sealed, &key, nonce.b, view(&aad), view(&plain));
        assert_memory_equal(sealed, nonce.b, GV_SEAL_NONCE_LEN);
        assert_memory_equal(sealed + GV_SEAL_NONCE_LEN, cipher.b, cipher.n);
        assert_memory_equal(sealed + GV_SEAL_NONCE_LEN + cipher.n, tag.b, GV_SEAL_TAG_LEN);
        uint8_t opened[256];
        struct gv_view all = gv_view_of(sealed, plain.n + GV_SEAL_OVERHEAD);
        assert_int_equal(gv_unseal(opened, &key, view(&aad), all), GV_OK);
        assert_memory_equal(opened, plain.b, plain.n);
    }
}

enum {
    PLAIN = 50,
    SEALED = PLAIN + GV_SEAL_OVERHEAD
};

static const uint8_t test_nonce[GV_SEAL_NONCE_LEN] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
static const uint8_t test_plain[PLAIN] = "a rung of a ladder that nobody may see yet";
static const struct gv_view test_aad = {(const uint8_t *)"listing 7", 9};

static void expect_refused(const struct gv_seal_key *key, struct gv_view aad, struct gv_view sealed)
{
    static const uint8_t zero[PLAIN];
    uint8_t out[PLAIN] = {0};
    assert_int_equal(gv_unseal(out, key, aad, sealed), GV_ERR_CRYPTO);
    assert_memory_equal(out, zero, sizeof(out));
}

static void unseal_refuses_every_changed_bit(void **state)
{
    (void)state;
    struct gv_seal_key key = key_of(gcm_vectors[2].key);
    uint8_t sealed[SEALED];
    gv_seal(sealed, &key, test_nonce, test_aad, gv_view_of(test_plain, PLAIN));
    for (size_t bit = 0; bit < (size_t)8 * SEALED; bit++) {
        sealed[bit / 8] ^= (uint8_t)(1u << bit % 8);
        expect_refused(&key, test_aad, gv_view_of(sealed, SEALED));
        sealed[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    uint8_t out[PLAIN];
    assert_int_equal(gv_unseal(out, &key, test_aad, gv_view_of(sealed, SEALED)), GV_OK);
    assert_memory_equal(out, test_plain, PLAIN);
}

static void unseal_refuses_every_truncation(void **state)
{
    (void)state;
    struct gv_seal_key key = key_of(gcm_vectors[2].key);
    uint8_t sealed[SEALED];
    gv_seal(sealed, &key, test_nonce, test_aad, gv_view_of(test_plain, PLAIN));
    for (size_t n = 0; n < SEALED; n++) {
        expect_refused(&key, test_aad, gv_view_of(sealed, n));
        expect_refused(&key, test_aad, gv_view_of(sealed + SEALED - n, n));
    }
}

static void unseal_refuses_another_key_or_another_place(void **state)
{
    (void)state;
    struct gv_seal_key key = key_of(gcm_vectors[2].key);
    uint8_t sealed[SEALED];
    gv_seal(sealed, &key, test_nonce, test_aad, gv_view_of(test_plain, PLAIN));
    struct gv_view all = gv_view_of(sealed, SEALED);
    expect_refused(&key, gv_view_of("listing 8", 9), all);
    expect_refused(&key, gv_view_of("listing 7 ", 10), all);
    expect_refused(&key, gv_view_of(NULL, 0), all);
    for (size_t i = 0; i < sizeof(key.b); i++) {
        key.b[i] ^= 0x80;
        expect_refused(&key, test_aad, all);
        key.b[i] ^= 0x80;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sha256_passes_its_vectors_at_every_split),
        cmocka_unit_test(sha256_of_a_million_letters),
        cmocka_unit_test(sha256d_of_the_genesis_header_is_its_block_hash),
        cmocka_unit_test(context_copies_continue_on_their_own),
        cmocka_unit_test(hash160_passes_its_vectors),
        cmocka_unit_test(tagged_hash_makes_the_tweak_of_bip341),
        cmocka_unit_test(hmac_passes_rfc_4231),
        cmocka_unit_test(hmac_takes_empty_keys_and_keys_around_the_block_size),
        cmocka_unit_test(constant_time_equal_sees_every_bit),
        cmocka_unit_test(secure_zero_clears_exactly_its_bytes),
        cmocka_unit_test(seal_passes_the_gcm_vectors_and_opens_again),
        cmocka_unit_test(unseal_refuses_every_changed_bit),
        cmocka_unit_test(unseal_refuses_every_truncation),
        cmocka_unit_test(unseal_refuses_another_key_or_another_place),
    };
    return cmocka_run_group_tests_name("crypto", tests, NULL, NULL);
}
