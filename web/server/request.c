#include "web/server/address.h"
#include "web/server/proxy.h"

#include "firmware/base/text.h"

#include <civetweb.h>
#include <string.h>
#include <strings.h>

static struct gv_view trimmed(const char *value)
{
    size_t n = strlen(value);
    while (n > 0 && (value[n - 1] == ' ' || value[n - 1] == '\t')) {
        n--;
    }
    return gv_view_of(value, n);
}

struct gv_view gv_web_header(const struct gv_web_request *request, const char *name)
{
    if (request->connection == NULL) {
        return (struct gv_view){0};
    }
    const struct mg_request_info *info = mg_get_request_info(request->connection);
    for (int i = 0; i < info->num_headers; i++) {
        if (strcasecmp(info->http_headers[i].name, name) == 0) {
            return trimmed(info->http_headers[i].value);
        }
    }
    return (struct gv_view){0};
}

/* White space between a header's name and its colon is how two readers come to see different headers
 * (RFC 9112, 5.1: refuse it). CivetWeb takes it off and leaves zeros: one for the colon is in its place. */
static bool has_blank_before_colon(const struct mg_header *header)
{
    const char *end = header->name + strlen(header->name);
    return header->value > end + 1 && end[1] == '\0';
}

/* Every line ends with CR LF, and behind the last one the head ends. CivetWeb takes a lone LF for an end of
 * line, and stops at a line that begins with a blank (RFC 9112, 5.2: refuse it): what followed would be
 * a header for the proxy in front and none for us. CR and LF are zeros by now, but the head's last CR. */
static bool ends_well(const struct mg_request_info *info, int i)
{
    const struct mg_header *header = &info->http_headers[i];
    const char *end = header->value + strlen(header->value);
    if (end[1] != '\0') {
        return false;
    }
    return i + 1 < info->num_headers ? header[1].name == end + 2 : end[2] == '\r';
}

static bool well_formed(const struct mg_request_info *info)
{
    for (int i = 0; i < info->num_headers; i++) {
        if (has_blank_before_colon(&info->http_headers[i]) || !ends_well(info, i)) {
            return false;
        }
    }
    return true;
}

int gv_request_count(const struct gv_web_request *request, const char *name)
{
    const struct mg_request_info *info = mg_get_request_info(request->connection);
    int n = 0;
    for (int i = 0; i < info->num_headers; i++) {
        if (strcasecmp(info->http_headers[i].name, name) == 0) {
            n++;
        }
    }
    return n;
}

void gv_request_clear(struct gv_worker *worker)
{
    static const char root[] = "/";
    struct gv_web_request *request = &worker->request;
    worker->path[0] = '/';
    worker->path[1] = '\0';
    gv_address_text(worker->peer, sizeof(worker->peer),
                    mg_get_request_info(worker->conn)->remote_addr);
    struct gv_address_key key = gv_address_key_parse(worker->peer);
    *request = (struct gv_web_request){
        .method = gv_view_str("GET"),
        .path = gv_view_str(root),
        .query = gv_view_of(root + 1, 0),
        .host = gv_view_of(root + 1, 0),
        .peer = worker->peer,
        .is_tls = mg_get_request_info(worker->conn)->is_ssl != 0,
        .is_loopback = gv_address_key_is_loopback(&key),
        .number = worker->request.number,
    };
}

static bool is_host_char(uint8_t c)
{
    bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    bool digit = c >= '0' && c <= '9';
    return letter || digit || c == '.' || c == '-' || c == '_' || c == ':' || c == '[' || c == ']';
}

bool gv_request_host_valid(struct gv_view host)
{
    bool good = host.n >= 1 && host.n <= 255;
    for (size_t i = 0; good && i < host.n; i++) {
        good = is_host_char(host.p[i]);
    }
    return good;
}

static int read_host(struct gv_web_request *request, struct gv_fail *fail)
{
    struct gv_view host = gv_web_header(request, "Host");
    if (gv_request_count(request, "Host") != 1 || !gv_request_host_valid(host)) {
        gv_fail(fail, GV_ERR_INVALID, "http.host", "exactly one well-formed Host header is needed");
        return 400;
    }
    request->host = host;
    return 0;
}

/* Two ways to tell a length are how requests are smuggled: only Content-Length is taken, and only
 * one of it. */
static int read_length(struct gv_web_request *request, struct gv_fail *fail)
{
    int lengths = gv_request_count(request, "Content-Length");
    int encodings = gv_request_count(request, "Transfer-Encoding");
    if (lengths > 1 || (lengths == 1 && encodings > 0)) {
        gv_fail(fail, GV_ERR_INVALID, "http.length",
                "give one Content-Length and no Transfer-Encoding beside it");
        return 400;
    }
    if (encodings > 0) {
        gv_fail(fail, GV_ERR_INVALID, "http.length_required",
                "bodies are taken with Content-Length only, not chunked");
        return 411;
    }
    if (lengths == 0) {
        return 0;
    }
    struct gv_view text = gv_web_header(request, "Content-Length");
    if (!gv_parse_u64(&request->content_length, text, INT64_MAX)) {
        gv_fail(fail, GV_ERR_INVALID, "http.length", "Content-Length is not a number");
        return 400;
    }
    return 0;
}

int gv_request_read(struct gv_worker *worker, struct gv_fail *fail)
{
    const struct mg_request_info *info = mg_get_request_info(worker->conn);
    struct gv_web_request *request = &worker->request;
    request->connection = worker->conn;
    request->method = gv_view_str(info->request_method);
    request->is_head = gv_view_is(request->method, "HEAD");
    if (info->query_string != NULL) {
        request->query = gv_view_str(info->query_string);
    }
    if (info->num_headers >= GV_REQUEST_HEADERS_MAX) {
        gv_fail(fail, GV_ERR_TOO_LARGE, "http.headers", "more than %d headers",
                GV_REQUEST_HEADERS_MAX - 1);
        return 431;
    }
    if (!well_formed(info)) {
        gv_fail(fail, GV_ERR_INVALID, "http.headers",
                "a header is malformed: blanks before its colon, a folded or an unfinished line");
        return 400;
    }
    if (gv_request_count(request, "Origin") > 1) {
        gv_fail(fail, GV_ERR_INVALID, "http.origin", "more than one Origin header");
        return 400;
    }
    int status = read_host(request, fail);
    if (status == 0) {
        status = read_length(request, fail);
    }
    if (status == 0) {
        status = gv_proxy_apply(worker, fail);
    }
    if (status != 0) {
        return status;
    }
    size_t n = 0;
    enum gv_err err =
        gv_path_decode(worker->path, sizeof(worker->path), &n, info->request_uri, fail);
    if (err != GV_OK) {
        gv_request_clear(worker); /* the error writer must not see half a path */
        return err == GV_ERR_TOO_LARGE ? 414 : 400;
    }
    request->path = gv_view_of(worker->path, n);
    return 0;
}

struct gv_view gv_request_host_name(struct gv_view host)
{
    size_t n = host.n;
    while (n > 0 && host.p[n - 1] >= '0' && host.p[n - 1] <= '9') {
        n--;
    }
    bool has_port = n > 1 && n < host.n && host.p[n - 1] == ':';
    return has_port ? gv_view_of(host.p, n - 1) : host;
}
