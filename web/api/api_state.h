/* Inside web/api: the one instance, and what every handler needs. */
#ifndef GV_WEB_API_API_STATE_H
#define GV_WEB_API_API_STATE_H

#include "web/api/api.h"

struct gv_api {
    struct gv_api_config config;
    struct gv_server *server; /* NULL until attached */
    struct gv_live *live;     /* NULL until attached */
    struct gv_mono started;
    struct gv_api_worker workers[GV_HTTP_WORKERS];
};

static inline struct gv_api *gv_api_of(const struct gv_exchange *x)
{
    return x->app;
}

static inline struct gv_api_worker *gv_api_worker_of(const struct gv_exchange *x)
{
    return &gv_api_of(x)->workers[x->worker];
}

#endif
