#include "hal/linux/box_key.h"

#include "firmware/base/text.h"
#include "hal/linux/files.h"

#include <mbedtls/ecdsa.h>
#include <mbedtls/ecp.h>
#include <mbedtls/rsa.h>
#include <string.h>

static int rng(void *ctx, unsigned char *out, size_t n)
{
    const struct gv_box_key *key = ctx;
    gv_entropy_fill(key->entropy, out, n);
    return 0;
}

/* Exhausted memory is the box's trouble, everything else the key's or the signature's. */
static enum gv_err err_of(int rc)
{
    if (rc == 0) {
        return GV_OK;
    }
    return rc == MBEDTLS_ERR_MPI_ALLOC_FAILED || rc == MBEDTLS_ERR_ECP_ALLOC_FAILED ? GV_ERR_FULL
                                                                                    : GV_ERR_CRYPTO;
}

/* ---- ES256 ---------------------------------------------------------------------------------------- */

/* The group is loaded for each use: it is quick, and threads share nothing. */
static enum gv_err sign(void *ctx, const struct gv_hash256 *hash,
                        uint8_t signature[GV_SIGNATURE_LEN])
{
    struct gv_box_key *key = ctx;
    mbedtls_ecp_group group;
    mbedtls_mpi d;
    mbedtls_mpi r;
    mbedtls_mpi s;
    mbedtls_ecp_group_init(&group);
    mbedtls_mpi_init(&d);
    mbedtls_mpi_init(&r);
    mbedtls_mpi_init(&s);
    int rc = mbedtls_ecp_group_load(&group, MBEDTLS_ECP_DP_SECP256R1);
    if (rc == 0) {
        rc = mbedtls_mpi_read_binary(&d, key->secret, sizeof(key->secret));
    }
    if (rc == 0) { /* deterministic: a bad random number cannot give the key away (RFC 6979) */
        rc = mbedtls_ecdsa_sign_det_ext(&group, &r, &s, &d, hash->b, sizeof(hash->b),
                                        MBEDTLS_MD_SHA256, rng, key);
    }
    if (rc == 0) {
        rc = mbedtls_mpi_write_binary(&r, signature, 32);
    }
    if (rc == 0) {
        rc = mbedtls_mpi_write_binary(&s, signature + 32, 32);
    }
    mbedtls_mpi_free(&s);
    mbedtls_mpi_free(&r);
    mbedtls_mpi_free(&d); /* wipes it */
    mbedtls_ecp_group_free(&group);
    return err_of(rc);
}

static int read_point(const mbedtls_ecp_group *group, mbedtls_ecp_point *q,
                      const uint8_t point[GV_POINT_LEN])
{
    uint8_t uncompressed[1 + GV_POINT_LEN] = {4};
    memcpy(uncompressed + 1, point, GV_POINT_LEN);
    const int rc = mbedtls_ecp_point_read_binary(group, q, uncompressed, sizeof(uncompressed));
    return rc == 0 ? mbedtls_ecp_check_pubkey(group, q) : rc;
}

static enum gv_err verify_es256(void *ctx, const uint8_t point[GV_POINT_LEN],
                                const struct gv_hash256 *hash,
                                const uint8_t signature[GV_SIGNATURE_LEN])
{
    mbedtls_ecp_group group;
    mbedtls_ecp_point q;
    mbedtls_mpi r;
    mbedtls_mpi s;
    (void)ctx;
    mbedtls_ecp_group_init(&group);
    mbedtls_ecp_point_init(&q);
    mbedtls_mpi_init(&r);
    mbedtls_mpi_init(&s);
    int rc = mbedtls_ecp_group_load(&group, MBEDTLS_ECP_DP_SECP256R1);
    if (rc == 0) {
        rc = read_point(&group, &q, point);
    }
    if (rc == 0) {
        rc = mbedtls_mpi_read_binary(&r, signature, 32);
    }
    if (rc == 0) {
        rc = mbedtls_mpi_read_binary(&s, signature + 32, 32);
    }
    if (rc == 0) {
        rc = mbedtls_ecdsa_verify(&group, hash->b, sizeof(hash->b), &q, &r, &s);
    }
    mbedtls_mpi_free(&s);
    mbedtls_mpi_free(&r);
    mbedtls_ecp_point_free(&q);
    mbedtls_ecp_group_free(&group);
    return err_of(rc);
}

/* ---- RS256 ---------------------------------------------------------------------------------------- */

static enum gv_err verify_rs256(void *ctx, struct gv_view modulus, struct gv_view exponent,
                                const struct gv_hash256 *hash, struct gv_view signature)
{
    mbedtls_rsa_context rsa;
    (void)ctx;
    if (signature.n != modulus.n) {
        return GV_ERR_CRYPTO;
    }
    mbedtls_rsa_init(&rsa);
    int rc = mbedtls_rsa_import_raw(&rsa, modulus.p, modulus.n, NULL, 0, NULL, 0, NULL, 0,
                                    exponent.p, exponent.n);
    if (rc == 0) {
        rc = mbedtls_rsa_complete(&rsa);
    }
    if (rc == 0) {
        rc = mbedtls_rsa_check_pubkey(&rsa);
    }
    if (rc == 0) {
        rc = mbedtls_rsa_pkcs1_verify(&rsa, MBEDTLS_MD_SHA256, sizeof(hash->b), hash->b,
                                      signature.p);
    }
    mbedtls_rsa_free(&rsa);
    return err_of(rc);
}

static const struct gv_signer_ops ops = {
    .sign = sign,
    .verify_es256 = verify_es256,
    .verify_rs256 = verify_rs256,
};

/* ---- the file ------------------------------------------------------------------------------------- */

/* The public key of key->secret; or a new pair when `make`. */
static int derive(struct gv_box_key *key, uint8_t point[GV_POINT_LEN], bool make)
{
    mbedtls_ecp_group group;
    mbedtls_ecp_point q;
    mbedtls_mpi d;
    uint8_t uncompressed[1 + GV_POINT_LEN];
    size_t n = 0;
    mbedtls_ecp_group_init(&group);
    mbedtls_ecp_point_init(&q);
    mbedtls_mpi_init(&d);
    int rc = mbedtls_ecp_group_load(&group, MBEDTLS_ECP_DP_SECP256R1);
    if (rc == 0) {
        rc = make ? mbedtls_ecp_gen_privkey(&group, &d, rng, key)
                  : mbedtls_mpi_read_binary(&d, key->secret, sizeof(key->secret));
    }
    if (rc == 0) {
        rc = mbedtls_ecp_check_privkey(&group, &d);
    }
    if (rc == 0) {
        rc = mbedtls_ecp_mul(&group, &q, &d, &group.G, rng, key);
    }
    if (rc == 0) {
        rc = mbedtls_ecp_point_write_binary(&group, &q, MBEDTLS_ECP_PF_UNCOMPRESSED, &n,
                                            uncompressed, sizeof(uncompressed));
    }
    if (rc == 0) {
        memcpy(point, uncompressed + 1, GV_POINT_LEN);
        rc = mbedtls_mpi_write_binary(&d, key->secret, sizeof(key->secret));
    }
    mbedtls_mpi_free(&d);
    mbedtls_ecp_point_free(&q);
    mbedtls_ecp_group_free(&group);
    return rc;
}

enum gv_err gv_box_key_open(struct gv_box_key *key, struct gv_signer *signer, const char *path,
                            const struct gv_entropy *entropy, struct gv_fail *fail)
{
    size_t n = 0;
    *key = (struct gv_box_key){.entropy = entropy};
    *signer = (struct gv_signer){.ops = &ops, .ctx = key};
    enum gv_err err = gv_file_read(path, key->secret, sizeof(key->secret), &n, fail);
    if (err != GV_OK && err != GV_ERR_NOT_FOUND) {
        return err;
    }
    const bool make = err == GV_ERR_NOT_FOUND;
    if (!make && n != sizeof(key->secret)) {
        return gv_fail(fail, GV_ERR_CRYPTO, "box_key.file", "%s must hold exactly 32 bytes", path);
    }
    err = err_of(derive(key, signer->point, make));
    if (err != GV_OK) {
        return gv_fail(fail, err, "box_key.file", "%s holds no key of P-256", path);
    }
    return make ? gv_file_write_private(path, gv_view_of(key->secret, sizeof(key->secret)), fail)
                : GV_OK;
}

void gv_box_key_close(struct gv_box_key *key)
{
    gv_secure_zero(key->secret, sizeof(key->secret));
}
