#include "hal/linux/own_cert.h"

#include "firmware/base/assert.h"
#include "firmware/base/crypto.h"
#include "firmware/base/text.h"
#include "hal/linux/x509.h"

#include <mbedtls/oid.h>
#include <string.h>

#define CHAIN_MAX    6u
#define RSA_BITS_MIN 2048u

static enum gv_err refuse(struct gv_fail *fail, const char *code, const char *text)
{
    return gv_fail_at(fail, GV_ERR_INVALID, "/pem", code, "%s", text);
}

/* ---- names ---------------------------------------------------------------------------------- */

static char lower(unsigned char c)
{
    return (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
}

/* What a browser could compare with a host: letters, digits, "-", "_", "." and a "*" as the first label. */
static bool is_name(struct gv_view text)
{
    const size_t from = text.n > 2 && text.p[0] == '*' && text.p[1] == '.' ? 2 : 0;
    for (size_t i = from; i < text.n; i++) {
        const char c = lower(text.p[i]);
        if ((c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '_' && c != '.') {
            return false;
        }
    }
    return text.n > from && text.n < GV_OWN_CERT_NAME_LEN;
}

static enum gv_err read_names(struct gv_own_cert *own, const mbedtls_x509_crt *leaf,
                              struct gv_fail *fail)
{
    for (const mbedtls_x509_sequence *san = &leaf->subject_alt_names; san != NULL;
         san = san->next) {
        const struct gv_view name = gv_view_of(san->buf.p, san->buf.len);
        if ((san->buf.tag & MBEDTLS_ASN1_TAG_VALUE_MASK) != MBEDTLS_X509_SAN_DNS_NAME ||
            !is_name(name)) {
            continue;
        }
        if (own->names_n == GV_OWN_CERT_NAMES_MAX) {
            return refuse(fail, "tls.own_names", "the certificate has too many names");
        }
        for (size_t i = 0; i < name.n; i++) {
            own->names[own->names_n][i] = lower(name.p[i]);
        }
        own->names[own->names_n++][name.n] = '\0';
    }
    return own->names_n > 0
               ? GV_OK
               : refuse(fail, "tls.own_names", "the certificate is for no name of a server");
}

static bool covers(const char *pattern, struct gv_view host)
{
    if (pattern[0] == '*') {
        const uint8_t *dot = memchr(host.p, '.', host.n);
        if (dot == NULL || dot == host.p) {
            return false;
        }
        host = gv_view_of(dot, host.n - (size_t)(dot - host.p));
        pattern++;
    }
    for (size_t i = 0; i < host.n; i++) {
        if (pattern[i] == '\0' || lower(host.p[i]) != pattern[i]) {
            return false;
        }
    }
    return pattern[host.n] == '\0';
}

bool gv_own_cert_covers(const struct gv_own_cert *own, struct gv_view host)
{
    for (uint32_t i = 0; i < own->names_n && host.n > 0; i++) {
        if (covers(own->names[i], host)) {
            return true;
        }
    }
    return false;
}

/* ---- the chain ------------------------------------------------------------------------------ */

/* Each names the next one as its issuer: a client need not search. */
static enum gv_err check_order(const mbedtls_x509_crt *chain, struct gv_fail *fail)
{
    size_t n = 1;
    for (; chain->next != NULL; chain = chain->next, n++) {
        const mbedtls_x509_buf *issuer = &chain->issuer_raw;
        const mbedtls_x509_buf *subject = &chain->next->subject_raw;
        if (n == CHAIN_MAX || issuer->len != subject->len ||
            memcmp(issuer->p, subject->p, issuer->len) != 0) {
            return refuse(
                fail, "tls.own_order",
                "the certificates are not in order: the server's first, then the one that "
                "signed it, and so on");
        }
    }
    return GV_OK;
}

/* Who signed the last one is not here to be asked. */
static enum gv_err check_signatures(mbedtls_x509_crt *chain, struct gv_fail *fail)
{
    uint32_t flags = 0;
    mbedtls_x509_crt *last = chain;
    while (last->next != NULL) {
        last = last->next;
    }
    if (last != chain) {
        (void)mbedtls_x509_crt_verify(chain, last, NULL, NULL, &flags, NULL, NULL);
        flags &= ~(uint32_t)(MBEDTLS_X509_BADCERT_EXPIRED | MBEDTLS_X509_BADCERT_FUTURE);
    }
    return flags == 0 ? GV_OK
                      : refuse(fail, "tls.own_order",
                               "a certificate of the chain is not signed by the next one");
}

static enum gv_err check_leaf(const mbedtls_x509_crt *leaf, struct gv_fail *fail)
{
    const bool is_weak = mbedtls_pk_get_type(&leaf->pk) == MBEDTLS_PK_RSA &&
                         mbedtls_pk_get_bitlen(&leaf->pk) < RSA_BITS_MIN;
    if (is_weak || mbedtls_x509_crt_check_key_usage(leaf, MBEDTLS_X509_KU_DIGITAL_SIGNATURE) != 0 ||
        mbedtls_x509_crt_check_extended_key_usage(leaf, MBEDTLS_OID_SERVER_AUTH,
                                                  MBEDTLS_OID_SIZE(MBEDTLS_OID_SERVER_AUTH)) != 0) {
        return refuse(fail, "tls.own_purpose",
                      "the first certificate is not for servers, or its key is too short");
    }
    return GV_OK;
}

static void describe(struct gv_own_cert *own, const mbedtls_x509_crt *chain)
{
    _Static_assert(sizeof(own->sha256) == GV_X509_FINGERPRINT_LEN, "it fits");
    gv_x509_fingerprint(own->sha256, chain);
    own->not_before.s = gv_x509_seconds(&chain->valid_from);
    own->not_after.s = gv_x509_seconds(&chain->valid_to);
    for (; chain != NULL; chain = chain->next) {
        const int64_t end_s = gv_x509_seconds(&chain->valid_to);
        own->not_after.s = end_s < own->not_after.s ? end_s : own->not_after.s;
    }
}

static enum gv_err load_chain(struct gv_own_pair *pair, struct gv_view pem, struct gv_fail *fail)
{
    /* A positive number counts certificates that cannot be read. */
    if (mbedtls_x509_crt_parse(&pair->chain, pem.p, pem.n) != 0) {
        return refuse(fail, "tls.own_chain", "there is no chain of certificates (PEM) to be read");
    }
    enum gv_err err = check_order(&pair->chain, fail);
    if (err == GV_OK) {
        err = check_leaf(&pair->chain, fail);
    }
    if (err == GV_OK) {
        err = check_signatures(&pair->chain, fail);
    }
    if (err == GV_OK) {
        err = read_names(&pair->says, &pair->chain, fail);
    }
    return err;
}

enum gv_err gv_own_cert_load(struct gv_own_pair *pair, struct gv_view pem, gv_own_cert_rng *rng,
                             void *rng_ctx, struct gv_fail *fail)
{
    GV_ASSERT(pem.n > 0 && pem.p[pem.n - 1] == '\0');
    mbedtls_x509_crt_init(&pair->chain);
    mbedtls_pk_init(&pair->key);
    pair->says = (struct gv_own_cert){.state = GV_OWN_CERT_NONE};
    const enum gv_err err = load_chain(pair, pem, fail);
    if (err != GV_OK) {
        return err;
    }
    if (mbedtls_pk_parse_key(&pair->key, pem.p, pem.n, NULL, 0, rng, rng_ctx) != 0) {
        return refuse(fail, "tls.own_key",
                      "there is no private key to be read: PEM, RSA or P-256 or P-384, without a "
                      "passphrase");
    }
    if (mbedtls_pk_check_pair(&pair->chain.pk, &pair->key, rng, rng_ctx) != 0) {
        return refuse(fail, "tls.own_pair",
                      "the private key does not belong to the first certificate");
    }
    describe(&pair->says, &pair->chain);
    pair->says.state = GV_OWN_CERT_SERVED;
    return GV_OK;
}

void gv_own_cert_free(struct gv_own_pair *pair)
{
    mbedtls_x509_crt_free(&pair->chain);
    mbedtls_pk_free(&pair->key); /* wipes the key */
}

enum gv_err gv_own_cert_check_time(const struct gv_own_cert *own, struct gv_utc now, bool fresh,
                                   struct gv_fail *fail)
{
    if (now.s >= own->not_after.s) {
        return refuse(fail, "tls.own_time", "the certificate, or one of its chain, has expired");
    }
    return fresh && now.s < own->not_before.s
               ? refuse(fail, "tls.own_time", "the certificate is not valid yet")
               : GV_OK;
}
