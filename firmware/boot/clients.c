#include "firmware/boot/clients.h"

#include "firmware/base/assert.h"
#include "firmware/base/log.h"
#include "hal/linux/curl_http.h"

#include <string.h>

_Static_assert((unsigned)GV_CLIENTS == GV_HTTP_CLIENTS, "every HTTP client has its user");

static struct {
    struct gv_trust indexer;  /* and everything but webhooks */
    struct gv_trust webhooks; /* open only when they have certificates of their own */
    struct gv_http clients[GV_CLIENTS];
} self;

/* Two bundles are open only when their files differ: then at most one of them is the system's large one.
 * A configured bundle must be there; without the system's one the box works, without https to others. */
static enum gv_err open_trust(struct gv_trust *trust, const char *file, struct gv_fail *fail)
{
    if (file[0] != '\0') {
        return gv_trust_open(trust, file, fail);
    }
    if (gv_trust_open(trust, GV_TRUST_DEFAULT_FILE, fail) != GV_OK) {
        gv_log(GV_LOG_UNUSUAL, "boot", "no CA bundle, https to others is refused: %s", fail->text);
    }
    return GV_OK;
}

enum gv_err gv_clients_open(const struct gv_config *config, struct gv_fail *fail)
{
    const bool shared = strcmp(config->counterparty_ca_file, config->webhooks_ca_file) == 0;
    enum gv_err err = open_trust(&self.indexer, config->counterparty_ca_file, fail);
    if (err == GV_OK && !shared) {
        err = open_trust(&self.webhooks, config->webhooks_ca_file, fail);
    }
    for (unsigned i = 0; i < GV_CLIENTS && err == GV_OK; i++) {
        const bool own = i >= GV_CLIENT_OUTBOX && !shared;
        if (gv_curl_open(&self.clients[i], own ? &self.webhooks : &self.indexer) != GV_OK) {
            err = gv_fail(fail, GV_ERR_FULL, "boot.http", "no HTTP client could be opened");
        }
    }
    return err;
}

void gv_clients_close(void)
{
    for (unsigned i = 0; i < GV_CLIENTS; i++) {
        gv_curl_close(&self.clients[i]);
    }
    gv_trust_close(&self.indexer);
    gv_trust_close(&self.webhooks);
}

struct gv_http *gv_client(unsigned index)
{
    GV_ASSERT(index < GV_CLIENTS);
    return &self.clients[index];
}
