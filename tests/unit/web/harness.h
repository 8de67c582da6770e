/* Harness of the web tests: a server with a small route table and a live thread in this process, and
 * hostile clients on raw sockets, plain or TLS.
 *
 * Every wait ends after PATIENCE_S seconds with a failed assertion: a test may be slow, never stuck.
 * Assertions are about order and bytes, not about milliseconds. */
#ifndef GV_TESTS_UNIT_WEB_HARNESS_H
#define GV_TESTS_UNIT_WEB_HARNESS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdatomic.h>

#include "web/live/live.h"
#include "web/server/server.h"

#include <mbedtls/ssl.h>

#define PATIENCE_S 30

/* ---- Server ---------------------------------------------------------------------------------- */

#define BODY_MAX 200000u

/* Topics of the live thread. */
enum {
    HARNESS_RAW,    /* clients of /live: "greeting", then what harness_publish says */
    HARNESS_NEWS,   /* gavel.v1 of /stream, /events and /poll; its snapshot is {"state":N,"id":0} */
    HARNESS_LOT,    /* lot:ID */
    HARNESS_SECRET, /* nobody may, unless a test lends an authorize */
    HARNESS_TOPICS
};

struct harness {
    struct gv_server *server;
    struct gv_live *live;
    uint16_t http; /* ports */
    uint16_t https;
    struct gv_server_config config;
    struct gv_live_config live_config;
    bool live_stopped;
    unsigned greeting_parts; /* of raw clients */
    atomic_uint state;       /* shown in snapshots */
    int descriptors;         /* open before start */
    size_t heap_in_use;      /* of all library heaps before start */
};

/** Loopback, both listeners, free ports, test certificate "first". */
void harness_defaults(struct harness *h);
void harness_start(struct harness *h);
/** Stop, and assert that descriptors and heaps are where they were before the start; the test's own
 *  connections must be closed. */
void harness_stop(struct harness *h);
/** Only the live thread, as the first step of a stop. */
void harness_stop_live(struct harness *h);

/* Where the certificate files of the running server are; copied from tests/unit/web. */
#define HARNESS_CERT_MAX 128
const char *harness_cert_path(void);
/** Put test certificate `name` ("first", "second") where the server reads it. */
void harness_use_cert(const char *name);

/** Publish to every raw client. */
void harness_publish(struct harness *h, const char *text);
/** Publish an event of type "event" on a channel of gavel.v1. */
void harness_news(struct harness *h, uint64_t channel, const char *data);

struct gv_server_stats harness_server_stats(const struct harness *h);
struct gv_live_stats harness_live_stats(const struct harness *h);

/** Poll `reached` until it says yes. */
void harness_wait(const struct harness *h, bool (*reached)(const struct harness *h));

/* ---- Clients --------------------------------------------------------------------------------- */

struct client {
    int fd;
    bool tls;
    mbedtls_ssl_context ssl;
    char pending[16384]; /* received, not yet consumed */
    size_t pending_n;
};

/** Only TCP. */
void client_connect(struct client *c, uint16_t port);
/** The same from another address of this machine: 127.0.0.`host`. */
void client_connect_from(struct client *c, uint16_t port, unsigned host);
/** TCP, and TLS with the newest version; `session` (may be NULL) is offered for resumption. */
void client_open(struct client *c, uint16_t port, bool tls);
struct tls_choice {
    mbedtls_ssl_protocol_version version;
    const mbedtls_ssl_session *resume;
};
/** Returns the handshake's result. */
int client_open_tls(struct client *c, uint16_t port, const struct tls_choice *choice);
/** Begin a handshake and do not wait for the server's part; and go through with it. */
void client_say_hello(struct client *c, uint16_t port, unsigned host);
void client_end_hello(struct client *c);
void client_close(struct client *c);
/** Close with a TCP reset. */
void client_reset(struct client *c);

void client_send(struct client *c, const void *p, size_t n);
void client_text(struct client *c, const char *text);
/** Returns: bytes; 0 when the server has ended, by close or reset. Fails the test when neither comes. */
size_t client_recv(struct client *c, void *out, size_t cap);
/** Read until the server ends; asserts that it sends nothing more. */
void client_expect_end(struct client *c);

struct answer {
    int status; /* 0: the server closed without an answer */
    char head[4096];
    char body[65536];
    size_t body_n;
};
/** Read one answer (Content-Length, chunked, or until the close). HEAD has no body. */
void client_answer(struct client *c, struct answer *a, bool is_head);
/** Send a request line with Host and read the answer. */
void client_get(struct client *c, const char *path, struct answer *a);
/** Value of a header of the answer; NULL when absent. Static storage. */
const char *answer_header(const struct answer *a, const char *name);

/* ---- WebSocket ------------------------------------------------------------------------------- */

enum {
    WS_CONTINUE = 0,
    WS_TEXT = 1,
    WS_BINARY = 2,
    WS_CLOSE = 8,
    WS_PING = 9,
    WS_PONG = 10
};

/** The upgrade request to a path with more header lines ("" for none). */
void ws_request(struct client *c, const char *path, const char *more);
/** Upgrade to /live, the raw stream, and assert 101. */
void ws_open(struct client *c, uint16_t port, bool tls);
/** The same to /stream, where gavel.v1 is spoken. */
void ws_open_stream(struct client *c, uint16_t port, bool tls);

/** Build one masked frame. Returns its length. */
size_t ws_frame(uint8_t *out, bool fin, int opcode, const void *payload, size_t n);
void ws_send(struct client *c, int opcode, const char *text);

struct frame {
    int opcode; /* -1: the server ended */
    bool fin;
    size_t n;
    char payload[16384]; /* NUL-terminated */
};
void ws_read(struct client *c, struct frame *f);
/** Read frames, answering pings, until one that is no ping. */
void ws_read_data(struct client *c, struct frame *f);
/** The next data frame is this text. */
void ws_expect(struct client *c, const char *text);
/** The next data frame of a stream is a frame with these members, in this order. */
void ws_expect_members(struct client *c, const char *const *members);
#define WS_EXPECT(c, ...) ws_expect_members(c, (const char *const[]){__VA_ARGS__, NULL})
/** Ask for the time with t0, so that the answer shows that the message was understood. */
void ws_ask_time(struct client *c, unsigned t0);
void ws_expect_time(struct client *c, unsigned t0);
/** Skip data frames until a close frame with this code, then the end. */
void ws_expect_close(struct client *c, unsigned code);

#endif
