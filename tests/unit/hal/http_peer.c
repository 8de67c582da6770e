#include "tests/unit/hal/http_peer.h"

#include "tests/unit/hal/hal_test.h"

#include "hal/linux/entropy.h"

#include <arpa/inet.h>
#include <mbedtls/ecp.h>
#include <netinet/in.h>
#include <poll.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- certificates --------------------------------------------------------------------------- */

static int rng(void *ctx, unsigned char *out, size_t n)
{
    struct gv_entropy entropy = gv_linux_entropy();
    (void)ctx;
    gv_entropy_fill(&entropy, out, n);
    return 0;
}

static void make_key(mbedtls_pk_context *key)
{
    mbedtls_pk_init(key);
    assert_int_equal(mbedtls_pk_setup(key, mbedtls_pk_info_from_type(MBEDTLS_PK_ECKEY)), 0);
    assert_int_equal(mbedtls_ecp_gen_key(MBEDTLS_ECP_DP_SECP256R1, mbedtls_pk_ec(*key), rng, NULL),
                     0);
}

static void certify(char pem[4096], mbedtls_pk_context *subject, mbedtls_pk_context *issuer,
                    bool is_ca, const struct peer_certificate *certificate)
{
    static unsigned char loopback[4] = {127, 0, 0, 1};
    unsigned char serial[1] = {1};
    mbedtls_x509write_cert w;
    mbedtls_x509_san_list san;
    memset(&san, 0, sizeof(san));
    san.node.type = certificate->is_ip ? MBEDTLS_X509_SAN_IP_ADDRESS : MBEDTLS_X509_SAN_DNS_NAME;
    san.node.san.unstructured_name.p =
        certificate->is_ip ? loopback : (unsigned char *)(uintptr_t)certificate->name;
    san.node.san.unstructured_name.len =
        certificate->is_ip ? sizeof(loopback) : strlen(certificate->name);
    mbedtls_x509write_crt_init(&w);
    mbedtls_x509write_crt_set_version(&w, MBEDTLS_X509_CRT_VERSION_3);
    mbedtls_x509write_crt_set_md_alg(&w, MBEDTLS_MD_SHA256);
    mbedtls_x509write_crt_set_subject_key(&w, subject);
    mbedtls_x509write_crt_set_issuer_key(&w, issuer);
    assert_int_equal(mbedtls_x509write_crt_set_serial_raw(&w, serial, sizeof(serial)), 0);
    assert_int_equal(mbedtls_x509write_crt_set_subject_name(&w, is_ca ? "CN=authority" : "CN=peer"),
                     0);
    assert_int_equal(mbedtls_x509write_crt_set_issuer_name(&w, "CN=authority"), 0);
    assert_int_equal(mbedtls_x509write_crt_set_validity(&w, "20200101000000", certificate->until),
                     0);
    assert_int_equal(mbedtls_x509write_crt_set_basic_constraints(&w, is_ca, -1), 0);
    if (!is_ca) {
        assert_int_equal(mbedtls_x509write_crt_set_subject_alternative_name(&w, &san), 0);
    }
    assert_int_equal(mbedtls_x509write_crt_pem(&w, (unsigned char *)pem, 4096, rng, NULL), 0);
    mbedtls_x509write_crt_free(&w);
}

void authority_open(struct peer_authority *authority, const char *file)
{
    const struct peer_certificate certificate = {"authority", "20991231235959", false};
    char pem[4096];
    make_key(&authority->key);
    certify(pem, &authority->key, &authority->key, true, &certificate);
    FILE *out = fopen(file, "w");
    assert_non_null(out);
    assert_true(fputs(pem, out) >= 0);
    assert_int_equal(fclose(out), 0);
}

void authority_close(struct peer_authority *authority)
{
    mbedtls_pk_free(&authority->key);
}

static void configure_tls(struct peer *peer, struct peer_authority *authority,
                          const struct peer_certificate *certificate)
{
    char pem[4096];
    make_key(&peer->leaf_key);
    certify(pem, &peer->leaf_key, &authority->key, false, certificate);
    mbedtls_x509_crt_init(&peer->leaf);
    assert_int_equal(mbedtls_x509_crt_parse(&peer->leaf, (unsigned char *)pem, strlen(pem) + 1), 0);
    mbedtls_ssl_config_init(&peer->config);
    assert_int_equal(mbedtls_ssl_config_defaults(&peer->config, MBEDTLS_SSL_IS_SERVER,
                                                 MBEDTLS_SSL_TRANSPORT_STREAM,
                                                 MBEDTLS_SSL_PRESET_DEFAULT),
                     0);
    mbedtls_ssl_conf_rng(&peer->config, rng, NULL);
    assert_int_equal(mbedtls_ssl_conf_own_cert(&peer->config, &peer->leaf, &peer->leaf_key), 0);
}

/* ---- one connection ------------------------------------------------------------------------- */

struct line {
    struct peer *peer;
    int fd;
    mbedtls_ssl_context ssl;
    char in[8192];
    size_t in_n;
};

static int bio_send(void *ctx, const unsigned char *p, size_t n)
{
    const struct line *line = ctx;
    ssize_t sent = send(line->fd, p, n, MSG_NOSIGNAL);
    return sent < 0 ? -1 : (int)sent;
}

/* Waits for bytes or for the order to stop, which looks like the end of the connection. */
static int bio_recv(void *ctx, unsigned char *p, size_t n)
{
    const struct line *line = ctx;
    struct pollfd fds[2] = {{line->fd, POLLIN, 0}, {line->peer->stop[0], POLLIN, 0}};
    if (poll(fds, 2, -1) < 0 || fds[1].revents != 0) {
        return 0;
    }
    ssize_t got = recv(line->fd, p, n, 0);
    return got < 0 ? -1 : (int)got;
}

static bool put(struct line *line, const char *p, size_t n)
{
    while (n > 0) {
        int sent = line->peer->is_tls ? mbedtls_ssl_write(&line->ssl, (const unsigned char *)p, n)
                                      : bio_send(line, (const unsigned char *)p, n);
        if (sent <= 0) {
            return false;
        }
        p += sent;
        n -= (size_t)sent;
    }
    return true;
}

static bool fill(struct line *line)
{
    unsigned char *p = (unsigned char *)line->in + line->in_n;
    size_t room = sizeof(line->in) - 1 - line->in_n;
    int got = line->peer->is_tls ? mbedtls_ssl_read(&line->ssl, p, room) : bio_recv(line, p, room);
    if (got <= 0) {
        return false;
    }
    line->in_n += (size_t)got;
    line->in[line->in_n] = '\0';
    return true;
}

/* One request with its body into last_request. */
static bool take_request(struct line *line)
{
    line->in_n = 0;
    line->in[0] = '\0';
    for (;;) {
        const char *end = strstr(line->in, "\r\n\r\n");
        if (end != NULL) {
            const char *length = strstr(line->in, "Content-Length: ");
            size_t body = length == NULL ? 0 : (size_t)strtoul(length + 16, NULL, 10);
            if (line->in_n >= (size_t)(end - line->in) + 4 + body) {
                break;
            }
        }
        if (!fill(line)) {
            return false;
        }
    }
    memcpy(line->peer->last_request, line->in, line->in_n + 1);
    atomic_fetch_add(&line->peer->requests, 1u);
    return true;
}

static bool stopped(const struct peer *peer, int wait_ms)
{
    struct pollfd fd = {peer->stop[0], POLLIN, 0};
    return poll(&fd, 1, wait_ms) > 0;
}

static bool put_body(struct line *line)
{
    const struct peer *peer = line->peer;
    size_t n = strlen(peer->body);
    if (peer->mode == PEER_CUTS_BODY) {
        (void)put(line, peer->body, n / 2);
        return false;
    }
    if (peer->mode != PEER_DRIPS) {
        return put(line, peer->body, n);
    }
    for (size_t i = 0; i < n; i++) {
        if (stopped(peer, 50) || !put(line, peer->body + i, 1)) {
            return false;
        }
    }
    return true;
}

/* Returns whether the connection goes on. */
static bool answer(struct line *line, unsigned nth)
{
    const struct peer *peer = line->peer;
    char head[256];
    if (peer->mode == PEER_STALLS) {
        return !stopped(peer, -1);
    }
    if (peer->mode == PEER_CLOSES_ON_REUSE && nth > 1) {
        return false;
    }
    bool redirects = peer->mode == PEER_REDIRECTS;
    (void)snprintf(head, sizeof(head), "HTTP/1.1 %s\r\nContent-Length: %zu\r\n%s\r\n",
                   redirects ? "302 Found" : "200 OK", strlen(peer->body),
                   redirects ? "Location: http://127.0.0.1:1/\r\n" : "X-Name:  value \r\n");
    return put(line, head, strlen(head)) && put_body(line) && peer->mode != PEER_CLOSES_IDLE;
}

static void serve(struct peer *peer, int fd)
{
    static struct line line; /* one connection at a time, and only one peer serves at a time */
    line = (struct line){.peer = peer, .fd = fd};
    bool open = true;
    if (peer->is_tls) {
        mbedtls_ssl_init(&line.ssl);
        open = mbedtls_ssl_setup(&line.ssl, &peer->config) == 0;
        mbedtls_ssl_set_bio(&line.ssl, &line, bio_send, bio_recv, NULL);
        open = open && mbedtls_ssl_handshake(&line.ssl) == 0;
    }
    for (unsigned nth = 1; open && take_request(&line) && answer(&line, nth); nth++) {
    }
    if (peer->is_tls) {
        mbedtls_ssl_free(&line.ssl);
    }
}

static void *run(void *ctx)
{
    struct peer *peer = ctx;
    for (;;) {
        struct pollfd fds[2] = {{peer->listener, POLLIN, 0}, {peer->stop[0], POLLIN, 0}};
        if (poll(fds, 2, -1) < 0 || fds[1].revents != 0) {
            return NULL;
        }
        int fd = accept(peer->listener, NULL, NULL);
        if (fd >= 0) {
            atomic_fetch_add(&peer->connections, 1u);
            serve(peer, fd);
            (void)close(fd);
        }
    }
}

/* ---- start and stop ------------------------------------------------------------------------- */

void peer_start(struct peer *peer, enum peer_mode mode, const char *body,
                struct peer_authority *authority, const struct peer_certificate *certificate)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t n = sizeof(address);
    memset(peer, 0, sizeof(*peer));
    peer->mode = mode;
    peer->body = body;
    peer->is_tls = authority != NULL;
    if (peer->is_tls) {
        configure_tls(peer, authority, certificate);
    }
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    peer->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(peer->listener >= 0);
    assert_int_equal(bind(peer->listener, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(peer->listener, 8), 0);
    assert_int_equal(getsockname(peer->listener, (struct sockaddr *)&address, &n), 0);
    peer->port = ntohs(address.sin_port);
    assert_int_equal(pipe(peer->stop), 0);
    assert_int_equal(pthread_create(&peer->thread, NULL, run, peer), 0);
}

void peer_stop(struct peer *peer)
{
    assert_int_equal(write(peer->stop[1], "x", 1), 1);
    assert_int_equal(pthread_join(peer->thread, NULL), 0);
    (void)close(peer->stop[0]);
    (void)close(peer->stop[1]);
    (void)close(peer->listener);
    if (peer->is_tls) {
        mbedtls_ssl_config_free(&peer->config);
        mbedtls_x509_crt_free(&peer->leaf);
        mbedtls_pk_free(&peer->leaf_key);
    }
}
