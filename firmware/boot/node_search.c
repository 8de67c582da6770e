#include "firmware/boot/node_search.h"

#include "firmware/base/text.h"
#include "firmware/boot/parts.h"
#include "hal/linux/files.h"
#include "hal/linux/zmq_probe.h"

#include <glob.h>
#include <string.h>
#include <unistd.h>

#define PROBE_MS 2000u

/* Debian and most guides, a user's own, Umbrel and StartOS volumes, RaspiBlitz, MyNode. */
static const char *const folders[] = {
    "/var/lib/bitcoind", "/var/lib/bitcoin", "/home/*/.bitcoin", "/root/.bitcoin",
    "/bitcoin",          "/data/bitcoin",    "/mnt/hdd/bitcoin", "/mnt/*/bitcoin",
};
static const struct {
    const char *folder;
    const char *network;
} networks[] = {
    {"", "main"}, {"testnet3/", "test"}, {"signet/", "signet"}, {"regtest/", "regtest"}};

/* A pattern's files, as far as there is room. */
static uint32_t look(const char *pattern, const char *network, struct gv_api_cookie *found,
                     uint32_t room)
{
    glob_t matches;
    uint32_t n = 0;
    /* Unsafe only where it looks up users for a tilde. NOLINTNEXTLINE(concurrency-mt-unsafe) */
    if (glob(pattern, GLOB_NOSORT, NULL, &matches) != 0) {
        return 0;
    }
    for (size_t i = 0; i < matches.gl_pathc && n < room; i++) {
        struct gv_api_cookie *cookie = &found[n];
        if (gv_text_copy(cookie->path, sizeof(cookie->path), matches.gl_pathv[i])) {
            cookie->network = network;
            cookie->readable = access(cookie->path, R_OK) == 0;
            n++;
        }
    }
    globfree(&matches);
    return n;
}

uint32_t gv_boot_find_cookies(void *ctx, struct gv_api_cookie *found, uint32_t found_max)
{
    char pattern[GV_FILE_PATH_MAX];
    uint32_t n = 0;
    (void)ctx;
    for (size_t f = 0; f < sizeof(folders) / sizeof(folders[0]); f++) {
        for (size_t k = 0; k < sizeof(networks) / sizeof(networks[0]); k++) {
            if (gv_format(pattern, sizeof(pattern), "%s/%s.cookie", folders[f],
                          networks[k].folder)) {
                n += look(pattern, networks[k].network, found + n, found_max - n);
            }
        }
    }
    return n;
}

bool gv_boot_own_node_asked(void *ctx)
{
    (void)ctx;
    return access(gv_boot.config.node_file, F_OK) == 0;
}

enum gv_err gv_boot_ask_own_node(void *ctx, enum gv_network network, struct gv_fail *fail)
{
    (void)ctx;
    return gv_file_write_private(gv_boot.config.node_file, gv_view_str(gv_network_name(network)),
                                 fail);
}

enum gv_err gv_boot_probe_zmq(void *ctx, const char *endpoint, struct gv_fail *fail)
{
    (void)ctx;
    return gv_zmq_probe(endpoint, PROBE_MS, fail);
}
