#include "hal/linux/tls_client.h"

#include "firmware/base/text.h"

#include <psa/crypto.h>
#include <string.h>

static int configure(struct gv_tls_client *client)
{
    static const char personal[] = "gavel client";
    int rc = mbedtls_ctr_drbg_seed(&client->random, mbedtls_entropy_func, &client->entropy,
                                   (const unsigned char *)personal, sizeof(personal) - 1);
    if (rc == 0) {
        rc = mbedtls_ssl_config_defaults(&client->config, MBEDTLS_SSL_IS_CLIENT,
                                         MBEDTLS_SSL_TRANSPORT_STREAM, MBEDTLS_SSL_PRESET_DEFAULT);
    }
    if (rc == 0) {
        mbedtls_ssl_conf_rng(&client->config, mbedtls_ctr_drbg_random, &client->random);
        mbedtls_ssl_conf_min_tls_version(&client->config, MBEDTLS_SSL_VERSION_TLS1_2);
        mbedtls_ssl_conf_authmode(&client->config, MBEDTLS_SSL_VERIFY_REQUIRED);
        mbedtls_ssl_conf_ca_chain(&client->config, &client->trust.chain, NULL);
    }
    return rc;
}

enum gv_err gv_tls_client_open(struct gv_tls_client *client, const char *ca_path, const char *host,
                               struct gv_fail *fail)
{
    memset(client, 0, sizeof(*client));
    if (host[0] == '\0' || !gv_text_copy(client->host, sizeof(client->host), host)) {
        return gv_fail(fail, GV_ERR_INVALID, "tls.host", "a host name has 1 to %u characters",
                       GV_TLS_HOST_MAX - 1u);
    }
    const enum gv_err err = gv_trust_open(&client->trust, ca_path, fail);
    if (err != GV_OK) {
        return err;
    }
    gv_tls_sessions_hold();
    mbedtls_ssl_config_init(&client->config);
    mbedtls_entropy_init(&client->entropy);
    mbedtls_ctr_drbg_init(&client->random);
    if (psa_crypto_init() != PSA_SUCCESS || configure(client) != 0) {
        gv_tls_client_close(client);
        return gv_fail(fail, GV_ERR_CRYPTO, "tls.client", "the crypto library does not start");
    }
    return GV_OK;
}

void gv_tls_client_close(struct gv_tls_client *client)
{
    mbedtls_ssl_config_free(&client->config);
    mbedtls_ctr_drbg_free(&client->random);
    mbedtls_entropy_free(&client->entropy);
    gv_trust_close(&client->trust);
    gv_tls_sessions_drop();
}
