/* Whole connections to the real server, from the first byte: request heads with every header we read, as a proxy in
 * front passes them on, bodies, and the frames behind a WebSocket's upgrade. Each connection comes to its end, and
 * what is answered is an answer: a status that we know, and no line of its head was made by the request. */
#include "firmware/base/assert.h"
#include "firmware/base/subnet.h"
#include "firmware/base/text.h"
#include "tests/unit/web/harness.h"

#include <string.h>
#include <sys/socket.h>

#define REQUEST_MAX 32768u
/* Source addresses, so that the ports of closed connections never run out. */
#define HOSTS 250u

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct harness h;
static struct gv_subnets proxies;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    GV_ASSERT(gv_subnets_parse(&proxies, "127.0.0.0/8", NULL) == GV_OK);
    harness_defaults(&h);
    h.config.tls = false;
    h.config.proxies = &proxies;
    harness_start(&h);
    return 0;
}

/* Only CR LF ends a line, and nothing else that controls is in it. */
static void check_head(const char *head)
{
    const char *const end = strstr(head, "\r\n\r\n");
    uint64_t status = 0;
    GV_ASSERT(strncmp(head, "HTTP/1.1 ", 9) == 0);
    GV_ASSERT(gv_parse_u64(&status, gv_view_of(head + 9, 3), 599));
    GV_ASSERT(strcmp(gv_http_reason((int)status), "Unknown") != 0);
    GV_ASSERT(end != NULL);
    for (const char *c = head; c < end; c++) {
        GV_ASSERT((unsigned char)*c >= 0x20 || (c[0] == '\r' && c[1] == '\n') ||
                  (c[0] == '\n' && c[-1] == '\r'));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static unsigned connections;
    static struct client client;
    char head[4096];
    char more[4096];
    size_t n = 0;
    size_t got;
    if (size > REQUEST_MAX) {
        return 0;
    }
    memset(&client, 0, sizeof(client));
    client_connect_from(&client, h.http, 1 + connections++ % HOSTS);
    client_send(&client, data, size);
    shutdown(client.fd, SHUT_WR);
    while ((got = client_recv(&client, more, sizeof(more))) > 0) {
        const size_t kept = got < sizeof(head) - 1 - n ? got : sizeof(head) - 1 - n;
        memcpy(head + n, more, kept);
        n += kept;
    }
    client_close(&client);
    head[n] = '\0';
    if (n > 0) {
        check_head(head);
    }
    return 0;
}
