#include "web/server/origin.h"

#include <string.h>
#include <strings.h>

bool gv_origin_matches(const struct gv_worker *worker)
{
    static const char *const schemes[] = {"http://", "https://"};
    const struct gv_server_config *config = &worker->server->config;
    struct gv_view origin = gv_web_header(&worker->request, "Origin");
    if (origin.p == NULL) {
        return true;
    }
    struct gv_view host = worker->request.host;
    for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
        size_t n = strlen(schemes[i]);
        if (origin.n == n + host.n && memcmp(origin.p, schemes[i], n) == 0 &&
            strncasecmp((const char *)origin.p + n, (const char *)host.p, host.n) == 0) {
            return true;
        }
    }
    return config->origin_allowed != NULL && config->origin_allowed(worker->server->app, origin);
}
