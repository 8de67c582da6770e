/* Router: which row of the table a method and path mean.
 *
 * The first row that matches wins; a row that an earlier one always covers is refused at start, so
 * "/api/listings/check" must stand before "/api/listings/{id}". Thread: any (pure). */
#ifndef GV_WEB_SERVER_ROUTER_H
#define GV_WEB_SERVER_ROUTER_H

#include "web/server/server.h"

/** Returns: GV_OK; GV_ERR_INVALID "server.route" naming the row. */
GV_MUST_USE enum gv_err gv_router_check(const struct gv_route *routes, size_t routes_n,
                                        struct gv_fail *fail);

/** Does `pattern` match the decoded path? Out: params, as many as the pattern has, else n = 0. */
GV_MUST_USE bool gv_router_match(const char *pattern, struct gv_view path,
                                 struct gv_view params[GV_WEB_PARAMS_MAX]);

/** The row for this method (HEAD counts as GET), or NULL.
 *  Out: params; allow: when NULL is returned, the methods the path has ("GET, HEAD"), "" for none. */
const struct gv_route *gv_router_find(const struct gv_route *routes, size_t routes_n,
                                      const struct gv_web_request *request,
                                      struct gv_view params[GV_WEB_PARAMS_MAX], char *allow,
                                      size_t allow_cap);

#endif
