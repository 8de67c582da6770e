#include "web/server/hsts.h"

#include "hal/linux/tls.h"
#include "web/server/worker.h"

#include <string.h>
#include <strings.h>

static bool ends_with(struct gv_view name, const char *end)
{
    const size_t n = strlen(end);
    return name.n >= n && strncasecmp((const char *)name.p + name.n - n, end, n) == 0;
}

/* The last label of a name is no number, so what ends in a digit is an address or a name of a kind that no
 * public authority signs. */
bool gv_hsts_may_name(struct gv_view host)
{
    const struct gv_view name = gv_request_host_name(host);
    return name.n > 0 && memchr(name.p, '.', name.n) != NULL && name.p[name.n - 1] > '9' &&
           name.p[name.n - 1] != ']' && !ends_with(name, ".local") && !ends_with(name, ".onion");
}

bool gv_hsts_applies(const struct gv_web_request *request)
{
    return request->is_tls && gv_hsts_may_name(request->host) &&
           gv_tls_own_covers(gv_request_host_name(request->host));
}
