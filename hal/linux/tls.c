#include "hal/linux/tls.h"

#include "firmware/base/assert.h"
#include "firmware/base/log.h"
#include "firmware/base/pool.h"
#include "hal/linux/tls_client.h"
#include "hal/linux/tls_config.h"

#include <errno.h>
#include <stdatomic.h>
#include <sys/socket.h>

#include <mbedtls/error.h>
#include <mbedtls/net_sockets.h>
#include <mbedtls/ssl.h>

struct session {
    mbedtls_ssl_context ssl;              /* first: CivetWeb and we pass pointers to it around */
    struct gv_tls_generation *generation; /* NULL: a client's */
};
_Static_assert(offsetof(struct session, ssl) == 0, "a session is found by its context");

GV_POOL_STORAGE(tls_sessions, struct session, GV_TLS_SESSIONS_MAX);

static struct {
    unsigned users;         /* of the box's certificate; thread: main */
    unsigned session_users; /* of the pool; thread: main */
    atomic_uint_fast64_t handshakes;
    atomic_uint_fast64_t failed;
    atomic_uint_fast64_t timed_out;
} tls;

/* ---- Bytes ------------------------------------------------------------------------------------ */

/* The context of the BIO is the descriptor itself, not its address: CivetWeb's connection slots are
 * reused, and a session that leaves its worker keeps working without being touched. */
static int descriptor_of(void *bio)
{
    return (int)(intptr_t)bio;
}

static int bio_send(void *bio, const unsigned char *p, size_t n)
{
    ssize_t sent = send(descriptor_of(bio), p, n, MSG_NOSIGNAL);
    if (sent >= 0) {
        return (int)sent;
    }
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) {
        return MBEDTLS_ERR_SSL_WANT_WRITE;
    }
    return errno == EPIPE || errno == ECONNRESET ? MBEDTLS_ERR_NET_CONN_RESET
                                                 : MBEDTLS_ERR_NET_SEND_FAILED;
}

static int bio_recv(void *bio, unsigned char *out, size_t cap)
{
    ssize_t got = recv(descriptor_of(bio), out, cap, 0);
    if (got >= 0) {
        return (int)got;
    }
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) {
        return MBEDTLS_ERR_SSL_WANT_READ;
    }
    return errno == ECONNRESET ? MBEDTLS_ERR_NET_CONN_RESET : MBEDTLS_ERR_NET_RECV_FAILED;
}

static bool wants_more(int rc)
{
    return rc == MBEDTLS_ERR_SSL_WANT_READ || rc == MBEDTLS_ERR_SSL_WANT_WRITE;
}

int gv_tls_read_raw(mbedtls_ssl_context *ssl, unsigned char *out, int cap)
{
    return mbedtls_ssl_read(ssl, out, (size_t)cap);
}

int gv_tls_write_raw(mbedtls_ssl_context *ssl, const unsigned char *p, int n)
{
    return mbedtls_ssl_write(ssl, p, (size_t)n);
}

enum gv_err gv_tls_recv(mbedtls_ssl_context *ssl, void *out, size_t cap, size_t *got)
{
    int rc = mbedtls_ssl_read(ssl, out, cap);
    if (rc > 0) {
        *got = (size_t)rc;
        return GV_OK;
    }
    if (wants_more(rc)) {
        return GV_ERR_AGAIN;
    }
    bool ended = rc == 0 || rc == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY ||
                 rc == MBEDTLS_ERR_SSL_CONN_EOF || rc == MBEDTLS_ERR_NET_CONN_RESET;
    return ended ? GV_ERR_CLOSED : GV_ERR_CRYPTO;
}

enum gv_err gv_tls_send(mbedtls_ssl_context *ssl, struct gv_view data, size_t *sent)
{
    int rc = mbedtls_ssl_write(ssl, data.p, data.n);
    if (rc > 0) {
        *sent = (size_t)rc;
        return GV_OK;
    }
    if (wants_more(rc)) {
        return GV_ERR_AGAIN;
    }
    return rc == MBEDTLS_ERR_NET_CONN_RESET ? GV_ERR_CLOSED : GV_ERR_IO;
}

bool gv_tls_pending(const mbedtls_ssl_context *ssl)
{
    return mbedtls_ssl_check_pending(ssl) != 0;
}

bool gv_tls_output_pending(const mbedtls_ssl_context *ssl)
{
    return ssl->MBEDTLS_PRIVATE(out_left) != 0;
}

/* ---- Handshake -------------------------------------------------------------------------------- */

static void free_session(struct session *session)
{
    mbedtls_ssl_free(&session->ssl);
    if (session->generation != NULL) {
        gv_tls_generation_release(session->generation);
    }
    gv_pool_release(&tls_sessions, session);
}

/* In: client: NULL for the box's side. */
static mbedtls_ssl_context *begin(int descriptor, const struct gv_tls_client *client)
{
    struct session *session = gv_pool_acquire(&tls_sessions, 0);
    if (session == NULL) {
        atomic_fetch_add(&tls.failed, 1);
        return NULL;
    }
    session->generation = client == NULL ? gv_tls_generation_acquire() : NULL;
    mbedtls_ssl_init(&session->ssl);
    int rc = mbedtls_ssl_setup(&session->ssl, client == NULL
                                                  ? gv_tls_generation_config(session->generation)
                                                  : &client->config);
    if (rc == 0 && client != NULL) {
        rc = mbedtls_ssl_set_hostname(&session->ssl, client->host);
    }
    if (rc != 0) {
        atomic_fetch_add(&tls.failed, 1);
        free_session(session);
        return NULL;
    }
    mbedtls_ssl_set_bio(&session->ssl, (void *)(intptr_t)descriptor, bio_send, bio_recv, NULL);
    return &session->ssl;
}

mbedtls_ssl_context *gv_tls_begin(int descriptor)
{
    return begin(descriptor, NULL);
}

mbedtls_ssl_context *gv_tls_begin_client(int descriptor, const struct gv_tls_client *client)
{
    return begin(descriptor, client);
}

enum gv_tls_step gv_tls_handshake(mbedtls_ssl_context *ssl)
{
    const int rc = mbedtls_ssl_handshake(ssl);
    if (rc == 0) {
        atomic_fetch_add(&tls.handshakes, 1);
        return GV_TLS_DONE;
    }
    if (wants_more(rc)) {
        return rc == MBEDTLS_ERR_SSL_WANT_WRITE ? GV_TLS_WRITE : GV_TLS_READ;
    }
    char text[96];
    mbedtls_strerror(rc, text, sizeof(text));
    gv_log(GV_LOG_DEBUG, "tls", "handshake failed code=-0x%04x %s", (unsigned)-rc, text);
    atomic_fetch_add(&tls.failed, 1);
    return GV_TLS_FAILED;
}

enum gv_tls_step gv_tls_await(mbedtls_ssl_context *ssl)
{
    const int rc = mbedtls_ssl_read(ssl, NULL, 0); /* decrypts a record, takes nothing of it */
    if (wants_more(rc)) {
        return rc == MBEDTLS_ERR_SSL_WANT_WRITE ? GV_TLS_WRITE : GV_TLS_READ;
    }
    if (rc != 0) {
        return GV_TLS_FAILED; /* the client has gone: no fault of the handshake */
    }
    return mbedtls_ssl_get_bytes_avail(ssl) > 0 ? GV_TLS_DONE : GV_TLS_READ;
}

void gv_tls_count_late(void)
{
    atomic_fetch_add(&tls.timed_out, 1);
}

void gv_tls_end(mbedtls_ssl_context *ssl)
{
    (void)mbedtls_ssl_close_notify(ssl);
    free_session((struct session *)ssl);
}

/* ---- Open and close --------------------------------------------------------------------------- */

void gv_tls_sessions_hold(void)
{
    if (tls.session_users++ == 0) {
        GV_POOL_INIT(tls_sessions);
    }
}

void gv_tls_sessions_drop(void)
{
    if (--tls.session_users == 0) {
        gv_pool_deinit(&tls_sessions);
    }
}

enum gv_err gv_tls_open(const char *cert_path, const char *key_path, struct gv_fail *fail)
{
    if (tls.users > 0) {
        tls.users++;
        return GV_OK;
    }
    atomic_store(&tls.handshakes, 0);
    atomic_store(&tls.failed, 0);
    atomic_store(&tls.timed_out, 0);
    enum gv_err err = gv_tls_config_open(fail);
    if (err != GV_OK) {
        return err;
    }
    err = gv_tls_generation_load(cert_path, key_path, fail);
    if (err != GV_OK) {
        gv_tls_config_close();
        return err;
    }
    gv_tls_sessions_hold();
    tls.users = 1;
    return GV_OK;
}

void gv_tls_close(void)
{
    GV_ASSERT(tls.users > 0);
    if (--tls.users == 0) {
        gv_tls_sessions_drop();
        gv_tls_config_close();
    }
}

enum gv_err gv_tls_reload(const char *cert_path, const char *key_path, struct gv_fail *fail)
{
    return gv_tls_generation_load(cert_path, key_path, fail);
}

void gv_tls_own_use(const char *path)
{
    gv_tls_generation_own(path);
}

bool gv_tls_own_covers(struct gv_view host)
{
    return gv_tls_generation_covers(host);
}

void gv_tls_stats(struct gv_tls_stats *stats)
{
    *stats = (struct gv_tls_stats){
        .handshakes = atomic_load(&tls.handshakes),
        .resumed = gv_tls_tickets_accepted(),
        .failed = atomic_load(&tls.failed),
        .timed_out = atomic_load(&tls.timed_out),
    };
}
