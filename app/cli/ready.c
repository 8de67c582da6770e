#include "app/cli/ready.h"

#include "firmware/base/json.h"
#include "firmware/base/text.h"
#include "hal/linux/files.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define PATIENCE_S 5
#define PORTS_MAX  512u

/* Returns: 0 when it is not known. */
static uint16_t http_port(const char *data_dir)
{
    static _Alignas(16) uint8_t memory[PORTS_MAX * 16u];
    char path[GV_FILE_PATH_MAX];
    char text[PORTS_MAX + GV_JSON_PADDING];
    struct gv_arena arena;
    struct gv_json json;
    int64_t port = 0;
    size_t n = 0;
    gv_arena_init(&arena, memory, sizeof(memory));
    if (!gv_format(path, sizeof(path), "%s/ports.json", data_dir) ||
        gv_file_read(path, text, PORTS_MAX, &n, NULL) != GV_OK ||
        gv_json_parse(&json, &arena, text, n, NULL) != GV_OK ||
        !gv_json_int(gv_json_get(json.root, "http"), &port) || port < 1 || port > UINT16_MAX) {
        return 0;
    }
    return (uint16_t)port;
}

/* The first bytes of the answer are those of success. */
static bool ask(int fd, uint16_t port)
{
    static const char wanted[] = "HTTP/1.1 200 ";
    const struct timeval patience = {.tv_sec = PATIENCE_S};
    const struct sockaddr_in address = {.sin_family = AF_INET,
                                        .sin_port = htons(port),
                                        .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    char text[128];
    size_t got = 0;
    gv_format_cut(text, sizeof(text),
                  "GET /ready HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nConnection: close\r\n\r\n", port);
    const size_t n = strlen(text);
    if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) != 0 ||
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) != 0 ||
        connect(fd, (const struct sockaddr *)&address, sizeof(address)) != 0 ||
        send(fd, text, n, MSG_NOSIGNAL) != (ssize_t)n) {
        return false;
    }
    while (got < sizeof(wanted) - 1) {
        const ssize_t more = recv(fd, text + got, sizeof(wanted) - 1 - got, 0);
        if (more <= 0) {
            return false;
        }
        got += (size_t)more;
    }
    return memcmp(text, wanted, sizeof(wanted) - 1) == 0;
}

bool gv_cli_is_ready(const char *data_dir)
{
    const uint16_t port = http_port(data_dir);
    const int fd = port == 0 ? -1 : socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return false;
    }
    const bool ready = ask(fd, port);
    (void)close(fd);
    return ready;
}
