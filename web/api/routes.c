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

/* `extra` of the live row that does not speak gavel.v1. */
static const char mempool[] = "mempool";

#define PUBLIC GV_SCOPE_PUBLIC
#define PAGE_BY(handler, pattern)                                                                  \
    {                                                                                              \
        "GET", pattern, handler, PUBLIC, GV_CSRF_NONE, GV_RATE_FREE, 0, GV_ROUTE_UNCLAIMED,        \
            GV_OPERATION_PAGE, NULL                                                                \
    }
#define PAGE(pattern)  PAGE_BY(gv_handle_asset, pattern)
#define SHELL(pattern) PAGE_BY(gv_handle_shell, pattern)

/* clang-format off */
const struct gv_route gv_api_routes[] = {
    /* method, path, handler, scope, CSRF, rate class, body limit, flags, operation, extra */
    /* the original's, kept working for its wallets */
    {"POST", "/api/auctions",                   gv_handle_create,         "auctions:write", GV_CSRF_TOKEN, GV_RATE_WRITE, GV_BODY_MAX,       0,                  "legacy_auction_create", &auctions},
    {"POST", "/api/listings",                   gv_handle_create,         "auctions:write", GV_CSRF_TOKEN, GV_RATE_WRITE, GV_BODY_MAX,       0,                  "legacy_listing_create", &listings},
    {"GET",  "/api/auctions",                   gv_handle_legacy_list,    PUBLIC,           GV_CSRF_NONE,  GV_RATE_READ,  0,                 0,                  "legacy_auctions",       &auctions},
    {"GET",  "/api/listings",                   gv_handle_legacy_list,    PUBLIC,           GV_CSRF_NONE,  GV_RATE_READ,  0,                 0,                  "legacy_listings",       &listings},
    {"GET",  "/api/auctions/{id}",              gv_handle_one,            PUBLIC,           GV_CSRF_NONE,  GV_RATE_READ,  0,                 0,                  "legacy_auction",        &auctions},
    {"GET",  "/api/listings/{id}",              gv_handle_one,            PUBLIC,           GV_CSRF_NONE,  GV_RATE_READ,  0,                 0,                  "legacy_listing",        &listings},
    {"GET",  "/api/auctions/{id}/current-psbt", gv_handle_current_psbt,   PUBLIC,           GV_CSRF_NONE,  GV_RATE_READ,  0,                 0,                  "legacy_auction_psbt",   &auctions},
    {"GET",  "/api/listings/{id}/current-psbt", gv_handle_current_psbt,   PUBLIC,           GV_CSRF_NONE,  GV_RATE_READ,  0,                 0,                  "legacy_listing_psbt",   &listings},
    {"GET",  "/api/address/{address}",          gv_handle_legacy_address, PUBLIC,           GV_CSRF_NONE,  GV_RATE_READ,  0,                 0,                  "legacy_address",        NULL},
    {"GET",  "/api/health",                     gv_handle_legacy_health,  PUBLIC,           GV_CSRF_NONE,  GV_RATE_READ,  0,                 0,                  "legacy_health",         NULL},
    /* version 1 */
    {"GET",  "/api/v1/auctions",                gv_handle_v1_list,        PUBLIC,           GV_CSRF_NONE,  GV_RATE_READ,  0,                 0,                  "auction_list",          &v1},
    {"GET",  "/api/v1/stats",                   gv_handle_stats,          PUBLIC,           GV_CSRF_NONE,  GV_RATE_READ,  0,                 0,                  "stats",                 NULL},
    {"GET",  "/api/v1/dutch",                   gv_handle_v1_list,        PUBLIC,           GV_CSRF_NONE,  GV_RATE_READ,  0,                 0,                  "dutch_list",            &v1},
    {"POST", "/api/v1/dutch",                   gv_handle_create,         "auctions:write", GV_CSRF_TOKEN, GV_RATE_WRITE, GV_BODY_MAX,       0,                  "dutch_create",          &v1},
    {"POST", "/api/v1/dutch/check",             gv_handle_check,          "auctions:write", GV_CSRF_TOKEN, GV_RATE_PSBT,  GV_BODY_MAX,       0,                  "dutch_check",           &v1},
    {"POST", "/api/v1/dutch/batch",             gv_handle_batch,          "auctions:write", GV_CSRF_TOKEN, GV_RATE_WRITE, GV_BODY_MAX,       0,                  "dutch_batch",           &v1},
    {"POST", "/api/v1/dutch/ladder",            gv_handle_ladder,         PUBLIC,           GV_CSRF_NONE,  GV_RATE_WRITE, GV_SMALL_BODY_MAX, 0,                  "dutch_ladder",          &v1},
    {"GET",  "/api/v1/dutch/{id}",              gv_handle_one,            PUBLIC,           GV_CSRF_NONE,  GV_RATE_READ,  0,                 0,                  "dutch_one",             &v1},
    {"GET",  "/api/v1/dutch/{id}/current-psbt", gv_handle_current_psbt,   PUBLIC,           GV_CSRF_NONE,  GV_RATE_READ,  0,                 0,                  "dutch_psbt",            &v1},
    {"GET",  "/api/v1/dutch/{id}/events",       gv_handle_lot_events,     PUBLIC,           GV_CSRF_NONE,  GV_RATE_READ,  0,                 0,                  "dutch_events",          NULL},
    {"POST", "/api/v1/dutch/{id}/extend",       gv_handle_extend,         "auctions:write", GV_CSRF_TOKEN, GV_RATE_WRITE, GV_BODY_MAX,       0,                  "dutch_extend",          &v1},
    {"POST", "/api/v1/dutch/{id}/purchase",     gv_handle_purchase,       PUBLIC,           GV_CSRF_NONE,  GV_RATE_WRITE, GV_SMALL_BODY_MAX, 0,                  "dutch_purchase",        &v1},
    {"GET",  "/problems/{code}",                gv_handle_problem,        PUBLIC,           GV_CSRF_NONE,  GV_RATE_FREE,  0,                 0,                  "problem",               NULL},
    {"GET",  "/api/v1/openapi.json",            gv_handle_asset,          PUBLIC,           GV_CSRF_NONE,  GV_RATE_READ,  0,                 0,                  "openapi",               NULL},
    {"GET",  "/api/v1/node",                    gv_handle_node,           PUBLIC,           GV_CSRF_NONE,  GV_RATE_READ,  0,                 0,                  "node",                  NULL},
    {"GET",  "/api/v1/oracle",                  gv_handle_oracle,         PUBLIC,           GV_CSRF_NONE,  GV_RATE_READ,  0,                 0,                  "oracle",                NULL},
    {"GET",  "/api/v1/oracle/history",          gv_handle_oracle_history, PUBLIC,           GV_CSRF_NONE,  GV_RATE_READ,  0,                 0,                  "oracle_history",        NULL},
    {"GET",  "/api/v1/oracle/blocks",           gv_handle_oracle_blocks,  PUBLIC,           GV_CSRF_NONE,  GV_RATE_READ,  0,                 0,                  "oracle_blocks",         NULL},
    {"GET",  "/api/v1/oracle/days",             gv_handle_oracle_days,    PUBLIC,           GV_CSRF_NONE,  GV_RATE_READ,  0,                 0,                  "oracle_days",           NULL},
    {"GET",  "/ws/mempool",                     gv_handle_price_stream,   PUBLIC,           GV_CSRF_NONE,  GV_RATE_READ,  0,                 GV_ROUTE_WEBSOCKET, "ws_mempool",            mempool},
    {"GET",  "/api/v1/ws",                      NULL,                     PUBLIC,           GV_CSRF_NONE,  GV_RATE_READ,  0,                 GV_ROUTE_WEBSOCKET, "ws",                    NULL},
    {"GET",  "/api/v1/events",                  NULL,                     PUBLIC,           GV_CSRF_NONE,  GV_RATE_READ,  0,                 GV_ROUTE_SSE,       "events",                NULL},
    {"GET",  "/api/v1/events/poll",             NULL,                     PUBLIC,           GV_CSRF_NONE,  GV_RATE_READ,  0,                 GV_ROUTE_POLL,      "events_poll",           NULL},
    /* order auctions */
    {"GET", "/api/v1/orders",                   gv_handle_orders,         PUBLIC,           GV_CSRF_NONE,  GV_RATE_READ,  0,                 0,                  "orders",                NULL},
    {"POST","/api/v1/orders",                   gv_handle_orders_add,     "auctions:write", GV_CSRF_TOKEN, GV_RATE_WRITE, GV_SMALL_BODY_MAX, 0,                  "orders_add",            NULL},
    {"GET", "/api/v1/orders/status",            gv_handle_orders_status,  PUBLIC,           GV_CSRF_NONE,  GV_RATE_READ,  0,                 0,                  "orders_status",         NULL},
    {"GET", "/api/v1/orders/log",               gv_handle_orders_log,     PUBLIC,           GV_CSRF_NONE,  GV_RATE_READ,  0,                 0,                  "orders_log",            NULL},
    {"GET", "/api/v1/orders/log/verify",        gv_handle_orders_verify,  "operate",        GV_CSRF_NONE,  GV_RATE_LOGIN, 0,                 0,                  "orders_verify",         NULL},
    {"GET", "/api/v1/orders/solvers",           gv_handle_solvers,        PUBLIC,           GV_CSRF_NONE,  GV_RATE_READ,  0,                 0,                  "solvers",               NULL},
    {"POST","/api/v1/orders/solvers",           gv_handle_solver_register,"admin",          GV_CSRF_TOKEN, GV_RATE_WRITE, GV_SMALL_BODY_MAX, 0,                  "solver_register",       NULL},
    {"PATCH","/api/v1/orders/solvers/{id}",      gv_handle_solver_suspend, "admin",          GV_CSRF_TOKEN, GV_RATE_WRITE, GV_SMALL_BODY_MAX, 0,                  "solver_suspend",        NULL},
    {"POST","/api/v1/orders/solvers/{id}/deposits",gv_handle_solver_deposit, "admin",          GV_CSRF_TOKEN, GV_RATE_WRITE, GV_SMALL_BODY_MAX, 0,                  "solver_deposit",        NULL},
    {"GET", "/api/v1/orders/{id}",              gv_handle_order,          PUBLIC,           GV_CSRF_NONE,  GV_RATE_READ,  0,                 0,                  "order",                 NULL},
    {"GET", "/api/v1/orders/{id}/bids",         gv_handle_order_bids,     PUBLIC,           GV_CSRF_NONE,  GV_RATE_READ,  0,                 0,                  "order_bids",            NULL},
    {"POST","/api/v1/orders/{id}/deposits",     gv_handle_order_deposit,  "admin",          GV_CSRF_TOKEN, GV_RATE_WRITE, GV_SMALL_BODY_MAX, 0,                  "order_deposit",         NULL},
    /* set-up and people */
    {"GET",  "/api/v1/setup",                   gv_handle_setup,          PUBLIC,           GV_CSRF_NONE,  GV_RATE_READ,  0,                 GV_ROUTE_UNCLAIMED, "setup",                 NULL},
    {"POST", "/api/v1/setup/claim",             gv_handle_setup_claim,    PUBLIC,           GV_CSRF_NONE,  GV_RATE_LOGIN, GV_SMALL_BODY_MAX, GV_ROUTE_UNCLAIMED, "setup_claim",           NULL},
    {"PUT",  "/api/v1/setup/step",              gv_handle_setup_step,     "admin",          GV_CSRF_TOKEN, GV_RATE_WRITE, GV_SMALL_BODY_MAX, 0,                  "setup_step",            NULL},
    {"POST", "/api/v1/setup/node/discover",     gv_handle_setup_discover, "admin",          GV_CSRF_TOKEN, GV_RATE_PSBT,  0,                 0,                  "setup_discover",        NULL},
    {"POST", "/api/v1/setup/node/own",          gv_handle_setup_own_node, "admin",          GV_CSRF_TOKEN, GV_RATE_WRITE, GV_SMALL_BODY_MAX, 0,                  "setup_own_node",        NULL},
    {"POST", "/api/v1/setup/node/test",         gv_handle_setup_node_test, "admin",         GV_CSRF_TOKEN, GV_RATE_PSBT,  GV_SMALL_BODY_MAX, 0,                  "setup_node_test",       NULL},
    {"POST", "/api/v1/session",                 gv_handle_login,          PUBLIC,           GV_CSRF_NONE,  GV_RATE_LOGIN, GV_SMALL_BODY_MAX, 0,                  "session_open",          NULL},
    {"GET",  "/api/v1/session",                 gv_handle_session,        "login",          GV_CSRF_NONE,  GV_RATE_READ,  0,                 0,                  "session",               NULL},
    {"DELETE", "/api/v1/session",               gv_handle_logout,         "login",          GV_CSRF_TOKEN, GV_RATE_WRITE, 0,                 0,                  "session_close",         NULL},
    {"POST", "/api/v1/session/token",           gv_handle_session_token,  "login",          GV_CSRF_TOKEN, GV_RATE_WRITE, 0,                 0,                  "session_token",         NULL},
    {"GET",  "/api/v1/sessions",                gv_handle_sessions,       "login",          GV_CSRF_NONE,  GV_RATE_READ,  0,                 0,                  "sessions",              NULL},
    {"DELETE", "/api/v1/sessions/{id}",         gv_handle_session_end,    "login",          GV_CSRF_TOKEN, GV_RATE_WRITE, 0,                 0,                  "session_end",           NULL},
    {"PUT",  "/api/v1/account/password",        gv_handle_account_password, "login",          GV_CSRF_TOKEN, GV_RATE_LOGIN, GV_SMALL_BODY_MAX, 0,                  "account_password",      NULL},
    {"POST", "/api/v1/account/totp",            gv_handle_totp_offer,     "login",          GV_CSRF_TOKEN, GV_RATE_LOGIN, GV_SMALL_BODY_MAX, 0,                  "account_totp_offer",    NULL},
    {"PUT",  "/api/v1/account/totp",            gv_handle_totp_confirm,   "login",          GV_CSRF_TOKEN, GV_RATE_LOGIN, GV_SMALL_BODY_MAX, 0,                  "account_totp_confirm",  NULL},
    {"DELETE", "/api/v1/account/totp",          gv_handle_totp_clear,     "login",          GV_CSRF_TOKEN, GV_RATE_LOGIN, GV_SMALL_BODY_MAX, 0,                  "account_totp_clear",    NULL},
    {"GET",  "/api/v1/users",                   gv_handle_users,          "admin",          GV_CSRF_NONE,  GV_RATE_READ,  0,                 0,                  "users",                 NULL},
    {"POST", "/api/v1/users",                   gv_handle_user_create,    "admin",          GV_CSRF_TOKEN, GV_RATE_WRITE, GV_SMALL_BODY_MAX, 0,                  "user_create",           NULL},
    {"PATCH", "/api/v1/users/{id}",             gv_handle_user_change,    "admin",          GV_CSRF_TOKEN, GV_RATE_WRITE, GV_SMALL_BODY_MAX, 0,                  "user_change",           NULL},
    {"DELETE", "/api/v1/users/{id}",            gv_handle_user_delete,    "admin",          GV_CSRF_TOKEN, GV_RATE_WRITE, 0,                 0,                  "user_delete",           NULL},
    {"GET",  "/api/v1/keys",                    gv_handle_keys,           "admin",          GV_CSRF_NONE,  GV_RATE_READ,  0,                 0,                  "keys",                  NULL},
    {"POST", "/api/v1/keys",                    gv_handle_key_create,     "admin",          GV_CSRF_TOKEN, GV_RATE_WRITE, GV_SMALL_BODY_MAX, 0,                  "key_create",            NULL},
    {"DELETE", "/api/v1/keys/{id}",             gv_handle_key_revoke,     "admin",          GV_CSRF_TOKEN, GV_RATE_WRITE, 0,                 0,                  "key_revoke",            NULL},
    {"GET",  "/api/v1/audit",                   gv_handle_audit,          "operate",        GV_CSRF_NONE,  GV_RATE_READ,  0,                 0,                  "audit",                 NULL},
    {"GET",  "/api/v1/audit/verify",            gv_handle_audit_verify,   "operate",        GV_CSRF_NONE,  GV_RATE_LOGIN, 0,                 0,                  "audit_verify",          NULL},
    {"GET",  "/.well-known/jwks.json",          gv_handle_jwks,           PUBLIC,           GV_CSRF_NONE,  GV_RATE_FREE,  0,                 0,                  "jwks",                  NULL},
    /* the box itself */
    {"GET",  "/api/v1/settings",                gv_handle_settings,       "admin",          GV_CSRF_NONE,  GV_RATE_READ,  0,                 0,                  "settings",              NULL},
    {"PATCH","/api/v1/settings",                gv_handle_settings_change,"admin",          GV_CSRF_TOKEN, GV_RATE_WRITE, GV_SMALL_BODY_MAX, 0,                  "settings_change",       NULL},
    {"GET",  "/api/v1/logs",                    gv_handle_logs,           "operate",        GV_CSRF_NONE,  GV_RATE_READ,  0,                 0,                  "logs",                  NULL},
    {"GET",  "/api/v1/system",                  gv_handle_system,         "operate",        GV_CSRF_NONE,  GV_RATE_READ,  0,                 0,                  "system",                NULL},
    {"POST", "/api/v1/system/restart",          gv_handle_restart,        "admin",          GV_CSRF_TOKEN, GV_RATE_WRITE, 0,                 0,                  "system_restart",        NULL},
    {"PUT",  "/api/v1/system/certificate",      gv_handle_own_cert_install, "admin",        GV_CSRF_TOKEN, GV_RATE_WRITE, GV_SMALL_BODY_MAX, 0,                  "own_cert_install",      NULL},
    {"DELETE", "/api/v1/system/certificate",    gv_handle_own_cert_remove, "admin",         GV_CSRF_TOKEN, GV_RATE_WRITE, 0,                 0,                  "own_cert_remove",       NULL},
    {"GET",  "/api/v1/backups",                 gv_handle_backups,        "admin",          GV_CSRF_NONE,  GV_RATE_READ,  0,                 0,                  "backups",               NULL},
    {"POST", "/api/v1/backups",                 gv_handle_backup_create,  "admin",          GV_CSRF_TOKEN, GV_RATE_WRITE, GV_SMALL_BODY_MAX, 0,                  "backup_create",         NULL},
    {"GET",  "/api/v1/backups/{id}/file",       gv_handle_backup_file,    "admin",          GV_CSRF_NONE,  GV_RATE_READ,  0,                 0,                  "backup_file",           NULL},
    {"POST", "/api/v1/backups/{id}/verify",     gv_handle_backup_verify,  "admin",          GV_CSRF_TOKEN, GV_RATE_WRITE, GV_SMALL_BODY_MAX, 0,                  "backup_verify",         NULL},
    {"DELETE", "/api/v1/backups/{id}",          gv_handle_backup_delete,  "admin",          GV_CSRF_TOKEN, GV_RATE_WRITE, 0,                 0,                  "backup_delete",         NULL},
    {"GET",  "/api/v1/restore",                 gv_handle_restore_state,  "admin",          GV_CSRF_NONE,  GV_RATE_READ,  0,                 0,                  "restore_state",         NULL},
    {"POST", "/api/v1/restore",                 gv_handle_restore,        "admin",          GV_CSRF_TOKEN, GV_RATE_WRITE, GV_BACKUP_BODY_MAX, 0,                 "restore",               NULL},
    {"GET",  "/api/v1/update",                  gv_handle_update,         "admin",          GV_CSRF_NONE,  GV_RATE_READ,  0,                 0,                  "update",                NULL},
    {"POST", "/api/v1/update",                  gv_handle_update_upload,  "admin",          GV_CSRF_TOKEN, GV_RATE_WRITE, GV_UPDATE_BODY_MAX, 0,                 "update_upload",         NULL},
    {"DELETE", "/api/v1/update",                gv_handle_update_delete,  "admin",          GV_CSRF_TOKEN, GV_RATE_WRITE, 0,                 0,                  "update_delete",         NULL},
    {"POST", "/api/v1/update/apply",            gv_handle_update_apply,   "admin",          GV_CSRF_TOKEN, GV_RATE_WRITE, 0,                 0,                  "update_apply",          NULL},
    {"GET",  "/api/v1/webhooks",                gv_handle_webhooks,       "admin",          GV_CSRF_NONE,  GV_RATE_READ,  0,                 0,                  "webhooks",              NULL},
    {"POST", "/api/v1/webhooks",                gv_handle_webhook_create, "admin",          GV_CSRF_TOKEN, GV_RATE_WRITE, GV_SMALL_BODY_MAX, 0,                  "webhook_create",        NULL},
    {"PATCH","/api/v1/webhooks/{id}",           gv_handle_webhook_change, "admin",          GV_CSRF_TOKEN, GV_RATE_WRITE, GV_SMALL_BODY_MAX, 0,                  "webhook_change",        NULL},
    {"DELETE","/api/v1/webhooks/{id}",          gv_handle_webhook_delete, "admin",          GV_CSRF_TOKEN, GV_RATE_WRITE, 0,                 0,                  "webhook_delete",        NULL},
    {"POST", "/api/v1/webhooks/{id}/test",      gv_handle_webhook_test,   "admin",          GV_CSRF_TOKEN, GV_RATE_WRITE, 0,                 0,                  "webhook_test",          NULL},
    {"GET",  "/api/v1/webhooks/{id}/deliveries",gv_handle_deliveries,     "admin",          GV_CSRF_NONE,  GV_RATE_READ,  0,                 0,                  "deliveries",            NULL},
    {"POST", "/api/v1/deliveries/{id}/redeliver",gv_handle_redeliver,     "admin",          GV_CSRF_TOKEN, GV_RATE_WRITE, 0,                 0,                  "redeliver",             NULL},
    /* operation */
    {"GET",  "/health",                         gv_handle_health,         PUBLIC,           GV_CSRF_NONE,  GV_RATE_FREE,  0,                 GV_ROUTE_PLAIN | GV_ROUTE_UNCLAIMED, "health",                NULL},
    {"GET",  "/ready",                          gv_handle_ready,          PUBLIC,           GV_CSRF_NONE,  GV_RATE_FREE,  0,                 GV_ROUTE_PLAIN | GV_ROUTE_UNCLAIMED, "ready",                 NULL},
    {"GET",  "/metrics",                        gv_handle_metrics,        "auctions:read",  GV_CSRF_NONE,  GV_RATE_FREE,  0,                 GV_ROUTE_LOCAL,     "metrics",               NULL},
    {"GET",  "/.well-known/acme-challenge/{id}", gv_handle_acme_challenge, PUBLIC,         GV_CSRF_NONE,  GV_RATE_FREE,  0,                 GV_ROUTE_PLAIN,     "acme_challenge",        NULL},
    {"GET",  "/ca.crt",                         gv_handle_ca,             PUBLIC,           GV_CSRF_NONE,  GV_RATE_FREE,  0,                 GV_ROUTE_PLAIN | GV_ROUTE_UNCLAIMED, "ca",                    NULL},
    {"GET",  "/ca.mobileconfig",                gv_handle_ca_profile,     PUBLIC,           GV_CSRF_NONE,  GV_RATE_FREE,  0,                 GV_ROUTE_PLAIN | GV_ROUTE_UNCLAIMED, "ca_profile",            NULL},
    /* the page: its files, and the addresses that its shell (web/ui/routes.js) draws */
    PAGE("/"),
    PAGE("/app.js"),
    PAGE("/docs"),
    PAGE("/docs.html"),
    PAGE("/docs.js"),
    PAGE("/icon.svg"),
    PAGE("/icons.svg"),
    PAGE("/index.html"),
    PAGE("/oracle"),
    PAGE("/oracle.html"),
    PAGE("/oracle.js"),
    PAGE("/routes.js"),
    PAGE("/start.js"),
    PAGE("/components/{file}"),
    PAGE("/lib/{file}"),
    PAGE("/strings/{file}"),
    PAGE("/styles/{file}"),
    PAGE("/views/{file}"),
    SHELL("/account"),
    SHELL("/admin"),
    SHELL("/admin/{page}"),
    SHELL("/dashboard"),
    SHELL("/login"),
    SHELL("/lots/{id}"),
    SHELL("/orders"),
    SHELL("/sell"),
    SHELL("/setup"),
    SHELL("/stats"),
};
/* clang-format on */

const size_t gv_api_routes_count = sizeof(gv_api_routes) / sizeof(gv_api_routes[0]);
