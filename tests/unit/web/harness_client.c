#include "tests/unit/web/harness.h"

#include "firmware/base/text.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include <mbedtls/net_sockets.h>

/* More than any test lets a client answer in a row. */
#define PINGS_MAX 32u

/* ---- Connections ------------------------------------------------------------------------------ */

static int random_bytes(void *ctx, unsigned char *out, size_t n)
{
    (void)ctx;
    return getrandom(out, n, 0) == (ssize_t)n ? 0 : -1;
}

static int bio_send(void *ctx, const unsigned char *p, size_t n)
{
    struct client *c = ctx;
    ssize_t sent = send(c->fd, p, n, MSG_NOSIGNAL);
    return sent > 0 ? (int)sent : MBEDTLS_ERR_NET_SEND_FAILED;
}

static int bio_recv(void *ctx, unsigned char *out, size_t cap)
{
    struct client *c = ctx;
    ssize_t got;
    do {
        got = recv(c->fd, out, cap, 0);
    } while (got < 0 && errno == EINTR); /* a fuzzer's clock ticks by signals */
    if (got >= 0) {
        return (int)got;
    }
    if (errno == EAGAIN) {
        return MBEDTLS_ERR_SSL_WANT_READ; /* out of patience, or only looking */
    }
    return errno == ECONNRESET ? MBEDTLS_ERR_NET_CONN_RESET : MBEDTLS_ERR_NET_RECV_FAILED;
}

void client_connect(struct client *c, uint16_t port)
{
    client_connect_from(c, port, 1);
}

void client_connect_from(struct client *c, uint16_t port, unsigned host)
{
    struct sockaddr_in from = {.sin_family = AF_INET};
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct timeval patience = {.tv_sec = PATIENCE_S};
    int on = 1;
    memset(c, 0, sizeof(*c));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    c->fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(c->fd >= 0);
    assert_int_equal(setsockopt(c->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)), 0);
    assert_int_equal(setsockopt(c->fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)), 0);
    assert_int_equal(setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)), 0);
    from.sin_addr.s_addr = htonl(0x7f000000u + host);
    assert_int_equal(bind(c->fd, (struct sockaddr *)&from, sizeof(from)), 0);
    assert_int_equal(connect(c->fd, (struct sockaddr *)&address, sizeof(address)), 0);
}

static mbedtls_ssl_config *client_config(mbedtls_ssl_protocol_version version)
{
    static mbedtls_ssl_config configs[2];
    static bool ready[2];
    static const char *protocols[] = {"http/1.1", NULL};
    unsigned i = version == MBEDTLS_SSL_VERSION_TLS1_2 ? 0 : 1;
    if (!ready[i]) {
        mbedtls_ssl_config_init(&configs[i]);
        assert_int_equal(mbedtls_ssl_config_defaults(&configs[i], MBEDTLS_SSL_IS_CLIENT,
                                                     MBEDTLS_SSL_TRANSPORT_STREAM,
                                                     MBEDTLS_SSL_PRESET_DEFAULT),
                         0);
        mbedtls_ssl_conf_rng(&configs[i], random_bytes, NULL);
        mbedtls_ssl_conf_authmode(&configs[i], MBEDTLS_SSL_VERIFY_NONE);
        mbedtls_ssl_conf_min_tls_version(&configs[i], version);
        mbedtls_ssl_conf_max_tls_version(&configs[i], version);
        assert_int_equal(mbedtls_ssl_conf_alpn_protocols(&configs[i], protocols), 0);
#if defined(MBEDTLS_SSL_SESSION_TICKETS)
        mbedtls_ssl_conf_session_tickets(&configs[i], MBEDTLS_SSL_SESSION_TICKETS_ENABLED);
        mbedtls_ssl_conf_tls13_enable_signal_new_session_tickets(
            &configs[i], MBEDTLS_SSL_TLS1_3_SIGNAL_NEW_SESSION_TICKETS_ENABLED);
#endif
        ready[i] = true;
    }
    return &configs[i];
}

static void set_up_tls(struct client *c, const struct tls_choice *choice)
{
    c->tls = true;
    mbedtls_ssl_init(&c->ssl);
    assert_int_equal(mbedtls_ssl_setup(&c->ssl, client_config(choice->version)), 0);
    assert_int_equal(mbedtls_ssl_set_hostname(&c->ssl, "localhost"), 0);
    if (choice->resume != NULL) {
        assert_int_equal(mbedtls_ssl_set_session(&c->ssl, choice->resume), 0);
    }
    mbedtls_ssl_set_bio(&c->ssl, c, bio_send, bio_recv, NULL);
}

int client_open_tls(struct client *c, uint16_t port, const struct tls_choice *choice)
{
    client_connect(c, port);
    set_up_tls(c, choice);
    return mbedtls_ssl_handshake(&c->ssl);
}

void client_say_hello(struct client *c, uint16_t port, unsigned host)
{
    /* A client of 1.3 keeps one of the library's few key slots until it is through. */
    const struct tls_choice choice = {.version = MBEDTLS_SSL_VERSION_TLS1_2};
    client_connect_from(c, port, host);
    set_up_tls(c, &choice);
    assert_int_equal(fcntl(c->fd, F_SETFL, O_NONBLOCK), 0);
    assert_int_equal(mbedtls_ssl_handshake(&c->ssl), MBEDTLS_ERR_SSL_WANT_READ);
    assert_int_equal(fcntl(c->fd, F_SETFL, 0), 0); /* SO_RCVTIMEO counts again */
}

void client_end_hello(struct client *c)
{
    assert_int_equal(mbedtls_ssl_handshake(&c->ssl), 0);
}

void client_open(struct client *c, uint16_t port, bool tls)
{
    struct tls_choice choice = {.version = MBEDTLS_SSL_VERSION_TLS1_3};
    if (tls) {
        assert_int_equal(client_open_tls(c, port, &choice), 0);
    } else {
        client_connect(c, port);
    }
}

void client_close(struct client *c)
{
    if (c->tls) {
        mbedtls_ssl_close_notify(&c->ssl);
        mbedtls_ssl_free(&c->ssl);
    }
    close(c->fd);
    c->fd = -1;
}

void client_reset(struct client *c)
{
    struct linger now = {.l_onoff = 1, .l_linger = 0};
    setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
    if (c->tls) {
        mbedtls_ssl_free(&c->ssl);
    }
    close(c->fd);
    c->fd = -1;
}

/* ---- Bytes ------------------------------------------------------------------------------------ */

/* The server may close before it has read everything: sending then fails, and that is all right. */
void client_send(struct client *c, const void *p, size_t n)
{
    const unsigned char *at = p;
    while (n > 0) {
        int sent = c->tls ? mbedtls_ssl_write(&c->ssl, at, n) : bio_send(c, at, n);
        if (sent <= 0) {
            return;
        }
        at += sent;
        n -= (size_t)sent;
    }
}

void client_text(struct client *c, const char *text)
{
    client_send(c, text, strlen(text));
}

static size_t recv_more(struct client *c, void *out, size_t cap)
{
    for (;;) {
        errno = 0;
        int got = c->tls ? mbedtls_ssl_read(&c->ssl, out, cap) : bio_recv(c, out, cap);
        if (got > 0) {
            return (size_t)got;
        }
        const bool in_vain = got == MBEDTLS_ERR_SSL_WANT_READ && errno == EAGAIN;
        if (in_vain || got == MBEDTLS_ERR_NET_RECV_FAILED) {
            fail_msg("the server neither sent nor closed");
        }
        if (got != MBEDTLS_ERR_SSL_WANT_READ &&
            got != MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET) {
            return 0;
        } /* a ticket was read, no data */
    }
}

size_t client_recv(struct client *c, void *out, size_t cap)
{
    if (c->pending_n == 0) {
        return recv_more(c, out, cap);
    }
    size_t n = c->pending_n < cap ? c->pending_n : cap;
    memcpy(out, c->pending, n);
    memmove(c->pending, c->pending + n, c->pending_n - n);
    c->pending_n -= n;
    return n;
}

static bool recv_exact(struct client *c, void *out, size_t n)
{
    char *at = out;
    while (n > 0) {
        size_t got = client_recv(c, at, n);
        if (got == 0) {
            return false;
        }
        at += got;
        n -= got;
    }
    return true;
}

void client_expect_end(struct client *c)
{
    char byte;
    assert_int_equal(client_recv(c, &byte, 1), 0);
}

/* ---- HTTP ------------------------------------------------------------------------------------- */

const char *answer_header(const struct answer *a, const char *name)
{
    static char value[2048];
    size_t name_n = strlen(name);
    for (const char *line = a->head; line != NULL; line = strstr(line, "\r\n")) {
        line += line == a->head ? 0 : 2;
        if (strncasecmp(line, name, name_n) == 0 && line[name_n] == ':') {
            const char *start = line + name_n + 1 + strspn(line + name_n + 1, " ");
            size_t n = strcspn(start, "\r");
            assert_true(n < sizeof(value));
            memcpy(value, start, n);
            value[n] = '\0';
            return value;
        }
    }
    return NULL;
}

static bool read_line(struct client *c, char *out, size_t cap)
{
    size_t n = 0;
    while (n < 2 || memcmp(out + n - 2, "\r\n", 2) != 0) {
        assert_true(n + 1 < cap);
        if (!recv_exact(c, out + n, 1)) {
            return false;
        }
        n++;
        out[n] = '\0';
    }
    return true;
}

static bool read_head(struct client *c, struct answer *a)
{
    size_t n = 0;
    a->head[0] = '\0';
    do {
        if (!read_line(c, a->head + n, sizeof(a->head) - n)) {
            return false;
        }
        if (strcmp(a->head + n, "\r\n") == 0) {
            break;
        }
        n += strlen(a->head + n);
    } while (true);
    return sscanf(a->head, "HTTP/1.1 %d ", &a->status) == 1;
}

static void read_chunks(struct client *c, struct answer *a)
{
    char line[64];
    for (;;) {
        assert_true(read_line(c, line, sizeof(line)));
        size_t n = strtoul(line, NULL, 16);
        assert_true(a->body_n + n < sizeof(a->body));
        assert_true(recv_exact(c, a->body + a->body_n, n));
        a->body_n += n;
        assert_true(read_line(c, line, sizeof(line)));
        if (n == 0) {
            return;
        }
    }
}

void client_answer(struct client *c, struct answer *a, bool is_head)
{
    a->status = 0;
    a->body_n = 0;
    a->body[0] = '\0';
    if (!read_head(c, a)) {
        a->status = 0;
        return;
    }
    const char *length = answer_header(a, "Content-Length");
    if (is_head || a->status == 304 || a->status == 204 || a->status == 101) {
        return;
    }
    if (length != NULL) {
        a->body_n = strtoul(length, NULL, 10);
        assert_true(a->body_n < sizeof(a->body));
        assert_true(recv_exact(c, a->body, a->body_n));
    } else if (answer_header(a, "Transfer-Encoding") != NULL) {
        read_chunks(c, a);
    } else {
        size_t got = 0;
        while ((got = client_recv(c, a->body + a->body_n, sizeof(a->body) - a->body_n - 1)) > 0) {
            a->body_n += got;
        }
    }
    a->body[a->body_n] = '\0';
}

void client_get(struct client *c, const char *path, struct answer *a)
{
    char request[2048];
    assert_true(
        gv_format(request, sizeof(request), "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n", path));
    client_text(c, request);
    client_answer(c, a, false);
}

/* ---- WebSocket -------------------------------------------------------------------------------- */

void ws_request(struct client *c, const char *path, const char *more)
{
    char request[1024];
    assert_true(gv_format(request, sizeof(request),
                          "GET %s HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
                          "Connection: keep-alive, Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                          "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n%s\r\n",
                          path, more));
    client_text(c, request);
}

static void upgrade(struct client *c, uint16_t port, bool tls, const char *path)
{
    static struct answer a;
    client_open(c, port, tls);
    ws_request(c, path, "");
    client_answer(c, &a, false);
    assert_int_equal(a.status, 101);
    /* RFC 6455 section 1.3 gives this answer to the sample nonce. */
    assert_string_equal(answer_header(&a, "Sec-WebSocket-Accept"), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

void ws_open(struct client *c, uint16_t port, bool tls)
{
    upgrade(c, port, tls, "/live");
}

void ws_open_stream(struct client *c, uint16_t port, bool tls)
{
    upgrade(c, port, tls, "/stream");
}

size_t ws_frame(uint8_t *out, bool fin, int opcode, const void *payload, size_t n)
{
    static const uint8_t mask[4] = {0x37, 0xfa, 0x21, 0x3d};
    size_t at = 0;
    out[at++] = (uint8_t)((fin ? 0x80 : 0) | opcode);
    if (n < 126) {
        out[at++] = (uint8_t)(0x80 | n);
    } else {
        out[at++] = 0x80 | 126;
        out[at++] = (uint8_t)(n >> 8);
        out[at++] = (uint8_t)n;
    }
    memcpy(out + at, mask, 4);
    at += 4;
    for (size_t i = 0; i < n; i++) {
        out[at++] = (uint8_t)(((const uint8_t *)payload)[i] ^ mask[i % 4]);
    }
    return at;
}

void ws_send(struct client *c, int opcode, const char *text)
{
    uint8_t bytes[8192];
    client_send(c, bytes, ws_frame(bytes, true, opcode, text, strlen(text)));
}

void ws_read(struct client *c, struct frame *f)
{
    uint8_t head[4];
    f->opcode = -1;
    f->n = 0;
    if (!recv_exact(c, head, 2)) {
        return;
    }
    assert_int_equal(head[1] & 0x80, 0); /* a server does not mask */
    f->n = head[1];
    if (f->n == 126) {
        assert_true(recv_exact(c, head + 2, 2));
        f->n = (size_t)head[2] << 8 | head[3];
    }
    assert_true(f->n < sizeof(f->payload));
    assert_true(recv_exact(c, f->payload, f->n));
    f->payload[f->n] = '\0';
    f->fin = (head[0] & 0x80) != 0;
    f->opcode = head[0] & 0x0f;
}

void ws_read_data(struct client *c, struct frame *f)
{
    for (unsigned pings = 0; pings < PINGS_MAX; pings++) {
        ws_read(c, f);
        if (f->opcode != WS_PING) {
            return;
        }
        ws_send(c, WS_PONG, f->payload);
    }
    fail_msg("nothing but pings"); /* each of them ends the patience of a read */
}

void ws_expect(struct client *c, const char *text)
{
    static struct frame f;
    ws_read_data(c, &f);
    assert_int_equal(f.opcode, WS_TEXT);
    assert_true(f.fin);
    assert_string_equal(f.payload, text);
}

void ws_expect_members(struct client *c, const char *const *members)
{
    static struct frame f;
    ws_read_data(c, &f);
    assert_int_equal(f.opcode, WS_TEXT);
    const char *at = f.payload;
    for (; *members != NULL; members++) {
        const char *found = strstr(at, *members);
        if (found == NULL) {
            fail_msg("%s is not in %s", *members, f.payload);
            return;
        }
        at = found + strlen(*members);
    }
}

void ws_ask_time(struct client *c, unsigned t0)
{
    char text[64];
    gv_format_cut(text, sizeof(text), "{\"op\":\"ping\",\"t0\":%u}", t0);
    ws_send(c, WS_TEXT, text);
}

void ws_expect_time(struct client *c, unsigned t0)
{
    char member[32];
    gv_format_cut(member, sizeof(member), "\"t0\":%u,", t0);
    WS_EXPECT(c, "\"ch\":\"system\"", "\"type\":\"time\"", member);
}

void ws_expect_close(struct client *c, unsigned code)
{
    static struct frame f;
    do {
        ws_read_data(c, &f);
    } while (f.opcode == WS_TEXT || f.opcode == WS_PONG);
    assert_int_equal(f.opcode, WS_CLOSE);
    assert_true(f.n >= 2);
    assert_int_equal((unsigned)(uint8_t)f.payload[0] << 8 | (uint8_t)f.payload[1], code);
}
