#include "hal/linux/cert.h"

#include "firmware/base/assert.h"
#include "firmware/base/crypto.h"
#include "firmware/base/log.h"
#include "firmware/base/text.h"
#include "hal/linux/cert_limits.h"
#include "hal/linux/x509.h"

#include <mbedtls/ecp.h>
#include <mbedtls/oid.h>
#include <mbedtls/pk.h>
#include <mbedtls/x509_crt.h>
#include <string.h>
#include <time.h>

#define DAY_S          86400LL
#define CA_LIFE_S      (3650 * DAY_S)
#define LEAF_LIFE_S    (46 * DAY_S) /* browsers will refuse more than 47 days from 2029 */
#define LEAF_RENEW_S   (LEAF_LIFE_S * 2 / 3)
#define BACKDATE_S     3600 /* a client's clock may be a little behind ours */
#define SERIAL_BYTES   16
#define PEM_BYTES_MAX  12288
#define FILE_BYTES_MAX 16384

/* A certificate with its private key. */
struct pair {
    mbedtls_x509_crt crt;
    mbedtls_pk_context key;
};

static void pair_init(struct pair *pair)
{
    mbedtls_x509_crt_init(&pair->crt);
    mbedtls_pk_init(&pair->key);
}

static void pair_free(struct pair *pair)
{
    mbedtls_x509_crt_free(&pair->crt);
    mbedtls_pk_free(&pair->key); /* wipes the key */
}

static enum gv_err crypto_failed(struct gv_fail *fail, const char *doing, int rc)
{
    bool no_memory = rc == MBEDTLS_ERR_X509_ALLOC_FAILED || rc == MBEDTLS_ERR_PK_ALLOC_FAILED;
    return gv_fail(fail, no_memory ? GV_ERR_FULL : GV_ERR_CRYPTO, "cert.crypto",
                   "cannot %s (Mbed TLS -0x%04x)", doing, (unsigned)-rc);
}

static int rng(void *ctx, unsigned char *out, size_t n)
{
    gv_entropy_fill(ctx, out, n);
    return 0;
}

/* ---- time ----------------------------------------------------------------------------------- */

static void time_text(char text[16], int64_t s)
{
    struct tm tm;
    time_t t = (time_t)s;
    GV_ASSERT(gmtime_r(&t, &tm) != NULL);
    GV_ASSERT(strftime(text, 16, "%Y%m%d%H%M%S", &tm) == 14);
}

/* ---- reading -------------------------------------------------------------------------------- */

/* PEM text with its end mark, which Mbed TLS counts. *n is 0 unless it was read. */
static void read_text(const char *path, uint8_t text[FILE_BYTES_MAX], size_t *n)
{
    if (gv_file_read(path, text, FILE_BYTES_MAX - 1, n, NULL) == GV_OK) {
        text[(*n)++] = '\0';
    }
}

/* Both files parse and belong together. */
static bool load(struct pair *pair, const char *crt_path, const char *key_path,
                 const struct gv_entropy *entropy)
{
    uint8_t text[FILE_BYTES_MAX];
    size_t n = 0;
    void *entropy_ctx = (void *)(uintptr_t)entropy; /* the callback's context has no const */
    read_text(crt_path, text, &n);
    bool good = n > 0 && mbedtls_x509_crt_parse(&pair->crt, text, n) == 0;
    if (good) {
        read_text(key_path, text, &n);
        good = n > 0 && mbedtls_pk_parse_key(&pair->key, text, n, NULL, 0, rng, entropy_ctx) == 0 &&
               mbedtls_pk_check_pair(&pair->crt.pk, &pair->key, rng, entropy_ctx) == 0;
    }
    gv_secure_zero(text, sizeof(text));
    return good;
}

static bool ca_is_good(const struct pair *ca, int64_t now_s)
{
    return mbedtls_x509_crt_get_ca_istrue(&ca->crt) == 1 &&
           gv_x509_seconds(&ca->crt.valid_to) > now_s + LEAF_LIFE_S;
}

static bool san_has(const mbedtls_x509_sequence *san, unsigned type, const void *p, size_t n)
{
    for (; san != NULL; san = san->next) {
        if ((san->buf.tag & MBEDTLS_ASN1_TAG_VALUE_MASK) == (int)type && san->buf.len == n &&
            memcmp(san->buf.p, p, n) == 0) {
            return true;
        }
    }
    return false;
}

/* A name that is gone does no harm; a new one needs a new leaf. */
static bool leaf_names_all(const struct pair *leaf, const struct gv_cert_names *names)
{
    const mbedtls_x509_sequence *san = &leaf->crt.subject_alt_names;
    for (uint32_t i = 0; i < names->dns_n; i++) {
        if (!san_has(san, MBEDTLS_X509_SAN_DNS_NAME, names->dns[i], strlen(names->dns[i]))) {
            return false;
        }
    }
    for (uint32_t i = 0; i < names->ips_n; i++) {
        if (!san_has(san, MBEDTLS_X509_SAN_IP_ADDRESS, names->ips[i].b, names->ips[i].n)) {
            return false;
        }
    }
    return true;
}

/* Mbed TLS judges time by the system's clock; we go by the caller's. */
static bool leaf_is_good(struct pair *leaf, struct pair *ca, const struct gv_cert_names *names,
                         int64_t now_s)
{
    uint32_t flags = 0;
    (void)mbedtls_x509_crt_verify(&leaf->crt, &ca->crt, NULL, NULL, &flags, NULL, NULL);
    flags &= ~(uint32_t)(MBEDTLS_X509_BADCERT_EXPIRED | MBEDTLS_X509_BADCERT_FUTURE);
    int64_t from_s = gv_x509_seconds(&leaf->crt.valid_from);
    return flags == 0 && from_s <= now_s && now_s < from_s + LEAF_RENEW_S &&
           leaf_names_all(leaf, names);
}

/* ---- writing -------------------------------------------------------------------------------- */

static int make_key(mbedtls_pk_context *key, const struct gv_entropy *entropy)
{
    mbedtls_pk_free(key);
    mbedtls_pk_init(key);
    int rc = mbedtls_pk_setup(key, mbedtls_pk_info_from_type(MBEDTLS_PK_ECKEY));
    return rc != 0 ? rc
                   : mbedtls_ecp_gen_key(MBEDTLS_ECP_DP_SECP256R1, mbedtls_pk_ec(*key), rng,
                                         (void *)(uintptr_t)entropy);
}

static int start_certificate(mbedtls_x509write_cert *w, const struct gv_entropy *entropy,
                             int64_t from_s, int64_t until_s)
{
    uint8_t serial[SERIAL_BYTES];
    char from[16];
    char until[16];
    gv_entropy_fill(entropy, serial, sizeof(serial));
    serial[0] = (uint8_t)((serial[0] & 0x3f) | 0x40); /* positive, and 16 bytes for sure */
    time_text(from, from_s);
    time_text(until, until_s);
    mbedtls_x509write_crt_set_version(w, MBEDTLS_X509_CRT_VERSION_3);
    mbedtls_x509write_crt_set_md_alg(w, MBEDTLS_MD_SHA256);
    int rc = mbedtls_x509write_crt_set_serial_raw(w, serial, sizeof(serial));
    return rc != 0 ? rc : mbedtls_x509write_crt_set_validity(w, from, until);
}

static int fill_ca(mbedtls_x509write_cert *w, mbedtls_pk_context *key,
                   const struct gv_cert_names *names, const struct gv_entropy *entropy)
{
    static const char oid[] = MBEDTLS_OID_NAME_CONSTRAINTS;
    uint8_t limits[GV_CERT_LIMITS_BYTES_MAX];
    uint8_t tag[2];
    char subject[96];
    /* Several boxes in one trust store need different names. */
    gv_entropy_fill(entropy, tag, sizeof(tag));
    gv_format_cut(subject, sizeof(subject), "O=gavel,CN=gavel box %02x%02x", tag[0], tag[1]);
    struct gv_view value = gv_cert_limits_write(limits, names);
    GV_ASSERT(value.n > 0);
    mbedtls_x509write_crt_set_subject_key(w, key);
    mbedtls_x509write_crt_set_issuer_key(w, key);
    int rc = mbedtls_x509write_crt_set_subject_name(w, subject);
    rc = rc != 0 ? rc : mbedtls_x509write_crt_set_issuer_name(w, subject);
    rc = rc != 0 ? rc : mbedtls_x509write_crt_set_basic_constraints(w, 1, 0);
    rc = rc != 0 ? rc
                 : mbedtls_x509write_crt_set_key_usage(w, MBEDTLS_X509_KU_KEY_CERT_SIGN |
                                                              MBEDTLS_X509_KU_CRL_SIGN);
    rc = rc != 0 ? rc : mbedtls_x509write_crt_set_subject_key_identifier(w);
    rc = rc != 0 ? rc : mbedtls_x509write_crt_set_authority_key_identifier(w);
    return rc != 0
               ? rc
               : mbedtls_x509write_crt_set_extension(w, oid, sizeof(oid) - 1, 0, value.p, value.n);
}

static int set_san(mbedtls_x509write_cert *w, const struct gv_cert_names *names)
{
    mbedtls_x509_san_list list[GV_CERT_DNS_MAX + GV_CERT_IPS_MAX];
    size_t n = 0;
    memset(list, 0, sizeof(list));
    for (uint32_t i = 0; i < names->dns_n; i++, n++) {
        list[n].node.type = MBEDTLS_X509_SAN_DNS_NAME;
        list[n].node.san.unstructured_name.p = (unsigned char *)(uintptr_t)names->dns[i];
        list[n].node.san.unstructured_name.len = strlen(names->dns[i]);
    }
    for (uint32_t i = 0; i < names->ips_n; i++, n++) {
        list[n].node.type = MBEDTLS_X509_SAN_IP_ADDRESS;
        list[n].node.san.unstructured_name.p = (unsigned char *)(uintptr_t)names->ips[i].b;
        list[n].node.san.unstructured_name.len = names->ips[i].n;
    }
    for (size_t i = 0; i + 1 < n; i++) {
        list[i].next = &list[i + 1];
    }
    GV_ASSERT(n > 0);
    return mbedtls_x509write_crt_set_subject_alternative_name(w, list);
}

static int fill_leaf(mbedtls_x509write_cert *w, mbedtls_pk_context *key, struct pair *ca,
                     const struct gv_cert_names *names)
{
    static const char server_oid[] = MBEDTLS_OID_SERVER_AUTH;
    char issuer[256];
    mbedtls_asn1_sequence server = {.next = NULL};
    server.buf.tag = MBEDTLS_ASN1_OID;
    server.buf.p = (unsigned char *)(uintptr_t)server_oid;
    server.buf.len = sizeof(server_oid) - 1;
    int n = mbedtls_x509_dn_gets(issuer, sizeof(issuer), &ca->crt.subject);
    if (n < 0) {
        return n;
    }
    mbedtls_x509write_crt_set_subject_key(w, key);
    mbedtls_x509write_crt_set_issuer_key(w, &ca->key);
    int rc = mbedtls_x509write_crt_set_subject_name(w, "O=gavel,CN=gavel");
    rc = rc != 0 ? rc : mbedtls_x509write_crt_set_issuer_name(w, issuer);
    rc = rc != 0 ? rc : mbedtls_x509write_crt_set_basic_constraints(w, 0, -1);
    rc = rc != 0 ? rc : mbedtls_x509write_crt_set_key_usage(w, MBEDTLS_X509_KU_DIGITAL_SIGNATURE);
    rc = rc != 0 ? rc : mbedtls_x509write_crt_set_ext_key_usage(w, &server);
    rc = rc != 0 ? rc : mbedtls_x509write_crt_set_subject_key_identifier(w);
    rc = rc != 0 ? rc : mbedtls_x509write_crt_set_authority_key_identifier(w);
    return rc != 0 ? rc : set_san(w, names);
}

static enum gv_err write_key(const char *path, const mbedtls_pk_context *key, struct gv_fail *fail)
{
    uint8_t pem[1024];
    int rc = mbedtls_pk_write_key_pem(key, pem, sizeof(pem));
    enum gv_err err = rc != 0 ? crypto_failed(fail, "write a key", rc)
                              : gv_file_write_private(path, gv_view_str((const char *)pem), fail);
    gv_secure_zero(pem, sizeof(pem));
    return err;
}

/* The key goes first: a crash between the two leaves a pair that does not fit and is made anew. */
static enum gv_err store(struct pair *pair, mbedtls_x509write_cert *w, const char *crt_path,
                         const char *key_path, const struct gv_entropy *entropy,
                         struct gv_fail *fail)
{
    uint8_t pem[PEM_BYTES_MAX];
    int rc = mbedtls_x509write_crt_pem(w, pem, sizeof(pem), rng, (void *)(uintptr_t)entropy);
    if (rc != 0) {
        return crypto_failed(fail, "sign a certificate", rc);
    }
    struct gv_view text = gv_view_str((const char *)pem);
    enum gv_err err = write_key(key_path, &pair->key, fail);
    if (err == GV_OK) {
        err = gv_file_write_private(crt_path, text, fail);
    }
    if (err != GV_OK) {
        return err;
    }
    mbedtls_x509_crt_free(&pair->crt);
    mbedtls_x509_crt_init(&pair->crt);
    rc = mbedtls_x509_crt_parse(&pair->crt, text.p, text.n + 1);
    return rc == 0 ? GV_OK : crypto_failed(fail, "read the new certificate", rc);
}

struct job {
    const struct gv_cert_files *files;
    const struct gv_entropy *entropy;
    int64_t now_s;
    bool clock_is_slow;
    struct gv_cert_names names;
};

static enum gv_err make_ca(struct pair *ca, const struct job *job, struct gv_fail *fail)
{
    mbedtls_x509write_cert w;
    mbedtls_x509write_crt_init(&w);
    int rc = make_key(&ca->key, job->entropy);
    rc = rc != 0 ? rc
                 : start_certificate(&w, job->entropy, job->now_s - BACKDATE_S,
                                     job->now_s - BACKDATE_S + CA_LIFE_S);
    rc = rc != 0 ? rc : fill_ca(&w, &ca->key, &job->names, job->entropy);
    enum gv_err err =
        rc != 0 ? crypto_failed(fail, "make the authority", rc)
                : store(ca, &w, job->files->ca_crt, job->files->ca_key, job->entropy, fail);
    mbedtls_x509write_crt_free(&w);
    return err;
}

static enum gv_err make_leaf(struct pair *leaf, struct pair *ca, const struct job *job,
                             struct gv_fail *fail)
{
    mbedtls_x509write_cert w;
    mbedtls_x509write_crt_init(&w);
    int rc = make_key(&leaf->key, job->entropy);
    rc = rc != 0 ? rc
                 : start_certificate(&w, job->entropy, job->now_s - BACKDATE_S,
                                     job->now_s - BACKDATE_S + LEAF_LIFE_S);
    rc = rc != 0 ? rc : fill_leaf(&w, &leaf->key, ca, &job->names);
    enum gv_err err =
        rc != 0 ? crypto_failed(fail, "make the server certificate", rc)
                : store(leaf, &w, job->files->leaf_crt, job->files->leaf_key, job->entropy, fail);
    mbedtls_x509write_crt_free(&w);
    return err;
}

/* ---- the limits of an authority that is there already --------------------------------------- */

static int on_extension(void *ctx, const mbedtls_x509_crt *crt, const mbedtls_x509_buf *oid,
                        int critical, const unsigned char *p, const unsigned char *end)
{
    struct gv_view *limits = ctx;
    (void)crt;
    (void)critical;
    if (MBEDTLS_OID_CMP(MBEDTLS_OID_NAME_CONSTRAINTS, oid) == 0) {
        *limits = gv_view_of(p, (size_t)(end - p));
    }
    return 0;
}

/* Views into ca->raw. Empty: the authority has none. */
static struct gv_view limits_of(const mbedtls_x509_crt *ca)
{
    struct gv_view limits = {.p = NULL, .n = 0};
    mbedtls_x509_crt again;
    mbedtls_x509_crt_init(&again);
    (void)mbedtls_x509_crt_parse_der_with_ext_cb(&again, ca->raw.p, ca->raw.len, 0, on_extension,
                                                 &limits);
    mbedtls_x509_crt_free(&again);
    return limits;
}

/* ---- all of it ------------------------------------------------------------------------------ */

static bool name_files(struct gv_cert_files *files, const char *dir)
{
    return gv_format(files->ca_crt, sizeof(files->ca_crt), "%s/ca.crt", dir) &&
           gv_format(files->ca_key, sizeof(files->ca_key), "%s/ca.key", dir) &&
           gv_format(files->leaf_crt, sizeof(files->leaf_crt), "%s/leaf.crt", dir) &&
           gv_format(files->leaf_key, sizeof(files->leaf_key), "%s/leaf.key", dir);
}

/* It was not earlier when this certificate was made. */
static void not_before(struct job *job, const mbedtls_x509_crt *crt)
{
    int64_t made_s = gv_x509_seconds(&crt->valid_from) + BACKDATE_S;
    if (job->clock_is_slow && job->now_s < made_s) {
        job->now_s = made_s;
    }
}

/* A clock from before the authority was made is wrong: a board without a battery starts like that.
 * The authority stays, people have installed it. */
static bool load_ca(struct pair *ca, struct job *job)
{
    if (!load(ca, job->files->ca_crt, job->files->ca_key, job->entropy)) {
        return false;
    }
    job->clock_is_slow = job->now_s < gv_x509_seconds(&ca->crt.valid_from);
    if (job->clock_is_slow) {
        gv_log(GV_LOG_UNUSUAL, "cert", "clock is behind the authority file=%s", job->files->ca_crt);
    }
    not_before(job, &ca->crt);
    return ca_is_good(ca, job->now_s);
}

static bool load_leaf(struct pair *leaf, struct pair *ca, struct job *job)
{
    if (!load(leaf, job->files->leaf_crt, job->files->leaf_key, job->entropy)) {
        return false;
    }
    not_before(job, &leaf->crt);
    return leaf_is_good(leaf, ca, &job->names, job->now_s);
}

static enum gv_err ensure_pairs(struct gv_cert_report *report, struct pair *ca, struct pair *leaf,
                                struct job *job, struct gv_fail *fail)
{
    enum gv_err err = GV_OK;
    if (!load_ca(ca, job)) {
        err = make_ca(ca, job, fail);
        if (err != GV_OK) {
            return err;
        }
        report->ca_made = true;
        gv_log(GV_LOG_UNUSUAL, "cert", "new authority file=%s", job->files->ca_crt);
    }
    report->names_dropped = gv_cert_limits_apply(limits_of(&ca->crt), &job->names);
    if (report->names_dropped > 0) {
        gv_log(GV_LOG_UNUSUAL, "cert", "names outside the authority's limits left out=%u",
               report->names_dropped);
    }
    if (!load_leaf(leaf, ca, job)) {
        err = make_leaf(leaf, ca, job, fail);
        report->leaf_made = err == GV_OK;
    }
    return err;
}

enum gv_err gv_cert_ensure(struct gv_cert_report *report, const char *dir,
                           const struct gv_cert_names *names, const struct gv_clock *clock,
                           const struct gv_entropy *entropy, struct gv_fail *fail)
{
    struct pair ca;
    struct pair leaf;
    int64_t now_s = gv_clock_utc(clock).s;
    *report = (struct gv_cert_report){.ca_made = false};
    if (!name_files(&report->files, dir)) {
        return gv_fail(fail, GV_ERR_INVALID, "cert.path", "the folder's path is too long");
    }
    enum gv_err err = gv_dir_create(dir, fail);
    if (err != GV_OK) {
        return err;
    }
    struct job job = {
        .files = &report->files,
        .entropy = entropy,
        .now_s = now_s < GV_CERT_EPOCH_S ? GV_CERT_EPOCH_S : now_s,
        .names = *names,
    };
    _Static_assert(GV_CERT_FINGERPRINT_LEN == GV_X509_FINGERPRINT_LEN, "one length");
    pair_init(&ca);
    pair_init(&leaf);
    err = ensure_pairs(report, &ca, &leaf, &job, fail);
    if (err == GV_OK) {
        gv_x509_fingerprint(report->ca_sha256, &ca.crt);
        gv_x509_fingerprint(report->leaf_sha256, &leaf.crt);
        report->not_after.s = gv_x509_seconds(&leaf.crt.valid_to);
        report->renew_at.s = gv_x509_seconds(&leaf.crt.valid_from) + LEAF_RENEW_S;
    }
    pair_free(&leaf);
    pair_free(&ca);
    return err;
}
