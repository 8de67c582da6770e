#include "web/server/server.h"

#include <string.h>

int gv_http_status(enum gv_err err)
{
    switch (err) {
    case GV_OK:
        return 200;
    case GV_ERR_INVALID:
    case GV_ERR_UNSUPPORTED:
    case GV_ERR_CRYPTO:
    case GV_ERR_CLOSED:
        return 400;
    case GV_ERR_UNAUTHORIZED:
        return 401;
    case GV_ERR_FORBIDDEN:
        return 403;
    case GV_ERR_NOT_FOUND:
        return 404;
    case GV_ERR_STATE:
    case GV_ERR_CONFLICT:
        return 409;
    case GV_ERR_TOO_LARGE:
        return 413;
    case GV_ERR_FULL:
    case GV_ERR_AGAIN:
    case GV_ERR_TIMEOUT:
    case GV_ERR_UNAVAILABLE:
    case GV_ERR_STORAGE: /* rolled back: nothing has happened, and it may go well next time */
        return 503;
    case GV_ERR_IO:
        return 500;
    }
    return 500;
}

int gv_http_status_of(const struct gv_fail *fail)
{
    static const struct {
        const char *code;
        int status;
    } named[] = {
        {"body.slow", 408},      {"body.type", 415},     {"http.changed", 412},
        {"config.changed", 412}, {"http.if_match", 428},
    };
    for (size_t i = 0; i < sizeof(named) / sizeof(named[0]); i++) {
        if (strcmp(fail->code, named[i].code) == 0) {
            return named[i].status;
        }
    }
    return gv_http_status(fail->err);
}

const char *gv_http_reason(int status)
{
    static const struct {
        int status;
        const char *reason;
    } reasons[] = {
        {101, "Switching Protocols"},
        {200, "OK"},
        {201, "Created"},
        {202, "Accepted"},
        {204, "No Content"},
        {206, "Partial Content"},
        {207, "Multi-Status"},
        {301, "Moved Permanently"},
        {302, "Found"},
        {303, "See Other"},
        {304, "Not Modified"},
        {308, "Permanent Redirect"},
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {408, "Request Timeout"},
        {409, "Conflict"},
        {410, "Gone"},
        {411, "Length Required"},
        {412, "Precondition Failed"},
        {413, "Content Too Large"},
        {414, "URI Too Long"},
        {415, "Unsupported Media Type"},
        {417, "Expectation Failed"},
        {421, "Misdirected Request"},
        {422, "Unprocessable Content"},
        {426, "Upgrade Required"},
        {428, "Precondition Required"},
        {429, "Too Many Requests"},
        {431, "Request Header Fields Too Large"},
        {500, "Internal Server Error"},
        {501, "Not Implemented"},
        {503, "Service Unavailable"},
        {505, "HTTP Version Not Supported"},
    };
    for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
        if (reasons[i].status == status) {
            return reasons[i].reason;
        }
    }
    return "Unknown";
}
