/* Every route of the box. A path that is not here does not exist. */
#include "web/api/api.h"

#include "web/api/handlers.h"
#include "web/api/price.h"

static const struct gv_family auctions = {
    .list_key = "auctions",
    .object_key = "auction",
    .id_key = "auction_id",
    .status_key = "auction_status",
    .not_found = "Auction not found",
    .created = "Auction created",
    .path = "/api/auctions",
};
static const struct gv_family listings = {
    .list_key = "listings",
    .object_key = "listing",
    .id_key = "listing_id",
    .status_key = "listing_status",
    .not_found = "Listing not found",
    .created = "Listing created",
    .path = "/api/listings",
};
static const struct gv_family v1 = {
    .id_key = "listing_id",
    .status_key = "status",
    .not_found = "there is no such listing",
    .path = "/api/v1/dutch",
    .v1 = true,
};

/* clang-format off */
const struct gv_route gv_api_routes[] = {
    /* the original's, kept working for its wallets */
    {"POST", "/api/auctions",                   gv_handle_create,         GV_BODY_MAX, GV_ROUTE_KEY, "legacy_create", "auctions:write", &auctions},
    {"POST", "/api/listings",                   gv_handle_create,         GV_BODY_MAX, GV_ROUTE_KEY, "legacy_create", "auctions:write", &listings},
    {"GET",  "/api/auctions",                   gv_handle_legacy_list,    0, 0, "legacy_list",    NULL, &auctions},
    {"GET",  "/api/listings",                   gv_handle_legacy_list,    0, 0, "legacy_list",    NULL, &listings},
    {"GET",  "/api/auctions/{id}",              gv_handle_one,            0, 0, "legacy_one",     NULL, &auctions},
    {"GET",  "/api/listings/{id}",              gv_handle_one,            0, 0, "legacy_one",     NULL, &listings},
    {"GET",  "/api/auctions/{id}/current-psbt", gv_handle_current_psbt,   0, 0, "current_psbt",   NULL, &auctions},
    {"GET",  "/api/listings/{id}/current-psbt", gv_handle_current_psbt,   0, 0, "current_psbt",   NULL, &listings},
    {"GET",  "/api/address/{address}",          gv_handle_legacy_address, 0, 0, "legacy_address", NULL, NULL},
    {"GET",  "/api/health",                     gv_handle_legacy_health,  0, 0, "legacy_health",  NULL, NULL},
    /* version 1 */
    {"GET",  "/api/v1/dutch",                   gv_handle_v1_list,        0, 0, "dutch_list",     NULL, &v1},
    {"POST", "/api/v1/dutch",                   gv_handle_create,         GV_BODY_MAX, GV_ROUTE_KEY, "dutch_create", "auctions:write", &v1},
    {"POST", "/api/v1/dutch/check",             gv_handle_check,          GV_BODY_MAX, GV_ROUTE_KEY, "dutch_check",  "auctions:write", &v1},
    {"POST", "/api/v1/dutch/ladder",            gv_handle_ladder,         GV_SMALL_BODY_MAX, 0, "dutch_ladder",   NULL, &v1},
    {"GET",  "/api/v1/dutch/{id}",              gv_handle_one,            0, 0, "dutch_one",      NULL, &v1},
    {"GET",  "/api/v1/dutch/{id}/current-psbt", gv_handle_current_psbt,   0, 0, "current_psbt",   NULL, &v1},
    {"POST", "/api/v1/dutch/{id}/purchase",     gv_handle_purchase,       GV_SMALL_BODY_MAX, 0, "dutch_purchase", NULL, &v1},
    {"GET",  "/api/v1/node",                    gv_handle_node,           0, 0, "node",           NULL, NULL},
    {"GET",  "/api/v1/oracle",                  gv_handle_oracle,         0, 0, "oracle",         NULL, NULL},
    {"GET",  "/api/v1/oracle/history",          gv_handle_oracle_history, 0, 0, "oracle_history", NULL, NULL},
    {"GET",  "/ws/mempool",                     gv_handle_price_stream,   0, GV_ROUTE_WEBSOCKET, "ws_mempool", NULL, &gv_price_flat},
    {"GET",  "/api/v1/ws",                      NULL,                     0, GV_ROUTE_WEBSOCKET, "ws", NULL, NULL},
    /* operation */
    {"GET",  "/health",                         gv_handle_health,         0, GV_ROUTE_PLAIN, "health", NULL, NULL},
    {"GET",  "/ready",                          gv_handle_ready,          0, GV_ROUTE_PLAIN, "ready",  NULL, NULL},
    {"GET",  "/metrics",                        gv_handle_metrics,        0, 0, "metrics",        "auctions:read", NULL},
    {"GET",  "/ca.crt",                         gv_handle_ca,             0, GV_ROUTE_PLAIN, "ca",  NULL, NULL},
    /* the page */
    {"GET",  "/",                               gv_handle_asset,          0, 0, "page",           NULL, NULL},
    {"GET",  "/app.js",                         gv_handle_asset,          0, 0, "page",           NULL, NULL},
    {"GET",  "/icon.svg",                       gv_handle_asset,          0, 0, "page",           NULL, NULL},
    {"GET",  "/index.html",                     gv_handle_asset,          0, 0, "page",           NULL, NULL},
    {"GET",  "/oracle",                         gv_handle_asset,          0, 0, "page",           NULL, NULL},
    {"GET",  "/oracle.html",                    gv_handle_asset,          0, 0, "page",           NULL, NULL},
    {"GET",  "/oracle.js",                      gv_handle_asset,          0, 0, "page",           NULL, NULL},
    {"GET",  "/components/{file}",              gv_handle_asset,          0, 0, "page",           NULL, NULL},
    {"GET",  "/lib/{file}",                     gv_handle_asset,          0, 0, "page",           NULL, NULL},
    {"GET",  "/styles/{file}",                  gv_handle_asset,          0, 0, "page",           NULL, NULL},
    {"GET",  "/views/{file}",                   gv_handle_asset,          0, 0, "page",           NULL, NULL},
};
/* clang-format on */

const size_t gv_api_routes_count = sizeof(gv_api_routes) / sizeof(gv_api_routes[0]);
