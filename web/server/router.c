#include "web/server/router.h"

#include "firmware/base/text.h"

#include <string.h>

static const char *const methods[] = {"GET", "POST", "PUT", "PATCH", "DELETE"};
#define METHODS_N (sizeof(methods) / sizeof(methods[0]))

/* A pattern's segment that begins at `p`: its length, and what it is. */
struct segment {
    size_t n;
    bool placeholder;
    bool rest; /* {name*}: everything that remains */
};

static struct segment segment_at(const char *p)
{
    struct segment segment = {.n = strcspn(p, "/")};
    segment.placeholder = segment.n >= 2 && p[0] == '{' && p[segment.n - 1] == '}';
    segment.rest = segment.placeholder && segment.n >= 3 && p[segment.n - 2] == '*';
    return segment;
}

bool gv_router_match(const char *pattern, struct gv_view path,
                     struct gv_view params[GV_WEB_PARAMS_MAX])
{
    const char *at = (const char *)path.p;
    const char *end = at + path.n;
    size_t params_n = 0;
    while (*pattern == '/') {
        if (at == end || *at != '/') {
            return false;
        }
        pattern++;
        at++;
        struct segment segment = segment_at(pattern);
        const char *slash = at < end ? memchr(at, '/', (size_t)(end - at)) : NULL;
        size_t n = (size_t)((slash != NULL && !segment.rest ? slash : end) - at);
        if (segment.placeholder) {
            if (n == 0 || params_n == GV_WEB_PARAMS_MAX) {
                return false;
            }
            params[params_n++] = gv_view_of(at, n);
        } else if (n != segment.n || memcmp(at, pattern, n) != 0) {
            return false;
        }
        pattern += segment.n;
        at += n;
    }
    for (; params_n < GV_WEB_PARAMS_MAX; params_n++) {
        params[params_n] = gv_view_of(end, 0);
    }
    return at == end;
}

/* Bit of methods[] for a row's method. */
static unsigned method_bit(const char *method)
{
    unsigned m = 0;
    while (m < METHODS_N && strcmp(method, methods[m]) != 0) {
        m++;
    }
    return 1u << m;
}

/* "GET, HEAD, POST" */
static void name_methods(unsigned bits, char *out, size_t cap)
{
    size_t n = 0;
    out[0] = '\0';
    for (unsigned m = 0; m < METHODS_N; m++) {
        if ((bits & (1u << m)) != 0) {
            gv_format_cut(out + n, cap - n, "%s%s%s", n > 0 ? ", " : "", methods[m],
                          m == 0 ? ", HEAD" : "");
            n = strlen(out);
        }
    }
}

const struct gv_route *gv_router_find(const struct gv_route *routes, size_t routes_n,
                                      const struct gv_web_request *request,
                                      struct gv_view params[GV_WEB_PARAMS_MAX], char *allow,
                                      size_t allow_cap)
{
    struct gv_view method = request->is_head ? gv_view_str("GET") : request->method;
    struct gv_view others[GV_WEB_PARAMS_MAX];
    unsigned found = 0;
    allow[0] = '\0';
    for (size_t i = 0; i < routes_n; i++) {
        bool same_method = gv_view_is(method, routes[i].method);
        if (!gv_router_match(routes[i].pattern, request->path, same_method ? params : others)) {
            continue;
        }
        if (same_method) {
            return &routes[i];
        }
        found |= method_bit(routes[i].method);
    }
    name_methods(found, allow, allow_cap);
    return NULL;
}

static bool known_method(const char *method)
{
    for (unsigned m = 0; m < METHODS_N; m++) {
        if (strcmp(method, methods[m]) == 0) {
            return true;
        }
    }
    return false;
}

static bool good_pattern(const char *pattern)
{
    if (pattern[0] != '/') {
        return false;
    }
    size_t params_n = 0;
    while (*pattern == '/') {
        pattern++;
        struct segment segment = segment_at(pattern);
        bool braces = memchr(pattern, '{', segment.n) != NULL;
        if (braces && !segment.placeholder) {
            return false;
        }
        params_n += segment.placeholder ? 1u : 0u;
        pattern += segment.n;
        if ((segment.n == 0 || segment.rest) && *pattern != '\0') {
            return false;
        }
    }
    return params_n <= GV_WEB_PARAMS_MAX;
}

static bool ends_with_rest(const char *pattern)
{
    size_t n = strlen(pattern);
    return n >= 2 && strcmp(pattern + n - 2, "*}") == 0;
}

/* A pattern read as a path stands for all paths it matches: its placeholders match nothing but
 * placeholders. A final {name*} stands for longer paths as well, which only another one covers. */
static bool covers(const struct gv_route *earlier, const struct gv_route *later)
{
    struct gv_view params[GV_WEB_PARAMS_MAX];
    if (ends_with_rest(later->pattern) && !ends_with_rest(earlier->pattern)) {
        return false;
    }
    return strcmp(earlier->method, later->method) == 0 &&
           gv_router_match(earlier->pattern, gv_view_str(later->pattern), params);
}

/* What a row must say; NULL when it says it all. */
static const char *missing(const struct gv_route *route)
{
    const unsigned live = route->flags & GV_ROUTE_LIVE;
    if (!known_method(route->method) || !good_pattern(route->pattern)) {
        return "a known method and a good pattern";
    }
    if (route->handler == NULL && live == 0) {
        return "a handler";
    }
    if (route->scope == NULL || route->operation == NULL) {
        return "a scope and an operation";
    }
    if (route->csrf == GV_CSRF_FORGOTTEN || route->rate == GV_RATE_FORGOTTEN) {
        return "its CSRF need and its rate class";
    }
    bool reads = strcmp(route->method, "GET") == 0;
    if (live != 0 && !reads) {
        return "GET: its connection leaves its worker";
    }
    if ((live & (live - 1u)) != 0) {
        return "one kind of live connection";
    }
    if (reads && (route->csrf != GV_CSRF_NONE || route->body_max != 0)) {
        return "neither token nor body: it is a GET";
    }
    bool open = strcmp(route->scope, GV_SCOPE_PUBLIC) == 0;
    return !reads && !open && route->csrf != GV_CSRF_TOKEN ? "GV_CSRF_TOKEN: it writes with a scope"
                                                           : NULL;
}

/* Rows of one operation are one thing: a counter, a page of the documentation. */
static bool same_operation(const struct gv_route *a, const struct gv_route *b)
{
    return strcmp(a->operation, b->operation) == 0 && strcmp(a->operation, GV_OPERATION_PAGE) != 0;
}

enum gv_err gv_router_check(const struct gv_route *routes, size_t routes_n, struct gv_fail *fail)
{
    if (routes_n > GV_ROUTES_MAX) {
        return gv_fail(fail, GV_ERR_INVALID, "server.route", "more than %u routes", GV_ROUTES_MAX);
    }
    for (size_t i = 0; i < routes_n; i++) {
        const struct gv_route *route = &routes[i];
        const char *needs = missing(route);
        if (needs != NULL) {
            return gv_fail(fail, GV_ERR_INVALID, "server.route", "%s %s needs %s", route->method,
                           route->pattern, needs);
        }
        for (size_t j = 0; j < i; j++) {
            if (covers(&routes[j], route)) {
                return gv_fail(fail, GV_ERR_INVALID, "server.route",
                               "%s %s can never be reached behind %s", route->method,
                               route->pattern, routes[j].pattern);
            }
            if (same_operation(&routes[j], route)) {
                return gv_fail(fail, GV_ERR_INVALID, "server.route", "%s and %s are both called %s",
                               routes[j].pattern, route->pattern, route->operation);
            }
        }
    }
    return GV_OK;
}
