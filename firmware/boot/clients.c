#include "firmware/boot/clients.h"

#include "firmware/base/assert.h"
#include "firmware/base/log.h"
#include "hal/linux/curl_http.h"

#include <string.h>

_Static_assert((unsigned)GV_CLIENTS == GV_HTTP_CLIENTS, "every HTTP client has its user");

/* Who trusts a bundle of his own: whom the workers and the node's thread ask, the receivers of webhooks, the issuer. */
enum {
    TRUST_INDEXER,
    TRUST_WEBHOOKS,
    TRUST_ISSUER,
    TRUSTS
};

static struct {
    struct gv_trust bundles[TRUSTS]; /* open: the first of those that name the same file */
    struct gv_http clients[GV_CLIENTS];
} self;

/* Each file is open once, so at most one of them is the system's large one.
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

/* Out: trusts: for each, the bundle that holds its file. */
static enum gv_err open_bundles(const struct gv_trust *trusts[TRUSTS],
                                const struct gv_config *config, struct gv_fail *fail)
{
    const char *const files[TRUSTS] = {config->counterparty_ca_file, config->webhooks_ca_file,
                                       config->auth_ca_file};
    enum gv_err err = GV_OK;
    for (unsigned i = 0; i < TRUSTS && err == GV_OK; i++) {
        unsigned first = 0;
        while (strcmp(files[first], files[i]) != 0) {
            first++;
        }
        trusts[i] = &self.bundles[first];
        err = first == i ? open_trust(&self.bundles[i], files[i], fail) : GV_OK;
    }
    return err;
}

static unsigned trust_of(unsigned client)
{
    return client >= GV_CLIENT_OUTBOX   ? TRUST_WEBHOOKS
           : client == GV_CLIENT_ISSUER ? TRUST_ISSUER
                                        : TRUST_INDEXER;
}

enum gv_err gv_clients_open(const struct gv_config *config, struct gv_fail *fail)
{
    const struct gv_trust *trusts[TRUSTS];
    enum gv_err err = open_bundles(trusts, config, fail);
    for (unsigned i = 0; i < GV_CLIENTS && err == GV_OK; i++) {
        if (gv_curl_open(&self.clients[i], trusts[trust_of(i)]) != GV_OK) {
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
    for (unsigned i = 0; i < TRUSTS; i++) {
        gv_trust_close(&self.bundles[i]);
    }
}

struct gv_http *gv_client(unsigned index)
{
    GV_ASSERT(index < GV_CLIENTS);
    return &self.clients[index];
}
