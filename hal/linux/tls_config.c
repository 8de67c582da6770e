#include "hal/linux/tls_config.h"

#include "firmware/base/assert.h"
#include "firmware/base/crypto.h"
#include "firmware/base/log.h"
#include "hal/linux/files.h"
#include "hal/linux/own_cert.h"
#include "hal/linux/tls.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include <mbedtls/ctr_drbg.h>
#include <mbedtls/entropy.h>
#include <mbedtls/error.h>
#include <mbedtls/pk.h>
#include <mbedtls/ssl.h>
#include <mbedtls/ssl_ciphersuites.h>
#include <mbedtls/ssl_ticket.h>
#include <mbedtls/x509_crt.h>
#include <psa/crypto.h>

#if !defined(MBEDTLS_THREADING_C)
#error "MBEDTLS_THREADING_C is needed: workers share the random generator and the ticket keys"
#endif

/* A ticket lives this long; its key is replaced as often, and the last one still opens. */
#define TICKET_LIFETIME_S 43200u

struct gv_tls_generation {
    mbedtls_ssl_config config;
    mbedtls_x509_crt chain;
    mbedtls_pk_context key;
    struct gv_own_pair own; /* the owner's, for its names; state NONE: there is none */
    unsigned references;    /* sessions, and one for being current */
};

static struct {
    pthread_mutex_t lock; /* references and current */
    struct gv_tls_generation generations[GV_TLS_GENERATIONS];
    struct gv_tls_generation *current;
    const char *own_path; /* thread: main */
    mbedtls_entropy_context entropy;
    mbedtls_ctr_drbg_context random;
    mbedtls_ssl_ticket_context tickets;
    atomic_uint_fast64_t tickets_accepted;
} state = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* Forward secrecy and authenticated encryption only; the client's order does not count. */
static const int cipher_suites[] = {
    MBEDTLS_TLS1_3_AES_128_GCM_SHA256,
    MBEDTLS_TLS1_3_CHACHA20_POLY1305_SHA256,
    MBEDTLS_TLS1_3_AES_256_GCM_SHA384,
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
    MBEDTLS_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
    MBEDTLS_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
    MBEDTLS_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
    0,
};

static const char *protocols[] = {"http/1.1", NULL};

static enum gv_err tls_fail(struct gv_fail *fail, int rc, const char *what)
{
    char text[96];
    mbedtls_strerror(rc, text, sizeof(text));
    return gv_fail(fail, GV_ERR_CRYPTO, "server.tls", "%s: %s", what, text);
}

enum gv_err gv_tls_config_open(struct gv_fail *fail)
{
    static const char personal[] = "gavel server";
    if (psa_crypto_init() != PSA_SUCCESS) {
        return gv_fail(fail, GV_ERR_CRYPTO, "server.tls", "the crypto library does not start");
    }
    atomic_store(&state.tickets_accepted, 0);
    mbedtls_entropy_init(&state.entropy);
    mbedtls_ctr_drbg_init(&state.random);
    mbedtls_ssl_ticket_init(&state.tickets);
    int rc = mbedtls_ctr_drbg_seed(&state.random, mbedtls_entropy_func, &state.entropy,
                                   (const unsigned char *)personal, sizeof(personal) - 1);
    if (rc == 0) {
        rc = mbedtls_ssl_ticket_setup(&state.tickets, mbedtls_ctr_drbg_random, &state.random,
                                      MBEDTLS_CIPHER_AES_256_GCM, TICKET_LIFETIME_S);
    }
    if (rc != 0) {
        gv_tls_config_close();
        return tls_fail(fail, rc, "random generator or ticket keys");
    }
    return GV_OK;
}

static void unload(struct gv_tls_generation *generation)
{
    mbedtls_ssl_config_free(&generation->config);
    mbedtls_x509_crt_free(&generation->chain);
    mbedtls_pk_free(&generation->key);
    gv_own_cert_free(&generation->own);
}

void gv_tls_config_close(void)
{
    if (state.current != NULL) {
        struct gv_tls_generation *last = state.current;
        state.current = NULL;
        gv_tls_generation_release(last);
    }
    for (unsigned i = 0; i < GV_TLS_GENERATIONS; i++) {
        GV_ASSERT(state.generations[i].references == 0);
    }
    mbedtls_ssl_ticket_free(&state.tickets);
    mbedtls_ctr_drbg_free(&state.random);
    mbedtls_entropy_free(&state.entropy);
}

/* ---- Tickets ---------------------------------------------------------------------------------- */

static int parse_ticket(void *tickets, mbedtls_ssl_session *session, unsigned char *p, size_t n)
{
    int rc = mbedtls_ssl_ticket_parse(tickets, session, p, n);
    if (rc == 0) {
        atomic_fetch_add(&state.tickets_accepted, 1);
    }
    return rc;
}

uint64_t gv_tls_tickets_accepted(void)
{
    return atomic_load(&state.tickets_accepted);
}

/* ---- Generations ------------------------------------------------------------------------------ */

static int load_files(struct gv_tls_generation *generation, const char *cert_path,
                      const char *key_path, const char **what)
{
    *what = "certificate file";
    int rc = mbedtls_x509_crt_parse_file(&generation->chain, cert_path);
    if (rc != 0) {
        /* A positive number counts unreadable certificates of the chain. */
        return rc > 0 ? MBEDTLS_ERR_X509_INVALID_FORMAT : rc;
    }
    *what = "key file";
    rc = mbedtls_pk_parse_keyfile(&generation->key, key_path, NULL, mbedtls_ctr_drbg_random,
                                  &state.random);
    if (rc != 0) {
        return rc;
    }
    *what = "the key does not belong to the certificate";
    return mbedtls_pk_check_pair(&generation->chain.pk, &generation->key, mbedtls_ctr_drbg_random,
                                 &state.random);
}

/* A client that asks for one of its names gets the owner's certificate; whoever asks for another name, for an
 * address or for nothing gets the box's. */
static int choose_by_name(void *ctx, mbedtls_ssl_context *ssl, const unsigned char *name, size_t n)
{
    struct gv_tls_generation *generation = ctx;
    return gv_own_cert_covers(&generation->own.says, gv_view_of(name, n))
               ? mbedtls_ssl_set_hs_own_cert(ssl, &generation->own.chain, &generation->own.key)
               : 0;
}

static enum gv_err load_own(struct gv_tls_generation *generation, struct gv_fail *fail)
{
    uint8_t pem[GV_OWN_CERT_PEM_MAX + 1];
    size_t n = 0;
    if (state.own_path == NULL) {
        return GV_OK;
    }
    enum gv_err err = gv_file_read(state.own_path, pem, GV_OWN_CERT_PEM_MAX, &n, fail);
    if (err == GV_OK) {
        pem[n] = '\0';
        err = gv_own_cert_load(&generation->own, gv_view_of(pem, n + 1), mbedtls_ctr_drbg_random,
                               &state.random, fail);
    }
    gv_secure_zero(pem, sizeof(pem));
    if (err == GV_OK) {
        mbedtls_ssl_conf_sni(&generation->config, choose_by_name, generation);
    }
    return err;
}

void gv_tls_generation_own(const char *path)
{
    state.own_path = path;
}

bool gv_tls_generation_covers(struct gv_view host)
{
    pthread_mutex_lock(&state.lock);
    const bool covers = state.current != NULL && gv_own_cert_covers(&state.current->own.says, host);
    pthread_mutex_unlock(&state.lock);
    return covers;
}

static int configure(struct gv_tls_generation *generation)
{
    mbedtls_ssl_config *config = &generation->config;
    int rc = mbedtls_ssl_config_defaults(config, MBEDTLS_SSL_IS_SERVER,
                                         MBEDTLS_SSL_TRANSPORT_STREAM, MBEDTLS_SSL_PRESET_DEFAULT);
    if (rc != 0) {
        return rc;
    }
    mbedtls_ssl_conf_rng(config, mbedtls_ctr_drbg_random, &state.random);
    mbedtls_ssl_conf_min_tls_version(config, MBEDTLS_SSL_VERSION_TLS1_2);
    mbedtls_ssl_conf_ciphersuites(config, cipher_suites);
    mbedtls_ssl_conf_authmode(config, MBEDTLS_SSL_VERIFY_NONE); /* clients show no certificate */
    mbedtls_ssl_conf_session_tickets_cb(config, mbedtls_ssl_ticket_write, parse_ticket,
                                        &state.tickets);
    mbedtls_ssl_conf_new_session_tickets(config, 1);
    rc = mbedtls_ssl_conf_alpn_protocols(config, protocols);
    if (rc != 0) {
        return rc;
    }
    return mbedtls_ssl_conf_own_cert(config, &generation->chain, &generation->key);
}

/* A generation nobody uses; its one reference keeps others off. */
static struct gv_tls_generation *reserve(void)
{
    struct gv_tls_generation *found = NULL;
    pthread_mutex_lock(&state.lock);
    for (unsigned i = 0; i < GV_TLS_GENERATIONS && found == NULL; i++) {
        if (state.generations[i].references == 0) {
            found = &state.generations[i];
            found->references = 1;
        }
    }
    pthread_mutex_unlock(&state.lock);
    return found;
}

enum gv_err gv_tls_generation_load(const char *cert_path, const char *key_path,
                                   struct gv_fail *fail)
{
    struct gv_tls_generation *generation = reserve();
    if (generation == NULL) {
        return gv_fail(fail, GV_ERR_FULL, "server.tls_generations",
                       "open connections still use %u older certificates", GV_TLS_GENERATIONS - 1);
    }
    mbedtls_ssl_config_init(&generation->config);
    mbedtls_x509_crt_init(&generation->chain);
    mbedtls_pk_init(&generation->key);
    mbedtls_x509_crt_init(&generation->own.chain);
    mbedtls_pk_init(&generation->own.key);
    generation->own.says = (struct gv_own_cert){.state = GV_OWN_CERT_NONE};
    const char *what = "";
    int rc = load_files(generation, cert_path, key_path, &what);
    if (rc == 0) {
        what = "configuration";
        rc = configure(generation);
    }
    if (rc != 0) {
        gv_tls_generation_release(generation);
        return tls_fail(fail, rc, what);
    }
    const enum gv_err err = load_own(generation, fail);
    if (err != GV_OK) {
        gv_tls_generation_release(generation);
        return err;
    }
    pthread_mutex_lock(&state.lock);
    struct gv_tls_generation *previous = state.current;
    state.current = generation;
    pthread_mutex_unlock(&state.lock);
    if (previous != NULL) {
        gv_tls_generation_release(previous);
    }
    return GV_OK;
}

struct gv_tls_generation *gv_tls_generation_acquire(void)
{
    pthread_mutex_lock(&state.lock);
    struct gv_tls_generation *generation = state.current;
    GV_ASSERT(generation != NULL);
    generation->references++;
    pthread_mutex_unlock(&state.lock);
    return generation;
}

void gv_tls_generation_release(struct gv_tls_generation *generation)
{
    pthread_mutex_lock(&state.lock);
    GV_ASSERT(generation->references > 0);
    if (generation->references == 1) {
        unload(generation); /* under the lock: reserve() must not hand it out half freed */
    }
    generation->references--;
    pthread_mutex_unlock(&state.lock);
}

const mbedtls_ssl_config *gv_tls_generation_config(const struct gv_tls_generation *generation)
{
    return &generation->config;
}
