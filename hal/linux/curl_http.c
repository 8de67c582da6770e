#include "hal/linux/curl_http.h"

#include "firmware/base/assert.h"
#include "firmware/base/limits.h"
#include "firmware/base/pool.h"
#include "firmware/base/text.h"
#include "hal/linux/address_range.h"
#include "hal/linux/own_network.h"

#include <curl/curl.h>
#include <mbedtls/ssl.h>
#include <string.h>
#include <sys/socket.h>

/* Bytes libcurl reads at once: big enough for a block in hex, small beside the arena. */
#define BUFFER_BYTES      16384L
#define CONNECTIONS_MAX   2L
#define CONTENT_TYPE_MAX  100
#define HEADER_LINE_MAX   (CONTENT_TYPE_MAX + 16)
#define HEADERS_MAX       8u
#define KEEPALIVE_IDLE_S  30L
#define IDLE_CONNECTION_S 60L

struct client {
    CURL *easy;
    const struct gv_trust *trust;
    const struct gv_http_request *request; /* only while perform runs */
    bool refused_private;                  /* an address was not tried: see public_only */
    char error[CURL_ERROR_SIZE];
};

GV_POOL_STORAGE(http_clients, struct client, GV_HTTP_CLIENTS);

static void init_pool(void)
{
    GV_POOL_INIT(http_clients);
}

/* ---- libcurl calls these -------------------------------------------------------------------- */

static size_t on_body(char *bytes, size_t size, size_t n, void *ctx)
{
    const struct client *client = ctx;
    size_t total = size * n;
    if (total == 0) {
        return 0;
    }
    return client->request->sink(client->request->sink_ctx, gv_view_of(bytes, total)) ? total : 0;
}

static size_t on_header(char *bytes, size_t size, size_t n, void *ctx)
{
    const struct client *client = ctx;
    size_t total = size * n;
    size_t line = total;
    while (line > 0 && (bytes[line - 1] == '\r' || bytes[line - 1] == '\n')) {
        line--;
    }
    /* The status line and the empty line at the end pass here as well. */
    if (memchr(bytes, ':', line) != NULL && client->request->header_sink != NULL) {
        client->request->header_sink(client->request->header_ctx, gv_view_of(bytes, line));
    }
    return total;
}

static CURLcode on_tls_config(CURL *easy, void *tls_config, void *ctx)
{
    const struct client *client = ctx;
    (void)easy;
    if (client->trust == NULL || !client->trust->is_open) {
        return CURLE_SSL_CACERT_BADFILE;
    }
    /* Mbed TLS reads the chain only, but takes it without const. */
    mbedtls_x509_crt *chain = (mbedtls_x509_crt *)(uintptr_t)&client->trust->chain;
    mbedtls_ssl_conf_ca_chain(tls_config, chain, NULL);
    /* libcurl's choice accepts RSA keys of 1024 bits. */
    mbedtls_ssl_conf_cert_profile(tls_config, &mbedtls_x509_crt_profile_default);
    return CURLE_OK;
}

/* Called for each address that the name has: the rule holds whatever the name resolves to now. */
static curl_socket_t on_open_socket(void *ctx, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct client *client = ctx;
    (void)purpose;
    if (client->request->public_only &&
        (!gv_address_is_public(&address->addr) || gv_own_network_holds(&address->addr))) {
        client->refused_private = true;
        return CURL_SOCKET_BAD;
    }
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

/* libcurl asks about once a second. Returns: nonzero to end the request. */
static int on_progress(void *ctx, curl_off_t down_all, curl_off_t down, curl_off_t up_all,
                       curl_off_t up)
{
    const struct client *client = ctx;
    (void)down_all;
    (void)down;
    (void)up_all;
    (void)up;
    return client->request->stop != NULL && atomic_load(client->request->stop) ? 1 : 0;
}

/* Set one option of `easy` unless an earlier one failed (`rc`). */
#define SET(option, value)                                                                         \
    do {                                                                                           \
        if (rc == CURLE_OK) {                                                                      \
            rc = curl_easy_setopt(easy, option, value);                                            \
        }                                                                                          \
    } while (0)

/* ---- one request ---------------------------------------------------------------------------- */

/* Every option is set for every request: curl_easy_reset keeps connections and names only. There is
 * none for "no proxy": our libcurl is built without proxies, and a test watches over that. */
static CURLcode set_fixed(struct client *client)
{
    CURL *easy = client->easy;
    CURLcode rc = CURLE_OK;
    curl_easy_reset(easy);
    SET(CURLOPT_PROTOCOLS_STR, "http,https");
    SET(CURLOPT_FOLLOWLOCATION, 0L);
    SET(CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_SSL_VERIFYPEER, 1L);
    SET(CURLOPT_SSL_VERIFYHOST, 2L);
    SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    SET(CURLOPT_SSL_CTX_FUNCTION, on_tls_config);
    SET(CURLOPT_SSL_CTX_DATA, client);
    SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    SET(CURLOPT_USERAGENT, "gavel");
    SET(CURLOPT_BUFFERSIZE, BUFFER_BYTES);
    SET(CURLOPT_MAXCONNECTS, CONNECTIONS_MAX);
    SET(CURLOPT_MAXAGE_CONN, IDLE_CONNECTION_S);
    SET(CURLOPT_TCP_KEEPALIVE, 1L);
    SET(CURLOPT_TCP_KEEPIDLE, KEEPALIVE_IDLE_S);
    SET(CURLOPT_ERRORBUFFER, client->error);
    SET(CURLOPT_WRITEFUNCTION, on_body);
    SET(CURLOPT_WRITEDATA, client);
    SET(CURLOPT_HEADERFUNCTION, on_header);
    SET(CURLOPT_HEADERDATA, client);
    SET(CURLOPT_OPENSOCKETFUNCTION, on_open_socket);
    SET(CURLOPT_OPENSOCKETDATA, client);
    SET(CURLOPT_NOPROGRESS, 0L);
    SET(CURLOPT_XFERINFOFUNCTION, on_progress);
    SET(CURLOPT_XFERINFODATA, client);
    return rc;
}

static CURLcode set_request(struct client *client, const struct gv_http_request *request,
                            const struct curl_slist *headers, bool is_post)
{
    CURL *easy = client->easy;
    CURLcode rc = CURLE_OK;
    SET(CURLOPT_URL, request->url);
    SET(CURLOPT_CONNECTTIMEOUT_MS, (long)request->connect_timeout_ms);
    SET(CURLOPT_TIMEOUT_MS, (long)request->timeout_ms);
    SET(CURLOPT_HTTPHEADER, headers);
    /* A connection kept from a request without that rule was never judged by it. */
    SET(CURLOPT_FRESH_CONNECT, request->public_only ? 1L : 0L);
    if (request->user_pass != NULL) {
        SET(CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
        SET(CURLOPT_USERPWD, request->user_pass);
    }
    if (is_post) {
        SET(CURLOPT_POST, 1L);
        SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.n);
        SET(CURLOPT_POSTFIELDS, request->body.n == 0 ? "" : (const char *)request->body.p);
    } else {
        SET(CURLOPT_HTTPGET, 1L);
    }
    return rc;
}

static CURLcode add_header(struct curl_slist **headers, const char *line)
{
    struct curl_slist *longer = curl_slist_append(*headers, line);
    if (longer == NULL) {
        return CURLE_OUT_OF_MEMORY;
    }
    *headers = longer;
    return CURLE_OK;
}

/* An empty "Expect:" keeps libcurl from waiting for a 100 that many servers never send. */
static CURLcode make_headers(struct curl_slist **headers, const struct gv_http_request *request)
{
    char line[HEADER_LINE_MAX];
    CURLcode rc = add_header(headers, "Expect:");
    if (rc == CURLE_OK && request->content_type != NULL) {
        rc = gv_format(line, sizeof(line), "Content-Type: %s", request->content_type)
                 ? add_header(headers, line)
                 : CURLE_BAD_FUNCTION_ARGUMENT;
    }
    for (size_t i = 0; rc == CURLE_OK && request->headers != NULL && request->headers[i] != NULL;
         i++) {
        GV_ASSERT(i < HEADERS_MAX);
        rc = add_header(headers, request->headers[i]);
    }
    return rc;
}

/* What a CURLcode means to our callers; every code not named is a network that did not work. */
static enum gv_err err_of(CURLcode rc)
{
    switch ((int)rc) {
    case CURLE_OK:
        return GV_OK;
    case CURLE_OPERATION_TIMEDOUT:
        return GV_ERR_TIMEOUT;
    case CURLE_ABORTED_BY_CALLBACK:
        return GV_ERR_CLOSED;
    case CURLE_WRITE_ERROR:
        return GV_ERR_TOO_LARGE;
    case CURLE_OUT_OF_MEMORY:
        return GV_ERR_FULL;
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_LOGIN_DENIED: /* credentials in the URL */
    case CURLE_BAD_FUNCTION_ARGUMENT:
        return GV_ERR_INVALID;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
        return GV_ERR_CRYPTO;
    default:
        return GV_ERR_UNAVAILABLE;
    }
}

/* The texts name neither URL nor credentials: libcurl's own speak of hosts and certificates. */
static enum gv_err explain(const struct client *client, CURLcode rc, struct gv_fail *fail)
{
    enum gv_err err = err_of(rc);
    if (err == GV_OK) {
        return GV_OK;
    }
    if (client->refused_private) {
        return gv_fail(
            fail, GV_ERR_FORBIDDEN, "http.private",
            "the name stands for an address of a private or special range, or of this network");
    }
    if (err == GV_ERR_CLOSED) {
        return gv_fail(fail, err, "http.stopped", "the request was ended");
    }
    if (err == GV_ERR_TOO_LARGE) {
        return gv_fail(fail, err, "http.too_large", "the answer is longer than allowed");
    }
    const char *code = err == GV_ERR_TIMEOUT   ? "http.timeout"
                       : err == GV_ERR_CRYPTO  ? "http.certificate"
                       : err == GV_ERR_INVALID ? "http.request"
                       : err == GV_ERR_FULL    ? "http.memory"
                                               : "http.unavailable";
    const char *detail = client->error;
    if (rc == CURLE_SSL_CACERT_BADFILE) {
        detail = "no file of trusted certificates is loaded";
    }
    return gv_fail(fail, err, code, "%s%s%s", curl_easy_strerror(rc), detail[0] == '\0' ? "" : ": ",
                   detail);
}

static enum gv_err op_perform(void *ctx, const struct gv_http_request *request, int *status,
                              struct gv_fail *fail)
{
    struct client *client = ctx;
    struct curl_slist *headers = NULL;
    long answer = 0;
    bool is_post = strcmp(request->method, "POST") == 0;
    GV_ASSERT(is_post || strcmp(request->method, "GET") == 0);
    GV_ASSERT(request->sink != NULL);
    GV_ASSERT(request->connect_timeout_ms > 0); /* 0 would mean libcurl's default, or no end */
    GV_ASSERT(request->timeout_ms > 0);
    *status = 0;

    client->request = request;
    client->error[0] = '\0';
    client->refused_private = false;
    CURLcode rc = make_headers(&headers, request);
    if (rc == CURLE_OK) {
        rc = set_fixed(client);
    }
    if (rc == CURLE_OK) {
        rc = set_request(client, request, headers, is_post);
    }
    if (rc == CURLE_OK) {
        rc = curl_easy_perform(client->easy);
    }
    if (rc == CURLE_OK) {
        rc = curl_easy_getinfo(client->easy, CURLINFO_RESPONSE_CODE, &answer);
    }
    *status = (int)answer;
    enum gv_err err = explain(client, rc, fail);

    curl_easy_reset(client->easy); /* forgets the caller's memory and the credentials */
    curl_slist_free_all(headers);
    client->request = NULL;
    return err;
}

/* ---- open and close ------------------------------------------------------------------------- */

static const struct gv_http_ops http_ops = {.perform = op_perform};

enum gv_err gv_curl_open(struct gv_http *http, const struct gv_trust *trust)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    GV_ASSERT(pthread_once(&once, init_pool) == 0);

    struct client *client = gv_pool_acquire(&http_clients, 0);
    if (client == NULL) {
        return GV_ERR_FULL;
    }
    client->trust = trust;
    client->easy = curl_easy_init();
    if (client->easy == NULL) {
        gv_pool_release(&http_clients, client);
        return GV_ERR_FULL;
    }
    *http = (struct gv_http){.ops = &http_ops, .ctx = client};
    return GV_OK;
}

void gv_curl_close(struct gv_http *http)
{
    struct client *client = http->ctx;
    if (client == NULL) {
        return;
    }
    curl_easy_cleanup(client->easy);
    gv_pool_release(&http_clients, client);
    *http = (struct gv_http){.ops = NULL};
}
