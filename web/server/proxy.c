#include "web/server/proxy.h"

#include "firmware/base/subnet.h"
#include "firmware/base/text.h"
#include "web/server/address.h"

static int refuse(struct gv_fail *fail, const char *name)
{
    gv_fail(fail, GV_ERR_INVALID, "http.forwarded", "the proxy in front sends a broken %s", name);
    return 400;
}

/* The text behind the last comma, and what stands before it. */
static struct gv_view take_last(struct gv_view *list)
{
    size_t at = list->n;
    while (at > 0 && list->p[at - 1] != ',') {
        at--;
    }
    struct gv_view last = gv_view_of(list->p + at, list->n - at);
    *list = gv_view_of(list->p, at > 0 ? at - 1 : 0);
    while (last.n > 0 && last.p[0] == ' ') {
        last = gv_view_of(last.p + 1, last.n - 1);
    }
    while (last.n > 0 && last.p[last.n - 1] == ' ') {
        last.n--;
    }
    return last;
}

/* Whoever speaks to a proxy from the box itself is a stranger, too: only that proxy knows him. */
static bool set_client(struct gv_worker *worker, const struct gv_subnets *proxies,
                       struct gv_view list)
{
    char address[GV_WEB_PEER_MAX];
    do {
        const struct gv_view last = take_last(&list);
        if (!gv_format(address, sizeof(address), "%.*s", (int)last.n, (const char *)last.p) ||
            !gv_address_valid(address)) {
            return false;
        }
    } while (list.n > 0 && gv_subnets_hold(proxies, address));
    gv_address_text(worker->peer, sizeof(worker->peer), address);
    worker->request.is_loopback = false;
    return true;
}

static bool set_scheme(struct gv_web_request *request, struct gv_view scheme)
{
    request->is_tls = gv_view_is(scheme, "https");
    return request->is_tls || gv_view_is(scheme, "http");
}

int gv_proxy_apply(struct gv_worker *worker, struct gv_fail *fail)
{
    static const char *const names[] = {"X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host"};
    const struct gv_subnets *proxies = worker->server->config.proxies;
    struct gv_web_request *request = &worker->request;
    struct gv_view values[3];
    if (proxies == NULL || !gv_subnets_hold(proxies, worker->peer)) {
        return 0;
    }
    for (unsigned i = 0; i < 3; i++) {
        if (gv_request_count(request, names[i]) > 1) {
            return refuse(fail, names[i]);
        }
        values[i] = gv_web_header(request, names[i]);
    }
    if (values[0].p != NULL && !set_client(worker, proxies, values[0])) {
        return refuse(fail, names[0]);
    }
    if (values[1].p != NULL && !set_scheme(request, values[1])) {
        return refuse(fail, names[1]);
    }
    if (values[2].p != NULL && !gv_request_host_valid(values[2])) {
        return refuse(fail, names[2]);
    }
    request->host = values[2].p != NULL ? values[2] : request->host;
    return 0;
}
