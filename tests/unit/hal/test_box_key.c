/* Shows that the box's key is made once and kept private, that what it signs verifies and nothing else
 * does, and that published signatures are judged right.
 * Vectors: RFC 7515 appendix A.3 (ES256, with its key); RS256 over "gavel" made by OpenSSL. */
#include "hal/linux/box_key.h"

#include "firmware/base/text.h"
#include "hal/linux/entropy.h"
#include "hal/linux/files.h"
#include "hal/linux/third_party_memory.h"
#include "tests/unit/hal/hal_test.h"

#include <sys/stat.h>
#include <unistd.h>

static char folder[PATH_BYTES];
static const char *path;
static struct gv_entropy entropy;
static struct gv_box_key key;
static struct gv_signer signer;

static int set_up(void **state)
{
    (void)state;
    gv_memory_init();
    entropy = gv_linux_entropy();
    make_folder(folder);
    path = in_folder(folder, "box.key");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    (void)unlink(path);
    assert_int_equal(rmdir(folder), 0);
    return 0;
}

static void unhex(uint8_t *out, size_t n, const char *text)
{
    assert_int_equal(strlen(text), 2 * n);
    assert_int_equal(gv_hex_decode(out, n, text, strlen(text)), GV_OK);
}

static void the_key_is_made_once_and_private(void **state)
{
    (void)state;
    struct stat info;
    uint8_t first[GV_POINT_LEN];
    assert_int_equal(gv_box_key_open(&key, &signer, path, &entropy, NULL), GV_OK);
    memcpy(first, signer.point, sizeof(first));
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    assert_int_equal(info.st_size, 32);
    gv_box_key_close(&key);
    assert_int_equal(gv_box_key_open(&key, &signer, path, &entropy, NULL), GV_OK);
    assert_memory_equal(signer.point, first, sizeof(first));
    gv_box_key_close(&key);
}

static void what_it_signs_verifies_and_nothing_else(void **state)
{
    (void)state;
    struct gv_hash256 hash;
    uint8_t signature[GV_SIGNATURE_LEN];
    uint8_t point[GV_POINT_LEN];
    assert_int_equal(gv_box_key_open(&key, &signer, path, &entropy, NULL), GV_OK);
    gv_sha256_of(&hash, gv_view_str("a token"));
    assert_int_equal(gv_signer_sign(&signer, &hash, signature), GV_OK);
    assert_int_equal(gv_signer_verify_es256(&signer, signer.point, &hash, signature), GV_OK);
    for (size_t i = 0; i < sizeof(signature); i++) {
        signature[i] ^= 1;
        assert_int_equal(gv_signer_verify_es256(&signer, signer.point, &hash, signature),
                         GV_ERR_CRYPTO);
        signature[i] ^= 1;
    }
    hash.b[31] ^= 1;
    assert_int_equal(gv_signer_verify_es256(&signer, signer.point, &hash, signature),
                     GV_ERR_CRYPTO);
    hash.b[31] ^= 1;
    memcpy(point, signer.point, sizeof(point));
    point[63] ^= 1; /* not on the curve */
    assert_int_equal(gv_signer_verify_es256(&signer, point, &hash, signature), GV_ERR_CRYPTO);
    memset(point, 0, sizeof(point));
    assert_int_equal(gv_signer_verify_es256(&signer, point, &hash, signature), GV_ERR_CRYPTO);
    memset(signature, 0, sizeof(signature));
    assert_int_equal(gv_signer_verify_es256(&signer, signer.point, &hash, signature),
                     GV_ERR_CRYPTO);
    gv_box_key_close(&key);
}

static void files_that_hold_no_key_are_refused(void **state)
{
    (void)state;
    struct gv_fail fail;
    uint8_t bytes[33] = {1};
    static const size_t lengths[] = {0, 31, 33};
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        assert_int_equal(gv_file_write_private(path, gv_view_of(bytes, lengths[i]), NULL), GV_OK);
        assert_int_not_equal(gv_box_key_open(&key, &signer, path, &entropy, &fail), GV_OK);
    }
    memset(bytes, 0, sizeof(bytes)); /* no number of the group; and one above its order */
    for (uint8_t fill = 0;; fill = 0xff) {
        memset(bytes, fill, sizeof(bytes));
        assert_int_equal(gv_file_write_private(path, gv_view_of(bytes, 32), NULL), GV_OK);
        assert_int_equal(gv_box_key_open(&key, &signer, path, &entropy, &fail), GV_ERR_CRYPTO);
        assert_string_equal(fail.code, "box_key.file");
        if (fill == 0xff)
            break;
    }
}

static void the_signature_of_rfc_7515_is_good(void **state)
{
    (void)state;
    static const char text[] =
        "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxl"
        "LmNvbS9pc19yb290Ijp0cnVlfQ";
    struct gv_hash256 hash;
    uint8_t point[GV_POINT_LEN];
    uint8_t signature[GV_SIGNATURE_LEN];
    size_t n = 0;
    assert_int_equal(gv_box_key_open(&key, &signer, path, &entropy, NULL), GV_OK);
    assert_int_equal(gv_base64url_decode(
                         point, &n, 32, gv_view_str("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU")),
                     GV_OK);
    assert_int_equal(
        gv_base64url_decode(point + 32, &n, 32,
                            gv_view_str("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0")),
        GV_OK);
    assert_int_equal(gv_base64url_decode(
                         signature, &n, sizeof(signature),
                         gv_view_str("DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8I"
                                     "SlSApmWQxfKTUJqPP3-Kg6NU1Q")),
                     GV_OK);
    gv_sha256_of(&hash, gv_view_str(text));
    assert_int_equal(gv_signer_verify_es256(&signer, point, &hash, signature), GV_OK);
    hash.b[0] ^= 1;
    assert_int_equal(gv_signer_verify_es256(&signer, point, &hash, signature), GV_ERR_CRYPTO);
    gv_box_key_close(&key);
}

static const char rsa_modulus[] =
    "bd6e215faf659d53664dd023f87f7eb71fb11d6b12e51ea3c63bf37bedd8a6ef8c09f4ad97844ac35119"
    "b2e866de12de737c23039e95d7136964d7c08bb914c8736aec9b57fdc9cb78ffef4e34b32d86586e2d5d"
    "6c4d25a9368a028685e988c3a85c7a244787a87c570822fbe3b8afda1f0bd4ea3f55c1d30614077fc78b"
    "6335dfe554805df531db27c61d5a146d8c2dffa67c0c829e052422310ab0a402cefda3c9f799ea0a7c4b"
    "a40ed15872df1471dfd68d24a0fec2d904804393a1c1a9b280ed1ef8d9938f2180084b99eab577d8127d"
    "4f6044c620941c259701b7ec37f87fe8a06d0ca415c06465e12818bc7451d73767c0a9e5d06aedb5d58a"
    "7c46d6c9";
static const char rsa_signature[] =
    "a906d0aa9ac40be7dcaa60c4a97df32d5836d16d85cc847153f43613ff5a6840eca9fb05410072eb9d32"
    "652c077d2173bc0bf773df3e36ea41221c09b750249a3900db296b5e3890b626529aef696e2eb55c5c22"
    "aa3cb4b43a1305f070619ebea0241924ce5c04100ec56454f78f81b92e426b6ad895409c1bd27b09e414"
    "6e5a076e544d16ae45f201b5f0886a0d6c55d805adc02e322883bb4030b21fb6ec919d3e2a7b4ed2883c"
    "c116c74fe887b46e3c20b41306f49b036d9870c6ce20aaf4359b4e8515c9d7aee13b389f3dcd40c81057"
    "63083389de342b32c495b9a60fd5d56eba2db7f1103ee509d05b50eb3a0ad70b436b19e8ddcc4db377f8"
    "3bd146c9";

static void an_rs256_signature_is_judged(void **state)
{
    (void)state;
    static const uint8_t exponent[] = {1, 0, 1};
    static const uint8_t even[] = {2};
    struct gv_hash256 hash;
    uint8_t modulus[256];
    uint8_t signature[256];
    assert_int_equal(gv_box_key_open(&key, &signer, path, &entropy, NULL), GV_OK);
    unhex(modulus, sizeof(modulus), rsa_modulus);
    unhex(signature, sizeof(signature), rsa_signature);
    const struct gv_view n = gv_view_of(modulus, sizeof(modulus));
    const struct gv_view e = gv_view_of(exponent, sizeof(exponent));
    const struct gv_view s = gv_view_of(signature, sizeof(signature));
    gv_sha256_of(&hash, gv_view_str("gavel"));
    assert_int_equal(gv_signer_verify_rs256(&signer, n, e, &hash, s), GV_OK);
    assert_int_equal(gv_signer_verify_rs256(&signer, n, gv_view_of(even, 1), &hash, s),
                     GV_ERR_CRYPTO);
    assert_int_equal(gv_signer_verify_rs256(&signer, n, e, &hash, gv_view_of(signature, 255)),
                     GV_ERR_CRYPTO);
    signature[128] ^= 1;
    assert_int_equal(gv_signer_verify_rs256(&signer, n, e, &hash, s), GV_ERR_CRYPTO);
    signature[128] ^= 1;
    hash.b[0] ^= 1;
    assert_int_equal(gv_signer_verify_rs256(&signer, n, e, &hash, s), GV_ERR_CRYPTO);
    gv_box_key_close(&key);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_key_is_made_once_and_private),   TEST(what_it_signs_verifies_and_nothing_else),
        TEST(files_that_hold_no_key_are_refused), TEST(the_signature_of_rfc_7515_is_good),
        TEST(an_rs256_signature_is_judged),
    };
    return cmocka_run_group_tests_name("hal_box_key", tests, NULL, NULL);
}
